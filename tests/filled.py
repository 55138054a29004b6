"""Flows as their owners have them: templates that are filled in, and one that uses everything, handoffs included."""

import json
from pathlib import Path

from quantum_app.domain.flows.model import placeholders
from quantum_app.domain.flows.model.definition import FlowDefinition
from quantum_app.domain.flows.templates import Template
from quantum_app.domain.flows.validation import validator

FACTS = {
    "business name": "Harbor Street",
    "opening hours": "nine to five on weekdays",
    "address": "12 Harbor Street",
    "what you offer": "everything you see here",
}

# Qualifies leads: knowledge, choices, scores, opening hours, a handoff.
LEADS = validator.load(json.loads((Path(__file__).parent / "leads.json").read_text(encoding="utf-8")))


def with_business_name(template: Template) -> FlowDefinition:
    """The template as the owner of “Homes” (`tests.db.tenants`) gets it."""
    return placeholders.fill(template.definition, {placeholders.BUSINESS_NAME: "Homes"})


def filled(template: Template) -> FlowDefinition:
    """The template with a fact for each of its placeholders, and its example knowledge taken for the owner's own."""
    facts = dict.fromkeys(placeholders.labels(template.definition), "something of its own") | FACTS
    definition = placeholders.fill(template.definition, facts)
    sources = tuple(source.model_copy(update={"example": False}) for source in definition.knowledge)
    return definition.model_copy(update={"knowledge": sources})
