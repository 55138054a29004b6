"""A telephone number that is told in part: the caller hears what was heard, and what is missing."""

import pytest

from quantum_app.domain.flows.model.definition import NodeField, Variable
from quantum_app.domain.flows.nlu.digits import incomplete_phone, phones
from quantum_app.domain.flows.nlu.tokens import sentence
from tests.unit.flows.caller import FLOW, Caller, with_node

pytestmark = pytest.mark.unit

PHONE = Variable(name="phone", type="phone", label="Phone", ask="Which number can we reach you at?", confirm=True)
WITH_PHONE = with_node(
    FLOW.model_copy(update={"variables": (*FLOW.variables, PHONE)}),
    "gate",
    fields=(NodeField(variable="name"), NodeField(variable="phone")),
)
REST = "I heard 5 5 5, 0 1 4 2. What's the full number, with the area code?"


@pytest.mark.parametrize(
    "text",
    [
        "oh four one seven, two two three, four five six",
        "zero four one seven two two three four five six",
        "uh, it's oh-four-one-seven, two-two-three, four-five-six",
        "oh four one seven double two three four five six",
        "o four one seven 223 456",
    ],
)
def test_spoken_digits_are_a_number(text: str) -> None:
    assert [item.value for item in phones(sentence(text), "AU")] == ["+61417223456"]


@pytest.mark.parametrize(
    ("text", "asked", "digits"),
    [
        ("My name is Tom Baker and my number is 555 0142", False, "5550142"),
        ("you can reach me at five five five, oh one four two", False, "5550142"),
        ("555 0142", True, "5550142"),
        ("5550", True, "5550"),
        ("oh four one seven, two two three, four five six", True, "0417223456"),
        # None of these is a part of a number that somebody wants to be called at.
        ("555 0142", False, None),
        ("I have a number of questions about 2 rooms", False, None),
        ("my number is 410 555 0142", False, None),
        ("I'd rather not", True, None),
        ("on the 24th", True, None),
    ],
)
def test_a_part_of_a_number_is_recognized(text: str, asked: bool, digits: str | None) -> None:
    assert incomplete_phone(text, "US", asked=asked) == digits


def test_the_rest_is_asked_for_when_it_came_along_with_something_else() -> None:
    caller = Caller(WITH_PHONE)
    assert caller.says("My name is Tom Baker and my number is 555 0142") == REST
    assert caller.state.slots.values["name"] == "Tom Baker"
    assert caller.says("four one oh, five five five, oh one four two") == "I have 4 1 0, 5 5 5, 0 1 4 2. Is that right?"
    caller.says("yes")
    assert caller.state.slots.values["phone"] == "+14105550142"


def test_the_rest_is_asked_for_as_often_as_anything() -> None:
    caller = Caller(WITH_PHONE)
    assert caller.says("My name is Tom Baker") == PHONE.ask
    assert caller.says("555 0142") == REST
    assert "I heard" not in caller.says("555 0142")
    assert "phone" not in caller.state.slots.values


def test_a_number_of_another_country_needs_its_code() -> None:
    caller = Caller(WITH_PHONE)
    caller.says("My name is Tom Baker")
    reply = caller.says("oh four one seven, two two three, four five six")
    assert reply == "I heard 0 4 1, 7 2 2, 3 4 5 6. What's the full number, with its country code?"
    assert caller.says("plus six one four one seven two two three four five six").startswith("I have plus 6 1")
