"""Queries of the audit log."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.db import quota
from quantum_app.db.models import AuditEntry
from quantum_app.domain.audit.schemas import AuditLogEntry


async def add(session: AsyncSession, entry_id: UUID, account_id: UUID, values: dict[str, Any]) -> None:
    session.add(AuditEntry(account_id=account_id, id=entry_id, **values))
    await session.flush()


async def time_of_nth_latest(session: AsyncSession, account_id: UUID, action: str, n: int) -> datetime | None:
    """Time of the account's nth latest entry with this action. Keeps other transactions from adding one."""
    query = select(AuditEntry.at).where(AuditEntry.action == action).order_by(AuditEntry.id.desc())
    rows = await quota.under_lock(session, account_id, action, query.offset(n - 1).limit(1))
    return rows[0].at if rows else None


async def search(
    session: AsyncSession,
    *,
    after: UUID | None,
    limit: int,
    action: str,
    text: str,
    since: datetime | None,
    until: datetime | None,
) -> Sequence[AuditLogEntry]:
    """Entries of the session's account, newest first.

    action: Prefix of the action.
    text: Part of the actor, entity ID, action or request ID.
    """
    query = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(limit)
    if after is not None:
        query = query.where(AuditEntry.id < after)
    if action:
        query = query.where(AuditEntry.action.startswith(action, autoescape=True))
    if text:
        columns = (AuditEntry.actor, AuditEntry.entity_id, AuditEntry.action, AuditEntry.request_id)
        query = query.where(or_(*(column.icontains(text, autoescape=True) for column in columns)))
    if since is not None:
        query = query.where(AuditEntry.at >= since)
    if until is not None:
        query = query.where(AuditEntry.at < until)
    return [
        AuditLogEntry(
            row.id,
            row.at,
            row.actor,
            row.action,
            row.entity,
            row.entity_id,
            row.previous,
            row.new,
            row.request_id,
            row.address,
        )
        for row in await session.scalars(query)
    ]
