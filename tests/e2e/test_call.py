"""A call from the first tap to the last row, on the real servers; and what keeps a call from beginning."""

import re

import pytest
from playwright.async_api import Browser, expect

from ops import sound
from quantum_app.db.session import account_session
from quantum_app.domain.campaigns import demo
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.domain.campaigns.schemas import NewCampaign
from quantum_app.kit.ids import random_id
from tests.db.tenants import Tenant, create_tenant
from tests.e2e.browser import assert_accessible, clock, open_page, say, visitor, wait_audible
from tests.e2e.calls import ANSWER, caption, fill, mute_states, occupy_lines
from tests.e2e.people import login_context
from tests.stack import Stack

pytestmark = pytest.mark.browser


async def set_short_greeting(tenant: Tenant) -> str:
    """A campaign that greets in a few words; the path of its call page."""
    flow = demo.flow()
    start = flow.nodes[0].model_copy(update={"greeting": "Hello, this is Mira."})
    definition = flow.model_copy(update={"nodes": (start, *flow.nodes[1:])}).model_dump(mode="json")
    draft = NewCampaign(random_id("cmp"), "Brief", "Mira", "en", "I agree.", "1", True, 300, definition)
    async with account_session(tenant.account_id) as session:
        await campaigns.create_published(session, tenant.account_id, draft)
    return f"/call/{draft.public_id}"


async def test_a_spoken_call(product: Stack, browser: Browser, email: str) -> None:
    tenant, question = await create_tenant(), sound.speak("Do you allow pets?")
    # The dashboard is open all the while, in another browser session.
    dashboard = await open_page(await login_context(browser, product, tenant.user_id), f"{product.url}/calls")
    await expect(dashboard.get_by_role("heading", name="Calls", exact=True)).to_be_visible()

    # The page of a call needs no Reflex socket: it has none here.
    caller = await visitor(browser, microphone=True)
    await caller.route_web_socket(re.compile("/_event"), lambda socket: socket.close())
    await caller.route(re.compile("/_event"), lambda route: route.abort())
    page = await open_page(caller, product.url + await set_short_greeting(tenant))
    await expect(page.get_by_text("Mira is an AI, not a person.")).to_be_visible()
    await fill(page, email, "Ines Moreau")
    await page.get_by_role("button", name="Start call").click()

    # Greeted, in sound and in writing.
    await wait_audible(page, 0.5)
    await expect(caption(page, "assistant", "this is Mira")).to_be_visible(timeout=ANSWER)
    await expect(page.get_by_text("Good connection")).to_be_visible()

    # The dashboard shows the call that is going on, and its turns as they are spoken.
    row = dashboard.get_by_role("row").filter(has_text=email)
    await expect(row.get_by_text("Live")).to_be_visible()
    await row.get_by_role("link").click()
    await expect(dashboard.get_by_role("heading", name="Ines Moreau")).to_be_visible()

    # What was said stands there, and is answered aloud.
    await expect(page.get_by_text("Listening")).to_be_visible(timeout=ANSWER)
    await say(page, question)
    bubble = caption(page, "caller", "pets")
    await expect(bubble).to_be_visible(timeout=ANSWER)
    question_at = await clock(page)
    await wait_audible(page, 1.0, since=question_at)
    await expect(caption(page, "assistant", "cats or dogs")).to_be_visible(timeout=ANSWER)
    turns = dashboard.get_by_role("log", name="Transcript")
    words = await bubble.locator("p").inner_text()  # as the recogniser heard it
    await expect(turns.get_by_text(words)).to_be_visible(timeout=ANSWER)
    await expect(turns.get_by_text(re.compile("cats or dogs"))).to_be_visible(timeout=ANSWER)
    await assert_accessible(page)

    # Muted: the room gets no sound from this microphone.
    await page.get_by_role("button", name="Mute").click()
    await expect(page.locator("[data-microphone=muted]")).to_be_visible()
    await expect(page.get_by_text("You're muted")).to_be_visible(timeout=ANSWER)
    assert await mute_states(product, "Ines Moreau") == [True]
    await page.get_by_role("button", name="Unmute").click()
    await expect(page.locator("[data-microphone=on]")).to_be_visible()
    assert await mute_states(product, "Ines Moreau") == [False]

    # Ended, with transcript and rating.
    await page.get_by_role("button", name="End call").click()
    await expect(page.get_by_role("heading", name="Thank you for calling")).to_be_visible()
    await expect(page.get_by_text(words)).to_be_visible()
    await page.get_by_role("button", name="5 of 5").click()
    await page.get_by_label("Comment (optional)").fill("Quick answers.")
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_text("Thanks for your feedback")).to_be_visible()
    await assert_accessible(page)

    # All of it is there after a reload, from the database.
    await expect(dashboard.get_by_text("Completed")).to_be_visible(timeout=ANSWER)
    await dashboard.reload()
    for line in ("this is Mira", words, "cats or dogs"):
        await expect(turns.get_by_text(re.compile(re.escape(line)))).to_be_visible()
    await expect(turns.get_by_text("House rules")).to_be_visible()
    figures = turns.get_by_role("button", name=re.compile(r"^\d\.\d\d s$"))
    await expect(figures).to_have_count(1)
    await figures.click()
    await expect(dashboard.get_by_text(re.compile(r"^Answer 1 of 1, \d:\d\d$"))).to_be_visible()
    await expect(dashboard.get_by_label("Milliseconds of each stage")).to_contain_text("First audio")
    await expect(dashboard.get_by_text(re.compile(r"^Speech to text \(local\)"))).to_be_visible()
    await expect(dashboard.get_by_text(re.compile("^Consent text"))).to_be_visible()
    await expect(dashboard.get_by_text("5 of 5")).to_be_visible()
    await expect(dashboard.get_by_text("Quick answers.")).to_be_visible()
    await assert_accessible(dashboard)
    assert page.problems == dashboard.problems == []  # type: ignore[attr-defined]


async def test_a_blocked_microphone(product: Stack, browser: Browser, email: str) -> None:
    page = await open_page(await visitor(browser), f"{product.url}/call/demo")
    await fill(page, email)
    await page.get_by_role("button", name="Start call").click()
    await expect(page.get_by_text("Your microphone is blocked.")).to_be_visible()
    await expect(page.get_by_role("button", name="Continue by typing")).to_be_visible()
    await expect(page.get_by_label("Your email")).to_have_value(email)
    await assert_accessible(page)


async def test_no_microphone(product: Stack, browser: Browser, email: str) -> None:
    context = await visitor(browser)
    # Chromium cannot be told to have no microphone at all: what it says then is said here.
    await context.add_init_script(
        "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NotFoundError'); };"
    )
    page = await open_page(context, f"{product.url}/call/demo")
    await fill(page, email)
    await page.get_by_role("button", name="Start call").click()
    await expect(page.get_by_text("No microphone found.")).to_be_visible()
    await expect(page.get_by_role("button", name="Continue by typing")).to_be_visible()
    await assert_accessible(page)


async def test_without_consent_nothing_leaves_the_page(product: Stack, browser: Browser, email: str) -> None:
    page = await open_page(await visitor(browser), f"{product.url}/call/demo")
    urls: list[str] = []
    page.on("request", lambda request: urls.append(request.url) if request.method == "POST" else None)
    await page.get_by_label("Your email").fill(email)
    await page.get_by_role("button", name="Start call").click()
    await expect(page.get_by_text("We need your consent")).to_be_visible()
    await expect(page.get_by_role("checkbox")).to_be_focused()
    await page.get_by_label("Your email").fill("nobody")
    await page.get_by_role("checkbox").check()
    await page.get_by_role("button", name="Start call").click()
    await expect(page.get_by_text("Enter your email address")).to_be_visible()
    await expect(page.get_by_label("Your email")).to_be_focused()
    await assert_accessible(page)
    assert urls == []


async def test_all_lines_are_busy(product: Stack, browser: Browser, email: str) -> None:
    context = await visitor(browser)
    await context.clock.install()
    page = await open_page(context, f"{product.url}/call/demo")
    await fill(page, email)
    async with occupy_lines(product):
        await page.get_by_role("button", name="Type instead").click()
        await expect(page.get_by_text("All lines are busy.")).to_be_visible()
    retry = page.get_by_role("button", name="Try again")
    await expect(retry).to_be_disabled()
    await assert_accessible(page)
    await context.clock.fast_forward("00:20")
    await expect(page.get_by_text("You can try again now.")).to_be_visible()
    await expect(retry).to_be_enabled()


async def test_too_many_calls_from_one_network(product: Stack, browser: Browser, email: str) -> None:
    context = await visitor(browser)
    await context.set_extra_http_headers({"x-forwarded-for": "198.51.100.77"})
    page = await open_page(context, f"{product.url}/call/demo")
    await fill(page, email)
    async with occupy_lines(product, "198.51.100.77"):
        await page.get_by_role("button", name="Type instead").click()
        await expect(page.get_by_text("Too many calls from your network.")).to_be_visible()
    await assert_accessible(page)
