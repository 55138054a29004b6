"""Consent tickets: the evidence that a caller agreed before the call."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, Text, text
from sqlmodel import Field

from quantum_app.db.models.base import Base, Mapped


class ConsentTicket(Base, table=True):
    """Who agreed to which wording, when, in which language. Written once; only who it was can be erased.

    phone: in the form of E.164.
    """

    __tablename__ = "consent_tickets"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "campaign_id"], ["campaigns.account_id", "campaigns.id"]),
        Index(None, "account_id", "email"),
        Index(None, "account_id", "phone", postgresql_where=text("phone IS NOT NULL")),
    )
    account_id: Mapped[UUID] = Field(primary_key=True)
    id: Mapped[UUID] = Field(primary_key=True)
    campaign_id: Mapped[UUID]
    email: Mapped[str | None] = Field(default=None, sa_type=Text)
    name: Mapped[str | None] = Field(default=None, sa_type=Text)
    wording: Mapped[str]
    wording_version: Mapped[str]
    language: Mapped[str]
    consented_at: Mapped[datetime]
    phone: Mapped[str | None] = Field(default=None, sa_type=Text)
