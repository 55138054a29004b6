"""What Reflex answers to by itself, for any browser: pinned, and harmless."""

from uuid import uuid4

import pytest
from reflex.state import BaseState

from quantum_app.domain.accounts.permissions import Role
from quantum_app.web.calls.state import CallsState
from tests.isolation.handlers import app, handlers, paths
from tests.isolation.tenant_pair import TenantPair
from tests.isolation.test_handlers import TO_LOGIN, act, open_pages, settle
from tests.stack import Stack
from tests.web.socket import connect

pytestmark = pytest.mark.isolation


def _event_name(name: str) -> str:
    """The framework's own handler of this name, of the root or of its own state."""
    return min((handler.name for handler in handlers() if handler.name.endswith(f".{name}")), key=len)


def _states() -> list[type[BaseState]]:
    from reflex_base.registry import RegistrationContext

    app()
    return list(RegistrationContext.get().base_states.values())


def test_no_variable_has_a_setter(web: Stack) -> None:
    """`setvar(name, value)` calls `set_name`, and nothing else begins so."""
    for state in _states():
        assert {name for name in dir(state) if name.startswith("set_")} <= {"set_is_hydrated"}, state


def test_no_variable_is_kept_in_the_browser(web: Stack) -> None:
    """`update_vars_internal` and `hydrate_and_load` set those that are, and no others."""
    for state in _states():
        assert [name for name in state.vars if state._is_client_storage(name)] == [], state


async def test_nothing_is_set_from_outside(tenants: TenantPair, web: Stack) -> None:
    marker = uuid4().hex
    async with connect(web.url, tenants.logins[Role.VIEWER].cookie) as socket:
        claims = {}
        for state in _states():
            for name in state.vars.keys() - {"is_hydrated"}:
                claims[f"{state.get_full_name()}.{name}"] = marker
                if f"{state.get_full_name()}.setvar" in {handler.name for handler in handlers()}:
                    await act(socket, f"{state.get_full_name()}.setvar", "/", var_name=name, value=marker)
        for name in ("update_vars_internal", "hydrate_and_load"):
            await act(socket, _event_name(name), "/", vars=claims)
        await act(socket, _event_name("hydrate"), "/")
        await settle(socket)
        assert marker not in socket.updates


@pytest.mark.parametrize("name", ["on_load_internal", "hydrate_and_load"])
async def test_pages_are_loaded_by_their_own_handlers_only(tenants: TenantPair, web: Stack, name: str) -> None:
    before = tenants.digest()
    async with connect(web.url) as anonymous, connect(web.url, tenants.logins[Role.OWNER].cookie) as owner:
        for path in paths(tenants):
            for socket in (anonymous, owner):
                await act(socket, _event_name(name), path)
                await settle(socket)
        await anonymous.wait_for_one_of(TO_LOGIN)
        for socket in (anonymous, owner):
            assert tenants.leaks(socket.updates, *tenants.known_texts) == []
    assert tenants.digest() == before


@pytest.mark.parametrize("name", ["hydrate", "hydrate_and_load", "on_load_internal", "set_is_hydrated"])
async def test_a_tab_that_was_somebody_elses_shows_nothing_of_it(tenants: TenantPair, web: Stack, name: str) -> None:
    """The same tab after a logout, and whoever has read its name in a log: the state is of who is there now."""
    tab = str(uuid4())
    async with connect(web.url, tenants.stranger.cookie, tab=tab) as socket:
        await open_pages(socket, tenants)
        assert tenants.leaks(socket.updates)
    for cookie in ("", tenants.logins[Role.OWNER].cookie):
        async with connect(web.url, cookie, tab=tab, silent=True) as socket:
            await act(socket, _event_name(name), "/login", **({"value": True} if name == "set_is_hydrated" else {}))
            await settle(socket)
            assert tenants.leaks(socket.updates, *tenants.known_texts) == []


async def test_what_one_connection_asked_for_is_not_sent_to_the_next(tenants: TenantPair, web: Stack) -> None:
    """Events of the old connection that are still being answered when the tab has a new one."""
    for _ in range(12):
        tab = str(uuid4())
        async with connect(web.url, tenants.stranger.cookie, tab=tab) as socket:
            for _ in range(6):
                await socket.send(CallsState, "load", "/calls")
            await socket.wait_for('"loaded_rx_state_": true')
        async with connect(web.url, tab=tab, silent=True) as socket:
            await settle(socket)  # after the last of them
            assert tenants.leaks(socket.updates, *tenants.known_texts) == []


async def test_an_error_of_a_page_is_written_down_and_nothing_more(tenants: TenantPair, web: Stack) -> None:
    async with connect(web.url) as socket:
        await act(socket, _event_name("handle_frontend_exception"), "/", info="[/bold] $x", component_stack="")
        await settle(socket)
        assert "call_script" not in socket.updates.replace("_call_script", "")
