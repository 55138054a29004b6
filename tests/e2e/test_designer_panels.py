"""Every panel of the designer can be scrolled to its end on a laptop."""

import pytest
from playwright.async_api import Browser, Page, expect

from quantum_app.domain.flows import drafts
from quantum_app.domain.flows.templates import TEMPLATES
from tests.e2e.designer import at_designer
from tests.stack import Stack

pytestmark = pytest.mark.browser

TEMPLATE = next(template for template in TEMPLATES if template.id == "appointment")
SECTIONS = ("Variables", "Knowledge", "Rules", "Assistant")


@pytest.fixture(scope="module")
def product(stack: Stack) -> Stack:
    stack.need("providers", "jobs", "web")
    return stack


async def reach_the_end(page: Page) -> None:
    """Turn the wheel over the open panel: its last control comes into sight, and its header stays."""
    panel = page.locator("[data-panel]")
    box = await panel.bounding_box()
    assert box
    await page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    await page.mouse.wheel(0, 20_000)
    controls = panel.locator(":is(button, input, textarea, select, summary):visible")
    await expect(controls.last).to_be_in_viewport(ratio=1)
    await expect(panel.get_by_role("button", name="Close panel")).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("size", [(1366, 768), (1024, 768)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_every_panel_scrolls(product: Stack, browser: Browser, size: tuple[int, int]) -> None:
    viewport = {"width": size[0], "height": size[1]}
    designer = await at_designer(browser, product, drafts.plain(TEMPLATE.definition), viewport=viewport)
    page = designer.page
    for section in SECTIONS:
        await page.get_by_role("button", name=section).first.click()
        await expect(page.locator("[data-panel] h2")).to_have_text(section)
        for summary in await page.locator("[data-panel] details:not([open]) > summary").all():
            await summary.click()
        await reach_the_end(page)
    await page.get_by_role("button", name="Close panel").click()
    await page.get_by_role("button", name="Outline").click()
    for node in TEMPLATE.definition.nodes:
        await page.locator(f'[data-row][data-node="{node.id}"]').click()
        await expect(page.locator("[data-panel]")).to_be_visible()
        await reach_the_end(page)
    assert page.problems == []  # type: ignore[attr-defined]


async def test_tabbing_past_the_edge_leaves_the_canvas_in_place(product: Stack, browser: Browser) -> None:
    viewport = {"width": 1366, "height": 768}
    designer = await at_designer(browser, product, drafts.plain(TEMPLATE.definition), viewport=viewport)
    page = designer.page
    await page.get_by_role("button", name="Rules").first.click()
    await page.locator("[data-panel]").locator(":is(button, input, textarea, select):visible").last.focus()
    assert await page.locator(".editor-stage").evaluate("(stage) => [stage.scrollTop, stage.scrollLeft]") == [0, 0]
    await expect(page.get_by_role("button", name="Close panel")).to_be_in_viewport(ratio=1)
