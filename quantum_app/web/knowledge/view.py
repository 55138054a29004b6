"""Rows and words of the knowledge pages."""

from dataclasses import dataclass

from quantum_app.domain.flows.engine.runner import THRESHOLD
from quantum_app.domain.knowledge.schemas import (
    UNFINISHED,
    Base,
    Document,
    DocumentKind,
    Match,
    StoredChunk,
    Version,
    VersionStatus,
)
from quantum_app.kit import ids

PATH = "/knowledge"
KINDS = {
    DocumentKind.FILE: "File",
    DocumentKind.PAGE: "Web page",
    DocumentKind.NOTE: "Note",
    DocumentKind.QA: "Questions and answers",
}
STATUSES = {
    VersionStatus.QUEUED: "Waiting",
    VersionStatus.EXTRACTING: "Reading",
    VersionStatus.INDEXING: "Indexing",
    VersionStatus.READY: "Ready",
    VersionStatus.FAILED: "Failed",
    VersionStatus.CANCELED: "Canceled",
    VersionStatus.REPLACED: "Replaced",
}
_TONES = {
    VersionStatus.QUEUED: "iris",
    VersionStatus.EXTRACTING: "iris",
    VersionStatus.INDEXING: "iris",
    VersionStatus.READY: "green",
    VersionStatus.FAILED: "red",
}
# What the list of documents can be narrowed to, as the URL has it.
FILTERS = {
    "processing": ("Processing", UNFINISHED),
    "ready": ("Ready", (VersionStatus.READY,)),
    "failed": ("Failed", (VersionStatus.FAILED,)),
    "canceled": ("Canceled", (VersionStatus.CANCELED,)),
}


@dataclass
class BaseRow:
    """A knowledge base. created: ISO 8601."""

    id: str = ""
    name: str = ""
    href: str = ""
    documents: str = ""
    created: str = ""


@dataclass
class DocumentRow:
    """A document.

    note: Size and number of passages. problem: Why it failed, or waits.
    working: Whether it is being processed. stale: Whether an earlier version is searched meanwhile.
    created: ISO 8601. download: URL of the original.
    """

    id: str = ""
    name: str = ""
    href: str = ""
    icon: str = ""
    kind: str = ""
    note: str = ""
    status: str = ""
    tone: str = ""
    progress: int = 0
    problem: str = ""
    working: bool = False
    stale: bool = False
    can_retry: bool = False
    is_file: bool = False
    enabled: bool = True
    created: str = ""
    download: str = ""


@dataclass
class VersionRow:
    """A version of a document. created: ISO 8601."""

    status: str = ""
    tone: str = ""
    created: str = ""
    size: str = ""
    problem: str = ""


@dataclass
class PassageRow:
    """A passage of a document. place: Its page and headings."""

    ordinal: int = 0
    number: str = ""
    place: str = ""
    text: str = ""
    enabled: bool = True


@dataclass
class MatchRow:
    """A passage that a question has source.

    score: In percent. width: Of its bar. place: Page and headings. why: What matched.
    """

    document: str = ""
    href: str = ""
    place: str = ""
    text: str = ""
    score: str = ""
    width: str = ""
    good: bool = False
    why: str = ""


def base(item: Base) -> BaseRow:
    base_id = ids.encode("kb", item.id)
    return BaseRow(
        base_id, item.name, f"{PATH}/{base_id}", count(item.documents, "document"), item.created_at.isoformat()
    )


def document(item: Document) -> DocumentRow:
    document_id, version = ids.encode("doc", item.id), item.version
    working = version.status in UNFINISHED
    size = [file_size(version.size)] if item.kind is DocumentKind.FILE else []
    passages = [count(item.chunks, "passage")] if item.searchable else []
    return DocumentRow(
        id=document_id,
        name=item.name,
        href=f"{PATH}/{ids.encode('kb', item.base_id)}/{document_id}",
        icon=item.kind.value,
        kind=KINDS[item.kind],
        note=" · ".join([KINDS[item.kind], *size, *passages]),
        status=STATUSES[version.status],
        tone=_TONES.get(version.status, ""),
        progress=version.progress,
        problem=version.error or "",
        working=working,
        stale=item.searchable and version.status is not VersionStatus.READY,
        can_retry=version.status in (VersionStatus.FAILED, VersionStatus.CANCELED),
        is_file=item.kind is DocumentKind.FILE,
        enabled=item.enabled,
        created=item.created_at.isoformat(),
        download=f"/api/knowledge/documents/{document_id}/content",
    )


def version(item: Version) -> VersionRow:
    return VersionRow(
        STATUSES[item.status],
        _TONES.get(item.status, ""),
        item.created_at.isoformat(),
        file_size(item.size),
        item.error or "",
    )


def passage(item: StoredChunk) -> PassageRow:
    return PassageRow(
        item.ordinal, str(item.ordinal + 1), _place(item.page, item.heading), item.text.strip(), item.enabled
    )


def match(item: Match, base_id: str) -> MatchRow:
    source = item.passage
    percent = f"{round(item.score * 100)}%"
    return MatchRow(
        document=source.document,
        href=f"{PATH}/{base_id}/{ids.encode('doc', source.document_id)}",
        place=_place(source.page, source.heading),
        text=source.text.strip(),
        score=percent,
        width=percent,
        good=item.score >= THRESHOLD,
        why=_why(item),
    )


def _why(item: Match) -> str:
    if item.similarity is not None and item.words is not None:
        return "Meaning and words match"
    return "Meaning matches" if item.similarity is not None else "Words match"


def _place(page: int | None, heading: str) -> str:
    return " · ".join([*([f"Page {page}"] if page else []), *([heading] if heading else [])])


def verdict(matches: list[Match]) -> str:
    """Whether the best passage is enough to answer from."""
    percent = round(THRESHOLD * 100)
    if not matches:
        return "No passage fits. An assistant would say that it doesn't know."
    best = round(matches[0].score * 100)
    if matches[0].score >= THRESHOLD:
        return f"An assistant would answer: the best passage scores {best}%, and {percent}% is enough."
    return f"An assistant would say that it doesn't know: the best passage scores {best}%, and {percent}% is needed."


def file_size(size: int) -> str:
    if size < 1_000:
        return f"{size} bytes"
    return f"{round(size / 1_000)} kB" if size < 999_500 else f"{size / 1_000_000:.1f} MB"


def count(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number:,} {noun}s"
