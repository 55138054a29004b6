"""Types of campaigns."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class CampaignRef:
    """The campaign behind a public ID."""

    account_id: UUID
    campaign_id: UUID


@dataclass(frozen=True, slots=True)
class CampaignSnapshot:
    """A campaign as the call page and a starting call need it."""

    account_id: UUID
    campaign_id: UUID
    public_id: str
    account_name: str
    name: str
    assistant_name: str
    active: bool
    """Whether it takes calls: published, and neither paused nor archived."""
    paused: bool
    """Whether it takes no calls even if it's published: paused or archived."""
    language: str
    """BCP 47."""
    consent_text: str
    consent_version: str
    email_required: bool
    max_duration: int
    """In seconds."""
    flow_version: int | None
    """The published version, or None."""


@dataclass(frozen=True, slots=True)
class NewCampaign:
    """Values of a campaign to be created."""

    public_id: str
    name: str
    assistant_name: str
    language: str
    consent_text: str
    consent_version: str
    email_required: bool
    max_duration: int
    flow: dict[str, Any]


@dataclass(frozen=True, slots=True)
class CampaignName:
    """A campaign in a filter."""

    campaign_id: UUID
    public_id: str
    name: str
    active: bool
    """Whether it takes calls."""


class CampaignStatus(StrEnum):
    """What a campaign in the list is doing."""

    LIVE = "live"
    PAUSED = "paused"
    UNPUBLISHED = "unpublished"


@dataclass(frozen=True, slots=True)
class CampaignEntry:
    """A row in the list of campaigns."""

    campaign_id: UUID
    public_id: str
    name: str
    assistant_name: str
    active: bool
    """Whether it isn't paused."""
    published_version: int | None
    """The version that new calls use."""
    published_at: datetime | None
    archived_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CampaignPage:
    """One page of campaigns, newest first."""

    campaigns: tuple[CampaignEntry, ...]
    after: UUID | None
    """Cursor of the next page, or None on the last one."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """A member who may get the results of a campaign's calls by email."""

    user_id: UUID
    name: str
    email: str
    active: bool
    """Whether they get them."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the account has come with its first campaign."""

    newest: CampaignEntry | None
    """The newest campaign that isn't archived."""
    published: bool
    """Whether any campaign is published."""


@dataclass(frozen=True, slots=True)
class DeletedCampaign:
    """A campaign that can still be restored."""

    campaign_id: UUID
    name: str
    deleted_at: datetime
    kept_until: datetime
