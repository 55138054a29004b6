"""The canvas by mouse: what is in view, and where what is new goes."""

import re
from typing import cast

import pytest
from playwright.async_api import Browser, FloatRect, Locator, Page, expect

from quantum_app.domain.flows import drafts
from quantum_app.domain.flows.model.definition import ClarifyNode, DispatchNode, EndNode
from quantum_app.domain.flows.templates import TEMPLATES
from tests.e2e.browser import open_page
from tests.e2e.designer import at_designer, owner_of_homes
from tests.stack import Stack

pytestmark = pytest.mark.browser

TEMPLATE = next(item for item in TEMPLATES if item.id == "appointment")


@pytest.fixture(scope="module")
def product(stack: Stack) -> Stack:
    stack.need("providers", "jobs", "web")
    return stack


async def box_of(element: Locator) -> FloatRect:
    """Once it has come to rest."""
    await element.hover(trial=True)
    return cast(FloatRect, await element.bounding_box())


def level(page: Page) -> Locator:
    return page.get_by_role("button", name=re.compile("^Zoom [0-9]+%"))


async def fitted_level(page: Page) -> str:
    """The level at which all of the template can be seen, which is more than fits at 100%."""
    await expect(level(page)).not_to_have_text("100%")
    return await level(page).inner_text()


@pytest.mark.parametrize("width", [1440, 1024, 768])
async def test_a_flow_opens_at_a_size_that_can_be_read(product: Stack, browser: Browser, width: int) -> None:
    definition = drafts.plain(TEMPLATE.definition)
    designer = await owner_of_homes(browser, product, definition, viewport={"width": width, "height": 768})
    designer.page = page = await open_page(designer.context, designer.url)
    start = page.locator(f".react-flow__node[data-id={definition['start']}]")
    await expect(start).to_be_in_viewport(ratio=1)
    await expect(level(page)).to_have_text("100%")
    labels = page.locator(".editor-condition").filter(visible=True)
    assert not await labels.evaluate_all(
        "all => all.filter((label) => label.offsetWidth < 156 && label.scrollWidth > label.clientWidth).length"
    )
    assert await start.locator("p").evaluate("element => parseFloat(getComputedStyle(element).fontSize)") >= 12


async def test_the_panel_never_covers_what_is_selected(product: Stack, browser: Browser) -> None:
    designer = await at_designer(browser, product, drafts.plain(TEMPLATE.definition))
    page = designer.page
    for node in TEMPLATE.definition.nodes:
        await page.get_by_role("button", name="Outline").click()
        await page.locator(f"[data-row][data-node={node.id}]").click()
        await page.get_by_role("button", name="Canvas", exact=True).click()
        panel = await box_of(page.get_by_label(f"Properties of {node.name}").get_by_role("heading").first)
        element = page.locator(f".react-flow__node[data-id={node.id}]")
        await expect(element).to_be_in_viewport(ratio=1)
        box = await box_of(element)
        assert box["x"] + box["width"] < panel["x"], node.name
        await expect(level(page)).to_have_text("100%")
    assert page.problems == []


async def test_a_copy_goes_where_the_pointer_is(product: Stack, browser: Browser) -> None:
    designer = await at_designer(browser, product, drafts.plain(TEMPLATE.definition))
    page = designer.page
    zoom = await fitted_level(page)
    await page.locator(".react-flow__node[data-id=questions]").press("Space")
    await page.evaluate(
        """() => {
            const clipboardData = new DataTransfer();
            window.send = (kind) => document.body.dispatchEvent(
                new ClipboardEvent(kind, { clipboardData, bubbles: true, cancelable: true }),
            );
            window.send("copy");
        }"""
    )
    await page.get_by_role("button", name="Close panel").click()
    canvas = await box_of(page.get_by_label("Flow canvas"))
    x, y = canvas["x"] + canvas["width"] * 0.5, canvas["y"] + canvas["height"] * 0.6
    await page.mouse.move(x, y)
    await page.evaluate("window.send('paste')")
    pasted = page.locator(".react-flow__node.selected")
    await expect(pasted).to_have_count(1)
    box = await box_of(pasted)
    assert abs(box["x"] + box["width"] / 2 - x) < 15
    assert abs(box["y"] + box["height"] / 2 - y) < 15
    await expect(level(page)).to_have_text(zoom)


async def test_an_exit_that_ends_nowhere_asks_there_what_to_add(product: Stack, browser: Browser) -> None:
    designer = await at_designer(browser, product)
    page = designer.page
    canvas = page.get_by_label("Flow canvas")
    await designer.connect("Start", canvas, at=(0.75, 0.7))
    menu = page.get_by_role("menu", name="Add node after Start")
    area, menu_box = await box_of(canvas), await box_of(menu)
    assert abs(menu_box["x"] - area["x"] - area["width"] * 0.75) < 20
    await page.keyboard.type(DispatchNode.info.label[:3])
    await expect(menu.get_by_role("menuitem", name=DispatchNode.info.label)).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("textbox", name="Name", exact=True)).to_have_value(DispatchNode.info.default_name)
    definition = await designer.saved_definition()
    assert all(node[axis] % 20 == 0 for node in definition["nodes"] for axis in ("x", "y"))
    exit_ = f"Exit of Start: then, leads to {DispatchNode.info.default_name}"
    await expect(page.get_by_role("group", name=exit_)).to_be_attached()
    # Nobody has worked on it yet, so nothing about it is wrong.
    await expect(page.get_by_label("Has an error")).to_have_count(0)
    await page.keyboard.press("Escape")
    await page.keyboard.press("p")
    await expect(page.get_by_label("Has an error").first).to_be_visible()


async def test_a_note_is_dragged_to_its_place(product: Stack, browser: Browser) -> None:
    designer = await at_designer(browser, product)
    page = designer.page
    canvas = page.get_by_label("Flow canvas")
    await page.get_by_role("button", name="Note").drag_to(canvas, target_position={"x": 500, "y": 200})
    note, area = await box_of(page.get_by_role("group", name="Note: empty")), await box_of(canvas)
    assert abs(note["x"] + note["width"] / 2 - area["x"] - 500) < 15
    await page.get_by_role("button", name="Note").drag_to(page.get_by_role("button", name="Undo"))
    await page.keyboard.press("Space")
    assert len((await designer.saved_definition())["notes"]) == 1


async def test_one_row_is_marked_in_a_list_of_kinds(product: Stack, browser: Browser) -> None:
    designer = await at_designer(browser, product)
    page = designer.page
    await page.keyboard.press("n")
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("option", name=ClarifyNode.info.label).hover()
    for kind in (EndNode, DispatchNode):
        await page.keyboard.press(kind.info.label[0])
        await expect(dialog.locator("[role=option][aria-selected=true]")).to_contain_text(kind.info.label)
        backgrounds = await dialog.get_by_role("option").evaluate_all(
            "rows => rows.map((row) => getComputedStyle(row).backgroundColor)"
        )
        assert len([one for one in backgrounds if one != "rgba(0, 0, 0, 0)"]) == 1
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("textbox", name="Name", exact=True)).to_be_focused()


async def test_results_of_a_search_stand_by_kind(product: Stack, browser: Browser) -> None:
    designer = await at_designer(browser, product, drafts.plain(TEMPLATE.definition))
    page = designer.page
    await page.keyboard.press("ControlOrMeta+f")
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("combobox").fill(DispatchNode.info.label)
    nodes = dialog.get_by_role("group", name="Nodes")
    kinds = [node for node in TEMPLATE.definition.nodes if node.type == "dispatch"]
    await expect(nodes.get_by_role("option")).to_have_count(len(kinds))
    await expect(nodes.get_by_role("option").first.locator("svg")).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(page.get_by_label(f"Properties of {kinds[0].name}")).to_be_visible()
    await expect(page.locator(f".react-flow__node[data-id={kinds[0].id}]")).to_be_in_viewport(ratio=1)
