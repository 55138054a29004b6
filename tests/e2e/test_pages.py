"""Every page in light and dark, at three widths: accessible, nothing to scroll sideways, and what each says."""

import re

import pytest
from playwright.async_api import expect

from quantum_app.db.session import account_session, dispose
from quantum_app.domain.audit.schemas import Actor
from quantum_app.domain.campaigns import demo
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.domain.campaigns.schemas import CampaignDraft
from quantum_app.kit.ids import unguessable
from tests.e2e.browser import assert_accessible, chromium, open_page, visitor
from tests.stack import Stack

pytestmark = pytest.mark.browser

Login = dict[str, object]
# A part of a page that cannot be drawn.
BROKEN = "export const Designer = () => { throw new Error('broken'); };"
both = pytest.mark.parametrize("scheme", ["light", "dark"])


async def new_campaign(*, paused: bool = False) -> str:
    """A campaign of the demo account with nobody's calls on it; its public id."""
    shown = await campaigns.open_to_public(demo.PUBLIC_ID)
    draft = CampaignDraft(
        public_id=unguessable("cmp"),
        name="Another house",
        assistant_name="Noor",
        language="en",
        consent_text=shown.consent_text,
        consent_version=shown.consent_version,
        email_required=True,
        max_duration=600,
        flow=demo.flow().model_dump(mode="json"),
    )
    async with account_session(shown.account_id) as session:
        made = await campaigns.create(session, shown.account_id, draft)
        if paused:
            await campaigns.pause(session, shown.account_id, Actor(None, "tests"), made)
    await dispose()
    return draft.public_id


@both
async def test_login(product: Stack, scheme: str) -> None:
    async with chromium() as browser:
        page = await open_page(await visitor(browser, color_scheme=scheme), f"{product.url}/")
        await expect(page).to_have_url(re.compile("/login/?\\?next="))
        await page.get_by_label("E-mail").fill("demo@northquay.example")
        await page.get_by_label("Password").fill("not the password")
        await page.get_by_role("button", name="Log in").click()
        await expect(page.get_by_role("alert")).to_contain_text("Incorrect email or password.")
        await assert_accessible(page)
        assert page.problems == []


@both
async def test_calls(product: Stack, login: Login, scheme: str) -> None:
    async with chromium() as browser:
        context = await visitor(browser, color_scheme=scheme)
        await context.add_cookies([login])
        # Older than every call, so there are none, whatever other tests have left.
        page = await open_page(context, f"{product.url}/calls?status=failed&after=call_{'0' * 26}")
        await expect(page.get_by_role("heading", name="No calls with this status")).to_be_visible()
        await expect(page.get_by_role("link", name="Failed")).to_have_attribute("aria-current", "true")
        await assert_accessible(page)
        await page.get_by_role("link", name="Show all calls").click()
        await expect(page).to_have_url(re.compile("/calls/?$"))

        # The drawer, by keyboard.
        await page.get_by_role("button", name="Open the navigation").press("Enter")
        await expect(page.get_by_role("link", name="Calls", exact=True)).to_be_visible()
        await assert_accessible(page, widths=(390,))
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("button", name="Close the navigation")).to_be_hidden()

        # The other colours stay after a reload.
        await page.get_by_role("button", name="Open the navigation").click()
        other = "Dark" if scheme == "light" else "Light"
        await page.get_by_role("button", name=f"{other} colours").click()
        await expect(page.locator(f"html.{other.lower()}")).to_be_attached()
        await page.reload()
        await expect(page.locator(f"html.{other.lower()}")).to_be_attached()
        assert page.problems == []


@both
async def test_unknown_addresses(product: Stack, login: Login, scheme: str) -> None:
    async with chromium() as browser:
        context = await visitor(browser, color_scheme=scheme)
        await context.add_cookies([login])
        for path, words in {
            "/calls/call_00000000000000000000000000": "There is no such call",
            "/calls/nonsense": "There is no such call",
            "/nowhere": "There is no such page",
            "/call/cmp_nobody": "Nobody answers here",
        }.items():
            page = await open_page(context, product.url + path)
            await expect(page.get_by_role("heading", name=words)).to_be_visible()
            await assert_accessible(page)


@both
async def test_a_page_whose_script_fails_says_so(product: Stack, login: Login, scheme: str) -> None:
    async with chromium() as browser:
        context = await visitor(browser, color_scheme=scheme)
        await context.add_cookies([login])
        broken = {"content_type": "text/javascript", "body": BROKEN}
        await context.route("**/Designer-*.js", lambda route: route.fulfill(**broken))
        page = await open_page(context, f"{product.url}/campaigns")
        await page.locator("a[href*='/flows/designer/']").first.click()
        await expect(page.get_by_role("heading", name="This page stopped working")).to_be_visible()
        await assert_accessible(page)
        await context.unroute("**/Designer-*.js")
        await page.get_by_role("link", name="Load it again").click()
        await expect(page.get_by_role("heading", name="This page stopped working")).to_be_hidden()


async def test_log_out(product: Stack) -> None:
    async with chromium() as browser:
        page = await open_page(await visitor(browser, viewport={"width": 1440, "height": 900}), f"{product.url}/calls")
        await page.get_by_label("E-mail").fill("demo@northquay.example")
        await page.get_by_label("Password").fill(product.demo_password)
        await page.get_by_role("button", name="Log in").click()
        await expect(page.get_by_text("Northquay Living")).to_be_visible()
        await page.get_by_role("button", name="owner").click()
        await page.get_by_role("menuitem", name="Log out").click()
        await expect(page.get_by_role("heading", name="Log in")).to_be_visible()
        await page.goto(f"{product.url}/calls")
        await expect(page.get_by_role("heading", name="Log in")).to_be_visible()


@both
async def test_before_the_call(product: Stack, scheme: str) -> None:
    async with chromium() as browser:
        page = await open_page(await visitor(browser, color_scheme=scheme), f"{product.url}/call/demo")
        start = page.get_by_role("button", name="Start call")
        await expect(start).to_be_visible()
        box = await start.bounding_box()
        assert box
        assert box["height"] >= 56
        await assert_accessible(page)
        assert page.problems == []


async def test_a_paused_campaign_says_so(product: Stack) -> None:
    public_id = await new_campaign(paused=True)
    async with chromium() as browser:
        page = await open_page(await visitor(browser), f"{product.url}/call/{public_id}")
        await expect(page.get_by_role("heading", name="Northquay Living is not taking calls now")).to_be_visible()
        await expect(page.get_by_role("button", name="Try again")).to_be_visible()
        await assert_accessible(page)


async def test_too_many_calls_say_when_to_come_back(product: Stack, email: str) -> None:
    public_id = await new_campaign()
    async with chromium() as browser:
        context = await visitor(browser)
        # From an address of their own, so that whoever calls next is not refused for them.
        theirs = {"x-forwarded-for": "198.51.100.77"}
        await context.set_extra_http_headers(theirs)
        page = await open_page(context, f"{product.url}/call/{public_id}")
        start = f"{product.url}/api/public/campaigns/{public_id}"
        shown = await (await page.request.get(start)).json()
        body = {"email": email, "consent": True, "consent_version": shown["consent"]["version"]}
        while (await page.request.post(f"{start}/calls", data=body, headers=theirs)).status == 201:
            pass
        await page.get_by_label("Your e-mail").fill(email)
        await page.get_by_role("checkbox").check()
        await page.get_by_role("button", name="Start call").click()
        await expect(page.get_by_text("Too many calls from your network.")).to_be_visible()
        await assert_accessible(page)


# The page's sockets, oldest first.
_SOCKETS = """
window.sockets = [];
window.WebSocket = class extends WebSocket {
  constructor(...given) { super(...given); window.sockets.push(this); }
};
"""


async def test_a_page_that_was_open_for_long_connects_again(stack: Stack) -> None:
    """Its page session is over when its socket breaks off."""
    stack.need("web")
    async with chromium() as browser:
        context = await visitor(browser)
        await context.add_init_script(_SOCKETS)
        page = await open_page(context, f"{stack.url}/login")
        await page.wait_for_function("() => window.sockets.at(-1)?.readyState === WebSocket.OPEN")
        await context.clear_cookies(name=f"{stack.settings.cookie_prefix}_page")
        async with page.expect_request(lambda request: request.method == "HEAD"):
            await page.evaluate("() => window.sockets.at(-1).close()")
        # The one that was closed, the one that was refused, and the next.
        await page.wait_for_function(
            "() => window.sockets.length > 2 && window.sockets.at(-1).readyState === WebSocket.OPEN"
        )
        assert page.problems == []  # type: ignore[attr-defined]
