"""Queries of knowledge."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, insert, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from quantum_app.db import quota
from quantum_app.db.models import KnowledgeBase, KnowledgeChunk, KnowledgeDocument, KnowledgeVersion
from quantum_app.domain.knowledge.chunking import Chunk
from quantum_app.domain.knowledge.schemas import (
    Base,
    Document,
    DocumentKind,
    Passage,
    StoredChunk,
    Upload,
    Vector,
    Version,
    VersionStatus,
)
from quantum_app.kit.clock import now
from quantum_app.kit.ids import first_id

HEADING_SEPARATOR = " > "
# How the index of vectors is walked: far enough for a recall of 0.98 where an account has a tenth of all chunks.
_WALK = {
    "hnsw.ef_search": "200",
    "hnsw.iterative_scan": "relaxed_order",
    "hnsw.max_scan_tuples": "100000",
    "enable_sort": "off",
}


async def add_base(session: AsyncSession, account_id: UUID, base_id: UUID, name: str) -> None:
    session.add(KnowledgeBase(account_id=account_id, id=base_id, name=name))
    await session.flush()


async def count_bases(session: AsyncSession, account_id: UUID) -> int:
    """Keeps other transactions from adding one."""
    query = select(func.count()).select_from(KnowledgeBase)
    return (await quota.under_lock(session, account_id, "knowledge_bases", query))[0][0]


async def list_bases(session: AsyncSession, base_id: UUID | None = None) -> list[Base]:
    """Sorted by name."""
    documents = (
        select(func.count())
        .where(KnowledgeDocument.base_id == KnowledgeBase.id)
        .correlate(KnowledgeBase)
        .scalar_subquery()
    )
    query = select(KnowledgeBase.id, KnowledgeBase.name, documents, KnowledgeBase.created_at)
    if base_id is not None:
        query = query.where(KnowledgeBase.id == base_id)
    return [Base(*row) for row in await session.execute(query.order_by(KnowledgeBase.name, KnowledgeBase.id))]


async def rename_base(session: AsyncSession, base_id: UUID, name: str) -> None:
    await session.execute(update(KnowledgeBase).where(KnowledgeBase.id == base_id).values(name=name))


async def delete_base(session: AsyncSession, base_id: UUID) -> list[UUID]:
    """Delete a base with its documents, and return the IDs of their versions."""
    documents = select(KnowledgeDocument.id).where(KnowledgeDocument.base_id == base_id)
    version_ids = await _version_ids(session, documents)
    await session.execute(delete(KnowledgeBase).where(KnowledgeBase.id == base_id))
    return version_ids


async def usage(session: AsyncSession, account_id: UUID, at: datetime) -> tuple[int, int, int]:
    """Documents, bytes of all versions, and versions stored within the day before. Keeps others from adding any."""
    a_day = func.count().filter(KnowledgeVersion.id >= first_id(at))
    query = select(
        select(func.count()).select_from(KnowledgeDocument).scalar_subquery(),
        func.coalesce(func.sum(KnowledgeVersion.size), 0),
        a_day,
    )
    row = (await quota.under_lock(session, account_id, "knowledge_documents", query))[0]
    return int(row[0]), int(row[1]), int(row[2])


async def add_document(
    session: AsyncSession, account_id: UUID, document_id: UUID, base_id: UUID, upload: Upload
) -> None:
    session.add(
        KnowledgeDocument(
            account_id=account_id,
            id=document_id,
            base_id=base_id,
            kind=upload.kind.value,
            name=upload.name,
            url=upload.url,
        )
    )
    await session.flush()


async def add_version(
    session: AsyncSession,
    account_id: UUID,
    version_id: UUID,
    document_id: UUID,
    *,
    media_type: str,
    sha256: str,
    size: int,
    created_by: UUID | None,
) -> None:
    session.add(
        KnowledgeVersion(
            account_id=account_id,
            id=version_id,
            document_id=document_id,
            media_type=media_type,
            sha256=sha256,
            size=size,
            created_by=created_by,
        )
    )
    await session.flush()


async def document_with_content(session: AsyncSession, base_id: UUID, sha256: str) -> Document | None:
    """A document of the base whose newest version has this content."""
    same = await _documents(session, KnowledgeDocument.base_id == base_id, KnowledgeVersion.sha256 == sha256, limit=1)
    return same[0] if same else None


async def list_documents(
    session: AsyncSession,
    base_id: UUID,
    *,
    name: str = "",
    status: Collection[VersionStatus] = (),
    after: UUID | None = None,
    limit: int,
) -> list[Document]:
    """The newest first."""
    conditions: list[ColumnElement[bool]] = [KnowledgeDocument.base_id == base_id]
    if name:
        conditions.append(KnowledgeDocument.name.icontains(name, autoescape=True))
    if status:
        conditions.append(KnowledgeVersion.status.in_([one.value for one in status]))
    if after is not None:
        conditions.append(KnowledgeDocument.id < after)
    return await _documents(session, *conditions, limit=limit)


async def get_document(session: AsyncSession, document_id: UUID) -> Document | None:
    return next(iter(await _documents(session, KnowledgeDocument.id == document_id, limit=1)), None)


async def _documents(session: AsyncSession, *conditions: ColumnElement[bool], limit: int) -> list[Document]:
    newest = (
        select(KnowledgeVersion.id)
        .where(KnowledgeVersion.document_id == KnowledgeDocument.id)
        .order_by(KnowledgeVersion.id.desc())
        .limit(1)
        .correlate(KnowledgeDocument)
        .scalar_subquery()
    )
    ready = aliased(KnowledgeVersion)
    query = (
        select(KnowledgeDocument, KnowledgeVersion, func.coalesce(ready.chunks, 0))
        .join(KnowledgeVersion, KnowledgeVersion.id == newest)
        .outerjoin(ready, ready.id == KnowledgeDocument.ready_version_id)
        .where(*conditions)
        .order_by(KnowledgeDocument.id.desc())
        .limit(limit)
    )
    return [
        Document(
            row.id,
            row.base_id,
            DocumentKind(row.kind),
            row.name,
            row.url,
            row.enabled,
            row.ready_version_id is not None,
            chunks,
            _version(version),
            row.created_at,
        )
        for row, version, chunks in await session.execute(query)
    ]


async def ready_version(session: AsyncSession, document_id: UUID) -> UUID | None:
    """The version of a document that is searched."""
    query = select(KnowledgeDocument.ready_version_id).where(KnowledgeDocument.id == document_id)
    return await session.scalar(query)


async def list_versions(session: AsyncSession, document_id: UUID) -> list[Version]:
    """The newest first."""
    query = select(KnowledgeVersion).where(KnowledgeVersion.document_id == document_id)
    return [_version(row) for row in await session.scalars(query.order_by(KnowledgeVersion.id.desc()))]


async def all_versions(session: AsyncSession) -> set[UUID]:
    """The IDs of all versions of all documents."""
    return set(await session.scalars(select(KnowledgeVersion.id)))


async def lock_version(session: AsyncSession, version_id: UUID) -> Version | None:
    """One version, which no other transaction changes until this one ends."""
    query = select(KnowledgeVersion).where(KnowledgeVersion.id == version_id).with_for_update()
    row = (await session.scalars(query)).one_or_none()
    return _version(row) if row else None


def _version(row: KnowledgeVersion) -> Version:
    return Version(
        row.id,
        row.document_id,
        row.media_type,
        row.sha256,
        row.size,
        VersionStatus(row.status),
        row.progress,
        row.attempts,
        row.deadline,
        row.error_code,
        row.error,
        row.created_by,
        row.created_at,
        row.finished_at,
    )


async def set_version(session: AsyncSession, version_id: UUID, status: VersionStatus, **values: Any) -> None:
    """Change the status, and other columns. Without an error code, the last error is cleared."""
    values = {"error_code": None, "error": None} | values
    query = update(KnowledgeVersion).where(KnowledgeVersion.id == version_id)
    await session.execute(query.values(status=status.value, **values))


async def change_document(session: AsyncSession, document_id: UUID, **values: Any) -> bool:
    """Returns False if there is no such document."""
    query = update(KnowledgeDocument).where(KnowledgeDocument.id == document_id).values(**values)
    return await session.scalar(query.returning(KnowledgeDocument.id)) is not None


async def delete_document(session: AsyncSession, document_id: UUID) -> list[UUID]:
    """Delete a document with its chunks, and return the IDs of its versions."""
    version_ids = await _version_ids(session, select(KnowledgeDocument.id).where(KnowledgeDocument.id == document_id))
    await session.execute(delete(KnowledgeDocument).where(KnowledgeDocument.id == document_id))
    return version_ids


async def _version_ids(session: AsyncSession, documents: Any) -> list[UUID]:
    query = select(KnowledgeVersion.id).where(KnowledgeVersion.document_id.in_(documents))
    return list(await session.scalars(query))


async def vectors_of(session: AsyncSession, sha256: Collection[str], model: str) -> dict[str, Vector]:
    """Vectors that this model gave for the same texts before, in any document of the account."""
    query = (
        select(KnowledgeChunk.sha256, KnowledgeChunk.embedding)
        .join(KnowledgeVersion, KnowledgeVersion.id == KnowledgeChunk.version_id)
        .where(KnowledgeChunk.sha256.in_(sha256), KnowledgeVersion.embedding_model == model)
        .ext(distinct_on(KnowledgeChunk.sha256))
    )
    return {row.sha256: row.embedding.to_list() for row in await session.execute(query)}


async def add_chunks(
    session: AsyncSession, account_id: UUID, version_id: UUID, chunks: Sequence[Chunk], vectors: Sequence[Vector]
) -> None:
    """Add chunks to a version."""
    rows = [
        {
            "account_id": account_id,
            "version_id": version_id,
            "ordinal": chunk.ordinal,
            "text": chunk.text,
            "heading": HEADING_SEPARATOR.join(chunk.path),
            "page": chunk.page,
            "start_offset": chunk.start,
            "end_offset": chunk.end,
            "sha256": chunk.sha256,
            "embedding": vector,
        }
        for chunk, vector in zip(chunks, vectors, strict=True)
    ]
    await session.execute(insert(KnowledgeChunk), rows)


async def publish(session: AsyncSession, document_id: UUID, version_id: UUID, chunks: int, model: str) -> None:
    """Search this version from now on, and no earlier one."""
    await set_version(
        session,
        version_id,
        VersionStatus.READY,
        progress=100,
        chunks=chunks,
        embedding_model=model,
        deadline=None,
        finished_at=now(),
    )
    await change_document(session, document_id, ready_version_id=version_id)
    earlier = select(KnowledgeVersion.id).where(
        KnowledgeVersion.document_id == document_id, KnowledgeVersion.id != version_id
    )
    replaced = update(KnowledgeVersion).where(
        KnowledgeVersion.id.in_(earlier), KnowledgeVersion.status == VersionStatus.READY.value
    )
    await session.execute(replaced.values(status=VersionStatus.REPLACED.value))
    await session.execute(delete(KnowledgeChunk).where(KnowledgeChunk.version_id.in_(earlier)))


async def remove_chunks(session: AsyncSession, version_id: UUID) -> None:
    await session.execute(delete(KnowledgeChunk).where(KnowledgeChunk.version_id == version_id))


async def list_chunks(session: AsyncSession, version_id: UUID, *, first: int, limit: int) -> list[StoredChunk]:
    """Chunks of a version in its order, from the ordinal `first`."""
    query = (
        select(KnowledgeChunk)
        .where(KnowledgeChunk.version_id == version_id, KnowledgeChunk.ordinal >= first)
        .order_by(KnowledgeChunk.ordinal)
        .limit(limit)
    )
    return [
        StoredChunk(row.version_id, row.ordinal, row.text, row.heading, row.page, row.enabled)
        for row in await session.scalars(query)
    ]


async def set_chunk_enabled(session: AsyncSession, version_id: UUID, ordinal: int, enabled: bool) -> bool:
    """Returns False if there is no such chunk."""
    query = update(KnowledgeChunk).where(KnowledgeChunk.version_id == version_id, KnowledgeChunk.ordinal == ordinal)
    return await session.scalar(query.values(enabled=enabled).returning(KnowledgeChunk.ordinal)) is not None


async def nearest(
    session: AsyncSession, base_ids: Collection[UUID], vector: Vector, *, exact: bool, limit: int
) -> list[tuple[UUID, int, float]]:
    """Chunks with the most similar vectors: version, ordinal, and cosine, best first.

    exact: Compare with all chunks of the bases. Otherwise the index is walked until enough chunks of the account are
        found (pgvector's iterative scan): much faster from about `EXACT_BELOW` chunks on, slower below.
    """
    distance = KnowledgeChunk.embedding.cosine_distance(vector)  # pyright: ignore[reportAttributeAccessIssue]
    if not exact:
        for name, value in _WALK.items():
            await session.execute(select(func.set_config(name, value, True)))
    query = (
        select(KnowledgeChunk.version_id, KnowledgeChunk.ordinal, (1 - distance).label("cosine"))
        .join(KnowledgeDocument, KnowledgeDocument.ready_version_id == KnowledgeChunk.version_id)
        .where(KnowledgeChunk.enabled, KnowledgeDocument.enabled, KnowledgeDocument.base_id.in_(base_ids))
        # An expression keeps the planner from the index.
        .order_by(distance + 0 if exact else distance)
        .limit(limit)
    )
    rows = [(row.version_id, row.ordinal, float(row.cosine)) for row in await session.execute(query)]
    if not exact:
        for name in _WALK:
            await session.execute(text(f"set local {name} to default"))
    return sorted(rows, key=lambda row: (-row[2], row[0], row[1]))


async def by_words(
    session: AsyncSession, base_ids: Collection[UUID], query: str, limit: int
) -> list[tuple[UUID, int, float]]:
    """Chunks that match a query of `to_tsquery`: version, ordinal, and rank, best first."""
    function = "api.knowledge_by_words(:bases, to_tsquery('english', :query), :most)"
    rows = await session.execute(
        text(f"select version_id, ordinal, rank from {function}"),  # noqa: S608
        {"bases": list(base_ids), "query": query, "most": limit},
    )
    return [(row.version_id, row.ordinal, float(row.rank)) for row in rows]


async def word_counts(session: AsyncSession, base_ids: Collection[UUID], words: Collection[str]) -> dict[str, int]:
    """In how many chunks each word is, as far as a search by words looks (4,000)."""
    count = "(select count(*) from api.knowledge_by_words(:bases, to_tsquery('english', word), 1000000))"
    rows = await session.execute(
        text(f"select word, {count} as chunks from unnest(cast(:words as text[])) word"),  # noqa: S608
        {"bases": list(base_ids), "words": list(words)},
    )
    return {row.word: int(row.chunks) for row in rows}


async def passages(session: AsyncSession, keys: Collection[tuple[UUID, int]]) -> dict[tuple[UUID, int], Passage]:
    """Chunks that are searched, by version and ordinal."""
    query = (
        select(KnowledgeChunk, KnowledgeDocument.id, KnowledgeDocument.name, KnowledgeDocument.kind)
        .join(KnowledgeDocument, KnowledgeDocument.ready_version_id == KnowledgeChunk.version_id)
        .where(tuple_(KnowledgeChunk.version_id, KnowledgeChunk.ordinal).in_(list(keys)))
    )
    return {
        (chunk.version_id, chunk.ordinal): Passage(
            document_id,
            chunk.version_id,
            chunk.ordinal,
            name,
            DocumentKind(kind),
            chunk.text,
            chunk.heading,
            chunk.page,
            chunk.sha256,
        )
        for chunk, document_id, name, kind in await session.execute(query)
    }


async def size_of_account(session: AsyncSession) -> int:
    """Chunks of all versions that are ready."""
    ready = KnowledgeVersion.status == VersionStatus.READY.value
    return int(await session.scalar(select(func.coalesce(func.sum(KnowledgeVersion.chunks), 0)).where(ready)) or 0)
