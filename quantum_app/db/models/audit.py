"""Who did what in an account."""

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from quantum_app.db.models.base import AccountKey, Base, Created


class AuditEntry(Base):
    """One thing done. Written once; the application may neither change nor delete it.

    actor: the e-mail address then, or what acted by itself. previous, new: the values that changed, never a secret and
    nothing of a caller. address: where the request came from.
    """

    __tablename__ = "audit_log"
    __table_args__ = (Index(None, "account_id", "action", "id"),)
    account_id: Mapped[AccountKey] = mapped_column(ForeignKey("accounts.account_id"))
    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[Created]
    actor_id: Mapped[UUID | None]
    actor: Mapped[str]
    action: Mapped[str]
    entity: Mapped[str]
    entity_id: Mapped[str]
    previous: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    new: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    request_id: Mapped[str | None]
    address: Mapped[str | None]
