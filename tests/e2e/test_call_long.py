"""Calls in writing, to their end: on the same call as spoken words, with a blocked microphone, by Reflex's socket."""

import pytest
from playwright.async_api import Browser, expect

from ops import sound
from tests.e2e.browser import assert_accessible, audible_seconds, clock, open_page, say, visitor, wait_audible
from tests.e2e.calls import ANSWER, caption, fill
from tests.stack import Stack

pytestmark = pytest.mark.long


async def test_spoken_and_typed_on_one_call(product: Stack, browser: Browser, email: str) -> None:
    question = sound.speak("Do you allow pets?")
    page = await open_page(await visitor(browser, microphone=True), f"{product.url}/call/demo")
    await fill(page, email, "Ines Moreau")
    await page.get_by_role("button", name="Start call").click()
    await expect(caption(page, "assistant", "this is Mira")).to_be_visible(timeout=ANSWER)
    await expect(page.get_by_text("Listening")).to_be_visible(timeout=ANSWER)
    await say(page, question)
    await expect(caption(page, "assistant", "cats or dogs")).to_be_visible(timeout=ANSWER)
    await expect(page.get_by_text("Listening")).to_be_visible(timeout=ANSWER)
    await page.get_by_role("button", name="Mute").click()
    await expect(page.get_by_text("You're muted")).to_be_visible()
    await page.get_by_role("button", name="Type").click()
    await page.get_by_label("Message Mira").fill("Is there parking?")
    since = await clock(page)
    await page.get_by_role("button", name="Send").click()
    await expect(caption(page, "assistant", "parking space")).to_be_visible(timeout=ANSWER)
    assert await audible_seconds(page, since=since) > 0.5
    await page.get_by_role("button", name="Unmute").click()
    await expect(page.locator("[data-microphone=on]")).to_be_visible()
    await page.get_by_role("button", name="End call").click()
    await expect(page.get_by_role("heading", name="Thank you for calling")).to_be_visible()
    await expect(page.get_by_text("Is there parking?")).to_be_visible()
    assert page.problems == []  # type: ignore[attr-defined]


@pytest.mark.usefixtures("every_look")
async def test_in_writing_with_a_blocked_microphone(product: Stack, browser: Browser, email: str) -> None:
    page = await open_page(await visitor(browser), f"{product.url}/call/demo")
    await fill(page, email)
    await page.get_by_role("button", name="Start call").click()

    # What was filled in is still there: one tap goes on in writing.
    await page.get_by_role("button", name="Continue by typing").click()
    await expect(caption(page, "assistant", "this is Mira")).to_be_visible(timeout=ANSWER)
    await expect(page.get_by_text("Your turn", exact=True)).to_be_visible(timeout=ANSWER)
    await expect(page.get_by_text("To speak instead, tap the lock")).to_be_visible()
    since = await clock(page)
    await page.get_by_label("Message Mira").fill("How much is a studio?")
    await page.keyboard.press("Enter")
    await expect(caption(page, "caller", "How much is a studio")).to_be_visible()
    await expect(caption(page, "assistant", "980 euros")).to_be_visible(timeout=ANSWER)
    await wait_audible(page, 0.5, since=since)
    await assert_accessible(page)

    # The assistant hangs up after a good-bye.
    await expect(page.get_by_text("Your turn", exact=True)).to_be_visible(timeout=ANSWER)
    await page.get_by_label("Message Mira").fill("Thank you, goodbye.")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Thank you for calling")).to_be_visible(timeout=ANSWER)
    await assert_accessible(page)
    assert page.problems == []  # type: ignore[attr-defined]
