"""Calls that lose something on the way: what the caller is told, and how the call goes on."""

import asyncio
import re

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.browser import assert_accessible, open_page, visitor
from tests.stack import DisposableStack

pytestmark = pytest.mark.long

RECOVERY = 60_000  # milliseconds: a part is started anew, and its models are loaded


@pytest.fixture(scope="module")
def product(disposable_stack: DisposableStack) -> DisposableStack:
    disposable_stack.need()
    return disposable_stack


async def start_in_writing(page: Page, email: str) -> None:
    await page.get_by_label("Your email").fill(email)
    await page.get_by_role("checkbox").check()
    await page.get_by_role("button", name="Type instead").click()


async def ask(page: Page, question: str, answer: str) -> None:
    """Write, and wait until the answer was spoken and written."""
    assistant = page.locator("[data-assistant=listening]")
    await expect(assistant).to_be_visible(timeout=RECOVERY)
    await page.get_by_label("Message Mira").fill(question)
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-speaker=assistant]").filter(has_text=re.compile(answer))).to_be_visible(
        timeout=RECOVERY
    )
    await expect(assistant).to_be_visible(timeout=RECOVERY)


async def test_when_all_lines_are_busy_the_page_says_so_and_tries_again(
    product: DisposableStack, browser: Browser, email: str
) -> None:
    worker = product.children["worker"]
    await asyncio.to_thread(worker.stop)
    try:
        page = await open_page(await visitor(browser), f"{product.url}/call/demo")
        await start_in_writing(page, email)
        await expect(page.get_by_text("All lines are busy.")).to_be_visible()
        retry = page.get_by_role("button", name="Try again")
        await expect(retry).to_be_disabled()
        await assert_accessible(page)
        await asyncio.to_thread(worker.start)
        await asyncio.to_thread(worker.wait)
        await expect(page.get_by_text("You can try again now.")).to_be_visible(timeout=RECOVERY)
        await retry.click()
        await expect(page.get_by_text("this is Mira")).to_be_visible(timeout=RECOVERY)
        await ask(page, "Is there parking?", "parking space")
    finally:
        await asyncio.to_thread(worker.start)
        await asyncio.to_thread(worker.wait)


async def test_the_assistant_vanishes_and_comes_back(product: DisposableStack, browser: Browser, email: str) -> None:
    worker = product.children["worker"]
    try:
        page = await open_page(await visitor(browser), f"{product.url}/call/demo")
        await start_in_writing(page, email)
        await ask(page, "Do you allow pets?", "cats or dogs")
        await asyncio.to_thread(worker.stop, 0)  # no time to say anything
        await expect(page.get_by_text("Still connecting you to Mira.")).to_be_visible(timeout=RECOVERY)
        await assert_accessible(page, widths=(390,))
        await asyncio.to_thread(worker.start)
        await ask(page, "Is there parking?", "parking space")
        await expect(page.get_by_text("Still connecting you to Mira.")).to_be_hidden()
    finally:
        await asyncio.to_thread(worker.start)
        await asyncio.to_thread(worker.wait)


async def test_the_network_is_lost_and_comes_back(product: DisposableStack, browser: Browser, email: str) -> None:
    livekit = product.children["livekit"]
    page = await open_page(await visitor(browser), f"{product.url}/call/demo")
    await start_in_writing(page, email)
    await ask(page, "Do you allow pets?", "cats or dogs")
    await asyncio.to_thread(livekit.stop)
    try:
        await expect(page.get_by_text("Reconnecting")).to_be_visible()
        await expect(page.get_by_text(re.compile("No connection for [1-9]"))).to_be_visible()
        await expect(page.get_by_text("You lost your connection.")).to_be_visible()
        await assert_accessible(page, widths=(390,))
    finally:
        await asyncio.to_thread(livekit.start)
        await asyncio.to_thread(livekit.wait)
    await expect(page.get_by_text("Reconnecting")).to_be_hidden(timeout=RECOVERY)
    await ask(page, "Is there parking?", "parking space")
