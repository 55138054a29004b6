"""Placeholders: where they are, what fills them, and that a flow with one isn't published."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantum_app.domain.flows.model import placeholders
from quantum_app.domain.flows.model.definition import FlowDefinition
from quantum_app.domain.flows.model.placeholders import Placeholder
from quantum_app.domain.flows.templates import TEMPLATES, Template
from quantum_app.domain.flows.validation import validator
from quantum_app.errors import InvalidInput

pytestmark = pytest.mark.unit

every = pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.id)


def flow(**changes: object) -> FlowDefinition:
    document = {
        "start": "start",
        "nodes": [
            {"type": "start", "id": "start", "greeting": "Hello from [[business name]]."},
            {"type": "rag_answer", "id": "answers", "fallback": "Ask [[ Business  Name ]] about [[address]]."},
            {"type": "end", "id": "end", "farewell": "Goodbye.", "next_steps": "Come to [[address]], [[address]]."},
        ],
        "edges": [
            {"id": "e1", "source": "start", "target": "answers", "condition": {"type": "fallback"}},
            {"id": "e2", "source": "answers", "target": "end", "condition": {"type": "fallback"}},
        ],
        "variables": [{"name": "service", "ask": "Which of [[what you offer]]?"}],
        "knowledge": [{"id": "k", "name": "About us", "texts": ["Open [[opening hours]].", "At [[address]]."]}],
        "fillers": ["One moment.", "I ask [[a colleague]]."],
        "notes": [{"id": "n", "text": "A [[note]] isn't spoken."}],
    }
    return FlowDefinition.model_validate(document | changes)


def test_each_is_named_once_for_each_field() -> None:
    assert list(placeholders.find(flow())) == [
        Placeholder("business name", node="start", field="greeting"),
        Placeholder("Business  Name", node="answers", field="fallback"),
        Placeholder("address", node="answers", field="fallback"),
        Placeholder("address", node="end", field="next_steps"),
        Placeholder("what you offer", field="variables.service.ask"),
        Placeholder("opening hours", field="knowledge.k.texts"),
        Placeholder("address", field="knowledge.k.texts"),
        Placeholder("a colleague", field="fillers"),
    ]
    expected = ("business name", "address", "what you offer", "opening hours", "a colleague")
    assert placeholders.labels(flow()) == expected


def test_an_intent_and_the_rules_are_searched_too() -> None:
    condition = {"type": "intent", "description": "Wants [[what you offer]]", "examples": ["I want it."]}
    edges = [{"id": "e1", "source": "start", "target": "answers", "condition": condition}]
    rules = {
        "handoff": {"announcement": "[[a person]] comes."},
        "scores": [{"id": "s", "when": {"type": "keywords", "keywords": ["[[a word]]"]}, "reason": "", "points": 1}],
    }
    document = flow(edges=edges, rules=rules, nodes=[], variables=[], knowledge=[], fillers=[])
    assert list(placeholders.find(document)) == [
        Placeholder("what you offer", node="start", edge="e1", field="condition"),
        Placeholder("a person", field="rules.handoff.announcement"),
        Placeholder("a word", field="rules.scores.s.when"),
    ]


@pytest.mark.parametrize("text", ["[[]]", "[[ ]]", "[opening hours]", "[[a\nb]]", "[[" + "x" * 81 + "]]", "]][["])
def test_other_brackets_are_plain_text(text: str) -> None:
    document = flow(persona=text, nodes=[], variables=[], knowledge=[], fillers=[])
    assert list(placeholders.find(document)) == []


def test_facts_are_filled_in_and_the_rest_stays() -> None:
    filled = placeholders.fill(
        flow(), {"business name": r" Rose \1 Dental ", "ADDRESS": "1 Elm St", "a colleague": " "}
    )
    greeting, answers, end = (node.model_dump() for node in filled.nodes)
    assert greeting["greeting"] == r"Hello from Rose \1 Dental."
    assert answers["fallback"] == r"Ask Rose \1 Dental about 1 Elm St."
    assert end["next_steps"] == "Come to 1 Elm St, 1 Elm St."
    assert filled.knowledge[0].texts == ("Open [[opening hours]].", "At 1 Elm St.")
    assert placeholders.labels(filled) == ("what you offer", "opening hours", "a colleague")


def test_a_flow_with_one_is_not_run_and_the_checklist_names_it() -> None:
    unfilled = [item for item in validator.check(flow()) if item.code == "placeholder_unfilled"]
    assert {item.severity for item in unfilled} == {"error"}
    assert unfilled[0].message == "Fill in: business name."
    assert (unfilled[0].node, unfilled[0].field) == ("start", "greeting")
    assert "Fill in: opening hours." in [item.message for item in unfilled]
    with pytest.raises(InvalidInput, match=r"Fill in: business name\."):
        validator.load(flow().model_dump(mode="json"))


@every
def test_a_template_is_filled_completely(template: Template) -> None:
    assert "business name" in placeholders.labels(template.definition)
    longest = {label: "x" * placeholders.LONGEST_FACT for label in placeholders.labels(template.definition)}
    filled = placeholders.fill(template.definition, longest)
    assert placeholders.labels(filled) == ()
    assert not [item for item in validator.check(filled) if item.severity == "error"]


@given(st.text(alphabet="[] ab\n", max_size=60))
def test_what_is_filled_is_gone(text: str) -> None:
    definition = flow(persona=text, nodes=[], variables=[], knowledge=[], fillers=[])
    facts = dict.fromkeys(placeholders.labels(definition), "fact")
    assert placeholders.labels(placeholders.fill(definition, facts)) == ()


def test_a_long_flow_is_searched_in_no_time() -> None:
    texts = ["[[" * 2000] * 240
    long = flow(knowledge=[{"id": "k", "name": "Long", "texts": texts}])
    began = time.process_time()
    assert len(list(placeholders.find(long))) == 6
    assert time.process_time() - began < 1
