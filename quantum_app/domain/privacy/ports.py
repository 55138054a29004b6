"""What privacy needs from outside the database."""

from collections.abc import Collection
from pathlib import Path
from typing import Protocol
from uuid import UUID


class Files(Protocol):
    """The data folder of this machine."""

    def export_path(self, account_id: UUID, export_id: UUID) -> Path:
        """Where an export is; its folder is there, for us alone."""
        ...

    def keep_exports(self, account_id: UUID, export_ids: Collection[UUID]) -> None:
        """Remove all other exports of the account."""
        ...

    def remove_call(self, call_id: UUID) -> None:
        """What a worker on this machine still keeps of a call."""
        ...


class Memory(Protocol):
    """What Redis remembers."""

    async def forget(self, *texts: str) -> None:
        """Every key in whose name or value one of these texts stands."""
        ...
