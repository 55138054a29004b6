"""Whole calls whose job or worker is killed, and which go on."""

import asyncio
import os
import signal
import time

import pytest

from quantum_app.domain.calls.schemas import EndReason, Speaker
from tests.stack import DisposableStack
from tests.worker.conftest import PETS, CallFactory, ask, brief, greeted, say

pytestmark = pytest.mark.call


@pytest.fixture
def product(disposable_stack: DisposableStack) -> DisposableStack:
    return disposable_stack


async def test_a_killed_job_is_taken_up_without_losing_a_turn(call_factory: CallFactory) -> None:
    placed_call = await call_factory.call(flow=brief())
    async with placed_call.caller() as caller:
        await greeted(caller)
        await ask(caller, say(PETS))
        before = await placed_call.detail()
        job = placed_call.job()
        assert job is not None
        killed = time.monotonic()
        os.kill(job, signal.SIGKILL)
        back = await caller.wait_for_sound(killed + 0.5, 15)
        await caller.turn_over(back - 0.05, 30)
        assert "cut off" in caller.text("assistant", killed)
        _, answer = await ask(caller, say("How much is a parking space?"))
        assert "95" in answer
        await caller.say(say("Goodbye."))
        assert await caller.wait_for_end(20) == "goodbye"
    call = await placed_call.finished()
    assert call.turns[: len(before.turns)] == before.turns
    assert [turn.speaker for turn in call.turns[len(before.turns) :]] == [
        Speaker.ASSISTANT,
        *[Speaker.CALLER, Speaker.ASSISTANT] * 2,
    ]
    seqs = [record.seq for record in (*call.turns, *call.events, *call.usage)]
    assert len(seqs) == len(set(seqs))
    assert "assistant.resumed" in [event.kind for event in call.events]


async def test_a_killed_worker_leaves_no_orphan_and_its_call_goes_on(
    call_factory: CallFactory, product: DisposableStack
) -> None:
    placed_call = await call_factory.call(flow=brief())
    async with placed_call.caller() as caller:
        await greeted(caller)
        await ask(caller, say(PETS))
        job = placed_call.job()
        assert job is not None
        killed = time.monotonic()
        await asyncio.to_thread(product.children["worker"].kill)
        async with asyncio.timeout(10):
            while placed_call.job() == job:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        back = await caller.wait_for_sound(time.monotonic(), 60)
        await caller.turn_over(back - 0.05, 30)
        assert "cut off" in caller.text("assistant", killed)
        await caller.say(say("Goodbye."))
        assert await caller.wait_for_end(20) == "goodbye"
    call = await placed_call.finished()
    assert call.summary.end_reason is EndReason.GOODBYE
    assert next(turn.text for turn in call.turns if turn.speaker is Speaker.CALLER).lower().count("pets") == 1
