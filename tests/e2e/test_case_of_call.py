"""A call's page makes a case of the call, and says what became of it."""

import re

import psycopg
import pytest
from playwright.async_api import Browser, Page, expect

from quantum_app.domain.calls.schemas import Speaker
from quantum_app.kit import ids
from tests.db.tenants import record_dialogue
from tests.e2e.browser import assert_accessible, open_page
from tests.e2e.designer import Designer, owner_of_homes
from tests.stack import Stack

pytestmark = pytest.mark.browser

SAVE = "Save as test case"


@pytest.fixture(scope="module")
def product(stack: Stack) -> Stack:
    stack.need("providers", "jobs", "web")
    return stack


async def open_call(designer: Designer, *turns: tuple[Speaker, str, str]) -> Page:
    """The page of a call in writing that is over."""
    call_id = ids.encode("call", await record_dialogue(designer.tenant, *turns, typed=True))
    return await open_page(designer.context, f"{designer.product.url}/calls/{call_id}")


PRICE = (
    (Speaker.ASSISTANT, "Hello.", "answers"),
    (Speaker.CALLER, "Hi, Ines here. How much is a studio?", "answers"),
)


async def test_one_click_makes_a_case(product: Stack, browser: Browser) -> None:
    designer = await owner_of_homes(browser, product, None)
    page = await open_call(designer, *PRICE)
    await expect(page.get_by_text("typed", exact=True)).to_have_count(1)
    await page.get_by_role("button", name=SAVE).click()
    await expect(
        page.get_by_text(re.compile("Saved as “Call on .*The current draft handles it the same way"))
    ).to_be_visible()
    await page.get_by_role("button", name="Saved as test case").click(force=True)
    await assert_accessible(page)
    await page.get_by_role("link", name="Open designer").click()
    panel = page.get_by_role("complementary", name="Simulator")
    await panel.get_by_role("button", name="Tests").click()
    await expect(panel.get_by_role("button", name=re.compile("^Call on "))).to_have_count(1)
    assert page.problems == []  # type: ignore[attr-defined]


async def test_what_the_flow_makes_of_it_now_is_told(product: Stack, browser: Browser) -> None:
    page = await open_call(await owner_of_homes(browser, product), *PRICE)
    await page.get_by_role("button", name=SAVE).click()
    message = page.get_by_text(re.compile("^Saved as “Call on "))
    await expect(message).to_contain_text("differently: The call didn't reach a deleted node. Its path: “Start”.")
    await assert_accessible(page)


async def test_why_a_call_can_be_no_case(product: Stack, browser: Browser) -> None:
    designer = await owner_of_homes(browser, product, None)
    for turns, reason in {
        PRICE[:1]: "The caller said nothing on this call",
        ((Speaker.CALLER, "Hello?", ""),): "wasn't recorded",
    }.items():
        page = await open_call(designer, *turns)
        await page.get_by_role("button", name=SAVE).click()
        await expect(page.get_by_text(reason)).to_be_visible()
        await assert_accessible(page)
    answer = await designer.context.request.get(f"{designer.url.replace('/flows/designer', '/api/flows')}/cases")
    assert (await answer.json())["cases"] == []


async def test_who_only_reads_is_not_offered_it(product: Stack, browser: Browser) -> None:
    designer = await owner_of_homes(browser, product, None)
    with psycopg.connect(product.superuser_url, autocommit=True) as connection:
        connection.execute("update memberships set role = 'viewer' where account_id = %s", [designer.tenant.account_id])
    page = await open_call(designer, *PRICE)
    await expect(page.get_by_text("How much is a studio?")).to_be_visible()
    await expect(page.get_by_role("button", name=SAVE)).to_be_hidden()
    # And by hand it is refused.
    answer = await designer.context.request.post(
        f"{designer.url.replace('/flows/designer', '/api/flows')}/cases/from-call",
        data={"call_id": page.url.strip("/").rpartition("/")[2]},
    )
    assert answer.status == 403
