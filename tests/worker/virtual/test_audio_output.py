"""The assistant's voice on its way into the room, on the virtual clock."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import cast

import pytest
from livekit import rtc

from agent_worker.audio.output import SAMPLE_RATE, AudioOutput
from tests.worker.virtual.clock import passes
from tests.worker.virtual.media import scripted_media
from tests.worker.virtual.room import Room

pytestmark = pytest.mark.unit

SECONDS = 2


@pytest.fixture
async def speaking() -> AsyncIterator[AudioOutput]:
    """An output in the middle of a sentence of two seconds."""
    with scripted_media():
        output = AudioOutput(cast(rtc.Room, Room()))
        await output.start()
        samples = SECONDS * SAMPLE_RATE
        await output.capture_frame(rtc.AudioFrame(bytes(2 * samples), SAMPLE_RATE, 1, samples))
        output.flush()
        await passes(0.5)
        yield output
        await output.aclose()


async def test_after_a_backchannel_it_goes_on_at_once(speaking: AudioOutput) -> None:
    speaking.pause()
    await passes(0.3)
    speaking.resume_after_backchannel()
    resumed = time.monotonic()
    # The tail of the same sound is still taken for speech.
    speaking.pause()
    async with asyncio.timeout(5):
        finished = await speaking.wait_for_playout()
    assert not finished.interrupted
    assert finished.playback_position == pytest.approx(SECONDS)
    assert time.monotonic() - resumed < SECONDS


async def test_a_pause_holds_until_it_is_resumed(speaking: AudioOutput) -> None:
    speaking.pause()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(speaking.wait_for_playout(), 5)
