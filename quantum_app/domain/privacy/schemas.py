"""Types of privacy."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Export:
    """A data export."""

    id: UUID
    requested_by: UUID
    contact: str | None
    """The caller it is about, or None for the whole account."""
    status: str
    """`waiting`, `ready` or `failed`."""
    size: int | None
    """In bytes, once it's ready."""
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Upkeep:
    """What the nightly upkeep has to do for an account."""

    account_id: UUID
    retention_days: int | None
    purgeable: bool
