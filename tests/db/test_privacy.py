"""A person's data: taken along whole, and erased without a trace."""

import asyncio
import json
import pickle
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from psycopg import sql
from redis.asyncio import Redis

from quantum_app.db.session import account_session
from quantum_app.domain.audit.schemas import Actor
from quantum_app.domain.calls import service as calls
from quantum_app.domain.calls.schemas import CallEnd, CallStatus, EndReason
from quantum_app.domain.privacy import repository
from quantum_app.domain.privacy import service as privacy
from quantum_app.errors import InvalidInput, NotFound
from quantum_app.jobs import privacy as jobs
from quantum_app.kit import ids
from quantum_app.kit.clock import now
from quantum_app.kit.ids import new_id
from quantum_app.providers.data_folder import DataFolder
from quantum_app.providers.redis_memory import RedisMemory
from quantum_app.settings import settings
from tests.db.catalog import account_tables
from tests.db.personal_data import export_status, forget_jobs, record_call, request_export
from tests.db.tenants import call, create_tenant, event, furnish_person, log_in, mail, turn
from tests.stack import Stack

pytestmark = pytest.mark.service


@pytest.fixture
def memory(quiet_stack: Stack) -> RedisMemory:
    quiet_stack.need("valkey")
    return RedisMemory(settings().redis.url.get_secret_value())


async def wait_for_lock(superuser: psycopg.Connection) -> None:
    """Returns once a transaction waits for another's lock."""
    async with asyncio.timeout(10):
        while not superuser.execute("select 1 from pg_locks where not granted").fetchone():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def places_in_database(superuser: psycopg.Connection, text: str) -> list[str]:
    """The tables, of every schema, in which the text stands in any row."""
    tables = superuser.execute(
        "select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema')"
        " and n.nspname !~ '^pg_toast'"
    ).fetchall()
    assert len(tables) > 20
    query = "select exists (select from {} t where position(%s in t::text) > 0)"
    return [
        name
        for schema, name in tables
        if superuser.execute(sql.SQL(query).format(sql.Identifier(schema, name)), [text]).fetchone() == (True,)  # type: ignore[arg-type]
    ]


async def places_in_redis(text: str) -> list[bytes]:
    async with Redis.from_url(settings().redis.url.get_secret_value()) as redis:
        reads: dict[bytes, Any] = {
            b"string": redis.get,
            b"hash": redis.hgetall,
            b"list": lambda key: redis.lrange(key, 0, -1),
            b"set": redis.smembers,
            b"zset": lambda key: redis.zrange(key, 0, -1),
        }
        hits: list[bytes] = []
        async for key in redis.scan_iter():
            content = await reads[await redis.type(key)](key)
            if text.encode() in key + (content if isinstance(content, bytes) else repr(content).encode()):
                hits.append(key)
        return hits


def places_in_files(text: str) -> list[Path]:
    """Files of the data folder but those of Postgres, whose contents are asked above, by name, contents, and inside."""
    hits: list[Path] = []
    for path in settings().home.rglob("*"):
        folder = path.relative_to(settings().home).parts[0]
        if not path.is_file() or folder == "postgres":
            continue
        data = path.read_bytes()
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                data = b"".join(archive.read(name) for name in archive.namelist())
        if text.encode() in data:
            hits.append(path)
    return hits


async def test_one_caller_is_erased_without_a_trace(
    superuser: psycopg.Connection, files: DataFolder, memory: RedisMemory
) -> None:
    tenant, other = await create_tenant(), await create_tenant()
    email, secret = f"{new_id()}@caller.example", f"secret-{new_id()}"
    call_ids = [await record_call(tenant, email, secret) for _ in range(2)]
    other_id = await record_call(tenant, "somebody@else.example", "what others said")
    foreign = await record_call(other, email, "said to another business")
    owner = await log_in(tenant)
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        export_id = await privacy.request_export(session, tenant.account_id, owner.actor, contact=None)
    await privacy.build_export(files, tenant.account_id, export_id)
    spool = settings().home / "spool" / f"{call_ids[0]}.spool.refused"
    spool.parent.mkdir(exist_ok=True)
    spool.write_text(secret)
    async with Redis.from_url(settings().redis.url.get_secret_value()) as redis:
        page = pickle.dumps({"rows": [{"id": ids.encode("call", call_ids[0]), "email": email, "text": secret}] * 50})
        await redis.set("a_token_of_a_page", page)
        await redis.hset(f"qv:call:{call_ids[1]}", "stage", "listening")
    superuser.commit()
    assert set(places_in_database(superuser, secret)) >= {"call_transcripts", "call_sessions", "consent_tickets"}
    assert places_in_files(secret)
    assert await places_in_redis(secret)

    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        assert await privacy.erase_caller(session, tenant.account_id, owner.actor, email) == 2
    superuser.commit()
    assert forget_jobs(superuser, tenant.account_id) == [call_ids], "one job for many calls"
    await privacy.forget_calls(files, memory, tenant.account_id, call_ids)

    superuser.commit()
    assert places_in_database(superuser, secret) == []
    rows = superuser.execute("select account_id from consent_tickets where email = %s", [email]).fetchall()
    assert rows == [(other.account_id,)], "another business keeps what was said to it"
    assert places_in_files(secret) == []
    assert await places_in_redis(secret) == []
    assert await places_in_redis(str(call_ids[1])) == []
    async with account_session(tenant.account_id) as session:
        list_ids = [item.call_id for item in (await calls.list_calls(session)).calls]
        assert list_ids == [other_id]
        with pytest.raises(NotFound):
            await calls.get_detail(session, call_ids[0])
    async with account_session(other.account_id) as session:
        assert (await calls.get_detail(session, foreign)).turns
    usage_count = superuser.execute("select count(*) from usage_events where call_id = any(%s)", [call_ids]).fetchone()
    assert usage_count == (2,), "what it cost is still in the books"


async def test_what_is_erased_stays_so_whatever_a_worker_still_sends() -> None:
    tenant = await create_tenant()
    email = f"{new_id()}@caller.example"
    call_id = await record_call(tenant, email, "hello")
    owner = await log_in(tenant)
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        await privacy.erase_caller(session, tenant.account_id, owner.actor, email)
        await calls.record(session, tenant.account_id, [turn(call_id, 7, "late words"), event(call_id, 8)])
        with pytest.raises(NotFound):
            await calls.rate(session, call_id, 1, "late comment")
    async with account_session(tenant.account_id) as session:
        with pytest.raises(NotFound):
            await privacy.erase_caller(session, tenant.account_id, owner.actor, email)


async def test_what_a_worker_is_about_to_store_is_erased_too(superuser: psycopg.Connection) -> None:
    tenant = await create_tenant()
    owner = await log_in(tenant)
    email, secret = f"{new_id()}@caller.example", f"secret-{new_id()}"
    call_id = await record_call(tenant, email, secret)

    async def erase() -> None:
        async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
            await privacy.erase_caller(session, tenant.account_id, owner.actor, email)

    async with account_session(tenant.account_id) as session:
        await calls.record(session, tenant.account_id, [turn(call_id, 7, f"{secret} again"), event(call_id, 8)])
        erasure = asyncio.create_task(erase())
        await wait_for_lock(superuser)
        assert not erasure.done(), "it waits for what is not committed"
    await erasure
    assert places_in_database(superuser, secret) == []


async def test_what_a_worker_stores_while_a_call_is_erased_is_dropped(superuser: psycopg.Connection) -> None:
    tenant = await create_tenant()
    owner = await log_in(tenant)
    email, secret = f"{new_id()}@caller.example", f"secret-{new_id()}"
    call_id = await record_call(tenant, email, secret)

    async def record() -> None:
        async with account_session(tenant.account_id) as session:
            await calls.record(session, tenant.account_id, [turn(call_id, 7, f"{secret} again")])

    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        await privacy.erase_caller(session, tenant.account_id, owner.actor, email)
        recording = asyncio.create_task(record())
        await wait_for_lock(superuser)
        assert not recording.done()
    await recording
    assert places_in_database(superuser, secret) == []


async def test_writers_of_one_call_do_not_wait_for_each_other() -> None:
    """Each may end it, which changes the row that both have locked."""
    tenant = await create_tenant()
    call_id = await call(tenant)
    end = CallEnd(call_id, CallStatus.COMPLETED, EndReason.GOODBYE, now(), 0)
    async with (
        asyncio.timeout(5),
        account_session(tenant.account_id) as first_session,
        account_session(tenant.account_id) as other,
    ):
        await calls.record(first_session, tenant.account_id, [turn(call_id, 7)])
        await calls.record(other, tenant.account_id, [turn(call_id, 8), end])


async def test_a_caller_is_known_by_phone_too() -> None:
    tenant = await create_tenant()
    owner = await log_in(tenant)
    await record_call(tenant, f"{new_id()}@caller.example", "hello", phone="+4930123456")
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        contact = await privacy.normalize_contact(session, tenant.account_id, " +49 (30) 123 456 ")
        assert contact == "+4930123456"
        assert await privacy.erase_caller(session, tenant.account_id, owner.actor, contact) == 1


async def test_what_is_no_contact_is_said() -> None:
    tenant = await create_tenant()
    async with account_session(tenant.account_id) as session:
        for text in ("", "nobody", "12345", "a@", "+", "+49"):
            with pytest.raises(InvalidInput) as error:
                await privacy.normalize_contact(session, tenant.account_id, text)
            assert error.value.field == "contact"


def contents(path: Path) -> dict[str, list[dict[str, Any]]]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name.removesuffix(".json"): json.loads(archive.read(name)) for name in archive.namelist()}


async def test_an_account_is_taken_along_whole(superuser: psycopg.Connection, files: DataFolder) -> None:
    tenant, other = await create_tenant(), await create_tenant()
    mark = f"mark-{new_id()}"
    call_id = await record_call(tenant, f"{new_id()}@caller.example", mark)
    await record_call(other, "x@caller.example", "not theirs")
    await furnish_person(tenant)
    await mail(tenant)
    actor = Actor(tenant.user_id, tenant.email)
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        export_id = await privacy.request_export(session, tenant.account_id, actor, contact=None)
    await privacy.build_export(files, tenant.account_id, export_id)
    await privacy.build_export(files, tenant.account_id, export_id)  # a job may run twice
    path = files.export_path(tenant.account_id, export_id)
    assert path.stat().st_mode & 0o777 == 0o600
    files_by_name = contents(path)
    assert set(files_by_name) == {*account_tables(superuser), "outbox", "members"} - {"api_tokens"}
    for name in set(files_by_name) - {"members", "exports", "outbox"}:
        query = sql.SQL("select count(*) from {} where account_id = %s").format(sql.Identifier(name))
        assert (len(files_by_name[name]),) == superuser.execute(query, [tenant.account_id]).fetchone(), name
    assert {row["account_id"] for name in set(files_by_name) - {"members"} for row in files_by_name[name]} == {
        str(tenant.account_id)
    }
    assert [row["text"] for row in files_by_name["call_transcripts"]] == [mark]
    assert files_by_name["call_sessions"][0]["id"] == str(call_id)
    assert [row["email"] for row in files_by_name["members"]] == [tenant.email]
    assert "password" not in path.read_bytes().decode("latin-1")
    async with account_session(tenant.account_id) as session:
        (item,) = await privacy.list_exports(session)
        assert (item.status, item.size) == ("ready", path.stat().st_size)
    async with account_session(other.account_id) as session:
        with pytest.raises(NotFound):
            await privacy.get_export(session, export_id)


async def test_one_caller_takes_their_data_along(files: DataFolder) -> None:
    tenant = await create_tenant()
    email = f"{new_id()}@caller.example"
    owner = await log_in(tenant)
    call_id = await record_call(tenant, email, "what I said")
    await record_call(tenant, "somebody@else.example", "what others said")
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        with pytest.raises(NotFound):
            await privacy.request_export(session, tenant.account_id, owner.actor, contact="nobody@caller.example")
        export_id = await privacy.request_export(session, tenant.account_id, owner.actor, contact=email)
    await privacy.build_export(files, tenant.account_id, export_id)
    data = contents(files.export_path(tenant.account_id, export_id))
    assert [row["email"] for row in data["consent_tickets"]] == [email]
    assert [row["id"] for row in data["call_sessions"]] == [str(call_id)]
    assert [row["text"] for row in data["call_transcripts"]] == ["what I said"]
    assert [len(data[name]) for name in ("call_events", "usage_events")] == [1, 1]


async def test_an_export_of_who_is_erased_meanwhile_is_not_kept(
    superuser: psycopg.Connection, files: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = await create_tenant()
    await record_call(tenant, f"{new_id()}@caller.example", "hello")
    export_id = await request_export(tenant)
    write = privacy._write

    async def write_and_remove(path: Path, tables: privacy.Tables) -> None:
        await write(path, tables)
        async with account_session(tenant.account_id) as session:
            await repository.remove_exports(session)

    monkeypatch.setattr(privacy, "_write", write_and_remove)
    await privacy.build_export(files, tenant.account_id, export_id)
    assert not files.export_path(tenant.account_id, export_id).exists()
    query = "select count(*) from outbox where idempotency_key = %s"
    assert superuser.execute(query, [f"export:{export_id}"]).fetchone() == (0,), "nobody is told"


async def test_an_export_asked_for_while_somebody_is_erased_is_not_made(superuser: psycopg.Connection) -> None:
    tenant = await create_tenant()
    owner = await log_in(tenant)
    email = f"{new_id()}@caller.example"
    await record_call(tenant, email, "hello")

    async def erase() -> None:
        async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
            await privacy.erase_caller(session, tenant.account_id, owner.actor, email)

    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        await privacy.request_export(session, tenant.account_id, owner.actor, contact=None)
        erasure = asyncio.create_task(erase())
        await wait_for_lock(superuser)
    await erasure
    assert await export_status(tenant) == []


@pytest.mark.parametrize(
    "change",
    [
        "update memberships set role = 'viewer' where account_id = %s",
        "delete from memberships where account_id = %s",
    ],
)
async def test_an_export_is_for_who_may_still_have_it(
    clock: psycopg.Connection, files: DataFolder, change: str
) -> None:
    tenant = await create_tenant()
    export_id = await request_export(tenant)
    clock.execute(change, [tenant.account_id])  # type: ignore[arg-type]
    await privacy.build_export(files, tenant.account_id, export_id)
    assert await export_status(tenant) == ["failed"]
    assert not files.export_path(tenant.account_id, export_id).exists()


async def test_an_export_that_cannot_be_made_says_so_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    tenant = await create_tenant()
    export_id = await request_export(tenant)

    async def fail(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(privacy, "_write", fail)
    for attempts, expected in ((4, "waiting"), (5, "failed")):
        context: Any = SimpleNamespace(job=SimpleNamespace(attempts=attempts))
        with pytest.raises(OSError, match="no space left"):
            await jobs.build_export(context, account_id=str(tenant.account_id), export_id=str(export_id))
        assert await export_status(tenant) == [expected]
