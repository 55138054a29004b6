"""Slots and leases in the real Valkey."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from livekit.agents import JobRequest
from livekit.agents.job import JobAcceptArguments
from livekit.protocol.agent import Job
from redis.asyncio import Redis

from agent_worker.dispatch import slots
from quantum_app.domain.calls.capacity import Holder, Refusal, refusal
from quantum_app.domain.calls.schemas import CallRef
from quantum_app.kit.ids import new_id
from quantum_app.providers.livekit import encrypt_metadata
from quantum_app.providers.redis_capacity import RedisCapacity, holder
from quantum_app.settings import Capacity, settings
from tests.examples import examples
from tests.stack import Stack

pytestmark = pytest.mark.service

SHARES = Capacity(
    per_address=2, address_share=0.25, campaign_share=0.6, account_share=0.75, starts_per_minute=20, join_within=30
)
ACCOUNTS = [new_id() for _ in range(3)]
CAMPAIGNS = [(new_id(), account) for account in ACCOUNTS for _ in range(2)]


@pytest.fixture
async def redis(quiet_stack: Stack) -> AsyncIterator[Redis]:
    """A database of its own, in which nobody else has slots."""
    await asyncio.to_thread(quiet_stack.need, "valkey")
    client = Redis.from_url(settings().redis.url.get_secret_value().removesuffix("/0") + "/9")
    await client.flushdb()
    yield client
    await client.flushdb()
    await client.aclose()


async def fill(capacity: RedisCapacity, count: int, address: str = "", campaign: int = 0) -> list[Refusal | None]:
    campaign_id, account_id = CAMPAIGNS[campaign]
    return [
        await capacity.take(new_id(), address or f"192.0.{campaign}.{index}", campaign_id, account_id)
        for index in range(count)
    ]


async def test_without_a_worker_there_is_no_slot(redis: Redis) -> None:
    assert await fill(RedisCapacity(redis, SHARES), 1) == [Refusal.SLOTS]


async def test_slots_are_those_of_all_workers_that_take_calls(redis: Redis) -> None:
    capacity = RedisCapacity(redis, SHARES)
    await capacity.publish("a", 8)
    await capacity.publish("b", 4)
    assert await capacity.slots() == 12
    await capacity.publish("a", 0)
    assert await capacity.slots() == 4
    await capacity.publish("b", 4, seconds=-1)
    assert await capacity.slots() == 0


async def test_one_address_one_campaign_one_account_leave_slots_to_others(redis: Redis) -> None:
    capacity = RedisCapacity(redis, SHARES)
    await capacity.publish("a", 8)
    assert await fill(capacity, 3, "203.0.113.1") == [None, None, Refusal.ADDRESS]
    assert await fill(capacity, 4) == [None, None, None, Refusal.CAMPAIGN]
    assert await fill(capacity, 2, campaign=1) == [None, Refusal.ACCOUNT]
    assert await fill(capacity, 3, campaign=2) == [None, None, Refusal.SLOTS]


async def test_a_lease_ends_unless_the_call_goes_on(redis: Redis) -> None:
    capacity = RedisCapacity(redis, SHARES.model_copy(update={"join_within": -1}))
    await capacity.publish("a", 2)
    assert await fill(capacity, 5, "203.0.113.1") == [None] * 5  # over as soon as they were made
    call_id, (campaign_id, account_id) = new_id(), CAMPAIGNS[0]
    await capacity.hold(call_id, "203.0.113.1", campaign_id, account_id)
    assert await fill(capacity, 1, "203.0.113.1") == [Refusal.ADDRESS]
    await capacity.release(call_id)
    assert await fill(capacity, 1, "203.0.113.1") == [None]


async def test_a_call_in_progress_keeps_its_slot_and_whose_it_is(redis: Redis) -> None:
    capacity = RedisCapacity(redis, SHARES)
    await capacity.publish("a", 1)
    call_id, (campaign_id, account_id) = new_id(), CAMPAIGNS[0]
    assert await capacity.take(call_id, "203.0.113.1", campaign_id, account_id) is None
    assert await capacity.take(call_id, "203.0.113.1", campaign_id, account_id) is None
    await capacity.hold(call_id, "", campaign_id, account_id)  # by a worker that took the call up
    await capacity.publish("a", 9)
    assert await fill(capacity, 3, "203.0.113.1", campaign=2) == [None, None, Refusal.ADDRESS]


async def test_many_starts_at_once_take_no_slot_twice(redis: Redis) -> None:
    capacity = RedisCapacity(redis, SHARES)
    await capacity.publish("a", 8)
    campaign_id, account_id = CAMPAIGNS[0]
    refusals = await asyncio.gather(
        *(capacity.take(new_id(), "203.0.113.1", campaign_id, account_id) for _ in range(50))
    )
    assert refusals.count(None) == 2
    assert refusals.count(Refusal.ADDRESS) == 48


steps = st.lists(
    st.tuples(
        st.sampled_from(["take", "take", "take", "release", "hold"]),
        st.integers(0, 11),  # which call
        st.sampled_from(["192.0.2.1", "192.0.2.2", "2001:db8:1:2::/64"]),
        st.sampled_from(CAMPAIGNS),
    ),
    max_size=40,
)


@hypothesis_settings(
    max_examples=examples(20),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    database=None,
    derandomize=True,
)
@given(count=st.integers(1, 12), steps=steps)
async def test_redis_counts_as_the_rule_says(
    redis: Redis, count: int, steps: list[tuple[str, int, str, tuple[UUID, UUID]]]
) -> None:
    capacity = RedisCapacity(redis, SHARES)
    await redis.flushdb()
    await capacity.publish("a", count)
    calls, holders = [new_id() for _ in range(12)], dict[UUID, Holder]()
    for expectation, index, address, (campaign_id, account_id) in steps:
        call_id, whose = calls[index], holder(address, campaign_id, account_id)
        if expectation == "release":
            await capacity.release(call_id)
            holders.pop(call_id, None)
        elif expectation == "hold":
            await capacity.hold(call_id, address, campaign_id, account_id)
            holders.setdefault(call_id, whose)
        else:
            refusal_in_redis = await capacity.take(call_id, address, campaign_id, account_id)
            expected = None if call_id in holders else refusal(whose, list(holders.values()), count, SHARES)
            assert refusal_in_redis == expected
            if expected is None:
                holders.setdefault(call_id, whose)


async def test_nothing_in_redis_tells_whom_a_call_is_about(redis: Redis) -> None:
    capacity = RedisCapacity(redis, SHARES)
    await capacity.publish("a", 8)
    call_id, (campaign_id, account_id) = new_id(), CAMPAIGNS[0]
    await capacity.take(call_id, "203.0.113.1", campaign_id, account_id)
    content = str(await redis.hgetall("qv:capacity:calls"))
    for text in (str(call_id), str(campaign_id), str(account_id), "203.0.113.1"):
        assert text not in content


async def reply_of(capacity: RedisCapacity, metadata: str) -> str:
    """What the worker says to a job."""
    answers: list[str] = []

    async def reject(terminate: bool) -> None:
        assert terminate, "no other worker is asked either"
        answers.append("rejected")

    async def accept(arguments: JobAcceptArguments) -> None:
        answers.append("accepted")

    await slots.handle_job_request(capacity, JobRequest(job=Job(metadata=metadata), on_reject=reject, on_accept=accept))
    (answer,) = answers
    return answer


async def test_a_worker_takes_only_calls_that_have_a_slot(redis: Redis) -> None:
    capacity = RedisCapacity(redis, SHARES)
    await capacity.publish("a", 8)
    campaign_id, account_id = CAMPAIGNS[0]
    refs = [CallRef(account_id, new_id(), campaign_id, "203.0.113.1") for _ in range(5)]
    for ref in refs[:2]:
        assert await capacity.take(ref.call_id, ref.address, ref.campaign_id, ref.account_id) is None
    # Tokens that were collected while their slots expired bring nobody more than one may have at once.
    assert [await reply_of(capacity, encrypt_metadata(ref)) for ref in refs] == ["accepted"] * 2 + ["rejected"] * 3
    await capacity.release(refs[0].call_id)
    assert await reply_of(capacity, encrypt_metadata(refs[2])) == "accepted"
    for metadata in ("", "{}", f'{{"call_id": "{refs[0].call_id}"}}', encrypt_metadata(refs[0])[:-2]):
        assert await reply_of(capacity, metadata) == "rejected"


async def test_without_redis_a_worker_takes_what_is_sent(redis: Redis) -> None:
    away = RedisCapacity.at("redis://127.0.0.1:9/0", SHARES)
    campaign_id, account_id = CAMPAIGNS[0]
    assert (
        await reply_of(away, encrypt_metadata(CallRef(account_id, new_id(), campaign_id, "203.0.113.1"))) == "accepted"
    )
    await away.aclose()


async def test_a_slot_is_held_for_as_long_as_the_call_lasts(redis: Redis) -> None:
    capacity = RedisCapacity(redis, SHARES)
    await capacity.publish("a", 1)
    campaign_id, account_id = CAMPAIGNS[0]
    async with slots.hold_slot(capacity, CallRef(account_id, new_id(), campaign_id, "203.0.113.1")):
        async with asyncio.timeout(10):
            while not await redis.hlen("qv:capacity:calls"):  # noqa: ASYNC110 (Redis tells nobody)
                await asyncio.sleep(0.01)
        assert await fill(capacity, 1, campaign=2) == [Refusal.SLOTS]
    assert await fill(capacity, 1, campaign=2) == [None]
