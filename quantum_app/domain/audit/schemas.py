"""What crosses the boundary of the audit log."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. user_id: none for something that happens by itself."""

    user_id: UUID | None
    name: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing done, as the page shows it."""

    id: UUID
    at: datetime
    actor: str
    action: str
    entity: str
    entity_id: str
    previous: dict[str, Any] | None
    new: dict[str, Any] | None
    request_id: str | None
    address: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """Newest first. after: what to ask the next page with, none at the end."""

    entries: tuple[Entry, ...]
    after: UUID | None
