"""The worker's slots and the calls in them, as everybody counts them.

Without Redis a worker takes what LiveKit sends, up to its own limit.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from contextlib import asynccontextmanager

from livekit.agents import JobRequest
from redis.exceptions import RedisError

from agent_worker.dispatch.job_metadata import parse_metadata
from quantum_app.domain.calls.schemas import CallRef
from quantum_app.errors import Component, InvalidInput
from quantum_app.kit.log import logger
from quantum_app.providers.redis_capacity import EVERY, RedisCapacity

_log = logger(__name__, stage=Component.DISPATCH)


async def advertise(capacity: RedisCapacity, worker: str, slots: int) -> None:
    """Say every few seconds how many calls this worker takes, until cancelled."""
    while True:
        await _ignoring_redis_errors(capacity.publish(worker, slots))
        await asyncio.sleep(EVERY)


async def withdraw(capacity: RedisCapacity, worker: str) -> None:
    """This worker takes no more calls."""
    await _ignoring_redis_errors(capacity.publish(worker, 0))


async def handle_job_request(capacity: RedisCapacity, request: JobRequest) -> None:
    """Take a job for a call that has a slot, or for which there is one; refuse any other before it costs a process."""
    try:
        call = parse_metadata(request.job.metadata)
    except InvalidInput as error:
        _log.error("job.rejected", message="The worker can't take this call.", code=error.code, reason=error.message)
        await request.reject()
        return
    try:
        refusal = await capacity.take(call.call_id, call.address, call.campaign_id, call.account_id)
    except (RedisError, OSError) as error:
        _log.warning(
            "slot.lookup_failed",
            message="Redis doesn't answer; the worker takes the call.",
            call_id=str(call.call_id),
            error=type(error).__name__,
        )
        refusal = None
    if refusal is None:
        await request.accept()
        return
    _log.warning(
        "job.rejected", message="The worker can't take this call.", call_id=str(call.call_id), full=str(refusal)
    )
    await request.reject()


@asynccontextmanager
async def hold_slot(capacity: RedisCapacity, call: CallRef) -> AsyncGenerator[None]:
    """The call's slot is its own for as long as this lasts."""
    renewing = asyncio.create_task(_keep_renewing(capacity, call))
    try:
        yield
    finally:
        renewing.cancel()
        await asyncio.gather(renewing, return_exceptions=True)
        await _ignoring_redis_errors(capacity.release(call.call_id))


async def renew_slot(capacity: RedisCapacity, call: CallRef) -> None:
    """The call goes on, for the next seconds, however full it is."""
    await _ignoring_redis_errors(capacity.hold(call.call_id, call.address, call.campaign_id, call.account_id))


async def _keep_renewing(capacity: RedisCapacity, call: CallRef) -> None:
    while True:
        await renew_slot(capacity, call)
        await asyncio.sleep(EVERY)


async def _ignoring_redis_errors(work: Awaitable[None]) -> None:
    try:
        await work
    except (RedisError, OSError) as error:
        _log.warning("slot.update_failed", message="Redis doesn't answer.", error=type(error).__name__)
