"""The outbox: what leaves the product, written in the transaction that causes it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Text, text
from sqlmodel import Field

from quantum_app.db.models.base import Base, Mapped, Timestamp, current_time, one_of, server_default


class OutboxMessage(Base, table=True):
    """One email: an account's, or a person's own.

    user_id is no foreign key: who signs up gets mail before there is a user. data: what the template needs, never a
    secret. attempts: sends that were begun. last_error: why the last one failed, in words.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        CheckConstraint("(account_id IS NULL) <> (user_id IS NULL)", name="owner"),
        one_of("kind", "email"),
        one_of("status", "waiting", "sent", "failed"),
        CheckConstraint("(status = 'sent') = (sent_at IS NOT NULL)", name="sent"),
        Index(None, "account_id", "id"),
        Index(None, "user_id", "id"),
        Index("ix_outbox_waiting", "created_at", postgresql_where=text("status = 'waiting'")),
    )
    id: Mapped[UUID] = Field(primary_key=True)
    account_id: Mapped[UUID | None] = Field(default=None, foreign_key="accounts.account_id")
    user_id: Mapped[UUID | None] = Field(default=None)
    kind: Mapped[str] = server_default("email", sa_type=Text)
    template: Mapped[str]
    recipient: Mapped[str]
    data: Mapped[dict[str, Any]]
    idempotency_key: Mapped[str] = Field(unique=True, sa_type=Text)
    status: Mapped[str] = server_default("waiting", sa_type=Text)
    attempts: Mapped[int] = server_default("0")
    last_error: Mapped[str | None] = Field(default=None, sa_type=Text)
    provider_id: Mapped[str | None] = Field(default=None, sa_type=Text)
    created_at: Mapped[datetime] = current_time()
    sent_at: Mapped[datetime | None] = Field(default=None, sa_type=Timestamp)
