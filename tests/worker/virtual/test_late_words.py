"""Words that overtake the assistant: it has not been heard yet, or is heard before the recognizer has the rest."""

import time

import pytest

from tests.worker.virtual.clock import passes
from tests.worker.virtual.line import Caller, Line

pytestmark = pytest.mark.unit


async def test_each_typed_message_is_answered_by_itself(line: Line) -> None:
    line.voice.delay = 1.0
    async with Caller(line) as caller:
        await line.open()
        await caller.turn_over()
        await caller.type("Do you allow pets?")
        await passes(0.3)
        sent_at = time.monotonic()
        await caller.type("Is there parking?")
        await caller.turn_over(sent_at)
    assert "95" in line.transcript(sent_at)
    assert "welcome" not in line.transcript(sent_at)
    assert line.turns[-1].sources == ("Parking",)


async def test_what_is_said_after_a_typed_message_is_answered_by_itself(line: Line) -> None:
    line.voice.delay = 1.0
    async with Caller(line) as caller:
        await line.open()
        await caller.turn_over()
        await caller.type("Do you allow pets?")
        await passes(0.1)
        speech = await caller.say("Is there parking?")
        await caller.turn_over(speech.last)
    assert line.turns[-1].sources == ("Parking",)


@pytest.mark.parametrize("words", ["Now pets.", "pets."])
async def test_words_from_before_the_answer_are_no_hum(line: Line, words: str) -> None:
    async with Caller(line) as caller:
        await line.open()
        await caller.turn_over()
        beginning = await caller.say("Do you")
        audible_at = await caller.hears(beginning.last)
        await passes(0.5)
        line.recognizer.hears(words, final=True, confidence=0.2)
        await caller.turn_over(audible_at + 1.0)
    assert "welcome" in line.transcript(audible_at)
    assert "backchannel.detected" not in line.kinds()


async def test_a_hum_during_the_answer_is_one(line: Line) -> None:
    async with Caller(line) as caller:
        await line.open()
        await caller.turn_over()
        speech = await caller.say("When is the office open?")
        audible_at = await caller.hears(speech.last)
        await passes(audible_at + 1.0 - time.monotonic())
        hum = await caller.say("It's her.", confidence=0.2)
        await caller.turn_over(hum.last)
    assert "backchannel.detected" in line.kinds()
    assert not line.turns[-1].interrupted
