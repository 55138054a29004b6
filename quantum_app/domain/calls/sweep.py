"""Calls that nobody will end any more: the caller never joined, or the worker's machine is gone for good."""

import asyncio
from datetime import timedelta

from sqlalchemy import text

from quantum_app.db.session import account_session, system_session
from quantum_app.domain.calls import repository
from quantum_app.domain.calls.schemas import CallEnd, CallStatus, EndReason
from quantum_app.errors import QuantumError
from quantum_app.kit.clock import now
from quantum_app.kit.log import logger

EVERY = 60.0  # seconds
# The token that admits the caller lives ten minutes.
NEVER_JOINED_AFTER = timedelta(minutes=11)
# A worker ends what it lost by itself when it starts again; this is for one that never does.
LOST_AFTER = timedelta(hours=6)
_LOCK = 7_261_001  # advisory: one process sweeps

_log = logger(__name__)


async def sweep() -> int:
    """End what has to be ended; how many calls that were. Raises SegmentDown(DB)."""
    at, ended = now(), 0
    async with system_session(__name__, "end calls that nobody will end") as session:
        if not await session.scalar(text("select pg_try_advisory_xact_lock(:key)"), {"key": _LOCK}):
            return 0
        unjoined = [call for call in await repository.open_calls(session, at - NEVER_JOINED_AFTER) if not call.answered]
        lost = [call for call in await repository.open_calls(session, at - LOST_AFTER) if call.answered]
        for call in (*unjoined, *lost):
            status, reason = (
                (CallStatus.FAILED, EndReason.WORKER_LOST)
                if call.answered
                else (CallStatus.ABANDONED, EndReason.NEVER_JOINED)
            )
            async with account_session(call.account_id) as own:
                ended += await repository.end(own, CallEnd(call.call_id, status, reason, at))
    return ended


async def run_forever() -> None:
    """Sweep every minute, until cancelled."""
    while True:
        try:
            if ended := await sweep():
                _log.info("calls swept", ended=ended)
        except QuantumError as error:
            _log.warning("calls not swept", reason=error.message)
        await asyncio.sleep(EVERY)
