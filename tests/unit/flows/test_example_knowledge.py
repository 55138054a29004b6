"""What templates say: nothing about a business that nobody wrote, and no example knowledge on a call."""

import re

import pytest

from quantum_app.domain.flows.model.definition import AnswerNode, EndNode, FlowDefinition, KnowledgeSource
from quantum_app.domain.flows.model.rules import HandoffRules
from quantum_app.domain.flows.templates import TEMPLATES, Template
from quantum_app.domain.flows.validation import validator
from quantum_app.domain.flows.validation.content import spoken_texts
from quantum_app.domain.flows.validation.problem import Problem
from quantum_app.domain.knowledge import flow_knowledge
from tests.unit.flows.test_cases import Away

pytestmark = pytest.mark.unit

every = pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.id)

# Prices, times, days and deadlines are the owner's to state.
FACT = re.compile(
    r"\d|\$|€|dollar|euro|percent|o'clock|monday|tuesday|wednesday|thursday|friday|saturday|sunday|weekday|"
    r"(business|working) (day|hour)|within an? |right away|tomorrow|today|street|for free",
    re.IGNORECASE,
)


def flow(*sources: KnowledgeSource, source_ids: tuple[str, ...] = ()) -> FlowDefinition:
    answers = {"type": "rag_answer", "id": "answers", "fallback": "I don't know.", "knowledge": source_ids}
    return FlowDefinition.model_validate(
        {
            "start": "start",
            "nodes": [
                {"type": "start", "id": "start", "greeting": "Hello."},
                answers,
                {"type": "end", "id": "end", "farewell": "Goodbye.", "next_steps": "We'll write to you."},
            ],
            "edges": [
                {"id": "e1", "source": "start", "target": "answers", "condition": {"type": "fallback"}},
                {"id": "e2", "source": "answers", "target": "end", "condition": {"type": "fallback"}},
            ],
            "knowledge": [source.model_dump() for source in sources],
        }
    )


PRICES = KnowledgeSource(id="prices", name="Prices", texts=("A haircut costs 40 dollars.",), example=True)
OWN = KnowledgeSource(id="own", name="Hours", texts=("We are open all day.",))


def problem(definition: FlowDefinition, code: str) -> Problem | None:
    return next((item for item in validator.check(definition) if item.code == code), None)


async def test_no_answer_is_taken_from_an_example() -> None:
    definition = flow(PRICES, OWN)
    answers = flow_knowledge.of_flow(definition, Away())["answers"]
    assert [item.passage.text for item in await answers.search("What does a haircut cost?", 5)] == [*OWN.texts]
    owned = flow(PRICES.model_copy(update={"example": False}), OWN)
    best = (await flow_knowledge.of_flow(owned, Away())["answers"].search("What does a haircut cost?", 5))[0]
    assert best.passage.text == PRICES.texts[0]


def test_an_example_is_listed_before_publishing() -> None:
    warning = problem(flow(PRICES, OWN), "example_knowledge")
    assert warning
    assert (warning.severity, warning.field) == ("warning", "knowledge.prices")
    assert warning.sentence == (
        "“Prices” is sample text and isn't used in calls. Replace it with your own knowledge, or remove it."
    )
    assert problem(flow(OWN), "example_knowledge") is None


@pytest.mark.parametrize("source_ids", [(), ("prices",)])
def test_examples_alone_are_no_knowledge(source_ids: tuple[str, ...]) -> None:
    definition = flow(PRICES, *([OWN] if source_ids else []), source_ids=source_ids)
    assert problem(definition, "knowledge_missing")


@every
def test_a_template_states_no_facts(template: Template) -> None:
    definition = template.definition
    texts = [text for node in definition.nodes for _, text in spoken_texts(node)]
    texts += [variable.ask for variable in definition.variables]
    texts += [text for source in definition.knowledge if not source.example for text in source.texts]
    assert [text for text in texts if FACT.search(text)] == []
    assert definition.rules.hours == ()


@every
def test_a_template_has_examples_to_replace(template: Template) -> None:
    assert any(source.example for source in template.definition.knowledge)
    assert any(not source.example for source in template.definition.knowledge)


@every
def test_a_template_uses_nothing_that_has_to_be_connected(template: Template) -> None:
    """No person is on duty, no tool and no search of the web is there."""
    definition = template.definition
    assert definition.rules.handoff == HandoffRules()
    for node in definition.nodes:
        assert not (isinstance(node, EndNode) and node.outcome == "handoff")
        assert not (isinstance(node, AnswerNode) and (node.web_search or node.tools))
        assert not getattr(node, "tool", None)
