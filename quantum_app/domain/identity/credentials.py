"""Changing one's password, email address and name."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.db.session import account_session, public_session, user_session
from quantum_app.domain.accounts import service as accounts
from quantum_app.domain.audit import service as audit
from quantum_app.domain.audit.schemas import Actor
from quantum_app.domain.identity import passwords, repository, second_factor
from quantum_app.domain.identity.repository import Person
from quantum_app.domain.identity.schemas import Identity
from quantum_app.domain.outbox import service as outbox
from quantum_app.errors import Conflict, InvalidInput, NotAuthenticated, NotFound
from quantum_app.kit import tokens
from quantum_app.kit.clock import now
from quantum_app.kit.ids import new_id
from quantum_app.settings import settings

RESET, CHANGE_EMAIL = "reset_password", "change_email"
# At least as long as the rate limit of reset emails: if somebody else uses the limit up, one link still works.
RESET_LIFETIME = timedelta(hours=1)
CHANGE_LIFETIME = timedelta(hours=24)
FRESH_LOGIN = timedelta(minutes=10)
LONGEST_NAME = 100


async def request_password_reset(email: str) -> None:
    """Email a link to choose a new password if the address has a login. Never reveals whether it does.

    email: Normalized.
    """
    async with public_session() as session:
        credentials = await repository.login_by_email(session, email)
    if credentials is None:
        return
    user_id, token_id, at = credentials[0], new_id(), now()
    async with user_session(user_id) as session:
        person = await _person(session, user_id)
        await repository.add_token(session, token_id, user_id, RESET, at + RESET_LIFETIME)
        data = {"name": person.name, "token": {"purpose": RESET, "id": str(token_id)}}
        await outbox.send_email(
            session, key=f"reset:{token_id}", to=person.email, template=RESET, data=data, user_id=user_id
        )


async def reset_password(token: str, password: str) -> str:
    """Set a new password by a link. Ends all logins of the user and returns their email address.

    Raises NotFound if the link is invalid or expired, InvalidInput with the field `password`.
    """
    user_id, token_id = await _token_owner(token, RESET)
    password_hash = await passwords.hash_password(password)
    async with user_session(user_id) as session:
        person = await _person(session, user_id)
        passwords.check_strength(password, person.name, person.email)
        if await repository.use_token(session, token_id, RESET, now()) is None:
            raise _link_invalid()
        await repository.spend_tokens(session, user_id, now())
        await repository.set_password_hash(session, user_id, password_hash)
        await repository.remove_logins(session, user_id)
        await _notify(session, user_id, person.email, "password_changed", {"name": person.name})
    await _audit_in_all_accounts(person, "password.reset")
    return person.email


async def change_password(session: AsyncSession, identity: Identity, password: str) -> None:
    """Change the password of a user who has just reauthenticated. Ends their other logins.

    The session must be of account and user. Raises InvalidInput with the field `password`.
    """
    passwords.check_strength(password, identity.name, identity.email, identity.account_name)
    await repository.set_password_hash(session, identity.user_id, await passwords.hash_password(password))
    await repository.spend_tokens(session, identity.user_id, now())
    await repository.remove_logins(session, identity.user_id, but=identity.session_id)
    await audit.record(session, identity.account_id, identity.actor, "password.changed", "user", identity.user_id)
    await _notify(session, identity.user_id, identity.email, "password_changed", {"name": identity.name})


async def reauthenticate(session: AsyncSession, identity: Identity, password: str, code: str = "") -> None:
    """Check the password again, and a code if there is a second factor, before a sensitive change.

    A user without a password needs only the code. A user with neither must have logged in at their provider within
    the last ten minutes. Raises NotAuthenticated with code `wrong_credentials`, `wrong_code` or `login_again`.
    """
    person = await _person(session, identity.user_id)
    if person.password_hash is None and not person.second_factor and now() - identity.began_at > FRESH_LOGIN:
        raise NotAuthenticated(
            "Log out, log in again with your provider, and try again within ten minutes.", code="login_again"
        )
    if person.password_hash is not None and not (await passwords.verify(password, person.password_hash))[0]:
        raise NotAuthenticated("Incorrect password.", code="wrong_credentials")
    if person.second_factor and not await second_factor.use_code(session, identity.user_id, code):
        raise NotAuthenticated(second_factor.WRONG_CODE, code="wrong_code")


async def has_password(session: AsyncSession, identity: Identity) -> bool:
    """Whether the user has a password, or only an external identity. The session must be of the user."""
    return (await _person(session, identity.user_id)).password_hash is not None


async def rename(session: AsyncSession, identity: Identity, name: str) -> None:
    """Change the user's name. The session must be of account and user. Raises InvalidInput with the field `name`."""
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise InvalidInput(f"Enter a name of 1 to {LONGEST_NAME} characters.", field="name")
    await repository.set_name(session, identity.user_id, name)
    await audit.record(
        session,
        identity.account_id,
        identity.actor,
        "user.renamed",
        "user",
        identity.user_id,
        previous={"name": identity.name},
        new={"name": name},
    )


async def request_email_change(session: AsyncSession, identity: Identity, email: str) -> None:
    """Email a link to the new address. The change takes effect when the link is opened.

    The session must be of account and user. Never reveals whether the new address has a login.

    email: Normalized.
    """
    token_id, at = new_id(), now()
    await repository.spend_tokens(session, identity.user_id, at, purpose=CHANGE_EMAIL)
    await repository.add_token(session, token_id, identity.user_id, CHANGE_EMAIL, at + CHANGE_LIFETIME, email)
    await audit.record(
        session,
        identity.account_id,
        identity.actor,
        "email.change_asked",
        "user",
        identity.user_id,
        new={"email": email},
    )
    data = {"token": {"purpose": CHANGE_EMAIL, "id": str(token_id)}}
    await outbox.send_email(
        session, key=f"email:{token_id}", to=email, template="email_confirm", data=data, user_id=identity.user_id
    )


async def change_email(token: str) -> str:
    """Change to the address that the link was sent to, notify the old one, and return the new one.

    Raises NotFound if the link is invalid or expired, Conflict if another user has the address.
    """
    user_id, token_id = await _token_owner(token, CHANGE_EMAIL)
    try:
        async with user_session(user_id) as session:
            before = await _person(session, user_id)
            row = await repository.use_token(session, token_id, CHANGE_EMAIL, now())
            if row is None or row[1] is None:
                raise _link_invalid()
            await repository.spend_tokens(session, user_id, now())
            await repository.set_email(session, user_id, row[1])
            await _notify(session, user_id, before.email, "email_changed", {"name": before.name, "email": row[1]})
    except IntegrityError:
        raise Conflict("This email address is already in use.", code="known_address") from None
    await _audit_in_all_accounts(before, "email.changed", previous={"email": before.email}, new={"email": row[1]})
    return row[1]


async def _token_owner(token: str, purpose: str) -> tuple[UUID, UUID]:
    token_id = tokens.verify(settings().signing_key, purpose, token)
    if token_id is not None:
        async with public_session() as session:
            user_id = await repository.user_of_token(session, token_id)
        if user_id is not None:
            return user_id, token_id
    raise _link_invalid()


async def _person(session: AsyncSession, user_id: UUID) -> Person:
    person = await repository.person(session, user_id)
    if person is None:
        raise _link_invalid()
    return person


async def _audit_in_all_accounts(person: Person, action: str, **values: dict[str, str]) -> None:
    """Audit an action in every account of the user: without a login, it concerns all of them."""
    async with user_session(person.id) as session:
        places = await accounts.list_for_user(session)
    for place in places:
        async with account_session(place.account_id) as session:
            actor = Actor(person.id, person.email)
            await audit.record(session, place.account_id, actor, action, "user", person.id, **values)


async def _notify(session: AsyncSession, user_id: UUID, to: str, template: str, data: dict[str, str]) -> None:
    await outbox.send_email(session, key=f"{template}:{new_id()}", to=to, template=template, data=data, user_id=user_id)


def _link_invalid() -> NotFound:
    return NotFound("This link is no longer valid. Request a new one.", code="link_over")
