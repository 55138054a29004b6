"""Calls in the words and figures of the pages."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from quantum_app.domain.calls import labels
from quantum_app.domain.calls.schemas import (
    CallDetail,
    CallEvent,
    CallStatus,
    CallSummary,
    CollectedValue,
    EndReason,
    EventKind,
    Latency,
    Origin,
    Speaker,
    Turn,
    Usage,
)
from quantum_app.web.calls import view

pytestmark = pytest.mark.unit

STARTED_AT = datetime(2026, 11, 21, 15, 37, tzinfo=UTC)
CALL = uuid4()


def turn(seq: int, *, latency: Latency | None = None, speaker: Speaker = Speaker.ASSISTANT) -> view.TurnView:
    at = STARTED_AT + timedelta(seconds=seq)
    return view.turn(Turn(CALL, seq, speaker, "…", at, at, latency=latency), "Mira", "Ines", STARTED_AT)


def percent(text: str) -> float:
    return float(text.removesuffix("%"))


@pytest.mark.parametrize(
    "latency",
    [
        Latency(end_of_turn=350, transcript=210, flow=1, retrieval=20, first_token=5, first_audio=140, total=520),
        Latency(end_of_turn=1400, transcript=300, retrieval=30, first_token=900, first_audio=200, total=1900),
        Latency(total=80, first_audio=64),
        Latency(end_of_turn=0, transcript=0, total=0, overhead=0),
    ],
)
def test_a_waterfall_stays_inside_its_scale(latency: Latency) -> None:
    for stage in view.stages(latency):
        assert percent(stage.left) >= 0
        assert percent(stage.left) + percent(stage.width) <= 100.2, stage
    row = turn(1, latency=latency)
    assert sum(float(width.removesuffix("px")) for width in row.bars) <= 1.4 * 64 + 0.5


def test_stages_follow_each_other() -> None:
    stages = {stage.name: stage for stage in view.stages(Latency(210, 210, 1, 30, 40, 150, 700, 5))}
    ends = percent(stages["Knowledge"].left) + percent(stages["Knowledge"].width)
    assert percent(stages["First token"].left) == pytest.approx(ends, abs=0.2)
    assert stages["First audio"].value == "150"


def test_an_answer_that_callers_notice_is_slow() -> None:
    assert turn(1, latency=Latency(total=1501)).slow
    assert not turn(1, latency=Latency(total=1500)).slow
    assert turn(1).answer == ""


def test_a_turn_again_takes_its_own_place() -> None:
    turns = view.insert([turn(1), turn(4)], turn(3))
    assert [item.seq for item in turns] == [1, 3, 4]
    assert [item.seq for item in view.insert(turns, turn(3))] == [1, 3, 4]


def test_the_median_of_what_was_answered() -> None:
    turns = [turn(n, latency=Latency(total=ms)) for n, ms in enumerate((400, 900, 500, 600))]
    assert view.median_answer([*turns, turn(9)]) == "0.55 s"
    assert view.median_answer([turn(1)]) == ""


def test_usage_adds_up_per_provider_and_unit() -> None:
    def usage(provider: str, kind: str, unit: str, quantity: str, cost: str) -> Usage:
        return Usage(CALL, 1, provider, kind, unit, Decimal(quantity), Decimal(cost), STARTED_AT)

    lines = view.costs(
        (
            usage("deepgram", "TTS", "characters", "400", "0.012"),
            usage("deepgram", "STT", "seconds", "30", "0.002"),
            usage("deepgram", "STT", "seconds", "30.5", "0.002"),
        )
    )
    assert [(line.name, line.cost) for line in lines] == [
        ("Deepgram text to speech, 400 characters", "$0.012"),
        ("Deepgram speech to text, 60 s", "$0.004"),
    ]
    assert sum(percent(line.share) for line in lines) == pytest.approx(100, abs=0.2)


@pytest.mark.parametrize(
    ("kind", "data", "note"),
    [
        (
            "handoff.requested",
            {"reason": "the caller said “lawyer”", "priority": "high"},
            "The caller said “lawyer”, high priority",
        ),
        (
            "handoff.requested",
            {"reason": "the call has lasted 5 minutes", "priority": "normal"},
            "The call has lasted 5 minutes",
        ),
        ("filler.played", {"component": "LLM"}, "Waiting for the language model"),
        ("fallback.used", {"component": "RAG", "error": "TimeoutError"}, "The knowledge search didn't respond"),
        ("fallback.used", {"reason": "no answer in time"}, "No answer in time"),
    ],
)
def test_what_happened_is_told_in_words(kind: str, data: dict[str, Any], note: str) -> None:
    assert view.event(CallEvent(CALL, 1, kind, STARTED_AT, data), STARTED_AT).note == note


def test_every_event_of_a_call_has_words() -> None:
    assert labels.EVENTS.keys() == set(EventKind)
    assert labels.END_REASONS.keys() == set(EndReason)


def test_the_score_with_its_reasons() -> None:
    def call_event(seq: int, kind: str, **data: Any) -> CallEvent:
        return CallEvent(CALL, seq, kind, STARTED_AT + timedelta(seconds=seq), data)

    events = [
        call_event(1, "slot.filled", variable="move_in", value="•••"),
        call_event(3, "score.changed", points=25, reason="left a phone number", total=25),
        call_event(5, "score.changed", points=-5, reason="is in a hurry", total=20),
        call_event(6, "assistant.interrupted"),
    ]
    total, reasons = view.score(events, STARTED_AT)
    assert total == "20"
    assert [(item.note, item.name) for item in reasons] == [("+25", "Left a phone number"), ("−5", "Is in a hurry")]
    assert [item.name for item in view.events(events, STARTED_AT)] == ["Interrupted"]
    assert view.score([], STARTED_AT) == ("", [])


def test_every_end_has_words() -> None:
    for reason in EndReason:
        row = view.event(CallEvent(CALL, 1, "call.ended", STARTED_AT, {"reason": str(reason)}), STARTED_AT)
        assert row.note
        assert "_" not in row.note


def collect(variable: str, value: Any, kind: str = "text", *, masked: bool = False, second: int = 0) -> CollectedValue:
    at = STARTED_AT + timedelta(seconds=second)
    label = variable.replace("_", " ").capitalize()
    return CollectedValue(variable, label, kind, None if masked else value, masked, masked, at)


def summary(*values: CollectedValue, name: str | None = None, email: str = "", **fields: Any) -> CallSummary:
    facts: dict[str, Any] = {"origin": Origin.CALLER, "handled_at": None, "rating": None} | fields
    return CallSummary(
        call_id=CALL,
        campaign_name="Front desk",
        caller_email=email,
        caller_name=name,
        status=CallStatus.COMPLETED,
        end_reason=EndReason.GOODBYE,
        created_at=STARTED_AT,
        answered_at=STARTED_AT,
        ended_at=STARTED_AT,
        turns=3,
        cost=Decimal(0),
        values=values,
        **facts,
    )


def test_values_in_words() -> None:
    values = (
        collect("move_in", True, "yes_no", second=4),
        collect("budget", 6000.0, "money"),
        collect("rooms", 1200, "number"),
        collect("day", "2026-12-03", "date"),
        collect("when", "soon", "date"),
        collect("phone", "+14105550142", "phone"),
        collect("email", "ana@example.com", "email", masked=True),
    )
    rows = view.values(summary(*values), {}, STARTED_AT)
    assert [(item.label, item.text, item.link) for item in rows] == [
        ("Move in", "yes", ""),
        ("Budget", "6,000", ""),
        ("Rooms", "1,200", ""),
        ("Day", "3 December 2026", ""),
        ("When", "soon", ""),
        ("Phone", "+1 410-555-0142", "tel:+14105550142"),
        ("Email", "•••", ""),
    ]
    assert [item.at for item in rows][:2] == ["0:04", "0:00"]


def test_a_revealed_value_is_shown_until_it_changes() -> None:
    secret = collect("phone", "", "phone", masked=True)
    clear = collect("phone", "+14105550142", "phone")
    for item, text in ((secret, "+1 410-555-0142"), (collect("phone", "", "phone", masked=True, second=9), "•••")):
        [row] = view.values(summary(item), {"phone": clear}, STARTED_AT)
        assert (row.text, row.masked) == (text, text == "•••")


@pytest.mark.parametrize(
    ("call", "caller", "speaker"),
    [
        (summary(collect("who", "Tom Baker", "name"), name="Sam", email="t@example.com"), "Tom Baker", "Tom"),
        (summary(collect("who", "", "name", masked=True), name="Sam Doe", email="t@example.com"), "Sam Doe", "Sam"),
        (summary(email="tom.baker.longname@example.com"), "Caller", "Caller"),
    ],
)
def test_a_call_is_titled_by_the_callers_name(call: CallSummary, caller: str, speaker: str) -> None:
    row = view.row(call)
    assert (row.caller, row.speaker, row.email) == (caller, speaker, call.caller_email)


def test_a_hidden_value_is_marked_for_who_sees_it() -> None:
    plain, hidden = collect("day", "2026-12-03", "date"), replace(collect("note", "call back"), hidden=True)
    rows = view.values(summary(plain, hidden), {}, STARTED_AT)
    assert [(row.text, row.hidden) for row in rows] == [("3 December 2026", False), ("call back", True)]


def test_a_row_shows_the_first_values_that_it_does_not_show_elsewhere() -> None:
    values = (
        collect("name", "Tom", "name"),
        collect("email", "t@example.com", "email"),
        collect("phone", "", "phone", masked=True),
        collect("day", "2026-12-03", "date"),
        collect("note", "call back"),
    )
    row = view.row(summary(*values, email="t@example.com", origin=Origin.TEST, handled_at=STARTED_AT))
    assert row.result == ["Phone: •••", "Day: 3 December 2026"]
    assert (row.origin, row.done) == ("Test", True)


def detail(turns: Sequence[Turn] = (), events: Sequence[CallEvent] = ()) -> CallDetail:
    return CallDetail(summary(), uuid4(), "Mira", 1, "1", "en", 0, None, tuple(turns), tuple(events), ())


NODES = {"start": "Greeting", "need": "What it is about", "confirm": "Say it back"}


def test_the_way_through_the_flow() -> None:
    nodes = ("start", "need", "need", "confirm", "gone_since")
    events = [
        CallEvent(CALL, n, "node.entered", STARTED_AT, {"node": node, "edge": None}) for n, node in enumerate(nodes)
    ]
    turns = [Turn(CALL, 9, Speaker.CALLER, "…", STARTED_AT, STARTED_AT, node_id="need")]
    path = view.path(detail(turns, events), NODES, STARTED_AT)
    assert [node.name for node in path] == ["Greeting", "What it is about", "Say it back", "Gone since"]
    assert view.events(events, STARTED_AT) == []


def test_the_way_of_an_older_call_is_that_of_its_turns() -> None:
    nodes = ("start", "start", None, "need", "start", "gone_since")
    turns = [Turn(CALL, n, Speaker.CALLER, "…", STARTED_AT, STARTED_AT, node_id=node) for n, node in enumerate(nodes)]
    path = view.path(detail(turns), NODES, STARTED_AT)
    assert [node.name for node in path] == ["Greeting", "What it is about", "Greeting", "Gone since"]
