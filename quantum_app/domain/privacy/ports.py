"""Interfaces that providers implement for privacy."""

from collections.abc import Collection
from pathlib import Path
from typing import Protocol
from uuid import UUID


class Files(Protocol):
    """The data folder of this machine."""

    def export_path(self, account_id: UUID, export_id: UUID) -> Path:
        """Path of an export. Creates its folder, readable only by us."""
        ...

    def keep_exports(self, account_id: UUID, export_ids: Collection[UUID]) -> None:
        """Remove all other exports of the account."""
        ...

    def remove_call(self, call_id: UUID) -> None:
        """Remove the files that a worker on this machine has of a call."""
        ...


class Memory(Protocol):
    """The data in Redis."""

    async def forget(self, *texts: str) -> None:
        """Delete every key whose name or value contains one of these texts."""
        ...
