"""A page that has lost its connection comes back to its own state, and nobody else does."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from quantum_app.db.session import dispose
from quantum_app.domain.identity import service as identity
from quantum_app.settings import settings
from quantum_app.web.campaigns.state import CampaignsState
from tests.db.tenants import PASSWORD, Tenant, create_tenant
from tests.stack import Stack
from tests.web.socket import Socket, connect

pytestmark = pytest.mark.api

PATH = "/campaigns"
OPEN = '"dialog_rx_state_": "new"'


@pytest.fixture
async def member(quiet_stack: Stack) -> AsyncIterator[tuple[Tenant, str]]:
    """An account's owner, and their cookie."""
    quiet_stack.need("web")
    of = await create_tenant()
    login = await identity.login(of.email, PASSWORD)
    yield of, f"{settings().cookie_name}={login.token}"  # type: ignore[union-attr]
    await dispose()


async def _open_dialog(socket: Socket) -> None:
    await socket.send(CampaignsState, "load", PATH)
    await socket.wait_for('"loaded_rx_state_": true')
    await socket.send(CampaignsState, "ask_for_new", PATH)
    await socket.wait_for(OPEN)


def _dialogs(socket: Socket) -> set[str]:
    """The campaigns page's dialogs that the server has told of. Empty: none is open."""
    deltas = [update["delta"].get(CampaignsState.get_full_name(), {}) for update in json.loads(socket.updates)]
    return {delta["dialog_rx_state_"] for delta in deltas if "dialog_rx_state_" in delta}


async def _wait_closed(socket: Socket) -> None:
    async with asyncio.timeout(15):
        while True:
            if "" in _dialogs(socket):
                return
            await asyncio.sleep(0.05)


def _boot(hashes: list[str] | None) -> dict[str, Any]:
    """What a page sends as it connects. hashes: of what it holds, on its first load."""
    return {
        "name": "reflex___state____state.hydrate_and_load",
        "payload": {} if hashes is None else {"hashes": hashes},
        "router_data": {"pathname": PATH, "asPath": PATH, "query": {}},
    }


async def test_what_was_open_is_still_open(quiet_stack: Stack, member: tuple[Tenant, str]) -> None:
    """The server takes the lost socket for open: nothing told it otherwise."""
    tab = str(uuid4())
    async with connect(quiet_stack.url, member[1], tab=tab) as old:
        await _open_dialog(old)
        async with connect(quiet_stack.url, member[1], tab=tab, boot=_boot(None)) as socket:
            await socket.wait_for(OPEN)
            await socket.wait_for('"is_hydrated_rx_state_": true')
            assert not socket.renamed
            assert _dialogs(socket) == {"new"}
            await socket.send(CampaignsState, "dismiss", PATH)
            await _wait_closed(socket)


async def test_opening_a_page_again_closes_what_was_open(quiet_stack: Stack, member: tuple[Tenant, str]) -> None:
    tab = str(uuid4())
    async with connect(quiet_stack.url, member[1], tab=tab) as old:
        await _open_dialog(old)
        async with connect(quiet_stack.url, member[1], tab=tab, boot=_boot(None)) as socket:
            await socket.wait_for('"is_hydrated_rx_state_": true')
            internal = "reflex___state____state.reflex___state____on_load_internal_state.on_load_internal"
            await socket.send_raw({**_boot(None), "name": internal, "payload": {}})
            await _wait_closed(socket)


async def test_a_duplicate_of_a_tab_has_a_state_of_its_own(quiet_stack: Stack, member: tuple[Tenant, str]) -> None:
    tab = str(uuid4())
    async with connect(quiet_stack.url, member[1], tab=tab) as first:
        await _open_dialog(first)
        async with connect(quiet_stack.url, member[1], tab=tab, boot=_boot([])) as socket:
            await socket.wait_for('"is_hydrated_rx_state_": true')
            assert socket.renamed
            assert "new" not in _dialogs(socket)
        await first.send(CampaignsState, "dismiss", PATH)
        await _wait_closed(first)


@pytest.mark.parametrize("logged_in", [True, False])
async def test_nobody_else_takes_a_tab_over(quiet_stack: Stack, member: tuple[Tenant, str], logged_in: bool) -> None:
    other = await identity.login((await create_tenant()).email, PASSWORD)
    cookie = f"{settings().cookie_name}={other.token}" if logged_in else ""  # type: ignore[union-attr]
    tab = str(uuid4())
    async with connect(quiet_stack.url, member[1], tab=tab) as first:
        await _open_dialog(first)
        async with connect(quiet_stack.url, cookie, tab=tab, boot=_boot(None)) as socket:
            await socket.wait_for('"is_hydrated_rx_state_": ')
            assert socket.renamed
            assert "new" not in _dialogs(socket)
        await first.send(CampaignsState, "dismiss", PATH)
        await _wait_closed(first)
