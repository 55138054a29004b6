"""Accounts, who belongs to them, and who is asked to."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Text, text
from sqlmodel import Field

from quantum_app.db.models.base import Base, Mapped, Timestamp, current_time, one_of, server_default


class Account(Base, table=True):
    """A tenant. Its key is called `account_id` like everywhere, so one policy text fits all tables.

    retention_days: how long calls are kept; none for as long as the account exists. time_zone: IANA name. show_domain:
    callers see the domain of the owner's address. deleted_at: nobody gets in any more; it can be restored until the
    purge.
    """

    __tablename__ = "accounts"
    __table_args__ = (CheckConstraint("retention_days BETWEEN 1 AND 3650", name="retention_days"),)
    account_id: Mapped[UUID] = Field(primary_key=True)
    name: Mapped[str]
    created_at: Mapped[datetime] = current_time()
    second_factor_required: Mapped[bool] = server_default(text("false"))
    retention_days: Mapped[int | None] = Field(default=None)
    time_zone: Mapped[str] = server_default("UTC", sa_type=Text)
    show_domain: Mapped[bool] = server_default(text("false"))
    deleted_at: Mapped[datetime | None] = Field(default=None, sa_type=Timestamp)


class Membership(Base, table=True):
    """A person's role in an account. Its own rows are visible to the person too (policy on app.user_id)."""

    __tablename__ = "memberships"
    __table_args__ = (one_of("role", "owner", "admin", "builder", "operator", "developer", "viewer"),)
    account_id: Mapped[UUID] = Field(primary_key=True, foreign_key="accounts.account_id")
    user_id: Mapped[UUID] = Field(foreign_key="users.id", primary_key=True, index=True)
    role: Mapped[str]
    created_at: Mapped[datetime] = current_time()


class Invitation(Base, table=True):
    """Somebody is asked by email to join. One open invitation an address.

    invited_by: their address, as it was then. invited_by_id: it counts no more when they may not invite any more.
    """

    __tablename__ = "invitations"
    __table_args__ = (
        CheckConstraint("email = lower(email)", name="email"),
        one_of("role", "admin", "builder", "operator", "developer", "viewer"),
        Index(
            "uq_invitations_open",
            "account_id",
            "email",
            unique=True,
            postgresql_where=text("accepted_at IS NULL AND revoked_at IS NULL"),
        ),
    )
    account_id: Mapped[UUID] = Field(primary_key=True, foreign_key="accounts.account_id")
    id: Mapped[UUID] = Field(primary_key=True)
    email: Mapped[str]
    role: Mapped[str]
    invited_by: Mapped[str]
    invited_by_id: Mapped[UUID]
    created_at: Mapped[datetime] = current_time()
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None] = Field(default=None, sa_type=Timestamp)
    revoked_at: Mapped[datetime | None] = Field(default=None, sa_type=Timestamp)
