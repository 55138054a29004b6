"""Consent tickets: the evidence that a caller agreed before the call."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from quantum_app.db.models.base import AccountKey, Base


class ConsentTicket(Base):
    """Who agreed to which wording, when, in which language. Written once; only who it was can be erased.

    phone: in the form of E.164.
    """

    __tablename__ = "consent_tickets"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "campaign_id"], ["campaigns.account_id", "campaigns.id"]),
        Index(None, "account_id", "email"),
        Index(None, "account_id", "phone", postgresql_where=text("phone IS NOT NULL")),
    )
    account_id: Mapped[AccountKey]
    id: Mapped[UUID] = mapped_column(primary_key=True)
    campaign_id: Mapped[UUID]
    email: Mapped[str | None]
    name: Mapped[str | None]
    wording: Mapped[str]
    wording_version: Mapped[str]
    language: Mapped[str]
    consented_at: Mapped[datetime]
    phone: Mapped[str | None]
