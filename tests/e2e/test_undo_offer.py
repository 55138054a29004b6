"""An offer to undo goes with what it is about."""

import pytest
from playwright.async_api import Browser, expect

from tests.db.tenants import create_tenant
from tests.e2e.browser import open_page
from tests.e2e.people import login_context
from tests.stack import Stack

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def product(stack: Stack) -> Stack:
    stack.need("providers", "jobs", "web")
    return stack


async def test_what_was_restored_from_the_list_is_not_offered_to_be_undone(product: Stack, browser: Browser) -> None:
    tenant = await create_tenant()
    context = await login_context(browser, product, tenant.user_id, permissions=["clipboard-read", "clipboard-write"])
    page = await open_page(context, f"{product.url}/campaigns")
    homes = page.get_by_role("listitem").filter(has_text="Homes")
    await homes.get_by_role("button", name="Copy the address").click()
    await expect(homes.get_by_text("Copied", exact=True)).to_be_visible()
    copied = await page.evaluate("navigator.clipboard.readText()")
    assert copied.endswith(f"/call/{tenant.campaign.public_id}")
    await page.get_by_role("button", name="Actions for Homes").click()
    await page.get_by_role("menuitem", name="Delete").click()
    await page.get_by_role("dialog", name="Delete “Homes”?").get_by_role("button", name="Delete").click()
    offer = page.get_by_text("“Homes” was deleted.")
    await expect(offer).to_be_visible()
    await page.get_by_role("navigation", name="Main").get_by_role("link", name="Settings").click()
    await page.get_by_role("link", name="Deleted items").click()
    await expect(offer).to_be_visible()
    await page.get_by_role("button", name="Restore Homes").click()
    await expect(page.get_by_text("“Homes” was restored.")).to_be_visible()
    await expect(offer).to_be_hidden()
    await page.get_by_role("link", name="Campaigns", exact=True).click()
    await expect(homes).to_contain_text("Live")
    await expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    assert page.problems == []
