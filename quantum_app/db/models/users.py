"""People and their logins: global tables, because one person may belong to several accounts. And API tokens."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Text, UniqueConstraint
from sqlmodel import Field

from quantum_app.db.models.base import Base, Mapped, Timestamp, current_time, one_of, server_default


class User(Base, table=True):
    """A person with a login, whose address is confirmed.

    email: lower case. password_hash: argon2id in PHC form; none for somebody who only comes by another identity.
    totp_secret: encrypted; counts once totp_confirmed_at is set. totp_last_step: of the code that was used last.
    """

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("email = lower(email)", name="email"),
        CheckConstraint("totp_confirmed_at IS NULL OR totp_secret IS NOT NULL", name="totp"),
    )
    id: Mapped[UUID] = Field(primary_key=True)
    email: Mapped[str] = Field(unique=True, sa_type=Text)
    name: Mapped[str]
    password_hash: Mapped[str | None] = Field(default=None, sa_type=Text)
    created_at: Mapped[datetime] = current_time()
    totp_secret: Mapped[bytes | None] = Field(default=None)
    totp_confirmed_at: Mapped[datetime | None] = Field(default=None, sa_type=Timestamp)
    totp_last_step: Mapped[int | None] = Field(default=None, sa_type=BigInteger)


class Signup(Base, table=True):
    """Somebody who signed up and has not confirmed the address yet. id: of the person to be.

    Nothing else is known of them before: an address that somebody else typed in makes nobody a user. browser_hash: of
    the cookie of the browser that signed up. password_hash, or issuer and subject: how they will log in.
    """

    __tablename__ = "signups"
    __table_args__ = (
        CheckConstraint("email = lower(email)", name="email"),
        CheckConstraint(
            "(password_hash IS NULL) = (issuer IS NOT NULL) AND (issuer IS NULL) = (subject IS NULL)", name="identity"
        ),
    )
    id: Mapped[UUID] = Field(primary_key=True)
    account_name: Mapped[str]
    name: Mapped[str]
    email: Mapped[str]
    password_hash: Mapped[str | None] = Field(default=None, sa_type=Text)
    issuer: Mapped[str | None] = Field(default=None, sa_type=Text)
    subject: Mapped[str | None] = Field(default=None, sa_type=Text)
    browser_hash: Mapped[bytes]
    created_at: Mapped[datetime] = current_time()
    expires_at: Mapped[datetime]


class LoginSession(Base, table=True):
    """One browser that is logged in. Only SHA-256 of its token is kept."""

    __tablename__ = "login_sessions"
    __table_args__ = (
        ForeignKeyConstraint(
            ["account_id", "user_id"], ["memberships.account_id", "memberships.user_id"], ondelete="CASCADE"
        ),
    )
    id: Mapped[UUID] = Field(primary_key=True)
    user_id: Mapped[UUID] = Field(index=True)
    account_id: Mapped[UUID]
    token_hash: Mapped[bytes] = Field(unique=True)
    created_at: Mapped[datetime] = current_time()
    expires_at: Mapped[datetime]
    address: Mapped[str] = server_default("", sa_type=Text)
    user_agent: Mapped[str] = server_default("", sa_type=Text)
    last_seen_at: Mapped[datetime] = current_time()


class ApiToken(Base, table=True):
    """A program's access to an account, on behalf of a member. Only SHA-256 of its text is kept.

    It goes with the membership. role: the most it may do; the member's own role limits it too. last_four: of its text.
    expires_at: none for never. last_used_at: to the minute.
    """

    __tablename__ = "api_tokens"
    __table_args__ = (
        ForeignKeyConstraint(
            ["account_id", "user_id"], ["memberships.account_id", "memberships.user_id"], ondelete="CASCADE"
        ),
        UniqueConstraint("account_id", "user_id", "name"),
        one_of("role", "viewer", "builder", "admin"),
    )
    account_id: Mapped[UUID] = Field(primary_key=True)
    id: Mapped[UUID] = Field(primary_key=True)
    user_id: Mapped[UUID]
    name: Mapped[str]
    role: Mapped[str]
    token_hash: Mapped[bytes] = Field(unique=True)
    last_four: Mapped[str]
    created_at: Mapped[datetime] = current_time()
    expires_at: Mapped[datetime | None] = Field(default=None, sa_type=Timestamp)
    last_used_at: Mapped[datetime | None] = Field(default=None, sa_type=Timestamp)


class OneTimeToken(Base, table=True):
    """The right to do one thing once, by a link or a challenge. Its text is made of the id and our secret key.

    email: the new address, for change_email.
    """

    __tablename__ = "one_time_tokens"
    __table_args__ = (one_of("purpose", "reset_password", "change_email", "second_factor"),)
    id: Mapped[UUID] = Field(primary_key=True)
    user_id: Mapped[UUID] = Field(foreign_key="users.id", ondelete="CASCADE", index=True)
    purpose: Mapped[str]
    email: Mapped[str | None] = Field(default=None, sa_type=Text)
    created_at: Mapped[datetime] = current_time()
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None] = Field(default=None, sa_type=Timestamp)


class RecoveryCode(Base, table=True):
    """A code for the day on which the second factor is lost. SHA-256 of 80 random bits."""

    __tablename__ = "recovery_codes"
    user_id: Mapped[UUID] = Field(foreign_key="users.id", ondelete="CASCADE", primary_key=True)
    code_hash: Mapped[bytes] = Field(primary_key=True)
    used_at: Mapped[datetime | None] = Field(default=None, sa_type=Timestamp)


class UserIdentity(Base, table=True):
    """How another identity provider (OIDC) calls a person."""

    __tablename__ = "user_identities"
    user_id: Mapped[UUID] = Field(foreign_key="users.id", ondelete="CASCADE", index=True)
    issuer: Mapped[str] = Field(primary_key=True, sa_type=Text)
    subject: Mapped[str] = Field(primary_key=True, sa_type=Text)
    email: Mapped[str]
    created_at: Mapped[datetime] = current_time()
