"""Nothing secret is written down: no log, no key of Valkey and no file has what people sent, wherever they sent it."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import redis

from quantum_app.domain.accounts.permissions import Role
from tests.isolation.tenant_pair import TenantPair
from tests.isolation.test_handlers import act, settle
from tests.processes import unneeded_secrets
from tests.stack import Stack
from tests.unit.ops.waiting import until
from tests.web.socket import connect

pytestmark = pytest.mark.isolation


def canary(name: str) -> str:
    return f"qvcanary-{name}-{uuid4().hex}"


def valkey(web: Stack) -> Any:
    """A connection, to be closed."""
    return redis.Redis.from_url(web.settings.redis.url.get_secret_value())


def page_states(web: Stack) -> Any:
    """A connection to the server of page states, to be closed."""
    return redis.Redis.from_url(web.settings.redis.page_states)


def contents(web: Stack) -> Iterator[tuple[bytes, bytes]]:
    """Every key of both servers, with all that stands under it."""
    for server in (valkey, page_states):
        with server(web) as client:
            yield from entries(client)


def entries(client: Any) -> Iterator[tuple[bytes, bytes]]:
    """Every key, with all that stands under it."""
    reads: dict[bytes, Any] = {
        b"string": client.get,
        b"hash": client.hgetall,
        b"list": lambda key: client.lrange(key, 0, -1),
        b"set": client.smembers,
        b"zset": lambda key: client.zrange(key, 0, -1),
        b"stream": client.xrange,
        b"none": lambda key: b"",
    }
    for key in client.scan_iter(count=1000):
        value = reads[client.type(key)](key)
        yield key, value if isinstance(value, bytes) else repr(value).encode()


def files(home: Path) -> Iterator[Path]:
    """Every file of the data folder but those of Postgres, which is the place for what people say."""
    yield from (path for path in home.rglob("*") if path.is_file() and path.relative_to(home).parts[0] != "postgres")


def places(web: Stack, texts: list[str]) -> list[str]:
    """Where one of the texts stands."""
    needles = [text.encode() for text in texts]
    matches = [f"key {key!r}" for key, value in contents(web) if any(text in key + value for text in needles)]
    for path in files(web.instance.home):
        content = path.read_bytes()
        matches += [str(path) for text in needles if text in content]
    return matches


async def fill_log(web: Stack) -> None:
    """What the web process said until now is in its log: an event of ours that it says next is."""
    log = web.logs["web"]
    before = log.read_text().count("login.refused")
    async with httpx.AsyncClient(base_url=web.url, headers={"x-forwarded-for": "198.51.100.99"}) as client:
        await client.post("/api/auth/login", json={"email": f"{uuid4().hex}@example.org", "password": "no"})
    await asyncio.to_thread(until, lambda: log.read_text().count("login.refused") > before, 20)


async def test_nothing_that_was_sent_is_written_down(tenants: TenantPair, web: Stack) -> None:
    login = tenants.logins[Role.VIEWER]
    cookie, form, words, password, link, bearer = (
        canary(name) for name in ("cookie", "form", "words", "password", "link", "bearer")
    )
    address = f"{canary('address')}@example.org"

    cookies = f"{login.cookie}; other={cookie}"
    for header in (cookies, f"{web.settings.cookie_name}={cookie}"):
        async with connect(web.url, header) as socket:
            # A tab older than the handler that it asks for, with a form in its hand.
            await act(socket, "reflex___state____state.nowhere", "/calls", form={"whom": form}, text=words)
            await act(socket, "reflex___state____state.is_hydrated", "/calls", text=words)
            frontend = "reflex___state____state.reflex___state____frontend_event_exception_state"
            await act(socket, f"{frontend}.handle_frontend_exception", "/", info=form, component_stack=words)
            await settle(socket)
    async with connect(web.url, cookies) as socket:
        for frame in (
            f'{{"name": "{form}',
            [form],
            {"name": [form]},
            {"payload": form},
            form * 100,
            f"a\n{form}\x1b[2J",
        ):
            await socket.send_raw(frame)  # type: ignore[arg-type]
        await settle(socket)

    async with httpx.AsyncClient(
        base_url=web.url, headers={"x-forwarded-for": "198.51.100.8", "user-agent": words}
    ) as client:
        for path, body in (
            ("/api/auth/login", {"email": address, "password": password}),
            ("/api/auth/token", {"email": address, "password": password, "code": form}),
            ("/api/auth/forgot", {"email": address}),
            ("/api/auth/reset", {"token": link, "password": password}),
            ("/api/auth/verify", {"token": link}),
            ("/api/auth/refresh", {"refresh_token": bearer}),
        ):
            assert (await client.post(path, json=body)).status_code < 500, path
        for body in (
            f'{{"email": "{form}',
            f'"{form}"',
            f'["{form}"]',
            f'{{"email": {{"a": "{form}"}}}}',
            f"\ufeff{form}",
        ):
            response = await client.post("/api/auth/login", content=body, headers={"content-type": "application/json"})
            assert response.status_code < 500
        for headers in ({"authorization": f"Bearer {bearer}"}, {"cookie": f"{web.settings.cookie_name}={cookie}"}):
            assert (await client.get(f"/api/flows/{form}", headers=headers)).status_code < 500
        await client.get(f"/login?next={form}", headers={"cookie": cookies})
    await fill_log(web)
    assert places(web, [form, words, password, link, bearer, address]) == []
    logins = [login.token.encode(), cookie.encode()]
    assert not [path for path in files(web.instance.home) if any(login in path.read_bytes() for login in logins)]


async def test_no_key_holds_a_login(tenants: TenantPair, web: Stack) -> None:
    """Reflex keeps the headers of a connection in the state of its tab; the cookie is not among them."""
    login, other = tenants.logins[Role.OWNER], canary("cookie")
    async with connect(web.url, f"{login.cookie}; other={other}") as socket:
        await settle(socket)
        assert places(web, [login.token, other]) == []


@pytest.mark.parametrize("server", [valkey, page_states])
def test_what_is_looked_for_would_be_found(web: Stack, server: Callable[[Stack], Any]) -> None:
    text = canary("planted")
    path = web.instance.home / "log" / "planted.log"
    with server(web) as client:
        for kind, write in (
            ("string", lambda key: client.set(key, text, ex=60)),
            ("hash", lambda key: client.hset(key, "a", text)),
            ("set", lambda key: client.sadd(key, text)),
        ):
            write(f"planted:{kind}")
        path.write_text(text)
        try:
            assert len(places(web, [text])) == 4
        finally:
            path.unlink()
            for kind in ("string", "hash", "set"):
                client.delete(f"planted:{kind}")


@pytest.mark.parametrize(("server", "folder"), [(valkey, "valkey"), (page_states, "valkey-pages")])
def test_valkey_writes_no_file_and_lets_go_of_everything(
    tenants: TenantPair, web: Stack, server: Callable[[Stack], Any], folder: str
) -> None:
    with server(web) as client:
        assert client.config_get("appendonly") == {"appendonly": "no"}
        assert client.config_get("save") == {"save": ""}
        assert int(client.config_get("maxmemory")["maxmemory"]) > 0
        assert client.slowlog_get() == []
        keys = [key for key in client.scan_iter(count=1000) if not key.startswith(b"qv:capacity:")]
        for_ever = [key for key in keys if client.ttl(key) == -1]
    assert for_ever == [], "a key without an expiry is never dropped, and fills the memory"
    assert list((web.instance.home / folder).iterdir()) == []


async def test_page_states_fill_no_memory_but_their_own(tenants: TenantPair, web: Stack) -> None:
    """A page that opens while their server is full is stored, the oldest go, and every counter stays."""
    with valkey(web) as counters, page_states(web) as states:
        counter, padding = f"qv:guess:{uuid4()}", [f"{uuid4()}_full" for _ in range(60)]
        counters.set(counter, 1, ex=600)
        evictions = counters.info("stats")["evicted_keys"]
        before = states.config_get("maxmemory")["maxmemory"]
        try:
            states.config_set("maxmemory", states.info("memory")["used_memory"] + 4_000_000)
            for key in padding:
                assert states.set(key, b"x" * 200_000)
            async with connect(web.url, tenants.logins[Role.OWNER].cookie) as socket:
                await settle(socket)
                assert [key for key in states.scan_iter(count=1000) if b"reflex___state" in key]
            assert 0 < states.exists(*padding) < len(padding)
            assert counters.get(counter) == b"1"
            assert not [key for key in counters.scan_iter(count=1000) if b"reflex___state" in key]
            assert counters.info("stats")["evicted_keys"] == evictions
        finally:
            states.config_set("maxmemory", before)
            states.delete(*padding)
            counters.delete(counter)


def test_a_full_valkey_takes_more_and_keeps_what_never_expires(web: Stack) -> None:
    """Counters may be dropped, and are counted again; leases of calls are not."""
    with valkey(web) as client:
        before = client.config_get("maxmemory")["maxmemory"]
        lease, counter = f"qv:capacity:{uuid4()}", f"qv:guess:{uuid4()}"
        keys = [f"{uuid4()}_full" for _ in range(60)]
        client.hset(lease, "call", "lease")
        try:
            client.config_set("maxmemory", client.info("memory")["used_memory"] + 4_000_000)
            for key in keys:
                assert client.set(key, b"x" * 200_000, ex=600)  # 12 MB in all
                assert client.incr(counter) > 0
                assert client.expire(counter, 600)
            assert 0 < client.exists(*keys) < len(keys)
            assert client.hgetall(lease) == {b"call": b"lease"}
        finally:
            client.config_set("maxmemory", before)
            client.delete(*keys, lease, counter)


def test_no_process_knows_a_secret_that_it_does_not_need(quiet_stack: Stack, web: Stack) -> None:
    parts, secrets = unneeded_secrets(quiet_stack)
    assert parts >= {"postgres", "valkey", "valkey-pages", "web"}
    assert secrets == []
