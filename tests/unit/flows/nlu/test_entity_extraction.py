"""Values from sentences, as people say them and as a recogniser writes them."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantum_app.domain.flows.model.definition import Choice, Value, Variable
from quantum_app.domain.flows.nlu.acceptance import accept
from quantum_app.domain.flows.nlu.entity_extraction import extract
from quantum_app.domain.flows.ports import ExtractRequest

pytestmark = pytest.mark.unit

# A Wednesday.
NOW = datetime(2026, 11, 18, 10, tzinfo=ZoneInfo("Europe/Berlin"))
VARIABLES = {
    item.name: item
    for item in (
        Variable(name="full_name", type="name", label="Name", ask="What is your name?"),
        Variable(name="email", type="email", label="E-mail", ask="What is your e-mail address?"),
        Variable(name="phone", type="phone", label="Phone", ask="What number can we call you on?"),
        Variable(name="rooms", type="number", label="Rooms", ask="How many rooms?", minimum=0, maximum=20),
        Variable(name="guests", type="number", label="Guests", ask="How many guests will come?"),
        Variable(name="budget", type="money", label="Budget", ask="What may it cost?"),
        Variable(name="day", type="date", label="Day", ask="Which day suits you?"),
        Variable(
            name="size",
            type="choice",
            label="Size",
            choices=(
                Choice(value="Small", also=("little",)),
                Choice(value="Medium"),
                Choice(value="Large", also=("big",)),
            ),
        ),
        Variable(name="garage", type="yes_no", label="Garage", ask="Do you need a garage?"),
        Variable(name="reason", type="text", label="Reason", ask="What is it about?"),
        Variable(name="contract", type="text", label="Contract", ask="Your contract number?", pattern="[A-Z][0-9]{5}"),
        Variable(name="street", type="text", label="Street", ask="Which street do you live in?"),
    )
}


def read(text: str, *names: str, current: str | None = "", values: dict[str, Value] | None = None, **more: Any) -> Any:
    """The first name is what was asked, unless told otherwise."""
    variables = tuple(VARIABLES[name] for name in (names or VARIABLES))
    about = (names[0] if names else None) if current == "" else current
    return extract(ExtractRequest(text, variables, NOW, about, more.get("region", "DE"), values or {}))


def one(name: str, text: str, **more: Any) -> Value | None:
    return read(text, name, **more).get(name)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("My name is Clara Nowak.", "Clara Nowak"),
        ("yeah so my name is uh Clara Nowak", "Clara Nowak"),
        ("I said Clara", "Clara"),
        ("hi this is clara nowak", "Clara Nowak"),
        ("it's Clara", "Clara"),
        ("Clara Nowak speaking", "Clara Nowak"),
        ("clara nowak and i would like to see the flat", "Clara Nowak"),
        ("yes, um, Nowak. N O W A K", "Nowak"),
        ("My name is Novak, N-O-W-A-K.", "Nowak"),
        ("clara nowack n o w a k", "Clara Nowak"),
        ("E double M A", "Emma"),
        ("my name is Mayer M as in Mary A Y E R", "Mayer"),
        ("Sean O'Connor", "Sean O'Connor"),
        ("I'm Anne-Marie Dupont", "Anne-Marie Dupont"),
        ("first name Clara, last name Nowak", "Clara Nowak"),
        ("not Clara, Carla Nowak", "Carla Nowak"),
        ("I'm looking for a flat", None),
        ("I'd rather not say", None),
        ("what for?", None),
        ("yes of course", None),
        ("this is a question about my bill", None),
        ("hold on", None),
        ("uhm", None),
        ("nobody", None),
        ("none of your business", None),
        ("Monday", None),
    ],
)
def test_names(text: str, name: str | None) -> None:
    assert one("full_name", text) == name


@pytest.mark.parametrize(
    ("text", "current", "name"),
    [
        ("no, it's Novotny", "Nowak", "Novotny"),
        ("no, it's Clara, not Carla", "Carla Nowak", "Clara Nowak"),
        ("sorry, the last name is spelled N O V A K", "Clara Nowak", "Clara Novak"),
    ],
)
def test_names_are_put_right(text: str, current: str, name: str) -> None:
    assert one("full_name", text, values={"full_name": current}) == name


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("clara dot nowak at example dot com", "clara.nowak@example.com"),
        ("Clara Nowak, c l a r a dot nowak at example dot com", "clara.nowak@example.com"),
        ("Clara.Nowak at example.com.", "clara.nowak@example.com"),
        ("clara.nowak@example.com", "clara.nowak@example.com"),
        ("c l a r a at gmail", "clara@gmail.com"),
        ("It's C-L-A-R-A at gmail.com", "clara@gmail.com"),
        ("clara underscore nowak at my hyphen firm dot co dot uk", "clara_nowak@my-firm.co.uk"),
        ("clara nowak all one word at example dot org", "claranowak@example.org"),
        ("my email is clara ninety nine at example dot com", "clara99@example.com"),
        ("you can reach me at clara at example dot com", "clara@example.com"),
        ("a double n a at example dot com", "anna@example.com"),
        ("info at example dot com, sorry, sales at example dot com", "sales@example.com"),
        ("clara at home", None),
        ("I don't have an email address", None),
        ("look at the second dot", None),
    ],
)
def test_email_addresses(text: str, address: str | None) -> None:
    assert one("email", text) == address


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("zero one seven one two three four five six seven eight", "DE", "+491712345678"),
        ("It's 0171 2345678.", "DE", "+491712345678"),
        ("oh three oh double five treble six one", "DE", "+4930556661"),
        ("plus four four two zero seven nine four six zero one two three", "DE", "+442079460123"),
        ("two one two five five five zero one nine nine", "US", "+12125550199"),
        ("(212) 555-0199", "US", "+12125550199"),
        ("zero one seven one twenty three forty five sixty seven eight", "DE", "+491712345678"),
        ("no sorry, zero three zero one two three four five six", "DE", "+4930123456"),
        ("twelve", "DE", None),
        ("I'd rather give you my email", "DE", None),
        ("555-0199", "US", None),
    ],
)
def test_phone_numbers(text: str, region: str, number: str | None) -> None:
    assert one("phone", text, region=region) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("three", 3),
        ("3 rooms please", 3),
        ("I'd say two or three", 3),
        ("a couple", 2),
        ("between four and six", 6),
        ("not two but four", 4),
        ("two, no wait, three", 3),
        ("twelve", 12),
        ("two and a half", 2.5),
        ("thirty", None),
        ("that one", None),
        ("at nine o'clock", None),
        ("no idea", None),
    ],
)
def test_numbers(text: str, number: float | None) -> None:
    assert one("rooms", text) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("two adults and three kids", 5),
        ("just me", 1),
        ("my wife and I", 2),
        ("two hundred and fifty people", 250),
        ("a dozen", 12),
        ("about 1,200", 1200),
    ],
)
def test_people_are_counted(text: str, number: int) -> None:
    assert one("guests", text) == number


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("fifteen hundred euros", 1500),
        ("€1,500 a month", 1500),
        ("1.5k", 1500),
        ("one point five k", 1500),
        ("around two thousand", 2000),
        ("a thousand two hundred", 1200),
        ("twelve fifty", 1250),
        ("two and a half thousand", 2500),
        ("half a million", 500_000),
        ("a quarter", None),
        ("ninety nine euros and fifty cents", 99.5),
        ("between 900 and 1000", 1000),
        ("eight hundred to nine hundred dollars", 900),
        ("I said twelve hundred but I meant thirteen hundred", 1300),
        ("as little as possible", None),
    ],
)
def test_amounts(text: str, amount: float | None) -> None:
    assert one("budget", text) == amount


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("today", "2026-11-18"),
        ("tomorrow morning", "2026-11-19"),
        ("the day after tomorrow", "2026-11-20"),
        ("on Friday", "2026-11-20"),
        ("this Friday", "2026-11-20"),
        ("next Friday", "2026-11-27"),
        ("Friday next week", "2026-11-27"),
        ("next week on Monday", "2026-11-23"),
        ("in three weeks", "2026-12-09"),
        ("in a couple of days", "2026-11-20"),
        ("two weeks from tomorrow", "2026-12-03"),
        ("a week from Monday", "2026-11-30"),
        ("in a month", "2026-12-18"),
        ("next month", "2026-12-01"),
        ("end of the month", "2026-11-30"),
        ("at the end of next month", "2026-12-31"),
        ("in the middle of January", "2027-01-15"),
        ("the first of March", "2027-03-01"),
        ("March 1st, 2028", "2028-03-01"),
        ("March the twenty-second", "2027-03-22"),
        ("the 3rd of May twenty twenty eight", "2028-05-03"),
        ("on the twentieth", "2026-11-20"),
        ("the tenth", "2026-12-10"),
        ("2027-02-03", "2027-02-03"),
        ("3.2.2027", "2027-02-03"),
        ("Christmas Eve", "2026-12-24"),
        ("next weekend", "2026-11-28"),
        ("the second of May, no, the third", "2027-05-03"),
        ("not Monday but Tuesday", "2026-11-24"),
        ("as soon as possible", "2026-11-18"),
        ("the thirty-first of February", None),
        ("I may come", None),
        ("I can't say", None),
    ],
)
def test_days(text: str, day: str | None) -> None:
    assert one("day", text) == day


def test_days_are_those_of_the_account() -> None:
    late = datetime(2026, 11, 18, 23, 30, tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo("Europe/Berlin"))
    request = ExtractRequest("tomorrow", (VARIABLES["day"],), late, "day")
    assert extract(request) == {"day": "2026-11-20"}
    american = ExtractRequest("3/2/2027", (VARIABLES["day"],), NOW, "day", "US")
    assert extract(american) == {"day": "2027-03-02"}


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("small", "Small"),
        ("the large one please", "Large"),
        ("a big one", "Large"),
        ("not the small one, the medium", "Medium"),
        ("small, no sorry, large", "Large"),
        ("the meadium", "Medium"),
        ("the last one", "Large"),
        ("number two", "Medium"),
        ("small or medium", None),
        ("I don't care", None),
    ],
)
def test_choices(text: str, choice: str | None) -> None:
    assert one("size", text) == choice


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("yes", True),
        ("yeah sure", True),
        ("I do", True),
        ("why not", True),
        ("of course", True),
        ("no", False),
        ("no thank you", False),
        ("not really", False),
        ("I don't think so", False),
        ("of course not", False),
        ("yes, no wait, no", False),
        ("I'm not sure", None),
        ("how much is it", None),
    ],
)
def test_yes_and_no(text: str, answer: bool | None) -> None:
    assert one("garage", text) is answer


def test_free_text_without_the_words_that_lead_to_it() -> None:
    assert one("reason", "Um, well, it's about a broken window.") == "a broken window"
    assert one("reason", "The reason is that I moved") == "I moved"
    assert one("reason", "what do you mean?") is None
    assert one("reason", "I don't know") is None
    assert one("street", "I live at fourteen Mill Road") == "14 Mill Road"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("K one two three four five", "K12345"),
        ("it's k 12345", "K12345"),
        ("the number is K double one three four five", "K11345"),
        ("not K one two three four five but L one two three four five", "L12345"),
        ("one two three", None),
    ],
)
def test_codes_follow_their_pattern(text: str, code: str | None) -> None:
    assert one("contract", text) == code


def test_one_sentence_tells_several_things() -> None:
    text = (
        "I'm Clara Nowak, two rooms for up to 900 euros from the first of March, my email is clara at example dot com"
    )
    assert read(text) == {
        "full_name": "Clara Nowak",
        "rooms": 2,
        "budget": 900,
        "day": "2027-03-01",
        "email": "clara@example.com",
    }
    assert read("Friday afternoon for six guests", "day", "guests") == {"day": "2026-11-20", "guests": 6}


def test_numbers_go_to_what_they_are_said_of() -> None:
    assert read("three rooms for six guests", "guests", "rooms") == {"rooms": 3, "guests": 6}
    assert read("six guests and we need three rooms", current=None) == {"rooms": 3, "guests": 6}


def test_what_nobody_asked_for_needs_words_that_name_it() -> None:
    assert read("I have two questions about the one on the corner", current=None) == {}
    assert read("good morning", "size", current=None) == {}
    assert read("I'm calling since Monday's letter said no", "garage", current=None) == {}


def test_what_is_known_changes_by_a_correction_only() -> None:
    values: dict[str, Value] = {"rooms": 2, "size": "Small"}
    assert read("nine hundred for the large kitchen", "budget", "rooms", "size", values=values) == {"budget": 900}
    correction = read("nine hundred, and sorry, I meant three rooms", "budget", "rooms", values=values)
    assert correction == {"budget": 900, "rooms": 3}


@given(st.text(max_size=120), st.sampled_from([None, *VARIABLES]))
def test_anything_may_be_said(text: str, current: str | None) -> None:
    extracted = extract(
        ExtractRequest(text, tuple(VARIABLES.values()), NOW, current, "DE", {"full_name": "Clara Nowak"})
    )
    for name, value in extracted.items():
        assert accept(VARIABLES[name], value, "DE") == value


WORDS = st.sampled_from(
    "my name is clara nowak at dot com example double five oh one twenty hundred and a half point thousand euros no"
    " sorry not but make that the first of march friday in two weeks yes large k - . , @ N O W A K W 1st 12.3.2027"
    " 1,2".split()
)


@given(st.lists(WORDS, max_size=25), st.sampled_from([None, *VARIABLES]))
def test_any_words_in_any_order_may_be_said(words: list[str], current: str | None) -> None:
    extracted = extract(ExtractRequest(" ".join(words), tuple(VARIABLES.values()), NOW, current, "DE", {"rooms": 2}))
    for name, value in extracted.items():
        assert accept(VARIABLES[name], value, "DE") == value


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("is there one with a balcony", "rooms"),
        ("I called you at three", "guests"),
        ("the flat with two bedrooms", "guests"),
        ("my customer number is four four one two", "rooms"),
        ("I saw it last week", "size"),
        ("let me think", "size"),
        ("well it's complicated", "full_name"),
        ("the first one", "day"),
        ("may I ask something", "day"),
    ],
)
def test_what_answers_another_question_is_no_answer(text: str, name: str) -> None:
    assert one(name, text) is None


def test_a_greeting_is_no_time_of_day() -> None:
    when = Variable(name="when", type="choice", choices=(Choice(value="Morning"), Choice(value="Afternoon")))
    sentence = "good afternoon this is about my bill"
    assert extract(ExtractRequest(sentence, (when,), NOW, "when")) == {}
    assert extract(ExtractRequest("in the afternoon", (when,), NOW, "when")) == {"when": "Afternoon"}


def test_small_words_mean_a_choice_only_as_an_answer() -> None:
    caller_name = Variable(
        name="who", type="choice", choices=(Choice(value="Only me", also=("me",)), Choice(value="All of us"))
    )
    assert extract(ExtractRequest("me", (caller_name,), NOW, "who")) == {"who": "Only me"}
    assert extract(ExtractRequest("can you help me with something else first", (caller_name,), NOW, "who")) == {}
    assert extract(ExtractRequest("help me", (caller_name,), NOW)) == {}
