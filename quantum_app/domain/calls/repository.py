"""Queries of calls. Row-level security limits all of them to the session's account."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from sqlalchemy import Interval, Select, delete, exists, func, literal, or_, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.db.models import (
    Account,
    CallCheckpoint,
    CallEvent,
    CallSession,
    CallTranscript,
    CallValue,
    Campaign,
    ConsentTicket,
    FlowVersion,
    UsageEvent,
)
from quantum_app.domain.calls import schemas
from quantum_app.domain.calls.orphans import PRESUMED_REASONS
from quantum_app.domain.calls.queries import listing
from quantum_app.kit.ids import new_id
from quantum_app.kit.sanitize import sanitize_for_postgres

_SWEEP_LOCK = 7_261_001  # advisory lock

_Record = TypeVar("_Record", CallTranscript, CallEvent, UsageEvent)


async def add(
    session: AsyncSession,
    account_id: UUID,
    call_id: UUID,
    campaign_id: UUID,
    flow_version: int,
    *,
    email: str | None,
    name: str | None,
    phone: str | None,
    wording: str,
    wording_version: str,
    language: str,
    origin: str,
    at: datetime,
) -> None:
    """Insert a consent ticket and the call it allows."""
    ticket = ConsentTicket(
        account_id=account_id,
        id=new_id(),
        campaign_id=campaign_id,
        email=email,
        name=name,
        phone=phone,
        wording=wording,
        wording_version=wording_version,
        language=language,
        consented_at=at,
    )
    session.add(ticket)
    await session.flush()
    call = CallSession(
        account_id=account_id,
        id=call_id,
        campaign_id=campaign_id,
        flow_version=flow_version,
        ticket_id=ticket.id,
        origin=origin,
        created_at=at,
    )
    session.add(call)
    await session.flush()


async def has_calls_of(session: AsyncSession, origin: str) -> bool:
    """Whether there is a call of this origin, deleted or not."""
    return bool(await session.scalar(select(exists().where(CallSession.origin == origin))))


async def is_open_to_caller(session: AsyncSession, call_id: UUID) -> bool:
    """Whether the call exists and neither it nor its campaign nor its account is deleted."""
    query = (
        select(CallSession.id)
        .join(Campaign, Campaign.id == CallSession.campaign_id)
        .join(Account, Account.account_id == CallSession.account_id)
        .where(
            CallSession.id == call_id,
            CallSession.deleted_at.is_(None),
            CallSession.erased_at.is_(None),
            Campaign.deleted_at.is_(None),
            Account.deleted_at.is_(None),
        )
    )
    return await session.scalar(query) is not None


async def is_erased(session: AsyncSession, call_id: UUID) -> bool:
    """Whether there was such a call, and what it held was removed for good."""
    return bool(
        await session.scalar(select(exists().where(CallSession.id == call_id, CallSession.erased_at.is_not(None))))
    )


async def get_briefing(session: AsyncSession, call_id: UUID) -> schemas.CallBriefing | None:
    query = (
        select(CallSession, Campaign, ConsentTicket, Account, FlowVersion.definition)
        .join(Campaign, Campaign.id == CallSession.campaign_id)
        .join(ConsentTicket, ConsentTicket.id == CallSession.ticket_id)
        .join(Account, Account.account_id == CallSession.account_id)
        .join(
            FlowVersion,
            (FlowVersion.campaign_id == CallSession.campaign_id) & (FlowVersion.version == CallSession.flow_version),
        )
        .where(CallSession.id == call_id)
    )
    row = (await session.execute(query)).one_or_none()
    if row is None:
        return None
    call, campaign, ticket, account, flow = row
    return schemas.CallBriefing(
        call_id=call.id,
        account_id=call.account_id,
        account_name=account.name,
        campaign_id=campaign.id,
        campaign_name=campaign.name,
        assistant_name=campaign.assistant_name,
        caller_name=ticket.name,
        caller_email=ticket.email,
        known_caller=await _has_called_before(session, call_id, ticket.email),
        consent_version=ticket.wording_version,
        consented_at=ticket.consented_at,
        created_at=call.created_at,
        flow_version=call.flow_version,
        flow=flow,
        checkpoint=await _checkpoint(session, call_id) if call.answered_at else None,
        time_zone=account.time_zone,
        max_duration=campaign.max_duration,
        status=schemas.CallStatus(call.status),
        last_seq=await _last_seq(session, call_id),
        answered_at=call.answered_at,
    )


async def _has_called_before(session: AsyncSession, call_id: UUID, email: str | None) -> bool:
    if email is None:
        return False
    query = (
        select(CallSession.id)
        .join(ConsentTicket, ConsentTicket.id == CallSession.ticket_id)
        .where(ConsentTicket.email == email, CallSession.id != call_id, CallSession.answered_at.is_not(None))
    )
    return await session.scalar(query.limit(1)) is not None


async def _checkpoint(session: AsyncSession, call_id: UUID) -> str | None:
    return await session.scalar(select(CallCheckpoint.encrypted_state).where(CallCheckpoint.call_id == call_id))


async def _last_seq(session: AsyncSession, call_id: UUID) -> int:
    parts = [
        select(func.max(table.seq)).where(table.call_id == call_id).scalar_subquery()
        for table in (CallTranscript, CallEvent, UsageEvent, CallCheckpoint)
    ]
    return await session.scalar(select(func.coalesce(func.greatest(*parts), 0))) or 0


async def mark_answered(session: AsyncSession, call_id: UUID, at: datetime) -> bool:
    """Returns False if the call doesn't exist. Keeps an earlier time."""
    query = (
        update(CallSession)
        .where(CallSession.id == call_id)
        .values(answered_at=func.coalesce(CallSession.answered_at, at))
        .returning(CallSession.id)
    )
    return await session.scalar(query) is not None


async def lock_calls(session: AsyncSession, call_ids: set[UUID]) -> dict[UUID, bool]:
    """For each of the calls that exist, whether it is erased. Locks them, so the answer holds for the transaction."""
    query = select(CallSession.id, CallSession.erased_at.is_not(None)).where(CallSession.id.in_(call_ids))
    # The lock that foreign keys take anyway. `erase` waits for it, `end` doesn't.
    query = query.order_by(CallSession.id).with_for_update(read=True, key_share=True)
    return {call_id: is_erased for call_id, is_erased in await session.execute(query)}


async def add_turns(session: AsyncSession, account_id: UUID, turns: Sequence[schemas.Turn]) -> None:
    rows = [
        {
            "account_id": account_id,
            "call_id": turn.call_id,
            "seq": turn.seq,
            "speaker": turn.speaker.value,
            "text": sanitize_for_postgres(turn.text),
            "started_at": turn.started_at,
            "ended_at": turn.ended_at,
            "typed": turn.typed,
            "interrupted": turn.interrupted,
            "node_id": turn.node_id,
            "sources": sanitize_for_postgres(turn.sources),
            "latency": asdict(turn.latency) if turn.latency else None,
        }
        for turn in turns
    ]
    await session.execute(insert(CallTranscript).on_conflict_do_nothing(), rows)


async def add_events(session: AsyncSession, account_id: UUID, events: Sequence[schemas.CallEvent]) -> None:
    rows = [{"account_id": account_id, **asdict(event), "data": sanitize_for_postgres(event.data)} for event in events]
    await session.execute(insert(CallEvent).on_conflict_do_nothing(), rows)


async def save_checkpoints(session: AsyncSession, account_id: UUID, checkpoints: Sequence[schemas.Checkpoint]) -> None:
    """Keep the newest checkpoint of each call. checkpoints: At most one per call."""
    query = insert(CallCheckpoint)
    query = query.on_conflict_do_update(
        index_elements=[CallCheckpoint.account_id, CallCheckpoint.call_id],
        set_={name: query.excluded[name] for name in ("seq", "encrypted_state", "at")},
        where=CallCheckpoint.seq < query.excluded.seq,
    )
    await session.execute(query, [{"account_id": account_id, **asdict(item)} for item in checkpoints])


async def save_values(session: AsyncSession, account_id: UUID, values: Sequence[schemas.StoredValue]) -> None:
    """Keep the newest value of each variable. values: At most one per call and variable."""
    query = insert(CallValue)
    columns = ("seq", "label", "kind", "sensitivity", "value", "encrypted_value", "contact_hash", "at")
    query = query.on_conflict_do_update(
        index_elements=[CallValue.account_id, CallValue.call_id, CallValue.variable],
        set_={name: query.excluded[name] for name in columns},
        where=CallValue.seq < query.excluded.seq,
    )
    rows = [
        {
            "account_id": account_id,
            **asdict(item),
            "label": sanitize_for_postgres(item.label),
            "value": sanitize_for_postgres(item.value),
        }
        for item in values
    ]
    await session.execute(query, rows)


async def values_of(
    session: AsyncSession, call_ids: Sequence[UUID], variable: str | None = None
) -> list[schemas.StoredValue]:
    """What these calls collected, in the order in which it was told. variable: None for all."""
    query = select(CallValue).where(
        CallValue.call_id.in_(call_ids), or_(CallValue.value.is_not(None), CallValue.encrypted_value.is_not(None))
    )
    if variable is not None:
        query = query.where(CallValue.variable == variable)
    return [
        schemas.StoredValue(**{name: getattr(row, name) for name in schemas.StoredValue.__slots__})
        for row in await session.scalars(query.order_by(CallValue.call_id, CallValue.seq, CallValue.variable))
    ]


async def account_and_time_zone(session: AsyncSession) -> tuple[UUID, str]:
    """The session's account, and the IANA name of its time zone."""
    account_id, time_zone = (await session.execute(select(Account.account_id, Account.time_zone))).one()
    return account_id, time_zone


async def add_usage(session: AsyncSession, account_id: UUID, usage: Sequence[schemas.Usage]) -> None:
    rows = [{"account_id": account_id, **asdict(item)} for item in usage]
    await session.execute(insert(UsageEvent).on_conflict_do_nothing(), rows)


async def end(session: AsyncSession, end: schemas.CallEnd) -> bool:
    """Store how a call ended. Returns whether that changed anything.

    Several ends may be reported in any order. A worker's report wins over a presumed end, then the earliest wins.
    """
    presumed_reasons = [reason.value for reason in PRESUMED_REASONS]
    current_end = tuple_(
        CallSession.end_reason.in_(presumed_reasons), CallSession.ended_at, CallSession.end_reason, CallSession.status
    )
    reported_end = tuple_(end.reason in PRESUMED_REASONS, end.ended_at, end.reason.value, end.status.value)
    query = (
        update(CallSession)
        .where(CallSession.id == end.call_id, or_(CallSession.ended_at.is_(None), current_end > reported_end))
        .values(
            status=end.status.value,
            end_reason=end.reason.value,
            ended_at=end.ended_at,
            interruptions=end.interruptions,
        )
        .returning(CallSession.id)
    )
    return await session.scalar(query) is not None


async def rate(session: AsyncSession, call_id: UUID, stars: int, comment: str | None) -> bool:
    query = (
        update(CallSession)
        .where(CallSession.id == call_id, CallSession.erased_at.is_(None))
        .values(rating=stars, comment=comment)
        .returning(CallSession.id)
    )
    return await session.scalar(query) is not None


async def detail(session: AsyncSession, call_id: UUID) -> schemas.CallDetail | None:
    summary = await listing.summary(session, call_id)
    if summary is None:
        return None
    query = (
        select(CallSession, Campaign.assistant_name, ConsentTicket.wording_version, ConsentTicket.language)
        .join(Campaign, Campaign.id == CallSession.campaign_id)
        .join(ConsentTicket, ConsentTicket.id == CallSession.ticket_id)
        .where(CallSession.id == call_id)
    )
    call, assistant_name, consent_version, language = (await session.execute(query)).one()
    turns = await session.scalars(_records(CallTranscript, call_id))
    events = await session.scalars(_records(CallEvent, call_id))
    usage = await session.scalars(_records(UsageEvent, call_id))
    return schemas.CallDetail(
        summary=summary,
        campaign_id=call.campaign_id,
        assistant_name=assistant_name,
        flow_version=call.flow_version,
        consent_version=consent_version,
        language=language,
        interruptions=call.interruptions,
        comment=call.comment,
        turns=tuple(_turn(row) for row in turns),
        events=tuple(schemas.CallEvent(row.call_id, row.seq, row.kind, row.at, row.data) for row in events),
        usage=tuple(
            schemas.Usage(row.call_id, row.seq, row.provider, row.kind, row.unit, row.quantity, row.cost, row.at)
            for row in usage
        ),
    )


def _records(table: type[_Record], call_id: UUID) -> Select[_Record]:
    return select(table).where(table.call_id == call_id).order_by(table.seq)


def _turn(row: CallTranscript) -> schemas.Turn:
    return schemas.Turn(
        call_id=row.call_id,
        seq=row.seq,
        speaker=schemas.Speaker(row.speaker),
        text=row.text,
        started_at=row.started_at,
        ended_at=row.ended_at,
        typed=row.typed,
        interrupted=row.interrupted,
        node_id=row.node_id,
        sources=tuple(row.sources),
        latency=schemas.Latency(**row.latency) if row.latency else None,
    )


async def count_of_campaign(session: AsyncSession, campaign_id: UUID) -> schemas.CampaignCalls:
    active = CallSession.status == schemas.CallStatus.ACTIVE.value
    query = select(func.count().filter(active), func.count().filter(~active)).where(
        CallSession.campaign_id == campaign_id, CallSession.deleted_at.is_(None), CallSession.erased_at.is_(None)
    )
    return schemas.CampaignCalls(*(await session.execute(query)).one())


async def list_deleted(
    session: AsyncSession,
    deleted_since: datetime,
    *,
    retention_of_deleted: timedelta,
    retention: timedelta | None,
    limit: int,
) -> list[schemas.DeletedCall]:
    """Most recently deleted first. Ignores NULL: a campaign that isn't deleted, or no retention."""
    kept_until = func.least(
        CallSession.deleted_at + retention_of_deleted,
        Campaign.deleted_at + retention_of_deleted,
        CallSession.ended_at + literal(retention, Interval),
    )
    query = (
        select(
            CallSession.id,
            Campaign.name,
            func.coalesce(ConsentTicket.email, ""),
            ConsentTicket.name,
            CallSession.created_at,
            CallSession.deleted_at,
            kept_until,
        )
        .join(Campaign, Campaign.id == CallSession.campaign_id)
        .join(ConsentTicket, ConsentTicket.id == CallSession.ticket_id)
        .where(CallSession.deleted_at >= deleted_since, CallSession.erased_at.is_(None))
        .order_by(CallSession.deleted_at.desc())
        .limit(limit)
    )
    return [schemas.DeletedCall(*row) for row in await session.execute(query)]


async def lock_sweep(session: AsyncSession) -> bool:
    """Make this transaction the only one that ends orphaned calls. Returns False if there is one already."""
    return bool(await session.scalar(text("select pg_try_advisory_xact_lock(:key)"), {"key": _SWEEP_LOCK}))


async def open_calls(session: AsyncSession, created_before: datetime) -> list[schemas.OpenCall]:
    """Open calls of all accounts. Needs the sweep's system session."""
    rows = await session.execute(
        text("select account_id, call_id from api.open_calls(:before)"), {"before": created_before}
    )
    return [schemas.OpenCall(row.account_id, row.call_id) for row in rows]


async def set_handled(session: AsyncSession, call_id: UUID, at: datetime | None, by: UUID | None) -> bool:
    """Returns False if the call doesn't exist, is deleted or erased, or is in that state already."""
    query = update(CallSession).where(
        CallSession.id == call_id,
        CallSession.deleted_at.is_(None),
        CallSession.erased_at.is_(None),
        CallSession.handled_at.is_(None) if at else CallSession.handled_at.is_not(None),
    )
    return await session.scalar(query.values(handled_at=at, handled_by=by).returning(CallSession.id)) is not None


async def set_deleted(session: AsyncSession, call_id: UUID, at: datetime | None) -> bool:
    """Delete or restore. Returns False if the call doesn't exist, is erased, or is in that state already."""
    query = update(CallSession).where(
        CallSession.id == call_id,
        CallSession.erased_at.is_(None),
        CallSession.deleted_at.is_(None) if at else CallSession.deleted_at.is_not(None),
    )
    return await session.scalar(query.values(deleted_at=at).returning(CallSession.id)) is not None


async def ids_of_contact(
    session: AsyncSession, contact: str, contact_hash: bytes, emailed: Sequence[UUID]
) -> list[UUID]:
    """Calls on which this email address or phone number was given, including deleted ones but not erased ones.

    contact_hash: of the contact, which values that were collected are found by.
    emailed: Calls that it was emailed about.
    """
    calls_with_contact = select(CallValue.call_id).where(CallValue.contact_hash == contact_hash)
    query = (
        select(CallSession.id)
        .join(ConsentTicket, ConsentTicket.id == CallSession.ticket_id)
        .where(
            or_(
                ConsentTicket.email == contact,
                ConsentTicket.phone == contact,
                CallSession.id.in_(calls_with_contact),
                CallSession.id.in_(emailed),
            ),
            CallSession.erased_at.is_(None),
        )
    )
    return list(await session.scalars(query.order_by(CallSession.id)))


async def all_ids(session: AsyncSession) -> list[UUID]:
    """IDs of all of the account's calls."""
    return list(await session.scalars(select(CallSession.id).order_by(CallSession.id)))


async def ids_past_retention(
    session: AsyncSession, *, ended_before: datetime | None, deleted_before: datetime, limit: int
) -> list[UUID]:
    """Calls past retention, oldest first: ended too long ago, or deleted (or their campaign was) too long ago."""
    deleted_campaigns = select(Campaign.id).where(Campaign.deleted_at < deleted_before)
    conditions = [CallSession.deleted_at < deleted_before, CallSession.campaign_id.in_(deleted_campaigns)]
    if ended_before is not None:
        conditions.append(CallSession.ended_at < ended_before)
    query = select(CallSession.id).where(or_(*conditions), CallSession.erased_at.is_(None))
    return list(await session.scalars(query.order_by(CallSession.id).limit(limit)))


async def erase(session: AsyncSession, call_ids: Sequence[UUID], at: datetime) -> None:
    """Remove who called and what was said. The call's row, the consent text and the usage stay."""
    # Lock first: a recorder has either finished, or waits and then sees that the call is erased.
    locked = select(CallSession.id).where(CallSession.id.in_(call_ids)).order_by(CallSession.id).with_for_update()
    await session.execute(locked)
    await session.execute(update(CallSession).where(CallSession.id.in_(call_ids)).values(comment=None, erased_at=at))
    await session.execute(delete(CallTranscript).where(CallTranscript.call_id.in_(call_ids)))
    await session.execute(delete(CallEvent).where(CallEvent.call_id.in_(call_ids)))
    await session.execute(delete(CallCheckpoint).where(CallCheckpoint.call_id.in_(call_ids)))
    await session.execute(delete(CallValue).where(CallValue.call_id.in_(call_ids)))
    tickets = select(CallSession.ticket_id).where(CallSession.id.in_(call_ids))
    await session.execute(
        update(ConsentTicket).where(ConsentTicket.id.in_(tickets)).values(email=None, name=None, phone=None)
    )
