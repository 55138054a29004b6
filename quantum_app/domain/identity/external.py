"""People who prove who they are at another identity provider (OIDC)."""

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


async def known(*, issuer: str, subject: str) -> UUID | Challenge | None:
    """Whose identity this is; a challenge when they have a second factor here; None for somebody new.

    By issuer and subject, never by address: whoever gets the address at the provider would get the login.
    """
    async with public_session() as session:
        user_id = await repository.user_by_identity(session, issuer, subject)
    return None if user_id is None else await challenge_for(user_id) or user_id


async def open_account(*, issuer: str, subject: str, email: str, name: str) -> UUID:
    """A user with an account of their own, whose address the provider has verified.

    Raises Conflict for an address that has a login, until its owner has connected the two.
    """
    user_id, account_id = new_id(), new_id()
    name = name or name_of(email)
    account = account_name_of(name)
    try:
        async with account_session(account_id, user_id=user_id) as session:
            await repository.add_user(session, user_id, email=email, name=name, password_hash=None)
            await repository.add_identity(session, user_id, issuer, subject, email)
            await accounts.create(session, account_id, name=account, owner=user_id)
            actor = Actor(user_id, email)
            await audit.record(
                session, account_id, actor, "account.created", "account", account_id, new={"name": account}
            )
    except IntegrityError:
        raise known_address() from None
    return user_id


async def join(invitation: str, *, issuer: str, subject: str, email: str, name: str) -> UUID:
    """A user who is a member by an invitation, and comes by this identity.

    The link proves the address that was invited, as it does for a newcomer with a password; which address the provider
    knows does not matter. Raises NotFound for an invitation that is not good any more, Conflict.
    """
    open_one = await members.open_invitation(invitation)
    user_id = new_id()
    try:
        async with account_session(open_one.account_id, user_id=user_id) as session:
            await repository.add_user(
                session, user_id, email=open_one.email, name=name or name_of(open_one.email), password_hash=None
            )
            await repository.add_identity(session, user_id, issuer, subject, email or open_one.email)
            await members.accept(session, open_one, user_id)
    except IntegrityError:
        raise known_address() from None
    return user_id


def name_of(email: str) -> str:
    """What to call somebody whose name is not known."""
    return email.split("@")[0][:100]


def account_name_of(name: str) -> str:
    """What to call the account of somebody who did not name it."""
    return f"{name}'s account"[: accounts.LONGEST_NAME]


def known_address() -> Conflict:
    """This address has a login, which the provider's word does not open."""
    return Conflict(
        "This address has a login here already. Log in with your password, and connect the two under Security.",
        code="known_address",
    )


async def connect(who: Identity, *, issuer: str, subject: str, email: str) -> None:
    """From now on this person can also come by this identity. Raises Conflict when it is somebody else's."""
    try:
        async with account_session(who.account_id, user_id=who.user_id) as session:
            await repository.add_identity(session, who.user_id, issuer, subject, email)
            await audit.record(
                session, who.account_id, who.actor, "identity.connected", "user", who.user_id, new={"issuer": issuer}
            )
            await _tell(session, who, issuer, on=True)
    except IntegrityError:
        raise Conflict("This identity is connected already.", code="known_identity") from None


async def disconnect(session: AsyncSession, who: Identity, issuer: str) -> None:
    """The person does not come by this identity any more. The session is of account and person.

    Raises NotFound, Conflict for the only way in.
    """
    person = await repository.person(session, who.user_id)
    if person is None or person.password_hash is None:
        raise Conflict("This is your only way in. Choose a password first: log out, and say that you forgot it.")
    if not await repository.remove_identity(session, who.user_id, issuer):
        raise NotFound("This is not connected.")
    await audit.record(
        session, who.account_id, who.actor, "identity.disconnected", "user", who.user_id, previous={"issuer": issuer}
    )
    await _tell(session, who, issuer, on=False)


async def _tell(session: AsyncSession, who: Identity, issuer: str, *, on: bool) -> None:
    await outbox.send_mail(
        session,
        key=f"identity_changed:{new_id()}",
        to=who.email,
        template="identity_changed",
        data={"name": who.name, "provider": issuer, "on": on},
        user_id=who.user_id,
    )


async def connected(user_id: UUID) -> list[str]:
    """The issuers by which the person can come."""
    async with user_session(user_id) as session:
        return await repository.issuers(session, user_id)
