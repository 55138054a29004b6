"""Every page: accessible, nothing to scroll sideways at three widths, and what each says."""

import asyncio
import json
import re

import pytest
from playwright.async_api import Browser, Route, expect

from ops import frontend
from quantum_app.db.session import account_session
from quantum_app.domain.audit.schemas import Actor
from quantum_app.domain.calls import service as calls
from quantum_app.domain.campaigns import demo
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.domain.campaigns.schemas import NewCampaign
from quantum_app.domain.knowledge import service as knowledge
from quantum_app.kit import ids
from quantum_app.kit.ids import random_id
from tests.db.tenants import Tenant, know
from tests.e2e.browser import DESK, PageOptions, assert_accessible, open_page, visitor
from tests.e2e.people import Cookie, login_context
from tests.stack import Stack

pytestmark = pytest.mark.browser

# A part of a page that cannot be drawn.
FAILING_SCRIPT = "export const Designer = () => { throw new Error('broken'); };"


async def paused_campaign() -> str:
    """A campaign of the demo account; its public id."""
    demo_campaign = await campaigns.get_public(demo.PUBLIC_ID)
    draft = NewCampaign(
        public_id=random_id("cmp"),
        name="Another house",
        assistant_name="Noor",
        language="en",
        consent_text=demo_campaign.consent_text,
        consent_version=demo_campaign.consent_version,
        email_required=True,
        max_duration=600,
        flow=demo.flow().model_dump(mode="json"),
    )
    async with account_session(demo_campaign.account_id) as session:
        campaign_id = await campaigns.create_published(session, demo_campaign.account_id, draft)
        await campaigns.pause(session, demo_campaign.account_id, Actor(None, "tests"), campaign_id)
    return draft.public_id


# What some pages say first, where nothing else looks at them.
SAYS = {
    "signup": "Create your account",
    "login": "Log in",
    "verify": "This link is no longer valid",
    "forgot": "Forgot your password?",
    "reset": "Choose a new password",
    "transcript": "This link is no longer valid",
    "welcome": "What should your assistant do?",
    "settings": "Settings",
    "settings/members": "Members",
    "settings/security": "Security",
    "settings/audit": "Audit log",
    "404": "Page not found",
}


# Notes whether a page is without the heading that it had a moment before.
HEADING_WATCH = """
window.headingLost = false;
let hadHeading = false;
new MutationObserver(() => {
  const hasHeading = document.querySelector("h1") !== null;
  if (hadHeading && !hasHeading) window.headingLost = true;
  hadHeading = hasHeading;
}).observe(document, { childList: true, subtree: true });
"""


async def test_every_page(product: Stack, browser: Browser, owner: Tenant) -> None:
    """As the owner of an account sees it, a page that is added among them."""
    document_id = await know(owner)
    async with account_session(owner.account_id) as session:
        page_of_calls = await calls.list_calls(session, limit=1)
        document = await knowledge.get_document(session, document_id)
    values = {
        "[call]": ids.encode("call", page_of_calls.calls[0].call_id),
        "[base]": ids.encode("kb", document.base_id),
        "[document]": ids.encode("doc", document.id),
        "[campaignId]": ids.encode("cmp", owner.campaign.campaign_id),
        "[campaign]": owner.campaign.public_id,
        "index": "",
        "reset": "reset#x",
    }
    context = await login_context(browser, product, owner.user_id)
    await context.add_init_script(HEADING_WATCH)
    page = await open_page(context, f"{product.url}/login")
    without_heading = []
    for route in json.loads((frontend.place() / "routes.json").read_text()):
        path = re.sub(r"^index$|^reset$|\[\w+\]", lambda match: values[match[0]], route)
        await page.goto(f"{product.url}/{path}")
        await expect(page.get_by_role("heading", level=1, name=re.compile(SAYS.get(route, ".")))).to_be_visible()
        await expect(page.locator("[aria-busy=true]")).to_have_count(0)
        await assert_accessible(page)
        assert page.problems == [], route
        if await page.evaluate("window.headingLost"):
            without_heading.append(route)
    assert without_heading == []


async def test_login(product: Stack, browser: Browser) -> None:
    page = await open_page(await visitor(browser), f"{product.url}/")
    await expect(page).to_have_url(re.compile("/login/?\\?next="))
    await page.get_by_label("Email").fill("demo@northquay.example")
    await page.get_by_label("Password").fill("not the password")
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_role("alert")).to_contain_text("Incorrect email or password.")
    await assert_accessible(page)
    assert page.problems == []


async def test_calls(product: Stack, browser: Browser, login: Cookie) -> None:
    context = await visitor(browser)
    await context.add_cookies([login])
    # Older than every call, so there are none, whatever other tests have left.
    page = await open_page(context, f"{product.url}/calls?status=failed&after=call_{'0' * 26}")
    await expect(page.get_by_role("heading", name="No calls found")).to_be_visible()
    await expect(page.get_by_role("link", name="Failed")).to_have_attribute("aria-current", "true")
    await assert_accessible(page)
    await page.get_by_role("link", name="Show all calls").click()
    await expect(page).to_have_url(re.compile("/calls/?$"))

    # The drawer, by keyboard.
    await page.get_by_role("button", name="Open navigation").press("Enter")
    await expect(page.get_by_role("link", name="Calls", exact=True)).to_be_visible()
    await assert_accessible(page, widths=(390,))
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Close navigation")).to_be_hidden()

    # The other colours stay after a reload.
    await page.get_by_role("button", name="Open navigation").click()
    other = "Dark" if PageOptions.scheme == "light" else "Light"
    await page.get_by_role("button", name=f"Use {other.lower()} theme").click()
    await expect(page.locator(f"html.{other.lower()}")).to_be_attached()
    await page.reload()
    await expect(page.locator(f"html.{other.lower()}")).to_be_attached()
    assert page.problems == []


async def test_unknown_addresses(product: Stack, browser: Browser, login: Cookie) -> None:
    context = await visitor(browser)
    await context.add_cookies([login])
    for path, words in {
        "/calls/call_00000000000000000000000000": "Call not found",
        "/calls/nonsense": "Call not found",
        "/nowhere": "Page not found",
        "/call/cmp_nobody": "Call page not found",
    }.items():
        page = await open_page(context, product.url + path)
        await expect(page.get_by_role("heading", name=words)).to_be_visible()
        await assert_accessible(page)


async def test_a_page_whose_script_fails_says_so(product: Stack, browser: Browser, login: Cookie) -> None:
    context = await visitor(browser)
    await context.add_cookies([login])
    response = {"content_type": "text/javascript", "body": FAILING_SCRIPT}
    await context.route("**/Designer-*.js", lambda route: route.fulfill(**response))
    page = await open_page(context, f"{product.url}/campaigns")
    await page.locator("a[href*='/flows/designer/']").first.click()
    await expect(page.get_by_role("heading", name="This page stopped working")).to_be_visible()
    await assert_accessible(page)
    await context.unroute("**/Designer-*.js")
    await page.get_by_role("link", name="Reload").click()
    await expect(page.get_by_role("heading", name="This page stopped working")).to_be_hidden()


async def test_log_out(product: Stack, browser: Browser) -> None:
    page = await open_page(await visitor(browser, viewport=DESK), f"{product.url}/calls")
    await page.get_by_label("Email").fill("demo@northquay.example")
    await page.get_by_label("Password").fill(product.demo_password)
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_text("Northquay Living")).to_be_visible()
    await page.get_by_role("button", name="owner").click()
    await page.get_by_role("menuitem", name="Log out").click()
    await expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    await page.goto(f"{product.url}/calls")
    await expect(page.get_by_role("heading", name="Log in")).to_be_visible()


async def test_before_the_call(product: Stack, browser: Browser) -> None:
    page = await open_page(await visitor(browser), f"{product.url}/call/demo")
    start = page.get_by_role("button", name="Start call")
    await expect(start).to_be_enabled()
    box = await start.bounding_box()
    assert box
    assert box["height"] >= 56
    await assert_accessible(page)
    assert page.problems == []


async def test_who_is_called_is_shown_before_scripts_and_styles(product: Stack, browser: Browser) -> None:
    """Nothing but the page itself has arrived: its shell stands, accessible, until the page takes its place."""
    context = await visitor(browser)
    page = await context.new_page()
    load = asyncio.Event()

    async def wait(route: Route) -> None:
        await load.wait()
        await route.continue_()

    await page.route(re.compile(r"/(assets|scripts)/"), wait)
    await page.goto(f"{product.url}/call/demo", wait_until="commit")
    await expect(page.get_by_role("heading", name="Talk to Northquay Living")).to_be_visible()
    await expect(page.get_by_role("button", name="Start call")).to_be_disabled()
    await assert_accessible(page)
    load.set()
    await expect(page.get_by_role("button", name="Start call")).to_be_enabled()
    await expect(page.locator("call-shell")).to_be_hidden()
    await expect(page.locator(".call-page")).to_have_css("display", "flex")


async def test_a_paused_campaign_says_so(product: Stack, browser: Browser) -> None:
    public_id = await paused_campaign()
    page = await open_page(await visitor(browser), f"{product.url}/call/{public_id}")
    await expect(page.get_by_role("heading", name="Northquay Living isn't taking calls right now")).to_be_visible()
    await expect(page.get_by_role("button", name="Try again")).to_be_visible()
    await assert_accessible(page)


# The page's sockets, oldest first.
_SOCKETS = """
window.sockets = [];
window.WebSocket = class extends WebSocket {
  constructor(...given) { super(...given); window.sockets.push(this); }
};
"""


async def test_a_page_that_was_open_for_long_connects_again(stack: Stack, browser: Browser) -> None:
    """Its page session is over when its socket breaks off."""
    stack.need("web")
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
