"""Templates as their owners have them once they are filled in."""

from quantum_app.domain.flows.model import placeholders
from quantum_app.domain.flows.model.definition import FlowDefinition
from quantum_app.domain.flows.templates import Template

FACTS = {
    "business name": "Harbor Street",
    "opening hours": "nine to five on weekdays",
    "address": "12 Harbor Street",
    "what you offer": "everything you see here",
}


def named(template: Template) -> FlowDefinition:
    """The template as the owner of “Homes” (`tests.db.tenants`) gets it."""
    return placeholders.fill(template.definition, {placeholders.BUSINESS_NAME: "Homes"})


def filled(template: Template) -> FlowDefinition:
    """The template with a fact for each of its placeholders, and its example knowledge taken for the owner's own."""
    facts = dict.fromkeys(placeholders.labels(template.definition), "something of its own") | FACTS
    definition = placeholders.fill(template.definition, facts)
    sources = tuple(source.model_copy(update={"example": False}) for source in definition.knowledge)
    return definition.model_copy(update={"knowledge": sources})
