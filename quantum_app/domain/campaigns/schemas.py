"""What crosses the boundary of campaigns."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class CampaignRef:
    """Which campaign a public id means."""

    account_id: UUID
    campaign_id: UUID


@dataclass(frozen=True, slots=True)
class CampaignSnapshot:
    """A campaign as the call page and a starting call need it. language: BCP 47. max_duration: seconds."""

    account_id: UUID
    campaign_id: UUID
    public_id: str
    account_name: str
    name: str
    assistant_name: str
    active: bool
    language: str
    consent_text: str
    consent_version: str
    email_required: bool
    max_duration: int
    flow_version: int | None


@dataclass(frozen=True, slots=True)
class CampaignDraft:
    """What a new campaign is made from."""

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
    """One entry of the account's list of campaigns."""

    campaign_id: UUID
    public_id: str
    name: str
    active: bool


@dataclass(frozen=True, slots=True)
class CampaignEntry:
    """One campaign as the account's people see it. published_at: of the version that new calls begin with."""

    campaign_id: UUID
    public_id: str
    name: str
    assistant_name: str
    active: bool
    published_version: int | None
    published_at: datetime | None
