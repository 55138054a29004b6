"""Calls that nobody will end any more: the caller never joined, or the worker's machine is gone for good.

A worker ends what it lost by itself when it starts again; this is for one that never does.
"""

from datetime import datetime

from sqlalchemy import text

from quantum_app.db.session import account_session, system_session
from quantum_app.domain.calls import repository
from quantum_app.domain.calls.rules import JOINS_WITHIN, verdict
from quantum_app.domain.calls.schemas import OpenCall
from quantum_app.kit.clock import now
from quantum_app.kit.log import logger

_LOCK = 7_261_001  # advisory: one process sweeps

_log = logger(__name__)


async def sweep() -> int:
    """End what has to be ended; how many calls that were. Raises DependencyUnavailable(DB)."""
    at, ended = now(), 0
    async with system_session(__name__, "end calls that nobody will end") as session:
        if not await session.scalar(text("select pg_try_advisory_xact_lock(:key)"), {"key": _LOCK}):
            return 0
        for call in await repository.open_calls(session, at - JOINS_WITHIN):
            ended += await _judge(call, at)
    if ended:
        _log.info("calls swept", ended=ended)
    return ended


async def _judge(call: OpenCall, at: datetime) -> bool:
    """End one call if it is time, as its own account would."""
    async with account_session(call.account_id) as session:
        briefing = await repository.briefing(session, call.call_id)
        end = verdict(briefing, at) if briefing else None
        return await repository.end(session, end) if end else False
