"""Accounts and who belongs to them."""

from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from quantum_app.db.models.base import AccountKey, Base, Created, one_of


class Account(Base):
    """A tenant. Its key is called `account_id` like everywhere, so one policy text fits all tables."""

    __tablename__ = "accounts"
    account_id: Mapped[AccountKey]
    name: Mapped[str]
    created_at: Mapped[Created]


class Membership(Base):
    """A person's role in an account. Its own rows are visible to the person too (policy on app.user_id)."""

    __tablename__ = "memberships"
    __table_args__ = (one_of("role", "owner", "admin", "operator", "viewer"),)
    account_id: Mapped[AccountKey] = mapped_column(ForeignKey("accounts.account_id"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True, index=True)
    role: Mapped[str]
    created_at: Mapped[Created]
