"""Who is logged in.

`login`, `resolve` and `logout` open their own sessions: a login begins before anybody's account is known.
"""

import asyncio
import hashlib
import secrets
from datetime import timedelta
from functools import cache
from uuid import UUID

from pwdlib import PasswordHash
from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.db.session import public_session, user_session
from quantum_app.domain.accounts import repository
from quantum_app.domain.accounts.schemas import Identity, LoginToken
from quantum_app.errors import NotAllowed, NotAuthenticated, NotFound
from quantum_app.kit.clock import now

SESSION_LIFETIME = timedelta(days=14)
LONGEST_PASSWORD = 1024

_hasher = PasswordHash.recommended()


async def login(email: str, password: str) -> LoginToken:
    """A new login of 14 days.

    Raises NotAuthenticated for an unknown address or a wrong password, which look and last the same; NotAllowed for
    a person without an account; SegmentDown(DB).
    """
    async with public_session() as session:
        found = await repository.login_by_email(session, email.strip().lower())
    user_id, known_hash = found or (None, await asyncio.to_thread(_dummy_hash))
    right, better_hash = await asyncio.to_thread(_verify, password[: LONGEST_PASSWORD + 1], known_hash)
    if user_id is None or not right:
        raise NotAuthenticated("This e-mail address and password do not go together.", code="wrong_credentials")
    token, at = secrets.token_urlsafe(32), now()
    async with user_session(user_id) as session:
        account_id = await repository.first_account(session, user_id)
        if account_id is None:
            raise NotAllowed("You do not belong to any account any more. Ask your administrator for an invitation.")
        if better_hash is not None:
            await repository.set_password_hash(session, user_id, better_hash)
        await repository.remove_expired_logins(session, at)
        await repository.add_login(session, user_id, account_id, _digest(token), at + SESSION_LIFETIME)
    return LoginToken(token, at + SESSION_LIFETIME)


async def resolve(token: str) -> Identity | None:
    """Who holds this token, or None when it is unknown, expired or logged out. Raises SegmentDown(DB)."""
    async with public_session() as session:
        return await repository.identity(session, _digest(token))


async def logout(token: str) -> None:
    """Forget this login; nothing happens when it is not known."""
    async with public_session() as session:
        who = await repository.identity(session, _digest(token))
    if who is not None:
        async with user_session(who.user_id) as session:
            await repository.remove_login(session, _digest(token))


async def create(
    session: AsyncSession, account_id: UUID, user_id: UUID, *, account: str, email: str, name: str, password: str
) -> None:
    """A new account and its owner; the session is one of both, opened with ids made for them."""
    await repository.add_account(session, account_id, account)
    password_hash = await asyncio.to_thread(hash_password, password)
    await repository.add_user(
        session, account_id, user_id, email=email.lower(), name=name, password_hash=password_hash, role="owner"
    )


async def ensure_password(email: str, password: str) -> None:
    """Make this the person's password, unless it is already. Raises NotFound for an unknown address."""
    async with public_session() as session:
        found = await repository.login_by_email(session, email.lower())
    if found is None:
        raise NotFound(f"Nobody has the e-mail address {email}.")
    user_id, known_hash = found
    if not (await asyncio.to_thread(_verify, password, known_hash))[0]:
        async with user_session(user_id) as session:
            await repository.set_password_hash(session, user_id, await asyncio.to_thread(hash_password, password))


async def account_name(session: AsyncSession, account_id: UUID) -> str:
    """The name of the session's account."""
    return await repository.account_name(session, account_id) or ""


def hash_password(password: str) -> str:
    """argon2id in PHC form; takes about 50 ms of CPU."""
    return _hasher.hash(password)


def _verify(password: str, known_hash: str) -> tuple[bool, str | None]:
    if len(password) > LONGEST_PASSWORD:
        return False, None
    return _hasher.verify_and_update(password, known_hash)


@cache
def _dummy_hash() -> str:
    """What an unknown address is checked against, so that it takes as long as a known one."""
    return hash_password(secrets.token_urlsafe(16))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
