"""Pages without a network for a while: each is live again by itself, with what was open and typed."""

import re
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from quantum_app.db.session import account_session
from quantum_app.domain.calls import service as calls
from quantum_app.kit import ids
from tests.db.tenants import Tenant
from tests.e2e.browser import open_page
from tests.e2e.people import login_context
from tests.stack import Stack

pytestmark = pytest.mark.browser

PAGES = (
    "calls",
    "campaigns",
    "settings",
    "settings/members",
    "settings/security",
    "settings/audit",
    "settings/data",
    "settings/deleted",
    "settings/tokens",
    "settings/mail",
)
OFFLINE_NOTICE = "Can't reach the server."


def _box(page: Page, name: str) -> Any:
    return page.get_by_role("textbox", name=name, exact=True)


async def test_every_page_is_live_again(product: Stack, browser: Browser, owner: Tenant) -> None:
    async with account_session(owner.account_id) as session:
        call_page = await calls.list_calls(session, limit=1)
    call = f"calls/{ids.encode('call', call_page.calls[0].call_id)}"
    context = await login_context(browser, product, owner.user_id)
    pages = {path: await open_page(context, f"{product.url}/{path}") for path in (*PAGES, call)}
    for page in pages.values():
        await expect(page.locator("[aria-busy=true]")).to_have_count(0)
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
    campaigns, settings = pages["campaigns"], pages["settings"]
    await campaigns.bring_to_front()
    await campaigns.get_by_role("button", name="New campaign").click()
    await _box(campaigns, "Name").fill("Typed before")
    await settings.bring_to_front()
    await _box(settings, "Name").fill("Typed before")

    await context.set_offline(True)
    for page in pages.values():
        await expect(page.get_by_text(OFFLINE_NOTICE)).to_be_visible()
    await context.set_offline(False)
    for path, page in pages.items():
        await page.bring_to_front()
        await expect(page.get_by_text(OFFLINE_NOTICE)).to_have_count(0)
        await expect(page.locator("[aria-busy=true]")).to_have_count(0)
        assert page.problems == [], path  # type: ignore[attr-defined]

    # What a page asks of the server is done, and what the server tells is shown.
    await campaigns.bring_to_front()
    await expect(_box(campaigns, "Name")).to_have_value("Typed before")
    await campaigns.get_by_role("button", name="Create campaign").click()
    await expect(campaigns).to_have_url(re.compile("/flows/designer/cmp_"))
    await settings.bring_to_front()
    await expect(_box(settings, "Name")).to_have_value("Typed before")
    await settings.get_by_role("button", name="Save settings").click()
    await expect(settings.get_by_text("Settings saved.")).to_be_visible()
