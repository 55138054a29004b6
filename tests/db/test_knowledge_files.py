"""What is left in file storage by failed transactions and purged accounts, and knowledge in an account's export."""

import json
import zipfile
from datetime import timedelta

import psycopg
import pytest
from psycopg import sql

from quantum_app.db.session import account_session
from quantum_app.domain.knowledge import service
from quantum_app.domain.knowledge.schemas import Upload
from quantum_app.domain.privacy import service as privacy
from quantum_app.domain.privacy import upkeep
from quantum_app.jobs import knowledge as jobs
from quantum_app.kit.clock import now
from quantum_app.kit.ids import new_id
from quantum_app.providers.data_folder import DataFolder
from tests.db.personal_data import request_export
from tests.db.test_knowledge import HOURS, REPAIRS, Shop, open_shop

pytestmark = pytest.mark.service

TWO_DAYS, HALF_A_DAY = timedelta(days=2), timedelta(hours=12)
A_MOMENT_AHEAD = -timedelta(minutes=1)


class Broken(Exception):
    """Fails a transaction after it has stored a file."""


async def add_and_fail(shop: Shop) -> None:
    account_id = shop.tenant.account_id
    async with account_session(account_id) as session:
        upload = Upload("hours.md", "text/markdown", HOURS.encode())
        await service.add_document(session, shop.storage, account_id, shop.tenant.actor, shop.base_id, upload)
        raise Broken


def removal_jobs(clock: psycopg.Connection, shop: Shop) -> list[float]:
    """How many seconds each job waits that removes the account's unused files."""
    query = (
        "select extract(epoch from scheduled_at - now()) from jobs.procrastinate_jobs"
        " where task_name = %s and args->>'account_id' = %s"
    )
    rows = clock.execute(query, [service.REMOVE_UNUSED_TASK, str(shop.tenant.account_id)])
    return [float(seconds) for (seconds,) in rows]


async def test_a_file_that_a_failed_transaction_left_goes_after_a_day() -> None:
    shop = await open_shop()
    account_id = shop.tenant.account_id
    with pytest.raises(Broken):
        await add_and_fail(shop)
    (orphan,) = await shop.storage.list_versions(account_id)
    document = await shop.add(REPAIRS, name="repairs.md")
    old, recent = new_id(now() - TWO_DAYS), new_id(now() - HALF_A_DAY)
    for version_id in (old, recent):
        await shop.storage.put(account_id, version_id, b"left over")
    assert await service.remove_unused(shop.storage, account_id) == 1
    assert sorted(await shop.storage.list_versions(account_id)) == sorted([recent, orphan, document.version.id])


async def test_an_old_file_with_a_version_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    shop, other = await open_shop(), await open_shop()
    monkeypatch.setattr(service, "UNUSED_AFTER", A_MOMENT_AHEAD)
    documents = [await one.add() for one in (shop, other)]
    orphan = new_id()
    for one in (shop, other):
        await one.storage.put(one.tenant.account_id, orphan, b"left over")
    assert await service.remove_unused(shop.storage, shop.tenant.account_id) == 1
    assert await shop.storage.list_versions(shop.tenant.account_id) == [documents[0].version.id]
    assert sorted(await other.storage.list_versions(other.tenant.account_id)) == [documents[1].version.id, orphan]


async def test_files_of_a_purged_account_go(
    clock: psycopg.Connection, files: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    purged_shop, other_shop = await open_shop(), await open_shop()
    documents = [await shop.index(await shop.add()) for shop in (purged_shop, other_shop)]
    clock.execute(
        "update accounts set deleted_at = %s where account_id = %s",
        [now() - timedelta(days=31), purged_shop.tenant.account_id],
    )
    await upkeep.run(files)
    for table in ("bases", "documents", "versions", "chunks"):
        query = sql.SQL("select count(*) from {} where account_id = %s").format(sql.Identifier(f"knowledge_{table}"))
        assert clock.execute(query, [purged_shop.tenant.account_id]).fetchone() == (0,), table
    assert await purged_shop.storage.list_versions(purged_shop.tenant.account_id) == [documents[0].version.id]
    monkeypatch.setattr(service, "UNUSED_AFTER", A_MOMENT_AHEAD)
    for shop in (purged_shop, other_shop):
        (seconds,) = removal_jobs(clock, shop)
        assert seconds > 3000, "the purge has committed by then"
        monkeypatch.setattr(jobs, "_storage", lambda shop=shop: shop.storage)
        await jobs.remove_unused_knowledge_files(account_id=str(shop.tenant.account_id))
    assert await purged_shop.storage.list_versions(purged_shop.tenant.account_id) == []
    assert await other_shop.storage.list_versions(other_shop.tenant.account_id) == [documents[1].version.id]


async def test_an_export_has_documents_and_passages_without_their_vectors(files: DataFolder) -> None:
    shop = await open_shop()
    document = await shop.index(await shop.add(HOURS))
    await shop.add(REPAIRS, name="repairs.md")
    export_id = await request_export(shop.tenant)
    await privacy.build_export(files, shop.tenant.account_id, export_id)
    with zipfile.ZipFile(files.export_path(shop.tenant.account_id, export_id)) as archive:
        tables = {
            name: json.loads(archive.read(f"knowledge_{name}.json"))
            for name in ("bases", "documents", "versions", "chunks")
        }
    assert [row["name"] for row in tables["bases"]] == ["Shop"]
    assert {row["name"] for row in tables["documents"]} == {"hours.md", "repairs.md"}
    assert {row["status"] for row in tables["versions"]} == {"ready", "queued"}
    (chunk,) = tables["chunks"]
    assert "ten on Saturdays" in chunk["text"]
    assert (chunk["heading"], chunk["version_id"]) == ("Opening hours", str(document.version.id))
    assert not {"embedding", "words"} & set(chunk)
