"""Campaigns as shown on the page."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from quantum_app.domain.calls.schemas import CampaignCalls
from quantum_app.domain.campaigns.schemas import CampaignEntry, CampaignStatus, Recipient
from quantum_app.domain.flows import drafts
from quantum_app.domain.flows.model.definition import FlowDefinition
from quantum_app.domain.flows.templates import TEMPLATES
from quantum_app.errors import InvalidInput
from quantum_app.kit import ids

BLANK = "nothing"
STATUSES = {CampaignStatus.LIVE: "Live", CampaignStatus.PAUSED: "Paused", CampaignStatus.UNPUBLISHED: "Not published"}
_RECIPIENT = "recipient-"
_TONES = {CampaignStatus.LIVE: "green", CampaignStatus.PAUSED: "amber", CampaignStatus.UNPUBLISHED: ""}


@dataclass
class CampaignRow:
    """A row of the list.

    published, archived: ISO 8601, or empty.
    designer, call_page: Paths.
    """

    id: str = ""
    name: str = ""
    assistant: str = ""
    status: str = ""
    tone: str = ""
    active: bool = False
    version: str = ""
    published: str = ""
    archived: str = ""
    designer: str = ""
    call_page: str = ""


@dataclass
class RecipientRow:
    """A member who may get the results of calls by email. field: Name of their checkbox."""

    field: str = ""
    name: str = ""
    email: str = ""
    active: bool = False


@dataclass(frozen=True)
class Template:
    """What a new campaign can start from. id: ID of a template, or BLANK."""

    id: str
    name: str
    description: str


TEMPLATE_CHOICES = (
    *(Template(item.id, item.name, item.description) for item in TEMPLATES),
    Template(BLANK, "Blank", "Start with an empty flow."),
)


def definition_of_template(template_id: str) -> FlowDefinition:
    """Raises InvalidInput."""
    if template_id == BLANK:
        return drafts.empty()
    for item in TEMPLATES:
        if item.id == template_id:
            return item.definition
    raise InvalidInput("Choose a template.", field="template")


def campaign(entry: CampaignEntry) -> CampaignRow:
    campaign_id = ids.encode("cmp", entry.campaign_id)
    status = CampaignStatus.LIVE if entry.active else CampaignStatus.PAUSED
    if entry.published_version is None:
        status = CampaignStatus.UNPUBLISHED
    return CampaignRow(
        id=campaign_id,
        name=entry.name,
        assistant=entry.assistant_name,
        status="Archived" if entry.archived_at else STATUSES[status],
        tone="" if entry.archived_at else _TONES[status],
        active=entry.active,
        version=f"Version {entry.published_version}" if entry.published_version else "",
        published=entry.published_at.isoformat() if entry.published_at else "",
        archived=entry.archived_at.isoformat() if entry.archived_at else "",
        designer=f"/flows/designer/{campaign_id}",
        call_page=f"/call/{entry.public_id}",
    )


def recipient(item: Recipient) -> RecipientRow:
    return RecipientRow(_RECIPIENT + ids.encode("usr", item.user_id), item.name, item.email, item.active)


def recipient_ids(form: Any) -> set[UUID]:
    """Members whose checkboxes are checked in a submitted form. A browser may send anything."""
    fields = form.items() if isinstance(form, dict) else ()
    names = {str(name).removeprefix(_RECIPIENT) for name, value in fields if value}
    return {user_id for name in names if (user_id := ids.decode("usr", name)) is not None}


def archive_effects(calls: CampaignCalls, quota: int) -> list[str]:
    """What archiving does, besides taking the call page out of service."""
    call_effects = []
    if calls.past:
        call_effects = ["Its call stays in Calls." if calls.past == 1 else f"Its {calls.past} calls stay in Calls."]
    limit = f"It still counts toward your limit of {quota} campaigns. You can restore it at any time."
    return [*_in_progress(calls), *call_effects, limit]


def delete_effects(calls: CampaignCalls) -> list[str]:
    """What deleting does, besides taking the call page away."""
    content = "the flow is"
    if calls.past:
        content = "the flow and its call are" if calls.past == 1 else f"the flow and its {calls.past} calls are"
    return [
        *_in_progress(calls),
        "You can restore it for 30 days under Deleted items.",
        f"After that, {content} permanently deleted.",
    ]


def _in_progress(calls: CampaignCalls) -> list[str]:
    if not calls.active:
        return []
    return ["1 call in progress continues." if calls.active == 1 else f"{calls.active} calls in progress continue."]
