"""Indexing documents, and removing the files of deleted ones."""

from functools import cache
from uuid import UUID

from quantum_app.db import queue
from quantum_app.domain.knowledge import indexing, service
from quantum_app.domain.knowledge.schemas import CHANGE_EVENT
from quantum_app.errors import QuantumError
from quantum_app.jobs.app import BackOff, app
from quantum_app.kit.log import logger
from quantum_app.providers.embeddings import Embeddings
from quantum_app.providers.object_storage import ObjectStorage
from quantum_app.providers.redis_bus import RedisBus
from quantum_app.settings import settings

_log = logger(__name__)

_RETRY = BackOff(5, 30, 120, 600)
# Seconds. Calls come first where one machine does everything, so a batch may take long.
_EMBEDDING_TIMEOUT = 60.0


@cache
def _storage() -> ObjectStorage:
    return ObjectStorage(settings().storage, settings().home)


@cache
def _embeddings() -> Embeddings:
    return Embeddings(settings().embeddings, _EMBEDDING_TIMEOUT)


@cache
def _bus() -> RedisBus:
    return RedisBus(settings().redis.url.get_secret_value())


@app.task(name=service.INDEX_TASK, queue=queue.KNOWLEDGE, retry=_RETRY)
async def index_document(*, account_id: str, version_id: str) -> None:
    account, version = UUID(account_id), UUID(version_id)

    async def tell_pages() -> None:
        await _bus().publish(account, {"type": CHANGE_EVENT, "version_id": version_id})

    try:
        await indexing.index(_storage(), _embeddings(), account, version, on_progress=tell_pages)
    except QuantumError as error:
        _log.warning(
            "knowledge.attempt_failed",
            message="Indexing a document failed",
            account_id=account_id,
            version_id=version_id,
            code=error.code,
            exc_info=error,
        )
        await indexing.try_later(account, version, error)
    finally:
        await tell_pages()


@app.task(name=service.REMOVE_FILES_TASK, retry=_RETRY)
async def remove_knowledge_files(*, account_id: str, version_id: str) -> None:
    await _storage().delete(UUID(account_id), [UUID(version_id)])


@app.task(name=service.REMOVE_UNUSED_TASK, retry=_RETRY)
async def remove_unused_knowledge_files(*, account_id: str) -> None:
    await service.remove_unused(_storage(), UUID(account_id))
