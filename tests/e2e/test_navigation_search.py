"""The search over the whole dashboard, by keyboard, and the count of calls in the navigation."""

import re

import psycopg
import pytest
from playwright.async_api import Browser, expect

from quantum_app.domain.calls.schemas import LiveEventType, Speaker
from quantum_app.kit import ids
from quantum_app.kit.clock import now
from quantum_app.providers.redis_bus import RedisBus
from tests.db.tenants import call, create_tenant, record_dialogue
from tests.e2e.browser import assert_accessible, open_page
from tests.e2e.people import login_context
from tests.stack import Stack

pytestmark = pytest.mark.browser

SEARCH = "Search pages, campaigns, and calls"


@pytest.fixture(scope="module")
def product(stack: Stack) -> Stack:
    stack.need("providers", "web")
    return stack


async def test_it_leads_everywhere_by_keyboard(product: Stack, browser: Browser) -> None:
    tenant = await create_tenant()
    call_id = await record_dialogue(tenant, (Speaker.CALLER, "How much is a loft?", "start"))
    page = await open_page(await login_context(browser, product, tenant.user_id), product.url)
    await expect(page.get_by_role("button", name=SEARCH)).to_be_visible()
    dialog = page.get_by_role("dialog", name="Search")
    await page.keyboard.press("Control+k")
    await expect(dialog.get_by_role("option", name="Ines Moreau")).to_be_visible()
    await assert_accessible(page)

    await page.keyboard.type("moreau")
    await expect(dialog.get_by_role("option")).to_have_count(1)
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile(ids.encode("call", call_id)))
    await expect(page.get_by_role("heading", name="Ines Moreau")).to_be_visible()
    await expect(dialog).to_be_hidden()

    await page.keyboard.press("Control+k")
    await page.keyboard.type("invite")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog", name="Invite someone")).to_be_visible()
    await page.keyboard.press("Control+k")
    await expect(dialog).to_be_hidden()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_be_hidden()

    await page.keyboard.press("Control+k")
    await page.keyboard.type("new camp")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog", name="New campaign")).to_be_visible()
    assert page.problems == []


async def test_a_viewer_finds_what_the_role_allows(product: Stack, browser: Browser) -> None:
    tenant = await create_tenant()
    with psycopg.connect(product.superuser_url, autocommit=True) as connection:
        connection.execute("update memberships set role = 'viewer' where account_id = %s", [tenant.account_id])
    context = await login_context(browser, product, tenant.user_id, viewport={"width": 390, "height": 844})
    page = await open_page(context, product.url)
    await page.get_by_role("button", name=SEARCH).click()
    dialog = page.get_by_role("dialog", name="Search")
    await expect(dialog.get_by_role("option")).to_have_text(
        ["Overview", "Campaigns", "Knowledge", "Calls", re.compile("Security"), "Homes"]
    )
    await page.keyboard.type("nothing like it")
    await expect(dialog.get_by_role("status")).to_have_text("No matches.")
    await page.keyboard.press("Escape")

    await page.goto(f"{product.url}/settings")
    await expect(page.get_by_text("It's for owners and admins, and your role is viewer.")).to_be_visible()
    await page.get_by_role("button", name="Open navigation").click()
    await page.get_by_role("navigation", name="Main").get_by_role("link", name="Settings").click()
    await expect(page.get_by_role("heading", name="Security", exact=True)).to_be_visible()


async def test_the_navigation_counts_calls_in_progress(product: Stack, browser: Browser) -> None:
    tenant = await create_tenant()
    page = await open_page(await login_context(browser, product, tenant.user_id), f"{product.url}/settings/security")
    link = page.get_by_role("navigation", name="Main").get_by_role("link", name="Calls", exact=True)
    await expect(page.get_by_role("heading", name="Security", exact=True)).to_be_visible()
    await expect(link).to_have_text("Calls")
    call_id = await call(tenant)
    bus = RedisBus(product.settings.redis.url.get_secret_value())
    event = {"type": LiveEventType.CALL_STARTED, "call_id": str(call_id), "at": now().isoformat()}
    await bus.publish(tenant.account_id, event)
    await bus.aclose()
    await expect(link).to_have_text("Calls1")
    await expect(link).to_have_attribute("aria-description", "1 in progress")
    await assert_accessible(page)
