"""Interfaces that providers implement for calls."""

from typing import Any, Protocol
from uuid import UUID


class LiveBus(Protocol):
    """Live updates for open pages, and the stage of a running call. Best effort: the data itself is in Postgres."""

    async def publish(self, account_id: UUID, message: dict[str, Any]) -> None: ...

    async def set_stage(self, account_id: UUID, call_id: UUID, stage: str) -> None: ...

    async def count_interruption(self, call_id: UUID) -> int: ...
