"""Campaigns: looking them up for callers, and managing them."""

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
from quantum_app.domain.campaigns.schemas import CampaignEntry, CampaignName, CampaignSnapshot, NewCampaign
from quantum_app.domain.flows import service as flows
from quantum_app.domain.flows.model.definition import FlowDefinition
from quantum_app.domain.flows.service import Writer
from quantum_app.errors import CampaignNotFound, InvalidInput, NotFound, QuotaExceeded, TooManyRequests
from quantum_app.kit import ids
from quantum_app.kit.clock import now
from quantum_app.settings import settings

LONGEST_NAME = 100
DELETED_RETENTION = timedelta(days=30)
# Defaults of a new campaign.
ASSISTANT = "Mira"
MAX_CALL_SECONDS = 600
CONSENT = (
    "You will talk to an AI assistant. I agree that {account} transcribes this call, stores the transcript with my "
    "name and how to reach me, and uses it to answer my question and to follow up."
)


async def get_public(public_id: str) -> CampaignSnapshot:
    """The campaign behind a public ID, for callers without a login. It may be paused. Opens its own sessions.

    Raises NotFound, DependencyUnavailable(DB).
    """
    async with public_session() as session:
        # Postgres refuses text with a NUL, even in a query.
        ref = await repository.by_public_id(session, public_id) if "\0" not in public_id else None
    if ref is None:
        raise NotFound("This link doesn't work. Check the address.", code="campaign_not_found")
    async with account_session(ref.account_id) as session:
        return await get_snapshot(session, ref.campaign_id)


async def get_snapshot(session: AsyncSession, campaign_id: UUID) -> CampaignSnapshot:
    """One campaign of the session's account. Raises NotFound."""
    campaign = await repository.snapshot(session, campaign_id)
    if campaign is None:
        raise CampaignNotFound()
    return campaign


async def list_campaigns(session: AsyncSession) -> list[CampaignEntry]:
    """The account's campaigns, newest first."""
    campaigns, published_at = (
        await repository.list_entries(session, settings().quotas.campaigns),
        await flows.published_at(session),
    )
    return [replace(entry, published_at=published_at.get(entry.campaign_id)) for entry in campaigns]


async def list_names(session: AsyncSession) -> list[CampaignName]:
    """The account's campaigns sorted by name, for filters."""
    return await repository.list_names(session, settings().quotas.campaigns)


async def create_published(session: AsyncSession, account_id: UUID, draft: NewCampaign) -> UUID:
    """Create an active campaign with a published flow, for set-up scripts and tests.

    Raises InvalidInput if the flow can't run or the public ID can be guessed.
    """
    if not ids.is_random_id("cmp", draft.public_id):
        raise InvalidInput("A campaign's public ID must not be guessable.", code="public_id_guessable")
    campaign_id = await repository.add(session, account_id, draft)
    await flows.publish_flow(session, account_id, campaign_id, draft.flow)
    return campaign_id


async def create(session: AsyncSession, account_id: UUID, actor: Actor, name: str, flow: FlowDefinition) -> UUID:
    """Create a campaign with this flow as its draft. It takes calls once the draft is published.

    Raises InvalidInput for the name, QuotaExceeded, TooManyRequests when today's limit is reached.
    """
    name = _checked_name(name)
    a_day = settings().quotas.campaigns_a_day
    await _check_quota(session, account_id)
    if wait := await audit.seconds_until_allowed(session, account_id, "campaigns.created", a_day=a_day):
        message = f"You've reached today's limit of {a_day} new campaigns. Try again tomorrow."
        raise TooManyRequests(message, retry_after=wait)
    draft = NewCampaign(
        public_id=ids.random_id("cmp"),
        name=name,
        assistant_name=ASSISTANT,
        language="en",
        consent_text=CONSENT.format(account=await accounts.account_name(session, account_id)),
        consent_version=f"{now():%Y-%m-%d}",
        email_required=True,
        max_duration=MAX_CALL_SECONDS,
        flow=flow.model_dump(mode="json"),
    )
    campaign_id = await repository.add(session, account_id, draft)
    await audit.record(session, account_id, actor, "campaigns.created", "campaign", campaign_id, new={"name": name})
    await flows.replace(session, Writer(account_id, actor), campaign_id, flow, revision=None)
    return campaign_id


async def publish_flow(session: AsyncSession, account_id: UUID, campaign_id: UUID, flow: dict[str, Any]) -> int:
    """Publish a flow and return its version. Publishing the same flow again returns the same version.

    Raises NotFound, InvalidInput if the flow can't run.
    """
    return await flows.publish_flow(session, account_id, campaign_id, flow)


async def rename(session: AsyncSession, account_id: UUID, actor: Actor, campaign_id: UUID, name: str) -> None:
    """Change the name, which callers see too. Raises NotFound, InvalidInput."""
    new_name, before = _checked_name(name), (await get_snapshot(session, campaign_id)).name
    if new_name == before:
        return
    await repository.update_campaign(session, campaign_id, {"name": new_name})
    previous, new = {"name": before}, {"name": new_name}
    await audit.record(
        session, account_id, actor, "campaigns.renamed", "campaign", campaign_id, previous=previous, new=new
    )


async def pause(session: AsyncSession, account_id: UUID, actor: Actor, campaign_id: UUID) -> None:
    """Take no new calls. Calls in progress continue. Raises NotFound."""
    await _set_status(session, account_id, actor, campaign_id, "paused")


async def resume(session: AsyncSession, account_id: UUID, actor: Actor, campaign_id: UUID) -> None:
    """Take calls again. Raises NotFound."""
    await _set_status(session, account_id, actor, campaign_id, "active")


async def delete(session: AsyncSession, account_id: UUID, actor: Actor, campaign_id: UUID) -> None:
    """Delete a campaign and its call page. It can be restored for 30 days, then its calls are erased.

    Raises NotFound.
    """
    if not await repository.delete(session, campaign_id, now()):
        raise CampaignNotFound()
    await audit.record(session, account_id, actor, "campaigns.deleted", "campaign", campaign_id)


async def restore(session: AsyncSession, account_id: UUID, actor: Actor, campaign_id: UUID) -> None:
    """Restore a deleted campaign with the same call page.

    Raises NotFound if it isn't deleted, or was more than 30 days ago; QuotaExceeded.
    """
    await _check_quota(session, account_id)
    if not await repository.restore(session, campaign_id, now() - DELETED_RETENTION):
        raise CampaignNotFound()
    await audit.record(session, account_id, actor, "campaigns.restored", "campaign", campaign_id)


async def update_consent_text(session: AsyncSession, campaign_id: UUID, wording: str, version: str) -> None:
    """Change the consent text for new callers. Earlier consent tickets keep the text that was agreed to."""
    await repository.update_campaign(session, campaign_id, {"consent_text": wording, "consent_version": version})


async def _set_status(session: AsyncSession, account_id: UUID, actor: Actor, campaign_id: UUID, status: str) -> None:
    if not await repository.update_campaign(session, campaign_id, {"status": status}):
        raise CampaignNotFound()
    action = "campaigns.paused" if status == "paused" else "campaigns.resumed"
    await audit.record(session, account_id, actor, action, "campaign", campaign_id)


async def remove_flows_of_deleted(session: AsyncSession) -> None:
    """Remove the flows of campaigns deleted 30 days ago, except versions that calls used."""
    for campaign_id in await repository.unpublish_deleted(session, now() - DELETED_RETENTION):
        await flows.remove_all(session, campaign_id)


async def _check_quota(session: AsyncSession, account_id: UUID) -> None:
    """Raises QuotaExceeded if the account can't have another campaign."""
    most = settings().quotas.campaigns
    if await repository.count(session, account_id) >= most:
        raise QuotaExceeded(f"You've reached the limit of {most} campaigns. Delete one you no longer need.")


def _checked_name(name: str) -> str:
    """Raises InvalidInput."""
    stripped = name.strip()
    if not 0 < len(stripped) <= LONGEST_NAME:
        raise InvalidInput(f"Enter a name of 1 to {LONGEST_NAME} characters.", field="name")
    return stripped
