"""Documents on their way into the index: what is searched at each moment, and what happens when something fails."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator, Sequence
from uuid import UUID

import numpy as np
import psycopg
import pytest
import pytest_asyncio

from quantum_app.db.session import account_session
from quantum_app.domain.knowledge import indexing, service
from quantum_app.domain.knowledge.schemas import Document, DocumentKind, Upload, VersionStatus
from quantum_app.domain.knowledge.search import search
from quantum_app.errors import Component, Conflict, DependencyUnavailable, NotFound, QuantumError, QuotaExceeded
from quantum_app.kit import lexical
from quantum_app.providers.object_storage import ObjectStorage
from quantum_app.settings import settings
from tests.db.tenants import Tenant, create_tenant

pytestmark = pytest.mark.service

HOURS = "# Opening hours\n\nThe shop opens at nine on weekdays and at ten on Saturdays. On Sundays it stays closed.\n"
REPAIRS = "# Repairs\n\nA puncture costs 18 dollars and takes twenty minutes. A full service costs 120 dollars.\n"


class Embedder:
    """Vectors of the words of a text, each with a direction of its own: enough to tell texts apart.

    calls: Texts of each request. away: Raises instead. on_passages: Awaited before each answer.
    """

    model = "words"

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.away = False
        self.on_passages = None

    async def query(self, text: str) -> Sequence[float]:
        return _vector(text)

    async def passages(self, texts: Sequence[str]) -> list[Sequence[float]]:
        self.calls.append(list(texts))
        if self.on_passages is not None:
            await self.on_passages()
        if self.away:
            raise DependencyUnavailable(Component.RAG, "The embedding server doesn't respond: Timeout.")
        return [_vector(text) for text in texts]

    async def similarity_range(self) -> tuple[float, float]:
        return 0.0, 1.0


def _vector(text: str) -> Sequence[float]:
    total = np.full(384, 1e-3)
    for term in lexical.terms(text):
        seed = int.from_bytes(hashlib.sha256(term.encode()).digest()[:8])
        total += np.random.default_rng(seed).normal(size=384)
    return (total / np.linalg.norm(total)).tolist()


class Shop:
    """An account with one knowledge base."""

    def __init__(self, tenant: Tenant, base_id: UUID, storage: ObjectStorage) -> None:
        self.tenant, self.base_id, self.storage = tenant, base_id, storage
        self.embedder = Embedder()

    async def add(self, content: str | bytes = HOURS, name: str = "hours.md") -> Document:
        upload = Upload(name, "text/markdown", content.encode() if isinstance(content, str) else content)
        async with account_session(self.tenant.account_id) as session:
            return await service.add_document(
                session, self.storage, self.tenant.account_id, self.tenant.actor, self.base_id, upload
            )

    async def replace(self, document_id: UUID, content: str) -> Document:
        upload = Upload("hours.md", "text/markdown", content.encode())
        async with account_session(self.tenant.account_id) as session:
            return await service.replace_content(
                session, self.storage, self.tenant.account_id, self.tenant.actor, document_id, upload
            )

    async def index(self, document: Document) -> Document:
        await indexing.index(self.storage, self.embedder, self.tenant.account_id, document.version.id)
        return await self.get(document.id)

    async def get(self, document_id: UUID) -> Document:
        async with account_session(self.tenant.account_id) as session:
            return await service.get_document(session, document_id)

    async def search(self, question: str) -> list[str]:
        matches = await search(self.tenant.account_id, [self.base_id], question, self.embedder, limit=5)
        return [match.passage.text for match in matches if match.score > 0.3]

    async def chunks(self, database: psycopg.Connection, version_id: UUID) -> int:
        row = database.execute("select count(*) from knowledge_chunks where version_id = %s", [version_id]).fetchone()
        assert row is not None
        return row[0]


async def open_shop() -> Shop:
    tenant = await create_tenant()
    async with account_session(tenant.account_id) as session:
        base_id = await service.create_base(session, tenant.account_id, tenant.actor, "Shop")
    return Shop(tenant, base_id, ObjectStorage(settings().storage, settings().home))


@pytest_asyncio.fixture
async def shop(database: object) -> AsyncIterator[Shop]:
    yield await open_shop()


async def test_a_document_is_searched_once_all_of_it_is_indexed(shop: Shop) -> None:
    document = await shop.add()
    assert (document.version.status, document.searchable) == (VersionStatus.QUEUED, False)
    assert await shop.search("When do you open on Saturdays?") == []
    document = await shop.index(document)
    assert (document.version.status, document.version.progress, document.searchable) == (VersionStatus.READY, 100, True)
    assert document.chunks == 1
    texts = await shop.search("When do you open on Saturdays?")
    assert len(texts) == 1
    assert "ten on Saturdays" in texts[0]


async def test_the_earlier_version_answers_until_the_new_one_is_ready(shop: Shop, clock: psycopg.Connection) -> None:
    first = await shop.index(await shop.add())
    second = await shop.replace(first.id, HOURS.replace("ten", "eleven"))
    assert "ten on Saturdays" in (await shop.search("open on Saturdays"))[0]
    await shop.index(second)
    texts = await shop.search("open on Saturdays")
    assert len(texts) == 1
    assert "eleven on Saturdays" in texts[0]
    assert await shop.chunks(clock, first.version.id) == 0
    async with account_session(shop.tenant.account_id) as session:
        statuses = [version.status for version in await service.list_versions(session, first.id)]
    assert statuses == [VersionStatus.READY, VersionStatus.REPLACED]


async def test_a_failed_version_leaves_the_earlier_one_searchable(shop: Shop) -> None:
    document = await shop.index(await shop.add())
    damaged = await shop.replace(document.id, "\x00" * 3000)
    failed = await shop.index(damaged)
    assert failed.version.status is VersionStatus.FAILED
    assert failed.version.error_code is not None
    assert failed.version.error
    assert failed.searchable
    assert await shop.search("open on Saturdays")


async def test_disabled_and_deleted_documents_do_not_answer(shop: Shop, clock: psycopg.Connection) -> None:
    account_id, actor = shop.tenant.account_id, shop.tenant.actor
    document = await shop.index(await shop.add())
    for enabled in (False, True):
        async with account_session(account_id) as session:
            await service.set_document_enabled(session, account_id, actor, document.id, enabled)
        assert bool(await shop.search("open on Saturdays")) is enabled
    for enabled in (False, True):
        async with account_session(account_id) as session:
            await service.set_chunk_enabled(session, account_id, actor, document.id, 0, enabled)
        assert bool(await shop.search("open on Saturdays")) is enabled
    async with account_session(account_id) as session:
        await service.delete_document(session, account_id, actor, document.id)
    assert await shop.search("open on Saturdays") == []
    assert await shop.chunks(clock, document.version.id) == 0
    with pytest.raises(NotFound):
        await shop.get(document.id)


async def test_a_deleted_base_takes_its_documents_along(shop: Shop, clock: psycopg.Connection) -> None:
    document = await shop.index(await shop.add())
    async with account_session(shop.tenant.account_id) as session:
        await service.delete_base(session, shop.tenant.account_id, shop.tenant.actor, shop.base_id)
    assert await shop.search("open on Saturdays") == []
    assert await shop.chunks(clock, document.version.id) == 0


async def test_the_same_content_is_refused_and_the_same_text_embedded_once(shop: Shop) -> None:
    await shop.index(await shop.add(HOURS + REPAIRS))
    with pytest.raises(Conflict, match="already has exactly"):
        await shop.add(HOURS + REPAIRS, name="copy.md")
    embedded = len(shop.embedder.calls)
    document = await shop.index(await shop.add(HOURS, name="short.md"))
    assert document.version.status is VersionStatus.READY
    assert len(shop.embedder.calls) == embedded
    texts = await shop.search("When do you open on Saturdays?")
    assert sum("ten on Saturdays" in text for text in texts) == 1


async def test_an_embedding_server_that_is_away_is_waited_for(shop: Shop, clock: psycopg.Connection) -> None:
    document = await shop.add()
    shop.embedder.away = True
    with pytest.raises(DependencyUnavailable) as failure:
        await shop.index(document)
    await indexing.try_later(shop.tenant.account_id, document.version.id, failure.value)
    locks = clock.execute(
        "select lock from jobs.procrastinate_jobs where args->>'version_id' = %s order by id",
        [str(document.version.id)],
    ).fetchall()
    assert locks == [(service.index_lock(shop.tenant.account_id),), (None,)], "who waits keeps nobody waiting"
    waiting = await shop.get(document.id)
    assert (waiting.version.status, waiting.version.attempts) == (VersionStatus.QUEUED, 1)
    assert "doesn't respond" in (waiting.version.error or "")
    shop.embedder.away = False
    assert (await shop.index(waiting)).version.status is VersionStatus.READY


async def test_a_canceled_version_is_never_searched_and_can_be_tried_again(
    shop: Shop, clock: psycopg.Connection
) -> None:
    account_id, actor = shop.tenant.account_id, shop.tenant.actor
    document = await shop.add()

    async def cancel() -> None:
        async with account_session(account_id) as session:
            await service.cancel(session, account_id, actor, document.id)

    shop.embedder.on_passages = cancel
    canceled = await shop.index(document)
    assert canceled.version.status is VersionStatus.CANCELED
    assert await shop.chunks(clock, document.version.id) == 0
    shop.embedder.on_passages = None
    async with account_session(account_id) as session:
        await service.retry(session, account_id, actor, document.id)
    assert (await shop.index(canceled)).version.status is VersionStatus.READY
    async with account_session(account_id) as session:
        with pytest.raises(Conflict):
            await service.retry(session, account_id, actor, document.id)
        with pytest.raises(Conflict):
            await service.cancel(session, account_id, actor, document.id)


async def test_an_attempt_ends_when_a_later_one_has_begun(shop: Shop, clock: psycopg.Connection) -> None:
    """The process of the first attempt was taken for lost, and its job handed on, while it was only slow."""
    document = await shop.add(HOURS * 3 + REPAIRS)
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def pause() -> None:
        shop.embedder.on_passages = None
        reached.set()
        await go_on.wait()

    shop.embedder.on_passages = pause
    slow = asyncio.create_task(shop.index(document))
    await asyncio.wait({slow, waiter := asyncio.create_task(reached.wait())}, return_when=asyncio.FIRST_COMPLETED)
    assert waiter.done(), slow.result()
    ready = await shop.index(document)
    chunks = await shop.chunks(clock, document.version.id)
    go_on.set()
    await slow
    assert ready.version.status is VersionStatus.READY
    assert await shop.chunks(clock, document.version.id) == chunks == ready.chunks


async def test_a_version_whose_attempts_are_always_lost_fails_in_the_end(shop: Shop) -> None:
    document = await shop.add()

    async def crash() -> None:
        raise asyncio.CancelledError

    shop.embedder.on_passages = crash
    for _ in range(indexing.MOST_ATTEMPTS):
        with pytest.raises(asyncio.CancelledError):
            await shop.index(document)
    failed = await shop.index(document)
    assert (failed.version.status, failed.version.error_code) == (VersionStatus.FAILED, "indexing_failed")
    assert await shop.search("open on Saturdays") == []


@pytest.fixture
def _own_settings() -> Iterator[None]:
    yield
    settings.cache_clear()


@pytest.mark.usefixtures("_own_settings")
async def test_quotas_and_bad_input_are_refused_with_a_reason(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    for content, code in ((b"", "file_empty"), (b"x" * (service.LARGEST_FILE + 1), "file_too_large")):
        with pytest.raises(QuantumError) as error:
            await shop.add(content)
        assert error.value.code == code
    monkeypatch.setenv("QUANTUM_QUOTA_KNOWLEDGE_DOCUMENTS", "1")
    settings.cache_clear()
    await shop.add()
    with pytest.raises(QuotaExceeded):
        await shop.add(REPAIRS, name="repairs.md")


async def test_accounts_search_their_own_bases_only(shop: Shop) -> None:
    await shop.index(await shop.add())
    other = await open_shop()
    await other.index(await other.add(REPAIRS, name="repairs.md"))
    both = [shop.base_id, other.base_id]
    assert await other.search("open on Saturdays") == []
    mine = await search(shop.tenant.account_id, both, "What does a puncture cost?", shop.embedder, limit=9)
    assert all("puncture" not in match.passage.text for match in mine)
    theirs = await search(other.tenant.account_id, both, "What does a puncture cost?", other.embedder, limit=9)
    assert any("puncture" in match.passage.text for match in theirs)


async def test_questions_with_answers_come_before_documents_that_fit_alike(shop: Shop) -> None:
    text = "Question,Answer\nDo you repair punctures?,Yes: a puncture costs 18 dollars and takes twenty minutes.\n"
    await shop.index(await shop.add("A puncture costs 18 dollars and takes twenty minutes.\n", name="repairs.txt"))
    async with account_session(shop.tenant.account_id) as session:
        pairs = await service.add_document(
            session,
            shop.storage,
            shop.tenant.account_id,
            shop.tenant.actor,
            shop.base_id,
            Upload("questions.csv", "text/csv", text.encode(), DocumentKind.QA),
        )
    await shop.index(pairs)
    matches = await search(shop.tenant.account_id, [shop.base_id], "do you repair punctures", shop.embedder, limit=2)
    assert matches[0].passage.kind is DocumentKind.QA


async def test_hostile_questions_are_only_text(shop: Shop) -> None:
    await shop.index(await shop.add())
    for question in (
        "'); drop table knowledge_chunks; --",
        "a & | ! <-> ':*",
        "\\",
        "open:* & !closed",
        "é ü 漢字",
        "?",
    ):
        await shop.search(question)
    assert await shop.search("open on Saturdays")


async def test_files_of_deleted_documents_can_be_removed(shop: Shop) -> None:
    document = await shop.add()
    account_id = shop.tenant.account_id
    assert await shop.storage.list_versions(account_id) == [document.version.id]
    await shop.storage.delete(account_id, [document.version.id])
    await shop.storage.delete(account_id, [document.version.id])
    assert await shop.storage.list_versions(account_id) == []
    failed = await shop.index(document)
    assert failed.version.error_code == "not_found"
