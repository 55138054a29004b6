"""The list of calls in a browser: what applies at once, what fits a phone, and links without a network."""

import re

import pytest
from playwright.async_api import Browser, expect

from quantum_app.db.session import account_session
from quantum_app.domain.calls import service as calls
from quantum_app.kit import ids
from tests.db.tenants import Tenant
from tests.e2e.browser import open_page
from tests.e2e.people import login_context
from tests.stack import Stack

pytestmark = pytest.mark.browser


async def test_test_calls_are_included_at_once(product: Stack, browser: Browser, owner: Tenant) -> None:
    page = await open_page(await login_context(browser, product, owner.user_id), f"{product.url}/calls")
    await page.get_by_label("Include test calls").check()
    await expect(page).to_have_url(re.compile("tests=1"))
    await expect(page.get_by_label("Include test calls")).to_be_checked()
    await page.get_by_label("Include test calls").uncheck()
    await expect(page).not_to_have_url(re.compile("tests=1"))


async def test_each_status_is_in_view_on_a_phone(product: Stack, browser: Browser, owner: Tenant) -> None:
    page = await open_page(await login_context(browser, product, owner.user_id), f"{product.url}/calls")
    await page.set_viewport_size({"width": 390, "height": 844})
    for word in ("All", "To follow up", "Live", "Completed", "Failed", "Abandoned"):
        box = await page.get_by_role("link", name=word, exact=True).bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= 390, word
    await page.get_by_role("link", name="To follow up", exact=True).click()
    await expect(page.get_by_text("Results of the last 30 days")).to_be_visible()


async def test_a_link_waits_for_the_network(product: Stack, browser: Browser, owner: Tenant) -> None:
    context = await login_context(browser, product, owner.user_id)
    page = await open_page(context, f"{product.url}/calls")
    await expect(page.get_by_role("heading", name="Calls")).to_be_visible()
    await context.set_offline(True)
    await page.get_by_role("link", name="Members", exact=True).click()
    await expect(page.get_by_text("You're offline. “Members” opens as soon as you're back online.")).to_be_visible()
    await page.get_by_role("button", name="Stay here").click()
    await expect(page.get_by_text("You're offline.")).to_have_count(0)
    await page.get_by_role("link", name="Campaigns", exact=True).click()
    await expect(page.get_by_text("You're offline. “Campaigns” opens")).to_be_visible()
    await expect(page).to_have_url(re.compile("/calls/?$"))
    await context.set_offline(False)
    await expect(page).to_have_url(re.compile("/campaigns/?$"))
    await expect(page.get_by_role("heading", name="Campaigns", level=1)).to_be_visible()
    assert page.problems == []  # type: ignore[attr-defined]


async def test_the_page_of_an_erased_call_says_so(product: Stack, browser: Browser, owner: Tenant) -> None:
    async with account_session(owner.account_id) as session:
        call_id = (await calls.list_calls(session, limit=1)).calls[0].call_id
        await calls.erase(session, [call_id])
    context = await login_context(browser, product, owner.user_id)
    page = await open_page(context, f"{product.url}/calls/{ids.encode('call', call_id)}")
    await expect(page.get_by_role("heading", name="This call was erased")).to_be_visible()
