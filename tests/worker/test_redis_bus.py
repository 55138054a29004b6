"""Live events over a real Valkey: they arrive, survive its restart, and never trouble a call."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from redis.asyncio import Redis

from quantum_app.kit.ids import new_id
from quantum_app.kit.retry import RetryPolicy
from quantum_app.providers import redis_bus
from quantum_app.providers.redis_bus import RedisBus, subscribe
from tests.stack import DisposableStack

pytestmark = pytest.mark.service

Event = tuple[Any, dict[str, Any]]


@pytest.fixture
def url(disposable_stack: DisposableStack) -> str:
    disposable_stack.need("valkey")
    return disposable_stack.settings.redis.url.get_secret_value()


@pytest.fixture
async def bus(url: str) -> AsyncIterator[RedisBus]:
    bus = RedisBus(url)
    yield bus
    await bus.aclose()


class Subscriber:
    """Collects what `subscribe` yields."""

    def __init__(self, url: str) -> None:
        self.events: asyncio.Queue[Event] = asyncio.Queue()
        self._task = asyncio.create_task(self._listen(url))

    async def _listen(self, url: str) -> None:
        async for event in subscribe(url):
            self.events.put_nowait(event)

    async def aclose(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


@pytest.fixture
async def subscriber(url: str, bus: RedisBus) -> AsyncIterator[Subscriber]:
    subscriber = Subscriber(url)
    await wait_for_delivery(bus, subscriber)
    yield subscriber
    await subscriber.aclose()


async def wait_for_delivery(bus: RedisBus, subscriber: Subscriber) -> None:
    """Wait until what is published arrives, and forget it."""
    account = new_id()
    async with asyncio.timeout(20):
        while True:
            await bus.publish(account, {"type": "probe"})
            try:
                async with asyncio.timeout(0.1):
                    while (await subscriber.events.get())[0] != account:
                        pass
            except TimeoutError:
                continue
            break
    while not subscriber.events.empty():
        subscriber.events.get_nowait()


async def test_events_arrive_in_order_with_their_account(bus: RedisBus, subscriber: Subscriber) -> None:
    accounts = [new_id(), new_id()]
    turns = [{"type": "turn.recorded", "seq": number, "text": "Grüße 👋"} for number in range(50)]
    messages = list(zip(accounts * 25, turns, strict=True))
    for account, message in messages:
        await bus.publish(account, message)
    async with asyncio.timeout(10):
        received: list[object] = []
        while len(received) < len(messages):
            event = await subscriber.events.get()
            if event[0] in accounts:
                received.append(event)
        assert received == messages


async def test_stage_and_interruptions_are_kept_for_an_hour(url: str, bus: RedisBus, subscriber: Subscriber) -> None:
    account, call = new_id(), new_id()
    await bus.set_stage(account, call, "speaking")
    assert [await bus.count_interruption(call) for _ in range(3)] == [1, 2, 3]
    async with asyncio.timeout(10):
        message_account, message = await subscriber.events.get()
    assert (message_account, message["type"], message["call_id"], message["stage"]) == (
        account,
        "call.stage_changed",
        str(call),
        "speaking",
    )
    async with Redis.from_url(url, decode_responses=True) as redis:
        fields = await redis.hgetall(f"qv:call:{call}")
        assert (fields["stage"], fields["interruptions"], fields["updated_at"]) == ("speaking", "3", message["at"])
        assert 3500 < await redis.ttl(f"qv:call:{call}") <= 3600


async def test_what_is_no_event_of_ours_is_passed_over(url: str, bus: RedisBus, subscriber: Subscriber) -> None:
    account = new_id()
    async with Redis.from_url(url) as redis:
        for channel, data in ((f"qv:live:{account}", "{"), ("qv:live:nobody", "{}"), (f"qv:live:{account}", "[1]")):
            await redis.publish(channel, data)
    await bus.publish(account, {"type": "turn.recorded"})
    async with asyncio.timeout(10):
        assert await subscriber.events.get() == (account, {"type": "turn.recorded"})


async def test_a_restart_of_valkey_is_survived(
    disposable_stack: DisposableStack, bus: RedisBus, subscriber: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_bus, "SUBSCRIPTION", RetryPolicy(initial=0.05, longest=0.05))
    await asyncio.to_thread(disposable_stack.children["valkey"].stop)
    began = time.monotonic()
    await bus.publish(new_id(), {"type": "turn.recorded"})
    await bus.set_stage(new_id(), new_id(), "listening")
    assert await bus.count_interruption(new_id()) == 0
    assert time.monotonic() - began < 5
    disposable_stack.children["valkey"].start()
    await asyncio.to_thread(disposable_stack.children["valkey"].wait)
    await wait_for_delivery(bus, subscriber)


async def test_a_hanging_valkey_costs_a_second_at_most(disposable_stack: DisposableStack, bus: RedisBus) -> None:
    pid = disposable_stack.children["valkey"].pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        await bus.publish(new_id(), {"type": "turn.recorded"})
        assert time.monotonic() - began < 3
    finally:
        os.kill(pid, signal.SIGCONT)
    assert await bus.count_interruption(new_id()) == 1
