"""Figures for the overview. The keys of calls sort by time, so each query reads only the calls since a moment."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.db.models import CallSession, CallValue
from quantum_app.domain.calls import schemas
from quantum_app.kit.ids import first_id

# A call gets its ID a moment before its time.
_BEFORE_START = timedelta(minutes=1)
_ACTIVE = CallSession.status == schemas.CallStatus.ACTIVE.value
_BY_CALLERS = (
    CallSession.origin == schemas.Origin.CALLER.value,
    CallSession.deleted_at.is_(None),
    CallSession.erased_at.is_(None),
)


def is_waiting() -> ColumnElement[bool]:
    """A caller's call that collected something, which nobody has marked as done."""
    collected = exists().where(
        CallValue.account_id == CallSession.account_id,
        CallValue.call_id == CallSession.id,
        or_(CallValue.value.is_not(None), CallValue.encrypted_value.is_not(None)),
    )
    return and_(~_ACTIVE, CallSession.handled_at.is_(None), *_BY_CALLERS, collected)


async def count_active(session: AsyncSession, since: datetime) -> int:
    """Calls of callers that are in progress, of those that began since."""
    query = select(func.count()).where(CallSession.id >= first_id(since), _ACTIVE, *_BY_CALLERS)
    return await session.scalar(query) or 0


async def figures(
    session: AsyncSession, *, today: datetime, yesterday: datetime, waiting_since: datetime, limit: int
) -> schemas.CallFigures:
    """today, yesterday: midnight at their start. limit: of calls that are counted as waiting."""
    is_today = CallSession.created_at >= today
    counts = select(func.count().filter(_ACTIVE), func.count().filter(is_today), func.count().filter(~is_today)).where(
        CallSession.id >= first_id(yesterday - _BEFORE_START), CallSession.created_at >= yesterday, *_BY_CALLERS
    )
    active, of_today, of_yesterday = (await session.execute(counts)).one()
    waiting = select(CallSession.id).where(CallSession.id >= first_id(waiting_since), is_waiting()).limit(limit)
    return schemas.CallFigures(
        active=active,
        today=of_today,
        yesterday=of_yesterday,
        waiting=await session.scalar(select(func.count()).select_from(waiting.subquery())) or 0,
    )
