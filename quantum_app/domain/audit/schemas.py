"""Types of the audit log."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Actor:
    """Who performs an action."""

    user_id: UUID | None
    """None for automatic actions."""
    name: str


@dataclass(frozen=True, slots=True)
class AuditLogEntry:
    """One audited action."""

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
class AuditLogPage:
    """One page of entries, newest first."""

    entries: tuple[AuditLogEntry, ...]
    after: UUID | None
    """Cursor of the next page, or None on the last one."""
