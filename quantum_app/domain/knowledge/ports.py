"""What knowledge needs from outside."""

from collections.abc import Sequence
from typing import Protocol


class Embedder(Protocol):
    """Texts to vectors of one length, normalized or not. Both raise DependencyUnavailable(RAG) when it is away."""

    async def query(self, text: str) -> Sequence[float]: ...

    async def passages(self, texts: Sequence[str]) -> list[Sequence[float]]: ...
