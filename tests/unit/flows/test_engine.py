"""The engine as properties, on any flow and any call: total, the same every time, plain data, an answer to each turn.

`TEST_EXAMPLES=50 make test ARGS=tests/unit/flows/test_engine.py` is more than 120,000 steps.
"""

import random
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from quantum_app.domain.flows.engine.confirmation import MAX_ATTEMPTS
from quantum_app.domain.flows.engine.engine import MAX_TURNS, opening, step
from quantum_app.domain.flows.model.definition import FlowDefinition
from quantum_app.domain.flows.model.runtime import (
    Answer,
    AnswerFound,
    AnswerNotFound,
    Ask,
    CallerSaid,
    CallStarted,
    Classified,
    Classify,
    Collect,
    EndCall,
    Extract,
    Extracted,
    FlowAction,
    FlowEvent,
    Say,
    Score,
    Timer,
    ToolResult,
    UseTool,
    WebSearch,
)
from quantum_app.domain.flows.model.state import FlowState
from tests.examples import examples
from tests.unit.flows.flows import ENDINGS, VARIABLES, definitions, happenings

pytestmark = pytest.mark.unit

ACTIONS = TypeAdapter(list[FlowAction])
EVENTS = TypeAdapter(list[FlowEvent])
UTTERANCES = (Say, Ask, Answer)
# Steps that one event may lead to.
LONGEST = 300
quick = settings(
    max_examples=examples(30),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@dataclass
class Call:
    """One call by chance: whoever the engine asks answers something, also what it was not asked, or nothing at all."""

    flow: FlowDefinition
    chance: random.Random
    state: FlowState = field(init=False)
    events: list[FlowEvent] = field(default_factory=list)
    actions: list[FlowAction] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.state = opening(self.flow)

    def happen(self, event: FlowEvent) -> list[FlowAction]:
        """The event, and all that comes of it until the engine waits for the next."""
        done: list[FlowAction] = []
        events = [event]
        for _ in range(LONGEST):
            event = events.pop(0)
            self.events.append(event)
            self.state, actions = step(self.flow, self.state, event)
            done += actions
            for action in actions:
                if (result := self._result(action)) is not None:
                    events.append(result)
            if not events and self.state.pending is not None:
                # Nobody answers: the watchdog does.
                events.append(Timer(kind="turn"))
            if not events:
                self.actions += done
                return done
        raise AssertionError(f"a flow that runs in circles: {[action.type for action in done[-20:]]}")

    def _result(self, action: FlowAction) -> FlowEvent | None:
        if self.chance.random() < 0.1:
            return None
        match action:
            case Classify(request=request):
                choices = [option.id for option in action.options] + ["e0", "bye", "unknown"]
                choice = self.chance.choice([None, *choices])
                return Classified(request=request, choice=choice, signals=("tour", "nonsense"))
            case Extract(request=request):
                values = {"name": "Ines", "email": "ines@example.com", "rooms": 3, "pets": "perhaps", "score": 100}
                names = self.chance.sample(sorted(values), self.chance.randint(0, 3))
                return Extracted(request=request, values={name: values[name] for name in names})
            case Answer(request=request) | WebSearch(request=request):
                if self.chance.random() < 0.5:
                    text = self.chance.choice(["It is.", "It is. Shall I show you a home?"])
                    return AnswerFound(request=request, confidence=self.chance.random(), text=text)
                return AnswerNotFound(request=request, was_spoken=self.chance.random() < 0.3)
            case UseTool(request=request):
                return ToolResult(request=request, ok=self.chance.random() < 0.5)
            case _:
                return None


calls = st.builds(Call, definitions(), st.integers(0, 9999).map(random.Random))


@quick
@given(calls, st.lists(happenings(), max_size=12))
def test_each_turn_is_answered_and_nothing_is_left_open(call: Call, events: list[FlowEvent]) -> None:
    call.happen(CallStarted())
    for event in events:
        before = call.state
        done = call.happen(event)
        after = call.state
        assert after.pending is None
        assert after.ended or not after.conversation.response_pending
        if isinstance(event, CallerSaid) and not before.ended and before.handoff.status != "active":
            assert after.ended or any(isinstance(action, UTTERANCES) for action in done), event


@quick
@given(calls, st.lists(happenings(), max_size=12), st.sampled_from(ENDINGS))
def test_every_call_ends_once_and_nothing_follows(call: Call, events: list[FlowEvent], last: FlowEvent) -> None:
    for event in [*events, last]:
        call.happen(event)
    assert call.state.ended
    ends = [index for index, action in enumerate(call.actions) if isinstance(action, EndCall)]
    assert ends == [len(call.actions) - 1]


@quick
@given(calls, st.lists(happenings(), max_size=12))
def test_the_same_events_give_the_same_call_in_another_process(call: Call, events: list[FlowEvent]) -> None:
    for event in events:
        call.happen(event)
    flow = FlowDefinition.model_validate_json(call.flow.model_dump_json())
    state, actions = opening(flow), list[FlowAction]()
    for event in EVENTS.validate_json(EVENTS.dump_json(call.events)):
        state, done = step(flow, FlowState.model_validate_json(state.model_dump_json()), event)
        actions += done
    assert state == call.state
    assert ACTIONS.validate_json(ACTIONS.dump_json(actions)) == call.actions


@quick
@given(calls, st.lists(happenings(), max_size=12))
def test_only_what_was_asked_for_counts(call: Call, events: list[FlowEvent]) -> None:
    """Whoever understands may say what they like: variables that exist, of their type; rules once; edges that are."""
    for event in [CallStarted(), *events]:
        call.happen(event)
    names = {item.name for item in VARIABLES} | {"consent"}
    collected = [action for action in call.actions if isinstance(action, Collect)]
    assert {action.variable for action in collected} <= names
    assert not any(action.variable == "pets" and action.value == "perhaps" for action in collected)
    rules = [action.rule for action in call.actions if isinstance(action, Score)]
    assert len(rules) == len(set(rules))
    assert call.state.scoring.total == sum(action.points for action in call.actions if isinstance(action, Score))
    edges = {edge.id: edge for edge in call.flow.edges}
    for action in call.actions:
        if action.type == "enter" and action.edge is not None:
            assert edges[action.edge].target == action.node


@quick
@given(calls, st.lists(happenings(), max_size=12), st.sampled_from(ENDINGS))
def test_what_is_read_back_waits_for_the_caller_and_is_not_lost(
    call: Call, events: list[FlowEvent], last: FlowEvent
) -> None:
    """Nothing counts before it was read back and heard out; nobody is asked about it for ever; nothing is forgotten."""
    for event in [CallStarted(), *events]:
        before = call.state
        done = call.happen(event)
        after = call.state
        names = {action.variable for action in done if isinstance(action, Collect)}
        unconfirmed, told_before = after.confirmation.unconfirmed_slots, before.confirmation.unconfirmed_slots
        fresh = {name for name in unconfirmed if told_before.get(name) != unconfirmed[name]}
        assert not names & fresh, "accepted while the caller is asked about it"
        assert not after.confirmation.awaiting_confirmation or (unconfirmed and after.slots.asking in unconfirmed)
        assert all(count <= MAX_ATTEMPTS for count in after.confirmation.attempts.values())
        assert after.slots.values.keys() | unconfirmed.keys() <= {item.name for item in VARIABLES}
    open_values = {} if call.state.ended else call.state.confirmation.unconfirmed_slots
    call.happen(last)
    assert call.state.confirmation.unconfirmed_slots == {}
    assert call.state.slots.values | open_values == call.state.slots.values


@settings(max_examples=examples(10), suppress_health_check=[HealthCheck.too_slow])
@given(calls)
def test_a_call_in_which_nobody_hangs_up_is_ended(call: Call) -> None:
    call.happen(CallStarted())
    call.flow = call.flow.model_copy(update={"rules": call.flow.rules.model_copy(update={"scores": ()})})
    for _ in range(MAX_TURNS + 1):
        call.happen(CallerSaid(text="Could you tell me something about the apartments?"))
    assert call.state.ended or call.state.handoff.status == "active"
