"""Queries of campaigns."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.db import quota
from quantum_app.db.models import Account, Campaign, FlowDraft
from quantum_app.domain.campaigns.schemas import (
    CampaignEntry,
    CampaignName,
    CampaignRef,
    CampaignSnapshot,
    NewCampaign,
)
from quantum_app.kit.ids import new_id


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
    return CampaignSnapshot(
        account_id=campaign.account_id,
        campaign_id=campaign.id,
        public_id=campaign.public_id,
        account_name=account_name,
        name=campaign.name,
        assistant_name=campaign.assistant_name,
        active=campaign.status == "active" and campaign.published_version is not None,
        language=campaign.language,
        consent_text=campaign.consent_text,
        consent_version=campaign.consent_version,
        email_required=campaign.email_required,
        max_duration=campaign.max_duration,
        flow_version=campaign.published_version,
    )


async def list_names(session: AsyncSession, limit: int) -> list[CampaignName]:
    query = select(Campaign.id, Campaign.public_id, Campaign.name, Campaign.status)
    query = query.where(Campaign.deleted_at.is_(None)).order_by(Campaign.name).limit(limit)
    return [
        CampaignName(row.id, row.public_id, row.name, row.status == "active") for row in await session.execute(query)
    ]


async def list_entries(session: AsyncSession, limit: int) -> list[CampaignEntry]:
    """Newest first. `published_at` is None: flows know it."""
    query = select(Campaign).where(Campaign.deleted_at.is_(None)).order_by(Campaign.id.desc()).limit(limit)
    return [
        CampaignEntry(
            row.id,
            row.public_id,
            row.name,
            row.assistant_name,
            row.status == "active",
            row.published_version,
            None,
        )
        for row in await session.scalars(query)
    ]


async def count(session: AsyncSession, account_id: UUID) -> int:
    """Count campaigns that aren't deleted, and keep other transactions from adding any."""
    query = select(func.count()).select_from(Campaign).where(Campaign.deleted_at.is_(None))
    return (await quota.under_lock(session, account_id, "campaigns", query))[0][0]


async def add(session: AsyncSession, account_id: UUID, draft: NewCampaign) -> UUID:
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
    return campaign.id


async def update_campaign(session: AsyncSession, campaign_id: UUID, values: Mapping[str, Any]) -> bool:
    """False when there is no such campaign."""
    query = update(Campaign).where(Campaign.id == campaign_id, Campaign.deleted_at.is_(None)).values(**values)
    return await session.scalar(query.returning(Campaign.id)) is not None


async def delete(session: AsyncSession, campaign_id: UUID, at: datetime) -> bool:
    """False when there is no such campaign."""
    return await update_campaign(session, campaign_id, {"deleted_at": at})


async def restore(session: AsyncSession, campaign_id: UUID, deleted_since: datetime) -> bool:
    """Returns False if no such campaign was deleted since then."""
    query = update(Campaign).where(Campaign.id == campaign_id, Campaign.deleted_at >= deleted_since)
    query = query.values(deleted_at=None)
    return await session.scalar(query.returning(Campaign.id)) is not None


async def unpublish_deleted(session: AsyncSession, before: datetime) -> list[UUID]:
    """Unpublish campaigns that were deleted before then. Returns those that still had a flow."""
    with_draft = select(FlowDraft.campaign_id)
    query = select(Campaign.id).where(
        Campaign.deleted_at < before, Campaign.published_version.is_not(None) | Campaign.id.in_(with_draft)
    )
    campaign_ids = list(await session.scalars(query))
    await session.execute(update(Campaign).where(Campaign.id.in_(campaign_ids)).values(published_version=None))
    return campaign_ids
