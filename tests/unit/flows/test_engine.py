"""The engine as properties: total, the same every time, plain data, and an end that stays one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from quantum_app.domain.campaigns.demo import flow
from quantum_app.domain.flows import rules
from quantum_app.domain.flows.engine import opening, step
from quantum_app.domain.flows.schemas import (
    Answer,
    AnswerNode,
    CallerSaid,
    CallerSilent,
    CallOpened,
    EndCall,
    EndNode,
    FlowAction,
    FlowDefinition,
    FlowEvent,
    FlowState,
    Passage,
    Say,
    StartNode,
    TimeUp,
)
from quantum_app.domain.flows.validation import load, problems
from quantum_app.errors import InvalidInput

DEMO = flow()
EVENTS = st.one_of(
    st.builds(CallOpened, resumed=st.booleans()),
    st.builds(
        CallerSaid, text=st.text(max_size=40), intent=st.sampled_from(["question", "goodbye", "smalltalk", "no"])
    ),
    st.builds(CallerSilent, final=st.booleans()),
    st.builds(TimeUp),
)


def run(events: list[FlowEvent]) -> tuple[list[FlowState], list[FlowAction]]:
    state, states, actions = opening(DEMO), [], []
    for event in events:
        state, done = step(DEMO, state, event)
        states.append(state)
        actions += done
    return states, actions


@settings(deadline=None)
@given(st.lists(EVENTS, max_size=12))
def test_any_events_give_the_same_call_twice_and_survive_serialisation(events: list[FlowEvent]) -> None:
    assert run(events) == run(events)
    states, actions = run(events)
    for state in states:
        assert FlowState.model_validate_json(state.model_dump_json()) == state
    adapter = TypeAdapter(list[FlowAction])
    assert adapter.validate_json(adapter.dump_json(actions)) == actions


@settings(deadline=None)
@given(st.lists(EVENTS, max_size=12))
def test_a_call_ends_at_most_once_and_nothing_follows(events: list[FlowEvent]) -> None:
    _, actions = run(events)
    ends = [index for index, action in enumerate(actions) if isinstance(action, EndCall)]
    assert len(ends) <= 1
    assert not ends or ends[0] == len(actions) - 1


@settings(deadline=None)
@given(
    st.lists(EVENTS, max_size=8),
    st.sampled_from([TimeUp(), CallerSilent(final=True), CallerSaid(text="bye", intent="goodbye")]),
)
def test_what_ends_a_call_always_does_and_says_so(events: list[FlowEvent], last: FlowEvent) -> None:
    states, actions = run([*events, last])
    assert states[-1].ended
    assert isinstance(actions[-1], EndCall)
    assert isinstance(actions[-2], Say)


def test_the_demo_is_sound_and_greets_answers_and_says_goodbye() -> None:
    assert problems(DEMO) == ()
    _, actions = run([CallOpened(), CallerSaid(text="Do you allow pets?"), CallerSaid(text="Bye.", intent="goodbye")])
    assert [type(action) for action in actions] == [Say, Answer, Say, EndCall]
    assert "AI assistant" in actions[0].text


def test_a_resumed_call_does_not_greet_again() -> None:
    _, actions = run([CallOpened(resumed=True)])
    assert len(actions) == 1
    assert "Hello" not in actions[0].text


def test_no_after_an_offer_of_help_ends_the_call() -> None:
    def said(text: str) -> CallerSaid:
        return CallerSaid(text=text, intent=rules.intent(text))

    states, actions = run([CallOpened(), said("No."), said("Do you allow pets?"), said("No."), said("No, no.")])
    assert [type(action) for action in actions] == [Say, Say, Answer, Say, Say, EndCall]
    assert [state.ended for state in states] == [False, False, False, False, True]


def test_a_flow_without_questions_greets_and_says_goodbye() -> None:
    definition = FlowDefinition(
        start="a", nodes=(StartNode(id="a", greeting="We are closed.", next="z"), EndNode(id="z", farewell="Goodbye!"))
    )
    assert problems(definition) == ()
    state, actions = step(definition, opening(definition), CallOpened())
    assert state.ended
    assert actions == (Say(text="We are closed."), Say(text="Goodbye!"), EndCall(reason="flow"))


def test_silence_is_not_a_question() -> None:
    state, actions = step(DEMO, opening(DEMO), CallerSaid(text="  "))
    assert isinstance(actions[0], Say)
    assert state.turn == 0


_IDS = st.sampled_from("abcd")
_WORDS = st.sampled_from(["", " ", "Hello."])
_NODES = st.one_of(
    st.builds(StartNode, id=_IDS, greeting=_WORDS, next=_IDS),
    st.builds(
        AnswerNode,
        id=_IDS,
        passages=st.lists(st.builds(Passage, source=st.just("s"), text=_WORDS), max_size=1).map(tuple),
        fallback=_WORDS,
        next=_IDS,
    ),
    st.builds(EndNode, id=_IDS, farewell=_WORDS),
)


@st.composite
def flows(draw: st.DrawFn) -> FlowDefinition:
    """Any flow at all, and mostly chains, so that sound ones are among them."""
    if draw(st.integers(0, 3)) == 0:
        return FlowDefinition(nodes=tuple(draw(st.lists(_NODES, max_size=5))), start=draw(_IDS))
    answers = tuple(
        AnswerNode(id=str(at), passages=(Passage(source="s", text="t"),), fallback="f", next=str(at + 1))
        for at in range(1, draw(st.integers(1, 4)))
    )
    start = StartNode(id="0", greeting="g", next="1")
    return FlowDefinition(nodes=(start, *answers, EndNode(id=str(len(answers) + 1), farewell="f")), start="0")


@settings(deadline=None)
@given(flows(), st.lists(EVENTS, max_size=8))
def test_whatever_the_validator_accepts_the_engine_runs_to_an_end(
    definition: FlowDefinition, events: list[FlowEvent]
) -> None:
    stored = definition.model_dump(mode="json")
    if problems(definition):
        with pytest.raises(InvalidInput):
            load(stored)
        return
    assert load(stored) == definition
    state = opening(definition)
    for event in [*events, CallerSaid(text="bye", intent="goodbye")]:
        state, _ = step(definition, state, event)
    assert state.ended


def node(identifier: str, **changes: object) -> FlowDefinition:
    """The demo with one node changed."""
    nodes = (item.model_copy(update=changes) if item.id == identifier else item for item in DEMO.nodes)
    return DEMO.model_copy(update={"nodes": tuple(nodes)})


@pytest.mark.parametrize(
    ("broken", "where", "says"),
    [
        (node("answers", next="nowhere"), {"answers", "end", None}, "does not exist"),
        (node("answers", next="answers"), {"end", None}, "never end"),
        (node("start", next="end"), {"answers"}, "No path leads here"),
        (DEMO.model_copy(update={"start": "missing"}), {None}, "no beginning"),
        (DEMO.model_copy(update={"start": "answers"}), {"answers", "start"}, "begin with a Start node"),
        (DEMO.model_copy(update={"nodes": DEMO.nodes * 2}), {"start", "answers", "end"}, "used 2 times"),
        (DEMO.model_copy(update={"nodes": ()}), {None}, "no beginning"),
        (node("start", greeting=" "), {"start"}, "greeting"),
        (node("end", farewell=""), {"end"}, "farewell"),
        (node("answers", fallback=""), {"answers"}, "cannot answer"),
        (node("answers", passages=()), {"answers"}, "Add knowledge"),
    ],
)
def test_the_validator_says_where_and_what(broken: FlowDefinition, where: set[str | None], says: str) -> None:
    found = problems(broken)
    assert {finding.node for finding in found} == where
    assert any(says in finding.message for finding in found)


def test_a_stored_flow_that_is_none_is_refused_in_words() -> None:
    with pytest.raises(InvalidInput, match="nodes"):
        load({"start": "a"})
