"""Ends orphaned calls: the caller never joined, or the worker's machine is gone for good.

A worker that restarts ends its own lost calls. This sweep covers workers that never come back.
"""

from datetime import datetime

from quantum_app.db.session import account_session, system_session
from quantum_app.domain.calls import repository, service
from quantum_app.domain.calls.orphans import JOIN_TIMEOUT, presumed_end
from quantum_app.domain.calls.schemas import OpenCall
from quantum_app.kit.clock import now
from quantum_app.kit.log import logger

_log = logger(__name__)


async def end_orphaned_calls() -> int:
    """End all orphaned calls and return how many there were. Raises DependencyUnavailable(DB)."""
    at, count = now(), 0
    async with system_session(__name__, "end calls that nobody will end") as session:
        if not await repository.lock_sweep(session):
            return 0
        for call in await repository.open_calls(session, at - JOIN_TIMEOUT):
            count += await _end_if_orphaned(call, at)
    if count:
        _log.info("calls.swept", message="Ended orphaned calls", ended=count)
    return count


async def _end_if_orphaned(call: OpenCall, at: datetime) -> bool:
    """End the call if it is orphaned, in a session of its own account."""
    async with account_session(call.account_id) as session:
        briefing = await repository.get_briefing(session, call.call_id)
        end = presumed_end(briefing, at) if briefing else None
        if end is None or not await repository.end(session, end):
            return False
        await service.enqueue_results(session, call.account_id, [call.call_id])
        return True
