"""A call without sound, step by step: what an event made of it, in the order in which it happened.

The simulator shows it and saved cases compare it; who understands and words is the same as on a call.
"""

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from quantum_app.domain.flows.engine.runner import (
    NluResult,
    PassagesUsed,
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
from quantum_app.domain.flows.ports import Classification, ScoredPassage


@dataclass(slots=True)
class ActionAtNode:
    """An action, and at which node. words: as they were spoken, for those that speak."""

    node: str
    action: FlowAction
    words: str = ""


@dataclass(slots=True)
class SimulationStep:
    """What became of one event.

    used: the passages that answers were made from. seconds: of each part that took part; `engine` is ours.
    """

    state: FlowState
    actions: list[ActionAtNode] = field(default_factory=list[ActionAtNode])
    passages: list[ScoredPassage] = field(default_factory=list[ScoredPassage])
    used: list[ScoredPassage] = field(default_factory=list[ScoredPassage])
    classifications: list[Classification] = field(default_factory=list[Classification])
    failed: list[ProviderFailed] = field(default_factory=list[ProviderFailed])
    seconds: dict[str, float] = field(default_factory=dict[str, float])
    _answering: ActionAtNode | None = None

    @property
    def utterances(self) -> tuple[str, ...]:
        return tuple(item.words for item in self.actions if item.words)

    @property
    def path(self) -> tuple[str, ...]:
        """The nodes that the call came to."""
        return tuple(item.action.node for item in self.actions if isinstance(item.action, Enter))

    def note(self, item: RunnerEvent) -> None:
        match item:
            case StateChanged():
                node, self._answering = self.state.node, None
                for action in item.actions:
                    node = action.node if isinstance(action, Enter) else node
                    words = action.text if isinstance(action, (Say, Ask)) else ""
                    entry = ActionAtNode(node, action, words)
                    self.actions.append(entry)
                    if isinstance(action, (Answer, WebSearch)):
                        self._answering = entry
                self.state = item.state
                self._add_seconds("engine", item.seconds)
            case SpeechChunk():
                # What is to be said is known from its action; how an answer is worded shows only now.
                if self._answering is not None:
                    self._answering.words += item.text
            case RetrievalResult():
                self.passages += item.passages
                self._add_seconds("search", item.seconds)
            case PassagesUsed():
                self.used += item.passages
            case NluResult():
                if item.classification is not None:
                    self.classifications.append(item.classification)
                self._add_seconds("understanding", item.seconds)
            case ProviderFailed():
                self.failed.append(item)

    def _add_seconds(self, stage: str, seconds: float) -> None:
        self.seconds[stage] = self.seconds.get(stage, 0.0) + seconds


async def simulate(
    runner: Runner, state: FlowState, event: FlowEvent, history: Sequence[tuple[str, str]] = ()
) -> SimulationStep:
    """What the event makes of the call, until the flow waits for the next one. history: (speaker, text)."""
    result = SimulationStep(state)
    async with aclosing(runner.run(state, event, history)) as happenings:
        async for item in happenings:
            result.note(item)
    return result


def label(definition: FlowDefinition, option_id: str) -> str:
    """What an option of a classification is called: an edge, or a score rule."""
    for edge in definition.edges:
        if edge.id == option_id:
            return edge.label or getattr(edge.condition, "description", "") or option_id
    return next((rule.reason for rule in definition.rules.scores if rule.id == option_id), option_id)
