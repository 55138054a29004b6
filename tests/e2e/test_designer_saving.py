"""Nothing that is drawn is lost: two tabs at one draft, no connection, undo and redo over everything."""

import asyncio
import random
import re
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from quantum_app.domain.flows import drafts
from quantum_app.domain.flows.templates import TEMPLATES
from tests.e2e.browser import assert_accessible, chromium, visitor
from tests.e2e.designing import Designer, at_designer, log_in
from tests.stack import Stack

pytestmark = pytest.mark.browser

TEMPLATE = drafts.plain(TEMPLATES[0].definition)
STEPS = 40


@pytest.fixture(scope="module")
def product(stack: Stack) -> Stack:
    stack.need("providers", "jobs", "web")
    return stack


async def name_start(page: Page, words: str) -> None:
    await page.locator(f".react-flow__node[data-id={TEMPLATE['start']}]").press("Enter")
    await page.get_by_role("textbox", name="Name").fill(words)
    await page.get_by_role("textbox", name="Name").blur()


@pytest.mark.parametrize("choice", ["Load theirs", "Take over with mine"])
async def test_two_browsers_at_one_draft(product: Stack, choice: str) -> None:
    async with chromium() as browser:
        mine = await at_designer(browser, product, TEMPLATE)
        theirs = Designer(product, mine.made, await visitor(browser, viewport={"width": 1440, "height": 900}))
        await log_in(theirs.context, product, mine.made)
        await theirs.open()
        await name_start(theirs.page, "Their beginning")
        await theirs.saved()

        await name_start(mine.page, "My beginning")
        dialog = mine.page.get_by_role("dialog")
        await expect(dialog.get_by_role("heading", name="Changed in another tab")).to_be_visible()
        await expect(dialog).to_contain_text("Robin has changed this draft meanwhile")
        await expect(dialog.locator("del")).to_have_text("Their beginning")
        await expect(dialog.locator("ins")).to_have_text("My beginning")
        await assert_accessible(mine.page)

        # Left undecided, nothing is saved, and the way back is there.
        await mine.page.keyboard.press("Escape")
        await mine.page.get_by_role("button", name="Changed in another tab").click()
        await dialog.get_by_role("button", name=choice).click()
        kept = "Their beginning" if choice == "Load theirs" else "My beginning"
        await expect(mine.page.get_by_role("textbox", name="Name")).to_have_value(kept)
        saved = await mine.saved()
        assert saved["nodes"][0]["name"] == kept

        # What was not chosen is one undo away, and then it is what is saved.
        if choice == "Load theirs":
            await mine.page.get_by_role("button", name="Undo").click()
            await expect(mine.page.get_by_role("textbox", name="Name")).to_have_value("My beginning")
            await asyncio.sleep(1)
            assert (await mine.saved())["nodes"][0]["name"] == "My beginning"
        # The refused request is in the browser's own words; nothing else went wrong.
        assert [problem for problem in mine.page.problems if "409" not in problem] == []


@pytest.mark.parametrize("way", ["template", "import"])
async def test_what_another_flow_took_the_place_of_comes_back(product: Stack, way: str, tmp_path: Path) -> None:
    """Undo forgets with the page; the server does not."""
    async with chromium() as browser:
        designer = await at_designer(browser, product, TEMPLATE)
        page = designer.page
        await name_start(page, "An hour of work")
        mine = await designer.saved()
        if way == "template":
            await page.get_by_role("button", name="Templates").click()
            await page.get_by_role("dialog").get_by_role("button", name=TEMPLATES[1].name).click()
            await expect(page.get_by_text(f"The flow is “{TEMPLATES[1].name}” now")).to_be_visible()
        else:
            file = tmp_path / "other.json"
            file.write_text(drafts.exported(TEMPLATES[1].definition))
            await page.locator("input[type=file]").set_input_files(file)
            await expect(page.get_by_text("“other.json” is the draft now")).to_be_visible()
        assert await designer.saved() == drafts.plain(TEMPLATES[1].definition)

        await page.reload()
        await page.get_by_role("button", name="Versions").click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_role("button", name=re.compile("^Draft.*Robin.*Another flow took its place")).click()
        await expect(dialog.get_by_text("added").first).to_be_visible()
        await assert_accessible(page)
        await dialog.get_by_role("button", name="Restore as draft").click()
        await expect(page.get_by_text("The earlier draft is back.")).to_be_visible()
        assert await designer.saved() == mine
        assert page.problems == []


async def test_without_a_connection_it_is_kept(product: Stack) -> None:
    async with chromium() as browser:
        designer = await at_designer(browser, product, TEMPLATE)
        page = designer.page
        await page.route("**/api/flows/*/draft", lambda route: route.abort())
        await name_start(page, "Drawn in a tunnel")
        await expect(page.get_by_text("Offline, kept here").first).to_be_visible()
        assert (await designer.flow())["draft"]["definition"] == TEMPLATE

        # The tab is closed; the next one has what was drawn, and saves it.
        await page.close()
        await designer.open()
        saved = await designer.saved()
        assert saved["nodes"][0]["name"] == "Drawn in a tunnel"
        assert saved | {"nodes": TEMPLATE["nodes"]} == TEMPLATE


async def test_a_tab_that_is_closed_at_once_has_saved(product: Stack) -> None:
    async with chromium() as browser:
        designer = await at_designer(browser, product, TEMPLATE)
        await name_start(designer.page, "In a hurry")
        await designer.page.close(run_before_unload=True)
        # What the browser sends while it closes the page may take a moment.
        names = [(await designer.flow())["draft"]["definition"]["nodes"][0]["name"]]
        for _ in range(50):
            if names[-1] == "In a hurry":
                break
            await asyncio.sleep(0.1)
            names.append((await designer.flow())["draft"]["definition"]["nodes"][0]["name"])
        assert names[-1] == "In a hurry"


async def test_what_is_sent_is_the_change(product: Stack) -> None:
    """A drag asks the server nothing while it lasts; then its two coordinates go, not the flow."""
    async with chromium() as browser:
        designer = await at_designer(browser, product, TEMPLATE)
        page, sent = designer.page, []
        page.on("request", lambda request: sent.append(request) if request.method == "PATCH" else None)
        box = await page.locator(f".react-flow__node[data-id={TEMPLATE['start']}]").bounding_box()
        assert box
        await page.mouse.move(box["x"] + 60, box["y"] + 20)
        await page.mouse.down()
        for step in range(60):
            await page.mouse.move(box["x"] + 60 + 3 * step, box["y"] + 20 + step)
            await asyncio.sleep(0.02)
        assert sent == []
        await page.mouse.up()
        saved = await designer.saved()
        assert len(sent) == 1
        (put,) = sent[0].post_data_json["change"]["nodes"]["put"]
        assert put["id"] == TEMPLATE["start"]
        assert set(sent[0].post_data_json["change"]) == {"nodes"}
        assert saved["nodes"][0]["x"] > TEMPLATE["nodes"][0]["x"]
        await page.get_by_role("button", name="Undo").click()
        await expect(page.get_by_role("button", name="Undo")).to_be_disabled()


@pytest.mark.parametrize("seed", [1, 2])
async def test_undo_and_redo_over_everything(product: Stack, seed: int) -> None:
    chance = random.Random(seed)
    async with chromium() as browser:
        designer = await at_designer(browser, product, TEMPLATE)
        page = designer.page
        await page.get_by_role("button", name="Outline").click()
        for _ in range(STEPS):
            await anything(page, chance)
        end = await settled(designer)
        assert end != TEMPLATE
        assert await all_of(page, "Undo") > STEPS // 4
        assert await settled(designer) == TEMPLATE
        await all_of(page, "Redo")
        assert await settled(designer) == end
        assert page.problems == []


async def anything(page: Page, chance: random.Random) -> None:
    """One edit by somebody who does not think."""
    rows = page.locator("[data-row][data-node]")
    count = await rows.count()
    what = chance.choice(["rename", "rename", "add", "after", "connect", "delete", "twice", "move", "arrange", "exit"])
    row = rows.nth(chance.randrange(count)) if count else None
    if row is None or what == "add":
        await page.get_by_role("button", name="Add a node").click()
        await (
            page.get_by_role("dialog").get_by_role("button", name=chance.choice(["Clarify", "Dispatch", "End"])).click()
        )
        return
    await row.focus()
    await row.press("Space")
    await expect(row).to_have_attribute("aria-pressed", "true")
    if what == "rename":
        name = page.get_by_role("textbox", name="Name", exact=True)
        if await name.count():  # a note has none
            await name.fill(f"Node {chance.randrange(1000)}")
    elif what in {"after", "connect"}:
        await row.press("a" if what == "after" else "c")
        options = page.get_by_role("dialog").locator(".qv-item:enabled")
        # The last words lead nowhere, and a lonely node has nothing to lead to.
        if await page.get_by_role("dialog").count():
            if await options.count():
                await options.nth(chance.randrange(await options.count())).click()
            else:
                await page.keyboard.press("Escape")
    elif what == "delete" and count > 4:
        await row.press("Delete")
    elif what == "twice":
        await row.press("ControlOrMeta+d")
    elif what == "arrange":
        await row.press("l")
    elif what == "move":
        await row.press("o")
        await page.locator(".react-flow__node.selected").press("ArrowRight")
        await page.get_by_role("button", name="Outline").click()
    elif what == "exit":
        ways = page.locator(".fl-exit")
        if await ways.count():
            await ways.first.click()
            await expect(ways.first).to_have_attribute("aria-expanded", "true")
            later = page.get_by_role("button", name="Try later")
            await (later if await later.is_enabled() else page.get_by_role("button", name="Delete the exit")).click()


async def settled(designer: Designer) -> dict:
    """The draft, when the server has all of it."""
    await asyncio.sleep(0.8)
    return await designer.saved()


async def all_of(page: Page, name: str) -> int:
    button, times = page.get_by_role("button", name=name, exact=True), 0
    while await button.is_enabled():
        await button.click()
        times += 1
    return times


async def test_a_part_goes_to_another_campaign(product: Stack) -> None:
    async with chromium() as browser:
        designer = await at_designer(browser, product, TEMPLATE, permissions=["clipboard-read", "clipboard-write"])
        other = await at_designer(browser, product, permissions=["clipboard-read", "clipboard-write"])
        gate = next(node for node in TEMPLATE["nodes"] if node["type"] == "lead_gate")
        await designer.page.bring_to_front()
        await designer.page.locator(f".react-flow__node[data-id={gate['id']}]").press("Space")
        await designer.page.keyboard.press("ControlOrMeta+c")
        await other.page.bring_to_front()
        await other.page.locator(".react-flow__node").first.press("Space")
        await other.page.keyboard.press("ControlOrMeta+v")
        await expect(other.node(gate["name"])).to_be_visible()
        saved = await other.saved()
        asked = {field["variable"] for field in gate["fields"]}
        assert {variable["name"] for variable in saved["variables"]} == asked
        await expect(other.page.get_by_label(re.compile("^Properties of"))).to_contain_text(gate["name"])


async def test_what_was_saved_at_the_last_moment_is_no_conflict_later(product: Stack) -> None:
    """The tab that is closed hears no answer; a colleague's later change is none against it."""
    async with chromium() as browser:
        designer = await at_designer(browser, product, TEMPLATE)
        await name_start(designer.page, "In a hurry")
        await designer.page.close(run_before_unload=True)
        await asyncio.sleep(1)
        await designer.put(TEMPLATE | {"persona": "You are Mira."})
        await designer.open()
        await expect(designer.page.locator(".react-flow__node").first).to_be_visible()
        await expect(designer.page.get_by_role("dialog")).to_be_hidden()


def large(nodes: int) -> dict:
    """A flow of so many nodes in rows of 15."""
    start = drafts.plain(drafts.empty())
    ids = ["start", *(f"n{number}" for number in range(1, nodes))]
    asking = {"type": "clarify", "fields": [], "intro": "", "attempts": 2, "questions": True, "limit": 20}
    rows = [
        {**asking, "id": name, "name": f"Node {name}", "x": number % 15 * 260, "y": number // 15 * 200}
        for number, name in enumerate(ids)
    ]
    edges = [
        {"id": f"e{one}", "source": one, "target": other, "condition": {"type": "fallback"}, "label": ""}
        for one, other in pairwise(ids)
    ]
    return {**start, "nodes": [start["nodes"][0], *rows[1:]], "edges": edges}


async def test_three_hundred_nodes(product: Stack) -> None:
    """What is out of sight is not drawn, and a drag draws anew what is dragged and no other node."""
    async with chromium() as browser:
        designer = await at_designer(browser, product, large(300))
        page = designer.page
        nodes = page.locator(".react-flow__node")
        await expect(nodes).to_have_count(300)
        await page.evaluate(
            """() => {
                window.drawn = new Set();
                new MutationObserver((changes) => changes.forEach(({ target }) => {
                    const node = (target.closest ? target : target.parentElement)?.closest(".react-flow__node");
                    if (node) window.drawn.add(node.dataset.id);
                })).observe(
                    document.querySelector(".react-flow__nodes"),
                    { subtree: true, childList: true, attributes: true, characterData: true },
                );
            }"""
        )
        box = await page.locator(".react-flow__node[data-id=n40]").bounding_box()
        assert box
        await page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 3)
        await page.mouse.down()
        await page.mouse.move(box["x"] + 30, box["y"] + 30, steps=5)
        await page.evaluate("window.drawn.clear()")
        await page.mouse.move(box["x"] + 90, box["y"] + 60, steps=30)
        assert await page.evaluate("[...window.drawn]") == ["n40"]
        await page.mouse.up()
        await designer.saved()
        await page.get_by_role("button", name="Show at 100 %").click()
        await expect(nodes.nth(60)).to_be_hidden()
        assert 0 < await nodes.count() < 60


async def test_a_text_field_keeps_its_own_undo(product: Stack) -> None:
    """While one types, undo is the field's; afterwards all that was typed is one step of the flow."""
    async with chromium() as browser:
        designer = await at_designer(browser, product, TEMPLATE)
        page, keys = designer.page, designer.page.keyboard
        before = TEMPLATE["nodes"][0]["name"]
        await page.locator(f".react-flow__node[data-id={TEMPLATE['start']}]").press("Enter")
        name = page.get_by_role("textbox", name="Name", exact=True)
        await expect(name).to_be_focused()
        await keys.press("End")
        await keys.type("One")
        await expect(name).to_have_value(f"{before}One")
        # A browser decides itself how much of it is one step.
        for _ in "One":
            if await name.input_value() != before:
                await keys.press("ControlOrMeta+z")
        await expect(name).to_have_value(before)
        await expect(name).to_be_focused()
        await keys.type("Two")
        await keys.press("Escape")
        await expect(designer.node(f"{before}Two")).to_be_focused()
        await keys.press("ControlOrMeta+z")
        await expect(name).to_have_value(before)
        await expect(page.get_by_role("button", name="Undo")).to_be_disabled()
        await keys.press("ControlOrMeta+Shift+z")
        await expect(name).to_have_value(f"{before}Two")
