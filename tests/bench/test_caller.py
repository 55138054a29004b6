"""The synthetic caller over a real LiveKit server, and what it is told when a call is refused."""

import asyncio
from statistics import median

import pytest

from ops.bench.run import transport
from ops.caller import CallRefused, start_call
from tests.stack import Stack

pytestmark = pytest.mark.call


async def test_what_is_spoken_is_heard_when_it_was_sent_plus_the_way(stack: Stack) -> None:
    await asyncio.to_thread(stack.need, "livekit")
    delays = await transport()
    # The jitter buffer alone holds some 40 ms; most of a second would be a queue that nobody meant.
    assert min(delays) > 0.02, delays
    assert median(delays) < 0.5, delays


async def test_a_refused_call_says_why(stack: Stack) -> None:
    await asyncio.to_thread(stack.need, "web")
    with pytest.raises(CallRefused, match="consent text") as error:
        await start_call(stack.url, "demo", email="a@quantum.example", consent_version="of yesterday")
    assert error.value.status == 409
