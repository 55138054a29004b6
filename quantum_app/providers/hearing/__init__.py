"""What is said in a recording: Deepgram, or whatever speaks its protocol at `base_url`, by the official SDK."""

import asyncio
from typing import TYPE_CHECKING

import httpx

from quantum_app.errors import Component, DependencyUnavailable
from quantum_app.providers.deepgram import client
from quantum_app.settings import Deepgram

if TYPE_CHECKING:
    from deepgram.listen.v1.media.client import AsyncMediaClient

_TIMEOUT = 10.0  # seconds


class Hearing:
    """Implements `domain.flows.ports.Hearing`."""

    def __init__(self, settings: Deepgram) -> None:
        self._settings = settings

    async def words(self, recording: bytes) -> str:
        """What is said in a WAV file of some seconds; empty for nothing. Raises DependencyUnavailable(STT)."""
        async with httpx.AsyncClient(timeout=_TIMEOUT) as web:
            # The first time, this imports for most of a second: others do not wait for it, nor who does not speak.
            media = (await asyncio.to_thread(client, self._settings, web)).listen.v1.media
            return await self._words(media, recording)

    async def _words(self, media: "AsyncMediaClient", recording: bytes) -> str:
        from deepgram.core.api_error import ApiError
        from deepgram.core.parse_error import ParsingError
        from deepgram.types.listen_v1response import ListenV1Response

        try:
            answer = await media.transcribe_file(
                request=recording, model=self._settings.stt_model, language="en", smart_format=True, filler_words=True
            )
        except ApiError as error:
            raise DependencyUnavailable(
                Component.STT, f"Speech recognition rejected the request ({error.status_code})."
            ) from error
        except (httpx.HTTPError, ParsingError) as error:
            raise DependencyUnavailable(
                Component.STT, f"Speech recognition doesn't respond: {type(error).__name__}."
            ) from error
        if not isinstance(answer, ListenV1Response):
            raise DependencyUnavailable(Component.STT, "Speech recognition doesn't respond in time.")
        alternatives = [channel.alternatives for channel in answer.results.channels]
        return " ".join(best[0].transcript or "" for best in alternatives if best).strip()
