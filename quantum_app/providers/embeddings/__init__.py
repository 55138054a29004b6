"""Embeddings from any OpenAI-compatible server, by the official SDK."""

from collections.abc import Sequence

import numpy as np
import openai
from cachetools import LRUCache

from quantum_app.errors import Component, DependencyUnavailable
from quantum_app.providers.nlu import intent_model
from quantum_app.settings import Embeddings as EmbeddingSettings

# Of multilingual-e5-small, which squeezes cosines: unrelated texts lie near 0.76, an answer to the question near 0.90.
E5_SIMILARITY_RANGE = (0.775, 0.895)
# Questions whose vectors are kept: in one turn several ask about the same words.
_CACHE_SIZE = 256
_TIMEOUT = 5.0  # seconds; a search that needs it sooner gives up by itself


class Embeddings:
    """Implements `domain.knowledge.ports.Embedder`.

    e5 models want to know what they embed; `input_type` tells servers that understand it.

    timeout: Seconds that a request may take.
    """

    def __init__(self, settings: EmbeddingSettings, timeout: float = _TIMEOUT) -> None:
        self._model = settings.model
        self._questions: LRUCache[str, Sequence[float]] = LRUCache(_CACHE_SIZE)
        self._client = openai.AsyncOpenAI(
            base_url=f"{settings.base_url}/v1",
            api_key=settings.api_key.get_secret_value() or "none",
            max_retries=0,
            timeout=timeout,
        )

    @property
    def model(self) -> str:
        """Name of the model. Vectors of different models can't be compared."""
        return self._model

    async def query(self, text: str) -> Sequence[float]:
        """The vector of a question. Raises DependencyUnavailable(RAG)."""
        vector = self._questions.get(text)
        if vector is None:
            vector = self._questions[text] = (await self._embed([text], "query"))[0]
        return vector

    async def passages(self, texts: Sequence[str]) -> list[Sequence[float]]:
        """The vectors of pieces of knowledge. Raises DependencyUnavailable(RAG)."""
        return await self._embed(list(texts), "passage")

    async def similarity_range(self) -> tuple[float, float] | None:
        """That of e5, where the embedding of the probe text says that the server's model is e5."""
        model = intent_model.model()
        probe = np.asarray(await self.query(model.probe), np.float32)
        return E5_SIMILARITY_RANGE if model.fits(probe) else None

    async def aclose(self) -> None:
        """Close its connections."""
        await self._client.close()

    async def _embed(self, texts: list[str], kind: str) -> list[Sequence[float]]:
        try:
            answer = await self._client.embeddings.create(
                model=self._model, input=texts, encoding_format="float", extra_body={"input_type": kind}
            )
        except openai.OpenAIError as error:
            raise DependencyUnavailable(
                Component.RAG, f"The embedding server doesn't respond: {type(error).__name__}."
            ) from error
        return [item.embedding for item in sorted(answer.data, key=lambda item: item.index)]
