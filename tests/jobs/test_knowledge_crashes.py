"""Documents whose processes are lost: the one that indexes, at each stage, and the one that parses a file."""

import asyncio
import textwrap
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
import pytest_asyncio
from psycopg import sql

from quantum_app.db.session import dispose
from quantum_app.domain.knowledge.extraction import process
from quantum_app.domain.knowledge.indexing import BATCH
from quantum_app.domain.knowledge.schemas import Document, VersionStatus
from quantum_app.domain.knowledge.search import search
from quantum_app.jobs import __main__ as jobs
from quantum_app.jobs import knowledge as knowledge_jobs
from tests.db.test_knowledge import HOURS, REPAIRS, Shop, open_shop
from tests.stack import DisposableStack

pytestmark = pytest.mark.service

PATIENCE = 60.0  # seconds
ROWS = BATCH * 2 - 4
EARLIER = "question,answer\nWhich is the earlier version?,This one is.\n"
LATER = "question,answer\n" + "".join(
    f"How much is part {number} of the catalog?,Part {number} costs {number + 3} dollars and fits every bicycle.\n"
    for number in range(ROWS)
)


@pytest_asyncio.fixture
async def product(disposable_stack: DisposableStack) -> AsyncIterator[DisposableStack]:
    disposable_stack.need("postgres", "providers", "jobs")
    yield disposable_stack
    await dispose()


@pytest.fixture
def database(product: DisposableStack) -> Iterator[psycopg.Connection]:
    with psycopg.connect(product.superuser_url, autocommit=True) as connection:
        yield connection


async def until(database: psycopg.Connection, query: str, *values: Any) -> None:
    """The query has a row."""
    async with asyncio.timeout(PATIENCE):
        while True:
            if database.execute(query, values).fetchone() is not None:  # type: ignore[arg-type]
                return
            await asyncio.sleep(0.005)


async def ready(shop: Shop, database: psycopg.Connection, document: Document) -> Document:
    query = "select from knowledge_versions where id = %s and status in ('ready', 'failed')"
    await until(database, query, document.version.id)
    return await shop.get(document.id)


async def visible(shop: Shop) -> set[UUID]:
    """Versions of which any passage is searched. The vectors find each, however little it fits."""
    matches = await search(shop.tenant.account_id, [shop.base_id], "part of the catalog", shop.embedder, limit=200)
    return {match.passage.version_id for match in matches}


@contextmanager
def row_of(product: DisposableStack, version_id: UUID, condition: sql.SQL) -> Iterator[Any]:
    """`await` of what it yields returns once the version is in this state, and keeps it there until the end."""
    query = sql.SQL("select from knowledge_versions where id = %s and {} for update").format(condition)
    with psycopg.connect(product.superuser_url) as holder:

        async def hold() -> None:
            async with asyncio.timeout(PATIENCE):
                while holder.execute(query, [version_id]).fetchone() is None:
                    holder.rollback()
                    await asyncio.sleep(0.005)

        yield hold
        holder.rollback()


@contextmanager
def publication_of(product: DisposableStack, database: psycopg.Connection) -> Iterator[Any]:
    """Nothing is published until the end. `await` of what it yields returns once that is waited for."""
    table = "'knowledge_documents'::regclass"
    with psycopg.connect(product.superuser_url) as holder:
        holder.execute("lock table knowledge_documents in share mode")

        async def hold() -> None:
            await until(database, f"select from pg_locks where relation = {table} and not granted")

        yield hold
        holder.rollback()


@pytest.mark.parametrize("stage", ["extracting", "indexing", "publishing"])
async def test_a_killed_process_leaves_nothing_half_visible(
    product: DisposableStack, database: psycopg.Connection, stage: str
) -> None:
    shop = await open_shop()
    earlier = await ready(shop, database, await shop.add(EARLIER, name="questions.csv"))
    assert await visible(shop) == {earlier.version.id}
    later = await shop.replace(earlier.id, LATER)
    conditions = {
        "extracting": sql.SQL("status = 'extracting'"),
        "indexing": sql.SQL("status = 'indexing' and progress between 11 and 98"),
    }
    hold = (
        row_of(product, later.version.id, conditions[stage])
        if stage in conditions
        else publication_of(product, database)
    )
    with hold as wait:
        await wait()
        product.children["jobs"].kill()
        chunk_count = await shop.chunks(database, later.version.id)
        assert chunk_count == {"extracting": 0, "indexing": BATCH, "publishing": ROWS}[stage]
        assert await visible(shop) == {earlier.version.id}
        assert (await shop.get(later.id)).version.attempts == 1
    document = await ready(shop, database, later)
    assert (document.version.status, document.version.attempts) == (VersionStatus.READY, 2)
    assert await visible(shop) == {later.version.id}
    ordinals = database.execute(
        "select ordinal from knowledge_chunks where version_id = %s order by ordinal", [later.version.id]
    ).fetchall()
    assert ordinals == [(ordinal,) for ordinal in range(document.chunks)]
    assert document.chunks == ROWS
    assert await shop.chunks(database, earlier.version.id) == 0
    await until(
        database,
        "select where not exists (select from jobs.procrastinate_jobs where args->>'version_id' = %s)",
        str(later.version.id),
    )


@pytest_asyncio.fixture
async def jobs_here(disposable_stack: DisposableStack) -> AsyncIterator[DisposableStack]:
    """The jobs run in this process, so that a test says how files are parsed."""
    disposable_stack.need("postgres")
    disposable_stack.children["jobs"].stop()
    worker = asyncio.create_task(jobs.run())
    yield disposable_stack
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
    await dispose()


async def test_a_file_that_kills_its_parser_fails_and_others_are_indexed(
    jobs_here: DisposableStack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    parser = tmp_path / "parser.py"
    parser.write_text(
        textwrap.dedent(f"""
            import io, os, runpy, sys
            content = sys.stdin.buffer.read()
            if content.startswith(b"kill by "):
                os.kill(os.getpid(), int(content.split()[2]))
            sys.stdin = io.TextIOWrapper(io.BytesIO(content))
            runpy.run_path({str(process._CHILD)!r}, run_name="__main__")
        """)
    )
    monkeypatch.setattr(process, "_CHILD", parser)
    shop = await open_shop()
    monkeypatch.setattr(knowledge_jobs, "_storage", lambda: shop.storage)
    monkeypatch.setattr(knowledge_jobs, "_embeddings", lambda: shop.embedder)
    poison = [await shop.add(f"kill by {number} ", name=f"{number}.txt") for number in (9, 11, 15)]
    others = [await shop.add(HOURS), await shop.add(REPAIRS, name="repairs.md")]
    with psycopg.connect(jobs_here.superuser_url, autocommit=True) as database:
        failed = [await ready(shop, database, document) for document in poison]
        indexed = [await ready(shop, database, document) for document in others]
    assert [document.version.error_code for document in failed] == [
        "file_out_of_memory",
        "file_damaged",
        "file_damaged",
    ]
    assert all(document.version.error and document.version.attempts == 1 for document in failed)
    assert {document.version.status for document in indexed} == {VersionStatus.READY}
    assert await visible(shop) == {document.version.id for document in others}
