"""The outbox: what leaves the product, written in the transaction that causes it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from quantum_app.db.models.base import Base, Created, one_of


class OutboxMessage(Base):
    """One e-mail: an account's, or a person's own.

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
    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.account_id"))
    user_id: Mapped[UUID | None]
    kind: Mapped[str] = mapped_column(server_default="email")
    template: Mapped[str]
    recipient: Mapped[str]
    data: Mapped[dict[str, Any]]
    idempotency_key: Mapped[str] = mapped_column(unique=True)
    status: Mapped[str] = mapped_column(server_default="waiting")
    attempts: Mapped[int] = mapped_column(server_default="0")
    last_error: Mapped[str | None]
    provider_id: Mapped[str | None]
    created_at: Mapped[Created]
    sent_at: Mapped[datetime | None]
