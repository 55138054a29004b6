"""Recovers spools whose process died: stores their records, and ends their calls unless another process resumes them.

A spool that nobody locks belongs to a call whose process is gone. Its records are stored at once. If the call has no
end, a new job may still take it over; after the grace period it ends as failed, for the reason `worker_lost`.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from agent_worker.persistence.call_log import live_event, store_records
from agent_worker.persistence.spool import SPOOL_SUFFIX, Record, SpoolContent, WriteAheadSpool, read
from quantum_app.domain.calls.endings import status_of
from quantum_app.domain.calls.ports import LiveBus
from quantum_app.domain.calls.schemas import CallEnd, EndReason, Speaker, Turn
from quantum_app.errors import Component
from quantum_app.kit.clock import now
from quantum_app.kit.log import logger

PROBE_LOCK_TIMEOUT = 0.2  # seconds; longer than anybody looks into a spool, shorter than a call

log = logger(__name__, stage=Component.DB)


@dataclass(slots=True)
class OrphanedSpool:
    """A spool that nobody locks."""

    orphaned_since: float
    """When it was first seen without a lock, on the clock of `SpoolRecovery`."""
    stored_bytes: int = 0
    """How much of it Postgres has."""
    rejected_records: int = 0


class SpoolRecovery:
    """Looks after one spool folder. The worker's parent process runs one. Several on one folder do no harm.

    grace_period: Seconds that a dead call waits for a new job before it is ended.
    """

    def __init__(
        self, folder: Path, bus: LiveBus, *, grace_period: float = 10.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._folder = folder
        self._bus = bus
        self._grace_period = grace_period
        self._clock = clock
        self._orphaned: dict[Path, OrphanedSpool] = {}
        self._failing = False

    async def run(self, interval: float = 2.0) -> None:
        """Sweep now and every `interval` seconds, until cancelled; Postgres or the disk may come back any time."""
        while True:
            try:
                await self.sweep()
                self._failing = False
            except Exception as error:
                if not self._failing:
                    log.warning(
                        "spool.recovery_deferred",
                        message="Dead calls' records can't be stored yet.",
                        error=type(error).__name__,
                    )
                self._failing = True
            await asyncio.sleep(interval)

    async def sweep(self) -> int:
        """Store what dead processes left; gives how many spools are done with.

        Raises whatever tells that Postgres cannot be reached now; the spools stay for the next time.
        """
        paths = sorted(self._folder.glob(f"*{SPOOL_SUFFIX}"))
        for removed_path in self._orphaned.keys() - set(paths):
            del self._orphaned[removed_path]
        return sum([await self._recover(path) for path in paths])

    async def _recover(self, path: Path) -> bool:
        content = await asyncio.to_thread(self._read, path)
        if content is None or content.header is None:
            self._orphaned.pop(path, None)
            return content is not None
        orphaned = self._orphaned[path]
        if orphaned.stored_bytes != content.size:
            orphaned.rejected_records += await store_records(content.header.account_id, content.records)
            orphaned.stored_bytes = content.size
        if not content.ended or not await asyncio.to_thread(self._finish, path):
            return False
        log.info(
            "spool.recovered",
            message="A dead call's records are stored.",
            call_id=str(content.header.call_id),
            records=len(content.records),
        )
        for record in content.records:
            if isinstance(record, CallEnd):
                await self._bus.publish(content.header.account_id, live_event(record))
        return True

    def _read(self, path: Path) -> SpoolContent | None:
        """What a spool that nobody holds contains, ended if its grace time is over. None: held, or gone."""
        # Who only looks into it holds it for a moment; that must not begin the grace time anew.
        spool = WriteAheadSpool.try_lock(path, wait=PROBE_LOCK_TIMEOUT if path in self._orphaned else 0.0)
        if spool is None:
            return None
        try:
            content = spool.content
            orphaned = self._orphaned.setdefault(path, OrphanedSpool(self._clock()))
            if content.header is None:
                spool.remove()
            elif not content.ended and self._clock() - orphaned.orphaned_since >= self._grace_period:
                spool.append(_worker_lost(content.header.call_id, content.records))
                content = read(path)
            return content
        finally:
            spool.close()

    def _finish(self, path: Path) -> bool:
        """Let a stored spool go, unless somebody holds it or wrote to it meanwhile."""
        spool = WriteAheadSpool.try_lock(path)
        if spool is None:
            return False
        orphaned = self._orphaned[path]
        if spool.content.size != orphaned.stored_bytes:
            spool.close()
            return False
        if orphaned.rejected_records:
            spool.quarantine()
        else:
            spool.remove()
        del self._orphaned[path]
        return True


def _worker_lost(call_id: UUID, records: tuple[Record, ...]) -> CallEnd:
    turns = [record for record in records if isinstance(record, Turn)]
    status = status_of(EndReason.WORKER_LOST, sum(turn.speaker is Speaker.CALLER for turn in turns))
    return CallEnd(call_id, status, EndReason.WORKER_LOST, now(), sum(turn.interrupted for turn in turns))
