"""The list of campaigns: made, renamed, paused, deleted and brought back, by the page."""

import re
from typing import Any

import psycopg
import pytest
from playwright.async_api import Browser, Locator, Page, expect

from quantum_app.db.session import account_session
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.domain.flows import service as flows
from quantum_app.domain.flows.service import Writer
from tests.db.tenants import Tenant, tenant
from tests.e2e.browser import assert_accessible, open_page
from tests.e2e.people import logged_in
from tests.stack import Stack

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def product(stack: Stack) -> Stack:
    stack.need("providers", "jobs", "web")
    return stack


async def owner(browser: Browser, product: Stack, **options: Any) -> tuple[Tenant, Page]:
    """Somebody whose account has the campaign “Homes”, on the page."""
    made = await tenant()
    return made, await open_page(await logged_in(browser, product, made.user_id, **options), f"{product.url}/campaigns")


def line(page: Page, name: str) -> Locator:
    return page.get_by_role("listitem").filter(has_text=re.compile(f"^{name}"))


async def choose(page: Page, name: str, what: str) -> None:
    await page.get_by_role("button", name=f"Actions for {name}").click()
    await page.get_by_role("menuitem", name=what).click()


async def test_the_list(product: Stack, browser: Browser) -> None:
    made, page = await owner(browser, product)
    await page.get_by_role("link", name="Campaigns").first.click()
    homes = line(page, "Homes")
    await expect(homes).to_contain_text("Live")
    await expect(homes).to_contain_text("Version 1")
    await expect(homes.get_by_role("link", name="Designer of Homes")).to_have_attribute(
        "href", re.compile("/flows/designer/cmp_[0-9A-Z]{26}/?$")
    )
    await expect(homes.get_by_role("link", name="Call page of Homes")).to_have_attribute(
        "href", f"/call/{made.campaign.public_id}"
    )
    await assert_accessible(page)
    await page.get_by_role("button", name="New campaign").click()
    await expect(page.get_by_role("textbox", name="Name")).to_be_focused()
    await assert_accessible(page)
    assert page.problems == []


async def test_the_address_of_the_call_page_is_copied(product: Stack, browser: Browser) -> None:
    made, page = await owner(browser, product, permissions=["clipboard-read", "clipboard-write"])
    await page.get_by_role("button", name="Copy the address of the call page of Homes").click()
    await expect(page.get_by_text("Copied", exact=True)).to_be_attached()
    assert await page.evaluate("navigator.clipboard.readText()") == f"{product.url}/call/{made.campaign.public_id}"


async def test_a_campaign_is_made(product: Stack, browser: Browser) -> None:
    made, page = await owner(browser, product)
    await page.get_by_role("button", name="New campaign").click()
    await page.get_by_role("button", name="Create campaign").click()
    await expect(page.get_by_text("Enter a name of 1 to 100 characters.")).to_be_visible()
    await page.get_by_role("textbox", name="Name").fill("Support line")
    await page.get_by_role("radio", name="Blank").check()
    await page.get_by_role("button", name="Create campaign").click()
    await expect(page).to_have_url(re.compile("/flows/designer/cmp_[0-9A-Z]{26}/?$"))
    await page.goto(f"{product.url}/campaigns")
    support = line(page, "Support line")
    await expect(support).to_contain_text("Not published")
    await expect(support).to_contain_text("No version yet")
    await page.get_by_role("button", name="New campaign").click()
    await page.get_by_role("textbox", name="Name").fill("Lofts")
    await page.get_by_role("radio", name="Lead qualification").check()
    await page.get_by_role("textbox", name="Name").press("Enter")
    await expect(page).to_have_url(re.compile("/flows/designer/cmp_[0-9A-Z]{26}/?$"))
    await page.goto(f"{product.url}/campaigns")
    await expect(line(page, "Lofts")).to_contain_text("Not published")
    async with account_session(made.account_id, user_id=made.user_id) as session:
        listed = await campaigns.list_campaigns(session)
        drawn = await flows.draft(session, listed[0].campaign_id)
        writer = Writer(made.account_id, made.actor)
        await flows.publish(session, writer, listed[0].campaign_id, revision=drawn.revision, note="", problems=())
    await page.reload()
    await expect(line(page, "Lofts")).to_contain_text("Live")
    await page.goto(
        product.url + (await line(page, "Lofts").get_by_role("link", name="Call page").get_attribute("href") or "")
    )
    await expect(page.get_by_role("button", name="Start call")).to_be_visible()
    await expect(page.get_by_text("I agree that Homes transcribes this call")).to_be_visible()
    assert [item.name for item in listed] == ["Lofts", "Support line", "Homes"]


async def test_what_is_done_with_a_campaign(product: Stack, browser: Browser) -> None:
    made, page = await owner(browser, product)
    await choose(page, "Homes", "Rename")
    await expect(page.get_by_role("textbox", name="Name")).to_have_value("Homes")
    await page.get_by_role("textbox", name="Name").fill("Harbour homes")
    await page.get_by_role("button", name="Rename", exact=True).click()
    await expect(line(page, "Harbour homes")).to_be_visible()
    await choose(page, "Harbour homes", "Pause")
    await expect(line(page, "Harbour homes")).to_contain_text("Paused")
    shown = await page.request.get(f"{product.url}/api/public/campaigns/{made.campaign.public_id}")
    assert ((await shown.json())["name"], (await shown.json())["status"]) == ("Harbour homes", "paused")
    await page.reload()
    await choose(page, "Harbour homes", "Resume")
    await expect(line(page, "Harbour homes")).to_contain_text("Live")
    await choose(page, "Harbour homes", "Delete")
    await expect(page.get_by_role("heading", name="No campaigns yet")).to_be_visible()
    await assert_accessible(page)
    await page.get_by_role("button", name="Undo").click()
    await expect(line(page, "Harbour homes")).to_be_visible()
    assert page.problems == []


async def test_who_only_reads_changes_nothing(product: Stack, browser: Browser) -> None:
    made, page = await owner(browser, product)
    with psycopg.connect(product.superuser_url, autocommit=True) as connection:
        connection.execute("update memberships set role = 'viewer' where account_id = %s", [made.account_id])
    await page.reload()
    await expect(page.get_by_role("link", name="Designer of Homes")).to_be_visible()
    await expect(page.get_by_role("button", name="New campaign")).to_be_hidden()
    await expect(page.get_by_role("button", name="Actions for Homes")).to_be_hidden()
