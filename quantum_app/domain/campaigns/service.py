"""Campaigns: finding the one a caller means, and what an account does with its own."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.db.session import account_session, public_session
from quantum_app.domain.accounts import service as accounts
from quantum_app.domain.audit import service as audit
from quantum_app.domain.audit.schemas import Actor
from quantum_app.domain.campaigns import repository
from quantum_app.domain.campaigns.schemas import CampaignDraft, CampaignEntry, CampaignName, CampaignSnapshot
from quantum_app.domain.flows import service as flows
from quantum_app.domain.flows.model.definition import FlowDefinition
from quantum_app.domain.flows.service import Writer
from quantum_app.errors import InvalidInput, NotFound, QuotaExceeded, TooManyRequests
from quantum_app.kit import ids
from quantum_app.kit.clock import now
from quantum_app.settings import settings

LONGEST_NAME = 100
DELETED_KEPT = timedelta(days=30)
# What a new campaign begins with; max_duration in seconds.
ASSISTANT = "Mira"
LONGEST_CALL = 600
CONSENT = (
    "You will talk to an AI assistant. I agree that {account} transcribes this call, stores the transcript with my "
    "name and how to reach me, and uses it to answer my question and to follow up."
)


async def open_to_public(public_id: str) -> CampaignSnapshot:
    """The campaign behind a public id, for somebody without a login; it may be paused. Opens its own sessions.

    Raises NotFound, DependencyUnavailable(DB).
    """
    async with public_session() as session:
        # Postgres knows no text with a NUL in it, not even to look for.
        ref = await repository.by_public_id(session, public_id) if "\0" not in public_id else None
    if ref is None:
        raise NotFound("There is no such call page. Check the link you were given.", code="campaign_not_found")
    async with account_session(ref.account_id) as session:
        return await snapshot(session, ref.campaign_id)


async def snapshot(session: AsyncSession, campaign_id: UUID) -> CampaignSnapshot:
    """One campaign of the session's account. Raises NotFound."""
    found = await repository.snapshot(session, campaign_id)
    if found is None:
        raise _unknown()
    return found


async def entries(session: AsyncSession) -> list[CampaignEntry]:
    """The account's campaigns, the newest first."""
    found, at = await repository.entries(session, settings().quotas.campaigns), await flows.published_at(session)
    return [replace(entry, published_at=at.get(entry.campaign_id)) for entry in found]


async def names(session: AsyncSession) -> list[CampaignName]:
    """The account's campaigns by name, for filters."""
    return await repository.names(session, settings().quotas.campaigns)


async def create(session: AsyncSession, account_id: UUID, draft: CampaignDraft) -> UUID:
    """A new, active campaign with its first published flow version.

    Raises InvalidInput for a flow that cannot run, and for a public id that others could guess.
    """
    if not ids.is_random_id("cmp", draft.public_id):
        raise InvalidInput("A campaign's public id has to be one that nobody can guess.", code="public_id_guessable")
    campaign_id = await repository.add(session, account_id, draft)
    await flows.publish_flow(session, account_id, campaign_id, draft.flow)
    return campaign_id


async def start(session: AsyncSession, account_id: UUID, actor: Actor, name: str, flow: FlowDefinition) -> UUID:
    """A campaign with this flow as its draft; it takes calls when that is published.

    Raises InvalidInput for its name, QuotaExceeded for one campaign too many, TooManyRequests for one too many today.
    """
    wanted = _named(name)
    a_day = settings().quotas.campaigns_a_day
    await _check_room(session, account_id)
    if wait := await audit.wait_for(session, account_id, "campaigns.created", a_day=a_day):
        raise TooManyRequests(f"You can create {a_day} campaigns a day. Try again tomorrow.", retry_after=wait)
    draft = CampaignDraft(
        public_id=ids.random_id("cmp"),
        name=wanted,
        assistant_name=ASSISTANT,
        language="en",
        consent_text=CONSENT.format(account=await accounts.account_name(session, account_id)),
        consent_version=f"{now():%Y-%m-%d}",
        email_required=True,
        max_duration=LONGEST_CALL,
        flow=flow.model_dump(mode="json"),
    )
    campaign_id = await repository.add(session, account_id, draft)
    await audit.record(session, account_id, actor, "campaigns.created", "campaign", campaign_id, new={"name": wanted})
    await flows.replace(session, Writer(account_id, actor), campaign_id, flow, revision=None)
    return campaign_id


async def publish(session: AsyncSession, account_id: UUID, campaign_id: UUID, flow: dict[str, Any]) -> int:
    """Make this flow the campaign's; the version's number. The same flow again is the same version.

    Raises NotFound, InvalidInput for a flow that cannot run.
    """
    return await flows.publish_flow(session, account_id, campaign_id, flow)


async def rename(session: AsyncSession, account_id: UUID, actor: Actor, campaign_id: UUID, name: str) -> None:
    """Callers see the name too. Raises NotFound, InvalidInput."""
    wanted, before = _named(name), (await snapshot(session, campaign_id)).name
    if wanted == before:
        return
    await repository.change(session, campaign_id, {"name": wanted})
    previous, new = {"name": before}, {"name": wanted}
    await audit.record(
        session, account_id, actor, "campaigns.renamed", "campaign", campaign_id, previous=previous, new=new
    )


async def pause(session: AsyncSession, account_id: UUID, actor: Actor, campaign_id: UUID) -> None:
    """Take no more calls. Calls in progress go on. Raises NotFound."""
    await _set_status(session, account_id, actor, campaign_id, "paused")


async def resume(session: AsyncSession, account_id: UUID, actor: Actor, campaign_id: UUID) -> None:
    """Take calls again. Raises NotFound."""
    await _set_status(session, account_id, actor, campaign_id, "active")


async def delete(session: AsyncSession, account_id: UUID, actor: Actor, campaign_id: UUID) -> None:
    """Its call page is gone, its calls are still there. It can be restored; after 30 days its calls are erased.

    Raises NotFound.
    """
    if not await repository.delete(session, campaign_id, now()):
        raise _unknown()
    await audit.record(session, account_id, actor, "campaigns.deleted", "campaign", campaign_id)


async def restore(session: AsyncSession, account_id: UUID, actor: Actor, campaign_id: UUID) -> None:
    """Bring a deleted campaign back, under the same address.

    Raises NotFound when it is not deleted, or was 30 days ago; QuotaExceeded for one campaign too many.
    """
    await _check_room(session, account_id)
    if not await repository.restore(session, campaign_id, now() - DELETED_KEPT):
        raise _unknown()
    await audit.record(session, account_id, actor, "campaigns.restored", "campaign", campaign_id)


async def reword_consent(session: AsyncSession, campaign_id: UUID, wording: str, version: str) -> None:
    """Ask new callers for consent to another wording. Raises nothing: earlier tickets keep the wording they carry."""
    await repository.change(session, campaign_id, {"consent_text": wording, "consent_version": version})


async def _set_status(session: AsyncSession, account_id: UUID, actor: Actor, campaign_id: UUID, status: str) -> None:
    if not await repository.change(session, campaign_id, {"status": status}):
        raise _unknown()
    action = "campaigns.paused" if status == "paused" else "campaigns.resumed"
    await audit.record(session, account_id, actor, action, "campaign", campaign_id)


async def remove_flows_of_deleted(session: AsyncSession) -> None:
    """Free the storage of campaigns deleted 30 days ago; the versions that calls began with stay."""
    for campaign_id in await repository.withdraw_deleted(session, now() - DELETED_KEPT):
        await flows.remove_all(session, campaign_id)


async def _check_room(session: AsyncSession, account_id: UUID) -> None:
    """Raises QuotaExceeded when the account has no room for another campaign."""
    most = settings().quotas.campaigns
    if await repository.count(session, account_id) >= most:
        raise QuotaExceeded(f"You can have {most} campaigns. Delete one you no longer need, and try again.")


def _named(name: str) -> str:
    """Raises InvalidInput."""
    wanted = name.strip()
    if not 0 < len(wanted) <= LONGEST_NAME:
        raise InvalidInput(f"Write a name of 1 to {LONGEST_NAME} characters.", field="name")
    return wanted


def _unknown() -> NotFound:
    return NotFound("There is no such campaign in this account.", code="campaign_not_found")
