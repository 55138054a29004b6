"""Words that overtake the assistant."""

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
    assert "95" in line.heard(sent_at)
    assert "welcome" not in line.heard(sent_at)
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
