"""The first run: from an empty account to a call with one's own assistant, and the overview after it."""

import re

import pytest
from playwright.async_api import Browser, Page, expect

from quantum_app.db.session import account_session
from quantum_app.domain.campaigns import service as campaigns
from tests.db.tenants import Tenant, call, create_tenant
from tests.e2e.browser import DESK, assert_accessible, open_page, visitor
from tests.e2e.people import login_context
from tests.stack import Stack

pytestmark = pytest.mark.browser

FACTS = {
    "Opening hours": "nine to five on weekdays",
    "Address": "12 Harbor Street",
    "What you offer": "haircuts and beard trims",
}


@pytest.fixture(scope="module")
def product(stack: Stack) -> Stack:
    stack.need("providers", "web")
    return stack


async def beginner(browser: Browser, product: Stack) -> tuple[Tenant, Page]:
    """The owner of an account without a campaign, on its first page."""
    tenant = await create_tenant()
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        await campaigns.delete(session, tenant.account_id, tenant.actor, tenant.campaign.campaign_id)
    return tenant, await open_page(await login_context(browser, product, tenant.user_id), product.url)


async def test_the_first_run_ends_in_a_call(product: Stack, browser: Browser) -> None:
    _, page = await beginner(browser, product)
    await expect(page.get_by_role("heading", name="Get started")).to_be_visible()
    await assert_accessible(page)
    await page.get_by_role("link", name="Set up", exact=True).click()
    await expect(page.get_by_role("heading", name="What should your assistant do?")).to_be_visible()
    await page.get_by_role("radio", name="Appointment").check()
    conversation = page.get_by_role("region", name="A call with Appointment").get_by_role("listitem")
    await expect(page.get_by_text("Example: Harbor Salon, a hair salon. Yours speaks for Homes.")).to_be_visible()
    await expect(conversation.first).to_contain_text("AI assistant of Harbor Salon")
    await expect(conversation.last).to_contain_text("Goodbye!")
    await assert_accessible(page)
    await page.get_by_role("button", name="Continue").click()

    await expect(page.get_by_role("heading", name="Name and voice")).to_be_focused()
    await page.get_by_label("Assistant's name").fill("Bea")
    async with page.expect_response(re.compile("/api/setup/voices/default/sample")) as sample:
        await page.get_by_role("button", name="Play").click()
    assert (await sample.value).ok
    await expect(page.get_by_role("button", name="Stop")).to_be_visible()
    await expect(page.get_by_role("button", name="Play")).to_be_visible()
    await assert_accessible(page)
    await page.get_by_role("button", name="Continue").click()

    await page.get_by_label("Opening hours").fill(FACTS["Opening hours"])
    await page.reload()
    await expect(page.get_by_label("Opening hours")).to_have_value(FACTS["Opening hours"])
    for label, text in FACTS.items():
        await page.get_by_label(label).fill(text)
    await assert_accessible(page)
    await page.get_by_role("button", name="Create assistant").click()

    await expect(page.get_by_role("heading", name="Bea is ready")).to_be_focused()
    await assert_accessible(page)
    async with page.expect_popup() as popup:
        await page.get_by_role("link", name="Call Bea now").click()
    call_page = await popup.value
    await expect(call_page).to_have_url(re.compile("/call/cmp_[0-9A-Z]{26}"))
    await expect(call_page.get_by_role("heading", name="Talk to Homes")).to_be_visible()
    await page.get_by_role("link", name="Go to overview").click()
    await expect(page.get_by_role("list", name="Figures")).to_contain_text("Calls today")
    assert page.problems == []  # type: ignore[attr-defined]


async def test_every_step_can_be_skipped(product: Stack, browser: Browser) -> None:
    _, page = await beginner(browser, product)
    await page.get_by_role("link", name="Set up", exact=True).click()
    for _ in range(2):
        await page.get_by_role("button", name="Continue").click()
    await page.get_by_role("button", name="Skip").click()
    await expect(page.get_by_role("heading", name="Mira is nearly ready")).to_be_visible()
    await expect(page.get_by_role("listitem").filter(has_text="Fill in: opening hours.")).to_be_visible()
    await assert_accessible(page)
    await page.get_by_role("link", name="Go to overview").click()
    await expect(page.get_by_text("“Sales” is there.")).to_be_visible()
    await page.get_by_role("link", name="Open designer").click()
    await expect(page).to_have_url(re.compile("/flows/designer/cmp_"))


async def test_the_overview(product: Stack, browser: Browser) -> None:
    tenant = await create_tenant()
    page = await open_page(await login_context(browser, product, tenant.user_id), product.url)
    await expect(page.get_by_role("heading", name="No calls yet")).to_be_visible()
    await call(tenant)
    await page.reload()
    figures = page.get_by_role("list", name="Figures").get_by_role("listitem")
    await expect(figures.filter(has_text="Calls today")).to_contain_text("1")
    await page.get_by_role("list", name="Recent calls").get_by_role("link", name="Sam").click()
    await expect(page).to_have_url(re.compile("/calls/call_"))


async def test_signing_up_names_everything_that_is_wrong(product: Stack, browser: Browser) -> None:
    page = await open_page(await visitor(browser, viewport=DESK), f"{product.url}/signup")
    await page.get_by_label("Your name").fill("Ana Petrova")
    await page.get_by_label("Email").fill("ana")
    await page.get_by_label("Password").fill("short")
    await page.get_by_role("button", name="Create account").click()
    for message in ("Enter the name of your business.", "Enter a valid email address", "Use at least 10 characters."):
        await expect(page.get_by_text(message, exact=False)).to_be_visible()
    await expect(page.get_by_label("Business")).to_be_focused()
    await page.get_by_label("Business").fill("Harbor Lofts")
    await expect(page.get_by_text("Enter the name of your business.")).to_be_hidden()
    await expect(page.get_by_text("Enter a valid email address")).to_be_visible()


async def test_a_forgotten_password_takes_the_address_along(product: Stack, browser: Browser) -> None:
    page = await open_page(await visitor(browser, viewport=DESK), f"{product.url}/login")
    await page.get_by_label("Email").fill("ana+1@example.com")
    await page.get_by_role("link", name="Forgot password?").click()
    await expect(page.get_by_role("heading", name="Forgot your password?")).to_be_visible()
    await expect(page.get_by_label("Email")).to_have_value("ana+1@example.com")
    assert "ana" not in page.url
