"""`/dev/mailbox`: mail arrives while one looks, its links work, and it runs nothing."""

import re

import pytest
from playwright.async_api import Browser, expect

from quantum_app.domain.outbox.schemas import Email
from quantum_app.kit.ids import new_id
from quantum_app.providers.email import mailer
from quantum_app.settings import settings
from tests.e2e.browser import assert_accessible, open_page, visitor
from tests.stack import Stack

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def product(stack: Stack) -> Stack:
    stack.need("providers", "web")
    return stack


async def test_mail_comes_in_and_its_link_works(product: Stack, browser: Browser) -> None:
    number = str(new_id())
    text = f"Hello <img src=x onerror=alert(1)>,\n\nConfirm this address:\n{product.url}/login#{number}\n"
    address = f"{product.url}/dev/mailbox#key={product.instance_key}"
    page = await open_page(await visitor(browser), address)
    await expect(page.get_by_role("heading", name="Mailbox")).to_be_visible()
    await expect(page).to_have_url(f"{product.url}/dev/mailbox/")
    mail = Email("sam@example.com", f"Mail {number}", text, "<script>alert(1)</script>")
    await mailer(settings().mail).send(mail, number)
    newest = page.get_by_role("article").first
    await expect(newest.get_by_role("heading", name=f"Mail {number}")).to_be_visible()
    await expect(newest).to_contain_text("sam@example.com")
    await expect(newest).to_contain_text("<img src=x onerror=alert(1)>")
    assert await newest.locator("img").count() == 0
    await assert_accessible(page)
    assert page.problems == []  # type: ignore[attr-defined]
    await newest.get_by_role("link").click()
    await expect(page).to_have_url(re.compile(f"/login/?#{number}$"))


@pytest.mark.parametrize("fragment", ["", "#key=another"])
async def test_without_the_key_it_is_closed(product: Stack, browser: Browser, fragment: str) -> None:
    page = await open_page(await visitor(browser), f"{product.url}/dev/mailbox{fragment}")
    await expect(page.get_by_role("heading", name="The mailbox is closed")).to_be_visible()
    await assert_accessible(page)


async def test_who_opened_it_once_comes_back_without_the_key(product: Stack, browser: Browser) -> None:
    context = await visitor(browser)
    for fragment in (f"#key={product.instance_key}", ""):
        page = await open_page(context, f"{product.url}/dev/mailbox{fragment}")
        await expect(page.get_by_role("heading", name="Mailbox")).to_be_visible()
        await expect(page.get_by_text("This is a demo")).to_be_visible()
