"""Calls: their beginning, what is said on them, their end, and how they are looked at afterwards.

Every function works in the account of the session it is given. Records are idempotent: the worker sends each of them
until it is stored, in any order, and nothing is stored twice.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.domain.audit import service as audit
from quantum_app.domain.audit.schemas import Actor
from quantum_app.domain.calls import repository
from quantum_app.domain.calls.rules import storable
from quantum_app.domain.calls.schemas import (
    CallBriefing,
    CallDetail,
    CallEnd,
    CallEvent,
    CallPage,
    CallStarted,
    CallStatus,
    Turn,
    Usage,
)
from quantum_app.domain.campaigns.schemas import CampaignSnapshot
from quantum_app.errors import Conflict, ConsentRequired, InvalidInput, NotFound
from quantum_app.kit.clock import now
from quantum_app.kit.ids import new_id

LARGEST_PAGE = 100
LONGEST_COMMENT = 2000
DELETED_KEPT = timedelta(days=30)


def check_start(campaign: CampaignSnapshot, *, consent: bool, consent_version: str) -> int:
    """The flow version a call would begin with, if it may begin at all; writes nothing.

    Raises Conflict for a paused campaign or an outdated wording, ConsentRequired.
    """
    if not campaign.active or campaign.flow_version is None:
        raise Conflict("This assistant takes no calls at the moment. Please try again later.", code="campaign_paused")
    if not consent:
        raise ConsentRequired("A call can only start when you agree to how it is processed.")
    if consent_version != campaign.consent_version:
        raise Conflict(
            "The wording you agreed to has changed. Please read it again and agree once more.", code="consent_outdated"
        )
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
) -> CallStarted:
    """Write the consent ticket and the call. email, phone: in their normal form. call_id: where it has one already.

    Raises what `check_start` raises.
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
        name=storable(name),
        phone=phone,
        wording=campaign.consent_text,
        wording_version=campaign.consent_version,
        language=campaign.language,
        at=now(),
    )
    return CallStarted(call_id, campaign.account_id, campaign.campaign_id)


async def brief(session: AsyncSession, call_id: UUID) -> CallBriefing:
    """What the worker needs to hold the call.

    Raises NotFound, also where call, campaign or account are deleted; Conflict when the call has ended.
    """
    briefing = await repository.briefing(session, call_id)
    if briefing is None or not await repository.open_to_caller(session, call_id):
        raise _unknown()
    if briefing.status is not CallStatus.ACTIVE:
        raise Conflict("This call has ended. Start a new one.", code="call_ended")
    return briefing


async def answered(session: AsyncSession, call_id: UUID) -> None:
    """The assistant is in the room; the first time counts. Raises NotFound."""
    if not await repository.answered(session, call_id, now()):
        raise _unknown()


async def record(
    session: AsyncSession, account_id: UUID, records: Sequence[Turn | CallEvent | Usage | CallEnd]
) -> None:
    """Store records of the account's calls; those already stored stay as they are.

    Sorted before they are written, so that two writers of the same call never wait for each other in a circle.
    Raises NotFound when a record's call is not one of the account's, SQLAlchemy's IntegrityError or DataError for a
    record the tables refuse.
    """
    if not records:
        return
    known = await repository.known(session, {item.call_id for item in records})
    if any(item.call_id not in known for item in records):
        raise _unknown()
    # What is erased stays so, whatever a worker still has to say.
    records = [item for item in records if not known[item.call_id] or isinstance(item, CallEnd)]
    turns = sorted((item for item in records if isinstance(item, Turn)), key=_order)
    events = sorted((item for item in records if isinstance(item, CallEvent)), key=_order)
    usage = sorted((item for item in records if isinstance(item, Usage)), key=_order)
    if turns:
        await repository.add_turns(session, account_id, turns)
    if events:
        await repository.add_events(session, account_id, events)
    if usage:
        await repository.add_usage(session, account_id, usage)
    for item in sorted((item for item in records if isinstance(item, CallEnd)), key=lambda end: end.call_id):
        await repository.end(session, item)


async def list_calls(
    session: AsyncSession,
    *,
    after: UUID | None = None,
    limit: int = 50,
    status: CallStatus | None = None,
    campaign_id: UUID | None = None,
) -> CallPage:
    """The account's calls, newest first, at most 100. after: the previous page's `after`."""
    limit = max(1, min(limit, LARGEST_PAGE))
    found = await repository.summaries(session, limit=limit + 1, after=after, status=status, campaign_id=campaign_id)
    return CallPage(tuple(found[:limit]), found[limit - 1].call_id if len(found) > limit else None)


async def detail(session: AsyncSession, call_id: UUID) -> CallDetail:
    """One call with everything that is known of it. Raises NotFound."""
    found = await repository.detail(session, call_id)
    if found is None:
        raise _unknown()
    return found


async def rate(session: AsyncSession, call_id: UUID, stars: int, comment: str | None = None) -> None:
    """How the caller found the call; a later word replaces an earlier one.

    Raises InvalidInput; NotFound, also where call, campaign or account are deleted.
    """
    if not 1 <= stars <= 5:
        raise InvalidInput("A rating is 1 to 5 stars.", code="rating_out_of_range")
    comment = storable(comment.strip()[:LONGEST_COMMENT]) if comment else None
    known = await repository.open_to_caller(session, call_id)
    if not known or not await repository.rate(session, call_id, stars, comment or None):
        raise _unknown()


async def delete(session: AsyncSession, account_id: UUID, actor: Actor, call_id: UUID) -> None:
    """Take a call out of sight; it can be restored for 30 days. Raises NotFound."""
    if not await repository.set_deleted(session, call_id, now()):
        raise _unknown()
    await audit.record(session, account_id, actor, "calls.deleted", "call", call_id)


async def restore(session: AsyncSession, account_id: UUID, actor: Actor, call_id: UUID) -> None:
    """Bring a deleted call back. Raises NotFound when it is not deleted, or erased meanwhile."""
    if not await repository.set_deleted(session, call_id, None):
        raise _unknown()
    await audit.record(session, account_id, actor, "calls.restored", "call", call_id)


async def of_contact(session: AsyncSession, contact: str) -> list[UUID]:
    """The account's calls of somebody with this e-mail address or phone number, in their normal form."""
    return await repository.of_contact(session, contact)


async def every(session: AsyncSession) -> list[UUID]:
    """All of the account's calls, deleted and erased ones too."""
    return await repository.every(session)


async def erase(session: AsyncSession, call_ids: Sequence[UUID]) -> None:
    """Take away for good who called and what was said; what it cost stays, and that there was consent."""
    await repository.erase(session, call_ids, now())


async def erase_over(session: AsyncSession, retention_days: int | None, *, limit: int = 500) -> list[UUID]:
    """Erase calls that the account keeps no longer, and calls deleted 30 days ago, they or their campaign.

    Which they were, at most `limit`.
    """
    at = now()
    found = await repository.over(
        session,
        ended_before=at - timedelta(days=retention_days) if retention_days else None,
        deleted_before=at - DELETED_KEPT,
        limit=limit,
    )
    if found:
        await repository.erase(session, found, at)
    return found


def _order(item: Turn | CallEvent | Usage) -> tuple[UUID, int]:
    return item.call_id, item.seq


def _unknown() -> NotFound:
    return NotFound("There is no such call in this account.", code="call_not_found")
