"""What is said about a condition that doesn't work names how to correct it."""

import pytest

from quantum_app.domain.flows.model.definition import FlowDefinition, StartNode, Variable
from quantum_app.domain.flows.validation import conditions
from quantum_app.domain.flows.validation.branches import grounds

pytestmark = pytest.mark.unit

GROUNDS = grounds(
    FlowDefinition(
        start="start",
        nodes=(StartNode(id="start", greeting="Hello."),),
        variables=(
            Variable(name="urgent", type="yes_no"),
            Variable(name="city"),
            Variable(name="rooms", type="number"),
        ),
    )
)


@pytest.mark.parametrize(
    ("text", "code", "remedy"),
    [
        ("urgent = yes", "expression_invalid", "Use ==, or just urgent."),
        ("urgent=True and rooms > 2", "expression_invalid", "Use ==, or just urgent."),
        ("rooms = 2", "expression_invalid", "Use ==."),
        ("city == '=' and rooms = 2", "expression_invalid", "Use ==."),
        ("rooms >= ", "expression_invalid", "Write it like this: score >= 70 and not email"),
        ("city in 'Kiel'", "expression_invalid", "Put the choices after it in brackets: city in ['Kiel', 'Hamburg']"),
        ("urgent == yes", "unknown_variable", "Use True or False, or just the name of a yes-or-no variable."),
        ("Rooms > 2", "unknown_variable", "Did you mean “rooms”?"),
        ("city == Kiel", "unknown_variable", 'Add it to the variables. If it is text, put it in quotes: "Kiel"'),
        ("", "expression_empty", "Choose when it applies, for example: score is at least 70"),
    ],
)
def test_the_remedy_fits(text: str, code: str, remedy: str) -> None:
    assert (fault := conditions.fault(text, GROUNDS)) is not None
    assert (fault[0], fault[2]) == (code, remedy)


@pytest.mark.parametrize("text", ["urgent", "city == 'a = b'", "rooms >= 2", "rooms != 2", "rooms <= 2"])
def test_a_condition_that_works_has_no_fault(text: str) -> None:
    assert conditions.fault(text, GROUNDS) is None
