"""The state of each component, and how it is reported."""

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

_SPEECH = "check DEEPGRAM_BASE_URL and DEEPGRAM_API_KEY, or local-providers.log if no key is set."
REMEDY = {
    Component.LIVEKIT: "restart it with `make run` (see livekit.log), or check LIVEKIT_URL and its key.",
    Component.DISPATCH: "no worker takes calls. See worker.log, and restart it with `make run`.",
    Component.STT: f"speech isn't recognized: {_SPEECH}",
    Component.LLM: "check OPENAI_BASE_URL, OPENAI_API_KEY and OPENAI_MODEL. Meanwhile, answers come from the rules.",
    Component.TTS: f"speech isn't synthesized: {_SPEECH}",
    Component.DB: "restart Postgres with `make run` (see postgres.log), or check DATABASE_URL.",
    Component.REDIS: "restart Valkey with `make run` (see valkey.log and valkey-pages.log), or check REDIS_URL.",
    Component.WEB: "restart the web app with `make run` (see web.log).",
}


class State(StrEnum):
    UNKNOWN = "unknown"
    OK = "OK"
    BROKEN = "broken"
    WAITING = "not checked"


@dataclass(slots=True)
class Finding:
    """The state of one component. detail: What works or what is wrong."""

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
    """The state of all components. A broken component stays broken."""

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
        """Mark all unchecked components as waiting for `cause`."""
        for finding in self._all.values():
            if finding.state is State.UNKNOWN:
                finding.state, finding.detail = State.WAITING, f"waits for {cause}"
