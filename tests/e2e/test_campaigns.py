"""The list of campaigns: made, changed, paused, archived, deleted and brought back, by the page."""

import re
from typing import Any

import psycopg
import pytest
from playwright.async_api import Browser, Locator, Page, expect

from quantum_app.db.session import account_session
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.domain.flows import drafts
from quantum_app.domain.flows import service as flows
from quantum_app.domain.flows.service import Writer
from tests.db.tenants import Tenant, create_tenant
from tests.e2e.browser import assert_accessible, open_page
from tests.e2e.people import login_context
from tests.stack import Stack

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def product(stack: Stack) -> Stack:
    stack.need("providers", "jobs", "web")
    return stack


async def owner(browser: Browser, product: Stack, **options: Any) -> tuple[Tenant, Page]:
    """Somebody whose account has the campaign “Homes”, on the page."""
    tenant = await create_tenant()
    return tenant, await open_page(
        await login_context(browser, product, tenant.user_id, **options), f"{product.url}/campaigns"
    )


def line(page: Page, name: str) -> Locator:
    return page.get_by_role("listitem").filter(has_text=re.compile(f"^{name}"))


async def choose(page: Page, name: str, action: str) -> None:
    await page.get_by_role("button", name=f"Actions for {name}").click()
    await page.get_by_role("menuitem", name=action).click()


async def test_the_list(product: Stack, browser: Browser) -> None:
    tenant, page = await owner(browser, product)
    await page.get_by_role("link", name="Campaigns").first.click()
    homes = line(page, "Homes")
    await expect(homes).to_contain_text("Live")
    await expect(homes).to_contain_text("Version 1")
    await expect(homes.get_by_role("link", name="Designer of Homes")).to_have_attribute(
        "href", re.compile("/flows/designer/cmp_[0-9A-Z]{26}/?$")
    )
    await expect(homes.get_by_role("link", name="Call page of Homes")).to_have_attribute(
        "href", f"/call/{tenant.campaign.public_id}"
    )
    await assert_accessible(page)
    await page.get_by_role("button", name="New campaign").click()
    await expect(page.get_by_role("textbox", name="Name", exact=True)).to_be_focused()
    await assert_accessible(page)
    assert page.problems == []


async def test_the_address_of_the_call_page_is_copied(product: Stack, browser: Browser) -> None:
    tenant, page = await owner(browser, product, permissions=["clipboard-read", "clipboard-write"])
    await page.get_by_role("button", name="Copy the address of the call page of Homes").click()
    await expect(page.get_by_text("Copied", exact=True)).to_be_attached()
    assert await page.evaluate("navigator.clipboard.readText()") == f"{product.url}/call/{tenant.campaign.public_id}"


async def test_a_campaign_is_made(product: Stack, browser: Browser) -> None:
    tenant, page = await owner(browser, product)
    await page.get_by_role("button", name="New campaign").click()
    await page.get_by_role("button", name="Create campaign").click()
    await expect(page.get_by_text("Enter a name of 1 to 100 characters.")).to_be_visible()
    await page.get_by_role("textbox", name="Name", exact=True).fill("Support line")
    await page.get_by_role("radio", name="Blank").check()
    await page.get_by_role("button", name="Create campaign").click()
    await expect(page).to_have_url(re.compile("/flows/designer/cmp_[0-9A-Z]{26}/?$"))
    await page.goto(f"{product.url}/campaigns")
    support = line(page, "Support line")
    await expect(support).to_contain_text("Not published")
    await expect(support).to_contain_text("No version yet")
    await page.get_by_role("button", name="New campaign").click()
    await page.get_by_role("textbox", name="Name", exact=True).fill("Lofts")
    await page.get_by_role("radio", name="Lead qualification").check()
    await page.get_by_role("textbox", name="Name", exact=True).press("Enter")
    await expect(page).to_have_url(re.compile("/flows/designer/cmp_[0-9A-Z]{26}/?$"))
    await page.goto(f"{product.url}/campaigns")
    await expect(line(page, "Lofts")).to_contain_text("Not published")
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        items = (await campaigns.list_campaigns(session)).campaigns
        draft = await flows.draft(session, items[0].campaign_id)
        writer = Writer(tenant.account_id, tenant.actor)
        await flows.publish(session, writer, items[0].campaign_id, revision=draft.revision, note="", problems=())
    await page.reload()
    await expect(line(page, "Lofts")).to_contain_text("Live")
    await page.goto(
        product.url + (await line(page, "Lofts").get_by_role("link", name="Call page").get_attribute("href") or "")
    )
    await expect(page.get_by_role("button", name="Start call")).to_be_visible()
    await expect(page.get_by_text("I agree that Homes transcribes this call")).to_be_visible()
    assert [item.name for item in items] == ["Lofts", "Support line", "Homes"]


async def test_what_is_done_with_a_campaign(product: Stack, browser: Browser) -> None:
    tenant, page = await owner(browser, product)
    await choose(page, "Homes", "Settings")
    await expect(page.get_by_role("textbox", name="Name", exact=True)).to_have_value("Homes")
    await page.get_by_role("textbox", name="Name", exact=True).fill("Harbor homes")
    await expect(page.get_by_role("textbox", name="Assistant's name")).to_have_value("Mira")
    await page.get_by_role("textbox", name="Assistant's name").fill("")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_text("Enter a name of 1 to 100 characters.")).to_be_visible()
    await page.get_by_role("textbox", name="Assistant's name").fill("Bea")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(line(page, "Harbor homes")).to_contain_text("Bea answers")
    await choose(page, "Harbor homes", "Pause")
    await expect(line(page, "Harbor homes")).to_contain_text("Paused")
    campaign = await (await page.request.get(f"{product.url}/api/public/campaigns/{tenant.campaign.public_id}")).json()
    assert (campaign["name"], campaign["assistant_name"], campaign["status"]) == ("Harbor homes", "Bea", "paused")
    await page.reload()
    await choose(page, "Harbor homes", "Resume")
    await expect(line(page, "Harbor homes")).to_contain_text("Live")
    await choose(page, "Harbor homes", "Duplicate")
    await expect(line(page, r"Harbor homes \(copy\)")).to_contain_text("Not published")
    await page.get_by_role("link", name="Harbor homes", exact=True).click(position={"x": 2, "y": 2})
    await expect(page).to_have_url(re.compile("/flows/designer/cmp_[0-9A-Z]{26}/?$"))
    assert page.problems == []


async def test_a_campaign_is_archived_and_brought_back(product: Stack, browser: Browser) -> None:
    tenant, page = await owner(browser, product)
    address = f"/call/{tenant.campaign.public_id}"
    await choose(page, "Homes", "Archive")
    question = page.get_by_role("dialog", name="Archive “Homes”?")
    await expect(question).to_contain_text(address)
    await assert_accessible(page)
    await expect(question.get_by_role("button", name="Cancel")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(line(page, "Homes")).to_contain_text("Live")
    await choose(page, "Homes", "Archive")
    await question.get_by_role("button", name="Archive").click()
    await expect(page.get_by_text("“Homes” was archived")).to_be_visible()
    await expect(page.get_by_role("heading", name="No active campaigns")).to_be_visible()
    await assert_accessible(page)
    await page.get_by_role("button", name="Undo").click()
    await expect(line(page, "Homes")).to_contain_text("Live")
    await expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    await choose(page, "Homes", "Archive")
    await question.get_by_role("button", name="Archive").click()
    await page.get_by_role("link", name="View archive").click()
    await expect(line(page, "Homes")).to_contain_text("Archived")
    await page.reload()
    await choose(page, "Homes", "Restore")
    await expect(page.get_by_role("heading", name="No archived campaigns")).to_be_visible()
    await page.get_by_role("link", name="Active").click()
    await expect(line(page, "Homes")).to_contain_text("Live")
    assert page.problems == []


async def test_deleting_asks_and_can_be_undone_on_another_page(product: Stack, browser: Browser) -> None:
    tenant, page = await owner(browser, product)
    await choose(page, "Homes", "Delete")
    question = page.get_by_role("dialog", name="Delete “Homes”?")
    await expect(question).to_contain_text(f"/call/{tenant.campaign.public_id}")
    await expect(question).to_contain_text("You can restore it for 30 days")
    await question.get_by_role("button", name="Delete").click()
    await expect(page.get_by_role("heading", name="No campaigns yet")).to_be_visible()
    await assert_accessible(page)
    await page.get_by_role("link", name="Calls", exact=True).click()
    await expect(page.get_by_role("heading", name="Calls", exact=True)).to_be_visible()
    await expect(page.get_by_text("“Homes” was deleted.")).to_be_visible()
    await page.get_by_role("button", name="Undo").click()
    await expect(page.get_by_text("“Homes” was restored. Its call page works again.")).to_be_visible()
    await page.get_by_role("link", name="Campaigns", exact=True).click()
    await expect(line(page, "Homes")).to_contain_text("Live")
    assert page.problems == []


async def test_deleted_items_are_kept_for_a_month(product: Stack, browser: Browser) -> None:
    tenant, page = await owner(browser, product)
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        await campaigns.delete(session, tenant.account_id, tenant.actor, tenant.campaign.campaign_id)
    await page.get_by_role("navigation", name="Main").get_by_role("link", name="Settings").click()
    await page.get_by_role("link", name="Deleted items").click()
    homes = line(page, "Homes")
    await expect(homes).to_contain_text("Kept until")
    await expect(page.get_by_text("No deleted calls")).to_be_visible()
    await assert_accessible(page)
    await homes.get_by_role("button", name="Restore Homes").click()
    await expect(page.get_by_text("No deleted campaigns")).to_be_visible()
    assert (await campaigns.get_public(tenant.campaign.public_id)).active
    assert page.problems == []


async def test_the_list_is_searched_by_url(product: Stack, browser: Browser) -> None:
    tenant, page = await owner(browser, product)
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        for number in range(26):
            await campaigns.create(session, tenant.account_id, tenant.actor, f"Line {number}", drafts.empty())
    await page.reload()
    items = page.get_by_role("list", name="Campaigns").get_by_role("listitem")
    await expect(items).to_have_count(25)
    await page.get_by_role("link", name="Older campaigns").click()
    await expect(items).to_have_count(2)
    await page.get_by_role("link", name="Newest").click()
    await page.get_by_role("searchbox", name="Search").fill("line 2")
    await page.get_by_role("searchbox", name="Search").press("Enter")
    await expect(items).to_have_count(7)
    await expect(page).to_have_url(re.compile(r"text=line\+2"))
    await page.get_by_role("combobox", name="Status").select_option("Live")
    await page.get_by_role("button", name="Search", exact=True).click()
    await expect(page.get_by_role("heading", name="No results")).to_be_visible()
    await page.go_back()
    await expect(items).to_have_count(7)
    await expect(page.get_by_role("combobox", name="Status")).to_have_value("")
    await page.get_by_role("link", name="Clear").click()
    await expect(items).to_have_count(25)
    assert page.problems == []


async def test_who_only_reads_changes_nothing(product: Stack, browser: Browser) -> None:
    tenant, page = await owner(browser, product)
    with psycopg.connect(product.superuser_url, autocommit=True) as connection:
        connection.execute("update memberships set role = 'viewer' where account_id = %s", [tenant.account_id])
    await page.reload()
    await expect(page.get_by_role("link", name="Designer of Homes")).to_be_visible()
    await expect(page.get_by_role("button", name="New campaign")).to_be_hidden()
    await expect(page.get_by_role("button", name="Actions for Homes")).to_be_hidden()
