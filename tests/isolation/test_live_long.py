"""A minute of a call, live: who watches is shown every word, and whoever has the name of a watcher's tab is shown none.

test_live.py counts events; here sockets stay open, as somebody's would who waits for something to come.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from agent_worker.persistence.call_log import DurableCallLog
from quantum_app.db.session import account_session, dispose
from quantum_app.domain.accounts.permissions import Role
from quantum_app.domain.calls import service as calls
from quantum_app.domain.calls.schemas import CallStatus, EndReason, Speaker
from quantum_app.kit import ids
from quantum_app.kit.clock import now
from quantum_app.providers import redis_bus
from quantum_app.providers.redis_bus import RedisBus
from quantum_app.web.calls.state import CallsState, CallState
from tests.db.tenants import call
from tests.isolation.tenant_pair import TenantPair
from tests.isolation.test_handlers import settle
from tests.isolation.test_live import THIEVES
from tests.stack import Stack
from tests.web.socket import Socket, connect, take_over

pytestmark = pytest.mark.long

SECONDS = 60.0
EVERY = 0.25  # seconds between two turns of the call
# Seconds until a socket is closed and another is opened by the same name: never, and often.
HOLD_SECONDS = {"stays": 2 * SECONDS, "comes back": 4.0}


class Conversation:
    """A call of account A, whose turns are kept and told as the worker does it. words: of each turn so far."""

    def __init__(self, call_id: UUID, call_log: DurableCallLog) -> None:
        self.page = f"/calls/{ids.encode('call', call_id)}"
        self.words: list[str] = []
        self.end = asyncio.Event()
        self._call_log = call_log

    async def turn(self) -> str:
        words, at = uuid4().hex, now()
        await self._call_log.append_turn(Speaker.CALLER, words, at, at)
        self.words.append(words)
        return words

    async def run(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            await self.turn()
            await asyncio.sleep(EVERY)
        self.end.set()

    async def wait(self, seconds: float) -> None:
        """Wait so long, or until it is over."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.end.wait(), seconds)

    def count_in(self, text: str) -> int:
        return sum(words in text for words in self.words)


@pytest.fixture
async def conversation(
    tenants: TenantPair, web: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Conversation]:
    # A call waits no longer than a second for Redis, and an event may be lost to it. Here none may.
    monkeypatch.setattr(redis_bus, "_TIMEOUT", 30.0)
    tenants.mend()
    tenant = tenants.a.tenant
    call_id = await call(tenant)
    async with account_session(tenant.account_id) as session:
        briefing = await calls.get_briefing(session, call_id)
    async with aclosing(RedisBus(web.settings.redis.url.get_secret_value())) as bus:
        call_log = await DurableCallLog.open(tmp_path, briefing, bus)
        yield Conversation(call_id, call_log)
        await call_log.append_end(CallStatus.COMPLETED, EndReason.GOODBYE)
        assert await call_log.close()
    tenants.mend()
    await dispose()


async def open_call(socket: Socket, page: str) -> None:
    """The page of a call, which is live from now on."""
    await socket.send(CallState, "load", page)
    await socket.wait_for('"loaded_rx_state_": true')


async def watch(url: str, cookie: str, tab: str, conversation: Conversation) -> None:
    """A tab in which somebody is shown what is said, until they go."""
    async with connect(url, cookie, tab=tab) as socket:
        await open_call(socket, conversation.page)
        await socket.wait_for(await conversation.turn())


async def steal(url: str, cookie: str, tab: str, conversation: Conversation, hold_seconds: float) -> int:
    """Somebody connects by a tab's name and says nothing; how often they did."""
    times = 0
    while not conversation.end.is_set():
        async with take_over(url, cookie, tab) as socket:
            times += 1
            await conversation.wait(hold_seconds)
            assert socket.updates == "[]"
    return times


async def test_a_minute_of_live_events_is_for_who_may_watch(
    tenants: TenantPair, web: Stack, conversation: Conversation
) -> None:
    url, reader, leaver = web.url, tenants.logins[Role.ADMIN], tenants.logins[Role.BUILDER]
    owner = tenants.logins[Role.OWNER].cookie
    # A tab for each thief and each way to listen. In all of them somebody of A was shown the call.
    thefts: list[tuple[str, str, float]] = []
    for name, thief_cookie in THIEVES.items():
        login = leaver if thief_cookie is THIEVES["a login that ended"] else reader
        for hold_seconds in HOLD_SECONDS.values():
            thefts.append((name, str(uuid4()), hold_seconds))
            await watch(url, login.cookie, thefts[-1][1], conversation)
    shared_tab = str(uuid4())
    await watch(url, reader.cookie, shared_tab, conversation)

    async with (
        connect(url, owner) as watcher,
        connect(url, leaver.cookie) as leaver_socket,
        take_over(url, tenants.stranger.cookie, shared_tab) as second_account,
    ):
        await open_call(watcher, conversation.page)
        await open_call(leaver_socket, conversation.page)
        last = await conversation.turn()
        await leaver_socket.wait_for(last)
        await watcher.wait_for(last)
        # The next person in this browser asks for everything that they may ask for, and for A's call.
        await second_account.send(CallsState, "load", "/calls")
        await second_account.send(CallState, "load", conversation.page)
        await second_account.wait_for('"missing_rx_state_": true')
        tasks: list[Coroutine[Any, Any, int]] = []
        for name, tab, hold_seconds in thefts:
            cookie = THIEVES[name](tenants, leaver if name == "a login that ended" else reader)
            tasks.append(steal(url, cookie, tab, conversation, hold_seconds))
        before = conversation.count_in(leaver_socket.updates)
        *times, returns, _ = await asyncio.gather(
            *tasks, come_back(url, reader.cookie, conversation), conversation.run(SECONDS)
        )
        assert len(conversation.words) > 2 * SECONDS, "several a second"
        stays = [count for (_, _, hold_seconds), count in zip(thefts, times, strict=True) if hold_seconds > SECONDS]
        assert stays == [1] * len(THIEVES)
        assert min([*(count for count in times if count != 1), returns]) > 5
        await watcher.wait_for(await conversation.turn())
        assert conversation.count_in(watcher.updates) == len(conversation.words), "who may watch is shown every turn"
        for socket in (leaver_socket, second_account):
            await settle(socket)
        assert conversation.count_in(leaver_socket.updates) == before
        assert conversation.count_in(second_account.updates) == 0

    # Through each of these tabs, the call would have been shown to who may see it.
    tenants.mend()
    for _, tab, _ in thefts:
        async with take_over(url, reader.cookie, tab) as socket:
            await open_call(socket, conversation.page)
            await socket.wait_for(await conversation.turn())


async def come_back(url: str, cookie: str, conversation: Conversation) -> int:
    """Somebody who may watch loses their connection again and again, and is shown what follows; how often they did."""
    tab, times = str(uuid4()), 0
    while not conversation.end.is_set():
        async with take_over(url, cookie, tab) as socket:
            await open_call(socket, conversation.page)
            since = len(conversation.words)
            await conversation.wait(HOLD_SECONDS["comes back"])
            new_words = conversation.words[since:]
            await socket.wait_for(new_words[-1])
            assert [words for words in new_words if words not in socket.updates] == []
            times += 1
    return times
