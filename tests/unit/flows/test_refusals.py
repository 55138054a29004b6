"""Callers who do not give what a template asks for: they are told honestly what follows, and helped all the same."""

from datetime import UTC, datetime

import pytest

from quantum_app.domain.flows.engine import engine
from quantum_app.domain.flows.engine.runner import Runner
from quantum_app.domain.flows.model.definition import Value
from quantum_app.domain.flows.model.runtime import (
    CallerSaid,
    CallStarted,
)
from quantum_app.domain.flows.model.state import FlowState
from quantum_app.domain.flows.templates import template
from quantum_app.domain.flows.testing.simulation import simulate
from quantum_app.domain.knowledge import flow_knowledge
from quantum_app.providers.nlu.local import LocalNlu
from tests.filled import filled
from tests.unit.flows.test_cases import Away

pytestmark = pytest.mark.unit

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


async def talk(of: str, *says: str) -> tuple[FlowState, list[str]]:
    """Where the call is, and what each turn was answered with. Words are understood by rules alone."""
    flow_template = template(of)
    assert flow_template is not None
    flow = filled(flow_template)
    embedder = Away()
    runner = Runner(flow, (LocalNlu(embedder),), flow_knowledge.of_flow(flow, embedder))
    state = (await simulate(runner, engine.opening(flow), CallStarted(started_at=NOON))).state
    replies: list[str] = []
    for text in says:
        step = await simulate(runner, state, CallerSaid(text=text))
        state = step.state
        replies.append(" ".join(step.utterances))
    return state, replies


@pytest.mark.parametrize(
    ("of", "says", "node", "words", "values"),
    [
        (
            "lead_qualification",
            ("I would like a quote.", "yes", "Ines Moreau", "I don't have an address", "I'd rather not give my number"),
            "more_questions",
            "nobody can get back to you",
            {"name": "Ines Moreau"},
        ),
        (
            "lead_qualification",
            ("I would like a quote.", "yes", "rather not", "I don't have one", "202 555 0143", "yes"),
            "need",
            "what you need",
            {"phone": "+12025550143"},
        ),
        (
            "lead_qualification",
            ("I would like a quote.", "No, I don't want that."),
            "more_questions",
            "I can keep answering",
            {},
        ),
        (
            "faq",
            ("Can I leave a message?", "yes", "Ines Moreau", "I'd rather not say", "Please send me a catalogue"),
            "answers",
            "we can't call you back",
            {"name": "Ines Moreau", "message": "Please send me a catalogue"},
        ),
        ("faq", ("Can I leave a message?", "no", "hm", "I don't know"), "answers", "no message then", {}),
        (
            "appointment",
            ("I need an appointment.", "yes", "Ines Moreau", "I'd rather not", "ines at example dot com", "yes"),
            "wish",
            "What is the appointment for",
            {"name": "Ines Moreau", "email": "ines@example.com"},
        ),
        ("appointment", ("I need an appointment.", "no"), "questions", "we can't confirm an appointment", {}),
        ("appointment", ("I have to cancel my appointment.", "no"), "questions", "I can't note the change", None),
        (
            "appointment",
            ("I have to cancel my appointment.", "yes", "Ines Moreau", "I'd rather not say", "no"),
            "changed_unconfirmed",
            "We can't call you",
            {"name": "Ines Moreau", "change": "cancel"},
        ),
        (
            "support_triage",
            (
                "There is an error message.", "the app", "only me", "since yesterday", "my screen is purple", "yes",
                "yes", "Ines Moreau", "I don't have one", "202 555 0143", "correct", "The screen is purple.",
            ),
            "reported_other",
            "I've noted everything",
            None,
        ),
        (
            "support_triage",
            (
                "There is an error message.", "the app", "only me", "since yesterday", "my screen is purple", "yes",
                "no", "The screen is purple.",
            ),
            "how_to",
            "we can't reply",
            None,
        ),
        (
            "event",
            ("I would like to register.", "yes", "Ines Moreau", "I don't have one"),
            "questions",
            "I haven't registered you",
            {"name": "Ines Moreau"},
        ),
        (
            "event",
            ("Two tickets, please.", "yes", "rather not", "ines at example dot com", "yes"),
            "details",
            "food allergy",
            {"tickets": 2, "email": "ines@example.com"},
        ),
    ],
)  # fmt: skip
async def test_who_does_not_say_is_led_on(
    of: str, says: tuple[str, ...], node: str, words: str, values: dict[str, Value] | None
) -> None:
    state, replies = await talk(of, *says)
    assert state.node == node
    assert words in replies[-1]
    assert values is None or state.slots.values == values


@pytest.mark.parametrize(
    ("of", "says", "offer", "node"),
    [
        ("lead_qualification", ("Do you sell garden gnomes?",), "Would you like a colleague", "contact"),
        ("faq", ("Do you sell garden gnomes?",), "leave a message", "message"),
        (
            "support_triage",
            ("There is an error message.", "the app", "only me", "since yesterday", "my screen is purple"),
            "Should I take the details for our team?",
            "report",
        ),
        ("support_triage", ("My invoice is wrong",), "Should I take the details", "report"),
        ("support_triage", ("The screen is purple",), "Should I take the details", "report"),
    ],
)
async def test_what_a_template_offers_is_taken_up_by_a_yes(
    of: str, says: tuple[str, ...], offer: str, node: str
) -> None:
    state, replies = await talk(of, *says)
    assert offer in replies[-1]
    after, replies = await talk(of, *says, "Yes, please.")
    assert after.node == node
    declined, replies = await talk(of, *says, "No, thanks.")
    assert (declined.node, declined.ended) == (state.node, False)
    assert replies[-1] == "All right. What else can I do for you?"
