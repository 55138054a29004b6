"""Data of an account and of a caller: taken along and erased, as an owner does it."""

import json
import zipfile
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.db.tenants import Tenant
from tests.e2e.browser import assert_accessible, open_page
from tests.e2e.people import login_context
from tests.stack import Stack

pytestmark = pytest.mark.browser

JOB_TIMEOUT = 30_000  # milliseconds for a job that takes one second


async def open_as(browser: Browser, product: Stack, tenant: Tenant, path: str) -> Page:
    """A page of the account, for its owner."""
    return await open_page(await login_context(browser, product, tenant.user_id), f"{product.url}{path}")


async def test_a_deleted_call_is_brought_back(product: Stack, browser: Browser, owner: Tenant) -> None:
    page = await open_as(browser, product, owner, "/calls")
    rows = page.get_by_role("row").filter(has_text="caller@example.com")
    await expect(rows).to_have_count(2)
    await rows.first.get_by_role("link").click()
    await expect(page.get_by_text("The key is under the third pot.")).to_be_visible()
    await page.get_by_role("button", name="Delete", exact=True).click()
    await expect(page.get_by_text("The call by Sam was deleted.")).to_be_visible()
    await expect(rows).to_have_count(1)
    await assert_accessible(page)
    await page.get_by_role("button", name="Undo").click()
    await expect(rows).to_have_count(2)
    await expect(page.get_by_text("The call was restored.")).to_be_visible()

    await rows.first.get_by_role("link").click()
    await page.get_by_role("button", name="Delete", exact=True).click()
    offer = page.get_by_role("status").filter(has_text="The call by Sam was deleted.")
    await offer.get_by_role("button", name="Close").click()
    await expect(page.get_by_role("button", name="Undo")).to_be_hidden()
    await page.get_by_role("navigation", name="Main").get_by_role("link", name="Settings").click()
    await page.get_by_role("link", name="Deleted items").click()
    await page.get_by_role("button", name="Restore Sam").click()
    await expect(page.get_by_text("No deleted calls")).to_be_visible()
    await page.get_by_role("link", name="Calls", exact=True).click()
    await expect(rows).to_have_count(2)
    assert page.problems == []  # type: ignore[attr-defined]


async def test_data_is_taken_along_and_a_caller_erased(
    product: Stack, browser: Browser, owner: Tenant, tmp_path: Path
) -> None:
    page = await open_as(browser, product, owner, "/settings/data")
    await expect(page.get_by_text("No exports yet")).to_be_visible()
    await assert_accessible(page)

    await page.get_by_role("button", name="Export everything").click()
    files = page.locator("li").filter(has_text="Everything")
    await expect(files.get_by_text("Ready")).to_be_visible(timeout=JOB_TIMEOUT)
    await expect(page.get_by_text("Export started.")).to_have_count(0)
    async with page.expect_download() as download:
        await files.get_by_role("link", name="Download").click()
    await (await download.value).save_as(tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        transcripts = json.loads(archive.read("call_transcripts.json"))
    assert [row["text"] for row in transcripts] == ["The key is under the third pot."] * 2

    # What is wrong is said at the field, and stays there.
    await page.get_by_label("Email address or phone number").fill("nobody")
    await page.get_by_role("button", name="Export their data").click()
    await expect(page.get_by_text("Enter a phone number with its country code")).to_be_visible()
    await expect(page.get_by_label("Email address or phone number")).to_have_value("nobody")
    await page.get_by_label("Email address or phone number").fill(" Caller@Example.com ")
    await page.get_by_role("button", name="Export their data").click()
    caller_item = page.locator("li").filter(has_text="caller@example.com")
    await expect(caller_item.get_by_text("Ready")).to_be_visible(timeout=JOB_TIMEOUT)
    await assert_accessible(page)

    await page.get_by_role("button", name="Erase a caller").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Email address or phone number").fill("stranger@example.com")
    await page.keyboard.press("Enter")
    await expect(dialog.get_by_text("No calls found for this email address or phone number.")).to_be_visible()
    await dialog.get_by_label("Email address or phone number").fill("caller@example.com")
    await page.keyboard.press("Enter")
    await expect(dialog.get_by_text("2 calls by")).to_be_visible()
    await assert_accessible(page)
    await dialog.get_by_role("button", name="Erase permanently").click()
    await expect(page.get_by_text("2 calls were permanently erased.")).to_be_visible()
    await expect(page.get_by_text("No exports yet")).to_be_visible()
    await page.goto(f"{product.url}/calls")
    await expect(page.get_by_text("No calls yet")).to_be_visible()
    await page.goto(f"{product.url}/settings/mail")
    await expect(page.get_by_text("Export ready")).to_have_count(2)
    await assert_accessible(page)
    assert page.problems == []  # type: ignore[attr-defined]
