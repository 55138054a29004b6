"""Whether a call may start: addresses, campaigns, and accounts share the workers' slots.

Without Redis, each process counts by itself: calls that started in the last minute count as in progress, and there are
as many slots as one worker has.
"""

import time
from collections import deque

from redis.exceptions import RedisError

from quantum_app.api import rate_limits
from quantum_app.domain.calls.capacity import Holder, Refusal, refusal
from quantum_app.domain.calls.schemas import CallRef
from quantum_app.errors import Busy, Component, TooManyRequests
from quantum_app.kit.log import logger
from quantum_app.providers.redis_capacity import RedisCapacity, holder
from quantum_app.settings import settings

RETRY_AFTER = 20  # seconds
_FALLBACK_WINDOW = 60.0  # seconds for which a start counts without Redis

_log = logger(__name__, stage=Component.DISPATCH)
_recent: deque[tuple[float, Holder]] = deque()


def capacity() -> RedisCapacity:
    """The slots of all workers."""
    return RedisCapacity(rate_limits.redis(), settings().capacity)


async def admit(call: CallRef) -> None:
    """Take a slot for a call, or keep the one it has. Raises TooManyRequests if the caller has too many calls, Busy."""
    try:
        refusal = await capacity().take(call.call_id, call.address, call.campaign_id, call.account_id)
    except (RedisError, OSError) as error:
        _log.error("slots are counted in this process alone", error=type(error).__name__)
        refusal = _refusal_without_redis(call)
    if refusal is None:
        return
    _log.warning("call refused", full=str(refusal), campaign_id=str(call.campaign_id), account_id=str(call.account_id))
    if refusal is Refusal.ADDRESS:
        raise TooManyRequests(
            f"Too many calls from your network. Try again in {RETRY_AFTER} seconds, or when another call has ended.",
            retry_after=RETRY_AFTER,
            code="too_many_calls",
        )
    raise Busy(f"All lines are busy. Try again in {RETRY_AFTER} seconds.", retry_after=RETRY_AFTER)


async def keep(call: CallRef) -> None:
    """Keep the slot of a call that was answered, even if all slots are taken."""
    try:
        await capacity().hold(call.call_id, call.address, call.campaign_id, call.account_id)
    except (RedisError, OSError) as error:
        _log.error("slot not kept", error=type(error).__name__)


async def give_back(call: CallRef) -> None:
    """Release the slot of a call that did not start after all."""
    try:
        await capacity().release(call.call_id)
    except (RedisError, OSError) as error:
        _log.error("slot not given back, it expires", error=type(error).__name__)


def _refusal_without_redis(call: CallRef) -> Refusal | None:
    at = time.monotonic()
    while _recent and _recent[0][0] < at - _FALLBACK_WINDOW:
        _recent.popleft()
    candidate = holder(call.address, call.campaign_id, call.account_id)
    holders = [item for _, item in _recent]
    reason = refusal(candidate, holders, settings().worker.max_calls, settings().capacity)
    if reason is None:
        _recent.append((at, candidate))
    return reason
