"""Every event handler, over the pages' own socket: as nobody and as people of account A, with whatever is B's.

Who is let in by each guard is asked of all roles in test_guards.py, and over the socket in test_handlers_long.py.
"""

from uuid import uuid4

import pytest

from quantum_app.domain.accounts.permissions import PERMISSIONS, Role
from quantum_app.web.guard import PUBLIC
from tests.isolation.chance import pick
from tests.isolation.handlers import FRAMEWORK, Handler, app, handlers, paths, payloads
from tests.isolation.tenant_pair import TenantPair
from tests.stack import Stack
from tests.web.socket import Socket, connect

pytestmark = pytest.mark.isolation

TO_LOGIN = "/login?next="
REFUSALS = (
    '"access_denied_rx_state_": true',
    "You don't have permission to do this",
)  # in the page's place, or in a toast


def cases(handler: Handler) -> list[str]:
    """Nobody, the owner, and one of the other roles, which changes with the commit."""
    return ["nobody", Role.OWNER, pick([role for role in Role if role is not Role.OWNER], handler.label)]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The cases are those of the module that has the test: test_handlers_long.py has it too."""
    if "actor" in metafunc.fixturenames:
        own_handlers = [handler for handler in handlers() if handler.own and not handler.public]
        all_cases = [(handler, actor) for handler in own_handlers for actor in metafunc.module.cases(handler)]
        metafunc.parametrize(
            ("handler", "actor"), all_cases, ids=[f"{handler.label} as {actor}" for handler, actor in all_cases]
        )


async def settle(socket: Socket) -> None:
    """Everything that was sent before has been done: a client's events run one after the other."""
    toast = next(handler.name for handler in handlers() if handler.label == "toast.show")
    for _ in range(2):  # what a handler sets off comes after it
        marker = uuid4().hex
        await socket.send_raw({"name": toast, "payload": {"text": marker}, "router_data": {"pathname": "/"}})
        await socket.wait_for(marker)


async def open_pages(socket: Socket, tenants: TenantPair) -> None:
    """What every page does when it is opened."""
    for path in paths(tenants):
        for load in app().get_load_events(path.partition("?")[0]):
            function = load.fn if hasattr(load, "fn") else load.handler.fn
            await act(socket, next(handler.name for handler in handlers() if handler.function is function), path)
    await settle(socket)


async def act(socket: Socket, name: str, path: str, **payload: object) -> None:
    data = {"pathname": path, "asPath": path, "query": {}}
    await socket.send_raw({"name": name, "payload": payload, "router_data": data})


async def test_handler(tenants: TenantPair, web: Stack, no_writes_to_b: None, handler: Handler, actor: str) -> None:
    tenants.mend()
    before = tenants.mark()
    cookie = tenants.logins[Role(actor)].cookie if actor != "nobody" else ""
    may = actor != "nobody" and handler.permission in PERMISSIONS[Role(actor)]
    async with connect(web.url, cookie) as socket:
        first, *other_paths = paths(tenants) if may else paths(tenants)[:2]
        every = list(payloads(tenants, handler, limit=4 if may else 1))
        for payload in every:
            await act(socket, handler.name, first, **payload)
        for path in other_paths:
            await act(socket, handler.name, path, **every[0])
        if actor == "nobody":
            await socket.wait_for_one_of(TO_LOGIN)
        elif not may:
            await socket.wait_for_one_of(*REFUSALS)
        await settle(socket)
        updates = socket.updates
        assert may or actor == "nobody" or TO_LOGIN not in updates
        assert tenants.leaks(updates, *tenants.known_texts) == []
    assert tenants.writes_since(before) == (set(), set()), "rows of B were changed or added"


@pytest.mark.parametrize("public", sorted(PUBLIC))
async def test_public_handler_reads_nothing(tenants: TenantPair, web: Stack, no_writes_to_b: None, public: str) -> None:
    before = tenants.mark()
    handler = next(item for item in handlers() if item.label == public)
    async with connect(web.url, tenants.logins[Role.OWNER].cookie) as socket:
        for path in paths(tenants):
            for payload in payloads(tenants, handler, limit=3):
                await act(socket, handler.name, path, **payload)
        await settle(socket)
        assert tenants.leaks(socket.updates, *tenants.known_texts) == []
    assert tenants.writes_since(before) == (set(), set())


def test_every_handler_asks_or_is_named(web: Stack) -> None:
    for handler in handlers():
        if handler.own:
            assert handler.public or handler.permission is not None, f"{handler.label} asks nobody who they are"
            assert not (handler.public and handler.permission), f"PUBLIC names {handler.label}, which asks"
        else:
            assert handler.name.rpartition(".")[2] in FRAMEWORK, f"{handler.name} is new in the framework"
    assert {handler.label for handler in handlers() if handler.own} >= PUBLIC
