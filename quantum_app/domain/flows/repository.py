"""Queries of drafts, earlier drafts, versions and cases; and which version is a campaign's."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Text, cast, delete, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.db import quota
from quantum_app.db.models import CallSession, Campaign, FlowCase, FlowDraft, FlowEarlierDraft, FlowVersion
from quantum_app.domain.flows.schemas import CaseText, StoredCase, StoredDraft, StoredEarlier, StoredVersion


async def published_version(session: AsyncSession, campaign_id: UUID, *, lock: bool = False) -> int | None:
    """0 when none is published, None when there is no such campaign. lock: until the transaction ends."""
    query = select(Campaign.published_version).where(Campaign.id == campaign_id, Campaign.deleted_at.is_(None))
    # Not so strong that calls, which point at the campaign, would have to wait.
    row = (await session.execute(query.with_for_update(key_share=True) if lock else query)).one_or_none()
    return None if row is None else row.published_version or 0


async def campaign_name(session: AsyncSession, campaign_id: UUID) -> str | None:
    return await session.scalar(select(Campaign.name).where(Campaign.id == campaign_id))


async def definition(session: AsyncSession, campaign_id: UUID, version: int) -> dict[str, Any] | None:
    query = select(FlowVersion.definition)
    return await session.scalar(query.where(FlowVersion.campaign_id == campaign_id, FlowVersion.version == version))


async def versions(session: AsyncSession, campaign_id: UUID, limit: int) -> list[StoredVersion]:
    """The newest first."""
    query = select(FlowVersion.version, FlowVersion.note, FlowVersion.author, FlowVersion.created_at)
    query = query.where(FlowVersion.campaign_id == campaign_id).order_by(FlowVersion.version.desc()).limit(limit)
    return [StoredVersion(*row) for row in await session.execute(query)]


async def published_at(session: AsyncSession) -> dict[UUID, datetime]:
    """When what each campaign has published was published."""
    query = select(Campaign.id, FlowVersion.created_at).join(
        FlowVersion, (FlowVersion.campaign_id == Campaign.id) & (FlowVersion.version == Campaign.published_version)
    )
    return {row.id: row.created_at for row in await session.execute(query)}


async def publish(
    session: AsyncSession,
    account_id: UUID,
    campaign_id: UUID,
    definition: dict[str, Any],
    *,
    author: UUID | None,
    note: str,
) -> int:
    """Store the next version and make it the one that new calls begin with. The campaign is locked."""
    last = await session.scalar(select(func.max(FlowVersion.version)).where(FlowVersion.campaign_id == campaign_id))
    flow_version = FlowVersion(
        account_id=account_id,
        campaign_id=campaign_id,
        version=(last or 0) + 1,
        definition=definition,
        author=author,
        note=note,
    )
    session.add(flow_version)
    await session.flush()
    await session.execute(
        update(Campaign).where(Campaign.id == campaign_id).values(published_version=flow_version.version)
    )
    return flow_version.version


async def remove_old_versions(session: AsyncSession, campaign_id: UUID, keep: int) -> None:
    """Remove all but the newest `keep` versions, and those that a call began with or that is published."""
    here = FlowVersion.campaign_id == campaign_id
    newest = select(FlowVersion.version).where(here).order_by(FlowVersion.version.desc()).limit(keep)
    has_calls = exists().where(
        CallSession.account_id == FlowVersion.account_id,
        CallSession.campaign_id == FlowVersion.campaign_id,
        CallSession.flow_version == FlowVersion.version,
    )
    is_published = exists().where(Campaign.id == campaign_id, Campaign.published_version == FlowVersion.version)
    await session.execute(
        delete(FlowVersion).where(here, FlowVersion.version.not_in(newest), ~has_calls, ~is_published)
    )


async def remove_drafts_and_cases(session: AsyncSession, campaign_id: UUID) -> None:
    for table in (FlowDraft, FlowEarlierDraft, FlowCase):
        await session.execute(delete(table).where(table.campaign_id == campaign_id))


async def storage(session: AsyncSession, account_id: UUID) -> int:
    """Bytes of all the account's flows and cases as JSON; no other transaction checks them now."""
    tables = (FlowDraft, FlowEarlierDraft, FlowVersion, FlowCase)
    sums = [select(func.coalesce(func.sum(table.size), 0)).scalar_subquery() for table in tables]
    return int((await quota.under_lock(session, account_id, "flow_storage", select(sum(sums[1:], sums[0]))))[0][0])


async def count_cases(session: AsyncSession, account_id: UUID, campaign_id: UUID) -> int:
    """A campaign's cases; no other transaction adds one now."""
    query = select(func.count()).select_from(FlowCase).where(FlowCase.campaign_id == campaign_id)
    return (await quota.under_lock(session, account_id, f"cases:{campaign_id}", query))[0][0]


async def draft(session: AsyncSession, campaign_id: UUID, *, lock: bool = False) -> StoredDraft | None:
    query = select(
        FlowDraft.definition,
        FlowDraft.revision,
        FlowDraft.base,
        FlowDraft.client,
        FlowDraft.updated_by,
        FlowDraft.updated_at,
    ).where(FlowDraft.campaign_id == campaign_id)
    row = (await session.execute(query.with_for_update() if lock else query)).one_or_none()
    return StoredDraft(*row) if row else None


async def begin_draft(
    session: AsyncSession, account_id: UUID, campaign_id: UUID, definition: dict[str, Any], at: datetime
) -> None:
    """The draft at revision 0, unless somebody began it at the same time."""
    values = {"definition": definition, "revision": 0, "base": 0, "client": "", "updated_at": at}
    query = insert(FlowDraft).values(account_id=account_id, campaign_id=campaign_id, **values)
    await session.execute(query.on_conflict_do_nothing())


async def save_draft(session: AsyncSession, campaign_id: UUID, draft: StoredDraft) -> None:
    values = {
        "definition": draft.definition,
        "revision": draft.revision,
        "base": draft.base,
        "client": draft.client,
        "updated_by": draft.updated_by,
        "updated_at": draft.updated_at,
    }
    await session.execute(update(FlowDraft).where(FlowDraft.campaign_id == campaign_id).values(values))


async def longest_call(session: AsyncSession, campaign_id: UUID) -> int | None:
    """Seconds that a campaign's calls may last."""
    return await session.scalar(select(Campaign.max_duration).where(Campaign.id == campaign_id))


async def keep_draft(
    session: AsyncSession,
    account_id: UUID,
    campaign_id: UUID,
    earlier_draft: StoredEarlier,
    definition: dict[str, Any],
    most: int,
) -> None:
    """Keep a draft as an earlier one, the same one once; of all, the newest `most`."""
    session.add(
        FlowEarlierDraft(
            account_id=account_id,
            id=earlier_draft.id,
            campaign_id=campaign_id,
            definition=definition,
            replaced_by=earlier_draft.replaced_by,
            replaced_at=earlier_draft.replaced_at,
        )
    )
    await session.flush()
    here = FlowEarlierDraft.campaign_id == campaign_id
    again = (FlowEarlierDraft.id != earlier_draft.id) & (FlowEarlierDraft.definition == definition)
    await session.execute(delete(FlowEarlierDraft).where(here, again))
    newest = select(FlowEarlierDraft.id).where(here).order_by(FlowEarlierDraft.id.desc()).limit(most)
    await session.execute(delete(FlowEarlierDraft).where(here, FlowEarlierDraft.id.not_in(newest)))


async def earlier_drafts(session: AsyncSession, campaign_id: UUID) -> list[StoredEarlier]:
    """The newest first."""
    query = select(FlowEarlierDraft.id, FlowEarlierDraft.replaced_by, FlowEarlierDraft.replaced_at)
    query = query.where(FlowEarlierDraft.campaign_id == campaign_id).order_by(FlowEarlierDraft.id.desc())
    return [StoredEarlier(*row) for row in await session.execute(query)]


async def earlier_definition(session: AsyncSession, campaign_id: UUID, draft_id: UUID) -> dict[str, Any] | None:
    query = select(FlowEarlierDraft.definition)
    return await session.scalar(
        query.where(FlowEarlierDraft.campaign_id == campaign_id, FlowEarlierDraft.id == draft_id)
    )


async def cases(session: AsyncSession, campaign_id: UUID, case_id: UUID | None = None) -> list[StoredCase]:
    """The oldest first; or the one."""
    query = select(FlowCase.id, FlowCase.name, FlowCase.body, FlowCase.created_at, FlowCase.updated_at)
    query = query.where(FlowCase.campaign_id == campaign_id).order_by(FlowCase.id)
    if case_id is not None:
        query = query.where(FlowCase.id == case_id)
    return [StoredCase(*row) for row in await session.execute(query)]


async def case_texts(session: AsyncSession, campaign_id: UUID) -> list[CaseText]:
    """The oldest first."""
    body = cast(FlowCase.body, Text)
    query = select(FlowCase.id, FlowCase.name, body, FlowCase.created_at, FlowCase.updated_at)
    query = query.where(FlowCase.campaign_id == campaign_id).order_by(FlowCase.id)
    return [CaseText(*row) for row in await session.execute(query)]


async def add_case(session: AsyncSession, account_id: UUID, campaign_id: UUID, case: StoredCase) -> None:
    session.add(
        FlowCase(
            account_id=account_id,
            id=case.id,
            campaign_id=campaign_id,
            name=case.name,
            body=case.body,
            created_at=case.created_at,
            updated_at=case.updated_at,
        )
    )
    await session.flush()


async def change_case(session: AsyncSession, campaign_id: UUID, case: StoredCase) -> bool:
    """False when there is no such case any more."""
    query = update(FlowCase).where(FlowCase.campaign_id == campaign_id, FlowCase.id == case.id)
    query = query.values(name=case.name, body=case.body, updated_at=case.updated_at)
    return await session.scalar(query.returning(FlowCase.id)) is not None


async def remove_case(session: AsyncSession, campaign_id: UUID, case_id: UUID) -> bool:
    """False when there is no such case."""
    query = delete(FlowCase).where(FlowCase.campaign_id == campaign_id, FlowCase.id == case_id)
    return await session.scalar(query.returning(FlowCase.id)) is not None
