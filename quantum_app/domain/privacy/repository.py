"""Queries of exports, and of every table of an account."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Table, delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.db import quota
from quantum_app.db.models import Account, Base, CallSession
from quantum_app.db.models import Export as ExportRow
from quantum_app.domain.calls import collected
from quantum_app.domain.privacy.schemas import Export, Upkeep

# Not exported: how users and programs log in, and what is computed from the text of passages to search them.
_EXCLUDED_TABLES = {"login_sessions", "api_tokens"}
_EXCLUDED_COLUMNS = {"knowledge_chunks": {"embedding", "words"}}
_FETCH_SIZE = 10
# Tables with rows of a call, besides its consent ticket.
_CALL_TABLES = ("call_sessions", "call_transcripts", "call_events", "call_values", "usage_events")


async def add_export(
    session: AsyncSession, account_id: UUID, export_id: UUID, user_id: UUID, contact: str | None
) -> None:
    session.add(ExportRow(account_id=account_id, id=export_id, requested_by=user_id, contact=contact))
    await session.flush()


async def list_exports(session: AsyncSession, export_id: UUID | None = None) -> list[Export]:
    """The newest first."""
    query = select(ExportRow).order_by(ExportRow.id.desc())
    if export_id is not None:
        query = query.where(ExportRow.id == export_id)
    return [
        Export(row.id, row.requested_by, row.contact, row.status, row.size, row.created_at, row.finished_at)
        for row in await session.scalars(query)
    ]


async def is_waiting(session: AsyncSession, account_id: UUID, created_since: datetime) -> bool:
    """Whether an export requested since then is unfinished. Keeps other transactions from adding one."""
    query = select(ExportRow.id).where(ExportRow.status == "waiting", ExportRow.created_at >= created_since)
    return bool(await quota.under_lock(session, account_id, "exports", query.limit(1)))


async def keep_newest(session: AsyncSession, most: int) -> None:
    """Remove all but the newest finished exports."""
    ready = ExportRow.status == "ready"
    newest = select(ExportRow.id).where(ready).order_by(ExportRow.id.desc()).limit(most)
    await session.execute(delete(ExportRow).where(ready, ExportRow.id.not_in(newest)))


async def fail_overdue(session: AsyncSession, created_before: datetime, at: datetime) -> None:
    overdue = (ExportRow.status == "waiting") & (ExportRow.created_at < created_before)
    await session.execute(update(ExportRow).where(overdue).values(status="failed", finished_at=at))


async def finish_export(session: AsyncSession, export_id: UUID, status: str, size: int | None, at: datetime) -> bool:
    """Returns False if the export no longer exists."""
    query = update(ExportRow).where(ExportRow.id == export_id).values(status=status, size=size, finished_at=at)
    return await session.scalar(query.returning(ExportRow.id)) is not None


async def remove_exports(session: AsyncSession, *, created_before: datetime | None = None) -> list[UUID]:
    """Remove all exports, or the old ones, and return their IDs."""
    query = delete(ExportRow)
    if created_before is None:
        # Wait for concurrent requests, whose foreign key locks the account: a later export sees only what is left.
        await session.execute(select(Account.account_id).with_for_update())
    else:
        query = query.where(ExportRow.created_at < created_before)
    return list(await session.scalars(query.returning(ExportRow.id)))


async def account_tables(session: AsyncSession) -> AsyncGenerator[tuple[str, AsyncGenerator[dict[str, Any]]]]:
    """The name and rows of every table of the session's account, and its members."""
    for table in Base.metadata.sorted_tables:
        if "account_id" in table.columns and table.name not in _EXCLUDED_TABLES:
            excluded = _EXCLUDED_COLUMNS.get(table.name, set())
            columns = [column for column in table.columns if column.name not in excluded]
            yield table.name, _table_rows(session, table, select(*columns))
    yield "members", _rows(session, text("select user_id, name, email, role, joined_at from api.members()"))


async def call_tables(
    session: AsyncSession, call_ids: Sequence[UUID]
) -> AsyncGenerator[tuple[str, AsyncGenerator[dict[str, Any]]]]:
    """The name and rows of every table with data of these calls."""
    tables = Base.metadata.tables
    tickets = select(CallSession.ticket_id).where(CallSession.id.in_(call_ids))
    ticket = tables["consent_tickets"]
    yield ticket.name, _rows(session, select(ticket).where(ticket.c.id.in_(tickets)))
    for name in _CALL_TABLES:
        table: Table = tables[name]
        column = table.c.id if name == "call_sessions" else table.c.call_id
        yield name, _table_rows(session, table, select(table).where(column.in_(call_ids)))


async def _table_rows(session: AsyncSession, table: Table, query: Any) -> AsyncGenerator[dict[str, Any]]:
    async with aclosing(_rows(session, query)) as rows:
        async for row in rows:
            yield collected.exported(row) if table.name == "call_values" else row


async def _rows(session: AsyncSession, query: Any) -> AsyncGenerator[dict[str, Any]]:
    # A row may hold a flow of a megabyte, so few are fetched at a time.
    result = await session.stream(query, execution_options={"yield_per": _FETCH_SIZE})
    try:
        async for row in result:
            yield dict(row._mapping)  # pyright: ignore[reportPrivateUsage]  (SQLAlchemy's public name)
    finally:
        await result.close()


async def accounts_for_upkeep(session: AsyncSession) -> list[Upkeep]:
    """All accounts. Needs the nightly job's system session."""
    rows = await session.execute(text("select account_id, retention_days, purgeable from api.accounts_for_upkeep()"))
    return [Upkeep(row.account_id, row.retention_days, row.purgeable) for row in rows]


async def purge_account(session: AsyncSession, account_id: UUID) -> bool:
    """Remove an account that was deleted long ago. Returns False if it wasn't, or was restored meanwhile."""
    return bool(await session.scalar(text("select api.purge_account(:account)"), {"account": account_id}))


async def remove_expired(session: AsyncSession) -> int:
    """Remove expired sign-ups, links and logins, and return how many there were."""
    return await session.scalar(text("select api.remove_expired()")) or 0
