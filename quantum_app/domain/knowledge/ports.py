"""What knowledge needs from outside."""

from collections.abc import Sequence
from typing import Protocol


class Embedder(Protocol):
    """Texts to vectors of one length, normalized or not. All raise DependencyUnavailable(RAG) when it is away."""

    async def query(self, text: str) -> Sequence[float]: ...

    async def passages(self, texts: Sequence[str]) -> list[Sequence[float]]: ...

    async def similarity_range(self) -> tuple[float, float] | None:
        """Cosines of unrelated texts, and of a question with its answer. None: not known for this model."""
        ...
