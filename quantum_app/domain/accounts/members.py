"""Who belongs to an account, in which role, and who is asked to join."""

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


async def listed(session: AsyncSession) -> list[Member]:
    """Who belongs to the session's account, by name."""
    return await repository.members(session)


async def invitations(session: AsyncSession) -> list[Invitation]:
    """Who was asked to join the session's account and has not answered, the newest first."""
    return list(await repository.open_invitations(session))


async def invite(session: AsyncSession, account_id: UUID, actor: Actor, email: str, role: Role) -> None:
    """Ask somebody by mail to join; an older invitation of the same address counts no more. email: normalised.

    Raises NotAllowed for a role that one cannot give, Conflict for a member, QuotaExceeded for one person too many,
    TooManyRequests.
    """
    acting = await _acting(session, account_id, actor)
    _may_grant(acting, role)
    if any(member.email == email for member in await repository.members(session)):
        raise Conflict(f"{email} belongs to this account already.", code="known_member")
    quotas, at = settings().quotas, now()
    if wait := await audit.wait_for(session, account_id, "members.invited", a_day=quotas.invitations_a_day):
        message = f"You can send {quotas.invitations_a_day} invitations a day. Try again tomorrow."
        raise TooManyRequests(message, retry_after=wait)
    for older in await repository.open_invitations(session, email=email):
        await repository.close_invitation(session, older.id, accepted=False, at=at)
    if await repository.count_people(session, account_id) >= quotas.members:
        raise QuotaExceeded(
            f"An account can have {quotas.members} members and open invitations. Remove some, and try again."
        )
    name = await repository.account_name(session, account_id) or ""
    invitation = Invitation(new_id(), account_id, name, email, role, actor.name, acting.user_id, at, at + LIFETIME)
    await repository.add_invitation(session, invitation)
    await audit.record(
        session, account_id, actor, "members.invited", "invitation", invitation.id, new={"email": email, "role": role}
    )
    await _send(session, invitation, f"invitation:{invitation.id}")


async def invite_again(session: AsyncSession, account_id: UUID, actor: Actor, invitation_id: UUID) -> None:
    """A new link, good for a week. Raises NotFound, NotAllowed, TooManyRequests."""
    found = await repository.invitation(session, invitation_id, "")
    if found is None:
        raise _gone()
    await invite(session, account_id, actor, found.email, found.role)


async def revoke(session: AsyncSession, account_id: UUID, actor: Actor, invitation_id: UUID) -> None:
    """The link counts no more. Raises NotFound for an invitation that is not open, NotAllowed."""
    acting = await _acting(session, account_id, actor)
    found = await repository.invitation(session, invitation_id, "")
    if found is None:
        raise _gone()
    _may_grant(acting, found.role)
    if not await repository.close_invitation(session, invitation_id, accepted=False, at=now()):
        raise _gone()
    await audit.record(
        session,
        account_id,
        actor,
        "members.invitation_revoked",
        "invitation",
        invitation_id,
        previous={"email": found.email, "role": found.role},
    )


async def open_invitation(token: str) -> Invitation:
    """The invitation that a link is for. Opens its own session. Raises NotFound when it is not good any more."""
    invitation_id = tokens.verify(settings().signing_key, PURPOSE, token)
    if invitation_id is None:
        raise _gone()
    async with public_session() as session:
        account_id = await repository.account_of_invitation(session, invitation_id)
    if account_id is None:
        raise _gone()
    async with account_session(account_id) as session:
        name = await repository.account_name(session, account_id) or ""
        found = await repository.invitation(session, invitation_id, name)
    if found is None or found.expires_at <= now():
        raise _gone()
    return found


async def accept(session: AsyncSession, invitation: Invitation, user_id: UUID) -> None:
    """Make the user a member; the session is one of both. Raises NotFound when somebody was faster, Conflict."""
    if not await repository.close_invitation(session, invitation.id, accepted=True, at=now()):
        raise _gone()
    if any(member.user_id == user_id for member in await repository.members(session)):
        raise Conflict("You belong to this account already.", code="known_member")
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
    """Give a member another role, at once. Raises NotFound, NotAllowed for the owner's role or one's own."""
    acting = await _acting(session, account_id, actor)
    member = await _member(session, user_id)
    if user_id == actor.user_id:
        raise NotAllowed("Nobody changes their own role. Ask another administrator.")
    _may_grant(acting, member.role)
    _may_grant(acting, role)
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
        await _withdraw_invitations(session, account_id, actor, user_id)


async def remove(session: AsyncSession, account_id: UUID, actor: Actor, user_id: UUID) -> None:
    """Take a member out of the account; their logins in it and the invitations they sent end at once.

    Raises NotFound, NotAllowed for the owner.
    """
    acting = await _acting(session, account_id, actor)
    member = await _member(session, user_id)
    if user_id != actor.user_id:
        _may_grant(acting, member.role)
    elif member.role is Role.OWNER:
        raise NotAllowed("The owner cannot leave: hand the account over first.")
    await repository.remove_membership(session, account_id, user_id)
    action = "members.left" if user_id == actor.user_id else "members.removed"
    await audit.record(
        session, account_id, actor, action, "user", user_id, previous={"email": member.email, "role": member.role}
    )
    await _withdraw_invitations(session, account_id, actor, user_id)
    if user_id != actor.user_id:
        name = await repository.account_name(session, account_id) or ""
        await outbox.send_mail(
            session,
            key=f"removed:{new_id()}",
            to=member.email,
            template="removed",
            data={"account": name},
            account_id=account_id,
        )


async def hand_over(session: AsyncSession, account_id: UUID, actor: Actor, user_id: UUID) -> None:
    """Make another member the owner; the present one, who acts, becomes an administrator.

    Raises NotFound, NotAllowed, TooManyRequests.
    """
    acting = await _acting(session, account_id, actor)
    member = await _member(session, user_id)
    if acting.role is not Role.OWNER:
        raise NotAllowed("Only the owner hands the account over.")
    a_day = settings().quotas.handovers_a_day
    if wait := await audit.wait_for(session, account_id, "members.ownership_transferred", a_day=a_day):
        raise TooManyRequests(f"You can change the owner {a_day} times a day. Try again tomorrow.", retry_after=wait)
    if user_id == actor.user_id:
        raise InvalidInput("Choose another member: you are the owner already.", field="user_id")
    await repository.set_role(session, account_id, acting.user_id, Role.ADMIN)
    await repository.set_role(session, account_id, user_id, Role.OWNER)
    await audit.record(
        session, account_id, actor, "members.ownership_transferred", "user", user_id,
        previous={"role": member.role}, new={"role": Role.OWNER},
    )  # fmt: skip
    name = await repository.account_name(session, account_id) or ""
    await outbox.send_mail(
        session,
        key=f"ownership:{new_id()}",
        to=member.email,
        template="ownership",
        data={"account": name, "by": actor.name},
        account_id=account_id,
    )


async def _acting(session: AsyncSession, account_id: UUID, actor: Actor) -> Member:
    """Who acts, in the role they have now: changes of an account's members happen one after the other."""
    await repository.lock_account(session, account_id)
    if actor.user_id is None:
        raise NotAllowed("Only members change who belongs to an account.")
    return await _member(session, actor.user_id)


async def _withdraw_invitations(session: AsyncSession, account_id: UUID, actor: Actor, user_id: UUID) -> None:
    """Whoever may not invite any more does not come back, or bring others, by a link sent before."""
    for invitation_id in await repository.close_invitations_of(session, user_id, now()):
        await audit.record(session, account_id, actor, "members.invitation_revoked", "invitation", invitation_id)


async def _member(session: AsyncSession, user_id: UUID) -> Member:
    found = next((member for member in await repository.members(session) if member.user_id == user_id), None)
    if found is None:
        raise NotFound("This person does not belong to the account any more.")
    return found


def _may_grant(acting: Member, role: Role) -> None:
    if not may_grant(acting.role, role):
        raise NotAllowed("The owner's role is handed over by the owner alone, and others by administrators.")


async def _send(session: AsyncSession, invitation: Invitation, key: str) -> None:
    data = {"role": invitation.role, "token": {"purpose": PURPOSE, "id": str(invitation.id)}}
    await outbox.send_mail(
        session, key=key, to=invitation.email, template=PURPOSE, data=data, account_id=invitation.account_id
    )


def _gone() -> NotFound:
    return NotFound("This invitation is not good any more. Ask for a new one.", code="link_over")
