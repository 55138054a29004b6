"""The designer in a real browser: a flow from nothing by mouse, and again by keyboard alone; each view accessible."""

import json
import re
from typing import Literal

import psycopg
import pytest
from playwright.async_api import Browser, Page, expect

from quantum_app.domain.flows import drafts
from quantum_app.domain.flows.templates import TEMPLATES
from tests.e2e.browser import assert_accessible
from tests.e2e.designer import at_designer
from tests.filled import filled, with_business_name
from tests.stack import Stack

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def product(stack: Stack) -> Stack:
    stack.need("providers", "jobs", "web")
    return stack


def shape(definition: dict) -> list[tuple[str, str, str]]:
    """(from, to, condition) of each exit, by the names of the nodes."""
    names = {node["id"]: node["name"] for node in definition["nodes"]}
    return [(names[edge["source"]], names[edge["target"]], edge["condition"]["type"]) for edge in definition["edges"]]


async def test_a_flow_by_mouse(product: Stack, browser: Browser) -> None:
    designer = await at_designer(browser, product)
    page = designer.page
    await designer.node("Start").click(position={"x": 100, "y": 20})
    await page.get_by_role("textbox", name="Greeting").fill("Hello, this is Mira. What can I do for you?")
    await expect(page.get_by_label("What callers hear")).to_contain_text("this is Mira")
    await page.get_by_role("button", name="Close panel").click()

    # From the palette to a place below the start, and the way there.
    canvas = page.get_by_label("Flow canvas")
    await page.get_by_role("button", name="Answer questions").drag_to(canvas, target_position={"x": 560, "y": 580})
    await expect(page.get_by_role("textbox", name="Name")).to_be_focused()
    await page.get_by_role("textbox", name="Name").fill("Questions")
    await designer.connect("Start", designer.node("Questions"))
    await expect(page.get_by_label("Properties of Start")).to_contain_text("Taken when no other exit matches")

    # Let go over nothing: a new node there.
    await page.get_by_role("button", name="Close panel").click()
    await designer.connect("Questions", canvas, at=(0.75, 0.85))
    await page.get_by_role("menu", name="Add node after Questions").get_by_role("menuitem", name="End").click()
    await expect(page.get_by_role("textbox", name="Name")).to_have_value("Goodbye")

    # What may not be is not drawn, and why is said before the mouse is let go.
    await page.get_by_role("button", name="Close panel").click()
    await designer.connect("Questions", designer.node("Start"), drop=False)
    await expect(page.get_by_text("Calls can't go back to the start.")).to_be_visible()
    await page.mouse.up()
    await expect(page.get_by_text("Calls can't go back to the start.")).to_be_hidden()

    await page.get_by_role("button", name="Knowledge").first.click()
    await page.get_by_role("button", name="Add source").click()
    await page.get_by_role("textbox", name="Name (cited in answers)").fill("Prices")
    await page.get_by_role("textbox", name="Passage 1").fill("Two rooms cost 1,200 euros a month.")
    await page.get_by_role("textbox", name="Passage 1").blur()
    definition = await designer.saved_definition()
    assert shape(definition) == [("Start", "Questions", "fallback"), ("Questions", "Goodbye", "fallback")]

    await page.get_by_role("button", name="Publish v2").click()
    await expect(page.get_by_text("No test cases yet.")).to_be_visible()
    await page.get_by_role("textbox", name="What's new (optional)").fill("A flow drawn by hand")
    await assert_accessible(page)
    await page.get_by_role("dialog").get_by_role("button", name="Publish v2").click()
    await expect(page.get_by_text("Version 2 is live")).to_be_visible()
    flow = await designer.flow()
    assert flow["campaign"]["published_version"] == 2
    assert flow["versions"][0]["note"] == "A flow drawn by hand"
    assert page.problems == []


async def test_a_flow_by_keyboard(product: Stack, browser: Browser) -> None:
    """No mouse, no touch: outline, panel and keys."""
    designer = await at_designer(browser, product)
    page, keys = designer.page, designer.page.keyboard
    await keys.press("o")
    start = page.locator("[data-row][data-node=start]")
    await start.focus()
    await keys.press("Enter")
    await expect(page.get_by_role("textbox", name="Name")).to_be_focused()
    await keys.press("Tab")
    await keys.type("Hello, this is Mira.")
    await keys.press("Escape")
    await expect(start).to_be_focused()

    await keys.press("a")
    await add(page, "Add node after Start", "Answer questions")
    await keys.press("ControlOrMeta+a")
    await keys.type("Questions")
    await keys.press("Escape")
    await keys.press("a")
    await add(page, "Add node after Questions", "End")
    await keys.press("Escape")

    # A second way there, for who has no question.
    await keys.press("ArrowUp")
    await keys.press("ArrowUp")
    await expect(page.locator(":focus")).to_contain_text("Questions")
    await keys.press("Space")
    await keys.press("c")
    await expect(page.get_by_role("heading", name="Connect Questions to")).to_be_visible()
    await keys.press("Enter")
    await expect(page.get_by_label("Properties of Questions").locator(":focus")).to_be_attached()
    await tab_to(page, "textbox", "What the caller wants")
    await keys.type("has no question")
    await keys.press("Escape")

    await keys.press("n")
    await add(page, "Add node", "Decide")
    await keys.press("Escape")
    await keys.press("Delete")

    # What it answers from.
    await tab_to(page, "button", "Knowledge")
    await keys.press("Enter")
    await tab_to(page, "button", "Add source")
    await keys.press("Enter")
    await expect(page.get_by_role("textbox", name="Name (cited in answers)")).to_be_focused()
    await keys.type("Prices")
    await tab_to(page, "textbox", "Passage 1")
    await keys.type("Two rooms cost 1,200 euros a month.")
    await keys.press("Escape")
    definition = await designer.saved_definition()
    assert shape(definition) == [
        ("Start", "Questions", "fallback"),
        ("Questions", "Goodbye", "fallback"),
        ("Questions", "Goodbye", "intent"),
    ]
    assert definition["nodes"][0]["greeting"] == "Hello, this is Mira."

    await keys.press("?")
    await expect(page.get_by_role("heading", name="Keyboard shortcuts")).to_be_visible()
    await keys.press("Escape")
    await tab_to(page, "button", "Publish v2")
    await keys.press("Enter")
    await expect(page.get_by_text("No test cases yet.")).to_be_visible()
    await tab_to(page, "button", "Publish v2")
    await keys.press("Enter")
    await expect(page.get_by_text("Version 2 is live")).to_be_visible()
    assert page.problems == []


async def tab_to(page: Page, role: Literal["button", "textbox"], name: str) -> None:
    """The focus goes there by Tab alone."""
    focus = page.get_by_role(role, name=name).and_(page.locator(":focus"))
    for _ in range(80):
        await page.keyboard.press("Tab")
        if await focus.count():
            return
    raise AssertionError(f"Tab does not lead to {name}")


async def add(page: Page, title: str, kind: str) -> None:
    """In the dialog that asks what to add, by arrow keys."""
    await expect(page.get_by_role("heading", name=title)).to_be_visible()
    for _ in range(8):
        if kind in await page.locator("[role=option][aria-selected=true]").inner_text():
            break
        await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("textbox", name="Name")).to_be_focused()


async def test_each_view_is_accessible(product: Stack, browser: Browser) -> None:
    template = drafts.plain(TEMPLATES[0].definition)
    designer = await at_designer(browser, product, template)
    page = designer.page
    await expect(page.locator(".react-flow__node").first).to_be_visible()
    await assert_accessible(page)
    for kind in ("rag_answer", "lead_gate", "dispatch", "end"):
        node = next(node for node in template["nodes"] if node["type"] == kind)
        await page.locator(f".react-flow__node[data-id={node['id']}]").press("Enter")
        await expect(page.get_by_label(f"Properties of {node['name']}")).to_be_visible()
        await assert_accessible(page, widths=(390, 1440))
    await page.get_by_role("button", name="Close panel").click()
    for room in ("Variables", "Knowledge", "Rules", "Assistant"):
        await page.get_by_role("button", name=re.compile(f"^{room}")).first.click()
        await page.locator(".editor-item").first.click() if room in {"Variables", "Knowledge"} else None
        await assert_accessible(page, widths=(1440,))
    await page.get_by_role("button", name="Close panel").click()
    await page.get_by_role("button", name="Outline").click()
    await page.locator(".editor-way").first.click()
    await assert_accessible(page)
    for key, title in {"n": "Add node", "?": "Keyboard shortcuts", "ControlOrMeta+f": "Search flow"}.items():
        await page.locator("[data-row]").first.focus()
        await page.keyboard.press(key)
        await expect(page.get_by_role("heading", name=title)).to_be_visible()
        await assert_accessible(page, widths=(390, 1440))
        await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Versions").click()
    await expect(page.get_by_role("heading", name="Changes since v1")).to_be_visible()
    await assert_accessible(page)
    assert page.problems == []


async def test_who_only_reads_changes_nothing(product: Stack, browser: Browser) -> None:
    designer = await at_designer(browser, product, None)
    with psycopg.connect(product.superuser_url, autocommit=True) as connection:
        connection.execute("update memberships set role = 'viewer' where account_id = %s", [designer.tenant.account_id])
    page = designer.page
    await page.reload()
    await expect(page.get_by_text("View only")).to_be_visible()
    before = await designer.flow()
    await page.locator(".react-flow__node").first.click(position={"x": 100, "y": 20})
    await expect(page.get_by_role("textbox", name="Greeting")).to_be_disabled()
    await expect(page.get_by_role("button", name=re.compile("^Publish"))).to_be_hidden()
    await expect(page.get_by_role("button", name="Decide")).to_be_hidden()
    for key in ("Delete", "n", "l", "ControlOrMeta+d", "ControlOrMeta+z"):
        await page.locator(".react-flow__node").first.focus()
        await page.keyboard.press(key)
    await expect(page.get_by_role("dialog")).to_be_hidden()
    assert (await designer.flow())["draft"] == before["draft"]


def with_mistakes() -> dict:
    """A template with a mistake in each room of a flow."""
    flow = drafts.plain(TEMPLATES[0].definition)
    next(item for item in flow["variables"] if item["type"] == "choice")["choices"] = []
    next(item for item in flow["edges"] if item["condition"]["type"] == "intent")["condition"]["description"] = ""
    flow["nodes"][0]["greeting"] = ""
    flow["rules"]["hours"] = [{"day": "mon", "opens": "18:00", "closes": "09:00"}]
    flow["rules"]["scores"][0]["reason"] = ""
    return flow


async def test_what_is_wrong_leads_to_where_it_is(product: Stack, browser: Browser) -> None:
    designer = await at_designer(browser, product, with_mistakes())
    page = designer.page
    await page.get_by_role("button", name=re.compile("error")).click()
    await assert_accessible(page)
    for message, name in {
        "has no greeting": "Greeting",
        "has no choices": "Choices",
        "has no reason": "Reason",
        "before it opens": "Monday from",
        "no description": "What the caller wants",
    }.items():
        await page.get_by_label("Problems").get_by_role("button").filter(has_text=message).click()
        # The field has the focus, and says itself what is wrong with it.
        await expect(page.get_by_label(name).and_(page.locator(":focus"))).to_be_attached()
        await expect(page.locator("[data-field]").filter(has=page.locator(":focus")).last).to_contain_text(message)
    await page.get_by_role("button", name="Publish v2").click()
    await expect(page.get_by_role("dialog").get_by_role("button", name="Publish v2")).to_be_disabled()
    await assert_accessible(page)


async def test_a_file_goes_out_and_comes_back(product: Stack, browser: Browser, tmp_path) -> None:
    template = drafts.plain(TEMPLATES[0].definition)
    designer = await at_designer(browser, product, template)
    page = designer.page
    await page.get_by_role("button", name="More").first.click()
    async with page.expect_download() as download:
        await page.get_by_role("menuitem", name="Export").click()
    path = tmp_path / "flow.json"
    await (await download.value).save_as(path)
    assert json.loads(path.read_text()) == template
    await page.keyboard.press("ControlOrMeta+a")
    await page.keyboard.press("Delete")
    await expect(page.locator(".react-flow__node")).to_have_count(0)
    await designer.saved_definition()
    await page.locator("input[type=file]").set_input_files(path)
    await expect(page.get_by_text("is now the draft")).to_be_visible()
    assert (await designer.flow())["draft"]["definition"] == template
    await page.locator("input[type=file]").set_input_files(
        {"name": "x.json", "mimeType": "application/json", "buffer": b"no"}
    )
    await expect(page.get_by_text("it isn't valid JSON")).to_be_visible()


async def test_templates_and_versions_lead_back(product: Stack, browser: Browser) -> None:
    designer = await at_designer(browser, product, None)
    page = designer.page
    first = (await designer.flow())["draft"]["definition"]
    await page.get_by_role("button", name="Templates").click()
    await page.get_by_role("dialog").get_by_role("button", name=TEMPLATES[0].name).click()
    await expect(page.get_by_text(f"Switched to “{TEMPLATES[0].name}”")).to_be_visible()
    assert await designer.saved_definition() == drafts.plain(with_business_name(TEMPLATES[0]))
    # As it is, a template waits for facts.
    definition = drafts.plain(filled(TEMPLATES[0]))
    await designer.put(definition)
    await designer.open()
    page = designer.page
    await page.get_by_role("button", name="Publish v2").click()
    await page.get_by_role("dialog").get_by_role("button", name="Publish v2").click()
    await expect(page.get_by_text("Published v2")).to_be_visible()

    await page.get_by_role("button", name="Versions").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_text("No changes.")).to_be_visible()
    await dialog.get_by_role("button", name=re.compile("^v1")).click()
    await expect(dialog.get_by_text("added").first).to_be_visible()
    await dialog.get_by_role("button", name="Restore as draft").click()
    await expect(page.get_by_text("Restored version 1 as the draft")).to_be_visible()
    assert (await designer.flow())["draft"]["definition"] == first
    await page.get_by_role("status").get_by_role("button", name="Undo").click()
    assert await designer.saved_definition() == definition
    assert page.problems == []


async def test_words_are_found(product: Stack, browser: Browser) -> None:
    designer = await at_designer(browser, product, drafts.plain(TEMPLATES[0].definition))
    page = designer.page
    node = TEMPLATES[0].definition.nodes[-1]
    await page.keyboard.press("ControlOrMeta+f")
    await page.get_by_role("combobox", name="Search names and text").fill(node.name.upper())
    await page.keyboard.press("Enter")
    await expect(page.get_by_label(f"Properties of {node.name}")).to_be_visible()
    await page.keyboard.press("ControlOrMeta+f")
    await page.get_by_role("combobox", name="Search names and text").fill(
        TEMPLATES[0].definition.knowledge[0].texts[0][5:25]
    )
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("complementary", name="Knowledge")).to_be_visible()


async def test_publishing_says_which_cases_break(product: Stack, browser: Browser) -> None:
    designer = await at_designer(browser, product, None)
    page = designer.page
    flow = (await designer.flow())["draft"]["definition"]
    greeting = flow["nodes"][0]["greeting"]
    await designer.put({**flow, "persona": "You are brief."})
    await page.reload()
    for name, text in {"The greeting": greeting[:20], "Says what it never says": "abracadabra"}.items():
        await designer.post("cases", {"name": name, "turns": [], "expected": {"phrases": [text]}})
    await page.get_by_role("button", name="Publish v2").click()
    cases = page.get_by_role("region", name="Test cases")
    await expect(cases).to_contain_text("1 of 2 test cases failed.")
    await expect(cases.get_by_role("listitem")).to_have_count(1)
    await expect(cases.get_by_role("listitem")).to_contain_text("abracadabra")
    await assert_accessible(page, widths=(390, 1440))
    # A broken case says so, and keeps nobody from publishing.
    await page.get_by_role("dialog").get_by_role("button", name="Publish v2").click()
    await expect(page.get_by_text("Version 2 is live.")).to_be_visible()
