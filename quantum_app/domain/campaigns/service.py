"""Campaigns: finding the one a caller means, and publishing flows."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.db.session import account_session, public_session
from quantum_app.domain.audit import service as audit
from quantum_app.domain.audit.schemas import Actor
from quantum_app.domain.campaigns import repository
from quantum_app.domain.campaigns.schemas import CampaignDraft, CampaignName, CampaignSnapshot
from quantum_app.domain.flows import service as flows
from quantum_app.errors import InvalidInput, NotFound
from quantum_app.kit import ids
from quantum_app.kit.clock import now

_LONGEST_LIST = 100


async def open_to_public(public_id: str) -> CampaignSnapshot:
    """The campaign behind a public id, for somebody without a login; it may be paused. Opens its own sessions.

    Raises NotFound, SegmentDown(DB).
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


async def names(session: AsyncSession) -> list[CampaignName]:
    """The account's campaigns by name, for filters; the first 100."""
    return await repository.names(session, _LONGEST_LIST)


async def create(session: AsyncSession, account_id: UUID, draft: CampaignDraft) -> UUID:
    """A new, active campaign with its first published flow version.

    Raises InvalidInput for a flow that cannot run, and for a public id that others could guess.
    """
    if not ids.is_unguessable("cmp", draft.public_id):
        raise InvalidInput("A campaign's public id has to be one that nobody can guess.", code="public_id_guessable")
    campaign_id = await repository.add(session, account_id, draft)
    await flows.publish_flow(session, account_id, campaign_id, draft.flow)
    return campaign_id


async def publish(session: AsyncSession, account_id: UUID, campaign_id: UUID, flow: dict[str, Any]) -> int:
    """Make this flow the campaign's; the version's number. The same flow again is the same version.

    Raises NotFound, InvalidInput for a flow that cannot run.
    """
    return await flows.publish_flow(session, account_id, campaign_id, flow)


async def pause(session: AsyncSession, campaign_id: UUID) -> None:
    """Take no more calls. Calls in progress go on."""
    await repository.change(session, campaign_id, {"status": "paused"})


async def resume(session: AsyncSession, campaign_id: UUID) -> None:
    """Take calls again."""
    await repository.change(session, campaign_id, {"status": "active"})


async def delete(session: AsyncSession, account_id: UUID, actor: Actor, campaign_id: UUID) -> None:
    """Its call page is gone, its calls are still there. It can be restored; after 30 days its calls are erased.

    Raises NotFound.
    """
    if not await repository.set_deleted(session, campaign_id, now()):
        raise _unknown()
    await audit.record(session, account_id, actor, "campaigns.deleted", "campaign", campaign_id)


async def restore(session: AsyncSession, account_id: UUID, actor: Actor, campaign_id: UUID) -> None:
    """Bring a deleted campaign back, under the same address. Raises NotFound when it is not deleted."""
    if not await repository.set_deleted(session, campaign_id, None):
        raise _unknown()
    await audit.record(session, account_id, actor, "campaigns.restored", "campaign", campaign_id)


async def reword_consent(session: AsyncSession, campaign_id: UUID, wording: str, version: str) -> None:
    """Ask new callers for consent to another wording. Raises nothing: earlier tickets keep the wording they carry."""
    await repository.change(session, campaign_id, {"consent_text": wording, "consent_version": version})


def _unknown() -> NotFound:
    return NotFound("There is no such campaign in this account.", code="campaign_not_found")
