"""Data of an account and of a caller: taken along and erased, as an owner does it."""

import json
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from quantum_app.db.session import account_session, dispose
from quantum_app.domain.calls import service as calls
from quantum_app.domain.calls.schemas import CallEnd, CallStatus, EndReason
from quantum_app.domain.identity import service as identity
from quantum_app.domain.identity.schemas import LoginToken
from quantum_app.kit.clock import now
from tests.db.tenants import PASSWORD, Tenant, call, tenant, turn
from tests.e2e.browser import assert_accessible, chromium, open_page, visitor
from tests.stack import Stack

pytestmark = pytest.mark.browser

MADE = 30_000  # milliseconds for a job that takes one second


@pytest.fixture
async def owner(product: Stack) -> AsyncIterator[Tenant]:
    """Of an account with two calls of one caller."""
    of = await tenant()
    for _ in range(2):
        call_id = await call(of)
        async with account_session(of.account_id) as session:
            end = CallEnd(call_id, CallStatus.COMPLETED, EndReason.GOODBYE, now(), 0)
            said = turn(call_id, 1, "The key is under the third pot.")
            await calls.record(session, of.account_id, [said, end])
    yield of
    await dispose()


async def entered(browser: Browser, product: Stack, of: Tenant, path: str) -> Page:
    """A page of the account, for its owner."""
    made = await identity.login(of.email, PASSWORD)
    assert isinstance(made, LoginToken)
    context = await visitor(browser, viewport={"width": 1440, "height": 900}, accept_downloads=True)
    await context.add_cookies([{"name": product.settings.cookie_name, "value": made.token, "url": product.url}])
    return await open_page(context, f"{product.url}{path}")


async def test_a_deleted_call_is_brought_back(product: Stack, owner: Tenant) -> None:
    async with chromium() as browser:
        page = await entered(browser, product, owner, "/calls")
        rows = page.get_by_role("row").filter(has_text="caller@example.com")
        await expect(rows).to_have_count(2)
        await rows.first.get_by_role("link").click()
        await expect(page.get_by_text("The key is under the third pot.")).to_be_visible()
        await page.get_by_role("button", name="Delete", exact=True).click()
        await expect(page.get_by_text("The call is deleted.")).to_be_visible()
        await expect(rows).to_have_count(1)
        await assert_accessible(page)
        await page.get_by_role("button", name="Undo").click()
        await expect(rows).to_have_count(2)
        await expect(page.get_by_text("The call is back.")).to_be_visible()
        assert page.problems == []  # type: ignore[attr-defined]


async def test_data_is_taken_along_and_a_caller_erased(product: Stack, owner: Tenant, tmp_path: Path) -> None:
    async with chromium() as browser:
        page = await entered(browser, product, owner, "/settings/data")
        await expect(page.get_by_text("No files yet")).to_be_visible()
        await assert_accessible(page)

        await page.get_by_role("button", name="Export everything").click()
        files = page.locator("li").filter(has_text="Everything")
        await expect(files.get_by_text("Ready")).to_be_visible(timeout=MADE)
        async with page.expect_download() as download:
            await files.get_by_role("link", name="Download").click()
        await (await download.value).save_as(tmp_path / "all.zip")
        with zipfile.ZipFile(tmp_path / "all.zip") as archive:
            taken = json.loads(archive.read("call_transcripts.json"))
        assert [row["text"] for row in taken] == ["The key is under the third pot."] * 2

        # What is wrong is said at the field, and stays there.
        await page.get_by_label("E-mail address or phone number").fill("nobody")
        await page.get_by_role("button", name="Export their data").click()
        await expect(page.get_by_text("This is not a phone number with its country code")).to_be_visible()
        await expect(page.get_by_label("E-mail address or phone number")).to_have_value("nobody")
        await page.get_by_label("E-mail address or phone number").fill(" Caller@Example.com ")
        await page.get_by_role("button", name="Export their data").click()
        theirs = page.locator("li").filter(has_text="caller@example.com")
        await expect(theirs.get_by_text("Ready")).to_be_visible(timeout=MADE)
        await assert_accessible(page)

        await page.get_by_role("button", name="Erase a caller").click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_label("E-mail address or phone number").fill("stranger@example.com")
        await page.keyboard.press("Enter")
        await expect(dialog.get_by_text("Nobody with this address or number has called.")).to_be_visible()
        await dialog.get_by_label("E-mail address or phone number").fill("caller@example.com")
        await page.keyboard.press("Enter")
        await expect(dialog.get_by_text("2 calls of")).to_be_visible()
        await assert_accessible(page)
        await dialog.get_by_role("button", name="Erase for good").click()
        await expect(page.get_by_text("2 calls are erased for good.")).to_be_visible()
        await expect(page.get_by_text("No files yet")).to_be_visible()
        await page.goto(f"{product.url}/calls")
        await expect(page.get_by_text("No calls yet")).to_be_visible()
        await page.goto(f"{product.url}/settings/mail")
        await expect(page.get_by_text("Export is ready")).to_have_count(2)
        await assert_accessible(page)
        assert page.problems == []  # type: ignore[attr-defined]
