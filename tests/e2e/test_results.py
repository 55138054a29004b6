"""What calls have found out, as members of an account see it: the list, its search, and a call."""

import re
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from quantum_app.db.session import account_session
from quantum_app.domain.accounts.permissions import Role
from quantum_app.domain.calls import service as calls
from quantum_app.domain.calls.schemas import CallEnd, CallStatus, EndReason
from quantum_app.domain.campaigns import demo
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.domain.campaigns.schemas import NewCampaign
from quantum_app.kit import ids
from quantum_app.kit.clock import now
from quantum_app.kit.ids import random_id
from tests.api.test_tokens import colleague
from tests.db.tenants import Tenant, create_tenant, slot_event, turn
from tests.e2e.browser import DESK, assert_accessible, open_page, visitor
from tests.e2e.people import login_context
from tests.stack import Stack

pytestmark = pytest.mark.browser

EMAIL = "a.caller.with.a.name.as.long.as.it.gets.and.longer@subdomain.of.a.long.domain.example.com"
NAME = {"variable": "name", "label": "Name", "kind": "name", "sensitivity": "redact"}
DAY = {"variable": "day", "label": "Day", "kind": "date", "sensitivity": "none"}
NOTE = {"variable": "note", "label": "Note", "kind": "text", "sensitivity": "redact"}


async def _call(tenant: Tenant, email: str, words: str, *values: tuple[Any, dict[str, str]]) -> UUID:
    """A call that is over, with what it collected."""
    async with account_session(tenant.account_id) as session:
        ticket = await calls.start(
            session, tenant.campaign, email=email, name=None, consent=True, consent_version="2026-1"
        )
        call_id = ticket.call_id
        events = [slot_event(call_id, seq, value, **fields) for seq, (value, fields) in enumerate(values, 2)]
        end = CallEnd(call_id, CallStatus.COMPLETED, EndReason.GOODBYE, now(), 0)
        await calls.record(session, tenant.account_id, [turn(call_id, 1, words), *events, end])
    return call_id


@pytest_asyncio.fixture(loop_scope="session")
async def account(product: Stack) -> tuple[Tenant, UUID]:
    """An account with two calls; the one that collected something."""
    tenant = await create_tenant()
    call_id = await _call(
        tenant,
        EMAIL,
        "I lost a purple walrus.",
        ("Quirina Longfellow", NAME),
        ("+14105550142", {}),
        ("2026-12-03", DAY),
        ("W" * 400, NOTE),
    )
    await _call(tenant, "other@example.com", "Hello.")
    return tenant, call_id


def _rows(page: Page) -> Any:
    return page.locator("tbody tr")


async def test_the_owner_sees_whom_to_call_back(product: Stack, browser: Browser, account: tuple[Tenant, UUID]) -> None:
    tenant, call_id = account
    context = await login_context(browser, product, tenant.user_id, permissions=["clipboard-read", "clipboard-write"])
    page = await open_page(context, f"{product.url}/calls")
    row = _rows(page).filter(has_text="Quirina Longfellow")
    await expect(row).to_contain_text("Phone: •••")
    await expect(row).to_contain_text("Day: 3 December 2026")
    await assert_accessible(page)

    await row.get_by_role("link").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Quirina Longfellow")
    await expect(page.get_by_text(EMAIL)).to_be_visible()
    result = page.locator("section").filter(has=page.get_by_role("heading", name="Result"))
    await expect(result).to_contain_text("•••")
    await result.get_by_role("button", name="Reveal Phone").click()
    await expect(result.get_by_role("link", name="+1 410-555-0142")).to_have_attribute("href", "tel:+14105550142")
    await result.get_by_role("button", name="Copy Phone").click()
    assert await page.evaluate("navigator.clipboard.readText()") == "+1 410-555-0142"
    await result.get_by_role("button", name="Mark as done").click()
    await expect(result.get_by_role("button", name="Done", exact=True)).to_be_visible()
    await assert_accessible(page)

    await page.goto(f"{product.url}/settings/audit")
    await expect(page.get_by_text("revealed an encrypted value of a call")).to_be_visible()
    await page.goto(f"{product.url}/calls/{ids.encode('call', call_id)}")
    await expect(result.get_by_role("button", name="Reveal Phone")).to_be_visible()
    assert page.problems == []  # type: ignore[attr-defined]


async def test_a_viewer_sees_masks(product: Stack, browser: Browser, account: tuple[Tenant, UUID]) -> None:
    tenant, call_id = account
    name, value = (await colleague(tenant, Role.VIEWER))[1]["cookie"].split("=", 1)
    context = await visitor(browser, viewport=DESK)
    await context.add_cookies([{"name": name, "value": value, "url": product.url}])
    page = await open_page(context, f"{product.url}/calls/{ids.encode('call', call_id)}")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Caller")
    result = page.locator("section").filter(has=page.get_by_role("heading", name="Result"))
    await expect(result.get_by_text("•••")).to_have_count(4)
    await expect(result.get_by_role("button")).to_have_count(0)
    await assert_accessible(page)


async def test_calls_are_searched_and_the_search_is_in_the_address(
    product: Stack, browser: Browser, account: tuple[Tenant, UUID]
) -> None:
    tenant, _ = account
    page = await open_page(await login_context(browser, product, tenant.user_id), f"{product.url}/calls")
    await expect(_rows(page)).to_have_count(2)
    search = page.get_by_role("search")
    for text in ("quirina", "+1 410 555 0142", "purple walrus", EMAIL[:30]):
        await search.get_by_label("Search").fill(text)
        await search.get_by_role("button", name="Search").click()
        await expect(page).to_have_url(re.compile(re.escape(urlencode({"text": text}))))
        await expect(_rows(page)).to_have_count(1)
        await expect(_rows(page)).to_contain_text("Quirina")
    await page.reload()
    await expect(_rows(page)).to_have_count(1)
    await expect(search.get_by_label("Search")).to_have_value(EMAIL[:30])

    await search.get_by_label("Search").fill("quirina")
    await page.get_by_role("link", name="Completed").click()
    await expect(page).to_have_url(re.compile(r"text=quirina.*status=completed|status=completed.*text=quirina"))
    await expect(search.get_by_label("Search")).to_have_value("quirina")
    await expect(_rows(page)).to_have_count(1)
    await page.get_by_role("link", name="Failed").click()
    await expect(page.get_by_role("heading", name="No calls found")).to_be_visible()
    await expect(page).to_have_url(re.compile(r"text=.*status=failed|status=failed.*text="))
    test_call = page.get_by_role("link", name="Place a test call")
    await expect(test_call).to_have_attribute("href", f"/call/{tenant.campaign.public_id}#test")
    await assert_accessible(page)
    await page.get_by_role("link", name="Show all calls").click()
    await expect(_rows(page)).to_have_count(2)

    await page.set_viewport_size({"width": 390, "height": 844})
    await expect(search.get_by_label("To")).to_be_hidden()
    await search.get_by_role("button", name="Filters").click()
    await search.get_by_label("To").fill("2026-01-01")
    await search.get_by_role("button", name="Search").click()
    await expect(page.get_by_role("heading", name="No calls found")).to_be_visible()
    await expect(search.get_by_role("button", name="Filters 1 active")).to_be_visible()
    await search.get_by_role("link", name="Clear").click()
    await expect(page.get_by_text("Day: 3 December 2026").last).to_be_visible()
    await assert_accessible(page)
    assert page.problems == []  # type: ignore[attr-defined]


async def test_one_of_several_assistants_is_called(product: Stack, browser: Browser) -> None:
    tenant = await create_tenant()
    draft = NewCampaign(
        random_id("cmp"), "Second", "Noor", "en", "I agree.", "1", True, 300, demo.flow().model_dump(mode="json")
    )
    async with account_session(tenant.account_id) as session:
        await campaigns.create_published(session, tenant.account_id, draft)
    page = await open_page(await login_context(browser, product, tenant.user_id), f"{product.url}/calls")
    await expect(page.get_by_role("heading", name="No calls yet")).to_be_visible()
    await page.get_by_role("button", name="Place a test call").click()
    await expect(page.get_by_role("menuitem", name="Homes")).to_be_visible()
    second = page.get_by_role("menuitem", name="Second")
    await expect(second).to_have_attribute("href", f"/call/{draft.public_id}#test")
    await page.keyboard.press("Escape")
    await assert_accessible(page)
    assert page.problems == []  # type: ignore[attr-defined]
