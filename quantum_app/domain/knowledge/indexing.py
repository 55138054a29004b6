"""From the content of a version to chunks that are searched. Runs as a job; each step is a transaction of its own.

Whatever happens on the way, nothing half done is visible: chunks are searched from the moment that `publish` names
their version as ready. Each attempt begins anew, and ends as soon as a later one has begun.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.db.session import account_session
from quantum_app.domain.knowledge import chunking, repository, service
from quantum_app.domain.knowledge.chunking import Chunk
from quantum_app.domain.knowledge.extraction.problems import UnreadableFile
from quantum_app.domain.knowledge.extraction.process import extract
from quantum_app.domain.knowledge.ports import IndexEmbedder, Storage
from quantum_app.domain.knowledge.schemas import UNFINISHED, DocumentKind, Vector, Version, VersionStatus
from quantum_app.errors import Component, DependencyUnavailable, NotFound, QuantumError, QuotaExceeded
from quantum_app.kit.clock import now
from quantum_app.settings import settings

# Attempts of one version, including those that a lost process has left behind.
MOST_ATTEMPTS = 5
# How long each attempt but the first waits.
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 120, 600))
# How long an attempt may take.
DEADLINE = timedelta(minutes=15)
BATCH = 32  # chunks that one request embeds and one transaction stores
_EXTRACTED = 10  # percent
# What is written in the dashboard has no file name that says how it is to be read.
_FILE_NAMES = {DocumentKind.NOTE: "note.md", DocumentKind.QA: "questions.csv"}


class IndexingFailed(QuantumError):
    """An attempt took too long, or failed for a reason that nobody has foreseen."""

    code = "indexing_failed"
    retryable = True

    def __init__(self) -> None:
        super().__init__("Something went wrong while we processed this document. Try again, or upload it again.")


class _Stopped(Exception):
    """The version was canceled, replaced, or deleted meanwhile, or a later attempt has begun."""


async def _ignore() -> None:
    pass


async def index(
    storage: Storage,
    embedder: IndexEmbedder,
    account_id: UUID,
    version_id: UUID,
    *,
    on_progress: Callable[[], Awaitable[None]] = _ignore,
) -> None:
    """Bring a version into the index. Opens its own sessions.

    on_progress: Awaited after each step that a page may show.

    Does nothing to a version that is finished or no longer exists. What is wrong with the content becomes the version's
    error.

    Raises DependencyUnavailable while the database, the storage or the embedding server is away, and IndexingFailed:
    make another attempt.
    """
    try:
        async with asyncio.timeout(DEADLINE.total_seconds()):
            attempt = await _begin(account_id, version_id)
            await on_progress()
            await _index(storage, embedder, account_id, attempt, on_progress)
    except _Stopped:
        return
    except (UnreadableFile, NotFound, QuotaExceeded) as error:
        await fail(account_id, version_id, error)
    except QuantumError:
        raise
    except Exception as error:
        raise IndexingFailed from error


async def fail(account_id: UUID, version_id: UUID, error: QuantumError) -> None:
    """Mark a version as failed, unless it's finished, and store why. Opens its own session."""
    async with account_session(account_id) as session:
        version = await repository.lock_version(session, version_id)
        if version is not None and version.status in UNFINISHED:
            await _fail(session, version_id, error)


async def try_later(account_id: UUID, version_id: UUID, error: QuantumError) -> None:
    """Enqueue the next attempt and store why, or fail the version after its last one. Opens its own session."""
    async with account_session(account_id) as session:
        version = await repository.lock_version(session, version_id)
        if version is None or version.status not in UNFINISHED:
            return
        if version.attempts > len(PAUSES) or not error.retryable:
            await _fail(session, version_id, error)
            return
        pause = PAUSES[max(0, version.attempts - 1)]
        deadline = now() + pause + DEADLINE
        await repository.set_version(session, version_id, VersionStatus.QUEUED, error=error.message, deadline=deadline)
        await service.enqueue(session, account_id, version_id, after=pause)


async def _index(
    storage: Storage,
    embedder: IndexEmbedder,
    account_id: UUID,
    attempt: Version,
    on_progress: Callable[[], Awaitable[None]],
) -> None:
    async with account_session(account_id) as session:
        document = await service.get_document(session, attempt.document_id)
    content = await storage.get(account_id, attempt.id)
    name = _FILE_NAMES.get(document.kind) or document.url or document.name
    extracted = await extract(content, name=name)
    chunks = await asyncio.to_thread(chunking.chunks, extracted)
    async with account_session(account_id) as session:
        await _advance(session, attempt, _EXTRACTED)
        most = settings().quotas.knowledge_chunks
        if await repository.size_of_account(session) + len(chunks) > most:
            raise QuotaExceeded(f"Your account can have {most:,} passages. Delete some documents first.")
    for first in range(0, len(chunks), BATCH):
        batch = chunks[first : first + BATCH]
        vectors = await _vectors(embedder, account_id, batch)
        progress = _EXTRACTED + (99 - _EXTRACTED) * (first + len(batch)) // len(chunks)
        async with account_session(account_id) as session:
            await _advance(session, attempt, progress)
            await repository.add_chunks(session, account_id, attempt.id, batch, vectors)
        await on_progress()
    async with account_session(account_id) as session:
        await _require_current(session, attempt)
        await repository.publish(session, attempt.document_id, attempt.id, len(chunks), embedder.model)


async def _begin(account_id: UUID, version_id: UUID) -> Version:
    """Returns the version with the number of this attempt, which no other attempt has."""
    async with account_session(account_id) as session:
        version = await repository.lock_version(session, version_id)
        if version is None or version.status not in UNFINISHED:
            raise _Stopped
        await repository.remove_chunks(session, version_id)
        if version.attempts >= MOST_ATTEMPTS:
            await _fail(session, version_id, IndexingFailed())
        else:
            await repository.set_version(
                session,
                version_id,
                VersionStatus.EXTRACTING,
                progress=0,
                attempts=version.attempts + 1,
                deadline=now() + DEADLINE,
            )
        attempt = await repository.lock_version(session, version_id)
    if attempt is None or attempt.status is VersionStatus.FAILED:
        raise _Stopped
    return attempt


async def _require_current(session: AsyncSession, attempt: Version) -> None:
    """Raises _Stopped unless this is still the attempt that counts. Nothing changes that until the session ends."""
    version = await repository.lock_version(session, attempt.id)
    if version is None or version.status not in UNFINISHED or version.attempts != attempt.attempts:
        raise _Stopped


async def _advance(session: AsyncSession, attempt: Version, progress: int) -> None:
    await _require_current(session, attempt)
    await repository.set_version(session, attempt.id, VersionStatus.INDEXING, progress=progress)


async def _fail(session: AsyncSession, version_id: UUID, error: QuantumError) -> None:
    await repository.remove_chunks(session, version_id)
    await repository.set_version(
        session,
        version_id,
        VersionStatus.FAILED,
        error_code=error.code,
        error=error.message,
        deadline=None,
        finished_at=now(),
    )


async def _vectors(embedder: IndexEmbedder, account_id: UUID, chunks: Sequence[Chunk]) -> list[Vector]:
    """Of each chunk. What the account has in another document already isn't embedded again."""
    async with account_session(account_id) as session:
        vectors = await repository.vectors_of(session, [chunk.sha256 for chunk in chunks], embedder.model)
    new = [chunk for chunk in chunks if chunk.sha256 not in vectors]
    if new:
        embedded = await embedder.passages([chunk.search_text for chunk in new])
        if len(embedded) != len(new):
            raise DependencyUnavailable(Component.RAG, "The embedding server left out some passages.")
        vectors |= {chunk.sha256: vector for chunk, vector in zip(new, embedded, strict=True)}
    return [vectors[chunk.sha256] for chunk in chunks]
