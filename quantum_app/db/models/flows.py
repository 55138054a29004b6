"""Flows of campaigns: the draft that is drawn, earlier ones, the versions that were published, the cases."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, ForeignKeyConstraint, Index, Text
from sqlmodel import Field

from quantum_app.db.models.base import Base, Mapped, current_time, server_default


def _size(column: str) -> Any:
    """Bytes of a JSON column as text."""
    return Field(default=None, sa_column_args=[Computed(f"octet_length({column}::text)", persisted=True)])


class FlowVersion(Base, table=True):
    """One published flow, never changed afterwards: a call stays with the version it began with.

    author: none for what the product published by itself.
    """

    __tablename__ = "flow_versions"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "campaign_id"], ["campaigns.account_id", "campaigns.id"]),
        CheckConstraint("version > 0", name="version"),
    )
    account_id: Mapped[UUID] = Field(primary_key=True)
    campaign_id: Mapped[UUID] = Field(primary_key=True)
    version: Mapped[int] = Field(primary_key=True)
    definition: Mapped[dict[str, Any]]
    size: Mapped[int] = _size("definition")
    created_at: Mapped[datetime] = current_time()
    author: Mapped[UUID | None] = Field(default=None)
    note: Mapped[str] = server_default("", sa_type=Text)


class FlowDraft(Base, table=True):
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
    account_id: Mapped[UUID] = Field(primary_key=True)
    campaign_id: Mapped[UUID] = Field(primary_key=True)
    definition: Mapped[dict[str, Any]]
    size: Mapped[int] = _size("definition")
    revision: Mapped[int]
    base: Mapped[int]
    client: Mapped[str]
    updated_by: Mapped[UUID | None] = Field(default=None)
    updated_at: Mapped[datetime] = current_time()


class FlowEarlierDraft(Base, table=True):
    """A draft that a whole flow took the place of: an import, a template, a version, somebody else's state."""

    __tablename__ = "flow_earlier_drafts"
    __table_args__ = (
        ForeignKeyConstraint(
            ["account_id", "campaign_id"], ["campaigns.account_id", "campaigns.id"], ondelete="CASCADE"
        ),
        Index(None, "account_id", "campaign_id", "id"),
    )
    account_id: Mapped[UUID] = Field(primary_key=True)
    id: Mapped[UUID] = Field(primary_key=True)
    campaign_id: Mapped[UUID]
    definition: Mapped[dict[str, Any]]
    size: Mapped[int] = _size("definition")
    replaced_by: Mapped[UUID | None] = Field(default=None)
    replaced_at: Mapped[datetime] = current_time()


class FlowCase(Base, table=True):
    """A conversation that a flow has to lead as expected. body: a `domain.flows.testing.test_case.Case`."""

    __tablename__ = "flow_cases"
    __table_args__ = (
        ForeignKeyConstraint(
            ["account_id", "campaign_id"], ["campaigns.account_id", "campaigns.id"], ondelete="CASCADE"
        ),
        Index(None, "account_id", "campaign_id", "id"),
    )
    account_id: Mapped[UUID] = Field(primary_key=True)
    id: Mapped[UUID] = Field(primary_key=True)
    campaign_id: Mapped[UUID]
    name: Mapped[str]
    body: Mapped[dict[str, Any]]
    size: Mapped[int] = _size("body")
    created_at: Mapped[datetime] = current_time()
    updated_at: Mapped[datetime] = current_time()
