"""What calls need from outside."""

from typing import Any, Protocol
from uuid import UUID


class LiveBus(Protocol):
    """Live events out, and the stage of a running call. Losing one loses no data: Postgres has it."""

    async def publish(self, account_id: UUID, message: dict[str, Any]) -> None: ...

    async def set_stage(self, account_id: UUID, call_id: UUID, stage: str) -> None: ...

    async def count_interruption(self, call_id: UUID) -> int: ...
