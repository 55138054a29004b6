"""The assistant's words for the call page, before they are spoken: LiveKit's own captions come word by word."""

import asyncio
from contextlib import suppress

from livekit import rtc

TOPIC = "qv.words"


class Captions:
    """Sends each utterance as a text stream of its own. Nothing here delays the voice."""

    def __init__(self, participant: rtc.LocalParticipant) -> None:
        self._participant = participant
        self._sending: set[asyncio.Task[None]] = set()

    def begin(self) -> "asyncio.Queue[str | None]":
        """The next utterance: put its pieces in, then None."""
        pieces: asyncio.Queue[str | None] = asyncio.Queue()
        task = asyncio.create_task(self._send(pieces))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)
        return pieces

    async def _send(self, pieces: "asyncio.Queue[str | None]") -> None:
        # Without a caller in the room, or on a bad line, there is nobody to show it to.
        with suppress(OSError, RuntimeError):
            writer = await self._participant.stream_text(topic=TOPIC)
            while (piece := await pieces.get()) is not None:
                await writer.write(piece)
            await writer.aclose()
