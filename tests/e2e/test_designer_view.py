"""What stays in view and at hand in the designer: the whole flow, every action of the header, and undo in a field."""

from collections.abc import Sequence
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from quantum_app.domain.flows import drafts
from quantum_app.domain.flows.model.definition import ClarifyNode
from quantum_app.domain.flows.templates import TEMPLATES
from tests.e2e.browser import assert_accessible, open_page
from tests.e2e.designer import Designer, at_designer, owner_of_homes
from tests.stack import Stack

pytestmark = pytest.mark.browser

QUALIFICATION = next(item for item in TEMPLATES if item.id == "lead_qualification")
FLOW = drafts.plain(QUALIFICATION.definition)
NAMES: Sequence[str] = [node.name for node in QUALIFICATION.definition.nodes]
VIEWPORT = {"width": 1440, "height": 900}


@pytest.fixture(scope="module")
def product(stack: Stack) -> Stack:
    stack.need("providers", "jobs", "web")
    return stack


async def open_at(browser: Browser, product: Stack, definition: dict[str, Any], **options: Any) -> Designer:
    """The designer as it opens, with a view that moves at once."""
    designer = await owner_of_homes(browser, product, definition, reduced_motion="reduce", **options)
    designer.page = await open_page(designer.context, designer.url)
    await expect(designer.page.locator(".react-flow__node").first).to_be_visible()
    return designer


async def wait_for_all(page: Page, *, in_view: bool = True) -> None:
    """Until each node lies between the palette and whatever is open beside the canvas, or until some don't."""
    await page.wait_for_function(
        """([count, inView]) => {
            const box = (selector) => document.querySelector(selector)?.getBoundingClientRect();
            const canvas = box(".editor-canvas"), palette = box(".editor-palette"), bar = box(".editor-zoom");
            const right = (box(".editor-panel, .editor-problems") ?? { left: canvas.right }).left;
            const nodes = [...document.querySelectorAll(".react-flow__node-flow")];
            const boxes = nodes.map((node) => node.getBoundingClientRect());
            const all = boxes.length === count && boxes.every((node) =>
                node.left >= palette.right && node.right <= right && node.top >= canvas.top && node.bottom <= bar.top);
            return all === inView;
        }""",
        arg=[len(NAMES), in_view],
    )


async def test_the_whole_flow_is_in_view_and_can_be_read(product: Stack, browser: Browser) -> None:
    page = (await open_at(browser, product, FLOW, viewport=VIEWPORT)).page
    await wait_for_all(page)
    sizes = await page.locator(".react-flow__node-flow :is(b, p)").evaluate_all(
        """(texts) => texts.map((text) => {
            const { width } = text.getBoundingClientRect();
            return (width / text.offsetWidth) * parseFloat(getComputedStyle(text).fontSize);
        })"""
    )
    assert min(sizes) >= 12
    assert page.problems == []


async def test_panels_leave_the_whole_flow_in_view_until_the_author_moves_it(product: Stack, browser: Browser) -> None:
    page = (await open_at(browser, product, FLOW, viewport=VIEWPORT)).page
    await wait_for_all(page)
    palette = page.get_by_label("Palette")
    for section in ("Variables", "Rules"):
        await palette.get_by_role("button", name=section).click()
        await expect(page.get_by_role("complementary", name=section)).to_be_visible()
        await wait_for_all(page)
    await page.get_by_role("button", name="Close panel").click()
    await page.get_by_role("button", name="Close simulator").click()
    await wait_for_all(page)
    await page.get_by_title("Problems (P)").click()
    await wait_for_all(page)
    await page.get_by_role("button", name="Close problems").click()
    await wait_for_all(page)

    await page.get_by_role("button", name="Zoom to 100%").click()
    await wait_for_all(page, in_view=False)
    before = await page.locator(".react-flow__viewport").get_attribute("style")
    await palette.get_by_role("button", name="Rules").click()
    await expect(page.get_by_role("complementary", name="Rules")).to_be_visible()
    assert await page.locator(".react-flow__viewport").get_attribute("style") == before
    await page.get_by_role("button", name="Arrange").click()
    await wait_for_all(page)


@pytest.mark.parametrize("width", [390, 768, 1024, 1440])
async def test_every_action_of_the_header_is_at_hand(product: Stack, browser: Browser, width: int) -> None:
    designer = await owner_of_homes(browser, product, None, viewport={"width": width, "height": 800})
    designer.page = page = await open_page(designer.context, designer.url)
    header = page.locator(".editor-toolbar")
    await expect(header.get_by_role("button", name="More")).to_be_visible()
    assert await header.evaluate("(bar) => bar.scrollWidth <= bar.clientWidth")
    heading = header.get_by_role("heading", name="Homes")
    assert await heading.evaluate("(name) => name.scrollWidth <= name.clientWidth")
    if width < 1024:
        await expect(header.get_by_text("More", exact=True)).to_be_visible()
        await header.get_by_role("button", name="More").click()
        await expect(page.get_by_role("menuitem", name="Test call to v1, the live version")).to_be_visible()
        await assert_accessible(page)
        await page.get_by_role("menuitem", name="Versions").click()
    else:
        await expect(header.get_by_role("button", name="Test call")).to_be_in_viewport(ratio=1)
        await header.get_by_role("button", name="Versions").click()
    await expect(page.get_by_role("dialog", name="Versions")).to_be_visible()
    assert page.problems == []


async def test_undo_in_the_header_takes_back_what_is_in_a_field(product: Stack, browser: Browser) -> None:
    page = (await at_designer(browser, product, FLOW)).page
    undo, redo = page.get_by_role("button", name="Undo"), page.get_by_role("button", name="Redo")
    await page.locator(f".react-flow__node[data-id={FLOW['start']}]").click()
    greeting = page.get_by_role("textbox", name="Greeting")
    words = await greeting.input_value()
    await expect(undo).to_be_disabled()
    await greeting.press("ControlOrMeta+End")
    await greeting.press_sequentially(" Hi!")
    await expect(greeting).to_be_focused()
    await undo.click()
    await expect(greeting).to_have_value(words)
    await redo.click()
    await expect(greeting).to_have_value(f"{words} Hi!")
    await undo.click()

    # A number counts when its field is left.
    node = next(item for item in QUALIFICATION.definition.nodes if isinstance(item, ClarifyNode))
    await page.locator(f".react-flow__node[data-id={node.id}]").click()
    await page.get_by_text("More", exact=True).last.click()
    attempts = page.get_by_role("textbox", name="Attempts per variable")
    await attempts.fill(str(node.attempts + 1))
    await expect(attempts).to_be_focused()
    await undo.click()
    await expect(attempts).to_have_value(str(node.attempts))
    await redo.click()
    await expect(attempts).to_have_value(str(node.attempts + 1))


async def test_a_voice_is_heard_where_it_is_chosen(product: Stack, browser: Browser) -> None:
    page = (await at_designer(browser, product, FLOW)).page
    await page.get_by_label("Palette").get_by_role("button", name="Assistant").click()
    panel = page.get_by_role("complementary", name="Assistant")
    await expect(
        panel.get_by_text("The local engine has one voice; others are heard with a provider key.")
    ).to_be_visible()
    await panel.get_by_label("Voice").select_option(label="Luna")
    async with page.expect_response("**/api/setup/voices/aura-2-luna-en/sample") as response:
        await panel.get_by_role("button", name="Play").click()
    assert (await (await response.value).body())[:4] == b"RIFF"
    await expect(panel.get_by_role("button", name="Play")).to_be_visible()
    await assert_accessible(page)
    assert page.problems == []


async def test_all_changes_can_be_read_before_publishing(product: Stack, browser: Browser) -> None:
    designer = await at_designer(browser, product, None)
    definition = (await designer.flow())["draft"]["definition"]
    for place, node in enumerate(definition["nodes"]):
        node["name"] = f"Node {place}"
    start = next(node for node in definition["nodes"] if node["type"] == "start")
    start.update(voice="aura-2-luna-en", greeting=f"{start['greeting']} ")
    definition["nodes"] += [
        {"type": "end", "id": f"end{place}", "name": f"New {place}", "farewell": "Bye.", "x": 0, "y": 400 + 200 * place}
        for place in range(30)
    ]
    await designer.put(definition)
    page = designer.page
    await page.reload()
    await page.get_by_role("button", name="Publish v2").click()
    dialog = page.get_by_role("dialog", name="Publish v2")
    await dialog.get_by_text("Changes since v1").click()
    differences = dialog.get_by_role("list", name="Differences")
    await expect(differences).to_contain_text("Only spaces or line breaks changed.")
    await expect(differences).to_contain_text("Luna")
    await expect(differences).not_to_contain_text("aura-2")
    assert await differences.evaluate("(list) => list.scrollHeight <= list.clientHeight")
    last = differences.get_by_text("New 29")
    await last.scroll_into_view_if_needed()
    await expect(last).to_be_in_viewport()
    await expect(dialog.get_by_role("button", name="Publish v2")).to_be_in_viewport(ratio=1)
    await assert_accessible(page)
