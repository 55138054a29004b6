"""Who gets the results of calls is chosen in a campaign's settings, and the email leads to the call."""

import asyncio
import re
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from quantum_app.db.session import account_session
from quantum_app.domain.accounts.permissions import Role
from quantum_app.domain.calls import service as calls
from quantum_app.domain.calls.schemas import CallEnd, CallStatus, EndReason
from quantum_app.kit import ids
from quantum_app.kit.clock import now
from tests.api.test_tokens import colleague
from tests.db.tenants import Tenant, call, create_tenant, slot_event
from tests.e2e.browser import PATIENCE, assert_accessible, open_page, visitor
from tests.e2e.people import login_context
from tests.stack import Stack

pytestmark = pytest.mark.browser

NAME = {"variable": "who", "label": "Name", "kind": "name", "sensitivity": "none"}


async def _settings(page: Page) -> Any:
    await page.get_by_role("button", name="Actions for Homes").click()
    await page.get_by_role("menuitem", name="Settings").click()
    dialog = page.get_by_role("dialog", name="Campaign settings")
    await expect(dialog).to_be_visible()
    return dialog


async def _mail(product: Stack, page: Page, to: str) -> dict[str, Any]:
    async with asyncio.timeout(PATIENCE / 1000):
        while True:
            answer = await page.request.get(
                f"{product.url}/api/dev/mailbox", headers={"authorization": f"Bearer {product.instance_key}"}
            )
            mails = [
                mail
                for mail in (await answer.json())["mails"]
                if to in mail["to"] and mail["subject"].startswith("New message")
            ]
            if mails:
                return mails[0]
            await asyncio.sleep(0.1)


async def _finished(of: Tenant) -> str:
    call_id = await call(of)
    values = [slot_event(call_id, 1, "Quirina", **NAME), slot_event(call_id, 2)]
    async with account_session(of.account_id) as session:
        await calls.record(
            session, of.account_id, [*values, CallEnd(call_id, CallStatus.COMPLETED, EndReason.GOODBYE, now())]
        )
    return ids.encode("call", call_id)


async def test_the_chosen_member_gets_the_result(product: Stack, browser: Browser) -> None:
    of = await create_tenant()
    builder, _ = await colleague(of, Role.BUILDER)
    page = await open_page(await login_context(browser, product, of.user_id), f"{product.url}/campaigns")
    dialog = await _settings(page)
    own, other = (dialog.get_by_role("checkbox", name=email) for email in (of.email, builder.email))
    await expect(own).to_be_checked()
    await assert_accessible(page)
    await own.uncheck()
    await other.check()
    await dialog.get_by_role("button", name="Save", exact=True).click()
    await expect(dialog).to_be_hidden()
    dialog = await _settings(page)
    await expect(other).to_be_checked()
    await expect(own).not_to_be_checked()

    public = await _finished(of)
    mail = await _mail(product, page, builder.email)
    assert mail["subject"] == "New message from Quirina"
    assert "Name: Quirina\nPhone: Hidden\n" in mail["text"]
    [link] = re.findall(r"http\S+/calls/\S+", mail["text"])
    await page.goto(link)
    await expect(page).to_have_url(re.compile(f"/calls/{public}/?$"))
    await expect(page.get_by_role("button", name="Reveal Phone")).to_be_visible()
    await page.goto(f"{product.url}/settings/mail")
    await expect(page.get_by_role("listitem").filter(has_text=builder.email).first).to_contain_text("New message")
    assert page.problems == []  # type: ignore[attr-defined]


async def test_a_builder_sees_nobody_else(product: Stack, browser: Browser) -> None:
    of = await create_tenant()
    builder, headers = await colleague(of, Role.BUILDER)
    name, value = headers["cookie"].split("=", 1)
    context = await visitor(browser)
    await context.add_cookies([{"name": name, "value": value, "url": product.url}])
    page = await open_page(context, f"{product.url}/campaigns")
    dialog = await _settings(page)
    await expect(dialog.get_by_role("checkbox")).to_have_count(1)
    await expect(dialog.get_by_role("checkbox", name=builder.email)).not_to_be_checked()
    await expect(dialog.get_by_text(of.email)).to_have_count(0)
