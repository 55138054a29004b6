"""Calls: starting them, recording them, and reading, deleting and erasing them afterwards.

Every function works in the account of its session. Recording is idempotent: the worker sends each record until it is
stored, in any order, and nothing is stored twice.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.db import queue
from quantum_app.domain.audit import service as audit
from quantum_app.domain.audit.schemas import Actor
from quantum_app.domain.calls import collected, masking, repository
from quantum_app.domain.calls.queries import figures, finished_calls, listing
from quantum_app.domain.calls.schemas import (
    CallBriefing,
    CallDetail,
    CallEnd,
    CallEvent,
    CallFigures,
    CallFilters,
    CallPage,
    CallRef,
    CallStatus,
    CallSummary,
    CampaignCalls,
    Checkpoint,
    CollectedValue,
    DeletedCall,
    EventKind,
    Origin,
    StoredValue,
    Turn,
    Usage,
)
from quantum_app.domain.campaigns.schemas import CampaignSnapshot
from quantum_app.domain.outbox import service as outbox
from quantum_app.errors import CallNotFound, Conflict, ConsentRequired, InvalidInput, NotFound
from quantum_app.kit.clock import now
from quantum_app.kit.ids import new_id
from quantum_app.kit.phone import region_of_time_zone
from quantum_app.kit.sanitize import sanitize_for_postgres

RESULT_TASK = "send_call_result"  # the job's name
MAX_PAGE_SIZE = 100
MAX_COMMENT_LENGTH = 2000
DELETED_RETENTION = timedelta(days=30)
WAITING_PERIOD = timedelta(days=30)
FIGURES_LIMIT = 100  # more are shown as "99+"


def check_start(campaign: CampaignSnapshot, *, consent: bool, consent_version: str) -> int:
    """The flow version a new call would use. Writes nothing.

    Raises Conflict if the campaign is paused or the consent text has changed, ConsentRequired.
    """
    if not campaign.active or campaign.flow_version is None:
        raise Conflict("This assistant isn't taking calls right now. Try again later.", code="campaign_paused")
    if not consent:
        raise ConsentRequired("Agree to how your call is processed before you start.")
    if consent_version != campaign.consent_version:
        raise Conflict("The consent text has changed. Read it and agree again.", code="consent_outdated")
    return campaign.flow_version


async def start(
    session: AsyncSession,
    campaign: CampaignSnapshot,
    *,
    email: str | None,
    name: str | None,
    phone: str | None = None,
    consent: bool,
    consent_version: str,
    call_id: UUID | None = None,
    origin: Origin = Origin.CALLER,
) -> CallRef:
    """Create the consent ticket and the call. Raises what `check_start` raises.

    email, phone: Normalized.
    call_id: Set if the caller of this function has issued an ID already.
    """
    flow_version = check_start(campaign, consent=consent, consent_version=consent_version)
    call_id = call_id or new_id()
    await repository.add(
        session,
        campaign.account_id,
        call_id,
        campaign.campaign_id,
        flow_version,
        email=email,
        name=sanitize_for_postgres(name),
        phone=phone,
        wording=campaign.consent_text,
        wording_version=campaign.consent_version,
        language=campaign.language,
        origin=origin.value,
        at=now(),
    )
    return CallRef(campaign.account_id, call_id, campaign.campaign_id)


async def get_briefing(session: AsyncSession, call_id: UUID) -> CallBriefing:
    """What the worker needs to hold the call.

    Raises NotFound, also if the call, its campaign or its account is deleted; Conflict if the call has ended.
    """
    briefing = await repository.get_briefing(session, call_id)
    if briefing is None or not await repository.is_open_to_caller(session, call_id):
        raise CallNotFound()
    if briefing.status is not CallStatus.ACTIVE:
        raise Conflict("This call has ended. Start a new one.", code="call_ended")
    return briefing


async def mark_answered(session: AsyncSession, call_id: UUID) -> None:
    """Note that the assistant has joined. Only the first time counts. Raises NotFound."""
    if not await repository.mark_answered(session, call_id, now()):
        raise CallNotFound()


async def record(
    session: AsyncSession, account_id: UUID, records: Sequence[Turn | CallEvent | Usage | Checkpoint | CallEnd]
) -> None:
    """Store records of the account's calls. Records that exist already stay unchanged.

    Of a call's checkpoints only the newest stays, as do a variable's values, which events hold no longer then.
    Records are sorted before they are written, so that two writers of the same call can't deadlock.
    Raises NotFound if a record's call isn't the account's, and SQLAlchemy's IntegrityError or DataError for a record
    that violates a constraint.
    """
    if not records:
        return
    erased_by_call = await repository.lock_calls(session, {item.call_id for item in records})
    if any(item.call_id not in erased_by_call for item in records):
        raise CallNotFound()
    # A late record must not bring back what was erased.
    records = [item for item in records if not erased_by_call[item.call_id] or isinstance(item, CallEnd)]
    turns = sorted((item for item in records if isinstance(item, Turn)), key=_sort_key)
    events = sorted((item for item in records if isinstance(item, CallEvent)), key=_sort_key)
    usage = sorted((item for item in records if isinstance(item, Usage)), key=_sort_key)
    checkpoints = sorted((item for item in records if isinstance(item, Checkpoint)), key=_sort_key)
    newest = {item.call_id: item for item in checkpoints}
    if turns:
        await repository.add_turns(session, account_id, turns)
    if events:
        await repository.add_events(session, account_id, [collected.without_value(item) for item in events])
        await _save_values(session, account_id, events)
    if usage:
        await repository.add_usage(session, account_id, usage)
    if newest:
        await repository.save_checkpoints(session, account_id, list(newest.values()))
    ends = sorted((item for item in records if isinstance(item, CallEnd)), key=lambda end: end.call_id)
    for item in ends:
        await repository.end(session, item)
    await enqueue_results(session, account_id, [item.call_id for item in ends])


async def enqueue_results(session: AsyncSession, account_id: UUID, call_ids: Sequence[UUID]) -> None:
    """Have the results of calls that have ended emailed, where there are any.

    Also for a call whose end was known already: its values may have arrived since. Each recipient gets one email.
    """
    for call_id in await finished_calls.with_results(session, call_ids) if call_ids else ():
        await queue.defer(session, RESULT_TASK, queue=queue.MAIL, account_id=str(account_id), call_id=str(call_id))


async def _save_values(session: AsyncSession, account_id: UUID, events: Sequence[CallEvent]) -> None:
    """Keep what the events tell of collected values. events: Sorted."""
    if not any(item.kind == EventKind.SLOT_FILLED for item in events):
        return
    _, time_zone = await repository.account_and_time_zone(session)
    region = region_of_time_zone(time_zone)
    newest: dict[tuple[UUID, str], StoredValue] = {}
    for item in events:
        if (value := collected.stored_value(account_id, item, region)) is not None:
            newest[value.call_id, value.variable] = value
    if newest:
        await repository.save_values(session, account_id, [newest[key] for key in sorted(newest)])


async def list_calls(
    session: AsyncSession,
    filters: CallFilters | None = None,
    *,
    after: UUID | None = None,
    limit: int = 50,
    see_values: bool = False,
) -> CallPage:
    """A page of the account's calls, newest first.

    after: Cursor from the previous page.
    limit: At most 100.
    see_values: Whether the reader may see what was collected, and find calls by it.
    """
    limit, filters = max(1, min(limit, MAX_PAGE_SIZE)), filters or CallFilters()
    filters = replace(filters, text=sanitize_for_postgres(filters.text).strip())
    contact_hash: bytes | None = None
    if filters.text and see_values:
        account_id, time_zone = await repository.account_and_time_zone(session)
        contact = collected.contact_in(filters.text, region_of_time_zone(time_zone))
        contact_hash = collected.contact_hash(account_id, contact) if contact else None
    summaries = await listing.summaries(
        session,
        filters,
        limit=limit + 1,
        after=after,
        waiting_since=now() - WAITING_PERIOD,
        search_values=see_values,
        contact_hash=contact_hash,
    )
    page = await with_values(session, summaries[:limit], see_values=see_values)
    return CallPage(tuple(page), summaries[limit - 1].call_id if len(summaries) > limit else None)


async def get_figures(session: AsyncSession, time_zone: str) -> CallFigures:
    """The account's calls at a glance. time_zone: IANA name; decides when a day begins."""
    at = now()
    today = datetime.combine(at.astimezone(ZoneInfo(time_zone)), time(), ZoneInfo(time_zone))
    return await figures.figures(
        session,
        today=today,
        yesterday=today - timedelta(days=1),
        waiting_since=at - WAITING_PERIOD,
        limit=FIGURES_LIMIT,
    )


async def count_active(session: AsyncSession) -> int:
    """How many of the account's callers are on a call. No call lasts a day."""
    return await figures.count_active(session, now() - timedelta(days=1))


async def count_of_campaign(session: AsyncSession, campaign_id: UUID) -> CampaignCalls:
    """Count a campaign's calls."""
    return await repository.count_of_campaign(session, campaign_id)


async def list_deleted(session: AsyncSession, retention_days: int | None, *, limit: int) -> list[DeletedCall]:
    """Calls deleted in the last 30 days, most recently deleted first.

    retention_days: The account's retention, which may erase a call sooner.
    """
    retention = timedelta(days=retention_days) if retention_days is not None else None
    since = now() - DELETED_RETENTION
    return await repository.list_deleted(
        session, since, retention_of_deleted=DELETED_RETENTION, retention=retention, limit=limit
    )


async def get_detail(session: AsyncSession, call_id: UUID, *, see_values: bool = False) -> CallDetail:
    """One call with its transcript, events, values and usage. Raises NotFound.

    see_values: Whether the reader may see what was collected. Encrypted values stay masked until `reveal`. Who may not
    doesn't read them in the call's words either.
    """
    call = await repository.detail(session, call_id)
    if call is None:
        raise CallNotFound()
    values = await repository.values_of(session, [call_id])
    if not see_values:
        call = masking.hide_values(call, values)
    return replace(call, summary=_with_values(call.summary, values, see_values=see_values))


async def is_erased(session: AsyncSession, call_id: UUID) -> bool:
    """Whether there was such a call, and it was erased."""
    return await repository.is_erased(session, call_id)


async def with_values(
    session: AsyncSession, summaries: Sequence[CallSummary], *, see_values: bool
) -> list[CallSummary]:
    """The same calls with what they collected. see_values: As in `get_detail`."""
    values: dict[UUID, list[StoredValue]] = {item.call_id: [] for item in summaries}
    for stored_value in await repository.values_of(session, list(values)) if values else ():
        values[stored_value.call_id].append(stored_value)
    if not see_values:
        summaries = [masking.hide_caller(item, masking.mask_of(values[item.call_id])) for item in summaries]
    return [_with_values(item, values[item.call_id], see_values=see_values) for item in summaries]


def _with_values(call: CallSummary, values: Sequence[StoredValue], *, see_values: bool) -> CallSummary:
    return replace(call, values=tuple(collected.display(item, permitted=see_values) for item in values))


async def reveal(session: AsyncSession, account_id: UUID, actor: Actor, call_id: UUID, variable: str) -> CollectedValue:
    """An encrypted value of a call, for an actor who may see values. Audited.

    Raises NotFound; Conflict if it was encrypted with another key.
    """
    await get_detail(session, call_id)
    values = await repository.values_of(session, [call_id], variable)
    if not values:
        raise NotFound("This value is no longer there.")
    plain_value = collected.reveal(values[0])
    if plain_value.masked:
        raise Conflict("This value can't be read: it was encrypted with another key.", code="value_unreadable")
    await audit.record(
        session, account_id, actor, "calls.revealed", "call", call_id, new={"variable": values[0].variable}
    )
    return plain_value


async def mark_handled(
    session: AsyncSession, account_id: UUID, actor: Actor, call_id: UUID, *, handled: bool = True
) -> None:
    """Mark the result of a call as done, or as open again. Raises NotFound, also if it is in that state already."""
    at, by = (now(), actor.user_id) if handled else (None, None)
    if not await repository.set_handled(session, call_id, at, by):
        raise CallNotFound()
    await audit.record(session, account_id, actor, "calls.handled" if handled else "calls.reopened", "call", call_id)


async def rate(session: AsyncSession, call_id: UUID, stars: int, comment: str | None = None) -> None:
    """Save the caller's rating. A later one replaces an earlier one.

    Raises InvalidInput; NotFound, also if the call, its campaign or its account is deleted.
    """
    if not 1 <= stars <= 5:
        raise InvalidInput("Choose 1 to 5 stars.", code="rating_out_of_range")
    comment = sanitize_for_postgres(comment.strip()[:MAX_COMMENT_LENGTH]) if comment else None
    is_open = await repository.is_open_to_caller(session, call_id)
    if not is_open or not await repository.rate(session, call_id, stars, comment or None):
        raise CallNotFound()


async def delete(session: AsyncSession, account_id: UUID, actor: Actor, call_id: UUID) -> None:
    """Hide a call. It can be restored for 30 days. Raises NotFound."""
    if not await repository.set_deleted(session, call_id, now()):
        raise CallNotFound()
    await audit.record(session, account_id, actor, "calls.deleted", "call", call_id)


async def restore(session: AsyncSession, account_id: UUID, actor: Actor, call_id: UUID) -> None:
    """Restore a deleted call. Raises NotFound if it isn't deleted or was erased meanwhile."""
    if not await repository.set_deleted(session, call_id, None):
        raise CallNotFound()
    await audit.record(session, account_id, actor, "calls.restored", "call", call_id)


async def ids_of_contact(session: AsyncSession, account_id: UUID, contact: str) -> list[UUID]:
    """IDs of the account's calls by one caller, who gave this contact before, on or after the call.

    contact: Normalized email address or phone number.
    """
    emailed = await outbox.call_ids_of_recipient(session, contact)
    return await repository.ids_of_contact(session, contact, collected.contact_hash(account_id, contact), emailed)


async def all_ids(session: AsyncSession) -> list[UUID]:
    """IDs of all of the account's calls, including deleted and erased ones."""
    return await repository.all_ids(session)


async def erase(session: AsyncSession, call_ids: Sequence[UUID]) -> None:
    """Permanently remove who called and what was said. Usage, cost and the record of consent stay."""
    await _erase(session, call_ids, now())


async def _erase(session: AsyncSession, call_ids: Sequence[UUID], at: datetime) -> None:
    await repository.erase(session, call_ids, at)
    await outbox.forget_recipients(session, call_ids)


async def erase_past_retention(session: AsyncSession, retention_days: int | None, *, limit: int = 500) -> list[UUID]:
    """Erase calls past the account's retention, and calls that were deleted (or whose campaign was) 30 days ago.

    Returns the IDs of the erased calls, at most `limit`.
    """
    at = now()
    call_ids = await repository.ids_past_retention(
        session,
        ended_before=at - timedelta(days=retention_days) if retention_days else None,
        deleted_before=at - DELETED_RETENTION,
        limit=limit,
    )
    if call_ids:
        await _erase(session, call_ids, at)
    return call_ids


def _sort_key(item: Turn | CallEvent | Usage | Checkpoint) -> tuple[UUID, int]:
    return item.call_id, item.seq
