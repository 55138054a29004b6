"""What an account uploads for its assistants: bases, documents and their versions.

A version is searched once all of it is in the index, and from then on no earlier one is. `indexing` brings it there.
"""

import hashlib
from datetime import timedelta
from uuid import UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.db import queue
from quantum_app.db.session import account_session
from quantum_app.domain.audit import service as audit
from quantum_app.domain.audit.schemas import Actor
from quantum_app.domain.knowledge import repository
from quantum_app.domain.knowledge.ports import Storage
from quantum_app.domain.knowledge.schemas import (
    UNFINISHED,
    Base,
    Document,
    DocumentPage,
    StoredChunk,
    Upload,
    Version,
    VersionStatus,
)
from quantum_app.errors import Conflict, InvalidInput, NotFound, QuotaExceeded, TooManyRequests
from quantum_app.kit.clock import now
from quantum_app.kit.ids import first_id, new_id
from quantum_app.kit.sanitize import sanitize_for_postgres
from quantum_app.settings import settings

INDEX_TASK, REMOVE_FILES_TASK = "index_document", "remove_knowledge_files"
REMOVE_UNUSED_TASK = "remove_unused_knowledge_files"
# How old a file without a version is removed. No transaction that stores one takes that long.
UNUSED_AFTER = timedelta(days=1)
# The purge of an account has committed by then.
_PURGED_WITHIN = timedelta(hours=1)
LONGEST_NAME = 200
LARGEST_FILE = 25_000_000  # bytes


class FileTooLarge(InvalidInput):
    code = "file_too_large"


class DuplicateDocument(Conflict):
    code = "duplicate_document"


async def create_base(session: AsyncSession, account_id: UUID, actor: Actor, name: str) -> UUID:
    """Raises InvalidInput with the field `name`, QuotaExceeded."""
    name = _name(name)
    most = settings().quotas.knowledge_bases
    if await repository.count_bases(session, account_id) >= most:
        raise QuotaExceeded(f"Your account can have {most} knowledge bases. Delete one first.")
    base_id = new_id()
    await repository.add_base(session, account_id, base_id, name)
    await audit.record(session, account_id, actor, "knowledge.created", "knowledge_base", base_id, new={"name": name})
    return base_id


async def list_bases(session: AsyncSession) -> list[Base]:
    """The account's knowledge bases, sorted by name."""
    return await repository.list_bases(session)


async def get_base(session: AsyncSession, base_id: UUID) -> Base:
    """Raises NotFound."""
    bases = await repository.list_bases(session, base_id)
    if not bases:
        raise NotFound("Knowledge base not found.")
    return bases[0]


async def rename_base(session: AsyncSession, account_id: UUID, actor: Actor, base_id: UUID, name: str) -> None:
    """Raises NotFound, InvalidInput with the field `name`."""
    base, name = await get_base(session, base_id), _name(name)
    if name != base.name:
        await repository.rename_base(session, base_id, name)
        previous, new = {"name": base.name}, {"name": name}
        await audit.record(
            session, account_id, actor, "knowledge.renamed", "knowledge_base", base_id, previous=previous, new=new
        )


async def delete_base(session: AsyncSession, account_id: UUID, actor: Actor, base_id: UUID) -> None:
    """Delete a base with all its documents. Answers no longer use them. Raises NotFound."""
    base = await get_base(session, base_id)
    await _remove_files(session, account_id, await repository.delete_base(session, base_id))
    previous = {"name": base.name, "documents": base.documents}
    await audit.record(session, account_id, actor, "knowledge.deleted", "knowledge_base", base_id, previous=previous)


async def add_document(
    session: AsyncSession, storage: Storage, account_id: UUID, actor: Actor, base_id: UUID, upload: Upload
) -> Document:
    """Store a new document and start indexing it.

    Raises NotFound, InvalidInput for an empty file, FileTooLarge, DuplicateDocument, QuotaExceeded, TooManyRequests,
    DependencyUnavailable(STORAGE).
    """
    await get_base(session, base_id)
    upload = _checked(upload)
    await _check_quotas(session, account_id, len(upload.content), new_documents=1)
    sha256 = hashlib.sha256(upload.content).hexdigest()
    if same := await repository.document_with_content(session, base_id, sha256):
        raise DuplicateDocument(f"“{same.name}” already has exactly this content.")
    document_id = new_id()
    await repository.add_document(session, account_id, document_id, base_id, upload)
    await _add_version(session, storage, account_id, actor, document_id, upload, sha256)
    new = {"name": upload.name, "kind": upload.kind.value}
    await audit.record(session, account_id, actor, "knowledge.added", "knowledge_document", document_id, new=new)
    return await get_document(session, document_id)


async def replace_content(
    session: AsyncSession, storage: Storage, account_id: UUID, actor: Actor, document_id: UUID, upload: Upload
) -> Document:
    """Store a new version of a document and start indexing it. Until it's ready, the earlier one is searched.

    Content that the newest version has already, and that isn't failed or canceled, changes nothing.

    Raises what `add_document` does.
    """
    document, upload = await get_document(session, document_id), _checked(upload)
    await _check_quotas(session, account_id, len(upload.content), new_documents=0)
    sha256 = hashlib.sha256(upload.content).hexdigest()
    if sha256 == document.version.sha256 and document.version.status in (*UNFINISHED, VersionStatus.READY):
        return document
    if document.version.status in UNFINISHED:
        await repository.set_version(session, document.version.id, VersionStatus.CANCELED, finished_at=now())
    await _add_version(session, storage, account_id, actor, document_id, upload, sha256)
    new = {"name": document.name, "size": len(upload.content)}
    await audit.record(session, account_id, actor, "knowledge.replaced", "knowledge_document", document_id, new=new)
    return await get_document(session, document_id)


async def list_documents(
    session: AsyncSession,
    base_id: UUID,
    *,
    name: str = "",
    status: tuple[VersionStatus, ...] = (),
    after: UUID | None = None,
    limit: int = 50,
) -> DocumentPage:
    """A page of a base's documents, newest first.

    name: A part of the name.
    status: Of the newest version; any if empty.
    after: Cursor from the previous page.

    Raises NotFound.
    """
    await get_base(session, base_id)
    documents = await repository.list_documents(
        session, base_id, name=name, status=status, after=after, limit=limit + 1
    )
    return DocumentPage(tuple(documents[:limit]), documents[limit - 1].id if len(documents) > limit else None)


async def get_document(session: AsyncSession, document_id: UUID) -> Document:
    """Raises NotFound."""
    document = await repository.get_document(session, document_id)
    if document is None:
        raise NotFound("Document not found.")
    return document


async def list_versions(session: AsyncSession, document_id: UUID) -> list[Version]:
    """All versions of a document, newest first. Raises NotFound."""
    await get_document(session, document_id)
    return await repository.list_versions(session, document_id)


async def list_chunks(
    session: AsyncSession, document_id: UUID, *, first: int = 0, limit: int = 50
) -> list[StoredChunk]:
    """Chunks that are searched of a document, from the ordinal `first`. Raises NotFound."""
    version_id = await repository.ready_version(session, (await get_document(session, document_id)).id)
    return await repository.list_chunks(session, version_id, first=first, limit=limit) if version_id else []


async def set_chunk_enabled(
    session: AsyncSession, account_id: UUID, actor: Actor, document_id: UUID, ordinal: int, enabled: bool
) -> None:
    """Search a chunk, or no longer. Holds until the document gets another version. Raises NotFound."""
    version_id = await repository.ready_version(session, document_id)
    if version_id is None or not await repository.set_chunk_enabled(session, version_id, ordinal, enabled):
        raise NotFound("Passage not found.")
    new = {"passage": ordinal, "enabled": enabled}
    await audit.record(session, account_id, actor, "knowledge.changed", "knowledge_document", document_id, new=new)


async def set_document_enabled(
    session: AsyncSession, account_id: UUID, actor: Actor, document_id: UUID, enabled: bool
) -> None:
    """Search a document, or no longer. Raises NotFound."""
    document = await get_document(session, document_id)
    if document.enabled != enabled:
        await repository.change_document(session, document_id, enabled=enabled)
        new = {"name": document.name, "enabled": enabled}
        await audit.record(session, account_id, actor, "knowledge.changed", "knowledge_document", document_id, new=new)


async def rename_document(session: AsyncSession, account_id: UUID, actor: Actor, document_id: UUID, name: str) -> None:
    """Raises NotFound, InvalidInput with the field `name`."""
    document, name = await get_document(session, document_id), _name(name)
    if name != document.name:
        await repository.change_document(session, document_id, name=name)
        await audit.record(
            session,
            account_id,
            actor,
            "knowledge.renamed",
            "knowledge_document",
            document_id,
            previous={"name": document.name},
            new={"name": name},
        )


async def delete_document(session: AsyncSession, account_id: UUID, actor: Actor, document_id: UUID) -> None:
    """Delete a document. Once the transaction commits, no answer uses it. Raises NotFound."""
    document = await get_document(session, document_id)
    await _remove_files(session, account_id, await repository.delete_document(session, document_id))
    await audit.record(
        session,
        account_id,
        actor,
        "knowledge.deleted",
        "knowledge_document",
        document_id,
        previous={"name": document.name},
    )


async def retry(session: AsyncSession, account_id: UUID, actor: Actor, document_id: UUID) -> Document:
    """Index the newest version again that failed, was canceled, or is overdue. Raises NotFound, Conflict otherwise."""
    document = await get_document(session, document_id)
    version = await repository.lock_version(session, document.version.id)
    if version is None or not _may_retry(version):
        raise Conflict("This document isn't waiting for another try.", code="not_failed")
    await repository.set_version(
        session, version.id, VersionStatus.QUEUED, progress=0, attempts=0, deadline=None, finished_at=None
    )
    await enqueue(session, account_id, version.id)
    new = {"name": document.name}
    await audit.record(session, account_id, actor, "knowledge.retried", "knowledge_document", document_id, new=new)
    return await get_document(session, document_id)


async def cancel(session: AsyncSession, account_id: UUID, actor: Actor, document_id: UUID) -> Document:
    """Stop indexing the newest version. An earlier one stays searchable. Raises NotFound, Conflict if it's finished."""
    document = await get_document(session, document_id)
    version = await repository.lock_version(session, document.version.id)
    if version is None or version.status not in UNFINISHED:
        raise Conflict("This document isn't being processed.", code="not_in_progress")
    await repository.set_version(session, version.id, VersionStatus.CANCELED, deadline=None, finished_at=now())
    await repository.remove_chunks(session, version.id)
    new = {"name": document.name}
    await audit.record(session, account_id, actor, "knowledge.canceled", "knowledge_document", document_id, new=new)
    return await get_document(session, document_id)


def _may_retry(version: Version) -> bool:
    if version.status in UNFINISHED:
        return version.deadline is not None and version.deadline < now()
    return version.status in (VersionStatus.FAILED, VersionStatus.CANCELED)


def index_lock(account_id: UUID) -> str:
    """The lock of indexing jobs, so that one runs at a time per account, and all accounts get their turn."""
    return str(uuid5(account_id, "knowledge"))


async def enqueue(session: AsyncSession, account_id: UUID, version_id: UUID, *, after: timedelta | None = None) -> None:
    """Index a version once the transaction has committed.

    after: How long it waits. Meanwhile the account's other documents go on, because a job that waits holds no lock.
    """
    await queue.defer(
        session,
        INDEX_TASK,
        queue=queue.KNOWLEDGE,
        lock=None if after else index_lock(account_id),
        after=after,
        account_id=str(account_id),
        version_id=str(version_id),
    )


async def enqueue_removal_of_unused(session: AsyncSession, account_id: UUID) -> None:
    """Remove the account's files without a version, in an hour: all of them if the account is purged until then."""
    await queue.defer(session, REMOVE_UNUSED_TASK, after=_PURGED_WITHIN, account_id=str(account_id))


async def remove_unused(storage: Storage, account_id: UUID) -> int:
    """Remove files that no version has, and return how many. Opens its own session.

    They are left by transactions that failed, and by accounts that were purged. Raises DependencyUnavailable(STORAGE).
    """
    newest = first_id(now() - UNUSED_AFTER)
    version_ids = await storage.list_versions(account_id)
    async with account_session(account_id) as session:
        existing_ids = await repository.all_versions(session)
    unused_ids = [version_id for version_id in version_ids if version_id < newest and version_id not in existing_ids]
    await storage.delete(account_id, unused_ids)
    return len(unused_ids)


async def _add_version(
    session: AsyncSession,
    storage: Storage,
    account_id: UUID,
    actor: Actor,
    document_id: UUID,
    upload: Upload,
    sha256: str,
) -> None:
    """The file is stored first. If the transaction then fails, upkeep removes the file, which no version has."""
    version_id = new_id()
    await storage.put(account_id, version_id, upload.content)
    await repository.add_version(
        session,
        account_id,
        version_id,
        document_id,
        media_type=upload.media_type,
        sha256=sha256,
        size=len(upload.content),
        created_by=actor.user_id,
    )
    await enqueue(session, account_id, version_id)


async def _remove_files(session: AsyncSession, account_id: UUID, version_ids: list[UUID]) -> None:
    for version_id in version_ids:
        await queue.defer(session, REMOVE_FILES_TASK, account_id=str(account_id), version_id=str(version_id))


async def _check_quotas(session: AsyncSession, account_id: UUID, size: int, *, new_documents: int) -> None:
    quotas = settings().quotas
    documents, size_before, today = await repository.usage(session, account_id, now() - timedelta(days=1))
    if documents + new_documents > quotas.knowledge_documents:
        raise QuotaExceeded(f"Your account can have {quotas.knowledge_documents:,} documents. Delete some first.")
    if size_before + size > quotas.knowledge_storage:
        limit = quotas.knowledge_storage // 1_000_000
        raise QuotaExceeded(f"Your documents would take more than {limit:,} MB. Delete some first.")
    if today >= quotas.knowledge_uploads_a_day:
        message = f"You've reached today's limit of {quotas.knowledge_uploads_a_day:,} uploads. Try again tomorrow."
        raise TooManyRequests(message, retry_after=3600)


def _checked(upload: Upload) -> Upload:
    if not upload.content:
        raise InvalidInput("This file is empty.", field="file", code="file_empty")
    if len(upload.content) > LARGEST_FILE:
        raise FileTooLarge(f"This file is larger than {LARGEST_FILE // 1_000_000} MB. Split it.", field="file")
    return Upload(_name(upload.name), upload.media_type, upload.content, upload.kind, upload.url)


def _name(text: str) -> str:
    name = " ".join(sanitize_for_postgres(text).split())
    if not name:
        raise InvalidInput("Enter a name.", field="name")
    if len(name) > LONGEST_NAME:
        raise InvalidInput(f"Use up to {LONGEST_NAME} characters.", field="name")
    return name
