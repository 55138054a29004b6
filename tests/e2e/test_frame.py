"""The app frame: what shows before the scripts are there, and the pages of the settings."""

import asyncio
import re

import pytest
from playwright.async_api import Browser, Route, expect

from tests.db.tenants import create_tenant
from tests.e2e.browser import assert_accessible, open_page
from tests.e2e.people import login_context
from tests.stack import Stack

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def product(stack: Stack) -> Stack:
    stack.need("web")
    return stack


async def test_the_frame_shows_before_scripts(product: Stack, browser: Browser) -> None:
    tenant = await create_tenant()
    context = await login_context(browser, product, tenant.user_id)
    page = await context.new_page()
    scripts_may_load = asyncio.Event()

    async def wait(route: Route) -> None:
        await scripts_may_load.wait()
        await route.continue_()

    await page.route(re.compile(r"/assets/.*\.js"), wait)
    await page.goto(f"{product.url}/calls", wait_until="commit")
    await expect(page.locator("page-shell")).to_be_visible()
    scripts_may_load.set()
    await expect(page.get_by_role("heading", name="Calls", exact=True)).to_be_visible()
    await expect(page.locator("page-shell")).to_be_hidden()


async def test_settings_are_one_place(product: Stack, browser: Browser) -> None:
    tenant = await create_tenant()
    page = await open_page(await login_context(browser, product, tenant.user_id), product.url)
    main = page.get_by_role("navigation", name="Main")
    await main.get_by_role("link", name="Settings").click()
    pages = page.get_by_role("navigation", name="Settings")
    await expect(pages.get_by_role("link")).to_have_text(
        ["General", "Security", "Data", "Deleted items", "Audit log", "Sent mail"]
    )
    await pages.get_by_role("link", name="Audit log").click()
    await expect(page.get_by_role("heading", name="Audit log")).to_be_visible()
    await expect(pages.get_by_role("link", name="Audit log")).to_have_attribute("aria-current", "page")
    await expect(main.get_by_role("link", name="Settings")).to_have_attribute("aria-current", "page")
    await assert_accessible(page)
