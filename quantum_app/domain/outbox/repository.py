"""Queries of the outbox. Row-level security limits them to the session's account, or to its person's own mail."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.db.models import OutboxMessage
from quantum_app.domain.outbox.schemas import Draft, Message, Owner, Status


async def add(
    session: AsyncSession, message_id: UUID, owner: Owner, *, key: str, to: str, template: str, data: dict[str, Any]
) -> bool:
    """Whether it is new: of messages with the same key there is one."""
    query = (
        insert(OutboxMessage)
        .values(
            id=message_id,
            account_id=owner.account_id,
            user_id=owner.user_id,
            template=template,
            recipient=to,
            data=data,
            idempotency_key=key,
        )
        .on_conflict_do_nothing(index_elements=[OutboxMessage.idempotency_key])
        .returning(OutboxMessage.id)
    )
    return await session.scalar(query) is not None


async def begin(session: AsyncSession, message_id: UUID) -> Draft | None:
    """Count one more attempt, if the message still waits."""
    query = (
        update(OutboxMessage)
        .where(OutboxMessage.id == message_id, OutboxMessage.status == Status.WAITING)
        .values(attempts=OutboxMessage.attempts + 1)
        .returning(OutboxMessage.template, OutboxMessage.recipient, OutboxMessage.data, OutboxMessage.attempts)
    )
    row = (await session.execute(query)).one_or_none()
    return Draft(message_id, *row) if row else None


async def sent(session: AsyncSession, message_id: UUID, provider_id: str, at: datetime) -> None:
    await _close(session, message_id, status=Status.SENT, provider_id=provider_id, sent_at=at, last_error=None)


async def failed(session: AsyncSession, message_id: UUID, reason: str) -> None:
    await _close(session, message_id, status=Status.FAILED, last_error=reason)


async def delayed(session: AsyncSession, message_id: UUID, reason: str) -> None:
    await _close(session, message_id, last_error=reason)


async def _close(session: AsyncSession, message_id: UUID, **values: Any) -> None:
    """End an attempt. What was sent stays sent, whatever another attempt says."""
    query = (
        update(OutboxMessage)
        .where(OutboxMessage.id == message_id, OutboxMessage.status == Status.WAITING)
        .values(**values)
    )
    await session.execute(query)


async def messages(session: AsyncSession, *, limit: int, after: UUID | None) -> list[Message]:
    """The account's, newest first; ids are sortable by time."""
    query = (
        select(OutboxMessage)
        .where(OutboxMessage.account_id.is_not(None))
        .order_by(OutboxMessage.id.desc())
        .limit(limit)
    )
    if after is not None:
        query = query.where(OutboxMessage.id < after)
    return [
        Message(
            row.id,
            row.template,
            row.recipient,
            Status(row.status),
            row.attempts,
            row.last_error,
            row.created_at,
            row.sent_at,
        )
        for row in await session.scalars(query)
    ]


async def waiting(session: AsyncSession, created_before: datetime) -> list[tuple[Owner, UUID]]:
    """Messages of everybody that wait without a job, for the sweep's session."""
    found = await session.execute(
        text("select account_id, user_id, message_id from api.waiting_messages(:before)"), {"before": created_before}
    )
    return [(Owner(row.account_id, row.user_id), row.message_id) for row in found]
