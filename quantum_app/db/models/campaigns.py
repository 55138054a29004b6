"""Campaigns, and who gets the results of their calls."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text
from sqlmodel import Field

from quantum_app.db.models.base import Base, Mapped, Timestamp, current_time, one_of


class Campaign(Base, table=True):
    """One deployed assistant.

    public_id: what its call page's address carries; unguessable. published_version: the flow version new calls begin
    with; none yet means the campaign takes no calls. max_duration: of one call, in seconds. archived_at: takes no calls
    and is off the list. deleted_at: it can be restored until the purge.
    """

    __tablename__ = "campaigns"
    __table_args__ = (
        ForeignKeyConstraint(
            ["account_id", "id", "published_version"],
            ["flow_versions.account_id", "flow_versions.campaign_id", "flow_versions.version"],
            use_alter=True,
        ),
        one_of("status", "active", "paused"),
        CheckConstraint("max_duration BETWEEN 30 AND 14400", name="max_duration"),
    )
    account_id: Mapped[UUID] = Field(primary_key=True, foreign_key="accounts.account_id")
    id: Mapped[UUID] = Field(primary_key=True)
    public_id: Mapped[str] = Field(unique=True, sa_type=Text)
    name: Mapped[str]
    assistant_name: Mapped[str]
    status: Mapped[str]
    language: Mapped[str]
    consent_text: Mapped[str]
    consent_version: Mapped[str]
    email_required: Mapped[bool]
    max_duration: Mapped[int]
    published_version: Mapped[int | None] = Field(default=None)
    created_at: Mapped[datetime] = current_time()
    archived_at: Mapped[datetime | None] = Field(default=None, sa_type=Timestamp)
    deleted_at: Mapped[datetime | None] = Field(default=None, sa_type=Timestamp)


class CampaignRecipient(Base, table=True):
    """A member who gets the results of a campaign's calls by email, for as long as they are a member."""

    __tablename__ = "campaign_recipients"
    __table_args__ = (
        ForeignKeyConstraint(
            ["account_id", "campaign_id"], ["campaigns.account_id", "campaigns.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["account_id", "user_id"], ["memberships.account_id", "memberships.user_id"], ondelete="CASCADE"
        ),
        Index(None, "account_id", "user_id"),
    )
    account_id: Mapped[UUID] = Field(primary_key=True)
    campaign_id: Mapped[UUID] = Field(primary_key=True)
    user_id: Mapped[UUID] = Field(primary_key=True)
