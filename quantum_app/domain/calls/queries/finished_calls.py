"""Queries of calls that are over, for telling their results. Row-level security limits them to one account."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.db.models import Account, CallSession, CallValue, Campaign, ConsentTicket
from quantum_app.domain.calls import schemas


async def with_results(session: AsyncSession, call_ids: Sequence[UUID]) -> list[UUID]:
    """Those of the calls that a caller made, and that collected something."""
    query = select(CallSession.id).where(
        CallSession.id.in_(call_ids),
        CallSession.origin == schemas.Origin.CALLER.value,
        CallSession.id.in_(select(CallValue.call_id).where(CallValue.call_id.in_(call_ids))),
    )
    return list(await session.scalars(query.order_by(CallSession.id)))


async def get_call(session: AsyncSession, call_id: UUID) -> schemas.FinishedCall | None:
    """None for a test, and if the call hasn't ended, is erased, or it, its campaign or its account is deleted."""
    query = (
        select(
            Campaign.id,
            Campaign.name,
            ConsentTicket.name,
            ConsentTicket.email,
            ConsentTicket.phone,
            func.coalesce(CallSession.answered_at, CallSession.created_at),
            Account.time_zone,
            CallSession.status,
            CallSession.end_reason,
        )
        .join(CallSession, CallSession.campaign_id == Campaign.id)
        .join(ConsentTicket, ConsentTicket.id == CallSession.ticket_id)
        .join(Account, Account.account_id == CallSession.account_id)
        .where(
            CallSession.id == call_id,
            CallSession.origin == schemas.Origin.CALLER.value,
            CallSession.ended_at.is_not(None),
            CallSession.deleted_at.is_(None),
            CallSession.erased_at.is_(None),
            Campaign.deleted_at.is_(None),
            Account.deleted_at.is_(None),
        )
    )
    row = (await session.execute(query)).one_or_none()
    if row is None:
        return None
    campaign_id, campaign, name, email, phone, began, time_zone, status, reason = row
    return schemas.FinishedCall(
        campaign_id,
        campaign,
        name,
        email,
        phone,
        began,
        time_zone,
        schemas.CallStatus(status),
        schemas.EndReason(reason),
    )
