"""Queries of accounts, people and logins."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.db.models import Account, LoginSession, Membership, User
from quantum_app.domain.accounts.schemas import Identity
from quantum_app.kit.ids import new_id


async def login_by_email(session: AsyncSession, email: str) -> tuple[UUID, str] | None:
    """(user, password hash) of an address; works in a public session."""
    found = await session.execute(
        text("select user_id, password_hash from api.login_by_email(:email)"), {"email": email}
    )
    row = found.one_or_none()
    return (row.user_id, row.password_hash) if row else None


async def identity(session: AsyncSession, token_hash: bytes) -> Identity | None:
    """Who holds an unexpired login; works in a public session."""
    found = await session.execute(text("select * from api.identity_by_token(:hash)"), {"hash": token_hash})
    row = found.one_or_none()
    return Identity(**row._mapping) if row else None  # pyright: ignore[reportPrivateUsage]  (SQLAlchemy's public name)


async def first_account(session: AsyncSession, user_id: UUID) -> UUID | None:
    """The account a person joined first."""
    query = select(Membership.account_id).where(Membership.user_id == user_id).order_by(Membership.created_at).limit(1)
    return await session.scalar(query)


async def add_login(
    session: AsyncSession, user_id: UUID, account_id: UUID, token_hash: bytes, expires_at: datetime
) -> None:
    session.add(
        LoginSession(id=new_id(), user_id=user_id, account_id=account_id, token_hash=token_hash, expires_at=expires_at)
    )
    await session.flush()


async def remove_login(session: AsyncSession, token_hash: bytes) -> None:
    await session.execute(delete(LoginSession).where(LoginSession.token_hash == token_hash))


async def remove_expired_logins(session: AsyncSession, at: datetime) -> None:
    await session.execute(delete(LoginSession).where(LoginSession.expires_at <= at))


async def add_account(session: AsyncSession, account_id: UUID, name: str) -> None:
    session.add(Account(account_id=account_id, name=name))
    await session.flush()


async def account_name(session: AsyncSession, account_id: UUID) -> str | None:
    return await session.scalar(select(Account.name).where(Account.account_id == account_id))


async def add_user(
    session: AsyncSession, account_id: UUID, user_id: UUID, *, email: str, name: str, password_hash: str, role: str
) -> None:
    """A new person and their membership; the session is one of both the account and the person."""
    session.add(User(id=user_id, email=email, name=name, password_hash=password_hash))
    await session.flush()
    session.add(Membership(account_id=account_id, user_id=user_id, role=role))
    await session.flush()


async def set_password_hash(session: AsyncSession, user_id: UUID, password_hash: str) -> None:
    await session.execute(update(User).where(User.id == user_id).values(password_hash=password_hash))
