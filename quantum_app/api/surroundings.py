"""What is around a flow when it is tried: who understands, words and knows, and faults that were wished for."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from pydantic import SecretStr

from quantum_app.domain.flows.engine import transitions
from quantum_app.domain.flows.engine.runner import Searcher
from quantum_app.domain.flows.model.definition import FlowDefinition
from quantum_app.domain.flows.ports import AnswerRequest, Brain, Classification, ClassifyRequest, ExtractRequest, Found
from quantum_app.domain.knowledge import service as knowledge
from quantum_app.domain.knowledge.ports import Embedder
from quantum_app.errors import Component, DependencyUnavailable
from quantum_app.providers.brain import brains
from quantum_app.providers.brain.budget import Budget
from quantum_app.providers.brain.rules import RulesBrain
from quantum_app.providers.embeddings import Embeddings
from quantum_app.settings import Embeddings as EmbeddingSettings
from quantum_app.settings import ModelLimits, OpenAI

# Vectors of texts that were embedded before, a kilobyte and a half each.
_REMEMBERED = 5000
_PREPARING = 8.0  # seconds

Fault = Literal["embeddings", "llm", "knowledge"]


@dataclass(frozen=True, slots=True)
class Servers:
    """Whom to ask, for whom, and how much. redis_url: where the model's use is counted."""

    account_id: UUID
    embeddings: EmbeddingSettings
    model: OpenAI
    limits: ModelLimits
    redis_url: SecretStr


@dataclass(slots=True)
class Surroundings:
    """problems: what did not work, in words, by component."""

    brains: tuple[Brain, ...]
    knowledge: dict[str, Searcher]
    problems: dict[Component, str] = field(default_factory=dict[Component, str])


@asynccontextmanager
async def surroundings(
    servers: Servers, definition: FlowDefinition, fault: Fault | None, brain: str
) -> AsyncIterator[Surroundings]:
    """Who understands, words and knows on a call of this flow, with a fault in it where one is wanted."""
    around = Surroundings((), {})
    embeddings = Embeddings(servers.embeddings)
    embedder = _Remembering(servers.account_id, embeddings, around.problems, broken=fault == "embeddings")
    if brain == "llm":
        budget = Budget(servers.limits, servers.account_id, servers.redis_url.get_secret_value())
        around.brains = brains(servers.model, embedder, servers.limits, budget)
    else:
        around.brains = (RulesBrain(embedder),)
    if fault == "llm":
        around.brains = (_Broken(), around.brains[-1])
    known = knowledge.of_flow(definition, embedder)
    around.knowledge = dict(known)
    if fault == "knowledge":
        around.knowledge = dict.fromkeys(known, _Empty())
        around.problems[Component.RAG] = "The knowledge was taken away, as you asked."
    try:
        async with asyncio.timeout(_PREPARING):
            options = transitions.described(definition)
            intents = [one.prepare(options) for one in around.brains if isinstance(one, RulesBrain)]
            await asyncio.gather(*(item.prepare() for item in set(known.values())), *intents)
    except TimeoutError:
        around.problems[Component.RAG] = "The knowledge is too large to be searched by meaning here; words have to do."
    try:
        yield around
    finally:
        await embeddings.aclose()
        for one in around.brains:
            if close := getattr(one, "aclose", None):
                await close()


class _Remembering:
    """An embedder that embeds a text once. An account never learns from its speed what another one has."""

    _vectors: ClassVar[OrderedDict[tuple[UUID, str, str], NDArray[np.float32]]] = OrderedDict()

    def __init__(self, account_id: UUID, embedder: Embedder, problems: dict[Component, str], *, broken: bool) -> None:
        self._account_id = account_id
        self._embedder = embedder
        self._problems = problems
        self._broken = broken

    async def query(self, text: str) -> Sequence[float]:
        return (await self._of("query", [text]))[0]

    async def passages(self, texts: Sequence[str]) -> list[Sequence[float]]:
        return await self._of("passage", texts)

    async def _of(self, kind: str, texts: Sequence[str]) -> list[Any]:
        keys = [(self._account_id, kind, text) for text in texts]
        missing = list(dict.fromkeys(text for key, text in zip(keys, texts, strict=True) if key not in self._vectors))
        found = dict(zip(missing, await self._embedded(kind, missing) if missing or self._broken else [], strict=True))
        vectors: list[Any] = []
        for key, text in zip(keys, texts, strict=True):
            vector = self._vectors.get(key)
            if vector is None:
                vector = np.asarray(found[text], dtype=np.float32)
            self._vectors[key] = vector
            self._vectors.move_to_end(key)
            vectors.append(vector)
        while len(self._vectors) > _REMEMBERED:
            self._vectors.popitem(last=False)
        return vectors

    async def _embedded(self, kind: str, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        try:
            if self._broken:
                raise DependencyUnavailable(Component.RAG, "The embedding server was made to fail, as you asked.")
            if kind == "passage":
                return await self._embedder.passages(texts)
            return [await self._embedder.query(text) for text in texts]
        except DependencyUnavailable as error:
            self._problems[error.component] = error.message
            raise


class _Empty:
    """Knowledge that is not there."""

    async def search(self, question: str, limit: int) -> Sequence[Found]:
        return ()


class _Broken:
    """A model that does not answer."""

    async def classify(self, request: ClassifyRequest) -> Classification:
        raise _made_to_fail()

    async def extract(self, request: ExtractRequest) -> dict[str, Any]:
        raise _made_to_fail()

    async def answer(self, request: AnswerRequest) -> AsyncGenerator[str, None]:
        raise _made_to_fail()
        yield ""


def _made_to_fail() -> DependencyUnavailable:
    return DependencyUnavailable(Component.LLM, "The language model was made to fail, as you asked.")
