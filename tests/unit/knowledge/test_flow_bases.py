"""A flow that answers from knowledge bases besides its own passages."""

import asyncio
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import pytest

from quantum_app.domain.flows.model.definition import FlowDefinition, KnowledgeSource
from quantum_app.domain.flows.validation import validator
from quantum_app.domain.knowledge import flow_knowledge
from quantum_app.domain.knowledge.schemas import DocumentKind, Match, Passage
from quantum_app.errors import Component, DependencyUnavailable, InvalidInput
from quantum_app.kit import ids

pytestmark = pytest.mark.unit

BASE_ID = ids.new_id()
QUESTION = "What does a puncture cost?"


class Away:
    async def query(self, text: str) -> Sequence[float]:
        raise DependencyUnavailable(Component.RAG, "away")

    async def passages(self, texts: Sequence[str]) -> list[Sequence[float]]:
        raise DependencyUnavailable(Component.RAG, "away")

    async def similarity_range(self) -> tuple[float, float] | None:
        return None


class Bases:
    """Knowledge bases with one passage. error: Raised instead."""

    def __init__(self, score: float = 0.9, error: Exception | None = None) -> None:
        self.score, self.error = score, error
        self.calls: list[tuple[list[UUID], str, int]] = []

    async def __call__(self, base_ids: Collection[UUID], question: str, *, limit: int) -> list[Match]:
        self.calls.append((list(base_ids), question, limit))
        if self.error:
            raise self.error
        return [match("repairs.md", "Service > Repairs", None, self.score)]


def match(document: str, heading: str, page: int | None, score: float = 0.5) -> Match:
    passage = Passage(
        ids.new_id(), ids.new_id(), 0, document, DocumentKind.FILE, "A puncture costs $18.", heading, page, ""
    )
    return Match(passage, score, None, None)


def definition(**source: Any) -> FlowDefinition:
    sources = [{"id": "own", "name": "Own", "texts": ["A puncture is repaired at once."]}, {"id": "docs", **source}]
    return FlowDefinition.model_validate(
        {
            "start": "s",
            "nodes": [
                {"id": "s", "type": "start", "greeting": "Hello"},
                {"id": "all", "type": "rag_answer", "fallback": "I don't know."},
                {"id": "some", "type": "rag_answer", "fallback": "I don't know.", "knowledge": ["own"]},
            ],
            "knowledge": sources,
        }
    )


FLOW = definition(name="Documents", base=ids.encode("kb", BASE_ID))


async def test_passages_of_both_are_merged_by_score() -> None:
    for score, first in ((0.95, "repairs.md, Repairs"), (0.01, "Own")):
        bases = Bases(score)
        knowledge = flow_knowledge.of_flow(FLOW, Away(), bases)
        passages = await knowledge["all"].search(QUESTION, 3)
        assert passages[0].passage.source == first
        assert len(passages) == 2
        assert bases.calls == [([BASE_ID], QUESTION, 3)]


async def test_only_nodes_that_use_the_source_search_the_base() -> None:
    bases = Bases()
    knowledge = flow_knowledge.of_flow(FLOW, Away(), bases)
    assert [item.passage.source for item in await knowledge["some"].search(QUESTION, 3)] == ["Own"]
    assert bases.calls == []
    example = definition(name="Documents", base=ids.encode("kb", BASE_ID), example=True)
    await flow_knowledge.of_flow(example, Away(), bases)["all"].search(QUESTION, 3)
    assert bases.calls == []


async def test_without_the_bases_the_flow_answers_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    away = Bases(error=DependencyUnavailable(Component.DB, "away"))
    for bases in (away, None):
        passages = await flow_knowledge.of_flow(FLOW, Away(), bases)["all"].search(QUESTION, 3)
        assert [item.passage.source for item in passages] == ["Own"]

    async def stuck(base_ids: Collection[UUID], question: str, *, limit: int) -> list[Match]:
        await asyncio.Event().wait()
        raise AssertionError("nobody waits for that long")

    monkeypatch.setattr(flow_knowledge, "BASES_TIMEOUT", 0.01)
    passages = await flow_knowledge.of_flow(FLOW, Away(), stuck)["all"].search(QUESTION, 3)
    assert [item.passage.source for item in passages] == ["Own"]


@pytest.mark.parametrize(
    ("heading", "page", "source"),
    [
        ("Service > Repairs", 3, "terms.pdf, Repairs"),
        ("", 3, "terms.pdf, page 3"),
        ("", None, "terms.pdf"),
    ],
)
def test_a_passage_is_cited_by_its_document_and_place(heading: str, page: int | None, source: str) -> None:
    assert flow_knowledge.citation(match("terms.pdf", heading, page)) == source


def test_a_base_is_knowledge_to_answer_from() -> None:
    def codes(flow: FlowDefinition) -> set[str]:
        return {problem.code for problem in validator.check(flow)}

    only = FLOW.model_copy(update={"knowledge": (KnowledgeSource(id="own", name="D", base=FLOW.knowledge[1].base),)})
    assert "knowledge_missing" not in codes(only)
    empty = FLOW.model_copy(update={"knowledge": (KnowledgeSource(id="own", name="D"),)})
    assert "knowledge_missing" in codes(empty)


def test_only_a_public_id_names_a_base() -> None:
    document = FLOW.model_dump(mode="json")
    document["knowledge"][1]["base"] = str(BASE_ID)
    with pytest.raises(InvalidInput):
        validator.load(document)
