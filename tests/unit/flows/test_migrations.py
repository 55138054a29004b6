"""Flows of older schema versions, as they were stored, still read and mean the same."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from quantum_app.domain.flows.model import migrations
from quantum_app.domain.flows.model.conditions import Fallback
from quantum_app.domain.flows.model.definition import SCHEMA_VERSION, AnswerNode
from quantum_app.domain.flows.validation import validator
from quantum_app.errors import InvalidInput

pytestmark = pytest.mark.unit

SAMPLES = sorted((Path(__file__).parent / "samples").glob("schema_*.json"))


def sample(name: str) -> dict[str, Any]:
    return json.loads((Path(__file__).parent / "samples" / f"{name}.json").read_text())


def test_every_older_version_has_a_sample() -> None:
    assert {int(path.name.split("_")[1]) for path in SAMPLES} >= set(range(1, SCHEMA_VERSION))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_can_be_run_and_is_stored_as_today_from_then_on(path: Path) -> None:
    document = json.loads(path.read_text())
    original = copy.deepcopy(document)
    definition = validator.load(document)
    assert document == original
    again = definition.model_dump(mode="json")
    assert migrations.upgrade(again) == again
    assert validator.load(again) == definition


def test_schema_1_keeps_its_words_its_way_and_its_knowledge() -> None:
    old = sample("schema_1_demo")
    definition = validator.load(old)
    greeting, answers, farewell = old["nodes"]
    assert definition.nodes[0].model_dump()["greeting"] == greeting["greeting"]
    assert definition.nodes[2].model_dump()["farewell"] == farewell["farewell"]
    assert [(edge.source, edge.target, edge.condition) for edge in definition.edges] == [
        ("start", "answers", Fallback()),
        ("answers", "end", Fallback()),
    ]
    node = definition.node("answers")
    assert isinstance(node, AnswerNode)
    assert (node.fallback, node.threshold) == (answers["fallback"], answers["threshold"])
    # Nobody was sent away after so many questions, and is not now.
    assert node.limit == 100
    assert [passage.model_dump() for passage in definition.passages(node)] == answers["passages"]


def test_schema_1_nodes_share_a_source_only_when_it_says_the_same() -> None:
    def answers(node_id: str, following: str, *texts: str) -> dict[str, Any]:
        passages = [{"source": "Price list", "text": text} for text in texts]
        return {"type": "rag_answer", "id": node_id, "passages": passages, "fallback": "No idea.", "next": following}

    definition = validator.load(
        {
            "start": "start",
            "nodes": [
                {"type": "start", "id": "start", "greeting": "Hello.", "next": "a"},
                answers("a", "b", "Ten euros."),
                answers("b", "c", "Ten euros."),
                answers("c", "end", "Twelve euros."),
                {"type": "end", "id": "end", "farewell": "Bye."},
            ],
        }
    )
    assert [(source.id, source.name, source.texts) for source in definition.knowledge] == [
        ("price_list", "Price list", ("Ten euros.",)),
        ("price_list_2", "Price list", ("Twelve euros.",)),
    ]
    knowledge = {node.id: node.knowledge for node in definition.nodes if isinstance(node, AnswerNode)}
    assert knowledge == {"a": ("price_list",), "b": ("price_list",), "c": ("price_list_2",)}


def test_schema_2_keeps_the_exits_that_calls_take() -> None:
    """An intent came first at an Answer, wherever it stood, and an expression first everywhere else."""
    edges = [edge.id for edge in validator.load(sample("schema_2_exits")).edges]
    assert edges == ["hello", "search", "known", "enough", "asked", "back", "otherwise"]


@pytest.mark.parametrize("version", [SCHEMA_VERSION + 1, 99])
def test_a_newer_flow_is_refused_and_says_so(version: int) -> None:
    with pytest.raises(InvalidInput, match="newer version of the product") as error:
        migrations.upgrade({"schema_version": version, "nodes": []})
    assert error.value.code == "flow_too_new"


@pytest.mark.parametrize("version", [0, -1, "2", None, True, 1.5])
def test_a_version_that_is_none_is_refused(version: object) -> None:
    with pytest.raises(InvalidInput) as error:
        migrations.upgrade({"schema_version": version})
    assert error.value.code == "flow_invalid"
