"""What is known about each segment of the voice path, and how it is said."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from quantum_app.errors import Segment

ORDER = (
    Segment.LIVEKIT,
    Segment.DISPATCH,
    Segment.STT,
    Segment.LLM,
    Segment.TTS,
    Segment.DB,
    Segment.REDIS,
    Segment.WEB,
)
EXIT = {segment: 10 + index for index, segment in enumerate(ORDER)}

_SPEECH = "check DEEPGRAM_BASE_URL and DEEPGRAM_API_KEY, or local-providers.log where no key is set."
REMEDY = {
    Segment.LIVEKIT: "start it again with `make run` (livekit.log), or check LIVEKIT_URL and its key.",
    Segment.DISPATCH: "no worker takes calls: look into worker.log and start it again with `make run`.",
    Segment.STT: f"speech is not recognised: {_SPEECH}",
    Segment.LLM: "check OPENAI_BASE_URL, OPENAI_API_KEY and OPENAI_MODEL; until then the rules answer.",
    Segment.TTS: f"the assistant has no voice: {_SPEECH}",
    Segment.DB: "start Postgres again with `make run` (postgres.log), or check DATABASE_URL.",
    Segment.REDIS: "start Valkey again with `make run` (valkey.log), or check REDIS_URL.",
    Segment.WEB: "start the web app again with `make run` (web.log).",
}


class State(StrEnum):
    UNKNOWN = "unknown"
    OK = "OK"
    BROKEN = "broken"
    WAITING = "not checked"


@dataclass(slots=True)
class Finding:
    """One segment's verdict. detail: what was seen, or what is wrong, in words."""

    segment: Segment
    state: State = State.UNKNOWN
    detail: str = ""

    @property
    def line(self) -> str:
        match self.state:
            case State.OK:
                return f"OK       {self.detail}"
            case State.BROKEN:
                return f"BROKEN   {self.detail}"
            case _:
                return f"not checked, {self.detail}"

    @property
    def remedy(self) -> str:
        return REMEDY[self.segment]


class Findings:
    """All segments. A segment once called broken stays so."""

    def __init__(self) -> None:
        self._all = {segment: Finding(segment) for segment in ORDER}

    def __iter__(self) -> Iterator[Finding]:
        return iter(self._all.values())

    def __getitem__(self, segment: Segment) -> Finding:
        return self._all[segment]

    def ok(self, segment: Segment, detail: str) -> None:
        found = self._all[segment]
        if found.state is not State.BROKEN:
            words = f"{found.detail}; {detail}" if found.state is State.OK else detail
            found.state, found.detail = State.OK, words

    def broken(self, segment: Segment, detail: str) -> None:
        found = self._all[segment]
        if found.state is not State.BROKEN:
            found.state, found.detail = State.BROKEN, detail

    def is_broken(self, *segments: Segment) -> Segment | None:
        """The first of these that is broken."""
        return next((segment for segment in segments if self._all[segment].state is State.BROKEN), None)

    def wait(self, cause: Segment) -> None:
        """Whatever nobody has seen yet waits for `cause`."""
        for found in self._all.values():
            if found.state is State.UNKNOWN:
                found.state, found.detail = State.WAITING, f"waits for {cause}"
