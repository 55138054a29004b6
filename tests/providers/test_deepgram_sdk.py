"""Deepgram's own SDK against the real process; every message passes the SDK's models, strictly."""

import asyncio
import io
import wave
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import numpy as np
import pytest
from deepgram import AsyncDeepgramClient
from deepgram.core.api_error import ApiError
from deepgram.environment import DeepgramClientEnvironment
from deepgram.errors import BadRequestError
from deepgram.listen.v1.types import (
    ListenV1Metadata,
    ListenV1Results,
    ListenV1SpeechStarted,
    ListenV1UtteranceEnd,
)
from deepgram.speak.v1.types import SpeakV1Cleared, SpeakV1Flushed, SpeakV1Metadata, SpeakV1Text
from deepgram.types.listen_v1response import ListenV1Response

from local_providers.deepgram.audio import Samples
from tests.providers.support import KEY, RATE, Server, pcm, silence, words

Say = Callable[[str], Samples]

# The SDK imports names that the websockets package calls deprecated.
pytestmark = [pytest.mark.provider, pytest.mark.filterwarnings("ignore:websockets:DeprecationWarning")]


@asynccontextmanager
async def connected(server: Server, key: str) -> AsyncIterator[AsyncDeepgramClient]:
    environment = DeepgramClientEnvironment(
        base=server.http, production=server.ws, agent=server.ws, agent_rest=server.http
    )
    async with httpx.AsyncClient() as http:
        yield AsyncDeepgramClient(api_key=key, environment=environment, httpx_client=http)


@pytest.fixture
async def client(server: Server) -> AsyncIterator[AsyncDeepgramClient]:
    async with connected(server, KEY) as client:
        yield client


async def everything(connection: Any) -> list[Any]:
    """All messages until the server closes."""
    async with asyncio.timeout(30):
        return [message async for message in connection]


async def test_listen_over_the_socket(client: AsyncDeepgramClient, say: Say) -> None:
    audio = np.concatenate([silence(0.5), say("How much is the rent?"), silence(1.8)])
    async with client.listen.v1.connect(
        model="nova-3",
        encoding="linear16",
        sample_rate="16000",
        interim_results="true",
        vad_events="true",
        utterance_end_ms="1000",
        endpointing="200",
        punctuate="true",
    ) as connection:

        async def play() -> None:
            for start in range(0, len(audio), RATE // 20):
                await connection.send_media(pcm(audio[start : start + RATE // 20]))
                await asyncio.sleep(0.05)
            await connection.send_keep_alive()
            await connection.send_finalize()
            await connection.send_close_stream()

        _, messages = await asyncio.gather(play(), everything(connection))
    models: dict[str, Any] = {
        "Results": ListenV1Results,
        "SpeechStarted": ListenV1SpeechStarted,
        "UtteranceEnd": ListenV1UtteranceEnd,
        "Metadata": ListenV1Metadata,
    }
    for message in messages:
        models[message.type].model_validate(message.model_dump(), strict=True)
    kinds = [message.type for message in messages]
    assert kinds[0] == "SpeechStarted"
    assert kinds[-1] == "Metadata"
    assert kinds.index("UtteranceEnd") > kinds.index("Results")
    results = [message for message in messages if message.type == "Results"]
    final_result = next(message for message in results if message.speech_final)
    alternative = final_result.channel.alternatives[0]
    assert final_result.is_final
    assert alternative.transcript == "How much is the rent?"
    assert [word.word for word in alternative.words] == ["how", "much", "is", "the", "rent"]
    assert [word.punctuated_word for word in alternative.words][-1] == "rent?"
    assert all(
        final_result.start <= word.start <= word.end <= final_result.start + final_result.duration
        for word in alternative.words
    )
    assert any(not message.is_final for message in results)
    assert results[-1].from_finalize
    assert messages[-1].duration == pytest.approx(len(audio) / RATE, abs=0.01)


async def test_listen_to_a_recording(client: AsyncDeepgramClient, say: Say) -> None:
    recording = io.BytesIO()
    with wave.open(recording, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(
            pcm(np.concatenate([say("How much is the rent?"), silence(1), say("Do you allow pets in the building?")]))
        )
    response = await client.listen.v1.media.transcribe_file(
        request=recording.getvalue(), model="nova-3", punctuate=True
    )
    ListenV1Response.model_validate(response.model_dump())
    assert isinstance(response, ListenV1Response)
    alternatives = response.results.channels[0].alternatives
    assert alternatives
    assert words(alternatives[0].transcript or "") == words("How much is the rent? Do you allow pets in the building?")
    assert response.metadata.duration > 3
    assert response.metadata.channels == 1


async def test_what_is_not_audio_is_a_bad_request(client: AsyncDeepgramClient) -> None:
    with pytest.raises(BadRequestError) as error:
        await client.listen.v1.media.transcribe_file(request=b"this is not audio" * 100, model="nova-3")
    assert error.value.body["err_code"] == "Bad Request"
    assert "corrupt or unsupported data" in error.value.body["err_msg"]
    assert error.value.body["request_id"]


async def test_speak_over_the_socket(client: AsyncDeepgramClient) -> None:
    async with client.speak.v1.connect(
        model="aura-2-andromeda-en", encoding="linear16", sample_rate="24000"
    ) as connection:
        hello: Any = await connection.recv()
        SpeakV1Metadata.model_validate(hello.model_dump(), strict=True)
        await connection.send_text(SpeakV1Text(type="Speak", text="We are open until five."))
        await connection.send_flush()
        audio = b""
        async with asyncio.timeout(10):
            while isinstance(message := await connection.recv(), bytes):
                audio += message
        assert SpeakV1Flushed.model_validate(message.model_dump(), strict=True).sequence_id == 0
        assert 1 < len(audio) / 48_000 < 4
        await connection.send_clear()
        cleared: Any = await connection.recv()
        assert SpeakV1Cleared.model_validate(cleared.model_dump(), strict=True).type == "Cleared"
        await connection.send_close()
        assert await everything(connection) == []


async def test_speak_by_post(client: AsyncDeepgramClient) -> None:
    chunks = [
        chunk
        async for chunk in client.speak.v1.audio.generate(
            text="We are open until five.", encoding="linear16", container="wav", sample_rate=16_000
        )
    ]
    recording = b"".join(chunks)
    assert recording[:4] == b"RIFF"
    assert 1 < (len(recording) - 44) / 32_000 < 4


async def test_an_encoding_we_do_not_have_is_a_bad_request(client: AsyncDeepgramClient) -> None:
    with pytest.raises(BadRequestError) as error:
        _ = [chunk async for chunk in client.speak.v1.audio.generate(text="Hello.", encoding="mp3")]
    assert error.value.body["err_code"] == "INVALID_QUERY_PARAMETER"
    assert "linear16" in error.value.body["err_msg"]


async def test_a_wrong_key_is_refused(server: Server) -> None:
    async with connected(server, "wrong") as stranger:
        with pytest.raises(ApiError) as error:
            await stranger.listen.v1.media.transcribe_file(request=b"", model="nova-3")
    assert error.value.status_code == 401
    assert error.value.body["err_code"] == "INVALID_AUTH"
