"""Somebody at the designer of a campaign of their own, and the canvas by mouse."""

import asyncio
import random
from itertools import pairwise
from typing import Any

from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from quantum_app.domain.flows import drafts
from quantum_app.kit import ids
from tests.db.tenants import Tenant, create_tenant
from tests.e2e.browser import PATIENCE, open_page
from tests.e2e.people import login_context
from tests.stack import Stack

EMPTY = drafts.plain(drafts.empty())


class Designer:
    """A page with the designer, and what the server knows of its flow."""

    page: Page

    def __init__(self, product: Stack, tenant: Tenant, context: BrowserContext) -> None:
        self.product, self.tenant, self.context = product, tenant, context
        campaign = ids.encode("cmp", tenant.campaign.campaign_id)
        self.url = f"{product.url}/flows/designer/{campaign}"
        self._api = f"{product.url}/api/flows/{campaign}"

    async def open(self) -> None:
        """In a new tab."""
        self.page = await open_page(self.context, self.url)
        await expect(self.page.locator(".react-flow__node").first).to_be_visible()
        await self.page.emulate_media(reduced_motion="reduce")  # the view is moved at once
        await self.page.keyboard.press("f")  # it opens at a readable size, and what is out of sight is not on the page

    async def flow(self) -> dict[str, Any]:
        """What the API says of the flow now."""
        return await (await self.context.request.get(self._api)).json()

    async def put(self, definition: dict[str, Any]) -> None:
        """A draft, put there past the page."""
        answer = await self.context.request.put(f"{self._api}/draft", data={"definition": definition, "revision": None})
        assert answer.ok, await answer.text()

    async def post(self, path: str, body: dict[str, Any]) -> None:
        answer = await self.context.request.post(f"{self._api}/{path}", data=body)
        assert answer.ok, await answer.text()

    async def saved_definition(self) -> dict[str, Any]:
        """Waits until everything is saved; the draft's definition."""
        await expect(self.page.get_by_text("Saved just now")).to_be_visible()
        return (await self.flow())["draft"]["definition"]

    async def wait_for_start(self, name: str) -> None:
        """Waits until the server knows the start by this name: it comes from a page that is closed."""
        async with asyncio.timeout(PATIENCE / 1000):
            while True:
                if (await self.flow())["draft"]["definition"]["nodes"][0]["name"] == name:
                    return
                await asyncio.sleep(0.1)

    def node(self, name: str) -> Locator:
        """A node on the canvas."""
        return self.page.locator(".react-flow__node").filter(has=self.page.get_by_text(name, exact=True))

    async def connect(self, name: str, to: Locator, *, at: tuple[float, float] = (0.5, 0.5), drop: bool = True) -> None:
        """Draw an exit with the mouse, from the dot below a node. drop: let it go there."""
        start, end = await self.node(name).locator(".editor-out").bounding_box(), await to.bounding_box()
        assert start
        assert end
        mouse = self.page.mouse
        await mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
        await mouse.down()
        await mouse.move(end["x"] + end["width"] * at[0], end["y"] + end["height"] * at[1], steps=8)
        if drop:
            await mouse.up()


async def owner_of_homes(
    browser: Browser, product: Stack, definition: dict[str, Any] | None = EMPTY, **options: Any
) -> Designer:
    """Whoever owns the campaign “Homes”, on no page yet. definition: its draft; None: what is published."""
    tenant = await create_tenant()
    designer = Designer(product, tenant, await login_context(browser, product, tenant.user_id, **options))
    if definition is not None:
        await designer.put(definition)
    return designer


async def at_designer(
    browser: Browser, product: Stack, definition: dict[str, Any] | None = EMPTY, **options: Any
) -> Designer:
    """The same owner, at the designer."""
    designer = await owner_of_homes(browser, product, definition, **options)
    await designer.open()
    return designer


async def undo_and_redo(browser: Browser, product: Stack, definition: dict[str, Any], *, seed: int, steps: int) -> None:
    """So many edits by chance, all of them undone, and done again."""
    chance = random.Random(seed)
    designer = await at_designer(browser, product, definition)
    page = designer.page
    await page.get_by_role("button", name="Outline").click()
    for _ in range(steps):
        await random_edit(page, chance)
    end = await designer.saved_definition()
    assert end != definition
    assert await click_all(page, "Undo") > steps // 4
    assert await designer.saved_definition() == definition
    await click_all(page, "Redo")
    assert await designer.saved_definition() == end
    assert page.problems == []  # type: ignore[attr-defined]


async def random_edit(page: Page, chance: random.Random) -> None:
    """One edit by somebody who does not think."""
    rows = page.locator("[data-row][data-node]")
    count = await rows.count()
    action = chance.choice(
        ["rename", "rename", "add", "after", "connect", "delete", "twice", "move", "arrange", "exit"]
    )
    row = rows.nth(chance.randrange(count)) if count else None
    if row is None or action == "add":
        await page.get_by_role("button", name="Add node", exact=True).click()
        await (
            page.get_by_role("dialog")
            .get_by_role("option", name=chance.choice(["Ask questions", "Decide", "End"]))
            .click()
        )
        await wait_for_field(page)
        return
    await row.focus()
    await row.press("Space")
    await expect(row).to_have_attribute("aria-pressed", "true")
    if action == "rename":
        name = page.get_by_role("textbox", name="Name", exact=True)
        if await name.count():  # a note has none
            await name.fill(f"Node {chance.randrange(1000)}")
    elif action in {"after", "connect"}:
        await row.press("a" if action == "after" else "c")
        options = page.get_by_role("dialog").locator("[role=option]:not([aria-disabled=true])")
        # The last words lead nowhere, and a lonely node has nothing to lead to.
        if await page.get_by_role("dialog").count():
            if await options.count():
                await options.nth(chance.randrange(await options.count())).click()
                await wait_for_field(page)
            else:
                await page.keyboard.press("Escape")
    elif action == "delete" and count > 4:
        await row.press("Delete")
    elif action == "twice":
        await row.press("ControlOrMeta+d")
    elif action == "arrange":
        await row.press("l")
    elif action == "move":
        await row.press("o")
        await page.locator(".react-flow__node.selected").press("ArrowRight")
        await page.get_by_role("button", name="Outline").click()
    elif action == "exit":
        exits = page.locator(".editor-exit")
        if await exits.count():
            await exits.first.click()
            await expect(exits.first).to_have_attribute("aria-expanded", "true")
            later = page.get_by_role("button", name="Try later")
            await (later if await later.is_enabled() else page.get_by_role("button", name="Delete exit")).click()


async def wait_for_field(page: Page) -> None:
    """Waits until a field of what was just added or connected has the focus: it takes it from wherever it is."""
    await expect(page.locator("[data-panel] :focus")).to_be_visible()


async def click_all(page: Page, name: str) -> int:
    button, times = page.get_by_role("button", name=name, exact=True), 0
    while await button.is_enabled():
        await button.click()
        times += 1
    return times


def large_flow(nodes: int) -> dict[str, Any]:
    """A flow of so many nodes in rows of 15."""
    start = drafts.plain(drafts.empty())
    ids = ["start", *(f"n{number}" for number in range(1, nodes))]
    clarify = {"type": "clarify", "fields": [], "intro": "", "attempts": 2, "questions": True, "limit": 20}
    rows = [
        {**clarify, "id": name, "name": f"Node {name}", "x": number % 15 * 260, "y": number // 15 * 200}
        for number, name in enumerate(ids)
    ]
    edges = [
        {"id": f"e{source}", "source": source, "target": target, "condition": {"type": "fallback"}, "label": ""}
        for source, target in pairwise(ids)
    ]
    return {**start, "nodes": [start["nodes"][0], *rows[1:]], "edges": edges}


async def drag_node_40(browser: Browser, product: Stack, count: int) -> list[str]:
    """In a flow of so many nodes, where what is out of sight is not drawn: the nodes that the drag draws anew."""
    designer = await at_designer(browser, product, large_flow(count))
    page = designer.page
    nodes = page.locator(".react-flow__node")
    await expect(nodes).to_have_count(count)
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
    node_ids = await page.evaluate("[...window.drawn]")
    await page.mouse.up()
    await designer.saved_definition()
    await page.get_by_role("button", name="Zoom to 100%").click()
    await expect(nodes.nth(60)).to_be_hidden()
    assert 0 < await nodes.count() < 60
    return node_ids
