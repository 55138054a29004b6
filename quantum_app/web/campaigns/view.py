"""Campaigns as shown on the page."""

from dataclasses import dataclass

from quantum_app.domain.campaigns.schemas import CampaignEntry
from quantum_app.domain.flows import drafts
from quantum_app.domain.flows.model.definition import FlowDefinition
from quantum_app.domain.flows.templates import TEMPLATES
from quantum_app.errors import InvalidInput
from quantum_app.kit import ids

BLANK = "nothing"


@dataclass
class CampaignRow:
    """A row of the list.

    published: ISO 8601, or empty.
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
    designer: str = ""
    call_page: str = ""


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
    status, tone = ("Live", "green") if entry.active else ("Paused", "amber")
    if entry.published_version is None:
        status, tone = "Not published", ""
    return CampaignRow(
        id=campaign_id,
        name=entry.name,
        assistant=entry.assistant_name,
        status=status,
        tone=tone,
        active=entry.active,
        version=f"Version {entry.published_version}" if entry.published_version else "",
        published=entry.published_at.isoformat() if entry.published_at else "",
        designer=f"/flows/designer/{campaign_id}",
        call_page=f"/call/{entry.public_id}",
    )
