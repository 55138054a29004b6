"""Queries of the outbox. Row-level security limits them to the session's account, or to its user's own email."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.db import quota
from quantum_app.db.models import OutboxMessage
from quantum_app.domain.outbox.schemas import Message, Owner, PendingMessage, Status

_ERASED_NOTICE = "The call was erased."


async def add(
    session: AsyncSession, message_id: UUID, owner: Owner, *, key: str, to: str, template: str, data: dict[str, Any]
) -> bool:
    """Insert a message. Returns False if there is one with this key already."""
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


async def count_since(session: AsyncSession, account_id: UUID, template: str, since: datetime) -> int:
    """Count the account's messages by this template, and keep other transactions from adding any."""
    query = (
        select(func.count())
        .select_from(OutboxMessage)
        .where(
            OutboxMessage.account_id == account_id,
            OutboxMessage.template == template,
            OutboxMessage.created_at >= since,
        )
    )
    return (await quota.under_lock(session, account_id, f"outbox:{template}", query))[0][0]


async def begin_attempt(session: AsyncSession, message_id: UUID) -> PendingMessage | None:
    """Count another attempt and return the message, or None if it isn't waiting anymore."""
    query = (
        update(OutboxMessage)
        .where(OutboxMessage.id == message_id, OutboxMessage.status == Status.WAITING)
        .values(attempts=OutboxMessage.attempts + 1)
        .returning(OutboxMessage.template, OutboxMessage.recipient, OutboxMessage.data, OutboxMessage.attempts)
    )
    row = (await session.execute(query)).one_or_none()
    return PendingMessage(message_id, *row) if row else None


async def mark_sent(session: AsyncSession, message_id: UUID, provider_id: str, at: datetime) -> None:
    await _finish_attempt(session, message_id, status=Status.SENT, provider_id=provider_id, sent_at=at, last_error=None)


async def mark_failed(session: AsyncSession, message_id: UUID, reason: str) -> None:
    await _finish_attempt(session, message_id, status=Status.FAILED, last_error=reason)


async def mark_delayed(session: AsyncSession, message_id: UUID, reason: str) -> None:
    await _finish_attempt(session, message_id, last_error=reason)


async def _finish_attempt(session: AsyncSession, message_id: UUID, **values: Any) -> None:
    """Save the outcome of an attempt. Never changes a message that was sent."""
    query = (
        update(OutboxMessage)
        .where(OutboxMessage.id == message_id, OutboxMessage.status == Status.WAITING)
        .values(**values)
    )
    await session.execute(query)


async def forget_recipients(session: AsyncSession, call_ids: Sequence[str]) -> None:
    query = update(OutboxMessage).where(OutboxMessage.data["call_id"].astext.in_(call_ids))
    await session.execute(query.values(recipient=""))
    # A server's reply quotes the address.
    with_error = query.where(OutboxMessage.last_error.is_not(None))
    await session.execute(with_error.values(last_error=_ERASED_NOTICE))
    waiting = query.where(OutboxMessage.status == Status.WAITING)
    await session.execute(waiting.values(status=Status.FAILED, last_error=_ERASED_NOTICE))


async def call_ids_of_recipient(session: AsyncSession, recipient: str) -> list[str]:
    """IDs of the calls that an email to this address is about."""
    call_id = OutboxMessage.data["call_id"].astext
    return list(
        await session.scalars(select(call_id).where(OutboxMessage.recipient == recipient, call_id.is_not(None)))
    )


async def list_messages(session: AsyncSession, *, limit: int, after: UUID | None) -> list[Message]:
    """The account's messages, newest first: IDs sort by time."""
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


async def waiting_messages(session: AsyncSession, created_before: datetime) -> list[tuple[Owner, UUID]]:
    """Waiting messages of all owners that have no job. Needs the sweep's system session."""
    rows = await session.execute(
        text("select account_id, user_id, message_id from api.waiting_messages(:before)"), {"before": created_before}
    )
    return [(Owner(row.account_id, row.user_id), row.message_id) for row in rows]
