"""Search in the passages of a flow: words and meaning together; words alone when the embedding server is away."""

import asyncio
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from quantum_app.domain.flows.model.definition import (
    AnswerNode,
    ClarifyNode,
    DispatchNode,
    FlowDefinition,
    LeadGateNode,
    Passage,
)
from quantum_app.domain.flows.ports import ScoredPassage
from quantum_app.domain.knowledge.ports import Embedder
from quantum_app.domain.knowledge.scoring import scale, score
from quantum_app.errors import Component, DependencyUnavailable
from quantum_app.kit.lexical import Index
from quantum_app.kit.log import logger

# Longer than this, in seconds, and the question is answered by words alone.
PATIENCE = 0.3

_log = logger(__name__, stage=Component.RAG)


class Knowledge:
    """A few passages, searched in memory. `prepare` once; `search` often."""

    def __init__(self, passages: Sequence[Passage], embedder: Embedder) -> None:
        self._passages = tuple(passages)
        self._embedder = embedder
        self._index = Index([f"{item.source}. {item.text}" for item in self._passages])
        self._vectors: NDArray[np.float32] | None = None
        self._similarity_range = (0.0, 1.0)

    async def prepare(self) -> None:
        """Embed the passages by one request; without a server the words have to do."""
        if not self._passages:
            return
        try:
            vectors = await self._embedder.passages([passage.text for passage in self._passages])
            similarity = await self._embedder.similarity_range()
        except DependencyUnavailable as error:
            _log.warning("knowledge is searched by words alone", reason=error.message)
            return
        if len({len(vector) for vector in vectors}) != 1 or len(vectors) != len(self._passages):
            _log.warning("knowledge is searched by words alone", reason="vectors do not match the passages")
        elif similarity is None:
            _log.warning("knowledge is searched by words alone", reason="the embedding model is not calibrated")
        else:
            self._similarity_range = similarity
            self._vectors = np.asarray(vectors, dtype=np.float32)

    async def search(self, question: str, limit: int) -> list[ScoredPassage]:
        """The passages that fit best, best first, with scores 0..1."""
        scores = score(question, self._index, await self._meaning(question))
        passages = [ScoredPassage(passage, float(score)) for passage, score in zip(self._passages, scores, strict=True)]
        return sorted(passages, key=lambda item: -item.score)[:limit]

    async def _meaning(self, question: str) -> NDArray[np.float32] | None:
        if self._vectors is None:
            return None
        try:
            async with asyncio.timeout(PATIENCE):
                query = np.asarray(await self._embedder.query(question), dtype=np.float32)
        except (DependencyUnavailable, TimeoutError) as error:
            _log.warning("question searched by words alone", error=type(error).__name__)
            return None
        if query.shape != self._vectors.shape[1:]:
            _log.warning("question searched by words alone", error="vector of another length")
            return None
        cosines = self._vectors @ query / (np.linalg.norm(self._vectors, axis=1) * np.linalg.norm(query) + 1e-9)
        return scale(cosines, self._similarity_range)


def of_flow(definition: FlowDefinition, embedder: Embedder) -> dict[str, Knowledge]:
    """What each node that answers knows, by its id; nodes that know the same share it."""
    by_passages: dict[tuple[Passage, ...], Knowledge] = {}
    by_node: dict[str, Knowledge] = {}
    for node in definition.nodes:
        asks = isinstance(node, LeadGateNode | ClarifyNode) and node.questions
        looks_up = isinstance(node, DispatchNode) and node.tool == "search_faq"
        if isinstance(node, AnswerNode) or asks or looks_up:
            passages = definition.passages(node)
            by_node[node.id] = by_passages.setdefault(passages, Knowledge(passages, embedder))
    return by_node
