"""Which variables the validator takes for known where a node's words speak of them."""

from typing import Any

import pytest

from quantum_app.domain.flows.validation import validator
from quantum_app.domain.flows.validation.problem import Problem

pytestmark = pytest.mark.unit

Document = dict[str, Any]

OTHERWISE: Document = {"type": "fallback"}
WISH: Document = {"type": "intent", "description": "Wants a person", "examples": ["Give me a person."]}


def when(expression: str) -> Document:
    return {"type": "expression", "expression": expression}


def flow(*exits: tuple[str, Document], required: bool = True, farewell: str = "Goodbye, {city}.") -> Document:
    """Start, a node that asks for the city, and what it leads to: `end`, whose words name the city, or `other`."""
    edges = [("start", "ask", OTHERWISE), *(("ask", target, condition) for target, condition in exits)]
    return {
        "schema_version": 3,
        "start": "start",
        "nodes": [
            {"type": "start", "id": "start", "greeting": "Hello."},
            {"type": "clarify", "id": "ask", "name": "Details", "fields": [{"variable": "city", "required": required}]},
            {"type": "end", "id": "end", "name": "Goodbye", "farewell": farewell, "next_steps": "We'll call you."},
            {"type": "end", "id": "other", "farewell": "Goodbye.", "next_steps": "We'll call you."},
        ],
        "edges": [
            {"id": f"e{number}", "source": source, "target": target, "condition": condition}
            for number, (source, target, condition) in enumerate(edges)
        ],
        "variables": [{"name": "city", "label": "City", "ask": "Which city?"}],
    }


def problems(document: Document, code: str = "maybe_unknown") -> list[Problem]:
    return [item for item in validator.check(validator.parse(document)) if item.code == code]


@pytest.mark.parametrize(
    "exits",
    [
        [("end", OTHERWISE)],
        [("end", when("complete")), ("other", OTHERWISE)],
        [("other", when("not complete")), ("end", OTHERWISE)],
        [("other", when("not city")), ("end", OTHERWISE)],
        [("other", when("not city or score > 50")), ("end", OTHERWISE)],
        [("other", when("not (city and score > 5)")), ("end", OTHERWISE)],
        [("end", when("score > 50")), ("end", OTHERWISE)],
        [("end", when("not (not city)")), ("other", OTHERWISE)],
        [("other", when("not complete")), ("end", when("score > 50")), ("other", OTHERWISE)],
    ],
)
def test_what_is_required_on_every_way_is_known(exits: list[tuple[str, Document]]) -> None:
    assert problems(flow(*exits)) == []


@pytest.mark.parametrize(
    "exits",
    [
        [("other", when("complete")), ("end", OTHERWISE)],
        [("end", when("complete")), ("end", OTHERWISE)],
        [("end", when("not complete")), ("other", OTHERWISE)],
        [("end", WISH), ("other", OTHERWISE)],
        [("other", WISH), ("end", when("complete or score > 5")), ("other", OTHERWISE)],
        [("other", when("not (city or complete)")), ("end", OTHERWISE)],
        [("other", when("complete and not city")), ("end", OTHERWISE)],
        [("end", when("score > 50")), ("other", when("not complete")), ("other", OTHERWISE)],
    ],
)
def test_what_some_way_leaves_open_may_be_unknown(exits: list[tuple[str, Document]]) -> None:
    (problem,) = problems(flow(*exits))
    assert (problem.severity, problem.node, problem.field) == ("warning", "end", "farewell")


def test_what_is_optional_or_can_be_passed_by_may_be_unknown() -> None:
    assert problems(flow(("end", OTHERWISE))) == []
    (optional,) = problems(flow(("end", OTHERWISE), required=False))
    assert "isn't known on every call" in optional.message
    document = flow(("end", OTHERWISE))
    document["edges"].append({"id": "past", "source": "start", "target": "end", "condition": WISH})
    assert len(problems(document)) == 1


def test_a_variable_that_nothing_asks_for_is_named_with_a_fix() -> None:
    document = flow(("end", OTHERWISE), farewell="Goodbye, {budget}.")
    document["variables"].append({"name": "budget", "label": "Monthly budget", "type": "money"})
    (problem,) = problems(document, "never_asked")
    assert (problem.severity, problem.node, problem.field) == ("warning", None, "variables.budget")
    assert problem.message == "Nothing asks for “Monthly budget”, so it never has a value."
    assert problem.remedy == "Ask for it in “Get contact details” or “Ask questions”, or delete it."
    assert problems(document) == [], "it is said once"
    document["nodes"][1]["fields"].append({"variable": "budget"})
    assert problems(document, "never_asked") == []


@pytest.mark.parametrize("condition", ["budget > 5", "not budget", "score > 5 or budget"])
def test_a_condition_on_what_nothing_asks_for_is_named_too(condition: str) -> None:
    document = flow(("other", when(condition)), ("end", OTHERWISE))
    document["variables"] += [{"name": "budget", "type": "money"}, {"name": "unused", "type": "text"}]
    assert [item.field for item in problems(document, "never_asked")] == ["variables.budget"]


def test_what_the_call_page_may_tell_needs_nobody_who_asks() -> None:
    document = flow(("end", OTHERWISE), farewell="Goodbye, {caller}.")
    document["variables"] += [{"name": "caller", "type": "name"}, {"name": "friend", "type": "name"}]
    document["nodes"][0]["greeting"] = "Hello {friend}."
    assert [item.field for item in problems(document, "never_asked")] == ["variables.friend"]
    assert [item.code for item in problems(document)] == ["maybe_unknown"]
