"""Who gets the results of a campaign's calls by email: members of the account who may see what calls collect."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.domain.accounts import members
from quantum_app.domain.accounts.permissions import Permission, allows
from quantum_app.domain.accounts.schemas import Member
from quantum_app.domain.audit import service as audit
from quantum_app.domain.audit.schemas import Actor
from quantum_app.domain.campaigns import repository, service
from quantum_app.domain.campaigns.schemas import Recipient
from quantum_app.errors import InvalidInput

MOST = 20


async def list_recipients(session: AsyncSession, campaign_id: UUID) -> list[Member]:
    """Members who get the results. A member who may no longer see them is left out."""
    recipient_ids = await repository.recipient_ids(session, campaign_id)
    return [member for member in await _candidates(session) if member.user_id in recipient_ids]


async def list_choices(session: AsyncSession, campaign_id: UUID, *, only: UUID | None = None) -> list[Recipient]:
    """Members who may get the results, and whether they do.

    only: Leave out everybody else, for somebody who may not see the account's members.
    """
    recipient_ids = await repository.recipient_ids(session, campaign_id)
    return [
        Recipient(member.user_id, member.name, member.email, member.user_id in recipient_ids)
        for member in await _candidates(session)
        if only in (None, member.user_id)
    ]


async def choose(
    session: AsyncSession,
    account_id: UUID,
    actor: Actor,
    campaign_id: UUID,
    user_ids: Collection[UUID],
    *,
    only: UUID | None = None,
) -> None:
    """Email the results to these members. Audited.

    user_ids: Anybody who isn't a choice is ignored.
    only: Whether others get them stays as it is.

    Raises NotFound, InvalidInput for too many.
    """
    name = (await service.get_snapshot(session, campaign_id)).name
    # Locked, so that of two people who choose at once the second sees what the first did.
    before = await repository.recipient_ids(session, campaign_id, lock=True)
    choices = {member.user_id: member.email for member in await _candidates(session)}
    in_reach = {user_id for user_id in choices if only in (None, user_id)}
    after = (before - in_reach) | (in_reach & set(user_ids))
    if after == before:
        return
    if len(after) > MOST:
        raise InvalidInput(f"Choose up to {MOST} people.", field="recipients")
    await repository.set_recipients(session, account_id, campaign_id, remove=before - after, add=after - before)
    previous, new = (
        {"recipients": ", ".join(sorted(choices.get(user_id, "a former recipient") for user_id in ids)) or None}
        for ids in (before, after)
    )
    await audit.record(
        session,
        account_id,
        actor,
        "campaigns.changed",
        "campaign",
        campaign_id,
        previous=previous,
        new={"name": name, **new},
    )


async def _candidates(session: AsyncSession) -> list[Member]:
    admitted = await members.list_admitted_members(session)
    return [member for member in admitted if allows(member.role, Permission.CALLS_VALUES)]
