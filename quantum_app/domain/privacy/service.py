"""Exporting, erasing and retaining personal data (GDPR articles 15, 17, 20 and 5.1.e)."""

import asyncio
import json
import math
import os
import zipfile
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, BinaryIO
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.db import queue
from quantum_app.db.session import account_session
from quantum_app.domain.accounts import members
from quantum_app.domain.accounts import service as accounts
from quantum_app.domain.accounts.permissions import Permission, allows
from quantum_app.domain.accounts.schemas import Member
from quantum_app.domain.audit import service as audit
from quantum_app.domain.audit.schemas import Actor
from quantum_app.domain.calls import service as calls
from quantum_app.domain.outbox import service as outbox
from quantum_app.domain.privacy import repository
from quantum_app.domain.privacy.ports import Files, Memory
from quantum_app.domain.privacy.schemas import Export
from quantum_app.errors import Conflict, InvalidInput, NotFound, QuotaExceeded, TooManyRequests
from quantum_app.kit import email, ids, phone
from quantum_app.kit.clock import now
from quantum_app.kit.ids import new_id
from quantum_app.settings import settings

EXPORT_TASK, FORGET_TASK = "build_export", "forget_calls"
EXPORT_RETENTION = timedelta(days=7)
EXPORT_TIMEOUT = timedelta(days=1)  # longer than any export takes with all its attempts
_CALLS_PER_JOB = 100

Tables = AsyncGenerator[tuple[str, AsyncGenerator[dict[str, Any]]]]


class ExportTooLarge(QuotaExceeded):
    code = "export_too_large"


async def normalize_contact(session: AsyncSession, account_id: UUID, text: str) -> str:
    """Normalize an email address or phone number. Raises InvalidInput with the field `contact`.

    A number without its country code is read as one of the account's country, as calls do.
    """
    region = phone.region_of_time_zone((await accounts.get_settings(session, account_id)).time_zone)
    try:
        return email.normalize_email(text) if "@" in text else phone.normalize_phone(text, region)
    except ValueError as error:
        raise InvalidInput(str(error), field="contact") from None


async def request_export(session: AsyncSession, account_id: UUID, actor: Actor, *, contact: str | None) -> UUID:
    """Request an export of the account, or of one caller. The actor gets an email when it's ready.

    contact: Normalized, or None for the whole account.

    Raises NotFound for an unknown caller, Conflict while another export is in progress, TooManyRequests.
    """
    a_day = settings().quotas.exports_a_day
    wait = await audit.seconds_until_allowed(session, account_id, "data.exported", a_day=a_day)
    if await repository.is_waiting(session, account_id, now() - EXPORT_TIMEOUT):
        raise Conflict("An export is already in progress. Try again when it's ready.", code="export_in_progress")
    if wait:
        message = f"You've reached today's limit of {a_day} exports. Try again in {_hours(wait)}."
        raise TooManyRequests(message, retry_after=wait, code="too_many_exports")
    if contact is not None and not await calls.ids_of_contact(session, account_id, contact):
        raise _caller_not_found()
    export_id = new_id()
    await repository.add_export(session, account_id, export_id, actor.user_id or export_id, contact)
    scope = "one caller" if contact else "account"
    await audit.record(session, account_id, actor, "data.exported", "export", export_id, new={"of": scope})
    await queue.defer(
        session,
        EXPORT_TASK,
        queue=queue.EXPORTS,
        lock=export_lock(account_id),
        account_id=str(account_id),
        export_id=str(export_id),
    )
    return export_id


def export_lock(account_id: UUID) -> str:
    """The lock of export jobs, so that one runs at a time per account."""
    return str(account_id)


async def list_exports(session: AsyncSession) -> list[Export]:
    """The account's exports, newest first."""
    return await repository.list_exports(session)


async def get_export(session: AsyncSession, export_id: UUID) -> Export:
    """A finished export. Raises NotFound."""
    exports = await repository.list_exports(session, export_id)
    if not exports or exports[0].status != "ready":
        raise NotFound("Export not found, or not ready yet.")
    return exports[0]


async def build_export(files: Files, account_id: UUID, export_id: UUID) -> None:
    """Write the file, unless it exists or the requester lost the permission. Opens its own sessions."""
    async with account_session(account_id) as session:
        exports = await repository.list_exports(session, export_id)
        if not exports or exports[0].status != "waiting":
            return
        requester = next(
            (member for member in await members.list_members(session) if member.user_id == exports[0].requested_by),
            None,
        )
        if requester is None or not allows(requester.role, Permission.DATA_EXPORT):
            await repository.finish_export(session, export_id, "failed", None, now())
            return
        path = files.export_path(account_id, export_id)
        contact = exports[0].contact
        if contact is None:
            tables = repository.account_tables(session)
        else:
            tables = repository.call_tables(session, await calls.ids_of_contact(session, account_id, contact))
        await _write(path, tables)
        if await repository.finish_export(session, export_id, "ready", path.stat().st_size, now()):
            await repository.keep_newest(session, settings().quotas.stored_exports)
            await _notify(session, account_id, export_id, requester)
        else:  # a caller in the file was erased meanwhile
            path.unlink()
        remaining = {item.id for item in await repository.list_exports(session)}
    await asyncio.to_thread(files.keep_exports, account_id, remaining)


async def fail_export(account_id: UUID, export_id: UUID) -> None:
    """Mark an export as failed. Opens its own session."""
    async with account_session(account_id) as session:
        exports = await repository.list_exports(session, export_id)
        if exports and exports[0].status == "waiting":
            await repository.finish_export(session, export_id, "failed", None, now())


async def count_calls(session: AsyncSession, account_id: UUID, contact: str) -> int:
    """The number of calls that erasing a caller would affect. Raises NotFound if there are none."""
    call_ids = await calls.ids_of_contact(session, account_id, contact)
    if not call_ids:
        raise _caller_not_found()
    return len(call_ids)


async def erase_caller(session: AsyncSession, account_id: UUID, actor: Actor, contact: str) -> int:
    """Permanently erase one caller's data. Returns how many calls were affected. Raises NotFound if there are none.

    This transaction erases what is in the database, including all exports, because they may contain the caller. The job
    that follows erases what is in files and Redis.

    contact: Normalized.
    """
    call_ids = await calls.ids_of_contact(session, account_id, contact)
    if not call_ids:
        raise _caller_not_found()
    await calls.erase(session, call_ids)
    await repository.remove_exports(session)
    await audit.record(session, account_id, actor, "data.erased", "caller", "one caller", new={"calls": len(call_ids)})
    await _enqueue_forget(session, account_id, call_ids)
    return len(call_ids)


async def _enqueue_forget(session: AsyncSession, account_id: UUID, call_ids: Sequence[UUID]) -> None:
    """Enqueue in batches, because each job scans all of Redis."""
    for first in range(0, len(call_ids), _CALLS_PER_JOB):
        batch = ",".join(str(call_id) for call_id in call_ids[first : first + _CALLS_PER_JOB])
        await queue.defer(session, FORGET_TASK, account_id=str(account_id), call_ids=batch)


async def forget_calls(files: Files, memory: Memory, account_id: UUID, call_ids: Sequence[UUID]) -> None:
    """Remove what is left of erased calls in files and Redis, and the files of removed exports."""
    for call_id in call_ids:
        await asyncio.to_thread(files.remove_call, call_id)
    await memory.forget(*(text for call_id in call_ids for text in (str(call_id), ids.encode("call", call_id))))
    async with account_session(account_id) as session:
        remaining = {item.id for item in await repository.list_exports(session)}
    await asyncio.to_thread(files.keep_exports, account_id, remaining)


async def apply_retention(account_id: UUID, retention_days: int | None) -> int:
    """Erase calls past retention or deleted 30 days ago, and return how many there were. Opens its own sessions."""
    erased_calls = 0
    while True:
        async with account_session(account_id) as session:
            call_ids = await calls.erase_past_retention(session, retention_days)
            if call_ids:
                await repository.remove_exports(session)  # these calls are in them
                await _enqueue_forget(session, account_id, call_ids)
                await audit.record(
                    session,
                    account_id,
                    Actor(None, "retention"),
                    "data.retention",
                    "account",
                    account_id,
                    new={"calls": len(call_ids)},
                )
        erased_calls += len(call_ids)
        if not call_ids:
            return erased_calls


async def forget_account(account_id: UUID) -> None:
    """Enqueue the removal of a purged account's data outside the database. Opens its own session."""
    async with account_session(account_id) as session:
        await _enqueue_forget(session, account_id, await calls.all_ids(session))


async def remove_old_exports(files: Files, account_id: UUID) -> None:
    """Remove exports after a week, and mark overdue ones, whose job is lost, as failed."""
    async with account_session(account_id) as session:
        await repository.fail_overdue(session, now() - EXPORT_TIMEOUT, now())
        await repository.remove_exports(session, created_before=now() - EXPORT_RETENTION)
        remaining = {item.id for item in await repository.list_exports(session)}
    await asyncio.to_thread(files.keep_exports, account_id, remaining)


async def _write(path: Path, tables: Tables) -> None:
    """A zip of one JSON file a table, written beside and put in place whole. Raises ExportTooLarge."""
    draft = path.with_suffix(".part")
    draft.unlink(missing_ok=True)
    try:
        with _create_private(draft) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            bytes_left = settings().quotas.export_size
            async with aclosing(tables):
                async for name, rows in tables:
                    with archive.open(f"{name}.json", "w") as entry:
                        bytes_left -= await _write_rows(entry, rows, bytes_left)
        draft.rename(path)
    finally:
        draft.unlink(missing_ok=True)


async def _write_rows(entry: IO[bytes], rows: AsyncGenerator[dict[str, Any]], most: int) -> int:
    """A list of rows as JSON; its bytes. Raises ExportTooLarge for more than `most`."""
    size = 0
    async with aclosing(rows):
        async for row in rows:
            text = (b",\n" if size else b"[\n") + json.dumps(row, default=_to_json, ensure_ascii=False).encode()
            size += len(text)
            if size > most:
                raise ExportTooLarge("The export is larger than the account's limit.")
            # Compressing takes its time, in which mail goes on.
            await asyncio.to_thread(entry.write, text)
    entry.write(b"\n]\n" if size else b"[]\n")
    return size


def _create_private(path: Path) -> BinaryIO:
    return open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _to_json(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, (UUID, Decimal)):
        return str(value)
    raise TypeError(f"no JSON for {type(value).__name__}")


async def _notify(session: AsyncSession, account_id: UUID, export_id: UUID, requester: Member) -> None:
    await outbox.send_email(
        session,
        key=f"export:{export_id}",
        to=requester.email,
        template="export_ready",
        data={"account": await accounts.account_name(session, account_id)},
        account_id=account_id,
    )


def _hours(seconds: int) -> str:
    hours = math.ceil(seconds / 3600)
    return "an hour" if hours == 1 else f"{hours} hours"


def _caller_not_found() -> NotFound:
    return NotFound("No calls found for this email address or phone number.", code="caller_not_found")
