"""Flows of campaigns: the draft that is drawn, earlier ones, the versions that were published, the cases."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, ForeignKeyConstraint, Index, func
from sqlalchemy.orm import Mapped, MappedColumn, mapped_column

from quantum_app.db.models.base import AccountKey, Base, Created


def _size(column: str) -> MappedColumn[int]:
    """Bytes of a JSON column as text."""
    return mapped_column(Computed(f"octet_length({column}::text)", persisted=True))


class FlowVersion(Base):
    """One published flow, never changed afterwards: a call stays with the version it began with.

    author: none for what the product published by itself.
    """

    __tablename__ = "flow_versions"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "campaign_id"], ["campaigns.account_id", "campaigns.id"]),
        CheckConstraint("version > 0", name="version"),
    )
    account_id: Mapped[AccountKey]
    campaign_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    definition: Mapped[dict[str, Any]]
    size: Mapped[int] = _size("definition")
    created_at: Mapped[Created]
    author: Mapped[UUID | None]
    note: Mapped[str] = mapped_column(server_default="")


class FlowDraft(Base):
    """What is being drawn, one a campaign.

    revision: counts the changes. client, base: which tab made the last one, and the revision that it was made on, so
    that the tab may send it again when it heard no answer.
    """

    __tablename__ = "flow_drafts"
    __table_args__ = (
        ForeignKeyConstraint(
            ["account_id", "campaign_id"], ["campaigns.account_id", "campaigns.id"], ondelete="CASCADE"
        ),
        CheckConstraint("revision >= 0", name="revision"),
    )
    account_id: Mapped[AccountKey]
    campaign_id: Mapped[UUID] = mapped_column(primary_key=True)
    definition: Mapped[dict[str, Any]]
    size: Mapped[int] = _size("definition")
    revision: Mapped[int]
    base: Mapped[int]
    client: Mapped[str]
    updated_by: Mapped[UUID | None]
    updated_at: Mapped[Created]


class FlowEarlierDraft(Base):
    """A draft that a whole flow took the place of: an import, a template, a version, somebody else's state."""

    __tablename__ = "flow_earlier_drafts"
    __table_args__ = (
        ForeignKeyConstraint(
            ["account_id", "campaign_id"], ["campaigns.account_id", "campaigns.id"], ondelete="CASCADE"
        ),
        Index(None, "account_id", "campaign_id", "id"),
    )
    account_id: Mapped[AccountKey]
    id: Mapped[UUID] = mapped_column(primary_key=True)
    campaign_id: Mapped[UUID]
    definition: Mapped[dict[str, Any]]
    size: Mapped[int] = _size("definition")
    replaced_by: Mapped[UUID | None]
    replaced_at: Mapped[Created]


class FlowCase(Base):
    """A conversation that a flow has to lead as expected. body: a `domain.flows.testing.test_case.Case`."""

    __tablename__ = "flow_cases"
    __table_args__ = (
        ForeignKeyConstraint(
            ["account_id", "campaign_id"], ["campaigns.account_id", "campaigns.id"], ondelete="CASCADE"
        ),
        Index(None, "account_id", "campaign_id", "id"),
    )
    account_id: Mapped[AccountKey]
    id: Mapped[UUID] = mapped_column(primary_key=True)
    campaign_id: Mapped[UUID]
    name: Mapped[str]
    body: Mapped[dict[str, Any]]
    size: Mapped[int] = _size("body")
    created_at: Mapped[Created]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
