"""What is known about each component of the voice path, and how it is said."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from quantum_app.errors import Component

ORDER = (
    Component.LIVEKIT,
    Component.DISPATCH,
    Component.STT,
    Component.LLM,
    Component.TTS,
    Component.DB,
    Component.REDIS,
    Component.WEB,
)
EXIT = {component: 10 + index for index, component in enumerate(ORDER)}

_SPEECH = "check DEEPGRAM_BASE_URL and DEEPGRAM_API_KEY, or local-providers.log where no key is set."
REMEDY = {
    Component.LIVEKIT: "start it again with `make run` (livekit.log), or check LIVEKIT_URL and its key.",
    Component.DISPATCH: "no worker takes calls: look into worker.log and start it again with `make run`.",
    Component.STT: f"speech is not recognized: {_SPEECH}",
    Component.LLM: "check OPENAI_BASE_URL, OPENAI_API_KEY and OPENAI_MODEL; until then the rules answer.",
    Component.TTS: f"the assistant has no voice: {_SPEECH}",
    Component.DB: "start Postgres again with `make run` (postgres.log), or check DATABASE_URL.",
    Component.REDIS: "start Valkey again with `make run` (valkey.log), or check REDIS_URL.",
    Component.WEB: "start the web app again with `make run` (web.log).",
}


class State(StrEnum):
    UNKNOWN = "unknown"
    OK = "OK"
    BROKEN = "broken"
    WAITING = "not checked"


@dataclass(slots=True)
class Finding:
    """One component's verdict. detail: what was seen, or what is wrong, in words."""

    component: Component
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
        return REMEDY[self.component]


class Findings:
    """All components. A component once called broken stays so."""

    def __init__(self) -> None:
        self._all = {component: Finding(component) for component in ORDER}

    def __iter__(self) -> Iterator[Finding]:
        return iter(self._all.values())

    def __getitem__(self, component: Component) -> Finding:
        return self._all[component]

    def ok(self, component: Component, detail: str) -> None:
        finding = self._all[component]
        if finding.state is not State.BROKEN:
            words = f"{finding.detail}; {detail}" if finding.state is State.OK else detail
            finding.state, finding.detail = State.OK, words

    def broken(self, component: Component, detail: str) -> None:
        finding = self._all[component]
        if finding.state is not State.BROKEN:
            finding.state, finding.detail = State.BROKEN, detail

    def is_broken(self, *components: Component) -> Component | None:
        """The first of these that is broken."""
        return next((component for component in components if self._all[component].state is State.BROKEN), None)

    def wait(self, cause: Component) -> None:
        """Whatever nobody has seen yet waits for `cause`."""
        for finding in self._all.values():
            if finding.state is State.UNKNOWN:
                finding.state, finding.detail = State.WAITING, f"waits for {cause}"
