"""Speaks a sentence: Deepgram, or whatever speaks its protocol at `base_url`, by the official SDK."""

import asyncio

import httpx

from quantum_app.errors import Component, DependencyUnavailable
from quantum_app.providers.deepgram import client
from quantum_app.settings import Deepgram

_TIMEOUT = 10.0  # seconds
_RATE = 16_000  # samples a second
_LARGEST = 1_000_000  # bytes


class Speaking:
    """Implements `domain.flows.ports.Speaking`."""

    def __init__(self, settings: Deepgram) -> None:
        self._settings = settings

    async def recording(self, text: str, voice: str) -> bytes:
        """The text as a WAV file. voice: empty for the one that calls have. Raises DependencyUnavailable(TTS)."""
        from deepgram.core.api_error import ApiError

        async with httpx.AsyncClient(timeout=_TIMEOUT) as web:
            # Others don't wait for the import.
            speech = (await asyncio.to_thread(client, self._settings, web)).speak.v1.audio
            recording = b""
            try:
                async for part in speech.generate(
                    text=text,
                    model=voice or self._settings.tts_model,
                    encoding="linear16",
                    container="wav",
                    sample_rate=_RATE,
                ):
                    recording += part
                    if len(recording) > _LARGEST:
                        raise DependencyUnavailable(Component.TTS, "Text to speech sent too much.")
            except ApiError as error:
                raise DependencyUnavailable(
                    Component.TTS, f"Text to speech rejected the request ({error.status_code})."
                ) from error
            except httpx.HTTPError as error:
                raise DependencyUnavailable(
                    Component.TTS, f"Text to speech doesn't respond: {type(error).__name__}."
                ) from error
        if not recording:
            raise DependencyUnavailable(Component.TTS, "Text to speech sent nothing.")
        return recording
