"""The call page in the hand: narrow, on its side, in writing, by keyboard, off the network, and after the call."""

import asyncio

import pytest
from playwright.async_api import Browser, Dialog, Page, expect

from quantum_app.db.session import account_session
from quantum_app.domain.calls import service as calls
from quantum_app.domain.calls.schemas import CallFilters, CallStatus, EndReason
from quantum_app.domain.campaigns import demo
from quantum_app.domain.campaigns import service as campaigns
from tests.e2e.browser import assert_accessible, open_page, visitor
from tests.e2e.calls import ANSWER, caption, fill
from tests.stack import Stack

pytestmark = pytest.mark.browser

SIDEWAYS = {"width": 844, "height": 390}
SMALL = {"width": 360, "height": 640}
DESK = {"width": 1440, "height": 900}
ABOVE_BUTTON = """element =>
  element.getBoundingClientRect().bottom <= document.querySelector(".call-start").getBoundingClientRect().top"""
PETS = "Pets are welcome: each apartment may have up to two cats or dogs, for 25 euros a month per pet."


async def outside(page: Page, *selectors: str) -> list[str]:
    """Those of these that are not in the window as a whole."""
    assert page.viewport_size
    cut: list[str] = []
    for selector in selectors:
        box = await page.locator(selector).first.bounding_box()
        assert box, selector
        right, bottom = box["x"] + box["width"], box["y"] + box["height"]
        if min(box["x"], box["y"]) < 0 or right > page.viewport_size["width"] or bottom > page.viewport_size["height"]:
            cut.append(f"{selector} {box}")
    return cut


async def in_writing(page: Page, email: str) -> None:
    await fill(page, email, "Ines Moreau")
    await page.get_by_role("button", name="Type instead").click()
    await expect(page.locator("[data-assistant=listening]")).to_be_visible(timeout=ANSWER)


async def write(page: Page, text: str) -> None:
    await page.get_by_label("Message Mira").fill(text)
    await page.keyboard.press("Enter")


async def test_the_start_button_is_in_sight_on_a_small_phone(product: Stack, browser: Browser) -> None:
    page = await open_page(await visitor(browser, viewport=SMALL), f"{product.url}/call/demo")
    await expect(page.get_by_role("button", name="Start call")).to_be_enabled()
    assert await outside(page, "#call-start") == []
    address = "catherine.winters@northquay.example"
    await page.get_by_label("Your email").fill(address)
    field = page.get_by_label("Your email")
    assert await field.evaluate("field => field.scrollWidth <= field.clientWidth"), "the address is cut"
    await page.get_by_role("button", name="Start call").click()
    error = page.get_by_text("We need your consent to start the call.")
    await expect(page.get_by_role("checkbox")).to_be_focused()
    assert await error.evaluate(ABOVE_BUTTON), "the error is behind the button"


async def test_the_whole_form_is_in_sight_on_a_desk(product: Stack, browser: Browser) -> None:
    page = await open_page(await visitor(browser, viewport=DESK), f"{product.url}/call/demo")
    await expect(page.get_by_role("button", name="Start call")).to_be_enabled()
    assert await outside(page, ".call-form", "#call-start", ".call-by") == []
    assert await page.locator(".call-form").evaluate(ABOVE_BUTTON), "the form is behind the button"


async def test_a_call_on_a_phone_on_its_side(product: Stack, browser: Browser, email: str) -> None:
    page = await open_page(await visitor(browser, microphone=True, viewport=SIDEWAYS), f"{product.url}/call/demo")
    await fill(page, email)
    await page.get_by_role("button", name="Start call").click()
    await expect(page.locator("[data-assistant=listening]")).to_be_visible(timeout=ANSWER)
    await expect(page.locator(".call-page h1")).to_be_focused()
    parts = (
        ".call-top",
        ".voice-ring",
        ".voice-ring .state",
        ".call-caps",
        ".call-dial button.hang",
        ".call-dial button",
    )
    assert await outside(page, *parts) == []
    await page.get_by_role("button", name="Type").click()
    assert await outside(page, *parts, ".call-type") == []
    ring, state = [await page.locator(part).bounding_box() for part in (".voice-ring", ".voice-ring .state")]
    assert ring
    assert state
    assert state["width"] < ring["width"]
    await assert_accessible(page, widths=())


async def test_an_answer_in_writing_is_there_at_once_and_stays(product: Stack, browser: Browser, email: str) -> None:
    page = await open_page(await visitor(browser), f"{product.url}/call/demo")
    await in_writing(page, email)
    await expect(page.get_by_label("Message Mira")).to_be_focused()
    await write(page, "Do you allow pets?")
    answer = caption(page, "assistant", "Pets are welcome")
    await expect(answer.locator("p")).to_have_text(PETS, timeout=ANSWER)
    await expect(page.locator("[data-assistant=speaking]")).to_be_visible(timeout=ANSWER)

    # Who reads interrupts nothing: all of it stays as it is.
    await write(page, "Is there parking?")
    await expect(caption(page, "assistant", "95 euros a month")).to_be_visible(timeout=ANSWER)
    await expect(answer.locator("p")).to_have_text(PETS)
    await expect(page.get_by_text("Interrupted")).to_have_count(0)
    await expect(answer.locator(".rest")).to_have_count(0)
    await assert_accessible(page, widths=(360, 390))


async def test_a_lost_network_is_told_within_three_seconds(product: Stack, browser: Browser, email: str) -> None:
    context = await visitor(browser)
    page = await open_page(context, f"{product.url}/call/demo")
    await in_writing(page, email)
    await expect(page.get_by_text("Good connection")).to_be_visible()
    await context.set_offline(True)
    await expect(page.get_by_text("Reconnecting")).to_be_visible(timeout=3000)
    await context.set_offline(False)
    await expect(page.get_by_text("Good connection")).to_be_visible()


async def test_after_the_call(product: Stack, browser: Browser, email: str) -> None:
    page = await open_page(await visitor(browser), f"{product.url}/call/demo")
    await in_writing(page, email)
    await write(page, "Do you allow pets?")
    await expect(caption(page, "assistant", "Pets are welcome")).to_be_visible(timeout=ANSWER)
    await page.get_by_role("button", name="End call").click()
    heading = page.get_by_role("heading", name="Thank you for calling, Ines")
    await expect(heading).to_be_focused()
    again = page.get_by_role("button", name="Call again")
    await expect(again).to_be_visible()
    await assert_accessible(page)

    # The transcript, to the address of the call.
    await page.get_by_role("button", name="Email transcript").click()
    await expect(page.get_by_label("Email address")).to_have_value(email)
    await page.get_by_label("Email address").fill("nobody")
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.get_by_text("Enter your email address")).to_be_visible()
    await page.get_by_label("Email address").fill(email)
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.get_by_text(f"Transcript sent to {email}")).to_be_visible()

    # The link in the mail opens it, without a login.
    mailbox = await open_page(await visitor(browser), f"{product.url}/dev/mailbox#key={product.instance_key}")
    mail = mailbox.get_by_role("article").filter(has_text=email).filter(has_text="The transcript of your call")
    link = await mail.get_by_role("link").get_attribute("href", timeout=ANSWER)
    assert link
    shared = await open_page(await visitor(browser), link)
    await expect(shared.get_by_role("heading", name="Your call with Northquay Living")).to_be_visible()
    await expect(shared.get_by_text("Do you allow pets?")).to_be_visible()
    assert "#" not in shared.url
    await assert_accessible(shared)


async def test_a_page_that_is_closed_abandons_the_call(product: Stack, browser: Browser, email: str) -> None:
    page = await open_page(await visitor(browser), f"{product.url}/call/demo")
    await in_writing(page, email)
    await write(page, "Do you allow pets?")
    await expect(caption(page, "assistant", "Pets are welcome")).to_be_visible(timeout=ANSWER)
    dialogs: list[str] = []

    async def leave(dialog: Dialog) -> None:
        dialogs.append(dialog.type)
        await dialog.accept()

    page.on("dialog", leave)
    await page.goto("about:blank")
    assert dialogs == ["beforeunload"]
    campaign = await campaigns.get_public(demo.PUBLIC_ID)

    async def status() -> tuple[CallStatus, EndReason | None]:
        async with account_session(campaign.account_id) as session:
            [summary] = (await calls.list_calls(session, CallFilters(text=email))).calls
        return summary.status, summary.end_reason

    # Less than the 20 seconds for which a lost caller is waited for.
    async with asyncio.timeout(10):
        while (await status())[1] is None:  # noqa: ASYNC110 (the call ends elsewhere)
            await asyncio.sleep(0.1)
    assert await status() == (CallStatus.ABANDONED, EndReason.CONNECTION_LOST)
