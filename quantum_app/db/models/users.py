"""People and their logins: global tables, because one person may belong to several accounts. And API tokens."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from quantum_app.db.models.base import AccountKey, Base, Created, one_of


class User(Base):
    """A person with a login, whose address is confirmed.

    email: lower case. password_hash: argon2id in PHC form; none for somebody who only comes by another identity.
    totp_secret: encrypted; counts once totp_confirmed_at is set. totp_last_step: of the code that was used last.
    """

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("email = lower(email)", name="email"),
        CheckConstraint("totp_confirmed_at IS NULL OR totp_secret IS NOT NULL", name="totp"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str | None]
    created_at: Mapped[Created]
    totp_secret: Mapped[bytes | None]
    totp_confirmed_at: Mapped[datetime | None]
    totp_last_step: Mapped[int | None] = mapped_column(BigInteger)


class Signup(Base):
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
    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_name: Mapped[str]
    name: Mapped[str]
    email: Mapped[str]
    password_hash: Mapped[str | None]
    issuer: Mapped[str | None]
    subject: Mapped[str | None]
    browser_hash: Mapped[bytes]
    created_at: Mapped[Created]
    expires_at: Mapped[datetime]


class LoginSession(Base):
    """One browser that is logged in. Only SHA-256 of its token is kept."""

    __tablename__ = "login_sessions"
    __table_args__ = (
        ForeignKeyConstraint(
            ["account_id", "user_id"], ["memberships.account_id", "memberships.user_id"], ondelete="CASCADE"
        ),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(index=True)
    account_id: Mapped[UUID]
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    created_at: Mapped[Created]
    expires_at: Mapped[datetime]
    address: Mapped[str] = mapped_column(server_default="")
    user_agent: Mapped[str] = mapped_column(server_default="")
    last_seen_at: Mapped[Created]


class ApiToken(Base):
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
    account_id: Mapped[AccountKey]
    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    name: Mapped[str]
    role: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    last_four: Mapped[str]
    created_at: Mapped[Created]
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class OneTimeToken(Base):
    """The right to do one thing once, by a link or a challenge. Its text is made of the id and our secret key.

    email: the new address, for change_email.
    """

    __tablename__ = "one_time_tokens"
    __table_args__ = (one_of("purpose", "reset_password", "change_email", "second_factor"),)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[str]
    email: Mapped[str | None]
    created_at: Mapped[Created]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class RecoveryCode(Base):
    """A code for the day on which the second factor is lost. SHA-256 of 80 random bits."""

    __tablename__ = "recovery_codes"
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    code_hash: Mapped[bytes] = mapped_column(primary_key=True)
    used_at: Mapped[datetime | None]


class UserIdentity(Base):
    """How another identity provider (OIDC) calls a person."""

    __tablename__ = "user_identities"
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    issuer: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    email: Mapped[str]
    created_at: Mapped[Created]
