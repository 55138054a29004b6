"""Signing up, logging in, colleagues and their roles: by the pages, as people go through them."""

import asyncio
import json
import re
import time
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect
from pyotp.totp import TOTP

from quantum_app.db.session import account_session
from quantum_app.domain.identity import signup
from quantum_app.kit.ids import new_id
from tests.e2e.browser import DESK, PATIENCE, assert_accessible, open_page, visitor
from tests.e2e.people import login_context
from tests.stack import Stack

pytestmark = pytest.mark.browser

PASSWORD = "seven grey herons stand"


@pytest.fixture(scope="module")
def product(stack: Stack) -> Stack:
    stack.need("providers", "jobs", "web")
    return stack


@dataclass
class Owner:
    """The owner of an account, and the browser where they are logged in."""

    context: BrowserContext
    email: str
    account: str


def new_address(name: str) -> str:
    return f"{name}-{uuid4().hex[:10]}@example.com"


async def read_mail(context: BrowserContext, product: Stack, to: str, subject: str = "") -> str:
    """The link in the newest mail to somebody."""
    async with asyncio.timeout(PATIENCE / 1000):
        while True:
            answer = await context.request.get(
                f"{product.url}/api/dev/mailbox", headers={"authorization": f"Bearer {product.instance_key}"}
            )
            mails = (await answer.json())["mails"]
            for mail in mails:
                link = re.search(rf"{re.escape(product.url)}/\S+#\S+", mail["text"])
                if to in mail["to"] and subject in mail["subject"] and link:
                    return link[0]
            await asyncio.sleep(0.1)


async def new_owner(browser: Browser, product: Stack, account: str = "Harbour Lofts") -> Owner:
    email, account_id, user_id = new_address("ana"), new_id(), new_id()
    async with account_session(account_id, user_id=user_id) as session:
        await signup.create_owner(
            session, account_id, user_id, account=account, email=email, name="Ana Petrova", password=PASSWORD
        )
    return Owner(await login_context(browser, product, user_id), email, account)


async def invite(page: Page, email: str, role: str) -> None:
    await page.get_by_role("button", name="Invite", exact=True).click()
    await page.get_by_label("Email").fill(email)
    await page.get_by_role("radio", name=role).check()
    await page.get_by_role("button", name="Send invitation").click()
    await expect(page.get_by_text(f"Invitation sent to {email}.")).to_be_visible()
    await expect(page.get_by_role("dialog")).to_be_hidden()


async def log_in(page: Page, email: str, password: str = PASSWORD) -> None:
    await page.get_by_label("Email").fill(email)
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Log in").click()


def path_pattern(path: str) -> re.Pattern[str]:
    return re.compile(rf"{path}/?$")


async def test_from_signing_up_to_a_colleague_who_sees_what_the_role_allows(product: Stack, browser: Browser) -> None:
    ana, ben = new_address("ana"), new_address("ben")
    context = await visitor(browser, viewport=DESK)
    page = await open_page(context, f"{product.url}/signup")
    await page.get_by_label("Business").fill("Harbour Lofts")
    await page.get_by_label("Your name").fill("Ana Petrova")
    await page.get_by_label("Email").fill(ana)
    await page.get_by_label("Password").fill("harbour lofts")
    await page.get_by_role("button", name="Create account").click()
    await expect(page.get_by_text("contains your name")).to_be_visible()
    await expect(page.get_by_label("Password")).to_be_focused()
    await expect(page.get_by_label("Email")).to_have_value(ana)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Create account").click()
    await expect(page.get_by_role("heading", name="Check your email")).to_be_visible()
    await expect(page.get_by_role("main")).to_contain_text(ana)
    # As if the link that `make run` prints had been opened once.
    key = {"key": product.instance_key}
    assert (await context.request.post(f"{product.url}/api/dev/mailbox/key", data=key)).status == 204
    await page.get_by_role("link", name="Open the demo mailbox").click()
    mail = page.get_by_role("article").filter(has_text=ana)
    await mail.get_by_role("link").first.click()

    await expect(page).to_have_url(path_pattern("/welcome"))
    await expect(page.get_by_role("heading", name="What should your assistant do?")).to_be_visible()
    await page.get_by_role("link", name="Set up later").click()
    await expect(page.get_by_role("heading", name="Get started")).to_be_visible()
    await expect(page.get_by_role("button", name="Account: Harbour Lofts")).to_be_visible()

    await page.get_by_role("link", name="Members").click()
    await expect(page.get_by_text("It's just you so far.")).to_be_visible()
    await page.get_by_role("button", name="Invite", exact=True).click()
    await page.get_by_label("Email").fill(f"{ben} or so")
    await page.get_by_role("button", name="Send invitation").click()
    await expect(page.get_by_text("Enter a valid email address")).to_be_visible()
    await assert_accessible(page)
    await expect(page.get_by_label("Email")).to_have_value(f"{ben} or so")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_be_hidden()
    await invite(page, ben, "Viewer")

    colleague = await visitor(browser, viewport=DESK)
    invite_page = await open_page(colleague, await read_mail(colleague, product, ben, "invites you"))
    await expect(invite_page.get_by_role("heading", name="Ana Petrova invites you to Harbour Lofts")).to_be_visible()
    await expect(invite_page).to_have_url(path_pattern("/invite"))
    await invite_page.get_by_label("Your name").fill("Ben Osei")
    await invite_page.get_by_label("Password").fill("four wet umbrellas drip")
    await invite_page.get_by_role("button", name="Join").click()
    await expect(invite_page.get_by_role("heading", name="Nothing is published yet")).to_be_visible()
    rooms = invite_page.get_by_role("navigation", name="Main").get_by_role("link")
    await expect(rooms).to_have_text(["Quantum Voice", "Overview", "Campaigns", "Knowledge", "Calls", "Settings"])
    for path in ("/settings/members", "/settings/audit", "/settings"):
        await invite_page.goto(product.url + path)
        await expect(invite_page.get_by_role("heading", name="You don't have access to this page")).to_be_visible()
        await expect(invite_page.get_by_text(ana)).to_have_count(0)

    # A role that nobody can work in yet isn't offered; a former member sees nothing.
    await page.reload()
    menu = page.get_by_role("button", name="Actions for Ben Osei")
    await menu.press("Enter")
    await expect(page.get_by_role("menuitem", name="Change role")).to_be_focused()
    await page.keyboard.press("Enter")
    await page.get_by_role("radio", name="Builder").check()
    await expect(page.get_by_role("radio", name="Operator")).to_have_count(0)
    await page.get_by_role("button", name="Change role").click()
    await expect(page.get_by_text("Ben Osei is now a builder.")).to_be_visible()
    await menu.click()
    await page.get_by_role("menuitem", name="Remove from account").click()
    await page.get_by_role("button", name="Remove", exact=True).click()
    await expect(page.get_by_text("Ben Osei was removed")).to_be_visible()
    await invite_page.goto(f"{product.url}/calls")
    await expect(invite_page.get_by_role("heading", name="Log in")).to_be_visible()
    assert page.problems == invite_page.problems == []  # type: ignore[attr-defined]


async def test_the_tab_that_waits_learns_of_the_confirmation(product: Stack, browser: Browser) -> None:
    email = new_address("ana")
    context = await visitor(browser, viewport=DESK)
    waiting = await open_page(context, f"{product.url}/signup")
    fields = {"Business": "Harbour Lofts", "Your name": "Ana Petrova", "Email": email, "Password": PASSWORD}
    for label, text in fields.items():
        await waiting.get_by_label(label).fill(text)
    await waiting.get_by_role("button", name="Create account").click()
    await expect(waiting.get_by_role("heading", name="Check your email")).to_be_visible()
    page = await open_page(context, await read_mail(context, product, email))
    await expect(page).to_have_url(path_pattern("/welcome"))
    await expect(waiting.get_by_role("heading", name="Email confirmed")).to_be_visible()
    await waiting.get_by_role("link", name="Continue here").click()
    await expect(waiting.get_by_role("heading", name="Get started")).to_be_visible()


async def test_the_link_of_another_browsers_sign_up_asks_for_the_password(product: Stack, browser: Browser) -> None:
    email = new_address("ana")
    body = {"account": "Harbour Lofts", "name": "Ana", "email": email, "password": PASSWORD}
    phone = await visitor(browser)
    await phone.request.post(f"{product.url}/api/auth/signup", data=body)
    desk = await visitor(browser)
    frames: list[str] = []
    page = await desk.new_page()
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: frames.append(str(frame))))
    link = await read_mail(desk, product, email)
    await page.goto(link)
    await expect(page.get_by_role("heading", name="Is it you?")).to_be_visible()
    await expect(page).to_have_url(path_pattern("/verify"))
    await page.get_by_label("Password").fill("another one altogether")
    await page.get_by_role("button", name="Continue").click()
    await expect(page.get_by_text("Incorrect password")).to_be_visible()
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Continue").click()
    await expect(page).to_have_url(path_pattern("/welcome"))
    await page.goto(link)
    await expect(page.get_by_role("heading", name="This link is no longer valid")).to_be_visible()
    # The token has reached the API, and no socket.
    assert frames
    assert urlsplit(link).fragment not in json.dumps(frames)


async def test_a_second_factor(product: Stack, browser: Browser) -> None:
    owner = await new_owner(browser, product)
    page = await open_page(owner.context, f"{product.url}/settings/security")
    await page.get_by_role("button", name="Set up").click()
    await expect(page.get_by_label("Current password")).to_be_focused()
    await page.get_by_label("Current password").fill("not mine")
    await page.get_by_role("button", name="Continue").click()
    await expect(page.get_by_text("Incorrect password.")).to_be_visible()
    await page.get_by_label("Current password").fill(PASSWORD)
    await page.get_by_role("button", name="Continue").click()
    picture = page.get_by_role("img", name="QR code")
    await expect(picture).to_be_visible()
    assert await picture.evaluate("(image) => image.complete && image.naturalWidth > 0")
    secret = await page.locator("[data-secret]").get_attribute("data-secret")
    assert secret
    app = TOTP(secret)
    await page.get_by_label("Code from the app").fill("12345")
    await page.get_by_role("button", name="Turn on").click()
    await expect(page.get_by_text("This code doesn't match.")).to_be_visible()
    await page.get_by_label("Code from the app").fill(app.now())
    await page.get_by_role("button", name="Turn on").click()
    items = page.get_by_role("list", name="Recovery codes").get_by_role("listitem")
    await expect(items).to_have_count(10)
    codes = await items.all_text_contents()
    await expect(page.get_by_text("On", exact=True)).to_be_visible()
    await page.get_by_role("button", name="I've saved them").click()
    await expect(page.get_by_role("button", name="Turn off")).to_be_visible()

    for code in (app.at(time.time() + 30), codes[0]):
        await page.get_by_role("button", name="Ana Petrova").click()
        await page.get_by_role("menuitem", name="Log out").click()
        await log_in(page, owner.email)
        await expect(page.get_by_role("heading", name="Enter your code")).to_be_visible()
        await page.get_by_label("Code").fill("000000")
        await page.get_by_role("button", name="Log in").click()
        await expect(page.get_by_text("This code is incorrect")).to_be_visible()
        await page.get_by_label("Code").fill(code)
        await page.get_by_role("button", name="Log in").click()
        await expect(page.get_by_role("heading", name="Get started")).to_be_visible()

    await page.get_by_role("navigation", name="Main").get_by_role("link", name="Settings").click()
    await page.get_by_role("link", name="Security").click()
    await page.get_by_role("button", name="Turn off").click()
    await page.get_by_label("Current password").fill(PASSWORD)
    await page.get_by_label("Code").fill(codes[1])
    await page.get_by_role("button", name="Turn off").click()
    await expect(page.get_by_role("button", name="Set up")).to_be_visible()


async def test_whoever_has_a_login_joins_with_it_and_changes_between_accounts(product: Stack, browser: Browser) -> None:
    ana = await new_owner(browser, product, "Harbour Lofts")
    ben = await new_owner(browser, product, "Quay Bikes")
    page = await open_page(ana.context, f"{product.url}/settings/members")
    await invite(page, ben.email, "Builder")
    # In a browser where nobody is logged in: to the login and back.
    context = await visitor(browser, viewport=DESK)
    invite_page = await open_page(context, await read_mail(context, product, ben.email, "invites you"))
    await invite_page.get_by_role("link", name="Log in to join").click()
    await log_in(invite_page, ben.email)
    await invite_page.get_by_role("button", name=f"Join as {ben.email}").click()
    await expect(invite_page.get_by_role("button", name="Account: Harbour Lofts")).to_be_visible()
    await invite_page.get_by_role("button", name="Account: Harbour Lofts").press("Enter")
    await invite_page.keyboard.press("End")
    await expect(invite_page.get_by_role("menuitemradio").last).to_be_focused()
    await assert_accessible(invite_page, widths=(1440,))
    await invite_page.get_by_role("menuitemradio", name="Quay Bikes").click()
    await expect(invite_page.get_by_role("button", name="Account: Quay Bikes")).to_be_visible()
    await expect(invite_page.get_by_role("link", name="Members")).to_be_visible()
    # An invitation of somebody else says so.
    await invite(page, new_address("cleo"), "Viewer")
    await page.get_by_role("button", name="Resend").click()
    await expect(page.get_by_text("Invitation sent again.")).to_be_visible()
    await page.get_by_role("button", name="Revoke").click()
    await page.get_by_role("button", name="Revoke", exact=True).click()
    await expect(page.get_by_text("Invitation revoked")).to_be_visible()
    await expect(page.get_by_role("heading", name="Pending invitations", exact=True)).to_be_hidden()


async def test_a_forgotten_password(product: Stack, browser: Browser) -> None:
    owner = await new_owner(browser, product)
    other_browser = await visitor(browser)
    page = await open_page(other_browser, f"{product.url}/login")
    await page.get_by_label("Email").press("Tab")
    await expect(page.get_by_label("Password")).to_be_focused()
    await page.get_by_role("link", name="Forgot password?").click()
    await page.get_by_label("Email").fill(owner.email)
    await page.get_by_role("button", name="Send link").click()
    await expect(page.get_by_role("heading", name="Check your email")).to_be_visible()
    await page.goto(await read_mail(other_browser, product, owner.email, "password"))
    await page.get_by_label("New password").fill("two slow trams at dawn")
    await page.get_by_role("button", name="Show characters").click()
    await expect(page.get_by_label("New password")).to_have_attribute("type", "text")
    await page.get_by_role("button", name="Change password").click()
    await page.get_by_role("link", name="Log in").click()
    await log_in(page, owner.email, "two slow trams at dawn")
    await expect(page.get_by_role("heading", name="Get started")).to_be_visible()
    # The browser that was logged in before is not any more.
    before = await open_page(owner.context, f"{product.url}/calls")
    await expect(before.get_by_role("heading", name="Log in")).to_be_visible()


async def test_what_another_identity_provider_comes_back_with(product: Stack, browser: Browser) -> None:
    page = await open_page(await visitor(browser), f"{product.url}/login#problem=known_address")
    await expect(page.get_by_role("alert")).to_contain_text("This email address already has a login.")
    await expect(page).to_have_url(path_pattern("/login"))
    await page.route("**/api/auth/providers", lambda route: route.fulfill(json=[{"id": "acme", "name": "Acme"}]))
    await page.goto(f"{product.url}/login?next=/settings")
    link = page.get_by_role("link", name="Continue with Acme")
    await expect(link).to_have_attribute("href", "/api/auth/oidc/acme/start?next=%2Fsettings&time_zone=UTC")
    await page.goto(f"{product.url}/login#challenge=made-up")
    await page.get_by_label("Code").fill("123456")
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_role("alert")).to_contain_text("This login expired.")
    await expect(page.get_by_label("Password")).to_be_visible()


async def test_many_wrong_guesses_have_to_wait(product: Stack, browser: Browser) -> None:
    page = await open_page(await visitor(browser), f"{product.url}/login")
    await log_in(page, new_address("nobody"), "a guess")
    for _ in range(8):
        await expect(page.get_by_role("alert")).to_be_visible()
        if await page.get_by_text("Too many attempts.").is_visible():
            break
        await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_role("alert")).to_contain_text(re.compile("Try again in \\d+ seconds"))
    await expect(page.get_by_label("Password")).to_have_value("a guess")


async def test_another_address_and_logins_elsewhere(product: Stack, browser: Browser) -> None:
    new = new_address("ana-new")
    owner = await new_owner(browser, product)
    phone = await visitor(browser, user_agent="Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1")
    login = {"email": owner.email, "password": PASSWORD}
    assert (await phone.request.post(f"{product.url}/api/auth/login", data=login)).status == 204
    page = await open_page(owner.context, f"{product.url}/settings/security")
    await page.get_by_role("button", name="Change name").click()
    await page.get_by_label("Name").fill("")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Enter a name of 1 to 100 characters.")).to_be_visible()
    await page.get_by_label("Name").fill("Ana P.")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("button", name="Ana P., owner")).to_be_visible()
    await page.get_by_role("button", name="Log out Safari on iPhone").click()
    await expect(page.get_by_text("Session logged out.")).to_be_visible()
    assert (await phone.request.get(f"{product.url}/api/auth/me")).status == 401
    await page.get_by_role("button", name="Change email address").click()
    await page.get_by_label("New email").fill(new)
    await page.get_by_label("Current password").fill(PASSWORD)
    await page.get_by_role("button", name="Send link").click()
    await expect(page.get_by_text(f"We sent a link to {new}.")).to_be_visible()
    await page.goto(await read_mail(owner.context, product, new))
    await expect(page.get_by_role("heading", name="Email address changed")).to_be_visible()
    await page.get_by_role("link", name="Continue").click()
    await expect(page.get_by_text(new)).to_be_visible()


async def test_settings_the_log_of_them_and_the_end(product: Stack, browser: Browser) -> None:
    owner = await new_owner(browser, product)
    page = await open_page(owner.context, f"{product.url}/settings")
    await page.get_by_label("Days to keep calls").fill("a month")
    await page.get_by_role("button", name="Save settings").click()
    await expect(page.get_by_text("Enter a whole number of days")).to_be_visible()
    await expect(page.get_by_label("Days to keep calls")).to_have_value("a month")
    await page.get_by_label("Days to keep calls").fill("90")
    await page.get_by_role("button", name="Time zone").click()
    await page.get_by_placeholder("City or region").fill("europe berl")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Time zone")).to_contain_text("Berlin")
    await page.get_by_role("button", name="Save settings").click()
    await expect(page.get_by_text("Settings saved.")).to_be_visible()

    await page.get_by_role("link", name="Audit log").click()
    entries = page.get_by_role("list", name="Entries").locator("> li")
    await expect(entries.first).to_contain_text(f"{owner.email} changed the settings")
    await expect(entries.first).to_contain_text(re.compile("Days to keep calls.*forever.*90"))
    await page.get_by_label("Type").select_option("Logins")
    await page.get_by_role("button", name="Search", exact=True).click()
    await expect(page).to_have_url(re.compile(r"kind=login\."))
    await expect(entries).to_have_count(1)
    await page.reload()
    await expect(page.get_by_label("Type")).to_have_value("login.")
    await page.get_by_label("To (Berlin)").fill("2020-01-01")
    await page.get_by_role("button", name="Search", exact=True).click()
    await expect(page.get_by_role("heading", name="No results")).to_be_visible()
    await page.get_by_role("link", name="Clear").click()
    await expect(entries).to_have_count(2)
    await expect(page.get_by_label("Type")).to_have_value("")

    await page.get_by_role("link", name="General").click()
    await page.get_by_role("button", name="Delete account").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Account name").fill("Harbour")
    await dialog.get_by_role("button", name="Delete account").click()
    await expect(dialog.get_by_text("Type Harbour Lofts to confirm.", exact=True)).to_be_visible()
    await dialog.get_by_label("Account name").fill(owner.account)
    await dialog.get_by_role("button", name="Delete account").click()
    await expect(page.get_by_role("heading", name="Harbour Lofts is deleted")).to_be_visible()
    await page.goto(f"{product.url}/calls")
    await expect(page.get_by_text("This account was deleted")).to_be_visible()
    await page.get_by_role("link", name="Restore it").click()
    await page.get_by_role("button", name="Restore account").click()
    await expect(page.get_by_text("Harbour Lofts was restored.")).to_be_visible()
    await expect(page.get_by_label("Days to keep calls")).to_have_value("90")
    await expect(page.get_by_role("button", name="Time zone")).to_contain_text("Berlin")

    # Whoever has no second factor where one is needed sets one up first.
    await page.get_by_role("checkbox", name="Require two-factor authentication").check()
    await page.get_by_role("button", name="Save settings").click()
    await expect(page.get_by_text("Settings saved.")).to_be_visible()
    await page.get_by_role("link", name="Calls", exact=True).click()
    await expect(page.get_by_text("This account requires two-factor authentication.")).to_be_visible()
