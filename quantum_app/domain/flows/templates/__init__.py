"""Flows to begin with, whole and in the form of an export.

They state no facts about a business: those are placeholders for the owner to fill (`model.placeholders`). Example
knowledge shows what to write, and no answer is taken from it.
"""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from quantum_app.domain.flows.model.definition import FlowDefinition
from quantum_app.domain.flows.validation import validator

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Template:
    """id: also the name of its file. line_name: of a campaign made from it, as callers read it. description: what its
    owner gets, in a sentence.
    """

    id: str
    name: str
    line_name: str
    description: str

    @cached_property
    def definition(self) -> FlowDefinition:
        """The flow with its placeholders."""
        return validator.parse(json.loads((_FOLDER / f"{self.id}.json").read_text(encoding="utf-8")))


TEMPLATES: tuple[Template, ...] = (
    Template(
        "lead_qualification",
        "Lead qualification",
        "Sales",
        "Answers questions, collects contact details and needs, and scores leads.",
    ),
    Template("faq", "FAQ", "Front desk", "Answers common questions, and takes a message when it doesn't know."),
    Template(
        "appointment", "Appointment", "Appointments", "Takes appointment requests, and notes what to move or cancel."
    ),
    Template(
        "support_triage",
        "Support triage",
        "Support",
        "Finds out how severe a problem is, suggests fixes, and takes the details for your team.",
    ),
    Template("event", "Event", "Event line", "Answers questions about an event, and takes registrations."),
)


def template(template_id: str) -> Template | None:
    return next((item for item in TEMPLATES if item.id == template_id), None)
