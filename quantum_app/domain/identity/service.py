"""Logging in and out, with a password, a second factor or an external identity.

Unless noted, these functions open their own sessions: the account isn't known before somebody has logged in.
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
# As in the SQL function api.identity_by_token.
IDLE = timedelta(hours=24)
CHALLENGE_LIFETIME = timedelta(minutes=5)
_TOUCH_EVERY = timedelta(minutes=1)

_log = logger(__name__)


async def login(email: str, password: str) -> LoginToken | Challenge:
    """Log in. Returns a challenge if a second factor is required.

    Raises NotAuthenticated for an unknown address or a wrong password, which can't be told apart by text or timing;
    NotAllowed for a user without an account; DependencyUnavailable(DB).
    """
    user_id = await check_password(email, password)
    challenge = await challenge_for(user_id)
    return challenge or await begin_login(user_id, method="password")


async def check_password(email: str, password: str) -> UUID:
    """The ID of the user with these credentials. Raises NotAuthenticated."""
    async with public_session() as session:
        credentials = await repository.login_by_email(session, email.strip().lower())
    user_id, known_hash = credentials or (None, None)
    right, better_hash = await passwords.verify(password, known_hash)
    if user_id is None or not right:
        _log.warning("login.refused", message="Wrong email or password", user_id=str(user_id) if user_id else None)
        raise NotAuthenticated("Incorrect email or password.", code="wrong_credentials")
    if better_hash is not None:
        async with user_session(user_id) as session:
            await repository.set_password_hash(session, user_id, better_hash)
    return user_id


async def challenge_for(user_id: UUID) -> Challenge | None:
    """A challenge for the user, or None if they have no second factor."""
    async with user_session(user_id) as session:
        person = await repository.person(session, user_id)
        if person is None or not person.second_factor:
            return None
        token_id = new_id()
        await repository.add_token(session, token_id, user_id, "second_factor", now() + CHALLENGE_LIFETIME)
    return Challenge(tokens.sign(settings().signing_key, "second_factor", token_id))


async def user_of_challenge(challenge: str) -> UUID:
    """The user who was challenged. Raises NotAuthenticated if the challenge is invalid or expired."""
    user_id, _ = await _open_challenge(challenge)
    return user_id


async def answer_challenge(challenge: str, code: str) -> LoginToken:
    """Complete a login. Raises NotAuthenticated for a wrong or used code, or an expired challenge."""
    return await begin_login(await check_code(challenge, code), method="second factor")


async def check_code(challenge: str, code: str) -> UUID:
    """Use up a challenge with a code and return its user. Raises NotAuthenticated. A wrong code leaves it open."""
    user_id, token_id = await _open_challenge(challenge)
    async with user_session(user_id) as session:
        if not await second_factor.use_code(session, user_id, code):
            _log.warning("login.second_factor_refused", message="Wrong or used code", user_id=str(user_id))
            raise NotAuthenticated(second_factor.WRONG_CODE, code="wrong_code")
        if await repository.use_token(session, token_id, "second_factor", now()) is None:
            raise _challenge_expired()
    if not code.strip().isdigit():
        _log.warning("login.recovery_code_used", message="Logged in with a recovery code", user_id=str(user_id))
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
    raise _challenge_expired()


def _challenge_expired() -> NotAuthenticated:
    return NotAuthenticated("This login expired. Log in again.", code="challenge_over")


async def begin_login(user_id: UUID, *, method: str) -> LoginToken:
    """Log a browser in, into the account that the person joined first. Always a new token.

    method: how they proved who they are, for the audit log. Raises NotAllowed for a person without an account.
    """
    token, at, login_id = secrets.token_urlsafe(32), now(), new_id()
    async with user_session(user_id) as session:
        places = await accounts.list_for_user(session)
        alive = [place for place in places if place.deleted_at is None]
        if not places:
            raise NotAllowed("You're no longer a member of any account. Ask an admin for an invitation.")
        account_id = (alive or places)[0].account_id
        person = await repository.person(session, user_id)
    async with account_session(account_id, user_id=user_id) as session:
        await repository.remove_expired_logins(session, user_id, at, at - IDLE)
        await _add_login(session, login_id, user_id, account_id, token=token, expires_at=at + LIFETIME)
        actor = Actor(user_id, person.email if person else "")
        await audit.record(session, account_id, actor, "login.began", "login", login_id, new={"by": method})
    return LoginToken(token, at + LIFETIME)


async def _add_login(
    session: AsyncSession,
    login_id: UUID,
    user_id: UUID,
    account_id: UUID,
    *,
    token: str,
    expires_at: datetime,
) -> None:
    context = request_context.get()
    await repository.add_login(
        session,
        login_id,
        user_id,
        account_id,
        token_hash=token_digest(token),
        expires_at=expires_at,
        address=context.address[:64],
        user_agent=context.user_agent[:400],
    )


async def resolve(token: str, *, by_person: bool = True) -> Identity | None:
    """The identity behind a browser's token, or None if it is unknown, expired or logged out.

    by_person: Whether the user did something, which keeps the login from expiring when idle.

    Raises DependencyUnavailable(DB).
    """
    async with public_session() as session:
        identity = await repository.identity_by_token(session, token_digest(token))
    if identity is not None and by_person and is_stale(identity):
        async with user_session(identity.user_id) as session:
            await repository.touch_login(session, identity.session_id, now())
    return identity


def is_stale(identity: Identity) -> bool:
    """Whether the last use of the login or token should be updated."""
    return identity.last_seen_at is None or now() - identity.last_seen_at > _TOUCH_EVERY


async def logout(token: str) -> None:
    """End the login. Does nothing for an unknown token."""
    async with public_session() as session:
        identity = await repository.identity_by_token(session, token_digest(token))
    if identity is not None:
        async with account_session(identity.account_id, user_id=identity.user_id) as session:
            await repository.remove_login(session, identity.user_id, identity.session_id)
            await audit.record(
                session, identity.account_id, identity.actor, "login.ended", "login", identity.session_id
            )


async def list_logins(session: AsyncSession, identity: Identity) -> list[Login]:
    """The user's active logins, last used first. The session must be of the user."""
    at = now()
    return await repository.logins(session, identity.user_id, at - IDLE, at)


async def end_login(session: AsyncSession, identity: Identity, login_id: UUID) -> None:
    """End one of the user's logins at once. The session must be of account and user. Raises NotFound."""
    if not await repository.remove_login(session, identity.user_id, login_id):
        raise NotFound("This session has already ended.")
    await audit.record(session, identity.account_id, identity.actor, "login.revoked", "login", login_id)


async def end_other_logins(session: AsyncSession, identity: Identity) -> None:
    """End all of the user's logins except the current one. The session must be of account and user."""
    await repository.remove_logins(session, identity.user_id, but=identity.session_id)
    await audit.record(
        session, identity.account_id, identity.actor, "login.revoked_others", "login", identity.session_id
    )


async def rotate_token(identity: Identity) -> LoginToken:
    """Replace the login's token, which invalidates copies of the old one. Raises NotAuthenticated."""
    return await switch_account(identity, identity.account_id)


async def switch_account(identity: Identity, account_id: UUID) -> LoginToken:
    """Replace the login with one in another account of the user. It expires when the old one would have.

    Raises NotFound if the user isn't a member, NotAuthenticated if the login has ended meanwhile.
    """
    token, login_id = secrets.token_urlsafe(32), new_id()
    async with user_session(identity.user_id) as session:
        if account_id not in {place.account_id for place in await accounts.list_for_user(session)}:
            raise NotFound("You're not a member of this account.")
    async with account_session(account_id, user_id=identity.user_id) as session:
        expires_at = await repository.take_login(session, identity.user_id, identity.session_id)
        if expires_at is None:
            raise NotAuthenticated("Log in first.")
        await _add_login(session, login_id, identity.user_id, account_id, token=token, expires_at=expires_at)
        if account_id != identity.account_id:
            await audit.record(session, account_id, identity.actor, "login.entered", "login", login_id)
    if account_id != identity.account_id:
        async with account_session(identity.account_id, user_id=identity.user_id) as session:
            await audit.record(session, identity.account_id, identity.actor, "login.left", "login", identity.session_id)
    return LoginToken(token, expires_at)


def token_digest(token: str) -> bytes:
    """The hash that is stored of a random token."""
    return hashlib.sha256(token.encode()).digest()
