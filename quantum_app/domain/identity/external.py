"""People who prove who they are at another identity provider (OIDC)."""

from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.db.session import account_session, public_session, user_session
from quantum_app.domain.accounts import service as accounts
from quantum_app.domain.audit import service as audit
from quantum_app.domain.audit.schemas import Actor
from quantum_app.domain.identity import repository
from quantum_app.domain.identity.schemas import Challenge, Identity
from quantum_app.domain.identity.service import challenge_for
from quantum_app.domain.outbox import service as outbox
from quantum_app.errors import Conflict, NotAuthenticated, NotFound
from quantum_app.kit.ids import new_id


async def enter(*, issuer: str, subject: str, email: str, email_verified: bool, name: str) -> UUID | Challenge:
    """Who somebody is whom the provider vouches for; a challenge when they have a second factor here.

    Known by issuer and subject, never by address: an address that has a login here is refused until its owner has
    connected the two, or whoever gets the address at the provider would get the login. Somebody new becomes a user
    with an account of their own. Raises NotAuthenticated, Conflict.
    """
    async with public_session() as session:
        user_id = await repository.user_by_identity(session, issuer, subject)
    if user_id is not None:
        return await challenge_for(user_id) or user_id
    if not email or not email_verified:
        raise NotAuthenticated("Your provider has not confirmed your e-mail address.", code="unverified_email")
    user_id, account_id = new_id(), new_id()
    account = f"{name or email.split('@')[0]}'s account"[: accounts.LONGEST_NAME]
    try:
        async with account_session(account_id, user_id=user_id) as session:
            await repository.add_user(
                session, user_id, email=email.lower(), name=name or email.split("@")[0], password_hash=None
            )
            await repository.add_identity(session, user_id, issuer, subject, email)
            await accounts.create(session, account_id, name=account, owner=user_id)
            actor = Actor(user_id, email.lower())
            await audit.record(
                session, account_id, actor, "account.created", "account", account_id, new={"name": account}
            )
    except IntegrityError:
        raise Conflict(
            "This address has a login here already. Log in with your password, and connect the two under Security.",
            code="known_address",
        ) from None
    return user_id


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
