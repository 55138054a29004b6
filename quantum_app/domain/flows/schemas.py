"""What crosses the boundary of a campaign's flow: its draft, earlier ones, its versions, its cases."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from quantum_app.domain.flows import drafts
from quantum_app.domain.flows.model.definition import FlowDefinition


@dataclass(frozen=True, slots=True)
class StoredDraft:
    """A draft as it is kept. client, base: the tab that changed it last, and the revision it did that on."""

    definition: dict[str, Any]
    revision: int
    base: int
    client: str
    updated_by: UUID | None
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Draft:
    """What is being drawn. revision: 0 while nothing was changed since what is published. updated_by: a name.

    stored: the flow as JSON, of any schema version; reading it takes time.
    """

    document: dict[str, Any]
    revision: int
    updated_by: str | None
    updated_at: datetime | None

    @property
    def definition(self) -> FlowDefinition:
        """The flow, read anew each time."""
        return drafts.read(self.document)


@dataclass(frozen=True, slots=True)
class StoredEarlier:
    """A draft that a whole flow took the place of, without the flow. replaced_by: who put it there."""

    id: UUID
    replaced_by: UUID | None
    replaced_at: datetime


@dataclass(frozen=True, slots=True)
class EarlierDraft:
    """A draft that a whole flow took the place of, without the flow. replaced_by: a name."""

    id: UUID
    replaced_by: str | None
    replaced_at: datetime


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """A published flow, without the flow."""

    version: int
    note: str
    author: UUID | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Version:
    """A published flow, without the flow. author: a name; none for what was published without a person."""

    version: int
    note: str
    author: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Flow:
    """Everything that the designer begins with. versions: the newest first. longest_call: seconds, of the campaign."""

    published_version: int | None
    draft: Draft
    versions: tuple[Version, ...]
    longest_call: int | None


@dataclass(frozen=True, slots=True)
class SaveResult:
    """What became of a change. longest_call: seconds, of the campaign."""

    definition: FlowDefinition
    revision: int
    longest_call: int | None


@dataclass(frozen=True, slots=True)
class StoredCase:
    """A conversation that the flow has to lead as expected."""

    id: UUID
    name: str
    body: dict[str, Any]
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class CaseText:
    """A stored case with its body as JSON text."""

    id: UUID
    name: str
    body: str
    created_at: datetime
    updated_at: datetime
