"""What happens on a call, kept durably: in the local spool first, then in Postgres, then live on pages.

A record is numbered when it is appended, and acknowledged when it is on the local disk, where one thread writes all in
their order; the call need not wait for it. A background task upserts it into Postgres, and retries for as
long as that takes. The spool is removed when everything including the call's end is stored. What a dead process leaves
behind is picked up by `agent_worker.persistence.spool_recovery`.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from pydantic_core import to_jsonable_python
from sqlalchemy.exc import DataError, IntegrityError

from agent_worker.persistence.spool import Record, WriteAheadSpool
from quantum_app.db.session import account_session
from quantum_app.domain.calls import collected
from quantum_app.domain.calls import service as calls
from quantum_app.domain.calls.ports import LiveBus
from quantum_app.domain.calls.schemas import (
    CallBriefing,
    CallEnd,
    CallEvent,
    CallRef,
    CallStatus,
    Checkpoint,
    EndReason,
    Latency,
    LiveEventType,
    Speaker,
    Turn,
    Usage,
)
from quantum_app.errors import Component, Conflict, NotFound
from quantum_app.kit.clock import now
from quantum_app.kit.log import logger
from quantum_app.kit.retry import DATABASE_WRITE
from quantum_app.kit.sanitize import sanitize_for_postgres

WRITE_TIMEOUT = 5.0
MAX_TEXT_LENGTH = 20_000
_BATCH_SIZE = 200
R = TypeVar("R", Turn, CallEvent, Usage, Checkpoint, CallEnd)
_MAX_LIVE_EVENTS = 1000
_LIVE_TYPES: dict[type, LiveEventType] = {
    Turn: LiveEventType.TURN_RECORDED,
    CallEvent: LiveEventType.EVENT_RECORDED,
    Usage: LiveEventType.USAGE_RECORDED,
    CallEnd: LiveEventType.CALL_ENDED,
}


async def store_records(account_id: UUID, records: Sequence[Record]) -> int:
    """Upsert records of one account; idempotent. Gives how many Postgres refused for good (logged).

    Raises whatever tells that Postgres cannot be used now: DependencyUnavailable(DB), SQLAlchemyError, TimeoutError.
    """
    try:
        async with asyncio.timeout(WRITE_TIMEOUT), account_session(account_id) as session:
            await calls.record(session, account_id, records)
    except (IntegrityError, DataError, NotFound) as error:
        if len(records) > 1:
            return sum([await store_records(account_id, [record]) for record in records])
        logger(__name__, stage=Component.DB).error(
            "record.rejected",
            message="Postgres rejected a record for good.",
            account_id=str(account_id),
            call_id=str(records[0].call_id),
            record=type(records[0]).__name__,
            error=type(error).__name__,
        )
        return 1
    return 0


def live_event(record: Record) -> dict[str, Any]:
    """The live event a record makes. Collected values are read from Postgres by whoever may see them."""
    if isinstance(record, CallEvent):
        record = collected.without_value(record)
    about = {"type": _LIVE_TYPES[type(record)], "call_id": str(record.call_id), "at": now().isoformat()}
    return {**to_jsonable_python(record), **about}


class DurableCallLog:
    """The records of one running call. Create it with `open`, in the call's event loop.

    Each `append_…` gives a future that is done when the record is on the disk, also if nobody waits for it, and raises
    Conflict once the log is closed.
    """

    def __init__(self, briefing: CallBriefing, spool: WriteAheadSpool, bus: LiveBus) -> None:
        self.call_id = briefing.call_id
        self.account_id = briefing.account_id
        self.is_resumed = briefing.answered_at is not None or bool(spool.content.records)
        self._spool = spool
        self._bus = bus
        self._seq = max(briefing.last_seq, spool.content.last_seq)
        self._log = logger(
            __name__, stage=Component.DB, account_id=str(briefing.account_id), call_id=str(briefing.call_id)
        )
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="spool")
        self._pending: list[Record] = list(spool.content.records)
        self._has_pending = asyncio.Event()
        self._queue_empty = asyncio.Event()
        self._rejected = 0
        self._ended = False
        self._closed = False
        self._live_events: asyncio.Queue[dict[str, Any]] = asyncio.Queue(_MAX_LIVE_EVENTS)
        self._tasks = [asyncio.create_task(self._store_pending()), asyncio.create_task(self._publish())]
        if self._pending:
            self._has_pending.set()
        else:
            self._queue_empty.set()
        if not self.is_resumed:
            self._publish_later(
                {"type": LiveEventType.CALL_STARTED, "call_id": str(self.call_id), "at": now().isoformat()}
            )

    @classmethod
    async def open(cls, folder: Path, briefing: CallBriefing, bus: LiveBus) -> "DurableCallLog":
        """Open or take over the call's spool in `folder`.

        Raises Conflict when the call has ended, SpoolLocked when another process holds it, OSError when writing fails.
        """
        header = CallRef(briefing.account_id, briefing.call_id, briefing.campaign_id)
        spool = await asyncio.to_thread(WriteAheadSpool.open, folder, header)
        if spool.content.ended:
            spool.close()
            raise Conflict("This call has ended. Start a new one.", code="call_ended")
        return cls(briefing, spool, bus)

    def append_turn(
        self,
        speaker: Speaker,
        text: str,
        started_at: datetime,
        ended_at: datetime,
        *,
        typed: bool = False,
        interrupted: bool = False,
        node_id: str | None = None,
        sources: Sequence[str] = (),
        latency: Latency | None = None,
    ) -> "asyncio.Future[Turn]":
        """Keep one utterance."""
        turn = Turn(
            call_id=self.call_id,
            seq=self._next_seq(),
            speaker=speaker,
            text=sanitize_for_postgres(text)[:MAX_TEXT_LENGTH],
            started_at=started_at,
            ended_at=ended_at,
            typed=typed,
            interrupted=interrupted,
            node_id=node_id,
            sources=tuple(sources),
            latency=latency,
        )
        return self._append(turn)

    def append_event(self, kind: str, /, **data: Any) -> "asyncio.Future[CallEvent]":
        """Keep something that happened; `data` becomes JSON."""
        plain = sanitize_for_postgres(to_jsonable_python(data, fallback=str, inf_nan_mode="null"))
        return self._append(CallEvent(self.call_id, self._next_seq(), str(kind), now(), plain))

    def append_usage(
        self, provider: str, kind: str, unit: str, quantity: Decimal, cost: Decimal
    ) -> "asyncio.Future[Usage]":
        """Keep what a provider was used for; `cost` in USD."""
        return self._append(Usage(self.call_id, self._next_seq(), provider, kind, unit, quantity, cost, now()))

    def append_checkpoint(self, encrypted_state: str) -> "asyncio.Future[Checkpoint]":
        """Keep where the flow stands. Readers of the call never see it."""
        return self._append(Checkpoint(self.call_id, self._next_seq(), encrypted_state, now()))

    def append_end(
        self, status: CallStatus, reason: EndReason, at: datetime | None = None, *, interruptions: int = 0
    ) -> "asyncio.Future[CallEnd]":
        """Keep the call's last record. at: when the call was over, else now."""
        self._ended = True
        return self._append(CallEnd(self.call_id, status, reason, at or now(), interruptions))

    async def close(self, timeout: float = 5.0) -> bool:
        """Wait for Postgres at most `timeout` seconds, then let go. Gives whether everything is stored.

        What is not stored yet stays in the spool for the replay.
        """
        if self._closed:
            return not self._pending
        self._closed = True
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._queue_empty.wait()
                await self._live_events.join()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        complete = not self._pending
        await asyncio.get_running_loop().run_in_executor(self._disk, self._release_spool, complete and self._ended)
        self._disk.shutdown(wait=False)
        return complete

    def _release_spool(self, is_complete: bool) -> None:
        if not is_complete:
            self._spool.close()
        elif self._rejected:
            self._spool.quarantine()
        else:
            self._spool.remove()

    def _next_seq(self) -> int:
        self._seq += 1
        return self._seq

    def _append(self, record: R) -> "asyncio.Future[R]":
        if self._closed:
            raise Conflict("This call's transcript is closed.", code="call_ended")
        append = asyncio.get_running_loop().run_in_executor(self._disk, self._write_to_spool, record)
        append.add_done_callback(lambda _: self._on_appended(record))
        # Whoever stops waiting does not stop the writing.
        return asyncio.shield(append)

    def _write_to_spool(self, record: R) -> R:
        try:
            self._spool.append(record)
        except (OSError, ValueError) as error:
            # A full disk must not stop the call: Postgres gets the record all the same.
            self._log.error(
                "spool.write_failed",
                message="The disk refused a record; Postgres gets it all the same.",
                error=str(error),
            )
        return record

    def _on_appended(self, record: Record) -> None:
        self._pending.append(record)
        self._queue_empty.clear()
        self._has_pending.set()
        if isinstance(record, Turn):
            self._publish_later(live_event(record))

    def _publish_later(self, event: dict[str, Any]) -> None:
        try:
            self._live_events.put_nowait(event)
        except asyncio.QueueFull:
            self._log.warning(
                "live_event.dropped",
                message="Too many live events are waiting.",
                type=event["type"],
                stage=str(Component.REDIS),
            )

    async def _publish(self) -> None:
        while True:
            event = await self._live_events.get()
            await self._bus.publish(self.account_id, event)
            self._live_events.task_done()

    async def _store_batch(self) -> list[Record]:
        """Store the oldest pending records, however long that takes: the spool has them, so nothing is lost."""
        async for attempt in DATABASE_WRITE.each(Exception):
            with attempt:
                batch = self._pending[:_BATCH_SIZE]
                try:
                    self._rejected += await store_records(self.account_id, batch)
                except Exception as error:
                    if attempt.num == 1:
                        self._log.warning(
                            "records.store_failed",
                            message="Records wait in the spool until Postgres takes them.",
                            waiting=len(self._pending),
                            error=type(error).__name__,
                        )
                    raise
                if attempt.num > 1:
                    self._log.info(
                        "records.store_resumed", message="Postgres takes records again.", waiting=len(self._pending)
                    )
                return batch
        raise AssertionError("unreachable")

    async def _store_pending(self) -> None:
        while True:
            await self._has_pending.wait()
            batch = await self._store_batch()
            del self._pending[: len(batch)]
            for record in batch:
                # Who is told of anything but a turn reads it from Postgres, and is not told again.
                if not isinstance(record, Turn | Checkpoint):
                    self._publish_later(live_event(record))
            if not self._pending:
                self._has_pending.clear()
                self._queue_empty.set()
