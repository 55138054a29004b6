"""A template's knowledge in the designer: what has to be filled in, and examples that give way to the owner's own."""

import pytest
from playwright.async_api import Browser, expect

from quantum_app.domain.flows import drafts
from quantum_app.domain.flows.templates import template
from tests.e2e.browser import assert_accessible
from tests.e2e.designer import at_designer
from tests.filled import with_business_name
from tests.stack import Stack

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def product(stack: Stack) -> Stack:
    stack.need("providers", "jobs", "web")
    return stack


async def test_an_example_gives_way_to_the_owners_own(product: Stack, browser: Browser) -> None:
    appointment = template("appointment")
    assert appointment
    designer = await at_designer(browser, product, drafts.plain(with_business_name(appointment)))
    page = designer.page
    await page.get_by_role("button", name="Knowledge").click()
    panel = page.get_by_role("complementary", name="Knowledge")
    await panel.get_by_role("button", name="Before an appointment").click()
    await expect(panel.get_by_text("Callers never hear an example.")).to_be_visible()
    await expect(panel.get_by_role("textbox")).to_have_count(0)
    lists = panel.locator("ul, fieldset")
    assert not await lists.evaluate_all("all => all.some(one => one.scrollWidth > one.clientWidth + 1)")
    await assert_accessible(page)

    await panel.get_by_role("button", name="Replace").click()
    await expect(panel.get_by_role("textbox", name="Passage 1")).to_be_focused()
    await page.keyboard.type("Please arrive ten minutes early.")
    await panel.get_by_role("button", name="Passage", exact=True).press("Space")
    await expect(panel.get_by_role("textbox", name="Passage 2")).to_be_focused()
    await panel.get_by_role("button", name="Delete passage 2").click()
    await panel.get_by_role("button", name="Prices").click()
    await panel.get_by_role("button", name="Remove").click()
    definition = await designer.saved_definition()
    sources = [(source["id"], source["texts"], source["example"]) for source in definition["knowledge"][1:]]
    assert sources == [("appointments", ["Please arrive ten minutes early."], False)]
    assert page.problems == []


async def test_what_is_left_to_fill_in_is_listed_and_leads_there(product: Stack, browser: Browser) -> None:
    faq = template("faq")
    assert faq
    designer = await at_designer(browser, product, drafts.plain(with_business_name(faq)))
    page = designer.page
    await page.get_by_role("button", name="Publish v2").click()
    dialog = page.get_by_role("dialog")
    for label in ("what you offer", "opening hours", "address"):
        await expect(dialog.get_by_text(f"Fill in: {label}.")).to_be_visible()
    await expect(dialog.get_by_role("button", name="Publish v2")).to_be_disabled()
    await dialog.get_by_text("Fill in: opening hours.").click()
    await expect(page.get_by_role("textbox", name="Passage 1")).to_be_focused()


async def test_what_no_call_can_do_is_not_offered(product: Stack, browser: Browser) -> None:
    faq = template("faq")
    assert faq
    designer = await at_designer(browser, product, drafts.plain(with_business_name(faq)))
    page = designer.page
    await page.get_by_role("button", name="Rules").click()
    panel = page.get_by_role("complementary", name="Rules")
    await expect(panel.get_by_role("heading", name="Score")).to_be_visible()
    await expect(panel.get_by_role("heading", name="Handoff")).to_have_count(0)
    await designer.node("Goodbye").click()
    await expect(page.get_by_role("textbox", name="Farewell")).to_be_visible()
    await expect(page.get_by_text("Hand off to a person")).to_have_count(0)
