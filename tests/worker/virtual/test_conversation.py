"""What is said on a call, and what becomes of it."""

import asyncio
import time
from datetime import UTC, datetime

import pytest
from livekit import rtc

from agent_worker.audio.pronunciation import pronounced
from quantum_app.domain.calls.collected import HIDDEN
from quantum_app.domain.calls.schemas import CallStatus, EndReason, Speaker
from quantum_app.domain.flows.templates import TEMPLATES
from tests.filled import filled
from tests.worker.virtual.clock import START, passes, until
from tests.worker.virtual.conftest import Lines
from tests.worker.virtual.line import Caller, Line
from tests.worker.virtual.media import Word

pytestmark = pytest.mark.unit

PETS = "Do you allow pets?"
HOURS = "When is the office open?"
APPLY = "What do I need to apply for an apartment?"


def complete(words: list[Word], text: str) -> bool:
    """Whether every word of the text was heard from its beginning to its end, in order, whatever was repeated."""
    whole = iter([word.text for word in words if word.whole])
    return all(word in whole for word in pronounced(text).split())


def moment(monotonic: float) -> datetime:
    return datetime.fromtimestamp(START + monotonic, UTC)


async def test_a_question_is_answered_aloud_and_kept(line: Line) -> None:
    async with Caller(line) as caller:
        began = time.monotonic()
        await line.open()
        greeted = await caller.turn_over()
        wait, answer = await caller.asks(PETS)
        assert line.bus.stages[-1] == "listening"
        goodbye = await caller.say("Goodbye.")
        assert await caller.wait_for_end() == "goodbye"
        farewell = line.words(goodbye.last)
        over = time.monotonic()
    await line.finished()
    assert greeted - began < 8
    assert "welcome" in answer
    assert wait < 0.7
    assert line.end is not None
    assert (line.end.status, line.end.reason) == (CallStatus.COMPLETED, EndReason.GOODBYE)
    assert [turn.speaker for turn in line.turns] == [Speaker.ASSISTANT, *[Speaker.CALLER, Speaker.ASSISTANT] * 2]
    question, reply, _, last = line.turns[1:]
    assert [event.data["node"] for event in line.events if event.kind == "node.entered"] == ["start", "answers", "end"]
    assert question.text == PETS
    assert (reply.text, reply.sources, reply.node_id) == (answer, ("House rules",), "answers")
    assert line.captions() == " ".join(turn.text for turn in line.turns if turn.speaker is Speaker.ASSISTANT)
    # Nobody hangs up on the last word.
    assert complete(farewell, last.text)
    assert over > farewell[-1].end
    assert reply.latency is not None
    assert reply.latency.total == pytest.approx(wait * 1000, abs=50)
    assert reply.latency.first_audio == pytest.approx(100, abs=1)
    assert reply.latency.overhead is not None
    assert 0 <= reply.latency.overhead < 50
    assert line.kinds() == ["assistant.joined", "call.ended"]
    assert {(item.kind, item.unit) for item in line.usage} == {("STT", "seconds"), ("TTS", "characters")}
    kinds = [message["type"] for message in line.bus.messages]
    assert (kinds[0], kinds[-1], kinds.count("turn.recorded")) == ("call.started", "call.ended", len(line.turns))
    assert line.room.deleted
    assert line.shut_down == "goodbye"


async def test_what_was_said_has_the_times_at_which_it_was_said(line: Line) -> None:
    async with Caller(line) as caller:
        await line.open()
        await caller.turn_over()
        speech = await caller.say(PETS)
        await caller.turn_over(speech.last)
    words = line.words(speech.last)
    question, answer = line.turns[1:3]
    assert abs(question.started_at - moment(speech.first)).total_seconds() < 0.1
    assert abs(question.ended_at - moment(speech.last)).total_seconds() < 0.1
    assert abs(answer.started_at - moment(words[0].began)).total_seconds() < 0.01
    assert abs(answer.ended_at - moment(words[-1].end)).total_seconds() < 0.1


async def test_the_last_words_before_hanging_up_are_kept(line: Line) -> None:
    async with Caller(line) as caller:
        await line.open()
        await caller.turn_over()
        await caller.say("Please call me back tomorrow.")
        await caller.hang_up()
    await line.finished()
    assert line.end is not None
    assert line.end.reason is EndReason.CALLER_LEFT
    assert line.turns[-1].speaker is Speaker.CALLER
    assert "tomorrow" in line.turns[-1].text


@pytest.mark.parametrize("after", [0.3, 1.5])
async def test_an_interruption_silences_the_assistant_and_is_answered(line: Line, after: float) -> None:
    async with Caller(line) as caller:
        await line.open()
        await caller.turn_over()
        first = await caller.say(APPLY)
        audible_at = await caller.hears(first.last)
        await passes(audible_at + after - time.monotonic())
        second = await caller.say("Wait, how much is the deposit?")
        before = line.words(first.last)
        await caller.turn_over(second.last)
        answer = line.transcript(second.last)
        await caller.say("Goodbye.")
        await caller.wait_for_end()
    await line.finished()
    assert before[-1].end - second.first < 0.3
    assert "deposit" in answer
    cut = line.turns[2]
    assert (cut.speaker, cut.interrupted) == (Speaker.ASSISTANT, True)
    assert cut.text
    assert len(cut.text) < 80
    assert [turn.interrupted for turn in line.turns].count(True) == 1
    assert line.bus.interruptions == 1
    assert line.end is not None
    assert line.end.interruptions == 1
    assert "assistant.interrupted" in line.kinds()


@pytest.mark.parametrize(("word", "after"), [("Yeah.", 0.9), ("Mm-hmm.", 1.0), ("Okay.", 1.14)])
async def test_a_back_channel_pauses_and_nothing_is_lost(line: Line, word: str, after: float) -> None:
    async with Caller(line) as caller:
        await line.open()
        await caller.turn_over()
        speech = await caller.say(HOURS)
        audible_at = await caller.hears(speech.last)
        await passes(audible_at + after - time.monotonic())
        hum = await caller.say(word)
        resumed = await caller.hears(hum.last + 0.1)
        await caller.turn_over(resumed)
    words = line.words(speech.last)
    answers = [turn for turn in line.turns if turn.speaker is Speaker.ASSISTANT]
    assert len(answers) == 2
    assert not answers[1].interrupted
    assert answers[1].text.startswith("The office is open")
    assert complete(words, answers[1].text)
    # It was silent while the caller hummed, and went on at once.
    assert [one for one in words if hum.first + 0.2 < one.began < hum.last] == []
    assert resumed - hum.last < 0.7
    assert "backchannel.detected" in line.kinds()
    assert "assistant.interrupted" not in line.kinds()


@pytest.mark.parametrize("seconds", [0.06, 0.12])
async def test_clatter_loses_no_word(line: Line, seconds: float) -> None:
    async with Caller(line) as caller:
        await line.open()
        await caller.turn_over()
        speech = await caller.say(HOURS)
        audible_at = await caller.hears(speech.last)
        await passes(audible_at + 1.0 - time.monotonic())
        clatter = await caller.sound(seconds)
        await caller.turn_over(clatter.last)
    answer = [turn for turn in line.turns if turn.speaker is Speaker.ASSISTANT][1]
    assert not answer.interrupted
    assert complete(line.words(speech.last), answer.text)


async def test_a_pause_inside_a_sentence_does_not_end_the_turn(line: Line) -> None:
    async with Caller(line) as caller:
        await line.open()
        await caller.turn_over()
        beginning = await caller.say("I would like to know if")
        await passes(0.6)
        speech = await caller.say("you allow pets in the apartments.")
        assert line.words(beginning.first) == []
        await caller.turn_over(speech.last)
        assert "welcome" in line.transcript(speech.last)


async def test_a_finished_question_is_answered_sooner_than_an_open_one(line: Line) -> None:
    async with Caller(line) as caller:
        await line.open()
        await caller.turn_over()
        sure, _ = await caller.asks("What is the price of a two-bedroom apartment?")
        unsure, _ = await caller.asks("I would like to know if")
    assert 0.3 < sure < 0.7
    assert 0.8 < unsure < 1.6


async def test_a_typed_message_is_answered_on_the_same_call(line: Line) -> None:
    async with Caller(line) as caller:
        await line.open()
        await caller.turn_over()
        sent_at = time.monotonic()
        await caller.type("How much is a parking space?")
        assert line.turns[-1].typed
        await caller.turn_over(sent_at)
        assert "95" in line.transcript(sent_at)
        await caller.type("Goodbye!")
        assert await caller.wait_for_end() == "goodbye"
    await line.finished()
    assert [turn.typed for turn in line.turns if turn.speaker is Speaker.CALLER] == [True, True]


async def test_a_typed_message_cuts_the_assistant_short(line: Line) -> None:
    async with Caller(line) as caller:
        await line.open()
        end_of_turn = await caller.turn_over()
        end_of_turn = (await caller.say(APPLY)).last
        await caller.hears(end_of_turn)
        await passes(1.0)
        sent_at = time.monotonic()
        await caller.type("How much is the deposit?")
        await caller.turn_over(sent_at)
        assert "deposit" in line.transcript(sent_at)
    assert line.turns[2].interrupted


async def test_a_message_may_come_before_the_assistant_and_twice(line: Line) -> None:
    async with Caller(line, microphone=None) as caller:
        waiting = asyncio.create_task(caller.type("How much is a parking space?", "one"))
        await passes(1.0)
        await line.open()
        await waiting
        await caller.type("How much is a parking space?", "one")
        await until(lambda: "95" in line.transcript(), "answer", 20)
        await caller.turn_over(time.monotonic() - 1)
        await caller.type("Goodbye!")
        assert await caller.wait_for_end() == "goodbye"
    await line.finished()
    texts = [turn.text for turn in line.turns if turn.speaker is Speaker.CALLER]
    assert texts == ["How much is a parking space?", "Goodbye!"]


async def test_no_message_is_taken_while_the_call_ends(line: Line) -> None:
    async with Caller(line) as caller:
        await line.open()
        await caller.turn_over()
        speech = await caller.say("Goodbye.")
        await caller.hears(speech.last)
        with pytest.raises(rtc.RpcError):
            await caller.type("One more thing!")
        assert await caller.wait_for_end() == "goodbye"
    await line.finished()
    assert [turn.text for turn in line.turns if turn.speaker is Speaker.CALLER] == ["Goodbye."]


async def test_a_farewell_cannot_be_interrupted(line: Line) -> None:
    async with Caller(line) as caller:
        await line.open()
        await caller.turn_over()
        goodbye = await caller.say("Goodbye.")
        await caller.hears(goodbye.last)
        await passes(0.5)
        await caller.say("Wait, do you allow pets?")
        assert await caller.wait_for_end() == "goodbye"
        words = line.words(goodbye.last)
    await line.finished()
    assert not line.turns[-1].interrupted
    assert complete(words, line.turns[-1].text)


async def test_a_goodbye_that_goes_on_is_a_question(line: Line) -> None:
    async with Caller(line) as caller:
        await line.open()
        await caller.turn_over()
        await caller.say("Goodbye.")
        await passes(0.15)
        speech = await caller.say("Oh wait, do you allow pets?")
        await caller.turn_over(speech.last)
        assert "calling" not in line.transcript(speech.last)
        assert line.room.messages == []


async def test_what_was_collected_goes_to_the_database_alone(lines: Lines) -> None:
    """Hidden values are on the disk like all words of the caller, encrypted ones in no readable form, and none is told
    to pages, which read them by permission."""
    flow = next(filled(template) for template in TEMPLATES if template.id == "lead_qualification")
    hidden = {"name": {"sensitivity": "redact"}, "email": {"sensitivity": "encrypt"}}
    variables = [item.model_copy(update=hidden.get(item.name, {})) for item in flow.variables]
    line = lines(flow=flow.model_copy(update={"variables": tuple(variables)}))
    async with Caller(line) as caller:
        await line.open()
        await caller.turn_over()
        before = time.monotonic()
        await caller.type("I am interested, how do we go on?")
        await caller.turn_over(before)
        data_by_variable = {event.data["variable"]: event.data for event in line.events if event.kind == "slot.filled"}
        spool = next(line.folder.iterdir()).read_bytes()
        await caller.hang_up()
    await line.finished()
    assert data_by_variable["name"] == {
        "variable": "name",
        "label": "Name",
        "kind": "name",
        "sensitivity": "redact",
        "value": "Ann",
    }
    assert data_by_variable["email"]["sensitivity"] == "encrypt"
    assert "value" not in data_by_variable["email"]
    assert b"caller@test.example" not in spool
    live_data = [message["data"] for message in line.bus.messages if message.get("kind") == "slot.filled"]
    assert {"variable": "name", "value": HIDDEN} in live_data
    assert all(data.keys() == {"variable", "value"} and data["value"] == HIDDEN for data in live_data)
