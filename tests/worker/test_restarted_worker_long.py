"""Whole calls whose worker is stopped, full or started with other settings."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import pytest

from quantum_app.domain.calls.schemas import CallStatus, EndReason
from quantum_app.settings import settings
from tests.stack import DisposableStack
from tests.worker.conftest import HOURS, PETS, CallFactory, Fault, ask, greeted, say

pytestmark = pytest.mark.long


@pytest.fixture
def product(disposable_stack: DisposableStack) -> DisposableStack:
    return disposable_stack


async def test_nobody_takes_up_a_call_without_a_caller(call_factory: CallFactory) -> None:
    placed_call = await call_factory.call()
    async with placed_call.caller() as caller:
        await greeted(caller)
        await ask(caller, say(PETS))
        job = placed_call.job()
        assert job is not None
        os.kill(job, signal.SIGKILL)
    call = await placed_call.finished(timeout=60)
    assert call.summary.status is CallStatus.FAILED
    assert call.summary.end_reason is EndReason.WORKER_LOST
    assert len(call.turns) == 3


async def test_a_stopping_worker_takes_leave(call_factory: CallFactory, product: DisposableStack) -> None:
    placed_call = await call_factory.call()
    worker = product.children["worker"]
    pid = worker.pid
    assert pid is not None
    try:
        async with placed_call.caller() as caller:
            await greeted(caller)
            os.kill(pid, signal.SIGTERM)
            assert await caller.wait_for_end(20) == "error"
            assert "have to end the call" in caller.text("assistant")
        call = await placed_call.finished()
        assert call.turns[-1].text.endswith("Goodbye.")
    finally:
        async with asyncio.timeout(90):
            while worker.pid in {None, pid} or not worker.ready.is_set():  # noqa: ASYNC110
                await asyncio.sleep(0.1)


async def test_a_full_worker_takes_no_call(call_factory: CallFactory, product: DisposableStack) -> None:
    worker = product.children["worker"]
    worker.environment["QUANTUM_WORKER_MAX_CALLS"] = "1"
    await asyncio.to_thread(worker.restart)
    try:
        first, second = await call_factory.call(), await call_factory.call()
        async with first.caller() as caller:
            await caller.assistant(10)
            async with second.caller() as other:
                with pytest.raises(TimeoutError):
                    await other.assistant(5)
    finally:
        del worker.environment["QUANTUM_WORKER_MAX_CALLS"]
        await asyncio.to_thread(worker.restart)


@pytest.fixture
async def model(product: DisposableStack) -> AsyncIterator[None]:
    """The worker with a language model: the local chat server."""
    worker, local = product.children["worker"], settings().local_providers
    overrides = {
        "OPENAI_BASE_URL": f"http://127.0.0.1:{local.port}/v1",
        "OPENAI_API_KEY": local.key.get_secret_value(),
        "OPENAI_MODEL": "extractive",
    }
    before = dict(worker.environment)
    worker.environment |= overrides
    await asyncio.to_thread(worker.restart)
    yield
    worker.environment = before
    await asyncio.to_thread(worker.restart)


async def test_a_model_words_the_answers_and_the_rules_do_when_it_hangs(
    call_factory: CallFactory, model: None, fault: Fault
) -> None:
    placed_call = await call_factory.call()
    async with placed_call.caller() as caller:
        await greeted(caller)
        _, answer = await ask(caller, say(PETS))
        assert "welcome" in answer.lower()
        fault("chat", silence=True)
        speech = await caller.say(say(HOURS))
        await caller.until(lambda: "from nine to six" in caller.text("assistant", speech.last), "answer", 20)
        await caller.turn_over(speech.last, 30)
        await caller.say(say("Goodbye."))
        assert await caller.wait_for_end(20) == "goodbye"
    call = await placed_call.finished()
    assert {"filler.played", "fallback.used"} <= {event.kind for event in call.events}
    assert {(item.provider, item.unit) for item in call.usage if item.kind == "LLM"} == {
        ("openai/extractive", "tokens_in"),
        ("openai/extractive", "tokens_out"),
    }
