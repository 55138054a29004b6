"""Logging in with an external identity provider (OIDC)."""

from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.db.session import account_session, public_session, user_session
from quantum_app.domain.accounts import members
from quantum_app.domain.accounts import service as accounts
from quantum_app.domain.audit import service as audit
from quantum_app.domain.audit.schemas import Actor
from quantum_app.domain.identity import repository
from quantum_app.domain.identity.schemas import Challenge, Identity
from quantum_app.domain.identity.service import challenge_for
from quantum_app.domain.outbox import service as outbox
from quantum_app.errors import Conflict, NotFound
from quantum_app.kit.ids import new_id


async def find_user(*, issuer: str, subject: str) -> UUID | Challenge | None:
    """The user with this identity, a challenge if they have a second factor here, or None if nobody has it.

    Matches issuer and subject, never the email address: an address at the provider can change hands.
    """
    async with public_session() as session:
        user_id = await repository.user_by_identity(session, issuer, subject)
    return None if user_id is None else await challenge_for(user_id) or user_id


async def create_account(*, issuer: str, subject: str, email: str, name: str, time_zone: str) -> UUID:
    """Create a user with an account of their own. The provider has verified their email address.

    Raises Conflict if the address has a login already. Its owner can connect the identity under Security.
    """
    user_id, account_id = new_id(), new_id()
    name = name or name_from_email(email)
    account = default_account_name(name)
    try:
        async with account_session(account_id, user_id=user_id) as session:
            await repository.add_user(session, user_id, email=email, name=name, password_hash=None)
            await repository.add_identity(session, user_id, issuer, subject, email)
            await accounts.create(session, account_id, name=account, owner=user_id, time_zone=time_zone)
            actor = Actor(user_id, email)
            await audit.record(
                session, account_id, actor, "account.created", "account", account_id, new={"name": account}
            )
    except IntegrityError:
        raise address_taken() from None
    return user_id


async def accept_invitation(invitation: str, *, issuer: str, subject: str, email: str, name: str) -> UUID:
    """Create a user with this identity as a member of the account they were invited to.

    The invitation's link proves the invited address, whatever address the provider knows. Raises NotFound if the
    invitation is invalid or expired, Conflict.
    """
    invite = await members.invitation_of_token(invitation)
    user_id = new_id()
    try:
        async with account_session(invite.account_id, user_id=user_id) as session:
            await repository.add_user(
                session,
                user_id,
                email=invite.email,
                name=name or name_from_email(invite.email),
                password_hash=None,
            )
            await repository.add_identity(session, user_id, issuer, subject, email or invite.email)
            await members.accept_invitation(session, invite, user_id)
    except IntegrityError:
        raise address_taken() from None
    return user_id


def name_from_email(email: str) -> str:
    """Default name of a user."""
    return email.split("@")[0][:100]


def default_account_name(name: str) -> str:
    """Default name of a user's account."""
    return f"{name}'s account"[: accounts.LONGEST_NAME]


def address_taken() -> Conflict:
    """The error for an identity whose email address has a login it isn't connected to."""
    return Conflict(
        "This email address already has a login. Log in with your password, then connect your provider under Security.",
        code="known_address",
    )


async def connect(identity: Identity, *, issuer: str, subject: str, email: str) -> None:
    """Let the user log in with this identity too. Raises Conflict if somebody else has it."""
    try:
        async with account_session(identity.account_id, user_id=identity.user_id) as session:
            await repository.add_identity(session, identity.user_id, issuer, subject, email)
            await audit.record(
                session,
                identity.account_id,
                identity.actor,
                "identity.connected",
                "user",
                identity.user_id,
                new={"issuer": issuer},
            )
            await _notify(session, identity, issuer, on=True)
    except IntegrityError:
        raise Conflict("This login is already connected.", code="known_identity") from None


async def disconnect(session: AsyncSession, identity: Identity, issuer: str) -> None:
    """Remove an identity from the user. The session must be of account and user.

    Raises NotFound, Conflict if it's their only way to log in.
    """
    person = await repository.person(session, identity.user_id)
    if person is None or person.password_hash is None:
        raise Conflict("This is your only way to log in. Log out and use “Forgot password?” to set a password first.")
    if not await repository.remove_identity(session, identity.user_id, issuer):
        raise NotFound("This provider isn't connected.")
    await audit.record(
        session,
        identity.account_id,
        identity.actor,
        "identity.disconnected",
        "user",
        identity.user_id,
        previous={"issuer": issuer},
    )
    await _notify(session, identity, issuer, on=False)


async def _notify(session: AsyncSession, identity: Identity, issuer: str, *, on: bool) -> None:
    await outbox.send_email(
        session,
        key=f"identity_changed:{new_id()}",
        to=identity.email,
        template="identity_changed",
        data={"name": identity.name, "provider": issuer, "on": on},
        user_id=identity.user_id,
    )


async def connected_issuers(user_id: UUID) -> list[str]:
    """Issuers of the user's external identities."""
    async with user_session(user_id) as session:
        return await repository.issuers(session, user_id)
