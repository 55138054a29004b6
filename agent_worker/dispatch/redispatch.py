"""Sends another assistant to calls whose process died, while the caller is still there.

LiveKit gives a dead worker's calls to nobody, and takes some twenty seconds to notice a killed process. The spool's
lock tells at once: a spool that nobody locks and that has no end belongs to an orphaned call.
"""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

from agent_worker.dispatch import slots
from agent_worker.persistence.spool import SPOOL_SUFFIX, SpoolContent, WriteAheadSpool
from quantum_app.domain.calls.schemas import CallRef
from quantum_app.errors import Component, DependencyUnavailable
from quantum_app.kit.log import logger
from quantum_app.providers.livekit import Rooms
from quantum_app.providers.redis_capacity import RedisCapacity

INTERVAL = 0.5
# Seconds that a dispatched job gets to lock the spool, before the next attempt.
RETRY_AFTER = 5.0
MAX_ATTEMPTS = 3

log = logger(__name__, stage=Component.DISPATCH)


@dataclass(slots=True)
class _Attempts:
    count: int = 0
    last: float = 0.0


class OrphanedCallRedispatcher:
    """Looks after one spool folder. The worker's parent process runs one."""

    def __init__(self, folder: Path, rooms: Rooms, capacity: RedisCapacity) -> None:
        self._folder = folder
        self._rooms = rooms
        self._capacity = capacity
        self._attempts: dict[Path, _Attempts] = {}

    async def run(self) -> None:
        """Sweep twice per second, until canceled."""
        while True:
            await asyncio.sleep(INTERVAL)
            try:
                await self.sweep(time.monotonic())
            except (DependencyUnavailable, OSError) as error:
                log.warning(
                    "redispatch.deferred",
                    message="Orphaned calls can't be redispatched yet.",
                    error=type(error).__name__,
                )

    async def sweep(self, clock: float) -> int:
        """Send assistants to orphaned calls; return how many. Raises DependencyUnavailable(LIVEKIT), OSError."""
        count = 0
        paths = set(self._folder.glob(f"*{SPOOL_SUFFIX}"))
        for removed_path in self._attempts.keys() - paths:
            del self._attempts[removed_path]
        for path in paths:
            content = await asyncio.to_thread(_read_orphaned, path)
            if content is None or content.header is None or content.ended:
                continue
            attempts = self._attempts.setdefault(path, _Attempts())
            if attempts.count >= MAX_ATTEMPTS or (attempts.count and clock - attempts.last < RETRY_AFTER):
                continue
            header = content.header
            call = CallRef(header.account_id, header.call_id, header.campaign_id)
            attempts.count, attempts.last = attempts.count + 1, clock
            if await self._rooms.caller_present(call):
                # However full it is: this call has been going on.
                await slots.renew_slot(self._capacity, call)
                await self._rooms.send_assistant(call)
                count += 1
                log.warning(
                    "call.redispatched",
                    message="Another assistant was sent to an orphaned call.",
                    call_id=str(call.call_id),
                    attempt=attempts.count,
                )
        return count


def _read_orphaned(path: Path) -> SpoolContent | None:
    """The content of a spool that nobody locks. None if it is locked or gone."""
    spool = WriteAheadSpool.try_lock(path)
    if spool is None:
        return None
    spool.close()
    return spool.content
