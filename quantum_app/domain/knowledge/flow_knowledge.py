"""Search in what a flow knows: its own passages, and the knowledge bases that its sources name.

By words and meaning together; by words alone when the embedding server is away.
"""

import asyncio
from collections.abc import Awaitable, Collection, Sequence
from typing import Protocol
from uuid import UUID

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
from quantum_app.domain.knowledge.schemas import Match
from quantum_app.domain.knowledge.scoring import Passages, Text, scale
from quantum_app.errors import Component, DependencyUnavailable
from quantum_app.kit import ids
from quantum_app.kit.log import logger

# Longer than this, in seconds, and the question is answered by words alone.
PATIENCE = 0.3
# Longer than this, in seconds, and it is answered without the knowledge bases.
BASES_TIMEOUT = 2.0

_log = logger(__name__, stage=Component.RAG)


class BaseSearch(Protocol):
    """Searches knowledge bases of an account, best first. Raises DependencyUnavailable."""

    def __call__(self, base_ids: Collection[UUID], question: str, *, limit: int) -> Awaitable[Sequence[Match]]: ...


class Knowledge:
    """A few passages, searched in memory, and knowledge bases. `prepare` once; `search` often."""

    def __init__(
        self,
        passages: Sequence[Passage],
        embedder: Embedder,
        base_ids: Collection[UUID] = (),
        search_bases: BaseSearch | None = None,
    ) -> None:
        self._base_ids, self._search_bases = base_ids, search_bases
        self._passages = tuple(passages)
        self._embedder = embedder
        self._index = Passages([Text(item.source, "", item.text) for item in self._passages])
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
        meaning, of_bases = await asyncio.gather(self._meaning(question), self._of_bases(question, limit))
        scores = self._index.score(question, meaning)
        passages = [ScoredPassage(passage, float(score)) for passage, score in zip(self._passages, scores, strict=True)]
        return sorted([*passages, *of_bases], key=lambda item: -item.score)[:limit]

    async def _of_bases(self, question: str, limit: int) -> list[ScoredPassage]:
        if self._search_bases is None or not self._base_ids:
            return []
        try:
            async with asyncio.timeout(BASES_TIMEOUT):
                matches = await self._search_bases(self._base_ids, question, limit=limit)
        except (DependencyUnavailable, TimeoutError) as error:
            _log.warning("question answered without knowledge bases", error=type(error).__name__)
            return []
        return [
            ScoredPassage(Passage(source=citation(match), text=match.passage.text), match.score) for match in matches
        ]

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


def citation(match: Match) -> str:
    """Where a passage of a document stands, as a transcript cites it."""
    passage = match.passage
    place = passage.heading.rpartition(" > ")[2] or (f"page {passage.page}" if passage.page else "")
    return f"{passage.document}, {place}" if place else passage.document


def of_flow(
    definition: FlowDefinition, embedder: Embedder, search_bases: BaseSearch | None = None
) -> dict[str, Knowledge]:
    """What each node that answers knows, by its id; nodes that know the same share it.

    search_bases: None leaves out what the flow's knowledge bases know.
    """
    shared: dict[tuple[tuple[Passage, ...], tuple[str, ...]], Knowledge] = {}
    by_node: dict[str, Knowledge] = {}
    for node in definition.nodes:
        asks = isinstance(node, LeadGateNode | ClarifyNode) and node.questions
        looks_up = isinstance(node, DispatchNode) and node.tool == "search_faq"
        if isinstance(node, AnswerNode) or asks or looks_up:
            passages, bases = definition.passages(node), definition.bases(node)
            base_ids = [base_id for base in bases if (base_id := ids.decode("kb", base)) is not None]
            knowledge = Knowledge(passages, embedder, base_ids, search_bases)
            by_node[node.id] = shared.setdefault((passages, bases), knowledge)
    return by_node
