"""Which exit a call takes: the first that matches, in the order that the author sees."""

import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quantum_app.domain.flows.engine import exits, prompts
from quantum_app.domain.flows.engine.engine import opening, step
from quantum_app.domain.flows.model import expressions
from quantum_app.domain.flows.model.conditions import Expression, Intent
from quantum_app.domain.flows.model.definition import AnswerNode, Edge, FlowDefinition
from quantum_app.domain.flows.model.runtime import (
    Answer,
    AnswerFound,
    CallerSaid,
    CallStarted,
    Classified,
    Classify,
    Extract,
    Extracted,
    FlowEvent,
)
from quantum_app.domain.flows.model.state import FlowState
from quantum_app.domain.flows.validation import validator
from tests.examples import examples
from tests.unit.flows.caller import Caller
from tests.unit.flows.flows import definitions, happenings
from tests.unit.flows.test_engine import Call

pytestmark = pytest.mark.unit

TRUE = {"type": "expression", "expression": "turns >= 0"}
FALSE = {"type": "expression", "expression": "turns < 0"}
TOUR = {"type": "intent", "description": "Wants a tour", "examples": ["Can I see it?", "Show me around"]}
OTHERWISE = {"type": "fallback"}
NODES: dict[str, dict[str, Any]] = {
    "start": {},
    "dispatch": {},
    "rag_answer": {"fallback": "I do not know."},
    "lead_gate": {"fields": [{"variable": "rooms"}]},
    "clarify": {"fields": [{"variable": "rooms"}]},
}


def flow(kind: str, conditions: Sequence[dict[str, Any]], *, schema_version: int = 3) -> dict[str, Any]:
    """A flow in which these exits leave a node of a kind, in this order. Each leads to an End named by its place."""
    exits = [
        {"id": f"exit_{place}", "source": "node", "target": f"end_{place}", "condition": condition}
        for place, condition in enumerate(conditions)
    ]
    ends = [{"type": "end", "id": f"end_{place}", "farewell": "Goodbye."} for place in range(len(conditions))]
    node = {"type": kind, "id": "node", **NODES[kind]}
    nodes = [{"type": "start", "id": "start", "greeting": "Hello."}, node]
    edges = [{"id": "on", "source": "start", "target": "node", "condition": OTHERWISE}]
    if kind == "dispatch":
        # It hears nothing itself: words come with the call.
        edges.append({"id": "in", "source": "start", "target": "node", "condition": TOUR})
    if kind == "start":
        nodes, edges = [node | {"greeting": "Hello."}], []
    return {
        "schema_version": schema_version,
        "start": nodes[0]["id"],
        "nodes": [*nodes, *ends],
        "edges": [*edges, *exits],
        "variables": [{"name": "rooms", "type": "number", "ask": "How many rooms?"}],
    }


def exit_taken(document: dict[str, Any], *, intent: str | None, values: dict[str, Any] | None = None) -> str | None:
    """The last exit that a call takes in which the caller's words mean an exit, and tell values."""
    definition = validator.parse(document)
    state, edge_id = opening(definition), None
    events: list[FlowEvent] = [CallStarted(), CallerSaid(text="I would like to see one of the flats.")]
    while events and not state.ended:
        state, actions = step(definition, state, events.pop(0))
        for action in actions:
            match action:
                case Classify(request=request, options=options):
                    choice = intent if intent in {option.id for option in options} else None
                    events.insert(0, Classified(request=request, choice=choice, confidence=0.99))
                case Extract(request=request):
                    events.insert(0, Extracted(request=request, values=values or {}))
                case Answer(request=request):
                    events.insert(0, AnswerFound(request=request, text="It has two."))
                case _:
                    edge_id = getattr(action, "edge", None) or edge_id
    return edge_id


@pytest.mark.parametrize("kind", ["start", "dispatch", "rag_answer"])
def test_the_first_match_wins_whatever_its_kind(kind: str) -> None:
    above, below = [TOUR, TRUE, OTHERWISE], [TRUE, TOUR, OTHERWISE]
    assert exit_taken(flow(kind, above), intent="exit_0") == "exit_0"
    assert exit_taken(flow(kind, below), intent="exit_1") == "exit_0"
    assert exit_taken(flow(kind, above), intent=None) == "exit_1"
    assert exit_taken(flow(kind, [OTHERWISE, FALSE, TOUR]), intent="exit_2") == "exit_2"
    assert exit_taken(flow(kind, [FALSE, TOUR, TRUE, OTHERWISE]), intent="exit_1") == "exit_1"


@pytest.mark.parametrize("kind", ["lead_gate", "clarify"])
def test_expressions_of_a_node_that_asks_count_when_its_questions_are_done(kind: str) -> None:
    above, below = [TOUR, TRUE, OTHERWISE], [TRUE, TOUR, OTHERWISE]
    values = {"rooms": 3}
    assert exit_taken(flow(kind, above), intent="exit_0", values=values) == "exit_0"
    assert exit_taken(flow(kind, below), intent="exit_1", values=values) == "exit_0"
    assert exit_taken(flow(kind, below), intent="exit_1") == "exit_1", "the words interrupt the questions"
    assert exit_taken(flow(kind, below), intent=None) == "on", "the question is still open"


@pytest.mark.parametrize("kind", ["start", "dispatch"])
def test_otherwise_comes_last_wherever_it_stands(kind: str) -> None:
    assert exit_taken(flow(kind, [OTHERWISE, TRUE]), intent=None) == "exit_1"
    assert exit_taken(flow(kind, [OTHERWISE, FALSE, TOUR]), intent=None) == "exit_0"


def test_a_dispatch_asks_what_words_mean_only_where_that_decides() -> None:
    def asks(conditions: Sequence[dict[str, Any]]) -> bool:
        definition = validator.parse(flow("dispatch", conditions))
        return exits.asks_classifier(definition, FlowState(node="node"))

    assert asks([TOUR, TRUE, OTHERWISE])
    assert asks([FALSE, TOUR, OTHERWISE])
    assert not asks([TRUE, TOUR, OTHERWISE])
    assert not asks([FALSE, OTHERWISE])


@pytest.mark.parametrize(
    ("kind", "warned"),
    [("start", True), ("dispatch", True), ("rag_answer", True), ("lead_gate", False), ("clarify", False)],
)
def test_an_intent_below_conditions_of_which_one_is_always_true_is_never_followed(kind: str, warned: bool) -> None:
    open_, closed = ({"type": "expression", "expression": text} for text in ("open", "not open"))
    tell = {"type": "expression", "expression": "open and score > 10"}

    def never_first(conditions: Sequence[dict[str, Any]]) -> list[str | None]:
        problems = validator.check(validator.parse(flow(kind, conditions)))
        return [problem.edge for problem in problems if problem.code == "never_first"]

    assert never_first([open_, closed, TOUR, OTHERWISE]) == (["exit_2"] if warned else [])
    assert never_first([open_, TOUR, closed, OTHERWISE]) == []
    assert never_first([TOUR, open_, tell, closed, OTHERWISE]) == ["exit_2"]


HAS_ANSWER = {"type": "expression", "expression": "answered"}
SURE = {"type": "expression", "expression": "confidence > 0.5"}


def answered_then(second: str, conditions: Sequence[dict[str, Any]]) -> Caller:
    """A caller whose question has been answered, and whom that has led to another node with these exits."""
    document = flow(second, conditions)
    document["nodes"].append({"type": "rag_answer", "id": "first", "fallback": "I do not know."})
    document["edges"][0] |= {"target": "first"}
    document["edges"].append({"id": "second", "source": "first", "target": "node", "condition": HAS_ANSWER})
    caller = Caller(validator.parse(document))
    caller.says("Are pets allowed?")
    return caller


@pytest.mark.parametrize("condition", [HAS_ANSWER, SURE])
def test_an_answer_of_an_earlier_node_opens_no_exit(condition: dict[str, Any]) -> None:
    caller = answered_then("rag_answer", [condition, TOUR, OTHERWISE])
    assert caller.state.node == "node"
    caller.intent = "exit_1"
    caller.says("I would like to see one of the flats.")
    assert caller.state.node == "end_1"


@pytest.mark.parametrize("condition", [HAS_ANSWER, SURE])
def test_an_answer_opens_an_exit_of_its_own_node(condition: dict[str, Any]) -> None:
    caller = answered_then("rag_answer", [condition, TOUR, OTHERWISE])
    caller.says("And are pets welcome in the garden?")
    assert caller.state.node == "end_0"


def test_an_answer_of_an_earlier_visit_opens_no_exit() -> None:
    document = flow("rag_answer", [HAS_ANSWER, TOUR, OTHERWISE])
    document["edges"][1] |= {"target": "rooms"}
    document["nodes"].append({"type": "clarify", "id": "rooms", "fields": [{"variable": "rooms"}]})
    document["edges"].append({"id": "back", "source": "rooms", "target": "node", "condition": OTHERWISE})
    caller = Caller(validator.parse(document))
    caller.says("Are pets allowed?")
    assert caller.says("three") == prompts.EN.anything_else
    assert caller.state.node == "node"
    caller.intent = "exit_1"
    caller.says("I would like to see one of the flats.")
    assert caller.state.node == "end_1"


def test_a_dispatch_branches_by_the_answer_of_the_node_before_it() -> None:
    assert answered_then("dispatch", [HAS_ANSWER, OTHERWISE]).state.node == "end_0"


def test_points_for_an_answer_count_though_it_led_on() -> None:
    document = flow("rag_answer", [HAS_ANSWER, OTHERWISE])
    points = {"id": "asks", "when": HAS_ANSWER, "points": 5, "reason": "Asks questions"}
    document["nodes"][2] = {"type": "clarify", "id": "end_0", "fields": [{"variable": "rooms"}]}
    caller = Caller(validator.parse(document | {"rules": {"scores": [points]}}))
    caller.says("Are pets allowed?")
    assert (caller.state.node, caller.state.scoring.total) == ("end_0", 5)


# Before schema version 3


def kind_first(definition: FlowDefinition, state: FlowState, intent: str | None = None) -> Edge | None:
    """The exit by the rule of schema version 2: a chosen intent first at an Answer, expressions first elsewhere."""
    values = exits.exit_condition_values(definition, state)
    edges = list(definition.leaving(state.node))
    by_intent = next((edge for edge in edges if isinstance(edge.condition, Intent) and edge.id == intent), None)
    matching = next(
        (
            edge
            for edge in edges
            if isinstance(edge.condition, Expression) and expressions.holds(edge.condition.expression, values)
        ),
        None,
    )
    node = next((node for node in definition.nodes if node.id == state.node), None)
    return by_intent or matching if isinstance(node, AnswerNode) else matching or by_intent


def classifies_without_expression(definition: FlowDefinition, state: FlowState) -> bool:
    return kind_first(definition, state) is None and bool(exits.intents(definition, state.node))


@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(definitions(), st.randoms(use_true_random=False), st.lists(happenings(), max_size=12), st.integers(0, 9999))
def test_a_flow_of_schema_2_does_what_it_did(
    definition: FlowDefinition, chance: random.Random, events: list[FlowEvent], seed: int
) -> None:
    edges = list(definition.edges)
    chance.shuffle(edges)
    before = definition.model_copy(update={"edges": tuple(edges)})
    after = validator.parse(before.model_dump(mode="json") | {"schema_version": 2})
    assert {edge.id for edge in after.edges} == {edge.id for edge in before.edges}
    old, new = Call(before, random.Random(seed)), Call(after, random.Random(seed))
    for event in [CallStarted(), *events]:
        with pytest.MonkeyPatch.context() as rule:
            rule.setattr(exits, "select_exit", kind_first)
            rule.setattr(exits, "asks_classifier", classifies_without_expression)
            expected = old.happen(event)
        assert new.happen(event) == expected
    assert new.state == old.state


def test_exits_are_reordered_in_the_places_that_they_had() -> None:
    answer = flow("rag_answer", [TRUE, OTHERWISE, TOUR, FALSE], schema_version=2)
    assert [edge.id for edge in validator.parse(answer).edges] == ["on", "exit_2", "exit_0", "exit_3", "exit_1"]
    form = flow("clarify", [TOUR, TRUE, OTHERWISE, FALSE], schema_version=2)
    assert [edge.id for edge in validator.parse(form).edges] == ["on", "exit_1", "exit_3", "exit_0", "exit_2"]
    assert validator.parse(form | {"schema_version": 3}).edges[1].id == "exit_0", "what is in order stays"
