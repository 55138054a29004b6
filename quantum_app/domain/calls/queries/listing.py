"""Queries of the list of calls. Row-level security limits all of them to the session's account."""

import re
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.db.models import CallSession, CallTranscript, CallValue, Campaign, ConsentTicket, UsageEvent
from quantum_app.domain.calls import schemas
from quantum_app.domain.calls.queries import figures
from quantum_app.kit import ids
from quantum_app.kit.ids import first_id

_FEWEST_DIGITS = 4  # of a number that is looked for by a part of it


async def summaries(
    session: AsyncSession,
    filters: schemas.CallFilters,
    *,
    limit: int,
    after: UUID | None,
    waiting_since: datetime,
    search_values: bool,
    contact_hash: bytes | None,
) -> list[schemas.CallSummary]:
    """Newest first: IDs sort by time. Turns and cost are summed per call by index.

    waiting_since: results of earlier calls aren't waiting anymore.
    search_values: look for the text in collected values too. Who may not see these doesn't find calls by words in which
    a value may be, or by what the call collected besides. contact_hash: of the text, if it is a contact.
    """
    query = _query().order_by(CallSession.id.desc()).limit(limit)
    if after is not None:
        query = query.where(CallSession.id < after)
    if filters.status is not None:
        query = query.where(CallSession.status == filters.status.value)
    if filters.waiting:
        query = query.where(CallSession.id >= first_id(waiting_since), figures.is_waiting())
    if filters.campaign_id is not None:
        query = query.where(CallSession.campaign_id == filters.campaign_id)
    if filters.since is not None:
        query = query.where(CallSession.created_at >= filters.since)
    if filters.until is not None:
        query = query.where(CallSession.created_at < filters.until)
    if not filters.tests:
        query = query.where(CallSession.origin != schemas.Origin.TEST.value)
    if filters.text:
        query = query.where(_contains(filters.text, search_values=search_values, contact_hash=contact_hash))
    return [_summary(*row) for row in await session.execute(query)]


async def summary(session: AsyncSession, call_id: UUID) -> schemas.CallSummary | None:
    row = (await session.execute(_query().where(CallSession.id == call_id))).one_or_none()
    return _summary(*row) if row else None


def _query() -> Select[CallSession, str, str | None, str | None, int, Decimal]:
    return (
        select(CallSession, Campaign.name, ConsentTicket.email, ConsentTicket.name, _turns(), _cost())
        .join(Campaign, Campaign.id == CallSession.campaign_id)
        .join(ConsentTicket, ConsentTicket.id == CallSession.ticket_id)
        .where(CallSession.deleted_at.is_(None), CallSession.erased_at.is_(None))
    )


def _contains(text: str, *, search_values: bool, contact_hash: bytes | None) -> ColumnElement[bool]:
    digits = re.sub(r"\D", "", text) if re.fullmatch(r"[\d\s()+./-]+", text) else ""
    digits = digits if len(digits) >= _FEWEST_DIGITS else ""
    of_call = (CallValue.account_id == CallSession.account_id, CallValue.call_id == CallSession.id)

    def readable(*conditions: ColumnElement[bool], kind: str | None = None) -> ColumnElement[bool]:
        if search_values:
            return and_(*conditions)
        return and_(*conditions, ~exists().where(*of_call, *([] if kind is None else [CallValue.kind == kind])))

    words = exists().where(
        CallTranscript.account_id == CallSession.account_id,
        CallTranscript.call_id == CallSession.id,
        CallTranscript.text.icontains(text, autoescape=True),
    )
    is_over = [] if search_values else [CallSession.ended_at.is_not(None)]
    matches: list[ColumnElement[bool]] = [
        readable(ConsentTicket.name.icontains(text, autoescape=True), kind="name"),
        readable(ConsentTicket.email.icontains(text, autoescape=True), kind="email"),
        readable(words, *is_over),
    ]
    if (call_id := ids.decode("call", text)) is not None:
        matches.append(CallSession.id == call_id)
    if digits:
        matches.append(readable(ConsentTicket.phone.contains(digits), kind="phone"))
    if search_values:
        value_text = CallValue.value[()].astext
        values = [value_text.icontains(text, autoescape=True)]
        if digits:
            values.append(func.regexp_replace(value_text, r"\D", "", "g").contains(digits))
        if contact_hash is not None:
            values.append(CallValue.contact_hash == contact_hash)
        matches.append(exists().where(*of_call, or_(*values)))
    return or_(*matches)


def _turns() -> ScalarSelect[int]:
    return (
        select(func.count())
        .select_from(CallTranscript)
        .where(CallTranscript.account_id == CallSession.account_id, CallTranscript.call_id == CallSession.id)
        .correlate(CallSession)
        .scalar_subquery()
    )


def _cost() -> ScalarSelect[Decimal]:
    return (
        select(func.coalesce(func.sum(UsageEvent.cost), Decimal(0)))
        .where(UsageEvent.account_id == CallSession.account_id, UsageEvent.call_id == CallSession.id)
        .correlate(CallSession)
        .scalar_subquery()
    )


def _summary(
    call: CallSession, campaign: str, email: str | None, name: str | None, turns: int, cost: Decimal
) -> schemas.CallSummary:
    return schemas.CallSummary(
        call_id=call.id,
        campaign_name=campaign,
        caller_email=email or "",
        caller_name=name,
        status=schemas.CallStatus(call.status),
        end_reason=schemas.EndReason(call.end_reason) if call.end_reason else None,
        created_at=call.created_at,
        answered_at=call.answered_at,
        ended_at=call.ended_at,
        turns=turns,
        cost=cost,
        rating=call.rating,
        origin=schemas.Origin(call.origin),
        handled_at=call.handled_at,
    )
