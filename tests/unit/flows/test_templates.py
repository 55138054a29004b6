"""Templates are flows that can be published once they are filled in, and drawn on from."""

from itertools import combinations
from pathlib import Path

import pytest

from quantum_app.domain.flows import drafts, templates
from quantum_app.domain.flows.model.conditions import Intent
from quantum_app.domain.flows.model.definition import AnswerNode, EndNode, FlowDefinition
from quantum_app.domain.flows.templates import TEMPLATES, Template
from quantum_app.domain.flows.validation import validator
from tests.filled import filled

pytestmark = pytest.mark.unit

# A node on the canvas, in pixels.
WIDTH, HEIGHT = 208, 92

every = pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.id)


def test_there_is_one_for_each_use_and_each_file_is_one() -> None:
    ids = [template.id for template in TEMPLATES]
    assert ids == ["lead_qualification", "faq", "appointment", "support_triage", "event"]
    files = Path(templates.__file__).parent.glob("*.json")
    assert sorted(file.stem for file in files) == sorted(ids)
    assert templates.template("faq") is TEMPLATES[1]
    assert templates.template("nothing") is None


@every
def test_it_has_neither_errors_nor_warnings(template: Template) -> None:
    assert validator.check(filled(template)) == ()


@every
def test_it_is_stored_as_it_is_exported(template: Template) -> None:
    text = (Path(templates.__file__).parent / f"{template.id}.json").read_text(encoding="utf-8")
    assert drafts.exported(template.definition) == text


@every
def test_its_nodes_have_names_and_lie_apart(template: Template) -> None:
    definition = template.definition
    assert all(node.name for node in definition.nodes)
    for one, other in combinations([*definition.nodes, *definition.notes], 2):
        assert abs(one.x - other.x) >= WIDTH or abs(one.y - other.y) >= HEIGHT, (one.id, other.id)
    assert all(node.x % 20 == node.y % 20 == 0 for node in definition.nodes)


@every
def test_it_answers_and_collects_and_ends(template: Template) -> None:
    definition = template.definition
    assert any(isinstance(node, AnswerNode) for node in definition.nodes)
    assert any(isinstance(node, EndNode) and node.outcome == "hang_up" for node in definition.nodes)
    assert {item.name for item in definition.variables} == used(definition)
    for edge in definition.edges:
        if isinstance(edge.condition, Intent):
            assert len(edge.condition.examples) >= 3


def used(definition: FlowDefinition) -> set[str]:
    return {item.variable for node in definition.nodes for item in getattr(node, "fields", ())}


@every
def test_whoever_receives_the_result_learns_whom_to_call_back(template: Template) -> None:
    assert {variable.sensitivity for variable in template.definition.variables} == {"none"}
