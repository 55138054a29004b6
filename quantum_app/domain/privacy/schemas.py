"""What crosses the boundary of privacy."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Export:
    """Data to take along. contact: of one caller; none for all of the account. status: waiting, ready, failed."""

    id: UUID
    requested_by: UUID
    contact: str | None
    status: str
    size: int | None
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Upkeep:
    """What an account wants the night to do."""

    account_id: UUID
    retention_days: int | None
    purgeable: bool
