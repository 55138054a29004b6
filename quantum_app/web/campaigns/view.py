"""Campaigns as the page shows them."""

from dataclasses import dataclass

from quantum_app.domain.campaigns.schemas import CampaignEntry
from quantum_app.domain.flows import drafts
from quantum_app.domain.flows.model.definition import FlowDefinition
from quantum_app.domain.flows.templates import TEMPLATES
from quantum_app.errors import InvalidInput
from quantum_app.kit import ids

NOTHING = "nothing"


@dataclass
class CampaignRow:
    """published: ISO 8601, or empty. designer, call_page: addresses."""

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
class Beginning:
    """What a new campaign can begin with. id: of a template, or NOTHING."""

    id: str
    name: str
    description: str


BEGINNINGS = (
    *(Beginning(item.id, item.name, item.description) for item in TEMPLATES),
    Beginning(NOTHING, "An empty flow", "Draw everything yourself."),
)


def beginning(wanted: str) -> FlowDefinition:
    """Raises InvalidInput."""
    if wanted == NOTHING:
        return drafts.empty()
    for item in TEMPLATES:
        if item.id == wanted:
            return item.definition
    raise InvalidInput("Choose what the campaign begins with.", field="template")


def campaign(found: CampaignEntry) -> CampaignRow:
    campaign_id = ids.encode("cmp", found.campaign_id)
    status, tone = ("Takes calls", "green") if found.active else ("Paused", "amber")
    if found.published_version is None:
        status, tone = "Not published", ""
    return CampaignRow(
        id=campaign_id,
        name=found.name,
        assistant=found.assistant_name,
        status=status,
        tone=tone,
        active=found.active,
        version=f"Version {found.published_version}" if found.published_version else "",
        published=found.published_at.isoformat() if found.published_at else "",
        designer=f"/flows/designer/{campaign_id}",
        call_page=f"/call/{found.public_id}",
    )
