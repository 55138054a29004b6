"""Whether a call may begin: the workers' slots are shared by address, campaign and account.

While Redis is away, each process counts by itself: what began in the last minute counts as in progress, and there are
as many slots as one worker has.
"""

import time
from collections import deque

from redis.exceptions import RedisError

from quantum_app.api import limits
from quantum_app.domain.calls.capacity import Holder, Refusal, refusal
from quantum_app.errors import Busy, Component, TooManyRequests
from quantum_app.kit.log import logger
from quantum_app.providers.livekit import CallRef
from quantum_app.providers.redis_capacity import RedisCapacity, holder
from quantum_app.settings import settings

RETRY_AFTER = 20  # seconds
_WITHOUT_REDIS = 60.0  # seconds for which a start counts then

_log = logger(__name__, stage=Component.DISPATCH)
_recent: deque[tuple[float, Holder]] = deque()


def capacity() -> RedisCapacity:
    """The slots of all workers."""
    return RedisCapacity(limits.redis(), settings().capacity)


async def admit(call: CallRef) -> None:
    """Take a slot for a call, or keep the one it has. Raises TooManyRequests for the caller's own calls, Busy."""
    try:
        refused = await capacity().take(call.call_id, call.address, call.campaign_id, call.account_id)
    except (RedisError, OSError) as error:
        _log.error("slots are counted in this process alone", error=type(error).__name__)
        refused = _by_itself(call)
    if refused is None:
        return
    _log.warning("call refused", full=str(refused), campaign_id=str(call.campaign_id), account_id=str(call.account_id))
    if refused is Refusal.ADDRESS:
        raise TooManyRequests(
            f"Too many calls from your network. Try again in {RETRY_AFTER} seconds, or when another call has ended.",
            retry_after=RETRY_AFTER,
            code="too_many_calls",
        )
    raise Busy(f"All lines are busy. Try again in {RETRY_AFTER} seconds.", retry_after=RETRY_AFTER)


async def keep(call: CallRef) -> None:
    """A call that was answered goes on, however full it is."""
    try:
        await capacity().hold(call.call_id, call.address, call.campaign_id, call.account_id)
    except (RedisError, OSError) as error:
        _log.error("slot not kept", error=type(error).__name__)


async def give_back(call: CallRef) -> None:
    """The call did not begin after all."""
    try:
        await capacity().release(call.call_id)
    except (RedisError, OSError) as error:
        _log.error("slot not given back, it expires", error=type(error).__name__)


def _by_itself(call: CallRef) -> Refusal | None:
    at = time.monotonic()
    while _recent and _recent[0][0] < at - _WITHOUT_REDIS:
        _recent.popleft()
    wanted = holder(call.address, call.campaign_id, call.account_id)
    held = [one for _, one in _recent]
    refused = refusal(wanted, held, settings().worker.max_calls, settings().capacity)
    if refused is None:
        _recent.append((at, wanted))
    return refused
