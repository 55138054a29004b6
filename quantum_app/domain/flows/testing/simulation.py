"""A call without sound, step by step: what an event made of it, in the order in which it happened.

The simulator shows it and saved cases compare it; who understands and words is the same as on a call.
"""

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from quantum_app.domain.flows.engine.runner import (
    NluResult,
    ProviderFailed,
    RetrievalResult,
    Runner,
    RunnerEvent,
    SpeechChunk,
    StateChanged,
)
from quantum_app.domain.flows.model.definition import FlowDefinition
from quantum_app.domain.flows.model.runtime import (
    Answer,
    Ask,
    Enter,
    FlowAction,
    FlowEvent,
    Say,
    WebSearch,
)
from quantum_app.domain.flows.model.state import FlowState
from quantum_app.domain.flows.ports import Classification, Found


@dataclass(slots=True)
class Shown:
    """An action, and at which node. said: words as they were spoken, for those that speak."""

    node: str
    action: FlowAction
    said: str = ""


@dataclass(slots=True)
class Simulated:
    """What became of one event. seconds: of each part that took part; `engine` is ours."""

    state: FlowState
    actions: list[Shown] = field(default_factory=list[Shown])
    found: list[Found] = field(default_factory=list[Found])
    usable: list[Found] = field(default_factory=list[Found])
    classifications: list[Classification] = field(default_factory=list[Classification])
    failed: list[ProviderFailed] = field(default_factory=list[ProviderFailed])
    seconds: dict[str, float] = field(default_factory=dict[str, float])
    _answering: Shown | None = None

    @property
    def said(self) -> tuple[str, ...]:
        return tuple(shown.said for shown in self.actions if shown.said)

    @property
    def path(self) -> tuple[str, ...]:
        """The nodes that the call came to."""
        return tuple(shown.action.node for shown in self.actions if isinstance(shown.action, Enter))

    def note(self, item: RunnerEvent) -> None:
        match item:
            case StateChanged():
                node, self._answering = self.state.node, None
                for action in item.actions:
                    node = action.node if isinstance(action, Enter) else node
                    said = action.text if isinstance(action, (Say, Ask)) else ""
                    shown = Shown(node, action, said)
                    self.actions.append(shown)
                    if isinstance(action, (Answer, WebSearch)):
                        self._answering = shown
                self.state = item.state
                self._took("engine", item.seconds)
            case SpeechChunk():
                # What is to be said is known from its action; how an answer is worded shows only now.
                if self._answering is not None:
                    self._answering.said += item.text
            case RetrievalResult():
                self.found += item.found
                self.usable += item.usable
                self._took("search", item.seconds)
            case NluResult():
                if item.classification is not None:
                    self.classifications.append(item.classification)
                self._took("understanding", item.seconds)
            case ProviderFailed():
                self.failed.append(item)

    def _took(self, what: str, seconds: float) -> None:
        self.seconds[what] = self.seconds.get(what, 0.0) + seconds


async def simulate(
    runner: Runner, state: FlowState, event: FlowEvent, history: Sequence[tuple[str, str]] = ()
) -> Simulated:
    """What the event makes of the call, until the flow waits for the next one. history: (speaker, text)."""
    made = Simulated(state)
    async with aclosing(runner.run(state, event, history)) as happenings:
        async for item in happenings:
            made.note(item)
    return made


def label(definition: FlowDefinition, considered: str) -> str:
    """What an option of a classification is called: an edge, or a score rule."""
    for edge in definition.edges:
        if edge.id == considered:
            return edge.label or getattr(edge.condition, "description", "") or considered
    return next((rule.reason for rule in definition.rules.scores if rule.id == considered), considered)
