"""Who did what in an account."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from quantum_app.db.models.base import Base, Mapped, current_time


class AuditEntry(Base, table=True):
    """One thing done. Written once; the application may neither change nor delete it.

    actor: the email address then, or what acted by itself. previous, new: the values that changed, never a secret and
    nothing of a caller. address: where the request came from.
    """

    __tablename__ = "audit_log"
    __table_args__ = (Index(None, "account_id", "action", "id"),)
    account_id: Mapped[UUID] = Field(primary_key=True, foreign_key="accounts.account_id")
    id: Mapped[UUID] = Field(primary_key=True)
    at: Mapped[datetime] = current_time()
    actor_id: Mapped[UUID | None] = Field(default=None)
    actor: Mapped[str]
    action: Mapped[str]
    entity: Mapped[str]
    entity_id: Mapped[str]
    previous: Mapped[dict[str, Any] | None] = Field(default=None, sa_type=JSONB(none_as_null=True))
    new: Mapped[dict[str, Any] | None] = Field(default=None, sa_type=JSONB(none_as_null=True))
    request_id: Mapped[str | None] = Field(default=None, sa_type=Text)
    address: Mapped[str | None] = Field(default=None, sa_type=Text)
