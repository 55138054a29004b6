"""Publishing, the condition builder, and the way between panels, in a real browser."""

import re
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, expect

from quantum_app.domain.flows import drafts
from tests.e2e.browser import assert_accessible
from tests.e2e.designer import at_designer
from tests.filled import LEADS
from tests.stack import Stack

pytestmark = pytest.mark.browser

FLOW = drafts.plain(LEADS)


@pytest.fixture(scope="module")
def product(stack: Stack) -> Stack:
    stack.need("providers", "jobs", "web")
    return stack


async def apart(one: Locator, other: Locator) -> bool:
    """Whether two things on the page don't cover each other."""
    first, second = await one.bounding_box(), await other.bounding_box()
    assert first
    assert second
    return (
        first["x"] + first["width"] <= second["x"]
        or second["x"] + second["width"] <= first["x"]
        or first["y"] + first["height"] <= second["y"]
        or second["y"] + second["height"] <= first["y"]
    )


async def test_publishing_is_offered_when_something_changed(product: Stack, browser: Browser) -> None:
    designer = await at_designer(browser, product, None)
    page = designer.page
    await expect(page).to_have_title("Homes · Quantum Voice")
    await expect(page.get_by_text("Published v1")).to_be_visible()
    await expect(page.get_by_role("button", name="Published")).to_be_disabled()
    await page.get_by_role("button", name="Assistant").click()
    persona = page.get_by_role("textbox", name="Persona")
    await persona.fill("You are Mira, and you always answer in one short sentence.")
    await persona.blur()
    await page.get_by_role("button", name="Publish v2").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_text("Changes since v1").click()
    await expect(dialog.locator("ins").first).to_be_visible()
    await expect(dialog.get_by_label("Differences")).to_contain_text("Persona")
    await assert_accessible(page)
    await dialog.get_by_role("button", name="Cancel").click()
    await page.get_by_role("button", name="Undo").click()
    await expect(page.get_by_role("button", name="Published")).to_be_disabled()

    # A test call says what it calls.
    await page.get_by_role("button", name="Close simulator").click()
    await page.get_by_role("button", name="Test call").click()
    await expect(page.get_by_role("menuitem", name="Call v1, the live version")).to_be_visible()
    await page.get_by_role("menuitem", name="Test this draft in the simulator").click()
    await expect(page.get_by_role("complementary", name="Simulator")).to_be_visible()

    # On a phone, no message that has faded lies on the button.
    await page.get_by_role("button", name="Close panel").click()
    await page.get_by_role("button", name="Close simulator").click()
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.locator(".editor-open-simulator").click()
    await expect(page.get_by_role("complementary", name="Simulator")).to_be_visible()


def conditions(definition: dict[str, Any]) -> list[str]:
    return [edge["condition"]["expression"] for edge in definition["edges"] if "expression" in edge["condition"]]


async def test_a_condition_is_built_and_written(product: Stack, browser: Browser) -> None:
    designer = await at_designer(browser, product, FLOW)
    page = designer.page
    exit_edge = next(edge for edge in FLOW["edges"] if edge["condition"].get("expression") == "score >= 40")
    await page.locator(f".react-flow__node[data-id={exit_edge['source']}]").press("Enter")
    panel = page.locator("[data-panel]")
    await panel.get_by_role("button", name=exit_edge["label"]).click()
    first = panel.get_by_role("group", name="Condition 1")
    await expect(first.get_by_role("combobox", name="Variable")).to_have_value("score")
    await first.get_by_role("textbox", name="Value").fill("55.5")
    await panel.get_by_role("button", name="Add condition").click()
    second = panel.get_by_role("group", name="Condition 2")
    await second.get_by_role("combobox", name="Variable").select_option("timeline")
    await second.get_by_role("combobox", name="Comparison").select_option("is not")
    await second.get_by_role("combobox", name="Value").select_option("this month")
    await panel.get_by_role("button", name="Any").click()
    await assert_accessible(page, widths=(390, 1440))
    assert 'score >= 55.5 or timeline != "this month"' in conditions(await designer.saved_definition())

    # By hand: what is wrong says how to correct it, and what rows can't show stays as it is written.
    await panel.get_by_role("button", name="Expression").click()
    text = panel.get_by_role("textbox", name="Expression")
    await text.fill("open = yes")
    await expect(panel.get_by_text("Use ==, or just open.")).to_be_visible()
    await text.fill("open and (email or phone)")
    await expect(panel.get_by_role("button", name="Builder")).to_be_disabled()
    await text.fill("open and email")
    await panel.get_by_role("button", name="Builder").click()
    await expect(panel.get_by_role("combobox", name="Variable")).to_have_count(2)
    await panel.get_by_role("button", name="Remove condition 2").click()
    assert "open" in conditions(await designer.saved_definition())
    assert page.problems == []  # type: ignore[attr-defined]


async def test_panels_lead_back_and_nothing_is_lost(product: Stack, browser: Browser) -> None:
    viewport = {"width": 1366, "height": 768}
    designer = await at_designer(browser, product, FLOW, viewport=viewport)
    page = designer.page
    node = next(item for item in FLOW["nodes"] if item["type"] == "clarify")
    await page.locator(f".react-flow__node[data-id={node['id']}]").press("Enter")
    await page.get_by_role("button", name="New variable").click()
    name = page.get_by_role("textbox", name="Name (used in conditions)")
    await expect(name).to_be_focused()
    await name.fill("notes")
    await name.press("Enter")
    await page.get_by_role("button", name=f"Back to {node['name']}").click()
    await expect(page.get_by_label(f"Properties of {node['name']}").get_by_text("notes").first).to_be_visible()

    await page.get_by_role("button", name="Knowledge").first.click()
    await page.get_by_role("button", name="Add source").click()
    await expect(page.get_by_role("textbox", name="Name (cited in answers)")).to_be_focused()

    await page.get_by_role("button", name=re.compile("^Variables")).first.click()
    await page.locator(".editor-item").filter(has_text="budget").click()
    await page.get_by_role("button", name=re.compile(r"Delete \(used by 1 node, \d condition")).click()
    await expect(page.get_by_text("“budget” was deleted.")).to_be_visible()
    assert await apart(page.locator(".ui-toast"), page.locator("[data-panel]"))
    assert await apart(page.locator(".ui-toast"), page.get_by_role("complementary", name="Simulator"))
    await page.get_by_role("status").get_by_role("button", name="Undo").click()
    await expect(page.locator(".editor-item").filter(has_text="budget")).to_be_visible()

    await page.get_by_role("button", name="Close simulator").click()
    await page.get_by_role("button", name=re.compile("error|warning|No problems|Unfinished")).click()
    problems = page.get_by_role("complementary", name="Problems")
    await expect(problems).to_be_visible()
    assert await apart(problems, page.locator(".editor-open-simulator"))
    await page.keyboard.press("Escape")
    await expect(problems).to_be_hidden()

    await page.get_by_role("button", name="Simulator").click()
    await page.get_by_role("button", name="Call settings").click()
    await expect(page.get_by_role("region", name="Call settings")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("region", name="Call settings")).to_be_hidden()
    assert page.problems == []  # type: ignore[attr-defined]
