"""The engine as properties: total, the same every time, plain data, and an end that stays one."""

from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from quantum_app.domain.campaigns.demo import flow
from quantum_app.domain.flows.engine import opening, step
from quantum_app.domain.flows.schemas import (
    Answer,
    CallerSaid,
    CallerSilent,
    CallOpened,
    EndCall,
    FlowAction,
    FlowEvent,
    FlowState,
    Say,
    TimeUp,
)
from quantum_app.domain.flows.validation import problems

DEMO = flow()
EVENTS = st.one_of(
    st.builds(CallOpened, resumed=st.booleans()),
    st.builds(CallerSaid, text=st.text(max_size=40), intent=st.sampled_from(["question", "goodbye", "smalltalk"])),
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


@given(st.lists(EVENTS, max_size=12))
def test_any_events_give_the_same_call_twice_and_survive_serialisation(events: list[FlowEvent]) -> None:
    assert run(events) == run(events)
    states, actions = run(events)
    for state in states:
        assert FlowState.model_validate_json(state.model_dump_json()) == state
    adapter = TypeAdapter(list[FlowAction])
    assert adapter.validate_json(adapter.dump_json(actions)) == actions


@given(st.lists(EVENTS, max_size=12))
def test_a_call_ends_at_most_once_and_nothing_follows(events: list[FlowEvent]) -> None:
    _, actions = run(events)
    ends = [index for index, action in enumerate(actions) if isinstance(action, EndCall)]
    assert len(ends) <= 1
    assert not ends or ends[0] == len(actions) - 1


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


def test_the_validator_names_the_node() -> None:
    broken = DEMO.model_copy(
        update={
            "nodes": tuple(
                node.model_copy(update={"next": "nowhere"}) if node.id == "answers" else node for node in DEMO.nodes
            )
        }
    )
    found = problems(broken)
    assert {finding.node for finding in found} == {"answers", "end", None}
    assert problems(DEMO.model_copy(update={"start": "missing"}))[-1].node is None
    assert any(
        "used 2 times" in finding.message for finding in problems(DEMO.model_copy(update={"nodes": DEMO.nodes * 2}))
    )
