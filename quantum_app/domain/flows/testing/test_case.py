"""Saved cases: a conversation, and what the flow has to make of it. The same in the designer, the API and a file."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, cast

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, ValidationError, model_validator

from quantum_app.domain.flows.engine import engine
from quantum_app.domain.flows.engine.runner import Runner, Searcher
from quantum_app.domain.flows.model.base import Frozen, Identifier, Line, NodeId, Words
from quantum_app.domain.flows.model.definition import FlowDefinition, Value
from quantum_app.domain.flows.model.runtime import (
    CallerGone,
    CallerSaid,
    CallStarted,
    FlowEvent,
    Interrupted,
    OperatorAvailable,
    Timer,
)
from quantum_app.domain.flows.ports import DialogueModel
from quantum_app.domain.flows.testing.simulation import SimulationStep, simulate
from quantum_app.errors import InvalidInput
from quantum_app.kit.phone import region_of_time_zone

# Cases that name no time begin on a Monday at ten, so that "tomorrow" is the same day whenever they run.
BEGINS = datetime(2026, 1, 5, 10, tzinfo=UTC)
# Seconds from one turn to the next, where a case does not say.
PAUSE = 10.0
LARGEST = 64_000  # bytes of a case as JSON

Happening = Literal[
    "silence", "gone_silent", "time_up", "tick", "interrupted", "operator_joins", "operator_leaves", "caller_gone"
]


@dataclass(frozen=True, slots=True)
class EventTemplate:
    """Something that can happen on a call instead of words."""

    label: str
    event: FlowEvent
    delay: float
    """Seconds that pass before it in the simulator."""


EVENTS: dict[Happening, EventTemplate] = {
    "silence": EventTemplate("The caller is silent", Timer(kind="silence"), 12),
    "gone_silent": EventTemplate("The caller stays silent", Timer(kind="gone_silent"), 30),
    "interrupted": EventTemplate("The caller interrupts", Interrupted(), 1),
    "tick": EventTemplate("Five minutes pass", Timer(kind="tick"), 300),
    "time_up": EventTemplate("The call reaches its time limit", Timer(kind="time_up"), 60),
    "caller_gone": EventTemplate("The caller hangs up", CallerGone(), 5),
    "operator_joins": EventTemplate("A team member takes the call", OperatorAvailable(available=True), 20),
    "operator_leaves": EventTemplate("The team member hands it back", OperatorAvailable(available=False), 60),
}


def _in_our_time(begins: datetime) -> datetime:
    """Far from both ends of the calendar, where no clock can tell the time."""
    if not 1970 <= begins.year <= 2200:
        raise ValueError("the year must be between 1970 and 2200")
    return begins


class Turn(Frozen):
    """says: the caller's words; or else happens: what happens instead. after: seconds since the turn before."""

    says: Words = ""
    happens: Happening | None = None
    after: float = Field(PAUSE, ge=0, le=14_400, allow_inf_nan=False)

    def event(self, at: float) -> FlowEvent:
        if self.happens is None:
            return CallerSaid(text=self.says, at=at)
        return EVENTS[self.happens].event.model_copy(update={"at": at})


def _turn(value: Any) -> Any:
    """Words alone are a turn."""
    return {"says": value} if isinstance(value, str) else value


SentTurn = Annotated[Turn, BeforeValidator(_turn, json_schema_input_type=Turn | Words)]


class Expected(Frozen):
    """What has to come of it; what is left out may be anything.

    path: nodes that the call comes to in this order, others between them · variables: their values; None: not known ·
    phrases: what has to occur in the assistant's words, whatever its case · ends, hands_off: whether it does.
    """

    path: tuple[NodeId, ...] = Field(default=(), max_length=200)
    variables: dict[Identifier, Value | None] = Field(default={}, max_length=200)
    score: int | None = None
    phrases: tuple[Line, ...] = Field(default=(), max_length=50)
    ends: bool | None = None
    hands_off: bool | None = None


def _renamed(document: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    return {new if name == old and new not in document else name: value for name, value in document.items()}


class Case(Frozen):
    """A conversation and what is expected of it.

    collected: what was known of the caller before · consent: what was agreed to on the call page · begins, time_zone:
    for opening hours, and for days like "tomorrow" · operators: whether turns say how a handoff goes; otherwise nobody
    is free.
    """

    name: Annotated[str, Field(min_length=1, max_length=120)]
    collected: dict[Identifier, Value] = Field(default={}, max_length=200)
    known_caller: bool = False
    consent: bool | None = None
    begins: Annotated[AwareDatetime, AfterValidator(_in_our_time)] = BEGINS
    time_zone: Annotated[str, Field(max_length=60)] = "UTC"
    operators: bool = False
    turns: tuple[SentTurn, ...] = Field(default=(), max_length=60)
    expected: Expected = Expected()

    @model_validator(mode="before")
    @classmethod
    def _from_older(cls, document: Any) -> Any:
        """Cases that were stored or exported before `collected` and `phrases` say `known` and `said`."""
        if not isinstance(document, dict):
            return document
        case = _renamed(cast("dict[str, Any]", document), "known", "collected")
        expected = case.get("expected")
        if isinstance(expected, dict):
            case["expected"] = _renamed(cast("dict[str, Any]", expected), "said", "phrases")
        return case

    @property
    def start_event(self) -> CallStarted:
        return CallStarted(
            started_at=self.begins,
            time_zone=self.time_zone,
            values=self.collected,
            consent=self.consent,
            known_caller=self.known_caller,
        )


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What came of a case. why: a sentence for each expectation that was not met; none when it is ok."""

    ok: bool
    why: tuple[str, ...]
    path: tuple[str, ...]
    values: dict[str, Value]
    utterances: tuple[str, ...]
    score: int
    ended: bool


def read(document: Any) -> Case:
    """Raises InvalidInput that names what cannot be read."""
    try:
        case = Case.model_validate(document)
        text = json.dumps(plain(case), ensure_ascii=False, allow_nan=False)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = " → ".join(str(part)[:60] for part in first["loc"]) or "it"
        raise InvalidInput(f"The test case can't be read: {where}: {first['msg']}.", code="case_invalid") from None
    except ValueError:  # not a number, or infinite
        raise InvalidInput("The test case contains an invalid number.", code="case_invalid") from None
    if "\\u0000" in text:
        raise InvalidInput("Text can't contain NUL characters.", code="invalid_text")
    if len(text.encode()) > LARGEST:
        raise InvalidInput(f"The test case is larger than {LARGEST // 1000} kB.", code="case_too_large")
    return case


def plain(case: Case) -> dict[str, Any]:
    """As it is stored and sent."""
    return case.model_dump(mode="json")


async def run(
    definition: FlowDefinition,
    case: Case,
    models: Sequence[DialogueModel],
    knowledge: Mapping[str, Searcher],
) -> CaseResult:
    """Hold the conversation and compare. models: best first, as on a call."""
    runner = Runner(definition, models, knowledge, operators=case.operators, region=region_of_time_zone(case.time_zone))
    events: list[FlowEvent] = [case.start_event]
    at = 0.0
    for turn in case.turns:
        at += turn.after
        events.append(turn.event(at))
    state, history = engine.opening(definition), list[tuple[str, str]]()
    steps: list[SimulationStep] = []
    for event in events:
        if state.ended:
            break
        steps.append(await simulate(runner, state, event, history))
        state = steps[-1].state
        if isinstance(event, CallerSaid):
            history.append(("caller", event.text))
        history += [("assistant", words) for words in steps[-1].utterances]
    turns_left = case.turns[len(steps) - 1 :]
    result = _Outcome(definition, steps, turns_left)
    why = tuple(result.differences(case.expected))
    return CaseResult(
        not why, why, result.path, state.slots.values, result.utterances, state.scoring.total, state.ended
    )


class _Outcome:
    """Everything that came of a conversation."""

    def __init__(self, definition: FlowDefinition, steps: Sequence[SimulationStep], turns_left: Sequence[Turn]) -> None:
        self._names = {node.id: node.name or node.info.label for node in definition.nodes}
        self._state = steps[-1].state
        self._turns_left = turns_left
        self.path = tuple(node for step in steps for node in step.path)
        self.utterances = tuple(words for step in steps for words in step.utterances)
        self._handed_off = any(item.action.type == "hand_off" for step in steps for item in step.actions)

    def differences(self, expected: Expected) -> Iterable[str]:
        if path_error := self._path_error(expected.path):
            yield path_error
        for name, value in expected.variables.items():
            actual = self._state.slots.values.get(name)
            if not _same(actual, value):
                yield f"“{name}” is {_value_text(actual)}, expected {_value_text(value)}."
        if expected.score is not None and expected.score != self._state.scoring.total:
            yield f"The score is {self._state.scoring.total}, expected {expected.score}."
        whole = " ".join(" ".join(self.utterances).casefold().split())
        for words in expected.phrases:
            if " ".join(words.casefold().split()) not in whole:
                yield f"“{words}” was never said."
        if expected.ends is not None and expected.ends != self._state.ended:
            yield ("The call didn't end." if expected.ends else "The call ended.")
        if expected.hands_off is not None and expected.hands_off != self._handed_off:
            yield ("The call wasn't handed off." if expected.hands_off else "The call was handed off.")
        if self._turns_left:
            turn = self._turns_left[0]
            yield f"The call ended before “{turn.says or str(turn.happens).replace('_', ' ')}”."

    def _path_error(self, path: Sequence[str]) -> str | None:
        rest = iter(self.path)
        for place, node in enumerate(path):
            if node not in rest:
                after = f" after {self._name(path[place - 1])}" if place else ""
                went = " → ".join(self._name(node_id) for node_id in self.path)
                return f"The call didn't reach {self._name(node)}{after}. Its path: {went or 'none'}."
        return None

    def _name(self, node: str) -> str:
        name = self._names.get(node)
        return f"“{name}”" if name else "a deleted node"


def _same(actual: Value | None, value: Value | None) -> bool:
    if isinstance(actual, str) and isinstance(value, str):
        return actual.casefold().strip() == value.casefold().strip()
    return actual == value and isinstance(actual, bool) == isinstance(value, bool)


def _value_text(value: Value | None) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "unknown" if value is None else f"“{value:g}”" if isinstance(value, float) else f"“{value}”"
