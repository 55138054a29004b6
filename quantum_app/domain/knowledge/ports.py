"""What knowledge needs from outside."""

from collections.abc import Sequence
from typing import Protocol


class Embedder(Protocol):
    """Texts → vectors of one length, normalised or not. Both raise SegmentDown(RAG) when the server is away."""

    async def query(self, text: str) -> Sequence[float]: ...

    async def passages(self, texts: Sequence[str]) -> list[Sequence[float]]: ...
