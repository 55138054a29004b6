"""Members of an account and invitations to join it."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.db.session import account_session, public_session
from quantum_app.domain.accounts import repository
from quantum_app.domain.accounts.permissions import Permission, Role, allows, may_grant
from quantum_app.domain.accounts.schemas import Invitation, Member
from quantum_app.domain.audit import service as audit
from quantum_app.domain.audit.schemas import Actor
from quantum_app.domain.outbox import service as outbox
from quantum_app.errors import Conflict, InvalidInput, NotAllowed, NotFound, QuotaExceeded, TooManyRequests
from quantum_app.kit import tokens
from quantum_app.kit.clock import now
from quantum_app.kit.ids import new_id
from quantum_app.settings import settings

LIFETIME = timedelta(days=7)
PURPOSE = "invitation"


async def list_members(session: AsyncSession) -> list[Member]:
    """Members of the session's account, sorted by name."""
    return await repository.members(session)


async def list_admitted_members(session: AsyncSession) -> list[Member]:
    """Members without those who have to set up two-factor authentication before they see anything."""
    is_required = await repository.requires_second_factor(session)
    return [member for member in await repository.members(session) if member.second_factor or not is_required]


async def list_invitations(session: AsyncSession) -> list[Invitation]:
    """Invitations to the session's account that nobody has accepted or revoked, newest first."""
    return list(await repository.open_invitations(session))


async def invite(session: AsyncSession, account_id: UUID, actor: Actor, email: str, role: Role) -> None:
    """Send an invitation by email. It replaces an earlier one to the same address.

    email: Normalized.

    Raises NotAllowed if the actor can't grant the role, Conflict for an existing member, QuotaExceeded when the account
    is full, TooManyRequests.
    """
    acting = await _acting_member(session, account_id, actor)
    _check_may_grant(acting, role)
    if any(member.email == email for member in await repository.members(session)):
        raise Conflict(f"{email} is already a member of this account.", code="known_member")
    quotas, at = settings().quotas, now()
    if wait := await audit.seconds_until_allowed(
        session, account_id, "members.invited", a_day=quotas.invitations_a_day
    ):
        message = f"You've reached today's limit of {quotas.invitations_a_day} invitations. Try again tomorrow."
        raise TooManyRequests(message, retry_after=wait)
    for older in await repository.open_invitations(session, email=email):
        await repository.close_invitation(session, older.id, accepted=False, at=at)
    if await repository.count_seats(session, account_id) >= quotas.members:
        raise QuotaExceeded(
            f"An account can have up to {quotas.members} members and pending invitations. Remove some, then try again."
        )
    name = await repository.account_name(session, account_id) or ""
    invitation = Invitation(new_id(), account_id, name, email, role, actor.name, acting.user_id, at, at + LIFETIME)
    await repository.add_invitation(session, invitation)
    await audit.record(
        session, account_id, actor, "members.invited", "invitation", invitation.id, new={"email": email, "role": role}
    )
    await _send_invitation(session, invitation, acting, f"invitation:{invitation.id}")


async def resend_invitation(session: AsyncSession, account_id: UUID, actor: Actor, invitation_id: UUID) -> None:
    """Send a new link that is valid for a week. Raises NotFound, NotAllowed, TooManyRequests."""
    invitation = await repository.invitation(session, invitation_id, "")
    if invitation is None:
        raise _invitation_invalid()
    await invite(session, account_id, actor, invitation.email, invitation.role)


async def revoke_invitation(session: AsyncSession, account_id: UUID, actor: Actor, invitation_id: UUID) -> None:
    """Invalidate the link. Raises NotFound if the invitation isn't pending, NotAllowed."""
    acting = await _acting_member(session, account_id, actor)
    invitation = await repository.invitation(session, invitation_id, "")
    if invitation is None:
        raise _invitation_invalid()
    _check_may_grant(acting, invitation.role)
    if not await repository.close_invitation(session, invitation_id, accepted=False, at=now()):
        raise _invitation_invalid()
    await audit.record(
        session,
        account_id,
        actor,
        "members.invitation_revoked",
        "invitation",
        invitation_id,
        previous={"email": invitation.email, "role": invitation.role},
    )


async def invitation_of_token(token: str) -> Invitation:
    """The invitation behind a link. Opens its own session. Raises NotFound if the link is invalid or expired."""
    invitation_id = tokens.verify(settings().signing_key, PURPOSE, token)
    if invitation_id is None:
        raise _invitation_invalid()
    async with public_session() as session:
        account_id = await repository.account_of_invitation(session, invitation_id)
    if account_id is None:
        raise _invitation_invalid()
    async with account_session(account_id) as session:
        name = await repository.account_name(session, account_id) or ""
        invitation = await repository.invitation(session, invitation_id, name)
    if invitation is None or invitation.expires_at <= now():
        raise _invitation_invalid()
    return invitation


async def sender_of(invitation: Invitation) -> Member:
    """Who invites. Opens its own session. Raises NotFound if they have left the account."""
    async with account_session(invitation.account_id) as session:
        return await _member(session, invitation.invited_by_id)


async def accept_invitation(session: AsyncSession, invitation: Invitation, user_id: UUID) -> None:
    """Make the user a member. The session must be of both the account and the user.

    Raises NotFound if the invitation was used or revoked meanwhile, Conflict for an existing member.
    """
    if not await repository.close_invitation(session, invitation.id, accepted=True, at=now()):
        raise _invitation_invalid()
    if any(member.user_id == user_id for member in await repository.members(session)):
        raise Conflict("You're already a member of this account.", code="known_member")
    await repository.add_membership(session, invitation.account_id, user_id, invitation.role)
    await audit.record(
        session,
        invitation.account_id,
        Actor(user_id, invitation.email),
        "members.joined",
        "user",
        user_id,
        new={"role": invitation.role},
    )


async def change_role(session: AsyncSession, account_id: UUID, actor: Actor, user_id: UUID, role: Role) -> None:
    """Change a member's role. Takes effect at once. Raises NotFound, NotAllowed for the owner's role or one's own."""
    acting = await _acting_member(session, account_id, actor)
    member = await _member(session, user_id)
    if user_id == actor.user_id:
        raise NotAllowed("You can't change your own role. Ask another admin.")
    _check_may_grant(acting, member.role)
    _check_may_grant(acting, role)
    if member.role is role:
        return
    await repository.set_role(session, account_id, user_id, role)
    await audit.record(
        session,
        account_id,
        actor,
        "members.role_changed",
        "user",
        user_id,
        previous={"role": member.role},
        new={"role": role},
    )
    if not allows(role, Permission.MEMBERS_MANAGE):
        await _revoke_sent_invitations(session, account_id, actor, user_id)


async def remove(session: AsyncSession, account_id: UUID, actor: Actor, user_id: UUID) -> None:
    """Remove a member from the account. Their logins in it and the invitations they sent end at once.

    Raises NotFound, NotAllowed for the owner.
    """
    acting = await _acting_member(session, account_id, actor)
    member = await _member(session, user_id)
    if user_id != actor.user_id:
        _check_may_grant(acting, member.role)
    elif member.role is Role.OWNER:
        raise NotAllowed("The owner can't leave the account. Transfer ownership first.")
    await repository.remove_membership(session, account_id, user_id)
    action = "members.left" if user_id == actor.user_id else "members.removed"
    await audit.record(
        session, account_id, actor, action, "user", user_id, previous={"email": member.email, "role": member.role}
    )
    await _revoke_sent_invitations(session, account_id, actor, user_id)
    if user_id != actor.user_id:
        name = await repository.account_name(session, account_id) or ""
        await outbox.send_email(
            session,
            key=f"removed:{new_id()}",
            to=member.email,
            template="removed",
            data={"account": name},
            account_id=account_id,
        )


async def transfer_ownership(session: AsyncSession, account_id: UUID, actor: Actor, user_id: UUID) -> None:
    """Make another member the owner. The current owner, who must be the actor, becomes an admin.

    Raises NotFound, NotAllowed, TooManyRequests.
    """
    acting = await _acting_member(session, account_id, actor)
    member = await _member(session, user_id)
    if acting.role is not Role.OWNER:
        raise NotAllowed("Only the owner can transfer ownership.")
    a_day = settings().quotas.handovers_a_day
    if wait := await audit.seconds_until_allowed(session, account_id, "members.ownership_transferred", a_day=a_day):
        message = f"Ownership can be transferred {a_day} times a day. Try again tomorrow."
        raise TooManyRequests(message, retry_after=wait)
    if user_id == actor.user_id:
        raise InvalidInput("You're already the owner. Choose another member.", field="user_id")
    await repository.set_role(session, account_id, acting.user_id, Role.ADMIN)
    await repository.set_role(session, account_id, user_id, Role.OWNER)
    await audit.record(
        session, account_id, actor, "members.ownership_transferred", "user", user_id,
        previous={"role": member.role}, new={"role": Role.OWNER},
    )  # fmt: skip
    name = await repository.account_name(session, account_id) or ""
    await outbox.send_email(
        session,
        key=f"ownership:{new_id()}",
        to=member.email,
        template="ownership",
        data={"account": name, "by": actor.name},
        account_id=account_id,
    )


async def _acting_member(session: AsyncSession, account_id: UUID, actor: Actor) -> Member:
    """The member who acts, with their current role. Locks the account, so that changes of members run one by one."""
    await repository.lock_account(session, account_id)
    if actor.user_id is None:
        raise NotAllowed("Only members can manage an account's members.")
    return await _member(session, actor.user_id)


async def _revoke_sent_invitations(session: AsyncSession, account_id: UUID, actor: Actor, user_id: UUID) -> None:
    """Revoke what somebody sent who may not invite anymore, so they can't rejoin or add others through it."""
    for invitation_id in await repository.close_invitations_of(session, user_id, now()):
        await audit.record(session, account_id, actor, "members.invitation_revoked", "invitation", invitation_id)


async def _member(session: AsyncSession, user_id: UUID) -> Member:
    member = next((member for member in await repository.members(session) if member.user_id == user_id), None)
    if member is None:
        raise NotFound("This person is no longer a member of the account.")
    return member


def _check_may_grant(acting: Member, role: Role) -> None:
    if not may_grant(acting.role, role):
        raise NotAllowed("Only owners and admins can change roles, and ownership can only be transferred by the owner.")


async def _send_invitation(session: AsyncSession, invitation: Invitation, sender: Member, key: str) -> None:
    data = {
        "account": invitation.account_name,
        "name": sender.name,
        "email": sender.email,
        "role": invitation.role,
        "token": {"purpose": PURPOSE, "id": str(invitation.id)},
    }
    await outbox.send_email(
        session, key=key, to=invitation.email, template=PURPOSE, data=data, account_id=invitation.account_id
    )


def _invitation_invalid() -> NotFound:
    return NotFound("This invitation is no longer valid. Ask for a new one.", code="link_over")
