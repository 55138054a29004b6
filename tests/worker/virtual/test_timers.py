"""What a call does by itself, and when: seconds are exact here, and cost nothing."""

import time

import pytest
from livekit import rtc

from quantum_app.domain.calls.schemas import CallStatus, EndReason, Speaker
from quantum_app.domain.campaigns import demo
from quantum_app.domain.flows.engine.prompts import EN
from tests.worker.virtual.clock import passes, until
from tests.worker.virtual.conftest import Lines
from tests.worker.virtual.line import Caller, Line

pytestmark = pytest.mark.unit


def outcome(line: Line) -> tuple[CallStatus, EndReason]:
    assert line.end is not None
    return line.end.status, line.end.reason


async def test_who_says_nothing_is_asked_and_then_released(line: Line) -> None:
    async with Caller(line) as caller:
        await line.open()
        greeted = await caller.turn_over()
        question_at = await caller.hears(greeted + 1, 30)
        assert await caller.wait_for_end(40) == "silence"
        assert line.transcript(greeted + 1) == f"{EN.still_there} {EN.giving_up}"
    await line.finished()
    assert question_at - greeted == pytest.approx(15, abs=0.5)
    hung_up = next(word for word in line.words(question_at + 5) if word.text == EN.giving_up.split()[0])
    assert hung_up.began - question_at == pytest.approx(16.5, abs=1)
    assert outcome(line) == (CallStatus.ABANDONED, EndReason.SILENCE)


async def test_who_answers_the_question_whether_they_are_there_stays(line: Line) -> None:
    async with Caller(line) as caller:
        await line.open()
        greeted = await caller.turn_over()
        question_at = await caller.hears(greeted + 1, 30)
        await caller.turn_over(question_at)
        _, answer = await caller.asks("Do you allow pets?")
        assert "welcome" in answer
        answered_at = time.monotonic()
        assert await caller.hears(answered_at, 30) - answered_at > 13


async def test_who_types_is_not_asked(line: Line) -> None:
    async with Caller(line, microphone=None) as caller:
        await line.open()
        greeted = await caller.turn_over()
        for _ in range(12):
            await passes(10)
            await caller.type("")
        typed = time.monotonic()
        assert line.words(greeted + 1) == []
        assert await caller.hears(typed, 70) - typed == pytest.approx(60, abs=1)
        await caller.turn_over(typed)
        assert line.transcript(typed) == EN.still_there


async def test_who_is_muted_is_not_asked(line: Line) -> None:
    async with Caller(line) as caller:
        await line.open()
        greeted = await caller.turn_over()
        caller.mute(True)
        await passes(120)
        assert line.words(greeted + 1) == []
        caller.mute(False)
        unmuted = time.monotonic()
        assert await caller.hears(unmuted, 30) - unmuted == pytest.approx(15, abs=1)


async def test_a_noise_without_words_keeps_nobody_on_the_line(line: Line) -> None:
    async with Caller(line) as caller:
        await line.open()
        greeted = await caller.turn_over()
        for _ in range(8):
            await caller.sound(0.5)
            await passes(12)
        assert await caller.wait_for_end(30) == "silence"
        assert EN.still_there in line.captions(greeted)
    await line.finished()
    assert time.monotonic() - greeted > 60
    assert outcome(line) == (CallStatus.ABANDONED, EndReason.SILENCE)


@pytest.mark.parametrize(("seconds", "noticed"), [(0.5, False), (1.2, True)])
async def test_who_was_not_understood_is_told_and_who_coughed_is_not(line: Line, seconds: float, noticed: bool) -> None:
    async with Caller(line) as caller:
        await line.open()
        await caller.turn_over()
        sound = await caller.sound(seconds)
        await passes(8)
    assert (EN.not_heard in line.transcript(sound.last)) is noticed
    assert ("stt.no_transcript" in line.kinds()) is noticed


async def test_a_call_ends_at_its_longest_duration_with_words(lines: Lines) -> None:
    line = lines(max_duration=30)
    async with Caller(line) as caller:
        began = time.monotonic()
        await line.open()
        await caller.turn_over()
        _, answer = await caller.asks("Do you allow pets?")
        assert await caller.wait_for_end(50) == "max_duration"
        warned = next(word for word in line.words() if word.text == EN.time_warning.split()[0])
        over = next(word for word in line.words(began + 28) if word.text == EN.time_up.split()[0])
        assert line.transcript(over.began) == EN.time_up
    await line.finished()
    assert "welcome" in answer
    assert warned.began - began == pytest.approx(22.5, abs=1)
    assert over.began - began == pytest.approx(30, abs=1)
    assert outcome(line) == (CallStatus.COMPLETED, EndReason.MAX_DURATION)


async def test_a_call_that_another_worker_took_up_is_not_longer_for_it(lines: Lines) -> None:
    line = lines(max_duration=40)
    async with Caller(line) as caller:
        began = time.monotonic()
        await line.open()
        await caller.turn_over()
        await line.kill()
        await passes(5)
        await line.open()
        _, answer = await caller.asks("Do you allow pets?")
        assert await caller.wait_for_end(60) == "max_duration"
        over = next(word for word in line.words(began + 39) if word.text == EN.time_up.split()[0])
    assert "welcome" in answer
    assert over.began - began == pytest.approx(40, abs=1)


async def test_a_microphone_that_sends_nothing_is_admitted_and_then_given_up(line: Line) -> None:
    async with Caller(line, microphone="dead") as caller:
        began = time.monotonic()
        await line.open()
        await until(lambda: EN.no_audio in line.transcript(), "admission", 20)
        assert await caller.wait_for_end(30) == "no_audio"
    await line.finished()
    assert time.monotonic() - began == pytest.approx(30, abs=2)
    assert "audio.missing" in line.kinds()
    assert outcome(line) == (CallStatus.ABANDONED, EndReason.NO_AUDIO)


async def test_who_has_no_microphone_is_not_told_that_it_is_silent(line: Line) -> None:
    async with Caller(line, microphone=None) as caller:
        await line.open()
        await caller.turn_over()
        for message in ("Do you allow pets?", "How much is a parking space?", "Is there a gym?"):
            await passes(10)
            sent_at = time.monotonic()
            await caller.type(message)
            await caller.turn_over(sent_at)
    assert "audio.missing" not in line.kinds()
    assert EN.no_audio not in line.captions()


async def test_a_caller_who_drops_out_may_come_back(line: Line) -> None:
    async with Caller(line) as caller:
        await line.open()
        await caller.turn_over()
    await passes(15)
    async with Caller(line) as caller:
        _, answer = await caller.asks("Do you allow pets?")
        assert "welcome" in answer
    left_at = time.monotonic()
    await line.finished(30)
    assert time.monotonic() - left_at == pytest.approx(20, abs=2)
    assert outcome(line) == (CallStatus.ABANDONED, EndReason.CONNECTION_LOST)
    assert line.kinds() == [
        "assistant.joined",
        "participant.left",
        "participant.reconnected",
        "participant.left",
        "call.ended",
    ]
    assert line.room.messages == []


async def test_who_hangs_up_is_not_waited_for(line: Line) -> None:
    async with Caller(line) as caller:
        await line.open()
        await caller.turn_over()
        await caller.asks("Do you allow pets?")
        await caller.hang_up()
        left_at = time.monotonic()
    await line.finished()
    assert time.monotonic() - left_at < 3
    assert outcome(line) == (CallStatus.COMPLETED, EndReason.CALLER_LEFT)
    assert line.kinds()[:2] == ["assistant.joined", "participant.left"]


async def test_who_closes_the_page_abandons_the_call_at_once(line: Line) -> None:
    async with Caller(line) as caller:
        await line.open()
        await caller.turn_over()
        await caller.asks("Do you allow pets?")
        caller.close_page()
        closed_at = time.monotonic()
        await line.finished()
    assert time.monotonic() - closed_at < 3
    assert outcome(line) == (CallStatus.ABANDONED, EndReason.CONNECTION_LOST)
    assert line.kinds().count("participant.left") == 1


async def test_who_hangs_up_without_a_word_abandons_the_call(line: Line) -> None:
    async with Caller(line) as caller:
        await line.open()
        await caller.turn_over()
        await caller.hang_up()
    await line.finished()
    assert outcome(line) == (CallStatus.ABANDONED, EndReason.CALLER_LEFT)


@pytest.mark.parametrize("reason", [rtc.DisconnectReason.ROOM_DELETED, rtc.DisconnectReason.ROOM_CLOSED])
async def test_a_room_that_is_closed_is_a_lost_connection(line: Line, reason: rtc.DisconnectReason.ValueType) -> None:
    async with Caller(line) as caller:
        await line.open()
        await caller.turn_over()
        line.room.disconnect(reason)
        await line.finished()
    assert outcome(line) == (CallStatus.ABANDONED, EndReason.CONNECTION_LOST)


@pytest.mark.parametrize(
    "signals", ["button participant", "participant button", "button room", "participant room", "room"]
)
async def test_that_a_caller_left_is_recorded_once_however_it_is_told(line: Line, signals: str) -> None:
    async with Caller(line) as caller:
        await line.open()
        await caller.turn_over()
        for teller in signals.split():
            match teller:
                case "button":
                    await caller.press_hang_up()
                case "participant":
                    caller.vanish()
                case _:
                    line.room.disconnect(rtc.DisconnectReason.ROOM_CLOSED)
        await line.finished()
    assert line.kinds() == ["assistant.joined", "participant.left", "call.ended"]
    reason = EndReason.CALLER_LEFT if "button" in signals else EndReason.CONNECTION_LOST
    assert outcome(line) == (CallStatus.ABANDONED, reason)


async def test_who_hangs_up_on_the_last_words_of_a_timer_need_not_hear_them_out(lines: Lines) -> None:
    line = lines(max_duration=30)
    async with Caller(line) as caller:
        began = time.monotonic()
        await line.open()
        over = await caller.hears(began + 29, 40)
        await caller.hang_up()
        await line.finished()
    assert EN.time_up.startswith(line.transcript(over - 0.1))
    assert line.transcript(over - 0.1) != EN.time_up
    assert outcome(line) == (CallStatus.ABANDONED, EndReason.MAX_DURATION)


async def test_a_room_that_is_lost_during_the_last_words_of_a_timer_ends_the_call(lines: Lines) -> None:
    line = lines(max_duration=30)
    async with Caller(line) as caller:
        began = time.monotonic()
        await line.open()
        await caller.hears(began + 29, 40)
        line.room.disconnect(rtc.DisconnectReason.SIGNAL_CLOSE)
        await line.finished()
    assert outcome(line) == (CallStatus.ABANDONED, EndReason.MAX_DURATION)


async def test_a_stopping_worker_takes_leave(line: Line) -> None:
    async with Caller(line) as caller:
        await line.open()
        await caller.turn_over()
        speech = await caller.say("What do I need to apply for an apartment?")
        await caller.hears(speech.last)
        await passes(1.0)
        line.draining = True
        stopped_at = time.monotonic()
        assert await caller.wait_for_end() == "error"
        assert line.transcript(stopped_at).endswith(EN.draining)
        assert len(line.transcript(stopped_at)) < len(EN.draining) + 30
    await line.finished()
    assert outcome(line) == (CallStatus.FAILED, EndReason.ERROR)
    assert line.turns[-1].text == EN.draining


async def test_a_person_is_looked_for_when_the_minutes_are_up(lines: Lines) -> None:
    flow = demo.flow()
    handoff = flow.rules.handoff.model_copy(update={"after_minutes": 0.5})
    flow = flow.model_copy(update={"rules": flow.rules.model_copy(update={"handoff": handoff})})
    line = lines(flow=flow)
    async with Caller(line) as caller:
        began = time.monotonic()
        await line.open()
        await caller.turn_over()
        await passes(12)
        await caller.asks("Do you allow pets?")
        before = time.monotonic()
        await until(lambda: handoff.unavailable in line.transcript(before), "words that nobody is free", 40)
        assert next(word for word in line.words(before)).began - began > 30
        await caller.turn_over(before)
        await caller.say("Goodbye.")
        assert await caller.wait_for_end() == "goodbye"
    await line.finished()
    assert line.kinds().count("handoff.requested") == 1
    assert [turn.text for turn in line.turns if turn.speaker is Speaker.CALLER][-1] == "Goodbye."
