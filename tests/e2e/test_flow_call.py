"""A drawn flow, called for real: what was drawn is asked, noted and scored, also while it is being redrawn."""

import re
from uuid import UUID

import pytest
from playwright.async_api import Browser, Page, expect

from quantum_app.db.session import account_session
from quantum_app.domain.calls import service as calls
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.domain.campaigns.schemas import NewCampaign
from quantum_app.domain.flows import service as flows
from quantum_app.kit.ids import random_id
from tests.db.tenants import Tenant, create_tenant
from tests.e2e.browser import open_page, visitor
from tests.e2e.calls import ANSWER, caption
from tests.filled import LEADS
from tests.stack import Stack

pytestmark = pytest.mark.long


async def campaign(tenant: Tenant) -> tuple[UUID, str]:
    public_id = random_id("cmp")
    flow = LEADS.model_dump(mode="json")
    draft = NewCampaign(public_id, "Leads", "Mira", "en", "I agree.", "1", True, 600, flow)
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        return await campaigns.create_published(session, tenant.account_id, draft), public_id


async def write(page: Page, text: str, answer: str) -> None:
    """Say it in writing, and wait for what it is answered with."""
    await expect(page.get_by_text("Your turn", exact=True)).to_be_visible(timeout=ANSWER)
    box = page.get_by_label("Message Mira")
    await box.fill(text)
    await box.press("Enter")
    await expect(caption(page, "assistant", answer).last).to_be_visible(timeout=ANSWER)


async def test_a_lead_is_qualified(product: Stack, browser: Browser, email: str) -> None:
    tenant = await create_tenant()
    campaign_id, public_id = await campaign(tenant)
    page = await open_page(await visitor(browser), f"{product.url}/call/{public_id}")
    await page.get_by_label("Your email").fill(email)
    await page.get_by_label("Name (optional)").fill("Ines Moreau")
    await page.get_by_role("checkbox").check()
    await page.get_by_role("button", name="Start call").click()
    await page.get_by_role("button", name="Continue by typing").click()
    await expect(caption(page, "assistant", "thanks for calling")).to_be_visible(timeout=ANSWER)

    # What the call page knows is not asked again.
    await write(page, "I am interested, how do we go on?", "phone number")

    # Published meanwhile: new calls get it, this one goes on as it began.
    nodes = tuple(
        node.model_copy(update={"intro": "Something else entirely."}) if node.id == "need" else node
        for node in LEADS.nodes
    )
    definition = LEADS.model_copy(update={"nodes": nodes}).model_dump(mode="json")
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        assert await flows.publish_flow(session, tenant.account_id, campaign_id, definition) == 2

    await write(page, "It is plus four nine thirty, one two three four five six", "Is that right")
    await write(page, "yes", "few words about what you need")
    await write(page, "the complete package", "how many people")
    await write(page, "twelve people, and we would like to start this month", "budget")
    await write(page, "about six thousand euros", "anything|colleague|thank you")
    await expect(page.get_by_role("heading", name="Thank you for calling")).to_be_visible(timeout=ANSWER)
    assert page.problems == []

    async with account_session(tenant.account_id) as session:
        page_of_calls = await calls.list_calls(session, limit=10)
        detail = await calls.get_detail(session, page_of_calls.calls[0].call_id, see_values=True)
    assert detail.flow_version == 1
    assert {value.variable: value.value for value in detail.summary.values} == {
        "name": "Ines Moreau",
        "email": email,
        "phone": "+4930123456",
        "interest": "complete",
        "people": 12,
        "timeline": "this month",
        "budget": 6000,
    }
    reasons = [event.data["reason"] for event in detail.events if event.kind == "score.changed"]
    assert set(reasons) == {
        "left a phone number",
        "more than the basic package",
        "wants to start this month",
        "budget of 5,000 or more",
    }
    assert any(event.kind == "handoff.requested" for event in detail.events) or detail.summary.end_reason == "flow"
    transcript = " ".join(turn.text for turn in detail.turns)
    assert "Something else entirely" not in transcript
    assert not re.search(r"\{\w+\}", transcript)
