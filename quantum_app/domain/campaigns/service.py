"""Campaigns: looking them up for callers, and managing them."""

from collections.abc import Mapping
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
from quantum_app.domain.campaigns.schemas import (
    CampaignName,
    CampaignPage,
    CampaignSnapshot,
    CampaignStatus,
    DeletedCampaign,
    NewCampaign,
    Progress,
)
from quantum_app.domain.flows import service as flows
from quantum_app.domain.flows.model import placeholders
from quantum_app.domain.flows.model.definition import FlowDefinition
from quantum_app.domain.flows.service import Writer
from quantum_app.errors import CampaignNotFound, InvalidInput, NotFound, QuotaExceeded, TooManyRequests
from quantum_app.kit import ids
from quantum_app.kit.clock import now
from quantum_app.settings import settings

LONGEST_NAME = 100
DELETED_RETENTION = timedelta(days=30)
_COPY = " (copy)"
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


async def list_campaigns(
    session: AsyncSession,
    *,
    archived: bool = False,
    name: str = "",
    status: CampaignStatus | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> CampaignPage:
    """A page of the account's campaigns, newest first.

    name: A part of the name.
    after: Cursor from the previous page.
    """
    entries = await repository.list_entries(
        session, archived=archived, name=name, status=status, after=after, limit=limit + 1
    )
    published_at = await flows.published_at(session)
    page = tuple(replace(item, published_at=published_at.get(item.campaign_id)) for item in entries[:limit])
    return CampaignPage(page, page[-1].campaign_id if len(entries) > limit else None)


async def list_deleted(session: AsyncSession) -> list[DeletedCampaign]:
    """Deleted campaigns that can be restored, most recently deleted first."""
    return [
        DeletedCampaign(campaign_id, name, deleted_at, deleted_at + DELETED_RETENTION)
        for campaign_id, name, deleted_at in await repository.list_deleted(session, now() - DELETED_RETENTION)
    ]


async def get_progress(session: AsyncSession) -> Progress:
    """How far the account has come with its first campaign."""
    newest = await repository.list_entries(session, archived=False, name="", status=None, after=None, limit=1)
    return Progress(next(iter(newest), None), await repository.any_published(session))


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


async def create(
    session: AsyncSession,
    account_id: UUID,
    actor: Actor,
    name: str,
    flow: FlowDefinition,
    *,
    assistant_name: str = ASSISTANT,
    facts: Mapping[str, str] | None = None,
) -> UUID:
    """Create a campaign with this flow as its draft. It takes calls once the draft is published.

    facts: What the flow's placeholders are filled with, by label. The account's name is filled in anyway.
    Raises InvalidInput for a name or a fact, QuotaExceeded, TooManyRequests when today's limit is reached.
    """
    account = await accounts.account_name(session, account_id)
    flow = placeholders.fill(flow, {placeholders.BUSINESS_NAME: account, **_checked_facts(facts or {})})
    draft = NewCampaign(
        public_id=ids.random_id("cmp"),
        name=_checked_name(name),
        assistant_name=_checked_name(assistant_name, field="assistant_name"),
        language="en",
        consent_text=CONSENT.format(account=account),
        consent_version=f"{now():%Y-%m-%d}",
        email_required=True,
        max_duration=MAX_CALL_SECONDS,
        flow=flow.model_dump(mode="json"),
    )
    campaign_id = await _add(session, account_id, actor, draft)
    await flows.replace(session, Writer(account_id, actor), campaign_id, flow, revision=None)
    return campaign_id


async def duplicate(session: AsyncSession, account_id: UUID, actor: Actor, campaign_id: UUID) -> UUID:
    """Create a campaign with the same settings and draft, but nothing published. Returns its ID.

    Raises NotFound, QuotaExceeded, TooManyRequests when today's limit is reached.
    """
    source = await get_snapshot(session, campaign_id)
    source_draft = await flows.draft(session, campaign_id)
    draft = NewCampaign(
        public_id=ids.random_id("cmp"),
        name=source.name[: LONGEST_NAME - len(_COPY)] + _COPY,
        assistant_name=source.assistant_name,
        language=source.language,
        consent_text=source.consent_text,
        consent_version=source.consent_version,
        email_required=source.email_required,
        max_duration=source.max_duration,
        flow=source_draft.document,
    )
    copy_id = await _add(session, account_id, actor, draft, copy_of=source.name)
    await repository.copy_recipients(session, account_id, campaign_id, copy_id)
    await flows.begin_with(session, account_id, copy_id, source_draft.document)
    return copy_id


async def _add(session: AsyncSession, account_id: UUID, actor: Actor, draft: NewCampaign, **details: str) -> UUID:
    """Add a campaign within the account's limits. details: What else the audit log says."""
    a_day = settings().quotas.campaigns_a_day
    await _check_quota(session, account_id)
    if wait := await audit.seconds_until_allowed(session, account_id, "campaigns.created", a_day=a_day):
        message = f"You've reached today's limit of {a_day} new campaigns. Try again tomorrow."
        raise TooManyRequests(message, retry_after=wait)
    campaign_id = await repository.add(session, account_id, draft)
    new = {"name": draft.name, **details}
    await audit.record(session, account_id, actor, "campaigns.created", "campaign", campaign_id, new=new)
    return campaign_id


async def publish_flow(session: AsyncSession, account_id: UUID, campaign_id: UUID, flow: dict[str, Any]) -> int:
    """Publish a flow and return its version. Publishing the same flow again returns the same version.

    Raises NotFound, InvalidInput if the flow can't run.
    """
    return await flows.publish_flow(session, account_id, campaign_id, flow)


async def update(
    session: AsyncSession, account_id: UUID, actor: Actor, campaign_id: UUID, *, name: str, assistant_name: str
) -> None:
    """Change the names of the campaign and its assistant, which callers see too. Raises NotFound, InvalidInput."""
    values = {"name": _checked_name(name), "assistant_name": _checked_name(assistant_name, field="assistant_name")}
    snapshot = await get_snapshot(session, campaign_id)
    previous = {"name": snapshot.name, "assistant_name": snapshot.assistant_name}
    if values == previous:
        return
    await repository.update_campaign(session, campaign_id, values)
    await audit.record(
        session, account_id, actor, "campaigns.changed", "campaign", campaign_id, previous=previous, new=values
    )


async def pause(session: AsyncSession, account_id: UUID, actor: Actor, campaign_id: UUID) -> None:
    """Take no new calls. Calls in progress continue. Raises NotFound."""
    await _set_status(session, account_id, actor, campaign_id, "paused")


async def resume(session: AsyncSession, account_id: UUID, actor: Actor, campaign_id: UUID) -> None:
    """Take calls again. Raises NotFound."""
    await _set_status(session, account_id, actor, campaign_id, "active")


async def archive(session: AsyncSession, account_id: UUID, actor: Actor, campaign_id: UUID) -> None:
    """Take no new calls and move the campaign off the list. It still counts toward the quota.

    Calls in progress continue. Raises NotFound, also if it's archived already.
    """
    name = await repository.set_archived(session, campaign_id, now())
    await _record(session, account_id, actor, "campaigns.archived", campaign_id, name)


async def unarchive(session: AsyncSession, account_id: UUID, actor: Actor, campaign_id: UUID) -> None:
    """Bring an archived campaign back as it was. Raises NotFound, also if it isn't archived."""
    name = await repository.set_archived(session, campaign_id, None)
    await _record(session, account_id, actor, "campaigns.unarchived", campaign_id, name)


async def delete(session: AsyncSession, account_id: UUID, actor: Actor, campaign_id: UUID) -> None:
    """Delete a campaign and its call page. It can be restored for 30 days, then its calls are erased.

    Calls in progress continue. Raises NotFound.
    """
    name = await repository.update_campaign(session, campaign_id, {"deleted_at": now()})
    await _record(session, account_id, actor, "campaigns.deleted", campaign_id, name)


async def restore(session: AsyncSession, account_id: UUID, actor: Actor, campaign_id: UUID) -> None:
    """Restore a deleted campaign with the same call page.

    Raises NotFound if it isn't deleted, or was more than 30 days ago; QuotaExceeded.
    """
    await _check_quota(session, account_id)
    name = await repository.restore(session, campaign_id, now() - DELETED_RETENTION)
    await _record(session, account_id, actor, "campaigns.restored", campaign_id, name)


async def update_consent_text(session: AsyncSession, campaign_id: UUID, wording: str, version: str) -> None:
    """Change the consent text for new callers. Earlier consent tickets keep the text that was agreed to."""
    await repository.update_campaign(session, campaign_id, {"consent_text": wording, "consent_version": version})


async def _set_status(session: AsyncSession, account_id: UUID, actor: Actor, campaign_id: UUID, status: str) -> None:
    name = await repository.update_campaign(session, campaign_id, {"status": status})
    action = "campaigns.paused" if status == "paused" else "campaigns.resumed"
    await _record(session, account_id, actor, action, campaign_id, name)


async def _record(
    session: AsyncSession, account_id: UUID, actor: Actor, action: str, campaign_id: UUID, name: str | None
) -> None:
    """Write to the audit log what was done to the campaign of this name. Raises NotFound if there was none."""
    if name is None:
        raise CampaignNotFound()
    await audit.record(session, account_id, actor, action, "campaign", campaign_id, new={"name": name})


async def remove_flows_of_deleted(session: AsyncSession) -> None:
    """Remove the flows of campaigns deleted 30 days ago, except versions that calls used."""
    for campaign_id in await repository.unpublish_deleted(session, now() - DELETED_RETENTION):
        await flows.remove_all(session, campaign_id)


async def _check_quota(session: AsyncSession, account_id: UUID) -> None:
    """Raises QuotaExceeded if the account can't have another campaign."""
    most = settings().quotas.campaigns
    if await repository.count(session, account_id) >= most:
        raise QuotaExceeded(
            f"You've reached the limit of {most} campaigns, archived ones included. Delete one you no longer need."
        )


def _checked_facts(facts: Mapping[str, str]) -> Mapping[str, str]:
    """Raises InvalidInput."""
    for label, text in facts.items():
        if len(text) > placeholders.LONGEST_FACT:
            raise InvalidInput(f"Use {placeholders.LONGEST_FACT} characters or less.", field=label)
    return facts


def _checked_name(name: str, *, field: str = "name") -> str:
    """Raises InvalidInput."""
    stripped = name.strip()
    if not 0 < len(stripped) <= LONGEST_NAME:
        raise InvalidInput(f"Enter a name of 1 to {LONGEST_NAME} characters.", field=field)
    return stripped
