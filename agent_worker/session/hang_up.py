"""Hanging up: why a call ends, and when its last words have been heard. A call ends in no other way.

An end that the flow decides may be taken back until its words begin: the caller may object. All others are final, and
the first of them counts.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from typing import Any

from livekit.agents import AgentSession
from livekit.agents.voice import SpeechHandle
from livekit.agents.voice.agent_activity import ActivityClosedError

from quantum_app.domain.calls.schemas import EndReason

# Seconds for the last words to be heard. Then the call ends without them.
FAREWELL_TIMEOUT = 12.0


class HangUp:
    """One call's end."""

    def __init__(self, session: AgentSession[None]) -> None:
        self._session = session
        self.reason: EndReason | None = None
        self.is_final = False
        self._last_words: asyncio.Task[None] | None = None

    def by_flow(self, reason: EndReason | None) -> None:
        """The call ends when nobody speaks anymore. None: the flow goes on after all."""
        if not self.is_final:
            self.reason = reason
            if reason is None:
                self._wait_for(None)

    def with_words(self, reason: EndReason, *words: str) -> None:
        """Interrupt whatever is being said with words that can't be interrupted. The call ends when they were heard."""
        if self.is_final:
            return
        self.reason, self.is_final = reason, True
        self._session.interrupt(force=True)
        self._wait_for(_wait_for_playout([self._session.say(text, allow_interruptions=False) for text in words]))

    def at_once(self, reason: EndReason) -> None:
        """Nobody is there to hear anything. What was decided before stays the reason, if it was final."""
        if not self.is_final:
            self.reason, self.is_final = reason, True
        self._wait_for(None)

    def due(self) -> EndReason | None:
        """The reason once it is time to close. Ask a few times per second."""
        if self.reason is not None and self._last_words is None and not self.is_final:
            self._wait_for(self._silence())
        waits = self._last_words is not None and not self._last_words.done()
        return None if waits else self.reason

    async def aclose(self) -> None:
        last_words = self._last_words
        self._wait_for(None)
        if last_words is not None:
            await asyncio.gather(last_words, return_exceptions=True)

    def _wait_for(self, last_words: Coroutine[Any, Any, None] | None) -> None:
        if self._last_words is not None:
            self._last_words.cancel()
        self._last_words = None if last_words is None else asyncio.create_task(last_words)

    async def _silence(self) -> None:
        """Until nobody speaks. A caller who won't stop is cut off in the end."""
        while (speech := self._session.current_speech) is not None:
            await speech.wait_for_playout()
            await asyncio.sleep(0)
        with suppress(TimeoutError, ActivityClosedError):
            await asyncio.wait_for(self._session.wait_for_idle(), FAREWELL_TIMEOUT)


async def _wait_for_playout(words: Sequence[SpeechHandle]) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(FAREWELL_TIMEOUT):
            for speech in words:
                await speech.wait_for_playout()
