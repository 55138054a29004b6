"""One form for each type, whoever brings a value; and whatever is brought, nothing is raised."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantum_app.domain.flows.model.definition import Choice, Variable, VariableType
from quantum_app.domain.flows.nlu import patterns
from quantum_app.domain.flows.nlu.acceptance import accept

pytestmark = pytest.mark.unit

TYPES: tuple[VariableType, ...] = ("text", "name", "email", "phone", "number", "money", "date", "choice", "yes_no")


def variable(kind: VariableType, **more: Any) -> Variable:
    return Variable(name="x", type=kind, **more)


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        ("text", "  a  leaking\ntap ", "a leaking tap"),
        ("text", "\x00\x07", None),
        ("text", "x" * 501, None),
        ("text", 5, None),
        ("name", "Inès Moreau", "Inès Moreau"),
        ("name", "Moreau, ", "Moreau"),
        ("name", "x'); drop table leads", None),
        ("name", "https://example.com", None),
        ("name", "one two three four five six seven", None),
        ("email", " Ines@Example.COM ", "ines@example.com"),
        ("email", "ines@", None),
        ("phone", "+49 30 1234567", "+49301234567"),
        ("phone", "030 1234567", None),
        ("phone", "+1 555", None),
        ("number", "3", 3),
        ("number", 3.0, 3),
        ("number", 2.5, 2.5),
        ("number", True, None),
        ("number", float("nan"), None),
        ("number", float("inf"), None),
        ("number", 10**400, None),
        ("number", "three", None),
        ("money", 19.999, 20),
        ("money", "1200.50", 1200.5),
        ("date", "2027-03-01", "2027-03-01"),
        ("date", "2027-03-01T10:00:00Z", "2027-03-01"),
        ("date", "2027-02-30", None),
        ("date", "tomorrow", None),
        ("yes_no", True, True),
        ("yes_no", "No", False),
        ("yes_no", 1, True),
        ("yes_no", "perhaps", None),
    ],
)
def test_each_type_has_one_form(kind: VariableType, raw: Any, value: Any) -> None:
    accepted = accept(variable(kind), raw)
    assert accepted == value
    assert type(accepted) is type(value)


def test_numbers_have_bounds() -> None:
    rooms = variable("number", minimum=1, maximum=5)
    assert [accept(rooms, value) for value in (0, 1, 5, 5.01)] == [None, 1, 5, None]


def test_choices_are_kept_in_the_words_of_the_flow() -> None:
    size = variable("choice", choices=(Choice(value="Très grand", also=("huge", "X-Large")), Choice(value="Small")))
    assert accept(size, "huge") == "Très grand"
    assert accept(size, "x large") == "Très grand"
    assert accept(size, "TRES GRAND!") == "Très grand"
    assert accept(size, "medium") is None
    assert accept(variable("choice"), "anything") is None


def test_a_number_without_its_country_is_of_the_region() -> None:
    assert accept(variable("phone"), "030 1234567", "DE") == "+49301234567"
    assert accept(variable("phone"), "(212) 555-0199", "US") == "+12125550199"


def test_a_pattern_has_to_match_the_whole_text() -> None:
    code = variable("text", pattern="[A-Z]{2}[0-9]{4}")
    assert accept(code, "AB1234") == "AB1234"
    assert accept(code, "AB12345") is None
    assert accept(code, "see AB1234") is None


@pytest.mark.parametrize(
    "pattern",
    [
        "[A-Z]{2}\\d{4}",
        "(\\d{1,3}\\.){3}\\d{1,3}",
        "[\\w.]+@[\\w.]+",
        "(red|green|blue)",
        "\\d+(,\\d\\d)?",
        ".*tap.*",
        "[\\w .'-]{1,60}",
        "",
    ],
)
def test_patterns_that_businesses_write(pattern: str) -> None:
    assert patterns.problem(pattern) is None


@pytest.mark.parametrize("pattern", ["(a+)+b", "(a|a)*b", "(a?){30}b{30}", "(.*)*x", "a*a*a*a*a*b", "([a-z]+ ?)+!"])
def test_no_repetition_takes_long(pattern: str) -> None:
    assert patterns.problem(pattern) is None
    began = time.monotonic()
    assert accept(variable("text", pattern=pattern), "a" * 100) is None
    assert time.monotonic() - began < 1


def test_letters_with_accents_are_letters() -> None:
    assert accept(variable("text", pattern=r"\w+"), "José") == "José"
    assert accept(variable("text", pattern=r"[\w ]+"), "José Müller") == "José Müller"
    assert accept(variable("text", pattern=r"[[:digit:]\w]+"), "7 José") is None
    assert accept(variable("text", pattern=r"[[:digit:]\w]+"), "7José") == "7José"
    assert accept(variable("text", pattern=r"\\w+"), "José") is None


@pytest.mark.parametrize("pattern", ["(", "[", "*", "(?P<a", "a**", "a{2000}", "(\\w{1,100}){1,9}", "\\"])
def test_what_is_no_pattern_matches_nothing(pattern: str) -> None:
    assert "regular expression" in (patterns.problem(pattern) or "")
    assert accept(variable("text", pattern=pattern), "a") is None


def test_text_that_is_no_text_matches_nothing() -> None:
    assert not patterns.matches(".*", "\ud800")


LOOKS = [
    (r"(?=.*\d)[A-Z0-9]{4,8}", "AB12", "ABCD", "Lookahead"),
    (r"(?!00)\d{4}", "1234", "0012", "Lookahead"),
    (r"[A-Z]+(?<!X)", "ABC", "ABX", "lookbehind"),
    (r"(\d)-\1", "7-7", "7-8", "earlier group"),
    (r"(?P<first>\d)-(?P=first)", "7-7", "7-8", "earlier group"),
]


@pytest.mark.parametrize(("pattern", "good", "bad", "fragment"), LOOKS)
def test_a_published_pattern_that_looks_around_goes_on_and_its_author_is_told(
    pattern: str, good: str, bad: str, fragment: str
) -> None:
    assert fragment in (patterns.problem(pattern) or "")
    assert accept(variable("text", pattern=pattern), good) == good
    assert accept(variable("text", pattern=pattern), bad) is None


@pytest.mark.parametrize(
    "pattern", ["(a+)+(?!b)c", "(a|a)*(?!b)c", "(?=a)a*a*a*a*c", f"{'a?' * 30}(?!b)c", r"(a)\1(a{1,9}){1,9}c"]
)
def test_a_pattern_that_looks_around_and_could_take_long_is_not_run(pattern: str) -> None:
    assert patterns.was_supported(pattern)
    assert patterns.problem(pattern)
    began = time.monotonic()
    assert accept(variable("text", pattern=pattern), "a" * 100) is None
    assert time.monotonic() - began < 1


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=80),
    st.binary(max_size=10),
    st.lists(st.text(max_size=5), max_size=3),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=3),
)


@given(st.sampled_from(TYPES), VALUES)
def test_nothing_is_raised_and_what_is_kept_is_accepted_again(kind: VariableType, value: object) -> None:
    definition = variable(kind, choices=(Choice(value="A", also=("b",)),))
    accepted = accept(definition, value, "DE")
    assert accepted is None or accept(definition, accepted, "DE") == accepted


@given(st.text(alphabet="ab+*?{}()[]|.\\d1,", max_size=20), st.text(alphabet="ab1", max_size=60))
def test_no_pattern_takes_long(pattern: str, text: str) -> None:
    began = time.monotonic()
    accept(variable("text", pattern=pattern), text)
    assert time.monotonic() - began < 2
