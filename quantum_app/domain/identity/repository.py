"""Queries of users and their logins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Result, delete, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.db import quota
from quantum_app.db.models import ApiToken as ApiTokenRow
from quantum_app.db.models import LoginSession, OneTimeToken, RecoveryCode, Signup, User, UserIdentity
from quantum_app.domain.accounts.permissions import Role
from quantum_app.domain.identity.schemas import ApiToken, Identity, Login


@dataclass(frozen=True, slots=True)
class Person:
    """A user, with their secrets. Stays within this feature."""

    id: UUID
    email: str
    name: str
    password_hash: str | None
    totp_secret: bytes | None
    second_factor: bool


@dataclass(frozen=True, slots=True)
class PendingSignup:
    """A sign-up that isn't confirmed, with a password or an external identity (issuer, subject)."""

    id: UUID
    account_name: str
    name: str
    email: str
    password_hash: str | None
    browser_hash: bytes
    expires_at: datetime
    issuer: str | None = None
    subject: str | None = None


# In a public session, by functions that see all accounts.


async def login_by_email(session: AsyncSession, email: str) -> tuple[UUID, str | None] | None:
    """(user ID, password hash) of an email address."""
    rows = await session.execute(
        text("select user_id, password_hash from api.login_by_email(:email)"), {"email": email}
    )
    row = rows.one_or_none()
    return (row.user_id, row.password_hash) if row else None


async def identity_by_token(session: AsyncSession, token_hash: bytes) -> Identity | None:
    """The identity behind the unexpired login of a browser."""
    return _identity(await session.execute(text("select * from api.identity_by_token(:hash)"), {"hash": token_hash}))


async def identity_by_api_token(session: AsyncSession, token_hash: bytes) -> Identity | None:
    """The identity behind an unexpired API token."""
    query = text("select * from api.identity_by_api_token(:hash)")
    return _identity(await session.execute(query, {"hash": token_hash}))


def _identity(rows: Result[Any]) -> Identity | None:
    row = rows.one_or_none()
    return Identity(**row._mapping) if row else None  # pyright: ignore[reportPrivateUsage]  (SQLAlchemy's public name)


async def user_by_identity(session: AsyncSession, issuer: str, subject: str) -> UUID | None:
    query = text("select user_id from api.user_by_identity(:issuer, :subject)")
    return await session.scalar(query, {"issuer": issuer, "subject": subject})


async def user_of_token(session: AsyncSession, token_id: UUID) -> UUID | None:
    return await session.scalar(text("select user_id from api.user_of_token(:id)"), {"id": token_id})


# In the user's own session.


async def person(session: AsyncSession, user_id: UUID) -> Person | None:
    row = await session.scalar(select(User).where(User.id == user_id))
    if row is None:
        return None
    return Person(
        row.id, row.email, row.name, row.password_hash, row.totp_secret, second_factor=row.totp_confirmed_at is not None
    )


async def add_user(session: AsyncSession, user_id: UUID, *, email: str, name: str, password_hash: str | None) -> None:
    session.add(User(id=user_id, email=email, name=name, password_hash=password_hash))
    await session.flush()


async def set_password_hash(session: AsyncSession, user_id: UUID, password_hash: str) -> None:
    await session.execute(update(User).where(User.id == user_id).values(password_hash=password_hash))


async def set_name(session: AsyncSession, user_id: UUID, name: str) -> None:
    await session.execute(update(User).where(User.id == user_id).values(name=name))


async def set_email(session: AsyncSession, user_id: UUID, email: str) -> None:
    await session.execute(update(User).where(User.id == user_id).values(email=email))


async def set_totp(session: AsyncSession, user_id: UUID, secret: bytes | None, confirmed_at: datetime | None) -> None:
    values = {"totp_secret": secret, "totp_confirmed_at": confirmed_at}
    if confirmed_at is None:
        values["totp_last_step"] = None
    await session.execute(update(User).where(User.id == user_id).values(values))


async def use_totp_step(session: AsyncSession, user_id: UUID, step: int) -> bool:
    """Mark a time step as used. Returns False if it, or a later one, was used already."""
    query = update(User).where(User.id == user_id, or_(User.totp_last_step.is_(None), User.totp_last_step < step))
    return _has_changed(await session.execute(query.values(totp_last_step=step)))


async def add_signup(session: AsyncSession, pending: PendingSignup) -> None:
    session.add(
        Signup(
            id=pending.id,
            account_name=pending.account_name,
            name=pending.name,
            email=pending.email,
            password_hash=pending.password_hash,
            browser_hash=pending.browser_hash,
            expires_at=pending.expires_at,
            issuer=pending.issuer,
            subject=pending.subject,
        )
    )
    await session.flush()


async def signup(session: AsyncSession, signup_id: UUID) -> PendingSignup | None:
    return _pending(await session.scalar(select(Signup).where(Signup.id == signup_id)))


async def take_signup(session: AsyncSession, signup_id: UUID) -> PendingSignup | None:
    """Remove and return it. Of two concurrent attempts, one gets it."""
    return _pending(await session.scalar(delete(Signup).where(Signup.id == signup_id).returning(Signup)))


def _pending(row: Signup | None) -> PendingSignup | None:
    if row is None:
        return None
    return PendingSignup(
        row.id,
        row.account_name,
        row.name,
        row.email,
        row.password_hash,
        row.browser_hash,
        row.expires_at,
        row.issuer,
        row.subject,
    )


async def add_token(
    session: AsyncSession, token_id: UUID, user_id: UUID, purpose: str, expires_at: datetime, email: str | None = None
) -> None:
    session.add(OneTimeToken(id=token_id, user_id=user_id, purpose=purpose, email=email, expires_at=expires_at))
    await session.flush()


async def token_is_open(session: AsyncSession, token_id: UUID, purpose: str, at: datetime) -> bool:
    query = select(OneTimeToken.id).where(_open_token(token_id, purpose, at))
    return await session.scalar(query) is not None


async def use_token(
    session: AsyncSession, token_id: UUID, purpose: str, at: datetime
) -> tuple[UUID, str | None] | None:
    """Use it up. Returns (user ID, email address it carries), or None if it's used, expired or of another purpose."""
    query = update(OneTimeToken).where(_open_token(token_id, purpose, at)).values(used_at=at)
    row = (await session.execute(query.returning(OneTimeToken.user_id, OneTimeToken.email))).one_or_none()
    return (row.user_id, row.email) if row else None


def _open_token(token_id: UUID, purpose: str, at: datetime) -> ColumnElement[bool]:
    return (
        (OneTimeToken.id == token_id)
        & (OneTimeToken.purpose == purpose)
        & OneTimeToken.used_at.is_(None)
        & (OneTimeToken.expires_at > at)
    )


async def spend_tokens(session: AsyncSession, user_id: UUID, at: datetime, *, purpose: str | None = None) -> None:
    """Invalidate the user's open links and challenges, of one purpose or all."""
    query = update(OneTimeToken).where(OneTimeToken.user_id == user_id, OneTimeToken.used_at.is_(None))
    if purpose is not None:
        query = query.where(OneTimeToken.purpose == purpose)
    await session.execute(query.values(used_at=at))


async def replace_recovery_codes(session: AsyncSession, user_id: UUID, hashes: Sequence[bytes]) -> None:
    await session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    session.add_all(RecoveryCode(user_id=user_id, code_hash=value) for value in hashes)
    await session.flush()


async def use_recovery_code(session: AsyncSession, user_id: UUID, code_hash: bytes, at: datetime) -> bool:
    query = update(RecoveryCode).where(
        RecoveryCode.user_id == user_id, RecoveryCode.code_hash == code_hash, RecoveryCode.used_at.is_(None)
    )
    return _has_changed(await session.execute(query.values(used_at=at)))


async def add_identity(session: AsyncSession, user_id: UUID, issuer: str, subject: str, email: str) -> None:
    session.add(UserIdentity(user_id=user_id, issuer=issuer, subject=subject, email=email))
    await session.flush()


async def remove_identity(session: AsyncSession, user_id: UUID, issuer: str) -> bool:
    query = delete(UserIdentity).where(UserIdentity.user_id == user_id, UserIdentity.issuer == issuer)
    return _has_changed(await session.execute(query))


async def issuers(session: AsyncSession, user_id: UUID) -> list[str]:
    return list(await session.scalars(select(UserIdentity.issuer).where(UserIdentity.user_id == user_id)))


async def add_login(
    session: AsyncSession,
    login_id: UUID,
    user_id: UUID,
    account_id: UUID,
    *,
    token_hash: bytes,
    expires_at: datetime,
    address: str,
    user_agent: str,
) -> None:
    session.add(
        LoginSession(
            id=login_id,
            user_id=user_id,
            account_id=account_id,
            token_hash=token_hash,
            expires_at=expires_at,
            address=address,
            user_agent=user_agent,
        )
    )
    await session.flush()


async def logins(session: AsyncSession, user_id: UUID, seen_after: datetime, at: datetime) -> list[Login]:
    """The user's active logins, last used first."""
    query = select(LoginSession).where(
        LoginSession.user_id == user_id, LoginSession.expires_at > at, LoginSession.last_seen_at > seen_after
    )
    return [
        Login(row.id, row.address, row.user_agent, row.created_at, row.last_seen_at)
        for row in await session.scalars(query.order_by(LoginSession.last_seen_at.desc()))
    ]


async def touch_login(session: AsyncSession, login_id: UUID, at: datetime) -> None:
    await session.execute(update(LoginSession).where(LoginSession.id == login_id).values(last_seen_at=at))


async def take_login(session: AsyncSession, user_id: UUID, login_id: UUID) -> datetime | None:
    """Remove a login that another one replaces. Returns when it would have expired."""
    query = delete(LoginSession).where(LoginSession.user_id == user_id, LoginSession.id == login_id)
    return await session.scalar(query.returning(LoginSession.expires_at))


async def remove_login(session: AsyncSession, user_id: UUID, login_id: UUID) -> bool:
    query = delete(LoginSession).where(LoginSession.user_id == user_id, LoginSession.id == login_id)
    return _has_changed(await session.execute(query))


async def remove_logins(session: AsyncSession, user_id: UUID, *, but: UUID | None = None) -> None:
    query = delete(LoginSession).where(LoginSession.user_id == user_id)
    await session.execute(query.where(LoginSession.id != but) if but else query)


async def remove_expired_logins(session: AsyncSession, user_id: UUID, at: datetime, seen_after: datetime) -> None:
    over = or_(LoginSession.expires_at <= at, LoginSession.last_seen_at <= seen_after)
    await session.execute(delete(LoginSession).where(LoginSession.user_id == user_id, over))


# In a session of the account.


async def count_api_tokens(session: AsyncSession, account_id: UUID) -> int:
    """Count the account's tokens, including expired ones, and keep other transactions from adding any."""
    query = select(func.count()).select_from(ApiTokenRow)
    return (await quota.under_lock(session, account_id, "api_tokens", query))[0][0]


async def add_api_token(session: AsyncSession, account_id: UUID, token: ApiToken, token_hash: bytes) -> bool:
    """Returns False if the user already has a token with this name."""
    values = {
        "account_id": account_id,
        "id": token.id,
        "user_id": token.user_id,
        "name": token.name,
        "role": token.role.value,
        "token_hash": token_hash,
        "last_four": token.last_four,
        "created_at": token.created_at,
        "expires_at": token.expires_at,
    }
    key = [ApiTokenRow.account_id, ApiTokenRow.user_id, ApiTokenRow.name]
    query = insert(ApiTokenRow).values(values).on_conflict_do_nothing(index_elements=key)
    return await session.scalar(query.returning(ApiTokenRow.id)) is not None


async def api_tokens(session: AsyncSession, user_id: UUID | None, emails: Mapping[UUID, str]) -> list[ApiToken]:
    """The account's tokens, newest first, or only one user's. emails: Of the account's members by user ID."""
    query = select(ApiTokenRow).order_by(ApiTokenRow.id.desc())
    if user_id is not None:
        query = query.where(ApiTokenRow.user_id == user_id)
    return [_api_token(row, emails) for row in await session.scalars(query)]


async def remove_api_token(session: AsyncSession, token_id: UUID, user_id: UUID | None) -> ApiToken | None:
    """Remove and return a token, or None if it doesn't exist or isn't this user's. user_id: None for any user."""
    query = delete(ApiTokenRow).where(ApiTokenRow.id == token_id)
    if user_id is not None:
        query = query.where(ApiTokenRow.user_id == user_id)
    row = await session.scalar(query.returning(ApiTokenRow))
    return _api_token(row, {}) if row else None


async def touch_api_token(session: AsyncSession, token_id: UUID, at: datetime) -> None:
    await session.execute(update(ApiTokenRow).where(ApiTokenRow.id == token_id).values(last_used_at=at))


def _api_token(row: ApiTokenRow, emails: Mapping[UUID, str]) -> ApiToken:
    return ApiToken(
        row.id,
        row.user_id,
        emails.get(row.user_id, ""),
        row.name,
        Role(row.role),
        row.last_four,
        row.created_at,
        row.expires_at,
        row.last_used_at,
    )


def _has_changed(result: object) -> bool:
    return bool(result.rowcount)  # type: ignore[attr-defined]
