"""What the call page can show: all words at once, and how far they were spoken."""

import time

import pytest

from quantum_app.domain.calls.schemas import Speaker
from tests.worker.virtual.clock import passes, until
from tests.worker.virtual.line import Caller, Line

pytestmark = pytest.mark.unit


async def test_the_whole_answer_is_there_before_it_is_spoken(line: Line) -> None:
    async with Caller(line, microphone=None) as caller:
        await line.open()
        await caller.turn_over()
        start = time.monotonic()
        await caller.type("Do you allow pets?")
        announced = await until(
            lambda: next((one for one in line.room.announced if one.began >= start), None), "answer", 5
        )
        await caller.hears(start)
        await passes(0.3)
        assert "25 euros a month per pet" in announced.text
        assert "25 euros" not in line.captions(start)
        await caller.turn_over(start)
        assert line.captions(start) == announced.text


async def test_what_was_not_spoken_is_known_after_an_interruption(line: Line) -> None:
    async with Caller(line) as caller:
        await line.open()
        await caller.turn_over()
        start = time.monotonic()
        await caller.type("Do you allow pets?")
        await caller.hears(start)
        await passes(1)
        interrupted = time.monotonic()
        await caller.type("Is there parking?")
        await caller.turn_over(interrupted)
        first, second = (one.text for one in line.room.announced if one.began >= start)
    caption = next(one.text for one in line.room.captions.values() if start <= one.began < interrupted)
    assert first.startswith(caption.strip())
    assert len(caption) < len(first)
    assert "garage" in second
    turn = next(one for one in line.turns if one.interrupted)
    assert turn.speaker is Speaker.ASSISTANT
    assert caption.startswith(turn.text.strip())


async def test_an_address_is_written_as_one_and_spoken_in_words(line: Line) -> None:
    async with Caller(line) as caller:
        await line.open()
        await caller.turn_over()
        _, words = await caller.asks("Can I write to the office?")
    assert "hello at northquay dot example" in words
    assert "hello@northquay.example" in line.turns[-1].text
    assert "hello@northquay.example" in line.room.announced[-1].text
