"""Who is logged in: by password, second factor or another identity, in a browser.

These functions open their own sessions: a login begins before anybody's account is known.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.db.session import account_session, public_session, user_session
from quantum_app.domain.accounts import service as accounts
from quantum_app.domain.audit import service as audit
from quantum_app.domain.audit.schemas import Actor
from quantum_app.domain.identity import passwords, repository, second_factor
from quantum_app.domain.identity.schemas import Challenge, Identity, Login, LoginToken
from quantum_app.errors import NotAllowed, NotAuthenticated, NotFound
from quantum_app.kit import tokens
from quantum_app.kit.clock import now
from quantum_app.kit.ids import new_id
from quantum_app.kit.log import logger
from quantum_app.kit.request_context import request_context
from quantum_app.settings import settings

LIFETIME = timedelta(days=14)
# The database's functions say the same: api.identity_by_token.
IDLE = timedelta(hours=24)
CHALLENGE_LIFETIME = timedelta(minutes=5)
_TOUCH_EVERY = timedelta(minutes=1)

_log = logger(__name__)


async def login(email: str, password: str) -> LoginToken | Challenge:
    """A new login of a browser, or a challenge for the second factor.

    Raises NotAuthenticated for an unknown address or a wrong password, which look and last the same; NotAllowed for
    a person without an account; DependencyUnavailable(DB).
    """
    user_id = await check_password(email, password)
    challenge = await challenge_for(user_id)
    return challenge or await begin(user_id, method="password")


async def check_password(email: str, password: str) -> UUID:
    """Whose address and password these are. Raises NotAuthenticated."""
    async with public_session() as session:
        found = await repository.login_by_email(session, email.strip().lower())
    user_id, known_hash = found or (None, None)
    right, better_hash = await passwords.verify(password, known_hash)
    if user_id is None or not right:
        _log.warning("login refused", user_id=str(user_id) if user_id else None)
        raise NotAuthenticated("Incorrect email or password.", code="wrong_credentials")
    if better_hash is not None:
        async with user_session(user_id) as session:
            await repository.set_password_hash(session, user_id, better_hash)
    return user_id


async def challenge_for(user_id: UUID) -> Challenge | None:
    """A challenge for somebody who has a second factor."""
    async with user_session(user_id) as session:
        person = await repository.person(session, user_id)
        if person is None or not person.second_factor:
            return None
        token_id = new_id()
        await repository.add_token(session, token_id, user_id, "second_factor", now() + CHALLENGE_LIFETIME)
    return Challenge(tokens.sign(settings().signing_key, "second_factor", token_id))


async def challenged(challenge: str) -> UUID:
    """Whom a challenge is for. Raises NotAuthenticated when it is not good any more."""
    user_id, _ = await _open_challenge(challenge)
    return user_id


async def answer(challenge: str, code: str) -> LoginToken:
    """The login that the challenge was for. Raises NotAuthenticated for a wrong or used code, or an old challenge."""
    return await begin(await check_code(challenge, code), method="second factor")


async def check_code(challenge: str, code: str) -> UUID:
    """Spend a challenge with a code of its person. Raises NotAuthenticated; a wrong code leaves the challenge open."""
    user_id, token_id = await _open_challenge(challenge)
    async with user_session(user_id) as session:
        if not await second_factor.use_code(session, user_id, code):
            _log.warning("second factor refused", user_id=str(user_id))
            raise NotAuthenticated("This code is not right, or was used before.", code="wrong_code")
        if await repository.use_token(session, token_id, "second_factor", now()) is None:
            raise _too_late()
    if not code.strip().isdigit():
        _log.warning("recovery code used", user_id=str(user_id))
    return user_id


async def _open_challenge(challenge: str) -> tuple[UUID, UUID]:
    token_id = tokens.verify(settings().signing_key, "second_factor", challenge)
    if token_id is not None:
        async with public_session() as session:
            user_id = await repository.user_of_token(session, token_id)
        if user_id is not None:
            async with user_session(user_id) as session:
                if await repository.token_is_open(session, token_id, "second_factor", now()):
                    return user_id, token_id
    raise _too_late()


def _too_late() -> NotAuthenticated:
    return NotAuthenticated("That took too long. Please log in again.", code="challenge_over")


async def begin(user_id: UUID, *, method: str) -> LoginToken:
    """Log a browser in, into the account that the person joined first. Always a new token.

    method: how they proved who they are, for the audit log. Raises NotAllowed for a person without an account.
    """
    token, at, login_id = secrets.token_urlsafe(32), now(), new_id()
    async with user_session(user_id) as session:
        places = await accounts.of_person(session)
        alive = [place for place in places if place.deleted_at is None]
        if not places:
            raise NotAllowed("You do not belong to any account any more. Ask your administrator for an invitation.")
        account_id = (alive or places)[0].account_id
        person = await repository.person(session, user_id)
    async with account_session(account_id, user_id=user_id) as session:
        await repository.remove_expired_logins(session, user_id, at, at - IDLE)
        await _keep(session, login_id, user_id, account_id, token=token, expires_at=at + LIFETIME)
        actor = Actor(user_id, person.email if person else "")
        await audit.record(session, account_id, actor, "login.began", "login", login_id, new={"by": method})
    return LoginToken(token, at + LIFETIME)


async def _keep(
    session: AsyncSession,
    login_id: UUID,
    user_id: UUID,
    account_id: UUID,
    *,
    token: str,
    expires_at: datetime,
) -> None:
    came = request_context.get()
    await repository.add_login(
        session,
        login_id,
        user_id,
        account_id,
        token_hash=digest(token),
        expires_at=expires_at,
        address=came.address[:64],
        user_agent=came.user_agent[:400],
    )


async def resolve(token: str, *, by_person: bool = True) -> Identity | None:
    """Who holds this browser's token, or None when it is unknown, expired or logged out.

    by_person: whether the person did something, which keeps an idle login alive. Raises DependencyUnavailable(DB).
    """
    async with public_session() as session:
        who = await repository.identity_by_token(session, digest(token))
    if who is not None and by_person and is_stale(who):
        async with user_session(who.user_id) as session:
            await repository.touch_login(session, who.session_id, now())
    return who


def is_stale(who: Identity) -> bool:
    """Whether it is time to write down again when the login or token was last used."""
    return who.last_seen_at is None or now() - who.last_seen_at > _TOUCH_EVERY


async def logout(token: str) -> None:
    """Forget this login; nothing happens when it is not known."""
    async with public_session() as session:
        who = await repository.identity_by_token(session, digest(token))
    if who is not None:
        async with account_session(who.account_id, user_id=who.user_id) as session:
            await repository.remove_login(session, who.user_id, who.session_id)
            await audit.record(session, who.account_id, who.actor, "login.ended", "login", who.session_id)


async def logins(session: AsyncSession, who: Identity) -> list[Login]:
    """Where the person is logged in, the last used first. The session is one of the person."""
    at = now()
    return await repository.logins(session, who.user_id, at - IDLE, at)


async def end_login(session: AsyncSession, who: Identity, login_id: UUID) -> None:
    """End one login of the person, at once. The session is of account and person. Raises NotFound."""
    if not await repository.remove_login(session, who.user_id, login_id):
        raise NotFound("This login has ended already.")
    await audit.record(session, who.account_id, who.actor, "login.revoked", "login", login_id)


async def end_other_logins(session: AsyncSession, who: Identity) -> None:
    """End all logins of the person but this one. The session is of account and person."""
    await repository.remove_logins(session, who.user_id, but=who.session_id)
    await audit.record(session, who.account_id, who.actor, "login.revoked_others", "login", who.session_id)


async def renew(who: Identity) -> LoginToken:
    """The same login under a new token: a copy of the old one is worth nothing any more. Raises NotAuthenticated."""
    return await switch(who, who.account_id)


async def switch(who: Identity, account_id: UUID) -> LoginToken:
    """A login in another account of the person, in the place of this one, and no longer than it.

    Raises NotFound for an account not theirs, NotAuthenticated when the login has ended meanwhile.
    """
    token, login_id = secrets.token_urlsafe(32), new_id()
    async with user_session(who.user_id) as session:
        if account_id not in {place.account_id for place in await accounts.of_person(session)}:
            raise NotFound("You do not belong to this account.")
    async with account_session(account_id, user_id=who.user_id) as session:
        expires_at = await repository.take_login(session, who.user_id, who.session_id)
        if expires_at is None:
            raise NotAuthenticated("Log in first.")
        await _keep(session, login_id, who.user_id, account_id, token=token, expires_at=expires_at)
        if account_id != who.account_id:
            await audit.record(session, account_id, who.actor, "login.entered", "login", login_id)
    if account_id != who.account_id:
        async with account_session(who.account_id, user_id=who.user_id) as session:
            await audit.record(session, who.account_id, who.actor, "login.left", "login", who.session_id)
    return LoginToken(token, expires_at)


def digest(token: str) -> bytes:
    """What is stored of a random token."""
    return hashlib.sha256(token.encode()).digest()
