"""Queries of accounts, memberships and invitations."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.db import quota
from quantum_app.db.models import Account, Membership
from quantum_app.db.models import Invitation as InvitationRow
from quantum_app.domain.accounts.permissions import Role
from quantum_app.domain.accounts.schemas import AccountMembership, AccountSettings, Invitation, Member

_OPEN = InvitationRow.accepted_at.is_(None) & InvitationRow.revoked_at.is_(None)


async def add_account(session: AsyncSession, account_id: UUID, name: str, time_zone: str) -> None:
    session.add(Account(account_id=account_id, name=name, time_zone=time_zone))
    await session.flush()


async def account_name(session: AsyncSession, account_id: UUID) -> str | None:
    return await session.scalar(select(Account.name).where(Account.account_id == account_id))


async def account_settings(session: AsyncSession, account_id: UUID, *, lock: bool = False) -> AccountSettings | None:
    query = select(Account).where(Account.account_id == account_id)
    row = await session.scalar(query.with_for_update() if lock else query)
    if row is None:
        return None
    return AccountSettings(row.name, row.second_factor_required, row.retention_days, row.time_zone, row.show_domain)


async def owner_domain(session: AsyncSession) -> str | None:
    """The domain of the owner's email address."""
    return await session.scalar(text("select domain from api.owner_domain()"))


async def update_account(session: AsyncSession, account_id: UUID, values: dict[str, Any]) -> None:
    await session.execute(update(Account).where(Account.account_id == account_id).values(values))


async def memberships_of_user(session: AsyncSession) -> list[AccountMembership]:
    """Accounts of the session's user, in the order of joining."""
    rows = await session.execute(text("select account_id, name, role, deleted_at from api.accounts_of_person()"))
    return [AccountMembership(row.account_id, row.name, row.role, row.deleted_at) for row in rows]


async def requires_second_factor(session: AsyncSession) -> bool:
    """Whether the session's account does."""
    return bool(await session.scalar(select(Account.second_factor_required)))


async def members(session: AsyncSession) -> list[Member]:
    """Members of the session's account, sorted by name."""
    rows = await session.execute(text("select * from api.members() order by lower(name), user_id"))
    return [
        Member(row.user_id, row.name, row.email, Role(row.role), row.second_factor, row.joined_at, row.last_seen_at)
        for row in rows
    ]


async def add_membership(session: AsyncSession, account_id: UUID, user_id: UUID, role: Role) -> None:
    session.add(Membership(account_id=account_id, user_id=user_id, role=role.value))
    await session.flush()


async def set_role(session: AsyncSession, account_id: UUID, user_id: UUID, role: Role) -> None:
    query = update(Membership).where(Membership.account_id == account_id, Membership.user_id == user_id)
    await session.execute(query.values(role=role.value))


async def remove_membership(session: AsyncSession, account_id: UUID, user_id: UUID) -> None:
    """Also removes the user's logins in this account."""
    await session.execute(delete(Membership).where(Membership.account_id == account_id, Membership.user_id == user_id))


async def lock_account(session: AsyncSession, account_id: UUID) -> None:
    """Serialize changes of the account's members and roles until the transaction ends."""
    await session.execute(select(Account.account_id).where(Account.account_id == account_id).with_for_update())


async def add_invitation(session: AsyncSession, invitation: Invitation) -> None:
    session.add(
        InvitationRow(
            account_id=invitation.account_id,
            id=invitation.id,
            email=invitation.email,
            role=invitation.role.value,
            invited_by=invitation.invited_by,
            invited_by_id=invitation.invited_by_id,
            created_at=invitation.created_at,
            expires_at=invitation.expires_at,
        )
    )
    await session.flush()


async def open_invitations(session: AsyncSession, *, email: str | None = None) -> Sequence[Invitation]:
    """Invitations that are neither accepted nor revoked, newest first. Includes expired ones."""
    query = select(InvitationRow).where(_OPEN)
    if email is not None:
        query = query.where(InvitationRow.email == email)
    return [_invitation(row) for row in await session.scalars(query.order_by(InvitationRow.id.desc()))]


async def invitation(session: AsyncSession, invitation_id: UUID, account_name: str) -> Invitation | None:
    """A pending invitation, expired or not."""
    row = await session.scalar(
        select(InvitationRow).where(
            InvitationRow.id == invitation_id, InvitationRow.accepted_at.is_(None), InvitationRow.revoked_at.is_(None)
        )
    )
    return _invitation(row, account_name) if row else None


async def account_of_invitation(session: AsyncSession, invitation_id: UUID) -> UUID | None:
    """Works in a public session."""
    return await session.scalar(text("select account_id from api.account_of_invitation(:id)"), {"id": invitation_id})


async def count_seats(session: AsyncSession, account_id: UUID) -> int:
    """Count members and pending invitations, and keep other transactions from adding any."""
    members = select(func.count()).where(Membership.account_id == account_id).scalar_subquery()
    invitations = select(func.count()).select_from(InvitationRow).where(_OPEN).scalar_subquery()
    return (await quota.under_lock(session, account_id, "people", select(members + invitations)))[0][0]


async def close_invitation(session: AsyncSession, invitation_id: UUID, *, accepted: bool, at: datetime) -> bool:
    """Returns False if it was accepted or revoked already."""
    query = update(InvitationRow).where(
        InvitationRow.id == invitation_id, InvitationRow.accepted_at.is_(None), InvitationRow.revoked_at.is_(None)
    )
    result = await session.execute(query.values({"accepted_at" if accepted else "revoked_at": at}))
    return bool(result.rowcount)  # type: ignore[attr-defined]


async def close_invitations_of(session: AsyncSession, user_id: UUID, at: datetime) -> list[UUID]:
    """Revoke the pending invitations this member sent, and return their IDs."""
    query = update(InvitationRow).where(
        InvitationRow.invited_by_id == user_id,
        InvitationRow.accepted_at.is_(None),
        InvitationRow.revoked_at.is_(None),
    )
    return list(await session.scalars(query.values(revoked_at=at).returning(InvitationRow.id)))


def _invitation(row: InvitationRow, account_name: str = "") -> Invitation:
    return Invitation(
        row.id,
        row.account_id,
        account_name,
        row.email,
        Role(row.role),
        row.invited_by,
        row.invited_by_id,
        row.created_at,
        row.expires_at,
    )
