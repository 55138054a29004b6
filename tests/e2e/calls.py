"""What a caller does on the page of a call, and what is known of it elsewhere."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from livekit import api
from playwright.async_api import Locator, Page

from quantum_app.kit.ids import new_id
from quantum_app.providers.redis_capacity import RedisCapacity
from tests.stack import Stack

ANSWER = 30_000  # milliseconds that a slow machine may take for what takes one second


async def fill(page: Page, email: str, name: str = "") -> None:
    """Everything that a call needs before it may start."""
    await page.get_by_label("Your email").fill(email)
    await page.get_by_label("Name (optional)").fill(name)
    await page.get_by_role("checkbox").check()


def caption(page: Page, speaker: str, words: str) -> Locator:
    """A finished caption of `speaker` (caller, assistant) with these words."""
    return page.locator(f'[role=log] [data-speaker="{speaker}"]').filter(has_text=re.compile(words, re.IGNORECASE))


async def mute_states(product: Stack, name: str) -> list[bool]:
    """What LiveKit knows of the microphones of this caller: it forwards nothing of a muted one."""
    config = product.settings.livekit
    async with api.LiveKitAPI(config.url, config.api_key, config.api_secret.get_secret_value()) as server:
        rooms = (await server.room.list_rooms(api.ListRoomsRequest())).rooms
        responses = [await server.room.list_participants(api.ListParticipantsRequest(room=room.name)) for room in rooms]
    return [
        track.muted
        for room in responses
        for participant in room.participants
        if participant.name == name
        for track in participant.tracks
    ]


@asynccontextmanager
async def occupy_lines(product: Stack, address: str = "") -> AsyncIterator[None]:
    """All lines are in use; or by callers from this address as many as one address may have, and no more."""
    lines = RedisCapacity.at(product.settings.redis.url.get_secret_value(), product.settings.capacity)
    call_ids = [new_id() for _ in range(await lines.slots() - bool(address))]
    try:
        for call_id in call_ids:
            await lines.hold(call_id, address, new_id(), new_id())
        yield
    finally:
        for call_id in call_ids:
            await lines.release(call_id)
        await lines.aclose()
