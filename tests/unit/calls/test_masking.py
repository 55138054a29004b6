"""What a call collected, in the words of that call, for who may not see it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantum_app.domain.calls import collected, masking
from quantum_app.domain.calls.collected import HIDDEN
from quantum_app.domain.calls.schemas import (
    CallDetail,
    CallEvent,
    CallStatus,
    CallSummary,
    EndReason,
    Origin,
    Speaker,
    StoredValue,
    Turn,
)
from quantum_app.settings import settings

pytestmark = pytest.mark.unit

CALL = uuid4()
AT = datetime(2026, 12, 1, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("QUANTUM_SECRET_KEY", "k" * 32)
    settings.cache_clear()
    yield
    settings.cache_clear()


def value_of_call(kind: str, value: Any, *, seq: int = 100, sensitivity: str = "none") -> StoredValue:
    data = collected.event_data(f"{kind}_{seq}", "", kind, sensitivity, value)
    item = collected.stored_value(uuid4(), CallEvent(CALL, seq, "slot.filled", AT, data), "US")
    assert item is not None
    return item


def turn(seq: int, text: str, speaker: Speaker = Speaker.CALLER, node: str = "ask") -> Turn:
    at = AT + timedelta(seconds=seq)
    return Turn(CALL, seq, speaker, text, at, at, node_id=node)


def call(*turns: Turn, status: CallStatus = CallStatus.COMPLETED, name: str = "", email: str = "") -> CallDetail:
    ended_at = None if status is CallStatus.ACTIVE else AT
    summary = CallSummary(
        CALL, "Homes", email, name or None, status, EndReason.GOODBYE, AT, AT, ended_at, len(turns), Decimal(0), None,
        Origin.CALLER, None,
    )  # fmt: skip
    reason = CallEvent(CALL, 90, "handoff.requested", AT, {"reason": turns[0].text if turns else ""})
    return CallDetail(summary, uuid4(), "Mira", 1, "1", "en", 0, turns[0].text if turns else None, turns, (reason,), ())


@pytest.mark.parametrize(
    ("kind", "value", "text", "masked"),
    [
        ("phone", "+14105550142", "Call 410 555 0142 please.", "Call ••• please."),
        ("phone", "+14105550142", "It's four one oh, triple five, zero one four two.", "It's •••."),
        ("phone", "+14105550142", "I have 4 1 0, 5 5 5, 0 1 4 2. Is that right?", "I have •••. Is that right?"),
        ("phone", "+4930123456", "030/123456, or +49 30 123456", "•••, or •••"),
        ("phone", "+61417222333", "oh four one seven, two two two, three three three", "•••"),
        ("phone", "+14105550142", "From 9 to 5, for 1200 dollars.", "From 9 to 5, for 1200 dollars."),
        ("email", "ann.lee@example.com", "Write to Ann.Lee@example.com!", "Write to •••!"),
        ("email", "ann.lee@example.com", "ann dot lee at example dot com", "•••"),
        ("name", "Ann Lee", "I'm Ann Lee. Thanks, Ann! L-E-E, or A. N. N.", "I'm •••. Thanks, •••! •••, or •••."),
        ("name", "Ann Lee", "Anna leeway annoys", "Anna leeway annoys"),
        ("text", "the third pot", "Under The  Third pot", "Under •••"),
        ("text", "4111 1111", "four one one one, one one one one", "•••"),
        ("date", "2026-12-03", "On December 3rd, or the third of December, 2026?", "On •••, or the •••?"),
        ("date", "2026-12-03", "On 12/3, 3.12.2026, or 2026-12-03", "On •••, •••, or •••"),
        ("number", 3, "I need three rooms, not 4.", "I need ••• rooms, not 4."),
        ("number", 3, "a3f3@caller.example, or 30 rooms", "a3f3@caller.example, or 30 rooms"),
        ("money", 1200.0, "1,200 a month", "••• a month"),
        ("choice", "two bedrooms", "Two bedrooms.", "•••."),
    ],
)
def test_a_value_is_hidden_in_every_form(kind: str, value: Any, text: str, masked: str) -> None:
    assert masking.mask_of([value_of_call(kind, value)])(text) == masked
    assert masking.mask_of([value_of_call(kind, value, sensitivity="encrypt")])(text) == masked


def test_what_cannot_be_found_hides_all_that_was_said_before_it_was_understood() -> None:
    turns = (
        turn(1, "Do you allow pets?", node="answers"),
        turn(2, "Which day suits you?", Speaker.ASSISTANT),
        turn(3, "Tuesday next week."),
        turn(4, "Tuesday, December 8. Is that right?", Speaker.ASSISTANT),
        turn(5, "Yes."),
        turn(8, "Goodbye.", node="end"),
    )
    hidden = masking.hide_values(call(*turns), [value_of_call("date", "2026-12-08", seq=6)])
    assert [one.text for one in hidden.turns] == [
        "Do you allow pets?",
        "Which day suits you?",
        HIDDEN,
        "Tuesday, •••. Is that right?",
        HIDDEN,
        "Goodbye.",
    ]


def test_a_yes_is_hidden_where_it_is_the_value() -> None:
    turns = (turn(1, "Yes.", node="answers"), turn(3, "Yes."))
    hidden = masking.hide_values(call(*turns), [value_of_call("yes_no", value=True, seq=4)])
    assert [one.text for one in hidden.turns] == ["Yes.", HIDDEN]


def test_the_words_of_a_call_that_goes_on_are_not_read() -> None:
    hidden = masking.hide_values(call(turn(1, "I'm Ann"), status=CallStatus.ACTIVE), [])
    assert [one.text for one in hidden.turns] == [HIDDEN]


def test_who_called_is_hidden_only_where_it_was_collected() -> None:
    named_call = call(name="Ann Lee", email="ann@example.com")
    assert masking.hide_values(named_call, []).summary == named_call.summary
    hidden = masking.hide_values(named_call, [value_of_call("name", "Ann"), value_of_call("email", "ann@example.com")])
    assert (hidden.summary.caller_name, hidden.summary.caller_email) == (None, "")


# Words that no sentence around a value contains.
_WORD = st.text("bcdfgjkqvxz", min_size=4, max_size=10)
_VALUES = st.one_of(
    st.tuples(st.just("name"), st.lists(_WORD, min_size=1, max_size=3).map(" ".join)),
    st.tuples(st.just("text"), st.lists(_WORD, min_size=1, max_size=4).map("-".join)),
    st.tuples(st.just("choice"), _WORD),
    st.tuples(st.just("email"), st.tuples(_WORD, _WORD).map(lambda parts: f"{parts[0]}@{parts[1]}.example")),
    st.tuples(st.just("phone"), st.integers(10**9, 10**10 - 1).map(lambda number: f"+1{number}")),
    st.tuples(st.just("number"), st.integers(1000, 10**6)),
    st.tuples(st.just("date"), st.dates().map(str)),
)
_FRAMES = st.sampled_from(["{}", "It's {}.", "So {}, right?", "({})", "My word: {}; and {}!", "mine is “{}”"])


@given(st.lists(st.tuples(_VALUES, _FRAMES, st.booleans()), min_size=1, max_size=4))
def test_a_masked_value_is_in_nothing_that_such_a_reader_gets(cases: list[tuple[tuple[str, Any], str, bool]]) -> None:
    values, turns = list[StoredValue](), list[Turn]()
    for place, ((kind, value), frame, encrypted) in enumerate(cases):
        text = frame.replace("{}", collected.in_words(kind, value) if place % 2 else str(value))
        turns += [turn(10 * place + 1, text), turn(10 * place + 2, f"You said {text}", Speaker.ASSISTANT)]
        sensitivity = "encrypt" if encrypted else "none"
        values.append(value_of_call(kind, value, seq=10 * place + 3, sensitivity=sensitivity))
    name = next((str(value) for (kind, value), *_ in cases if kind == "name"), "")
    email = next((str(value) for (kind, value), *_ in cases if kind == "email"), "")
    hidden = masking.hide_values(call(*turns, name=name, email=email), values)
    output = " ".join([*(one.text for one in hidden.turns), hidden.summary.caller_name or "", hidden.comment or ""])
    output += f" {hidden.summary.caller_email} {hidden.events[0].data['reason']}"
    for (kind, value), *_ in cases:
        assert str(value) not in output
        assert collected.in_words(kind, value) not in output
