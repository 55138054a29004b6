"""Queries of campaigns."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, exists, func, literal, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.db import quota
from quantum_app.db.models import Account, Campaign, CampaignRecipient, FlowDraft, Membership
from quantum_app.domain.campaigns.schemas import (
    CampaignEntry,
    CampaignName,
    CampaignRef,
    CampaignSnapshot,
    CampaignStatus,
    NewCampaign,
)
from quantum_app.kit.ids import new_id

_PUBLISHED = Campaign.published_version.is_not(None)
_STATUS: dict[CampaignStatus, ColumnElement[bool]] = {
    CampaignStatus.LIVE: and_(_PUBLISHED, Campaign.status == "active"),
    CampaignStatus.PAUSED: and_(_PUBLISHED, Campaign.status == "paused"),
    CampaignStatus.UNPUBLISHED: Campaign.published_version.is_(None),
}
_TAKES_CALLS = and_(_STATUS[CampaignStatus.LIVE], Campaign.archived_at.is_(None))


async def by_public_id(session: AsyncSession, public_id: str) -> CampaignRef | None:
    """Works in a public session."""
    rows = await session.execute(
        text("select account_id, campaign_id from api.campaign_by_public_id(:public_id)"), {"public_id": public_id}
    )
    row = rows.one_or_none()
    return CampaignRef(row.account_id, row.campaign_id) if row else None


async def snapshot(session: AsyncSession, campaign_id: UUID) -> CampaignSnapshot | None:
    query = (
        select(Campaign, Account.name)
        .join(Account, Account.account_id == Campaign.account_id)
        .where(Campaign.id == campaign_id, Campaign.deleted_at.is_(None))
    )
    row = (await session.execute(query)).one_or_none()
    if row is None:
        return None
    campaign, account_name = row
    paused = campaign.status != "active" or campaign.archived_at is not None
    return CampaignSnapshot(
        account_id=campaign.account_id,
        campaign_id=campaign.id,
        public_id=campaign.public_id,
        account_name=account_name,
        name=campaign.name,
        assistant_name=campaign.assistant_name,
        active=not paused and campaign.published_version is not None,
        paused=paused,
        language=campaign.language,
        consent_text=campaign.consent_text,
        consent_version=campaign.consent_version,
        email_required=campaign.email_required,
        max_duration=campaign.max_duration,
        flow_version=campaign.published_version,
    )


async def list_names(session: AsyncSession, limit: int) -> list[CampaignName]:
    query = select(Campaign.id, Campaign.public_id, Campaign.name, _TAKES_CALLS)
    query = query.where(Campaign.deleted_at.is_(None)).order_by(Campaign.name).limit(limit)
    return [CampaignName(*row) for row in await session.execute(query)]


async def list_entries(
    session: AsyncSession,
    *,
    archived: bool,
    name: str,
    status: CampaignStatus | None,
    after: UUID | None,
    limit: int,
) -> list[CampaignEntry]:
    """Newest first. `published_at` is None: flows know it. name: A part of the name."""
    query = select(Campaign).where(
        Campaign.deleted_at.is_(None),
        Campaign.archived_at.is_not(None) if archived else Campaign.archived_at.is_(None),
    )
    if name:
        query = query.where(Campaign.name.icontains(name, autoescape=True))
    if status is not None:
        query = query.where(_STATUS[status])
    if after is not None:
        query = query.where(Campaign.id < after)
    return [
        CampaignEntry(
            row.id,
            row.public_id,
            row.name,
            row.assistant_name,
            row.status == "active",
            row.published_version,
            None,
            row.archived_at,
        )
        for row in await session.scalars(query.order_by(Campaign.id.desc()).limit(limit))
    ]


async def any_published(session: AsyncSession) -> bool:
    return await session.scalar(select(exists().where(_PUBLISHED, Campaign.deleted_at.is_(None)))) or False


async def list_deleted(session: AsyncSession, deleted_since: datetime) -> list[tuple[UUID, str, datetime]]:
    """ID, name and when it was deleted, most recently deleted first."""
    query = select(Campaign.id, Campaign.name, Campaign.deleted_at).where(Campaign.deleted_at >= deleted_since)
    rows = await session.execute(query.order_by(Campaign.deleted_at.desc()))
    return [(row.id, row.name, row.deleted_at) for row in rows]


async def count(session: AsyncSession, account_id: UUID) -> int:
    """Count campaigns that aren't deleted, and keep other transactions from adding any."""
    query = select(func.count()).select_from(Campaign).where(Campaign.deleted_at.is_(None))
    return (await quota.under_lock(session, account_id, "campaigns", query))[0][0]


async def add(session: AsyncSession, account_id: UUID, draft: NewCampaign) -> UUID:
    """Insert a campaign. The account's owner gets the results of its calls."""
    campaign = Campaign(
        account_id=account_id,
        id=new_id(),
        public_id=draft.public_id,
        name=draft.name,
        assistant_name=draft.assistant_name,
        status="active",
        language=draft.language,
        consent_text=draft.consent_text,
        consent_version=draft.consent_version,
        email_required=draft.email_required,
        max_duration=draft.max_duration,
    )
    session.add(campaign)
    await session.flush()
    owner = select(Membership.account_id, literal(campaign.id), Membership.user_id).where(Membership.role == "owner")
    await session.execute(insert(CampaignRecipient).from_select(["account_id", "campaign_id", "user_id"], owner))
    return campaign.id


async def recipient_ids(session: AsyncSession, campaign_id: UUID, *, lock: bool = False) -> set[UUID]:
    """Members who get the results of the campaign's calls. lock: Keep other transactions from locking them too."""
    if lock:
        await session.execute(select(Campaign.id).where(Campaign.id == campaign_id).with_for_update(key_share=True))
    query = select(CampaignRecipient.user_id).where(CampaignRecipient.campaign_id == campaign_id)
    return set(await session.scalars(query))


async def set_recipients(
    session: AsyncSession, account_id: UUID, campaign_id: UUID, *, remove: Collection[UUID], add: Collection[UUID]
) -> None:
    former = (CampaignRecipient.campaign_id == campaign_id, CampaignRecipient.user_id.in_(remove))
    await session.execute(delete(CampaignRecipient).where(*former))
    rows = [{"account_id": account_id, "campaign_id": campaign_id, "user_id": user_id} for user_id in add]
    if rows:
        await session.execute(insert(CampaignRecipient).on_conflict_do_nothing(), rows)


async def copy_recipients(session: AsyncSession, account_id: UUID, source_id: UUID, copy_id: UUID) -> None:
    """Give the copy the recipients of its source."""
    source, copy = await recipient_ids(session, source_id), await recipient_ids(session, copy_id)
    await set_recipients(session, account_id, copy_id, remove=copy - source, add=source - copy)


async def update_campaign(session: AsyncSession, campaign_id: UUID, values: Mapping[str, Any]) -> str | None:
    """Returns the campaign's name, or None if there is no such campaign."""
    query = update(Campaign).where(Campaign.id == campaign_id, Campaign.deleted_at.is_(None)).values(**values)
    return await session.scalar(query.returning(Campaign.name))


async def set_archived(session: AsyncSession, campaign_id: UUID, at: datetime | None) -> str | None:
    """Archive or restore. Returns the name, or None if there is no such campaign or it's in that state already."""
    query = update(Campaign).where(
        Campaign.id == campaign_id,
        Campaign.deleted_at.is_(None),
        Campaign.archived_at.is_(None) if at else Campaign.archived_at.is_not(None),
    )
    return await session.scalar(query.values(archived_at=at).returning(Campaign.name))


async def restore(session: AsyncSession, campaign_id: UUID, deleted_since: datetime) -> str | None:
    """Returns the name, or None if no such campaign was deleted since then."""
    query = update(Campaign).where(Campaign.id == campaign_id, Campaign.deleted_at >= deleted_since)
    return await session.scalar(query.values(deleted_at=None).returning(Campaign.name))


async def unpublish_deleted(session: AsyncSession, before: datetime) -> list[UUID]:
    """Unpublish campaigns that were deleted before then. Returns those that still had a flow."""
    with_draft = select(FlowDraft.campaign_id)
    query = select(Campaign.id).where(
        Campaign.deleted_at < before, Campaign.published_version.is_not(None) | Campaign.id.in_(with_draft)
    )
    campaign_ids = list(await session.scalars(query))
    await session.execute(update(Campaign).where(Campaign.id.in_(campaign_ids)).values(published_version=None))
    return campaign_ids
