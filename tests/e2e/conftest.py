"""The whole product, one Chromium, and somebody who is logged in."""

import json
import urllib.request
from collections.abc import AsyncIterator
from http.cookies import SimpleCookie
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from quantum_app.db.session import account_session, dispose
from quantum_app.domain.calls import service as calls
from quantum_app.domain.calls.schemas import CallEnd, CallStatus, EndReason
from quantum_app.kit.clock import now
from tests.db.tenants import Tenant, call, create_tenant, turn
from tests.e2e.browser import PageOptions, chromium
from tests.e2e.people import Cookie
from tests.stack import Stack


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One event loop for all tests here, as they share the browser."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent) and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def started_browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="session")
async def browser(started_browser: Browser) -> AsyncIterator[Browser]:
    """Chromium, which forgets with each test who was there."""
    yield started_browser
    for context in started_browser.contexts:
        await context.close()
    await dispose()


@pytest.fixture(scope="session")
def product(stack: Stack) -> Stack:
    """Everything is running."""
    stack.need()
    return stack


@pytest.fixture
def email() -> str:
    """A caller whom nobody has seen before, so that no limit is near."""
    return f"caller-{uuid4().hex[:12]}@example.com"


@pytest.fixture(params=["light", "dark"])
def every_look(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are looked at in both themes, and by axe at each width."""
    monkeypatch.setattr(PageOptions, "scheme", request.param)
    monkeypatch.setattr(PageOptions, "every_width", True)


@pytest_asyncio.fixture(loop_scope="session")
async def owner(product: Stack) -> Tenant:
    """Of an account with two calls of one caller."""
    tenant = await create_tenant()
    for _ in range(2):
        call_id = await call(tenant)
        async with account_session(tenant.account_id) as session:
            end = CallEnd(call_id, CallStatus.COMPLETED, EndReason.GOODBYE, now(), 0)
            reply = turn(call_id, 1, "The key is under the third pot.")
            await calls.record(session, tenant.account_id, [reply, end])
    return tenant


@pytest.fixture(scope="session")
def login(product: Stack) -> Cookie:
    """The demo user's cookie, for pages that are not about logging in."""
    body = json.dumps({"email": "demo@northquay.example", "password": product.demo_password}).encode()
    request = urllib.request.Request(
        f"{product.url}/api/auth/login", body, {"content-type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request) as answer:
        cookie = SimpleCookie(answer.headers["set-cookie"])
    name = product.settings.cookie_name
    return {"name": name, "value": cookie[name].value, "url": product.url}
