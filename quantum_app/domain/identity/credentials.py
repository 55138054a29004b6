"""Changing how one proves who one is: password, e-mail address, name."""

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
# As long as the limit of mails counts: whoever asks for them on somebody's behalf leaves them one that works.
RESET_LIFETIME = timedelta(hours=1)
CHANGE_LIFETIME = timedelta(hours=24)
FRESH_LOGIN = timedelta(minutes=10)
LONGEST_NAME = 100


async def forgot(email: str) -> None:
    """Send a link to choose a new password, if somebody has the address. email: normalised. Says nothing either way."""
    async with public_session() as session:
        known = await repository.login_by_email(session, email)
    if known is None:
        return
    user_id, token_id, at = known[0], new_id(), now()
    async with user_session(user_id) as session:
        person = await _person(session, user_id)
        await repository.add_token(session, token_id, user_id, RESET, at + RESET_LIFETIME)
        data = {"name": person.name, "token": {"purpose": RESET, "id": str(token_id)}}
        await outbox.send_mail(
            session, key=f"reset:{token_id}", to=person.email, template=RESET, data=data, user_id=user_id
        )


async def reset(token: str, password: str) -> str:
    """Choose a new password by the link; every login of the person ends. Returns their address, to log in with.

    Raises NotFound for a link that is not good any more, InvalidInput at `password`.
    """
    user_id, token_id = await _owner(token, RESET)
    password_hash = await passwords.hashed(password)
    async with user_session(user_id) as session:
        person = await _person(session, user_id)
        passwords.check(password, person.name, person.email)
        if await repository.use_token(session, token_id, RESET, now()) is None:
            raise _gone()
        await repository.spend_tokens(session, user_id, now())
        await repository.set_password_hash(session, user_id, password_hash)
        await repository.remove_logins(session, user_id)
        await _tell(session, user_id, person.email, "password_changed", {"name": person.name})
    await _note(person, "password.reset")
    return person.email


async def change_password(session: AsyncSession, who: Identity, password: str) -> None:
    """Another password for somebody who has just given the present one; their other logins end.

    The session is of account and person. Raises InvalidInput at `password`.
    """
    passwords.check(password, who.name, who.email, who.account_name)
    await repository.set_password_hash(session, who.user_id, await passwords.hashed(password))
    await repository.spend_tokens(session, who.user_id, now())
    await repository.remove_logins(session, who.user_id, but=who.session_id)
    await audit.record(session, who.account_id, who.actor, "password.changed", "user", who.user_id)
    await _tell(session, who.user_id, who.email, "password_changed", {"name": who.name})


async def prove(session: AsyncSession, who: Identity, password: str, code: str = "") -> None:
    """Whoever changes what protects a login gives the password anew, and a code where there is a second factor.

    Somebody without a password proves it by the code; without either, by having just logged in at their provider.
    Raises NotAuthenticated with code `wrong_credentials` or `wrong_code`, or `login_again`.
    """
    person = await _person(session, who.user_id)
    if person.password_hash is None and not person.second_factor and now() - who.began_at > FRESH_LOGIN:
        raise NotAuthenticated(
            "Log out and in again by your provider, then do this within ten minutes.", code="login_again"
        )
    if person.password_hash is not None and not (await passwords.verify(password, person.password_hash))[0]:
        raise NotAuthenticated("This is not your password.", code="wrong_credentials")
    if person.second_factor and not await second_factor.use_code(session, who.user_id, code):
        raise NotAuthenticated("This code is not right, or was used before.", code="wrong_code")


async def has_password(session: AsyncSession, who: Identity) -> bool:
    """Whether the person has one, or comes by another identity alone. The session is one of the person."""
    return (await _person(session, who.user_id)).password_hash is not None


async def rename(session: AsyncSession, who: Identity, name: str) -> None:
    """What others see of the person. The session is of account and person. Raises InvalidInput at `name`."""
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise InvalidInput(f"Write a name of 1 to {LONGEST_NAME} characters.", field="name")
    await repository.set_name(session, who.user_id, name)
    await audit.record(
        session,
        who.account_id,
        who.actor,
        "user.renamed",
        "user",
        who.user_id,
        previous={"name": who.name},
        new={"name": name},
    )


async def ask_for_email(session: AsyncSession, who: Identity, email: str) -> None:
    """Send a link to the new address, which counts once it is opened. email: normalised.

    The session is of account and person. Nothing tells whether somebody has the new address already.
    """
    token_id, at = new_id(), now()
    await repository.spend_tokens(session, who.user_id, at, purpose=CHANGE_EMAIL)
    await repository.add_token(session, token_id, who.user_id, CHANGE_EMAIL, at + CHANGE_LIFETIME, email)
    await audit.record(
        session, who.account_id, who.actor, "email.change_asked", "user", who.user_id, new={"email": email}
    )
    data = {"token": {"purpose": CHANGE_EMAIL, "id": str(token_id)}}
    await outbox.send_mail(
        session, key=f"email:{token_id}", to=email, template="email_confirm", data=data, user_id=who.user_id
    )


async def change_email(token: str) -> str:
    """Take the new address that the link was sent to; it. The old one is told.

    Raises NotFound for a link that is not good any more, Conflict when somebody else has the address.
    """
    user_id, token_id = await _owner(token, CHANGE_EMAIL)
    try:
        async with user_session(user_id) as session:
            before = await _person(session, user_id)
            used = await repository.use_token(session, token_id, CHANGE_EMAIL, now())
            if used is None or used[1] is None:
                raise _gone()
            await repository.spend_tokens(session, user_id, now())
            await repository.set_email(session, user_id, used[1])
            await _tell(session, user_id, before.email, "email_changed", {"name": before.name, "email": used[1]})
    except IntegrityError:
        raise Conflict("This address belongs to another login.", code="known_address") from None
    await _note(before, "email.changed", previous={"email": before.email}, new={"email": used[1]})
    return used[1]


async def _owner(token: str, purpose: str) -> tuple[UUID, UUID]:
    token_id = tokens.verify(settings().signing_key, purpose, token)
    if token_id is not None:
        async with public_session() as session:
            user_id = await repository.user_of_token(session, token_id)
        if user_id is not None:
            return user_id, token_id
    raise _gone()


async def _person(session: AsyncSession, user_id: UUID) -> Person:
    found = await repository.person(session, user_id)
    if found is None:
        raise _gone()
    return found


async def _note(person: Person, action: str, **values: dict[str, str]) -> None:
    """Into the audit log of every account that the person belongs to: no login says which one it is about."""
    async with user_session(person.id) as session:
        places = await accounts.of_person(session)
    for place in places:
        async with account_session(place.account_id) as session:
            actor = Actor(person.id, person.email)
            await audit.record(session, place.account_id, actor, action, "user", person.id, **values)


async def _tell(session: AsyncSession, user_id: UUID, to: str, template: str, data: dict[str, str]) -> None:
    await outbox.send_mail(session, key=f"{template}:{new_id()}", to=to, template=template, data=data, user_id=user_id)


def _gone() -> NotFound:
    return NotFound("This link is not good any more. Ask for a new one.", code="link_over")
