"""Types of knowledge."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class DocumentKind(StrEnum):
    """Where a document comes from."""

    FILE = "file"
    PAGE = "page"
    NOTE = "note"
    QA = "qa"


class VersionStatus(StrEnum):
    """How far a version is. Only the version that is ready is searched."""

    QUEUED = "queued"
    EXTRACTING = "extracting"
    INDEXING = "indexing"
    READY = "ready"
    FAILED = "failed"
    CANCELED = "canceled"
    REPLACED = "replaced"
    """A newer version of the document was ready."""


CHANGE_EVENT = "knowledge.changed"
"""The type of the live event that tells pages to read documents again."""

UNFINISHED = (VersionStatus.QUEUED, VersionStatus.EXTRACTING, VersionStatus.INDEXING)


@dataclass(frozen=True, slots=True)
class Base:
    """A knowledge base."""

    id: UUID
    name: str
    documents: int
    """Number of documents."""
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Version:
    """The content of a document at one time."""

    id: UUID
    document_id: UUID
    media_type: str
    sha256: str
    size: int
    """In bytes."""
    status: VersionStatus
    progress: int
    """In percent."""
    attempts: int
    deadline: datetime | None
    """When the current attempt counts as lost."""
    error_code: str | None
    error: str | None
    """Why the last attempt failed, for a person."""
    created_by: UUID | None
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Document:
    """A document with its newest version."""

    id: UUID
    base_id: UUID
    kind: DocumentKind
    name: str
    url: str | None
    enabled: bool
    searchable: bool
    """Whether a version of it is ready. It stays searchable while a newer one is on its way, or failed."""
    chunks: int
    """Chunks of the version that is searched."""
    version: Version
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """A page of documents."""

    documents: tuple[Document, ...]
    next: UUID | None
    """Cursor of the next page, or None."""


@dataclass(frozen=True, slots=True)
class Upload:
    """Content for a new document or version."""

    name: str
    media_type: str
    content: bytes
    kind: DocumentKind = DocumentKind.FILE
    url: str | None = None


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A chunk of a version that is or was searched."""

    version_id: UUID
    ordinal: int
    text: str
    heading: str
    page: int | None
    enabled: bool


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk with what an answer cites."""

    document_id: UUID
    version_id: UUID
    ordinal: int
    document: str
    """Name of the document."""
    kind: DocumentKind
    text: str
    heading: str
    page: int | None
    sha256: str


@dataclass(frozen=True, slots=True)
class Match:
    """A passage that a search has retrieved, and why."""

    passage: Passage
    score: float
    """0..1. Above the threshold, an answer may be made from it."""
    similarity: float | None
    """Cosine of question and passage, -1..1. None if only the words matched."""
    words: float | None
    """How well the words match, from 0. Not comparable across questions. None if only the meaning matched."""


Vector = Sequence[float]
