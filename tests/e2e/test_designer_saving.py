"""Nothing that is drawn is lost: two tabs at one draft, no connection, undo and redo over everything."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from quantum_app.domain.flows import drafts
from quantum_app.domain.flows.templates import TEMPLATES
from tests.e2e.browser import assert_accessible
from tests.e2e.designer import Designer, at_designer, drag_node_40, owner_of_homes, undo_and_redo
from tests.e2e.people import login_context
from tests.filled import with_business_name
from tests.stack import Stack

pytestmark = pytest.mark.browser

TEMPLATE = drafts.plain(TEMPLATES[0].definition)


@pytest.fixture(scope="module")
def product(stack: Stack) -> Stack:
    stack.need("providers", "jobs", "web")
    return stack


async def name_start(page: Page, words: str) -> None:
    await page.locator(f".react-flow__node[data-id={TEMPLATE['start']}]").press("Enter")
    await page.get_by_role("textbox", name="Name").fill(words)
    await page.get_by_role("textbox", name="Name").blur()


async def test_two_browsers_at_one_draft(product: Stack, browser: Browser) -> None:
    designer = await at_designer(browser, product, TEMPLATE)
    other = Designer(product, designer.tenant, await login_context(browser, product, designer.tenant.user_id))
    await other.open()
    await name_start(other.page, "Their beginning")
    await other.saved_definition()

    await name_start(designer.page, "My beginning")
    dialog = designer.page.get_by_role("dialog")
    await expect(dialog.get_by_role("heading", name="Draft has changed")).to_be_visible()
    await expect(dialog).to_contain_text("Robin changed this draft while you were editing")
    # The name with both words in it, the changed ones marked.
    await expect(dialog.locator("p").filter(has=dialog.page.locator("del"))).to_have_text("TheirMy beginning")
    await expect(dialog.locator("del")).to_have_text("Their")
    await expect(dialog.locator("ins")).to_have_text("My")
    await assert_accessible(designer.page)

    # Left undecided, nothing is saved, and the way back is there.
    await designer.page.keyboard.press("Escape")
    await designer.page.get_by_role("button", name="Draft has changed").click()
    await dialog.get_by_role("button", name="Use theirs").click()
    await expect(designer.page.get_by_role("textbox", name="Name")).to_have_value("Their beginning")
    assert (await designer.saved_definition())["nodes"][0]["name"] == "Their beginning"

    # What was not chosen is one undo away, and then it is what is saved.
    await designer.page.get_by_title("Undo").click()
    await expect(designer.page.get_by_role("textbox", name="Name")).to_have_value("My beginning")
    assert (await designer.saved_definition())["nodes"][0]["name"] == "My beginning"

    # Now the other one is behind, and takes over.
    await name_start(other.page, "Their second beginning")
    await other.page.get_by_role("dialog").get_by_role("button", name="Keep mine").click()
    await expect(other.page.get_by_role("textbox", name="Name")).to_have_value("Their second beginning")
    assert (await other.saved_definition())["nodes"][0]["name"] == "Their second beginning"
    # The refused requests are in the browser's own words; nothing else went wrong.
    assert [problem for problem in designer.page.problems + other.page.problems if "409" not in problem] == []


@pytest.mark.parametrize("origin", ["template", "import"])
async def test_what_another_flow_took_the_place_of_comes_back(
    product: Stack, browser: Browser, origin: str, tmp_path: Path
) -> None:
    """Undo forgets with the page; the server does not."""
    designer = await at_designer(browser, product, TEMPLATE)
    page = designer.page
    await name_start(page, "An hour of work")
    definition = await designer.saved_definition()
    if origin == "template":
        await page.get_by_role("button", name="Templates").click()
        await page.get_by_role("dialog").get_by_role("button", name=TEMPLATES[1].name).click()
        await expect(page.get_by_text(f"Switched to “{TEMPLATES[1].name}”")).to_be_visible()
    else:
        file = tmp_path / "other.json"
        file.write_text(drafts.exported(with_business_name(TEMPLATES[1])))
        await page.locator("input[type=file]").set_input_files(file)
        await expect(page.get_by_text("“other.json” is now the draft")).to_be_visible()
    assert await designer.saved_definition() == drafts.plain(with_business_name(TEMPLATES[1]))

    await page.reload()
    await page.get_by_role("button", name="Versions").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name=re.compile("^Draft.*Robin.*Replaced by another flow")).click()
    await expect(dialog.get_by_text("added").first).to_be_visible()
    await assert_accessible(page)
    await dialog.get_by_role("button", name="Restore as draft").click()
    await expect(page.get_by_text("Restored the earlier draft.")).to_be_visible()
    assert await designer.saved_definition() == definition
    assert page.problems == []


async def test_without_a_connection_it_is_kept(product: Stack, browser: Browser) -> None:
    designer = await at_designer(browser, product, TEMPLATE)
    page = designer.page
    await page.route("**/api/flows/*/draft", lambda route: route.abort())
    await name_start(page, "Drawn in a tunnel")
    await expect(page.get_by_text("Offline, saved in this browser").first).to_be_visible()
    assert (await designer.flow())["draft"]["definition"] == TEMPLATE

    # The tab is closed; the next one has what was drawn, and saves it.
    await page.close()
    await designer.open()
    definition = await designer.saved_definition()
    assert definition["nodes"][0]["name"] == "Drawn in a tunnel"
    assert definition | {"nodes": TEMPLATE["nodes"]} == TEMPLATE


async def test_a_tab_that_is_closed_at_once_has_saved(product: Stack, browser: Browser) -> None:
    designer = await at_designer(browser, product, TEMPLATE)
    await name_start(designer.page, "In a hurry")
    await designer.page.close(run_before_unload=True)
    await designer.wait_for_start("In a hurry")
    assert (await designer.flow())["draft"]["definition"]["persona"] == TEMPLATE["persona"]


async def test_what_is_sent_is_the_change(product: Stack, browser: Browser) -> None:
    """A drag asks the server nothing while it lasts; then its two coordinates go, not the flow."""
    designer = await owner_of_homes(browser, product, TEMPLATE)
    await designer.context.clock.install()
    await designer.open()
    page, requests = designer.page, []
    page.on("request", lambda request: requests.append(request) if request.method == "PATCH" else None)
    box = await page.locator(f".react-flow__node[data-id={TEMPLATE['start']}]").bounding_box()
    assert box
    await page.mouse.move(box["x"] + 60, box["y"] + 20)
    await page.mouse.down()
    for step in range(1, 4):
        await page.mouse.move(box["x"] + 60 + 60 * step, box["y"] + 20 + 20 * step, steps=20)
        await page.clock.fast_forward("00:01")
    assert requests == []
    await page.mouse.up()
    definition = await designer.saved_definition()
    assert len(requests) == 1
    (put,) = requests[0].post_data_json["change"]["nodes"]["put"]
    assert put["id"] == TEMPLATE["start"]
    assert set(requests[0].post_data_json["change"]) == {"nodes"}
    assert definition["nodes"][0]["x"] > TEMPLATE["nodes"][0]["x"]
    await page.get_by_role("button", name="Undo").click()
    await expect(page.get_by_role("button", name="Undo")).to_be_disabled()


async def test_undo_and_redo_over_everything(product: Stack, browser: Browser) -> None:
    await undo_and_redo(browser, product, TEMPLATE, seed=1, steps=12)


async def test_a_part_goes_to_another_campaign(product: Stack, browser: Browser) -> None:
    designer = await at_designer(browser, product, TEMPLATE, permissions=["clipboard-read", "clipboard-write"])
    other = await at_designer(browser, product, permissions=["clipboard-read", "clipboard-write"])
    gate = next(node for node in TEMPLATE["nodes"] if node["type"] == "lead_gate")
    await designer.page.bring_to_front()
    await designer.page.locator(f".react-flow__node[data-id={gate['id']}]").press("Space")
    await designer.page.keyboard.press("ControlOrMeta+c")
    await other.page.bring_to_front()
    await other.page.locator(".react-flow__node").first.press("Space")
    await other.page.keyboard.press("ControlOrMeta+v")
    await expect(other.node(gate["name"])).to_be_visible()
    definition = await other.saved_definition()
    variables = {field["variable"] for field in gate["fields"]}
    assert {variable["name"] for variable in definition["variables"]} == variables
    await expect(other.page.get_by_label(re.compile("^Properties of"))).to_contain_text(gate["name"])


async def test_what_was_saved_at_the_last_moment_is_no_conflict_later(product: Stack, browser: Browser) -> None:
    """The tab that is closed hears no answer; a colleague's later change is none against it."""
    designer = await at_designer(browser, product, TEMPLATE)
    await name_start(designer.page, "In a hurry")
    await designer.page.close(run_before_unload=True)
    await designer.wait_for_start("In a hurry")
    await designer.put(TEMPLATE | {"persona": "You are Mira."})
    await designer.open()
    await expect(designer.page.locator(".react-flow__node").first).to_be_visible()
    await expect(designer.page.get_by_role("dialog")).to_be_hidden()


async def test_a_large_flow(product: Stack, browser: Browser) -> None:
    assert await drag_node_40(browser, product, 120) == ["n40"]


async def test_a_text_field_keeps_its_own_undo(product: Stack, browser: Browser) -> None:
    """While one types, undo is the field's; afterwards all that was typed is one step of the flow."""
    designer = await at_designer(browser, product, TEMPLATE)
    page, keys = designer.page, designer.page.keyboard
    before = TEMPLATE["nodes"][0]["name"]
    await page.locator(f".react-flow__node[data-id={TEMPLATE['start']}]").press("Enter")
    name = page.get_by_role("textbox", name="Name", exact=True)
    await expect(name).to_be_focused()
    await keys.press("End")
    await keys.type("One")
    await expect(name).to_have_value(f"{before}One")
    # A browser decides itself how much of it is one step.
    for _ in "One":
        if await name.input_value() != before:
            await keys.press("ControlOrMeta+z")
    await expect(name).to_have_value(before)
    await expect(name).to_be_focused()
    await keys.type("Two")
    await keys.press("Escape")
    await expect(designer.node(f"{before}Two")).to_be_focused()
    await keys.press("ControlOrMeta+z")
    await expect(name).to_have_value(before)
    await expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    await keys.press("ControlOrMeta+Shift+z")
    await expect(name).to_have_value(f"{before}Two")
