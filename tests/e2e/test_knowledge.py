"""Giving an assistant documents: by the page, from an empty account to a question that finds its source."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from quantum_app.db.session import account_session
from quantum_app.domain.knowledge import service
from quantum_app.kit import ids
from tests.db.tenants import Tenant
from tests.e2e.browser import assert_accessible, open_page
from tests.e2e.people import login_context
from tests.stack import Stack

pytestmark = pytest.mark.browser

# Drops a file as somebody does who drags it from a folder.
DROP = """
([name, text]) => {
  const data = new DataTransfer();
  data.items.add(new File([text], name));
  const place = document.querySelector(".knowledge-drop");
  for (const type of ["dragenter", "dragover", "drop"])
    place.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
}
"""


@pytest.fixture(scope="module")
def product(stack: Stack) -> Stack:
    stack.need("web", "jobs", "providers")
    return stack


@pytest.fixture
def price_list(tmp_path: Path) -> Path:
    path = tmp_path / "price-list.pdf"
    canvas = Canvas(str(path), pagesize=A4)
    canvas.setFont("Helvetica-Bold", 20)
    canvas.drawString(72, 770, "Repairs")
    canvas.setFont("Helvetica", 11)
    canvas.drawString(72, 740, "Fixing a flat tire costs 18 dollars and takes twenty minutes.")
    canvas.drawString(72, 724, "A full service of the bicycle costs 120 dollars, parts not included.")
    canvas.save()
    return path


async def open_base(browser: Browser, product: Stack, tenant: Tenant, name: str) -> Page:
    """The page of a new knowledge base."""
    async with account_session(tenant.account_id) as session:
        base_id = await service.create_base(session, tenant.account_id, tenant.actor, name)
    context = await login_context(browser, product, tenant.user_id)
    page = await open_page(context, f"{product.url}/knowledge/{ids.encode('kb', base_id)}")
    await expect(page.get_by_role("heading", name=name)).to_be_visible()
    await expect(page.get_by_text("Drop files here")).to_be_visible()
    return page


async def test_a_document_is_uploaded_and_found(
    product: Stack, browser: Browser, owner: Tenant, price_list: Path
) -> None:
    context = await login_context(browser, product, owner.user_id)
    page = await open_page(context, f"{product.url}/knowledge")
    await expect(page.get_by_role("link", name="Knowledge")).to_have_attribute("aria-current", "page")
    await assert_accessible(page)
    await page.get_by_role("button", name="New knowledge base").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Create knowledge base").click()
    await expect(dialog.get_by_text("Enter a name.")).to_be_visible()
    await dialog.get_by_label("Name").fill("Bicycle shop")
    await dialog.get_by_role("button", name="Create knowledge base").click()
    await expect(page.get_by_role("heading", name="No documents yet")).to_be_visible()
    await assert_accessible(page)

    async with page.expect_file_chooser() as chooser:
        await page.get_by_role("button", name="Choose files").click()
    await (await chooser.value).set_files(price_list)
    row = page.get_by_role("list", name="Documents").get_by_role("listitem").filter(has_text="price-list.pdf")
    await expect(row).to_contain_text("Ready")
    await expect(row).to_contain_text("1 passage")
    await assert_accessible(page)

    await page.get_by_label("Ask what a caller would ask").fill("How much is fixing a flat tire?")
    await page.get_by_role("button", name="Ask", exact=True).click()
    await expect(page.get_by_text("An assistant would answer")).to_be_visible()
    match = page.get_by_role("list", name="Passages").get_by_role("listitem").first
    await expect(match).to_contain_text("18 dollars")
    await expect(match).to_contain_text("Page 1")
    await expect(match).to_contain_text(re.compile(r"\d+%"))
    await assert_accessible(page)

    await match.get_by_role("link", name="price-list.pdf").click()
    await expect(page.get_by_role("heading", level=1, name="price-list.pdf")).to_be_visible()
    await expect(page.get_by_role("list", name="Passages")).to_contain_text("flat tire")
    await assert_accessible(page)
    async with page.expect_download() as download:
        await page.get_by_role("link", name="Download").click()
    assert (await download.value).suggested_filename == "price-list.pdf"
    assert page.problems == []  # type: ignore[attr-defined]


async def test_what_cannot_be_read_says_why(product: Stack, browser: Browser, owner: Tenant) -> None:
    page = await open_base(browser, product, owner, "Errors")
    await page.evaluate(DROP, ["empty.txt", ""])
    await expect(page.get_by_role("list", name="Uploads")).to_contain_text("This file is empty.")
    await page.get_by_role("button", name="Remove empty.txt").click()
    await page.evaluate(DROP, ["letter.pdf", "Dear customer"])
    row = page.get_by_role("list", name="Documents").get_by_role("listitem")
    await expect(row).to_contain_text("The file is named .pdf, but it contains text.")
    await expect(row.get_by_role("button", name="Retry")).to_be_visible()
    await page.evaluate(DROP, ["copy.pdf", "Dear customer"])
    await expect(page.get_by_role("list", name="Uploads")).to_contain_text("already has exactly this content")
    await assert_accessible(page)

    await page.get_by_role("link", name="Ready").click()
    await expect(page.get_by_role("heading", name="No documents found")).to_be_visible()
    await expect(page).to_have_url(re.compile("status=ready"))
    await page.get_by_role("link", name="Failed").click()
    await page.get_by_role("button", name="Actions for letter.pdf").click()
    await page.get_by_role("menuitem", name="Delete").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(page.get_by_role("heading", name="No documents found")).to_be_visible()
    assert page.problems == []  # type: ignore[attr-defined]


async def test_notes_and_questions_are_written_and_passages_turned_off(
    product: Stack, browser: Browser, owner: Tenant
) -> None:
    page = await open_base(browser, product, owner, "Writing")
    await page.get_by_role("button", name="Write a note").click()
    dialog = page.get_by_role("dialog")
    await assert_accessible(page, widths=(390,))
    await dialog.get_by_label("Name").fill("Parking")
    await dialog.get_by_role("button", name="Add note").click()
    await expect(dialog.get_by_text("Write something.")).to_be_visible()
    await dialog.get_by_label("Text").fill("Customers park behind the house, next to the bakery.")
    await dialog.get_by_role("button", name="Add note").click()
    documents = page.get_by_role("list", name="Documents").get_by_role("listitem")
    await expect(documents.filter(has_text="Parking")).to_contain_text("Ready")

    await page.get_by_role("button", name="Add questions and answers").click()
    await dialog.get_by_label("Name").fill("Frequent questions")
    await dialog.get_by_label("Question 1").fill("Do you rent bicycles?")
    await dialog.get_by_role("button", name="Another question").click()
    await dialog.get_by_label("Question 2").fill("Do you buy used bicycles?")
    await dialog.get_by_label("Answer 2").fill("No, but we sell yours for a fee.")
    await dialog.get_by_role("button", name="Add questions").click()
    await expect(dialog.get_by_text("Enter an answer.")).to_be_visible()
    await dialog.get_by_label("Answer 1").fill("Yes, from 25 dollars a day.")
    await dialog.get_by_role("button", name="Add questions").click()
    questions = documents.filter(has_text="Frequent questions")
    await expect(questions).to_contain_text("2 passages")

    await questions.get_by_role("link", name="Frequent questions").click()
    switch = page.get_by_role("switch", name="Search passage 1")
    await expect(switch).to_be_checked()
    await switch.click()
    await expect(switch).not_to_be_checked()
    await page.reload()
    await expect(switch).not_to_be_checked()
    await page.get_by_role("button", name="Rename").click()
    await dialog.get_by_label("Name").fill("Bicycle questions")
    await dialog.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("heading", level=1, name="Bicycle questions")).to_be_visible()
    assert page.problems == []  # type: ignore[attr-defined]


async def test_a_new_version_takes_the_place_of_the_earlier_one(
    product: Stack, browser: Browser, owner: Tenant, tmp_path: Path
) -> None:
    page = await open_base(browser, product, owner, "Versions")
    await page.evaluate(DROP, ["hours.txt", "The shop opens at nine on weekdays."])
    await page.get_by_role("list", name="Documents").get_by_role("link", name="hours.txt").click()
    await expect(page.get_by_role("list", name="Passages")).to_contain_text("opens at nine")
    new = tmp_path / "hours.txt"
    new.write_text("The shop opens at ten on weekdays.")
    async with page.expect_file_chooser() as chooser:
        await page.get_by_role("button", name="Replace file").click()
    await (await chooser.value).set_files(new)
    await expect(page.get_by_role("list", name="Passages")).to_contain_text("opens at ten")
    await expect(page.get_by_text("Replaced", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Delete").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(page.get_by_role("heading", name="No documents yet")).to_be_visible()


@pytest.mark.usefixtures("every_look")
async def test_it_is_accessible_at_every_width(product: Stack, browser: Browser, owner: Tenant) -> None:
    page = await open_base(browser, product, owner, "A knowledge base with a name that is as long as people like them")
    await page.evaluate(DROP, ["letter.pdf", "Dear customer"])
    await page.evaluate(DROP, ["hours.txt", "The shop opens at nine on weekdays."])
    row = page.get_by_role("list", name="Documents").get_by_role("listitem")
    await expect(row.filter(has_text="hours.txt")).to_contain_text("Ready")
    await expect(row.filter(has_text="letter.pdf")).to_contain_text("Failed")
    await page.get_by_label("Ask what a caller would ask").fill("When do you open?")
    await page.get_by_role("button", name="Ask", exact=True).click()
    await expect(page.get_by_role("list", name="Passages")).to_be_visible()
    await assert_accessible(page)
    await page.get_by_role("link", name="hours.txt").first.click()
    await expect(page.get_by_role("heading", level=1, name="hours.txt")).to_be_visible()
    await assert_accessible(page)
