"""How smooth the designer is: frames while a node of a large flow is dragged, the canvas is moved and zoomed.

Measured in a real Chromium that draws without a graphics card, as `requestAnimationFrame` tells it. What goes to the
server while something is dragged is counted.
"""

import time
from collections.abc import Sequence
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

from ops.bench import set_up
from ops.bench.figures import FOLDER, Figure, commit, quantile, table
from ops.bench.resources import machine
from ops.chromium import chromium
from ops.parts import Instance
from quantum_app.domain.campaigns import demo
from quantum_app.domain.flows.model.conditions import Expression, Fallback, Intent
from quantum_app.domain.flows.model.definition import AnswerNode, Edge, EndNode, FlowDefinition, StartNode
from quantum_app.domain.flows.validation import validator
from quantum_app.kit import ids
from quantum_app.kit.clock import now

NODES = 300
COLUMNS = 15
MOVES = 120

_FRAMES = """
window.frames_ = [];
(() => {
  let last = performance.now();
  const tick = (at) => { window.frames_.push(at - last); last = at; requestAnimationFrame(tick); };
  requestAnimationFrame(tick);
})();
"""


def large() -> FlowDefinition:
    """A flow of 300 nodes in rows, each with two ways on."""
    nodes: list[Any] = [StartNode(id="start", name="Greeting", greeting="Hello, this is Mira.")]
    edges = [Edge(id="e-start", source="start", target="n0", condition=Fallback())]
    count = NODES - 2
    for number in range(count):
        row, column = divmod(number, COLUMNS)
        nodes.append(
            AnswerNode(
                id=f"n{number}",
                name=f"Question {number}",
                x=column * 260,
                y=(row + 1) * 190,
                fallback="I do not know that, but I can find out and write to you.",
            )
        )
        following = f"n{number + 1}" if number + 1 < count else "end"
        below = f"n{number + COLUMNS}" if number + COLUMNS < count else "end"
        wish = Intent(description=f"wants to talk about subject {number}", examples=(f"tell me about {number}",))
        edges.append(Edge(id=f"i{number}", source=f"n{number}", target=below, condition=wish))
        edges.append(Edge(id=f"f{number}", source=f"n{number}", target=following, condition=Fallback()))
    last = (count // COLUMNS + 2) * 190
    nodes.append(EndNode(id="end", name="Farewell", y=last, farewell="Goodbye!", next_steps="We write to you."))
    knowledge = demo.flow().knowledge
    return FlowDefinition(start="start", nodes=tuple(nodes), edges=tuple(edges), knowledge=knowledge)


async def measure(instance: Instance) -> list[Figure]:
    """All figures; the part web of the instance is running."""
    account = await set_up.account(large())
    url, path = f"http://localhost:{instance.port}", f"/flows/designer/{ids.encode('cmp', account.campaign_id)}"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=str(chromium()), args=["--no-sandbox", "--disable-gpu"]
        )
        try:
            page = await _open(browser, url, path, account.email, account.password)
            return await _figures(page)
        finally:
            await browser.close()


def report(figures: Sequence[Figure]) -> None:
    """Print, and write `docs/bench/designer.md`."""
    facts = machine()
    lines = [
        "# Designer",
        "",
        f"{now():%Y-%m-%d %H:%M} UTC, commit {commit()}. {facts['processor']}, {facts['cores']} cores, "
        f"no graphics card. A flow of {NODES} nodes in Chromium, 1440 × 900; `make bench ARGS='--only designer'`.",
        "",
        table(figures),
    ]
    text = "\n".join(lines) + "\n"
    (FOLDER / "designer.md").write_text(text)
    print(f"\n{text}")


async def _open(browser: Browser, url: str, path: str, email: str, password: str) -> Page:
    context = await browser.new_context(viewport={"width": 1440, "height": 900})
    answer = await context.request.post(f"{url}/api/auth/login", data={"email": email, "password": password})
    assert answer.status == 204
    await context.add_init_script(_FRAMES)
    page = await context.new_page()
    await page.goto(f"{url}{path}")
    await page.locator(".react-flow__node").first.wait_for(timeout=60_000)
    await page.keyboard.press("f")  # all of it, not the part in which it opens
    await page.wait_for_timeout(3000)
    return page


async def _figures(page: Page) -> list[Figure]:
    request_sizes: list[int] = []
    page.on(
        "request",
        lambda request: request_sizes.append(len(request.post_data or "")) if "/api/" in request.url else None,
    )
    definition, checks = large(), list[float]()
    for number in range(20):
        # What changes from check to check is one condition, not three hundred.
        condition = Expression(expression=f"score >= {number}")
        edges = (definition.edges[0], definition.edges[1].model_copy(update={"condition": condition}))
        redrawn = definition.model_copy(update={"edges": (*edges, *definition.edges[2:])})
        began = time.perf_counter()
        validator.check(redrawn)
        checks.append((time.perf_counter() - began) * 1000)
    open_ms = await page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
    figures = [
        Figure("check of the whole flow, p50", quantile(checks, 0.5), "ms", len(checks), 20),
        Figure("page ready (DOM)", open_ms, "ms", 1),
    ]

    x, y = await _node(page)
    await page.mouse.move(x, y)
    await page.mouse.down()
    await _reset(page)
    for step in range(MOVES):
        await page.mouse.move(x + step, y + step / 2)
    figures += await _frames(page, "drag a node")
    figures.append(Figure("requests while dragging", len(request_sizes), "", MOVES, 0))
    await page.mouse.up()
    await page.wait_for_timeout(2500)
    if not request_sizes:
        raise RuntimeError("The node was not dragged: nothing was saved.")
    figures.append(Figure("requests after the drag", len(request_sizes), "", 1, 1))
    figures.append(Figure("size of the change", max(request_sizes, default=0), "bytes", 1, 2000))

    await page.mouse.move(500, 880)
    await _reset(page)
    for step in range(MOVES):
        await page.mouse.wheel(6 if step % 2 else -4, 8)
    figures += await _frames(page, "move the canvas")
    figures += await _zoom(page, "zoom")
    # Above, the nodes are gone in the end, beyond the edges. About the middle, they come nearer.
    await page.keyboard.press("f")
    await page.wait_for_timeout(2000)
    await page.mouse.move(600, 450)
    figures += await _zoom(page, "zoom into the nodes")
    await page.wait_for_timeout(1000)
    await _node(page)  # or else it was nothing that was zoomed into
    return figures


async def _zoom(page: Page, gesture: str) -> list[Figure]:
    """Out, and in again to more than there was at first, about where the mouse is."""
    await _reset(page)
    await page.keyboard.down("Control")
    for step in range(MOVES // 2):
        await page.mouse.wheel(0, 40 if step < MOVES // 4 else -40)
    await page.keyboard.up("Control")
    return await _frames(page, gesture)


async def _node(page: Page) -> tuple[float, float]:
    """The middle of a node that no panel covers."""
    position: list[float] | None = await page.evaluate(
        """() => {
          for (const node of document.querySelectorAll(".react-flow__node")) {
            const box = node.getBoundingClientRect();
            const x = box.x + box.width / 2, y = box.y + box.height / 2;
            const free = x > 300 && x < 700 && y > 200 && y < 600;
            if (free && node.contains(document.elementFromPoint(x, y))) return [x, y];
          }
          return null;
        }"""
    )
    if position is None:
        raise RuntimeError("No node of the flow can be reached by the mouse.")
    return position[0], position[1]


async def _reset(page: Page) -> None:
    await page.evaluate("window.frames_.length = 0")


async def _frames(page: Page, gesture: str) -> list[Figure]:
    frames: list[float] = (await page.evaluate("window.frames_"))[1:]
    return [
        Figure(f"{gesture}: frame, p50", quantile(frames, 0.5), "ms", len(frames), 17),
        Figure(f"{gesture}: frame, p95", quantile(frames, 0.95), "ms", len(frames), 34),
        Figure(f"{gesture}: frame, longest", max(frames, default=None), "ms", len(frames)),
    ]
