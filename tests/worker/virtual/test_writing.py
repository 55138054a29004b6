"""A caller without a microphone reads: what is on their page is what the assistant said."""

import time

import pytest

from quantum_app.domain.calls.schemas import EndReason, Speaker
from tests.worker.virtual.clock import passes, until
from tests.worker.virtual.line import Caller, Line
from tests.worker.virtual.test_conversation import moment

pytestmark = pytest.mark.unit


def answers(line: Line) -> list[str]:
    return [turn.text for turn in line.turns if turn.speaker is Speaker.ASSISTANT]


@pytest.mark.parametrize("patience", [0.05, 1.0, 3.0])
async def test_the_record_is_what_the_caller_read(line: Line, patience: float) -> None:
    """However soon they write on: before a word of the answer is spoken, or in the middle of it."""
    async with Caller(line, microphone=None) as caller:
        await line.open()
        for question in ("Do you allow pets?", "Is there parking?", "How much is the deposit?"):
            count = len(line.room.announced)
            await caller.type(question)
            await until(lambda count=count: len(line.room.announced) > count, "answer", 20)
            await passes(patience)
        await caller.turn_over(time.monotonic() - 1)
        await caller.hang_up()
    await line.finished()
    assert answers(line) == [one.text.strip() for one in line.room.announced if one.text.strip()]
    assert "25 euros a month per pet" in " ".join(answers(line))
    assert not any(turn.interrupted for turn in line.turns)
    assert line.bus.interruptions == 0
    assert "assistant.interrupted" not in line.kinds()
    assert line.end is not None
    assert line.end.reason is EndReason.CALLER_LEFT


async def test_an_answer_has_the_time_at_which_it_was_there_to_read(line: Line) -> None:
    async with Caller(line, microphone=None) as caller:
        await line.open()
        await caller.turn_over()
        start = time.monotonic()
        await caller.type("Do you allow pets?")
        announced = await until(
            lambda: next((one for one in line.room.announced if one.began >= start), None), "answer", 5
        )
        await caller.turn_over(start)
    turn = line.turns[-1]
    assert abs(turn.started_at - moment(announced.began)).total_seconds() < 0.1
    assert turn.latency is not None
    assert turn.latency.total == pytest.approx((announced.began - start) * 1000, abs=100)


async def test_every_line_is_recorded_once_where_nobody_interrupts(line: Line) -> None:
    async with Caller(line, microphone=None) as caller:
        await line.open()
        await caller.turn_over()
        await caller.type("Goodbye!")
        assert await caller.wait_for_end() == "goodbye"
    await line.finished()
    assert answers(line) == [one.text.strip() for one in line.room.announced]
    assert len(answers(line)) == 2
