"""How a template sounds on a call: the engine answers a made-up caller, as it would answer a real one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from quantum_app.domain.flows.engine import engine
from quantum_app.domain.flows.engine.runner import Runner, Searcher
from quantum_app.domain.flows.model import placeholders
from quantum_app.domain.flows.model.definition import FlowDefinition, Variable, VariableType
from quantum_app.domain.flows.model.runtime import CallerSaid, CallStarted, FlowEvent
from quantum_app.domain.flows.model.state import FlowState
from quantum_app.domain.flows.ports import DialogueModel
from quantum_app.domain.flows.testing.simulation import simulate
from quantum_app.kit.phone import region_of_time_zone

# What owners fill in, by label: hints for their own facts, and what previews say.
EXAMPLES = {
    "opening hours": "Monday to Friday, nine to five",
    "address": "12 Harbor Street",
    "what you offer": "haircuts, coloring, and beard trims",
    "event name": "the Harbor Festival",
    "date and time": "Saturday, June 12, at six in the evening",
    "ticket price": "15 dollars",
    "your most common problem, and what fixes it": "If the screen stays dark, unplug the device and plug it in again.",
    "when invoices come, and how customers pay": "Invoices come by email each month, and you can pay by card.",
}


@dataclass(frozen=True, slots=True)
class ExampleBusiness:
    """Whom the assistant of a preview speaks for. trade: with its article. facts: instead of `EXAMPLES`, by label."""

    name: str
    trade: str
    facts: Mapping[str, str] = field(default_factory=dict[str, str])


_SALON = ExampleBusiness("Harbor Salon", "a hair salon")
# By template, to fit what its callers want.
EXAMPLE_BUSINESSES = {
    "lead_qualification": ExampleBusiness(
        "Harbor Homes", "a home renovation company", {"what you offer": "kitchens, bathrooms, and floors"}
    ),
    "faq": _SALON,
    "appointment": _SALON,
    "support_triage": ExampleBusiness("Harbor Displays", "a maker of computer screens"),
    "event": ExampleBusiness("Harbor Events", "an event organizer"),
}
# What the caller begins with, by template.
_OPENINGS: dict[str, tuple[str, ...]] = {
    "lead_qualification": ("What do you offer?", "Can you send me an offer?"),
    "faq": ("When are you open?", "What is your address?", "Can I leave a message?"),
    "appointment": ("When are you open?", "I need an appointment."),
    "support_triage": ("It doesn't work anymore.", "The screen stays dark.", "That did not help."),
    "event": ("What is the address?", "I would like to register."),
}
_ANSWERS: dict[VariableType, str] = {
    "name": "My name is Tom Baker.",
    "phone": "Four one oh, five five five, zero one four two.",
    "email": "tom.baker@example.com",
    "number": "Two.",
    "money": "About 15,000 dollars.",
    "date": "Tomorrow.",
    "yes_no": "Yes.",
}
# Answers for some variables, whatever their type.
_ANSWERS_BY_NAME = {
    "interest": "A new kitchen.",
    "message": "Please call me back about my order.",
    "problem": "The screen stays dark.",
    "service": "A haircut.",
    "needs": "No, nothing.",
    "since": "Since yesterday.",
}
_YES, _FAREWELL, _ANYTHING = "Yes, that's right.", "That was all, thank you. Goodbye.", "Nothing special."
_MOST_TURNS = 20
_PAUSE = 8.0  # seconds


Speaker = Literal["caller", "assistant"]


@dataclass(frozen=True, slots=True)
class Line:
    speaker: Speaker
    text: str


def with_examples(definition: FlowDefinition, business: ExampleBusiness) -> FlowDefinition:
    """The flow with the business and its facts in place of the placeholders."""
    facts = {placeholders.BUSINESS_NAME: business.name, **EXAMPLES, **business.facts}
    return placeholders.fill(definition, {label: facts.get(label, label) for label in placeholders.labels(definition)})


async def preview(
    definition: FlowDefinition,
    template_id: str,
    models: Sequence[DialogueModel],
    knowledge: Mapping[str, Searcher],
    *,
    begins: datetime,
    time_zone: str,
) -> tuple[Line, ...]:
    """What is said on a call of a caller who cooperates. models, knowledge: as on a call."""
    runner = Runner(definition, models, knowledge, operators=False, region=region_of_time_zone(time_zone))
    state, openings = engine.opening(definition), list(_OPENINGS.get(template_id, ()))
    event: FlowEvent = CallStarted(started_at=begins, time_zone=time_zone, consent=True)
    lines: list[Line] = []
    for turn in range(1, _MOST_TURNS + 1):
        step = await simulate(runner, state, event, [(line.speaker, line.text) for line in lines])
        state = step.state
        if step.utterances:
            lines.append(Line("assistant", " ".join(step.utterances)))
        if state.ended:
            break
        words = _words(definition, state, openings)
        lines.append(Line("caller", words))
        event = CallerSaid(text=words, at=turn * _PAUSE)
    return tuple(lines)


def _words(definition: FlowDefinition, state: FlowState, openings: list[str]) -> str:
    """What the caller says next: an answer where something is asked. openings: what is left of them."""
    if state.confirmation.awaiting_confirmation:
        return _YES
    asking = state.slots.asking
    if asking == "consent":
        return _ANSWERS["yes_no"]
    variable = next((item for item in definition.variables if item.name == asking), None)
    if variable is not None and not state.slots.complete:
        return _ANSWERS_BY_NAME.get(variable.name) or _answer(variable)
    return openings.pop(0) if openings else _FAREWELL


def _answer(variable: Variable) -> str:
    if variable.type == "choice":
        return f"{variable.choices[0].value.capitalize()}."
    return _ANSWERS.get(variable.type, _ANYTHING)
