"""Calls from the first tap to the last row, in a real browser, on the real servers."""

import re
from pathlib import Path

import pytest
from livekit import api
from playwright.async_api import Page, expect

from tests.e2e.browser import assert_accessible, chromium, clock, heard, open_page, recording, visitor, wait_heard
from tests.stack import Stack

pytestmark = pytest.mark.browser

ANSWER = 30_000  # milliseconds that a slow machine may take for what takes one second


async def fill(page: Page, email: str, name: str = "") -> None:
    """Everything that a call needs before it may start."""
    await page.get_by_label("Your e-mail").fill(email)
    await page.get_by_label("Name, optional").fill(name)
    await page.get_by_role("checkbox").check()


def caption(page: Page, speaker: str, words: str):
    """A finished caption of `speaker` (caller, assistant) with these words."""
    return page.locator(f'[role=log] [data-speaker="{speaker}"]').filter(has_text=re.compile(words, re.IGNORECASE))


async def muted(product: Stack, name: str) -> list[bool]:
    """What LiveKit knows of the microphones of this caller: it forwards nothing of a muted one."""
    wanted = product.settings.livekit
    async with api.LiveKitAPI(wanted.url, wanted.api_key, wanted.api_secret.get_secret_value()) as server:
        rooms = (await server.room.list_rooms(api.ListRoomsRequest())).rooms
        found = [await server.room.list_participants(api.ListParticipantsRequest(room=room.name)) for room in rooms]
    return [track.muted for room in found for one in room.participants if one.name == name for track in one.tracks]


async def test_a_spoken_call(product: Stack, tmp_path: Path, email: str) -> None:
    microphone = recording(tmp_path / "caller.wav", 10.0, "Do you allow pets?", 60.0)
    async with chromium(microphone) as browser:
        # The dashboard is open all the while, in another browser session.
        watcher = await visitor(browser, viewport={"width": 1440, "height": 900})
        dashboard = await open_page(watcher, f"{product.url}/calls")
        await dashboard.get_by_label("E-mail").fill("demo@northquay.example")
        await dashboard.get_by_label("Password").fill(product.demo_password)
        await dashboard.get_by_role("button", name="Log in").click()
        await expect(dashboard.get_by_role("heading", name="Calls", exact=True)).to_be_visible()

        caller = await visitor(browser)
        page = await open_page(caller, f"{product.url}/call/demo")
        await expect(page.get_by_text("Mira is an AI, not a person.")).to_be_visible()
        await fill(page, email, "Ines Moreau")
        await page.get_by_role("button", name="Start call").click()

        # Greeted, in sound and in writing.
        await expect(page.locator("[data-step=during]")).to_be_visible(timeout=ANSWER)
        await wait_heard(page, 1.0)
        await expect(caption(page, "assistant", "this is Mira")).to_be_visible(timeout=ANSWER)
        await expect(page.get_by_text("Connection good")).to_be_visible()

        # The dashboard shows the call that is going on, and its turns as they are spoken.
        row = dashboard.get_by_role("row").filter(has_text=email)
        await expect(row.get_by_text("Live")).to_be_visible()
        await row.get_by_role("link").click()
        await expect(dashboard.get_by_role("heading", name="Ines Moreau")).to_be_visible()

        # What was said stands there, and is answered aloud.
        spoken = caption(page, "caller", "pets")
        await expect(spoken).to_be_visible(timeout=ANSWER)
        asked = await clock(page)
        await wait_heard(page, 1.0, since=asked)
        await expect(caption(page, "assistant", "cats or dogs")).to_be_visible(timeout=ANSWER)
        turns = dashboard.get_by_role("log", name="Transcript")
        words = await spoken.locator("p").inner_text()  # as the recogniser heard it: where the recording is cut varies
        await expect(turns.get_by_text(words)).to_be_visible(timeout=ANSWER)
        await expect(turns.get_by_text(re.compile("cats or dogs"))).to_be_visible(timeout=ANSWER)
        await expect(page.locator("[data-step=during]")).to_be_visible()
        await assert_accessible(page)

        # Muted: the room gets no sound from this microphone.
        await expect(page.get_by_text("Listening")).to_be_visible(timeout=ANSWER)
        await page.get_by_role("button", name="Mute").click()
        await expect(page.locator("[data-microphone=muted]")).to_be_visible()
        await expect(page.get_by_text("You are muted")).to_be_visible()
        assert await muted(product, "Ines Moreau") == [True]

        # Typed, on the same call.
        await page.get_by_role("button", name="Type").click()
        await page.get_by_label("Write to Mira").fill("Is there parking?")
        written = await clock(page)
        await page.get_by_role("button", name="Send").click()
        await expect(caption(page, "assistant", "parking space")).to_be_visible(timeout=ANSWER)
        assert await heard(page, since=written) > 0.5
        await page.get_by_role("button", name="Unmute").click()
        await expect(page.locator("[data-microphone=on]")).to_be_visible()
        assert await muted(product, "Ines Moreau") == [False]

        # Ended, with transcript and rating.
        await page.get_by_role("button", name="End call").click()
        await expect(page.get_by_role("heading", name="Thank you for calling")).to_be_visible()
        await expect(page.get_by_text(words)).to_be_visible()
        await page.get_by_role("button", name="5 of 5").click()
        await page.get_by_label("Comment, optional").fill("Quick answers.")
        await page.get_by_role("button", name="Send").click()
        await expect(page.get_by_text("Saved, thank you")).to_be_visible()
        await assert_accessible(page)

        # All of it is there after a reload, from the database.
        await expect(dashboard.get_by_text("Completed")).to_be_visible(timeout=45_000)
        await dashboard.reload()
        for said in ("this is Mira", words, "cats or dogs", "Is there parking?", "parking space"):
            await expect(turns.get_by_text(re.compile(re.escape(said)))).to_be_visible()
        await expect(turns.get_by_text("typed")).to_be_visible()
        await expect(turns.get_by_text("House rules")).to_be_visible()
        await expect(turns.get_by_role("button", name=re.compile(r"^\d\.\d\d s$"))).to_have_count(2)
        await turns.get_by_role("button", name=re.compile(r"^\d\.\d\d s$")).first.click()
        await expect(dashboard.get_by_label("Milliseconds of each stage")).to_contain_text("First sound")
        await expect(dashboard.get_by_text(re.compile("^Hearing on this machine"))).to_be_visible()
        await expect(dashboard.get_by_text(re.compile("^Consent wording"))).to_be_visible()
        await expect(dashboard.get_by_text("5 of 5")).to_be_visible()
        await expect(dashboard.get_by_text("Quick answers.")).to_be_visible()
        await assert_accessible(dashboard)
        assert page.problems == dashboard.problems == []


async def test_microphone_denied_then_in_writing(product: Stack, email: str) -> None:
    async with chromium(allowed=False) as browser:
        page = await open_page(await visitor(browser, color_scheme="dark"), f"{product.url}/call/demo")
        await fill(page, email)
        await page.get_by_role("button", name="Start call").click()
        await expect(page.get_by_text("Your microphone is blocked.")).to_be_visible()
        await assert_accessible(page)

        # What was filled in is still there: one tap goes on in writing.
        await page.get_by_role("button", name="Continue in writing").click()
        await expect(caption(page, "assistant", "this is Mira")).to_be_visible(timeout=ANSWER)
        await expect(page.get_by_text("In writing", exact=True)).to_be_visible(timeout=ANSWER)
        await expect(page.get_by_text("To speak instead, tap the lock")).to_be_visible()
        written = await clock(page)
        await page.get_by_label("Write to Mira").fill("How much is a studio?")
        await page.keyboard.press("Enter")
        await expect(caption(page, "caller", "How much is a studio")).to_be_visible()
        await expect(caption(page, "assistant", "980 euros")).to_be_visible(timeout=ANSWER)
        await wait_heard(page, 0.5, since=written)
        await assert_accessible(page)

        # The assistant hangs up after a good-bye.
        await expect(page.get_by_text("In writing", exact=True)).to_be_visible(timeout=ANSWER)
        await page.get_by_label("Write to Mira").fill("Thank you, goodbye.")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Thank you for calling")).to_be_visible(timeout=ANSWER)
        await assert_accessible(page)
        assert page.problems == []


async def test_no_microphone(product: Stack, email: str) -> None:
    async with chromium() as browser:
        context = await visitor(browser)
        # Chromium cannot be told to have no microphone at all: what it says then is said here.
        await context.add_init_script(
            "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NotFoundError'); };"
        )
        page = await open_page(context, f"{product.url}/call/demo")
        await fill(page, email)
        await page.get_by_role("button", name="Start call").click()
        await expect(page.get_by_text("No microphone was found.")).to_be_visible()
        await expect(page.get_by_role("button", name="Continue in writing")).to_be_visible()
        await assert_accessible(page)


async def test_without_consent_nothing_leaves_the_page(product: Stack, email: str) -> None:
    async with chromium() as browser:
        page = await open_page(await visitor(browser), f"{product.url}/call/demo")
        sent: list[str] = []
        page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
        await page.get_by_label("Your e-mail").fill(email)
        await page.get_by_role("button", name="Start call").click()
        await expect(page.get_by_text("A call needs your consent.")).to_be_visible()
        await expect(page.get_by_role("checkbox")).to_be_focused()
        await page.get_by_label("Your e-mail").fill("nobody")
        await page.get_by_role("checkbox").check()
        await page.get_by_role("button", name="Start call").click()
        await expect(page.get_by_text("Write your e-mail address")).to_be_visible()
        await expect(page.get_by_label("Your e-mail")).to_be_focused()
        await assert_accessible(page)
        assert sent == []


async def test_a_call_needs_no_reflex_socket(product: Stack, email: str) -> None:
    async with chromium() as browser:
        context = await visitor(browser)
        await context.route_web_socket(re.compile("/_event"), lambda socket: socket.close())
        await context.route(re.compile("/_event"), lambda route: route.abort())
        page = await open_page(context, f"{product.url}/call/demo")
        await fill(page, email)
        await page.get_by_role("button", name="Type instead").click()
        await expect(caption(page, "assistant", "this is Mira")).to_be_visible(timeout=ANSWER)
        await wait_heard(page, 0.5)
        await page.get_by_role("button", name="End call").click()
        await expect(page.get_by_role("heading", name="Thank you for calling")).to_be_visible()
