"""Interfaces that providers implement for knowledge."""

from collections.abc import Collection, Sequence
from typing import Protocol
from uuid import UUID


class Embedder(Protocol):
    """Texts to vectors of one length, normalized or not. All raise DependencyUnavailable(RAG) when it is away."""

    async def query(self, text: str) -> Sequence[float]: ...

    async def passages(self, texts: Sequence[str]) -> list[Sequence[float]]: ...

    async def similarity_range(self) -> tuple[float, float] | None:
        """Cosines of unrelated texts, and of a question with its answer. None: not known for this model."""
        ...


class IndexEmbedder(Embedder, Protocol):
    """An embedder whose vectors are stored."""

    @property
    def model(self) -> str:
        """Name of the model. Vectors of different models can't be compared."""
        ...


class Storage(Protocol):
    """Files of accounts. All raise DependencyUnavailable(STORAGE)."""

    async def put(self, account_id: UUID, version_id: UUID, content: bytes) -> None:
        """Store the content of a version."""
        ...

    async def get(self, account_id: UUID, version_id: UUID) -> bytes:
        """Raises NotFound."""
        ...

    async def delete(self, account_id: UUID, version_ids: Collection[UUID]) -> None:
        """Delete contents. Missing ones are fine."""
        ...

    async def list_versions(self, account_id: UUID) -> list[UUID]:
        """The versions whose content is stored."""
        ...
