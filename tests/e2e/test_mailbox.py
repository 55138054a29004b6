"""`/dev/mailbox`: mail arrives while one looks, its links work, and it runs nothing."""

import re

import pytest
from playwright.async_api import expect

from quantum_app.domain.outbox.schemas import Mail
from quantum_app.kit.ids import new_id
from quantum_app.providers.email import mailer
from quantum_app.settings import settings
from tests.e2e.browser import assert_accessible, chromium, open_page, visitor
from tests.stack import Stack


@pytest.fixture(scope="module")
def product(stack: Stack) -> Stack:
    stack.need("providers", "web")
    return stack


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_mail_comes_in_and_its_link_works(product: Stack, scheme: str) -> None:
    number = str(new_id())
    text = f"Hello <img src=x onerror=alert(1)>,\n\nConfirm this address:\n{product.url}/login#{number}\n"
    async with chromium() as browser:
        page = await open_page(await visitor(browser, color_scheme=scheme), f"{product.url}/dev/mailbox")
        await expect(page.get_by_role("heading", name="Mailbox")).to_be_visible()
        mail = Mail("sam@example.com", f"Mail {number}", text, "<script>alert(1)</script>")
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


async def test_a_stranger_finds_no_page(product: Stack) -> None:
    async with chromium() as browser:
        context = await visitor(browser, extra_http_headers={"x-forwarded-for": "203.0.113.5"})
        page = await open_page(context, f"{product.url}/login")
        answer = await page.goto(f"{product.url}/dev/mailbox")
        assert answer
        assert answer.status == 404
        await expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
