"""A person's data: taken along whole, erased without a trace, and kept no longer than the account wants."""

import json
import pickle
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from redis.asyncio import Redis

from quantum_app.db.session import account_session
from quantum_app.domain.accounts import service as accounts
from quantum_app.domain.audit.schemas import Actor
from quantum_app.domain.calls import service as calls
from quantum_app.domain.calls.schemas import CallEnd, CallStatus, EndReason
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.domain.privacy import service as privacy
from quantum_app.domain.privacy import upkeep
from quantum_app.errors import InvalidInput, NotFound
from quantum_app.kit import ids
from quantum_app.kit.clock import now
from quantum_app.kit.ids import new_id
from quantum_app.providers.data_folder import DataFolder
from quantum_app.providers.redis_memory import RedisMemory
from quantum_app.settings import settings
from tests.db.catalog import account_tables
from tests.db.tenants import Tenant, event, furnish_person, logged_in, mail, tenant, turn, usage
from tests.stack import Stack


@pytest.fixture
def files(database: Stack) -> DataFolder:
    return DataFolder(settings().home)


@pytest.fixture
def memory(stack: Stack) -> RedisMemory:
    stack.need("valkey")
    return RedisMemory(settings().redis.url.get_secret_value())


async def called(of: Tenant, email: str, text: str, *, phone: str | None = None) -> UUID:
    """A call of this person, in which they said the text, over."""
    async with account_session(of.account_id) as session:
        started = await calls.start(
            session, of.campaign, email=email, name=f"Name {text}", phone=phone, consent=True, consent_version="2026-1"
        )
        call_id = started.call_id
        end = CallEnd(call_id, CallStatus.COMPLETED, EndReason.GOODBYE, now(), 0)
        records = [turn(call_id, 1, text), event(call_id, 2), usage(call_id, 3), end]
        await calls.record(session, of.account_id, records)
        await calls.rate(session, call_id, 5, f"Comment {text}")
    return call_id


def found_in_database(superuser: psycopg.Connection, text: str) -> list[str]:
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


async def found_in_redis(text: str) -> list[bytes]:
    async with Redis.from_url(settings().redis.url.get_secret_value()) as redis:
        hits: list[bytes] = []
        async for key in redis.scan_iter():
            kind = await redis.type(key)
            held = await redis.get(key) if kind == b"string" else repr(await redis.hgetall(key)).encode()
            if text.encode() in key + (held or b""):
                hits.append(key)
        return hits


def found_in_files(text: str) -> list[Path]:
    """Files of the data folder but the servers' own, whose contents are asked above, by name, contents, and inside."""
    hits: list[Path] = []
    for path in settings().home.rglob("*"):
        inside = path.relative_to(settings().home).parts[0]
        if not path.is_file() or inside in {"postgres", "valkey"}:
            continue
        data = path.read_bytes()
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                data = b"".join(archive.read(name) for name in archive.namelist())
        if text.encode() in data:
            hits.append(path)
    return hits


def forget_jobs(superuser: psycopg.Connection, account_id: UUID) -> list[UUID]:
    query = "select args->>'call_id' from jobs.procrastinate_jobs where task_name = %s and args->>'account_id' = %s"
    return [UUID(call_id) for (call_id,) in superuser.execute(query, [privacy.FORGET, str(account_id)])]


async def test_one_caller_is_erased_without_a_trace(
    superuser: psycopg.Connection, files: DataFolder, memory: RedisMemory
) -> None:
    of, other = await tenant(), await tenant()
    email, secret = f"{new_id()}@caller.example", f"secret-{new_id()}"
    gone = [await called(of, email, secret) for _ in range(2)]
    kept = await called(of, "somebody@else.example", "what others said")
    foreign = await called(other, email, "said to another business")
    who = await logged_in(of)
    async with account_session(of.account_id, user_id=of.user_id) as session:
        export_id = await privacy.request_export(session, of.account_id, who.actor, contact=None)
    await privacy.build_export(files, of.account_id, export_id)
    spool = settings().home / "spool" / f"{gone[0]}.spool.refused"
    spool.parent.mkdir(exist_ok=True)
    spool.write_text(secret)
    async with Redis.from_url(settings().redis.url.get_secret_value()) as redis:
        page = pickle.dumps({"rows": [{"id": ids.encode("call", gone[0]), "email": email, "text": secret}] * 50})
        await redis.set("a_token_of_a_page", page)
        await redis.hset(f"qv:call:{gone[1]}", "stage", "listening")
    superuser.commit()
    assert set(found_in_database(superuser, secret)) >= {"call_transcripts", "call_sessions", "consent_tickets"}
    assert found_in_files(secret)
    assert await found_in_redis(secret)

    async with account_session(of.account_id, user_id=of.user_id) as session:
        assert await privacy.erase_caller(session, of.account_id, who.actor, email) == 2
    superuser.commit()
    assert set(forget_jobs(superuser, of.account_id)) == set(gone), "jobs carry ids"
    for call_id in gone:
        await privacy.forget_call(files, memory, of.account_id, call_id)

    superuser.commit()
    assert found_in_database(superuser, secret) == []
    rows = superuser.execute("select account_id from consent_tickets where email = %s", [email]).fetchall()
    assert rows == [(other.account_id,)], "another business keeps what was said to it"
    assert found_in_files(secret) == []
    assert await found_in_redis(secret) == []
    assert await found_in_redis(str(gone[1])) == []
    async with account_session(of.account_id) as session:
        listed = [item.call_id for item in (await calls.list_calls(session)).calls]
        assert listed == [kept]
        with pytest.raises(NotFound):
            await calls.detail(session, gone[0])
    async with account_session(other.account_id) as session:
        assert (await calls.detail(session, foreign)).turns
    usage_left = superuser.execute("select count(*) from usage_events where call_id = any(%s)", [gone]).fetchone()
    assert usage_left == (2,), "what it cost is still in the books"


async def test_what_is_erased_stays_so_whatever_a_worker_still_sends() -> None:
    of = await tenant()
    email = f"{new_id()}@caller.example"
    call_id = await called(of, email, "hello")
    who = await logged_in(of)
    async with account_session(of.account_id, user_id=of.user_id) as session:
        await privacy.erase_caller(session, of.account_id, who.actor, email)
        await calls.record(session, of.account_id, [turn(call_id, 7, "late words"), event(call_id, 8)])
        with pytest.raises(NotFound):
            await calls.rate(session, call_id, 1, "late comment")
    async with account_session(of.account_id) as session:
        with pytest.raises(NotFound):
            await privacy.erase_caller(session, of.account_id, who.actor, email)


async def test_a_caller_is_known_by_phone_too() -> None:
    of = await tenant()
    who = await logged_in(of)
    await called(of, f"{new_id()}@caller.example", "hello", phone="+4930123456")
    assert privacy.contact_of(" +49 (30) 123 456 ") == "+4930123456"
    async with account_session(of.account_id, user_id=of.user_id) as session:
        assert await privacy.erase_caller(session, of.account_id, who.actor, "+4930123456") == 1


@pytest.mark.parametrize("text", ["", "nobody", "030 123456", "a@", "+", "+49"])
def test_what_is_no_contact_is_said(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        privacy.contact_of(text)
    assert refused.value.field == "contact"


def contents(path: Path) -> dict[str, list[dict[str, Any]]]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name.removesuffix(".json"): json.loads(archive.read(name)) for name in archive.namelist()}


async def test_an_account_is_taken_along_whole(superuser: psycopg.Connection, files: DataFolder) -> None:
    of, other = await tenant(), await tenant()
    mark = f"mark-{new_id()}"
    call_id = await called(of, f"{new_id()}@caller.example", mark)
    await called(other, "x@caller.example", "not theirs")
    await furnish_person(of)
    await mail(of)
    who = Actor(of.user_id, of.email)
    async with account_session(of.account_id, user_id=of.user_id) as session:
        export_id = await privacy.request_export(session, of.account_id, who, contact=None)
    await privacy.build_export(files, of.account_id, export_id)
    await privacy.build_export(files, of.account_id, export_id)  # a job may run twice
    path = files.export_path(of.account_id, export_id)
    assert path.stat().st_mode & 0o777 == 0o600
    taken = contents(path)
    assert set(taken) == {*account_tables(superuser), "outbox", "members"} - {"login_sessions"}
    for name in set(taken) - {"members", "exports", "outbox"}:
        query = sql.SQL("select count(*) from {} where account_id = %s").format(sql.Identifier(name))
        assert (len(taken[name]),) == superuser.execute(query, [of.account_id]).fetchone(), name
    assert {row["account_id"] for name in set(taken) - {"members"} for row in taken[name]} == {str(of.account_id)}
    assert [row["text"] for row in taken["call_transcripts"]] == [mark]
    assert taken["call_sessions"][0]["id"] == str(call_id)
    assert [row["email"] for row in taken["members"]] == [of.email]
    assert "password" not in path.read_bytes().decode("latin-1")
    async with account_session(of.account_id) as session:
        (listed,) = await privacy.list_exports(session)
        assert (listed.status, listed.size) == ("ready", path.stat().st_size)
    async with account_session(other.account_id) as session:
        with pytest.raises(NotFound):
            await privacy.export(session, export_id)


async def test_one_caller_takes_their_data_along(files: DataFolder) -> None:
    of = await tenant()
    email = f"{new_id()}@caller.example"
    who = await logged_in(of)
    mine = await called(of, email, "what I said")
    await called(of, "somebody@else.example", "what others said")
    async with account_session(of.account_id, user_id=of.user_id) as session:
        with pytest.raises(NotFound):
            await privacy.request_export(session, of.account_id, who.actor, contact="nobody@caller.example")
        export_id = await privacy.request_export(session, of.account_id, who.actor, contact=email)
    await privacy.build_export(files, of.account_id, export_id)
    taken = contents(files.export_path(of.account_id, export_id))
    assert [row["email"] for row in taken["consent_tickets"]] == [email]
    assert [row["id"] for row in taken["call_sessions"]] == [str(mine)]
    assert [row["text"] for row in taken["call_transcripts"]] == ["what I said"]
    assert [len(taken[name]) for name in ("call_events", "usage_events")] == [1, 1]


@pytest.fixture
def clock(database: Stack) -> Iterator[psycopg.Connection]:
    """A superuser whose changes stay, to let time pass."""
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        yield connection


async def test_calls_are_kept_as_long_as_the_account_wants(clock: psycopg.Connection, files: DataFolder) -> None:
    short, forever = await tenant(), await tenant()
    old, new, always = [await called(of, f"{new_id()}@caller.example", "hello") for of in (short, short, forever)]
    clock.execute("update accounts set retention_days = 30 where account_id = %s", [short.account_id])
    clock.execute(
        "update call_sessions set ended_at = %s where id = any(%s)", [now() - timedelta(days=31), [old, always]]
    )
    done = await upkeep.run(files)
    assert done["erased"] >= 1
    for of, expected in ((short, [new]), (forever, [always])):
        async with account_session(of.account_id) as session:
            assert [item.call_id for item in (await calls.list_calls(session)).calls] == expected


async def test_a_deleted_call_comes_back_for_thirty_days(clock: psycopg.Connection, files: DataFolder) -> None:
    of = await tenant()
    who = await logged_in(of)
    call_id = await called(of, f"{new_id()}@caller.example", "hello")
    async with account_session(of.account_id, user_id=of.user_id) as session:
        await calls.delete(session, of.account_id, who.actor, call_id)
        with pytest.raises(NotFound):
            await calls.detail(session, call_id)
        with pytest.raises(NotFound):
            await calls.delete(session, of.account_id, who.actor, call_id)
        await calls.restore(session, of.account_id, who.actor, call_id)
        assert (await calls.detail(session, call_id)).turns
        await calls.delete(session, of.account_id, who.actor, call_id)
    clock.execute("update call_sessions set deleted_at = %s where id = %s", [now() - timedelta(days=31), call_id])
    await upkeep.run(files)
    async with account_session(of.account_id, user_id=of.user_id) as session:
        with pytest.raises(NotFound):
            await calls.restore(session, of.account_id, who.actor, call_id)


async def test_a_deleted_campaign_takes_no_calls_and_comes_back(clock: psycopg.Connection, files: DataFolder) -> None:
    of = await tenant()
    who = await logged_in(of)
    call_id = await called(of, f"{new_id()}@caller.example", "hello")
    campaign_id = of.campaign.campaign_id
    async with account_session(of.account_id, user_id=of.user_id) as session:
        await campaigns.delete(session, of.account_id, who.actor, campaign_id)
        assert await campaigns.names(session) == []
        assert (await calls.detail(session, call_id)).turns, "its calls are still there"
    with pytest.raises(NotFound):
        await campaigns.open_to_public(of.campaign.public_id)
    async with account_session(of.account_id, user_id=of.user_id) as session:
        await campaigns.restore(session, of.account_id, who.actor, campaign_id)
        with pytest.raises(NotFound):
            await campaigns.restore(session, of.account_id, who.actor, campaign_id)
    assert (await campaigns.open_to_public(of.campaign.public_id)).active
    clock.execute("update campaigns set deleted_at = %s where id = %s", [now() - timedelta(days=31), campaign_id])
    await upkeep.run(files)
    async with account_session(of.account_id) as session:
        with pytest.raises(NotFound):
            await calls.detail(session, call_id)


async def test_a_deleted_account_is_purged_whole_and_no_other(clock: psycopg.Connection, files: DataFolder) -> None:
    gone, kept = await tenant(), await tenant()
    for of in (gone, kept):
        await called(of, f"{new_id()}@caller.example", "hello")
        await mail(of)
        await furnish_person(of)
    tables = [name for name in [*account_tables(clock), "outbox", "login_sessions"]]
    counted = "select count(*) from {} where account_id = %s"

    def rows(of: Tenant) -> dict[str, int]:
        return {
            name: clock.execute(sql.SQL(counted).format(sql.Identifier(name)), [of.account_id]).fetchone()[0]  # type: ignore[index]
            for name in tables
        }

    before = rows(kept)
    clock.execute(
        "update accounts set deleted_at = %s where account_id = %s", [now() - timedelta(days=29), gone.account_id]
    )
    assert (await upkeep.run(files))["purged"] == 0
    clock.execute(
        "update accounts set deleted_at = %s where account_id = %s", [now() - timedelta(days=31), gone.account_id]
    )
    assert (await upkeep.run(files))["purged"] == 1
    assert set(rows(gone).values()) == {0}
    for name in ("users", "one_time_tokens", "recovery_codes", "user_identities", "outbox"):
        column = "id" if name == "users" else "user_id"
        query = sql.SQL("select count(*) from {} where {} = %s").format(sql.Identifier(name), sql.Identifier(column))
        assert clock.execute(query, [gone.user_id]).fetchone() == (0,), name
        assert clock.execute(query, [kept.user_id]).fetchone() != (0,), name
    assert rows(kept) == before


async def test_a_restored_account_is_not_purged(clock: psycopg.Connection, files: DataFolder) -> None:
    of = await tenant()
    who = await logged_in(of)
    async with account_session(of.account_id, user_id=of.user_id) as session:
        await accounts.delete(session, of.account_id, who.actor, typed_name="Homes")
        await accounts.restore(session, of.account_id, who.actor)
    await upkeep.run(files)
    assert await logged_in(of)
