"""What a simulated call uses besides the flow: dialogue models, knowledge, and requested faults."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal
from uuid import UUID

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray
from pydantic import SecretStr

from quantum_app.db.session import dispose, use_app_url
from quantum_app.domain.flows.engine import exits
from quantum_app.domain.flows.engine.runner import Searcher
from quantum_app.domain.flows.model.definition import FlowDefinition
from quantum_app.domain.flows.ports import (
    AnswerRequest,
    Classification,
    ClassifyRequest,
    DialogueModel,
    ExtractRequest,
    ScoredPassage,
)
from quantum_app.domain.knowledge import flow_knowledge
from quantum_app.domain.knowledge.flow_knowledge import BaseSearch
from quantum_app.domain.knowledge.ports import Embedder
from quantum_app.errors import Component, DependencyUnavailable
from quantum_app.providers.embeddings import Embeddings
from quantum_app.providers.nlu import dialogue_models
from quantum_app.providers.nlu.budget import Budget
from quantum_app.providers.nlu.local import LocalNlu
from quantum_app.settings import Embeddings as EmbeddingSettings
from quantum_app.settings import ModelLimits, OpenAI

_MAX_CACHED = 5000  # vectors, of a kilobyte and a half each
_PREPARATION_TIMEOUT = 8.0  # seconds

Fault = Literal["embeddings", "llm", "knowledge"]
FAULTS: dict[Fault, str] = {
    "embeddings": "Semantic search",
    "llm": "Language model",
    "knowledge": "Knowledge",
}


@dataclass(frozen=True, slots=True)
class Servers:
    """The servers that a simulated call uses for an account.

    redis_url: counts what the language model is used for.
    database_url: of the application's login, for knowledge bases.
    """

    account_id: UUID
    embeddings: EmbeddingSettings
    model: OpenAI
    limits: ModelLimits
    redis_url: SecretStr
    database_url: SecretStr


@dataclass(slots=True)
class SimulationEnvironment:
    """problems: a sentence for each component that failed."""

    dialogue_models: tuple[DialogueModel, ...]
    knowledge: dict[str, Searcher]
    problems: dict[Component, str] = field(default_factory=dict[Component, str])


@asynccontextmanager
async def simulation_environment(
    servers: Servers, definition: FlowDefinition, fault: Fault | None, dialogue_model: str
) -> AsyncIterator[SimulationEnvironment]:
    """The environment of a call of this flow. fault: the part that should fail. dialogue_model: `rules` or `llm`."""
    environment = SimulationEnvironment((), {})
    embeddings = Embeddings(servers.embeddings)
    embedder = CachedEmbedder(servers.account_id, embeddings, environment.problems, broken=fault == "embeddings")
    if dialogue_model == "llm":
        budget = Budget(servers.limits, servers.account_id, servers.redis_url.get_secret_value())
        environment.dialogue_models = dialogue_models(servers.model, embedder, servers.limits, budget)
    else:
        environment.dialogue_models = (LocalNlu(embedder),)
    if fault == "llm":
        environment.dialogue_models = (_FailingDialogueModel(), environment.dialogue_models[-1])
    search_bases = _base_search(servers, embedder) if any(source.base for source in definition.knowledge) else None
    searchers = flow_knowledge.of_flow(definition, embedder, search_bases)
    environment.knowledge = dict(searchers)
    if fault == "knowledge":
        environment.knowledge = dict.fromkeys(searchers, _EmptyKnowledge())
        environment.problems[Component.RAG] = "Knowledge was removed (simulated failure)."
    try:
        async with asyncio.timeout(_PREPARATION_TIMEOUT):
            options = exits.classifier_options(definition)
            intents = [item.prepare(options) for item in environment.dialogue_models if isinstance(item, LocalNlu)]
            await asyncio.gather(*(item.prepare() for item in set(searchers.values())), *intents)
    except TimeoutError:
        environment.problems[Component.RAG] = (
            "The knowledge is too large for semantic search here, so only keyword search is used."
        )
    try:
        yield environment
    finally:
        await embeddings.aclose()
        if search_bases is not None:
            # The next job of this process has another event loop.
            await dispose()
        for item in environment.dialogue_models:
            if close := getattr(item, "aclose", None):
                await close()


def _base_search(servers: Servers, embedder: Embedder) -> BaseSearch:
    """Searches the account's knowledge bases. A process of the pool has no settings, so it's told the database."""
    from quantum_app.domain.knowledge import search  # with the tables, which few simulations need

    if url := servers.database_url.get_secret_value():
        use_app_url(url)
    return search.of_account(servers.account_id, embedder)


class CachedEmbedder:
    """An embedder that embeds each text once per account, so its speed reveals nothing about other accounts."""

    _vectors: ClassVar[LRUCache[tuple[UUID, str, str], NDArray[np.float32]]] = LRUCache(_MAX_CACHED)

    def __init__(self, account_id: UUID, embedder: Embedder, problems: dict[Component, str], *, broken: bool) -> None:
        self._account_id = account_id
        self._embedder = embedder
        self._problems = problems
        self._broken = broken

    async def query(self, text: str) -> Sequence[float]:
        return (await self._of("query", [text]))[0]

    async def passages(self, texts: Sequence[str]) -> list[Sequence[float]]:
        return await self._of("passage", texts)

    async def similarity_range(self) -> tuple[float, float] | None:
        return await self._embedder.similarity_range()

    async def _of(self, kind: str, texts: Sequence[str]) -> list[Any]:
        vectors = {
            text: vector for text in texts if (vector := self._vectors.get((self._account_id, kind, text))) is not None
        }
        new_texts = [text for text in dict.fromkeys(texts) if text not in vectors]
        if new_texts or self._broken:
            for text, vector in zip(new_texts, await self._embed(kind, new_texts), strict=True):
                vectors[text] = self._vectors[self._account_id, kind, text] = np.asarray(vector, np.float32)
        return [vectors[text] for text in texts]

    async def _embed(self, kind: str, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        try:
            if self._broken:
                raise DependencyUnavailable(Component.RAG, "The embedding server failed (simulated failure).")
            if kind == "passage":
                return await self._embedder.passages(texts)
            return [await self._embedder.query(text) for text in texts]
        except DependencyUnavailable as error:
            self._problems[error.component] = error.message
            raise


class _EmptyKnowledge:
    """Knowledge without passages."""

    async def search(self, question: str, limit: int) -> Sequence[ScoredPassage]:
        return ()


class _FailingDialogueModel:
    """A language model that does not answer."""

    async def classify(self, request: ClassifyRequest) -> Classification:
        raise _made_to_fail()

    async def extract(self, request: ExtractRequest) -> dict[str, Any]:
        raise _made_to_fail()

    async def answer(self, request: AnswerRequest) -> AsyncGenerator[str, None]:
        raise _made_to_fail()
        yield ""


def _made_to_fail() -> DependencyUnavailable:
    return DependencyUnavailable(Component.LLM, "The language model failed (simulated failure).")
