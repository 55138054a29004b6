"""The simulator beside the canvas, in a real browser: conversations, what decided them, and cases made of them."""

import json
import re

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from ops import sound
from quantum_app.domain.calls.schemas import Speaker
from quantum_app.domain.flows import drafts
from tests.db.tenants import record_dialogue
from tests.e2e.browser import assert_accessible, say
from tests.e2e.designer import Designer, at_designer
from tests.filled import LEADS
from tests.stack import Stack

pytestmark = pytest.mark.browser

FLOW = drafts.plain(LEADS)
SPEAKS = "Listening. Pause to send."


@pytest.fixture(scope="module")
def product(stack: Stack) -> Stack:
    stack.need("providers", "jobs", "web")
    return stack


class Simulator:
    """The simulator of a designer."""

    def __init__(self, designer: Designer) -> None:
        self.page: Page = designer.page
        self.panel = self.page.get_by_role("complementary", name="Simulator")
        self.talk = self.panel.get_by_role("log")

    def button(self, name: str, *, exact: bool = False) -> Locator:
        return self.panel.get_by_role("button", name=name, exact=exact)

    async def start(self) -> None:
        await self.button("Start call").click()
        await self.expect_reply("What would you like to know?")

    async def reply(self, text: str) -> None:
        await self.panel.get_by_role("textbox", name="Reply as the caller").fill(text)
        await self.page.keyboard.press("Enter")
        await expect(self.talk.locator(".simulator-bubble.me").filter(has_text=text).last).to_be_visible()
        # Until the answer is there.
        await expect(self.talk.get_by_role("status")).to_be_hidden()

    async def simulate_event(self, name: str) -> None:
        await self.button("Simulate an event").click()
        await self.page.get_by_role("menuitem", name=name).click()
        await expect(self.talk.get_by_role("status")).to_be_hidden()

    async def expect_reply(self, words: str) -> None:
        await expect(self.talk.locator(".simulator-bubble.ai").filter(has_text=words).last).to_be_visible()

    async def expect_variable(self, name: str, value: str) -> None:
        row = self.panel.get_by_label("Variables").locator("dl > div").filter(has_text=name)
        await expect(row).to_contain_text(value)

    async def expect_node(self, node: str) -> None:
        """The call is at this node: the way says so, and the canvas."""
        await expect(self.panel.locator(".simulator-path [aria-current]")).to_have_text(node)
        await expect(self.page.locator(".editor-node.now")).to_contain_text(node)


async def test_a_lead_from_the_first_word_to_the_last(product: Stack, browser: Browser) -> None:
    designer = await at_designer(browser, product, FLOW)
    simulator = Simulator(designer)
    # On a Monday: somebody is there.
    await simulator.button("Call settings").click()
    await simulator.panel.get_by_label("Date and time").fill("2026-01-05T10:00")
    await simulator.button("Start", exact=True).click()
    await simulator.expect_node("Questions")
    await expect(designer.node("Greeting").locator(".was")).to_be_visible()
    await simulator.reply("How much is the complete package?")
    await simulator.expect_reply("890 euros")
    await simulator.talk.get_by_text("3 passages").click()
    await expect(simulator.talk.locator(".simulator-more li").first).to_contain_text("Prices")
    await expect(simulator.talk.locator(".simulator-more li").first).to_contain_text("used")
    score = simulator.panel.get_by_label("Score")
    await expect(score).to_contain_text("+10 asked what it costs")

    await simulator.reply("I would like a quote, please.")
    await simulator.expect_node("Who is calling")
    await expect(simulator.talk.get_by_text("Intent: wants an offer", exact=True).last).to_be_visible()
    await expect(simulator.panel.get_by_label("Variables")).to_contain_text("asking")
    await simulator.reply("My name is Ines Moreau, ines.moreau@example.com")
    await simulator.expect_variable("name", "Ines Moreau")
    await simulator.expect_reply("I have ines.moreau@example.com. Is that right?")
    await simulator.reply("yes")
    await simulator.expect_variable("email", "ines.moreau@example.com")
    await simulator.reply("202 555 0143")
    await simulator.expect_reply("5 5 5, 0 1 4 3. Is that right?")
    await simulator.reply("correct")
    await simulator.expect_node("What they need")
    await simulator.reply("The complete one, for 30 people")
    await simulator.reply("as soon as possible")
    await simulator.reply("about 6000 euros")
    await expect(score.locator(".simulator-score")).to_have_class(re.compile("hot"))

    # A person is looked for: here one comes, and gives the call back.
    await simulator.expect_node("Hand off")
    await simulator.button("Someone joins").click()
    await expect(simulator.panel.get_by_text("A team member is talking to the caller.")).to_be_visible()
    await simulator.button("Hand back").click()
    await expect(simulator.panel.get_by_text("The call has ended.")).to_be_visible()
    await expect(simulator.talk.get_by_text("The call ends where the flow ends")).to_be_visible()

    # Led again as a case, by the same words and the same colleague, it comes to the same.
    await simulator.button("Save as test case").click()
    dialog = simulator.page.get_by_role("dialog")
    await expect(dialog.get_by_role("checkbox", name="Hands off to a person")).to_be_checked()
    await expect(dialog.get_by_role("checkbox", name="people 30")).to_be_checked()
    await dialog.get_by_role("button", name="Save").click()
    await simulator.button("Run all").click()
    await expect(simulator.panel.get_by_text("1 test case, passed")).to_be_visible()
    assert simulator.page.problems == []


async def test_a_question_is_spoken(product: Stack, browser: Browser) -> None:
    words = sound.speak("How much is the complete package?")
    simulator = Simulator(await at_designer(browser, product, FLOW, microphone=True))
    await simulator.start()
    await simulator.button("Speak").click()
    await expect(simulator.panel.get_by_text(SPEAKS)).to_be_visible()
    await say(simulator.page, words)

    # The pause after the sentence sends it.
    bubbles = simulator.talk.locator(".simulator-bubble.me")
    await expect(bubbles).to_contain_text("How much is the complete package?")
    await expect(bubbles.get_by_text("spoken")).to_be_visible()
    await simulator.expect_reply("890 euros")
    await expect(simulator.panel.get_by_text(SPEAKS)).to_be_hidden()
    await assert_accessible(simulator.page)

    # It can be kept like what is typed.
    await simulator.button("Save as test case").click()
    await simulator.page.get_by_role("dialog").get_by_role("button", name="Save").click()
    await simulator.button("Run all").click()
    await expect(simulator.panel.get_by_text("1 test case, passed")).to_be_visible()
    assert simulator.page.problems == []


async def test_escape_gives_up_what_is_being_said(product: Stack, browser: Browser) -> None:
    simulator = Simulator(await at_designer(browser, product, FLOW, microphone=True))
    await simulator.start()
    await simulator.button("Speak").click()
    await expect(simulator.panel.get_by_text(SPEAKS)).to_be_visible()
    await assert_accessible(simulator.page)
    await simulator.page.keyboard.press("Escape")
    await expect(simulator.panel.get_by_text(SPEAKS)).to_be_hidden()
    await expect(simulator.button("Speak")).to_be_visible()
    await expect(simulator.talk.locator(".simulator-bubble.me")).to_have_count(0)
    assert simulator.page.problems == []


async def test_a_microphone_that_is_blocked_is_explained_and_typing_goes_on(product: Stack, browser: Browser) -> None:
    simulator = Simulator(await at_designer(browser, product, FLOW))
    await simulator.start()
    await simulator.button("Speak").click()
    await expect(simulator.panel.get_by_role("alert")).to_contain_text("Your microphone is blocked.")
    await assert_accessible(simulator.page)
    await simulator.reply("How much is the complete package?")
    await simulator.expect_reply("890 euros")
    assert simulator.page.problems == []


async def test_steps_back_and_other_words(product: Stack, browser: Browser) -> None:
    simulator = Simulator(await at_designer(browser, product, FLOW))
    await simulator.start()
    await simulator.reply("How much is the basic package?")
    await simulator.reply("Which contract can I cancel?")
    bubbles = simulator.talk.locator(".simulator-bubble.me")
    await expect(bubbles).to_have_count(2)
    await simulator.button("Step back").click()
    await expect(bubbles).to_have_count(1)
    await simulator.expect_reply("490 euros")

    await bubbles.first.hover()
    await simulator.button("Edit “How much is the basic package?”").click()
    await simulator.page.keyboard.press("ControlOrMeta+a")
    await simulator.page.keyboard.type("How much is the complete package?")
    await simulator.page.keyboard.press("Enter")
    await simulator.expect_reply("890 euros")
    await expect(bubbles).to_have_count(1)

    await simulator.simulate_event("The caller is silent")
    await simulator.expect_reply("Are you still there?")
    await simulator.simulate_event("The caller stays silent")
    await expect(simulator.panel.get_by_text("The call has ended.")).to_be_visible()
    await simulator.button("Restart").click()
    await expect(bubbles).to_have_count(0)
    await simulator.button("Step back").click()
    await expect(simulator.button("Start call")).to_be_visible()
    await expect(simulator.page.locator(".editor-node.now, .editor-node.was")).to_have_count(0)
    assert simulator.page.problems == []


async def test_a_known_caller_at_night_and_a_fault(product: Stack, browser: Browser) -> None:
    flow = json.loads(json.dumps(FLOW))
    flow["nodes"][0]["greeting"] = "Hello {name}, thank you for your call."
    designer = await at_designer(browser, product, flow)
    simulator = Simulator(designer)
    await simulator.button("Call settings").click()
    before = simulator.panel.get_by_label("Call settings", exact=True).last
    await before.get_by_role("switch", name="Known caller").check()
    await before.get_by_label("name", exact=True).fill("Robin Rau")
    await before.get_by_role("switch", name="Team members available").uncheck()
    await before.get_by_label("Date and time").fill("2026-01-05T20:00")
    await before.get_by_label("Simulate failure").select_option("Semantic search")
    await before.get_by_role("button", name="Start").click()
    await simulator.expect_reply("Hello Robin Rau, thank you for your call.")
    await simulator.expect_variable("name", "before")
    await simulator.reply("How much is the basic package?")
    await simulator.expect_reply("490 euros")
    await expect(simulator.talk.get_by_text("simulated failure").last).to_be_visible()
    await simulator.reply("I want to speak with a person.")
    await simulator.expect_reply("nobody is available")
    assert simulator.page.problems == []


async def test_a_case_breaks_with_the_flow_and_publishing_says_so(product: Stack, browser: Browser) -> None:
    designer = await at_designer(browser, product, FLOW)
    simulator, page = Simulator(designer), designer.page
    await simulator.start()
    await simulator.reply("How much is the basic package?")
    await simulator.expect_reply("490 euros")
    await simulator.button("Save as test case").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_label("Name")).to_have_value("How much is the basic package?")
    await expect(dialog.get_by_role("checkbox", name="Questions")).to_be_checked()
    await expect(dialog.get_by_role("checkbox", name="Score is 10")).to_be_checked()
    await expect(dialog).to_contain_text("The basic package costs 490 euros a month")
    await dialog.get_by_label("Name").fill("Asks for the basic price")
    await dialog.get_by_label("Add a phrase").fill("490 euros")
    await dialog.get_by_role("button", name="Save").click()
    await expect(simulator.panel.get_by_text("Asks for the basic price")).to_be_visible()
    await simulator.button("Run all").click()
    await expect(simulator.panel.get_by_text("1 test case, passed")).to_be_visible()

    # The price is another one: the draft in the page counts, saved or not.
    await page.get_by_role("button", name="Knowledge").first.click()
    await page.get_by_role("button", name="Prices").click()
    await page.get_by_role("textbox", name="Passage 1").fill("The basic package costs 520 euros a month.")
    await page.get_by_role("textbox", name="Passage 1").blur()
    await expect(simulator.panel.get_by_text("The flow has changed since the last run.")).to_be_visible()
    await simulator.button("Run all").click()
    await expect(simulator.panel.get_by_text("1 of 1 test case failed")).to_be_visible()
    await expect(simulator.panel.get_by_text("“490 euros” was never said.")).to_be_visible()
    await designer.saved_definition()
    await page.get_by_role("button", name="Publish v2").click()
    await expect(page.get_by_text("1 of 1 test cases failed.")).to_be_visible()
    await expect(page.get_by_role("dialog").get_by_text("“490 euros” was never said.")).to_be_visible()
    await page.get_by_role("button", name="Cancel").click()

    # A click replays it, in the flow as it is now.
    await simulator.button("Asks for the basic price").first.click()
    await simulator.expect_reply("520 euros")

    # Its author takes the new price for right.
    await simulator.panel.get_by_role("button", name="Tests").click()
    await simulator.button("Actions for Asks for the basic price").click()
    await page.get_by_role("menuitem", name="Edit").click()
    buttons = dialog.get_by_role("button", name="Don't expect")
    for _ in range(await buttons.count()):
        await buttons.first.click()
    await dialog.get_by_label("Add a phrase").fill("520 euros")
    await dialog.get_by_role("button", name="Save").click()
    await simulator.button("Run all").click()
    await expect(simulator.panel.get_by_text("1 test case, passed")).to_be_visible()
    await simulator.button("Actions for Asks for the basic price").click()
    await page.get_by_role("menuitem", name="Delete").click()
    await dialog.get_by_role("button", name="Delete").click()
    await expect(simulator.panel.get_by_text("No test cases yet.")).to_be_visible()
    assert page.problems == []


DIALOGUE = (
    (Speaker.ASSISTANT, "Hello.", "answers"),
    (Speaker.CALLER, "Hi, Ines here. How much is a studio?", "answers"),
)


async def test_a_recorded_call_becomes_a_case(product: Stack, browser: Browser) -> None:
    designer = await at_designer(browser, product, None)
    await record_dialogue(designer.tenant, *DIALOGUE)
    simulator = Simulator(designer)
    await simulator.panel.get_by_role("button", name="Tests").click()
    await simulator.button("From call").click()
    await designer.page.get_by_role("dialog").get_by_role("button", name=re.compile("Ines Moreau")).click()
    await expect(simulator.panel.get_by_text(re.compile("^Call on "))).to_be_visible()
    await simulator.button("Run all").click()
    await expect(simulator.panel.get_by_text("1 test case, passed")).to_be_visible()
    await simulator.button("Call on").first.click()
    await expect(simulator.talk.locator(".simulator-bubble.me")).to_contain_text("Hi, Alex here. How much is a studio?")
    await simulator.expect_reply("980 euros")


async def test_each_view_is_accessible(product: Stack, browser: Browser) -> None:
    simulator = Simulator(await at_designer(browser, product, FLOW))
    page = simulator.page
    await assert_accessible(page)
    await simulator.start()
    await simulator.reply("How much is the basic package?")
    await simulator.talk.get_by_text("3 passages").click()
    await simulator.button("Call settings").click()
    await assert_accessible(page)
    await simulator.button("Call settings").click()
    await simulator.button("Save as test case").click()
    await assert_accessible(page)
    await page.get_by_role("dialog").get_by_role("button", name="Save").click()
    await simulator.button("Run all").click()
    await expect(simulator.panel.get_by_text("1 test case, passed")).to_be_visible()
    await assert_accessible(page)
