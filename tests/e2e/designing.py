"""Somebody at the designer of a campaign of their own, and the canvas by mouse."""

from itertools import count
from typing import Any

from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from quantum_app.db.session import dispose
from quantum_app.domain.flows import drafts
from quantum_app.kit import ids
from tests.db.tenants import PASSWORD, Tenant, tenant
from tests.e2e.browser import open_page, visitor
from tests.stack import Stack

_addresses = count(1)
EMPTY = drafts.plain(drafts.empty())


class Designer:
    """A page with the designer, and what the server knows of its flow."""

    page: Page

    def __init__(self, product: Stack, made: Tenant, context: BrowserContext) -> None:
        self.made, self.context = made, context
        campaign = ids.encode("cmp", made.campaign.campaign_id)
        self.url = f"{product.url}/flows/designer/{campaign}"
        self._api = f"{product.url}/api/flows/{campaign}"

    async def open(self) -> None:
        """In a new tab."""
        self.page = await open_page(self.context, self.url)
        await expect(self.page.get_by_role("button", name="Outline")).to_be_visible()

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

    async def saved(self) -> dict[str, Any]:
        """Waits until everything is saved; the draft's definition."""
        await expect(self.page.get_by_text("Saved just now")).to_be_visible()
        return (await self.flow())["draft"]["definition"]

    def node(self, name: str) -> Locator:
        """A node on the canvas."""
        return self.page.locator(".react-flow__node").filter(has=self.page.get_by_text(name, exact=True))

    async def connect(self, name: str, to: Locator, *, at: tuple[float, float] = (0.5, 0.5), drop: bool = True) -> None:
        """Draw an exit with the mouse, from the dot below a node. drop: let it go there."""
        start, end = await self.node(name).locator(".fl-out").bounding_box(), await to.bounding_box()
        assert start
        assert end
        mouse = self.page.mouse
        await mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
        await mouse.down()
        await mouse.move(end["x"] + end["width"] * at[0], end["y"] + end["height"] * at[1], steps=8)
        if drop:
            await mouse.up()


async def at_designer(
    browser: Browser, product: Stack, definition: dict[str, Any] | None = EMPTY, **options: object
) -> Designer:
    """Whoever owns the campaign “Homes”, at its designer. definition: its draft; None: what is published."""
    made = await tenant()
    await dispose()
    context = await visitor(browser, **{"viewport": {"width": 1440, "height": 900}, **options})
    await log_in(context, product, made)
    designer = Designer(product, made, context)
    if definition is not None:
        await designer.put(definition)
    await designer.open()
    return designer


async def log_in(context: BrowserContext, product: Stack, made: Tenant) -> None:
    headers = {"x-forwarded-for": f"198.20.{next(_addresses)}.1"}
    body = {"email": made.email, "password": PASSWORD}
    answer = await context.request.post(f"{product.url}/api/auth/login", data=body, headers=headers)
    assert answer.status == 204
