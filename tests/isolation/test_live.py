"""What is pushed to pages that are open: to who may see it at that moment, on the connection that asked."""

import re
from collections.abc import AsyncIterator
from contextlib import aclosing
from uuid import uuid4

import aiohttp
import pytest
import redis

from quantum_app.domain.accounts.permissions import Role
from quantum_app.kit.clock import now
from quantum_app.providers.redis_bus import RedisBus
from quantum_app.web.calls.state import CallsState, CallState
from tests.isolation.handlers import handlers
from tests.isolation.tenant_pair import Login, TenantPair
from tests.isolation.test_handlers import act, settle
from tests.stack import Stack
from tests.web.socket import Socket, connect, take_over

# The start alone is also found in random bytes.
JSON_WEB_TOKEN = re.compile(rb"eyJ[\w-]{8,}\.eyJ")

pytestmark = pytest.mark.isolation


class LiveEvent:
    """Calls of account A, in which something happens."""

    def __init__(self, tenants: TenantPair, bus: RedisBus) -> None:
        self._tenants = tenants
        self._bus = bus

    async def __call__(self, *sockets: Socket) -> str:
        """Whoever calls account A has a new address from now on, and its pages are told. Gives the address.

        sockets: of pages that are waited for until they show it. It is never an address that a page shows already.
        """
        address = f"{uuid4().hex}@caller.example"
        account_id, connection = self._tenants.a.account_id, self._tenants.connection
        connection.execute("update consent_tickets set email = %s where account_id = %s", [address, account_id])
        (call,) = connection.execute("select id from call_sessions where account_id = %s", [account_id]).fetchall()[0]
        await self._bus.publish(account_id, {"type": "usage.recorded", "call_id": str(call), "at": now().isoformat()})
        for socket in sockets:
            await socket.wait_for(address)
        return address

    async def push_to_all(self, watcher: Socket) -> set[str]:
        """Two events, one after the other: when the watcher shows the second, nobody waits for the first any more.

        Pages are told one after the other, so that the watcher may be before the page that must not be told.
        """
        return {await self(watcher) for _ in range(2)}


@pytest.fixture
async def live_event(tenants: TenantPair, web: Stack) -> AsyncIterator[LiveEvent]:
    tenants.mend()
    async with aclosing(RedisBus(web.settings.redis.url.get_secret_value())) as bus:
        yield LiveEvent(tenants, bus)
    tenants.mend()


async def open_calls(socket: Socket) -> None:
    """The list of calls, which is live from now on."""
    await socket.send(CallsState, "load", "/calls")
    await socket.wait_for('"loaded_rx_state_": true')


async def test_a_role_that_was_taken_away_is_shown_nothing_more(
    tenants: TenantPair, web: Stack, live_event: LiveEvent
) -> None:
    login, other = tenants.logins[Role.VIEWER], tenants.logins[Role.OWNER]
    async with connect(web.url, login.cookie) as socket, connect(web.url, other.cookie) as watcher:
        await open_calls(socket)
        await open_calls(watcher)
        await live_event(socket, watcher)
        tenants.connection.execute("update memberships set role = 'operator' where user_id = %s", [login.user_id])
        addresses = await live_event.push_to_all(watcher)
        await settle(socket)
        assert [address for address in addresses if address in socket.updates] == []
        tenants.mend()
        await live_event(socket)  # by the same watch, which was never given up


def _end_login(tenants: TenantPair, login: Login) -> str:
    tenants.connection.execute("delete from login_sessions where user_id = %s", [login.user_id])
    return login.cookie


THIEVES = {
    "nobody": lambda tenants, _: "",
    "another account": lambda tenants, _: tenants.stranger.cookie,
    "a login that ended": _end_login,
}


@pytest.mark.parametrize("thief", THIEVES.values(), ids=THIEVES)
async def test_the_name_of_a_tab_gives_nothing(
    tenants: TenantPair, web: Stack, live_event: LiveEvent, thief: object
) -> None:
    """Whoever connects by the name of a tab that is gone, and says nothing, is told nothing, however often they try."""
    login, tab = tenants.logins[Role.VIEWER], str(uuid4())
    async with connect(web.url, tenants.logins[Role.OWNER].cookie) as watcher:
        await open_calls(watcher)
        async with connect(web.url, login.cookie, tab=tab) as socket:
            await open_calls(socket)
            await live_event(socket, watcher)
        cookie = thief(tenants, login)  # type: ignore[operator]
        for _ in range(5):
            async with take_over(web.url, cookie, tab) as thief_socket:
                await live_event.push_to_all(watcher)
                assert thief_socket.updates == "[]"
        tenants.mend()
        async with take_over(web.url, login.cookie, tab) as socket:
            await open_calls(socket)
            await live_event(socket)


async def test_who_comes_back_is_told_of_what_they_ask_for(
    tenants: TenantPair, web: Stack, live_event: LiveEvent
) -> None:
    """The same login in the same tab: nothing before it asks, and everything from then on."""
    login, tab = tenants.logins[Role.VIEWER], str(uuid4())
    async with connect(web.url, tenants.logins[Role.OWNER].cookie) as watcher:
        await open_calls(watcher)
        async with connect(web.url, login.cookie, tab=tab) as socket:
            await open_calls(socket)
        async with take_over(web.url, login.cookie, tab) as socket:
            await live_event.push_to_all(watcher)
            assert socket.updates == "[]"
            await open_calls(socket)
            await live_event(socket)


async def test_two_accounts_in_one_browser_are_told_each_its_own(
    tenants: TenantPair, web: Stack, live_event: LiveEvent
) -> None:
    """The same tab, first with one login and then with another."""
    tab = str(uuid4())
    async with connect(web.url, tenants.logins[Role.OWNER].cookie, tab=tab) as socket:
        await open_calls(socket)
        await live_event(socket)
    async with take_over(web.url, tenants.stranger.cookie, tab) as socket:
        await open_calls(socket)
        async with connect(web.url, tenants.logins[Role.OWNER].cookie) as watcher:
            await open_calls(watcher)
            addresses = await live_event.push_to_all(watcher)
        await settle(socket)
        assert [address for address in addresses if address in socket.updates] == []
        assert tenants.leaks(socket.updates)  # B's own


def _keys(server: redis.Redis, tab: str) -> list[bytes]:
    return sorted(server.scan_iter(f"{tab}_reflex*", count=1000))


@pytest.fixture
def store(web: Stack) -> redis.Redis:
    return redis.Redis.from_url(web.settings.redis.page_states)


async def test_a_page_whose_state_was_dropped_is_loaded_anew(
    tenants: TenantPair, web: Stack, live_event: LiveEvent, store: redis.Redis
) -> None:
    tab, path, status = str(uuid4()), "/calls?status=completed", '"status_rx_state_": "completed"'
    async with connect(web.url, tenants.logins[Role.VIEWER].cookie, tab=tab) as socket:
        await socket.send(CallsState, "load", path)
        await socket.wait_for('"loaded_rx_state_": true')
        for reload in (live_event, lambda: socket.send(CallsState, "search", path, form={})):
            await settle(socket)
            before = socket.updates.count(status)
            store.delete(*_keys(store, tab))
            await reload()
            await socket.wait_for(status, times=before + 1)


@pytest.mark.parametrize("suffix", ["session____session", "reflex___state____state"])
async def test_what_is_left_of_a_state_is_shown_to_nobody_else(
    tenants: TenantPair, web: Stack, store: redis.Redis, suffix: str
) -> None:
    """Redis drops one key after the other."""
    tab = str(uuid4())
    async with connect(web.url, tenants.stranger.cookie, tab=tab) as socket:
        await socket.send(CallsState, "load", "/calls")
        await socket.wait_for('"loaded_rx_state_": true')
        await settle(socket)
        assert tenants.leaks(socket.updates)
    toast = next(handler.name for handler in handlers() if handler.label == "toast.close")
    for name in (toast, "reflex___state____state.hydrate_and_load"):
        for key in _keys(store, tab):
            if key.decode().endswith(suffix):
                store.delete(key)
        async with take_over(web.url, "", tab) as socket:
            await act(socket, name, "/login")
            await settle(socket)
            assert tenants.leaks(socket.updates, *tenants.known_texts) == []


async def test_redis_keeps_no_cookie_and_forgets_strangers_soon(
    tenants: TenantPair, web: Stack, store: redis.Redis
) -> None:
    login, tab, other = tenants.logins[Role.VIEWER], str(uuid4()), str(uuid4())
    limits = web.settings.sockets
    headers = {"User-Agent": "qvplanted-browser", "Authorization": "Bearer qvplanted"}
    async with (
        connect(web.url, login.cookie, tab=tab, address="198.19.77.77", **headers) as socket,
        connect(web.url, tab=other) as anonymous,
    ):
        await open_calls(socket)
        await socket.send(CallState, "load", "/calls/none")
        await settle(socket)
        await settle(anonymous)
        secret = login.cookie.partition("=")[2].encode()
        for key in store.scan_iter(count=1000):
            if store.type(key) == b"string":
                value = store.get(key) or b""
                assert not [needle for needle in (secret, b"qvplanted", b"198.19.77.77") if needle in value], key
                assert not JSON_WEB_TOKEN.search(value), key
        own_lifetimes = [store.ttl(key) for key in _keys(store, tab)]
        assert limits.anonymous_state < min(own_lifetimes) <= max(own_lifetimes) <= limits.state
        lifetimes = [store.ttl(key) for key in _keys(store, other)]
        assert 0 < min(lifetimes) <= max(lifetimes) <= limits.anonymous_state


async def test_a_socket_that_is_refused_leaves_nothing(tenants: TenantPair, web: Stack, store: redis.Redis) -> None:
    tab = str(uuid4())
    async with aiohttp.ClientSession() as http:
        for cookie in ("", tenants.logins[Role.OWNER].cookie):
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await http.ws_connect(
                    f"{web.url}/_event/?token={tab}&EIO=4&transport=websocket", headers={"Cookie": cookie}
                )
    assert list(store.scan_iter(f"*{tab}*", count=1000)) == []
