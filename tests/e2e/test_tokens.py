"""API tokens, as an owner creates, copies and revokes them; the text of one goes through no page's state."""

import re
from typing import Any

import pytest
from playwright.async_api import Browser, Page, WebSocket, expect

from tests.db.tenants import PASSWORD, Tenant
from tests.e2e.browser import assert_accessible, open_page
from tests.e2e.people import login_context
from tests.stack import Stack

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def product(stack: Stack) -> Stack:
    stack.need("web", "livekit")
    return stack


async def open_as(browser: Browser, product: Stack, tenant: Tenant, **options: Any) -> Page:
    """The page of tokens, for the account's owner."""
    context = await login_context(browser, product, tenant.user_id, **options)
    page = await open_page(context, f"{product.url}/settings/tokens")
    await expect(page.get_by_role("heading", name="No API tokens yet")).to_be_visible()
    return page


async def create(page: Page, name: str) -> str:
    """A token by the dialog, with the keyboard alone; its text."""
    await page.get_by_role("button", name="Create token").press("Enter")
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_label("Name")).to_be_focused()
    await page.keyboard.type(name)
    await dialog.get_by_label("Current password").focus()
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("region", name=f"Your new token “{name}”")).to_be_focused()
    return (await page.locator("[data-secret]").get_attribute("data-secret")) or ""


async def test_a_token_is_created_used_and_revoked(product: Stack, browser: Browser, owner: Tenant) -> None:
    page = await open_as(browser, product, owner, permissions=["clipboard-read", "clipboard-write"])
    frames: list[str] = []

    def follow(socket: WebSocket) -> None:
        socket.on("framesent", lambda data: frames.append(str(data)))
        socket.on("framereceived", lambda data: frames.append(str(data)))

    page.on("websocket", follow)
    await page.reload()
    await expect(page.get_by_role("link", name="API tokens")).to_have_attribute("aria-current", "page")

    await page.get_by_role("button", name="Create token").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Create token").click()
    await expect(dialog.get_by_text("Enter a name.")).to_be_visible()
    await dialog.get_by_label("Name").fill("Nightly report")
    await dialog.get_by_label("Current password").fill("wrong")
    await dialog.get_by_role("button", name="Create token").click()
    await expect(dialog.get_by_text("Incorrect password.")).to_be_visible()
    await expect(dialog.get_by_label("Name")).to_have_value("Nightly report")
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()

    text = await create(page, "Nightly report")
    assert text.startswith("qvt_")
    await page.get_by_role("button", name="Copy the token").click()
    assert await page.evaluate("navigator.clipboard.readText()") == text
    program = {"authorization": f"Bearer {text}"}
    stranger = await browser.new_context()
    calls = f"{product.url}/api/v1/calls"
    assert len((await (await stranger.request.get(calls, headers=program)).json())["data"]) == 2
    await page.get_by_role("button", name="I've copied it").click()
    await expect(page.locator("[data-secret]")).to_have_count(0)

    await page.reload()
    row = page.get_by_role("listitem").filter(has_text="Nightly report")
    await expect(row).to_contain_text(f"qvt_…{text[-4:]}")
    await expect(row).to_contain_text("Used just now")
    assert text not in await page.content()
    await row.get_by_role("button", name="Revoke the token Nightly report").click()
    await page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    await expect(page.get_by_role("heading", name="No API tokens yet")).to_be_visible()
    assert (await stranger.request.get(calls, headers=program)).status == 401
    assert frames, "the socket was listened to"
    assert not any(text in frame for frame in frames)

    await page.get_by_role("navigation", name="Main").get_by_role("link", name="Settings").click()
    await page.get_by_role("link", name="Audit log").click()
    entries = page.get_by_role("list", name="Entries").locator("> li")
    await expect(entries.first).to_contain_text("revoked the API token “Nightly report”")
    await expect(entries.nth(1)).to_contain_text(re.compile("created the API token “Nightly report”.*viewer"))
    assert page.problems == []  # type: ignore[attr-defined]


async def test_it_is_accessible_at_every_width(product: Stack, browser: Browser, owner: Tenant) -> None:
    page = await open_as(browser, product, owner)
    await assert_accessible(page)
    await page.get_by_role("button", name="Create token").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await assert_accessible(page)
    await page.keyboard.press("Escape")
    await create(page, "A name that is as long as a name may be, which is sixty long")
    await assert_accessible(page)
    await page.get_by_role("button", name="Revoke the token").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await assert_accessible(page, widths=(390,))
