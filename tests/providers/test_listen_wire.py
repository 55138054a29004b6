"""`/v1/listen` byte by byte: refusals, control messages, encodings, and what a hostile client may send."""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import numpy as np
import pytest
from deepgram.listen.v1.types import ListenV1Error
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from local_providers.deepgram.audio import Resampler, Samples
from tests.examples import examples
from tests.providers.support import KEY, RATE, Server, pcm, silence, words

pytestmark = pytest.mark.provider

Say = Callable[[str], Samples]
TOKEN = {"Authorization": f"Token {KEY}"}
RAW = "encoding=linear16&sample_rate=16000&punctuate=true"


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def rest(socket: aiohttp.ClientWebSocketResponse) -> list[dict[str, Any]]:
    """The messages until the server closes."""
    messages: list[dict[str, Any]] = []
    async with asyncio.timeout(30):
        async for message in socket:
            messages.append(json.loads(message.data))
    return messages


async def exchange(
    server: Server, session: aiohttp.ClientSession, query: str, *frames: bytes | str
) -> list[dict[str, Any]]:
    """Send the frames and CloseStream; everything that came back. The stream must end as it should."""
    async with session.ws_connect(f"{server.ws}/v1/listen?{query}", headers=TOKEN) as socket:
        for frame in frames:
            await (socket.send_bytes(frame) if isinstance(frame, bytes) else socket.send_str(frame))
        await socket.send_str('{"type": "CloseStream"}')
        messages = await rest(socket)
        assert socket.close_code == 1000
    assert messages[-1]["type"] == "Metadata"
    return messages[:-1]


def transcript(messages: list[dict[str, Any]]) -> str:
    return " ".join(
        message["channel"]["alternatives"][0]["transcript"]
        for message in messages
        if message["type"] == "Results" and message["is_final"]
    )


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Token wrong"}, {"Authorization": f"Basic {KEY}"}])
@pytest.mark.parametrize("path", ["/v1/listen", "/v1/speak"])
async def test_without_the_key_the_upgrade_is_refused(
    server: Server, session: aiohttp.ClientSession, path: str, headers: dict[str, str]
) -> None:
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    upgrade["Sec-WebSocket-Key"] = "dGhlIHNhbXBsZSBub25jZQ=="
    async with session.get(f"{server.http}{path}", headers={**upgrade, **headers}) as answer:
        assert answer.status == 401
        body = await answer.json()
    assert body["err_code"] == "INVALID_AUTH"
    assert body["err_msg"] == "Invalid credentials."
    assert len(body["request_id"]) == 36


@pytest.mark.parametrize(
    "query",
    [
        "encoding=opus",
        "encoding=linear16&sample_rate=seven",
        "encoding=linear16&sample_rate=4000",
        "channels=0",
        "channels=99999999999999999999",
        "interim_results=perhaps",
        "endpointing=soon",
        "endpointing=-1",
        "utterance_end_ms=1000",
        "utterance_end_ms=10&interim_results=true",
        "language=tlh",
    ],
)
async def test_bad_parameters_are_refused_before_the_upgrade(
    server: Server, session: aiohttp.ClientSession, query: str
) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as error:
        await session.ws_connect(f"{server.ws}/v1/listen?{query}", headers=TOKEN)
    assert error.value.status == 400
    async with session.post(f"{server.http}/v1/listen?{query}", headers=TOKEN, data=b"") as answer:
        assert answer.status == 400
        assert {"err_code", "err_msg", "request_id"} == set(await answer.json())


async def test_a_recording_that_is_too_large_is_refused(server: Server, session: aiohttp.ClientSession) -> None:
    async with session.post(
        f"{server.http}/v1/listen", headers=TOKEN, data=io.BytesIO(bytes(64 * 2**20 + 1))
    ) as answer:
        assert answer.status == 413
        problem = await answer.json()
    assert set(problem) == {"err_code", "err_msg", "request_id"}
    assert problem["err_code"] == "PAYLOAD_TOO_LARGE"


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '"text"', "{}", '{"type": "Dance"}', '{"type": {}}', "[" * 5000])
async def test_a_text_that_is_not_understood_is_answered_and_the_stream_goes_on(
    server: Server, session: aiohttp.ClientSession, say: Say, text: str
) -> None:
    speech = np.concatenate([silence(0.3), say("Yes."), silence(0.5)])
    error, *others = await exchange(server, session, RAW, text, pcm(speech))
    ListenV1Error.model_validate(error, strict=True)
    assert error["variant"] == "SchemaError"
    assert error["message"] == text
    assert transcript(others) == "Yes."


@settings(max_examples=examples(20), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(frames=some.lists(some.one_of(some.binary(max_size=4000), some.text(max_size=60)), max_size=6))
def test_no_frame_crashes_a_stream(server: Server, frames: list[bytes | str]) -> None:
    async def run() -> None:
        async with aiohttp.ClientSession() as session:
            usable = [frame for frame in frames if frame != b""]
            for message in await exchange(server, session, RAW, *usable):
                assert message["type"] in ("Error", "Results")

    asyncio.run(run())


async def test_a_broken_frame_closes_only_its_own_socket(server: Server, session: aiohttp.ClientSession) -> None:
    async with session.ws_connect(f"{server.ws}/v1/listen?{RAW}", headers=TOKEN) as socket:
        transport = socket.get_extra_info("socket")
        assert transport is not None
        writer = socket._writer
        writer.transport.write(b"\xff\xff\xff\xff")  # type: ignore[union-attr]
        async with asyncio.timeout(10):
            message = await socket.receive()
        assert message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)
    async with session.get(f"{server.http}/health") as answer:
        assert answer.status == 200


async def test_audio_without_an_encoding_is_refused_with_the_vendors_code(
    server: Server, session: aiohttp.ClientSession
) -> None:
    async with session.ws_connect(f"{server.ws}/v1/listen", headers=TOKEN) as socket:
        await socket.send_bytes(b"\x00" * 3200)
        message = await socket.receive(10)
        assert message.type is aiohttp.WSMsgType.CLOSE
        assert message.data == 1008
        assert str(message.extra).startswith("DATA-0000")


async def test_ten_seconds_without_a_message_end_the_stream_and_keepalive_prevents_it(
    server: Server, session: aiohttp.ClientSession
) -> None:
    url = f"{server.ws}/v1/listen?{RAW}"
    async with session.ws_connect(url, headers=TOKEN) as idle, session.ws_connect(url, headers=TOKEN) as alive:

        async def keep() -> None:
            while True:
                await alive.send_str('{"type": "KeepAlive"}')
                await asyncio.sleep(2)

        keeping = asyncio.create_task(keep())
        message = await idle.receive(20)
        assert message.type is aiohttp.WSMsgType.CLOSE
        assert message.data == 1011
        assert "net0001" in str(message.extra)
        keeping.cancel()
        await alive.send_str('{"type": "CloseStream"}')
        assert [message["type"] for message in await rest(alive)] == ["Metadata"]


async def test_finalize_answers_at_once(server: Server, session: aiohttp.ClientSession, say: Say) -> None:
    async with session.ws_connect(f"{server.ws}/v1/listen?{RAW}&endpointing=2000", headers=TOKEN) as socket:
        await socket.send_bytes(pcm(np.concatenate([silence(0.3), say("What are your opening hours on Saturday?")])))
        await socket.send_str('{"type": "Finalize"}')
        message = await socket.receive_json(timeout=10)
        assert message["from_finalize"]
        assert message["is_final"]
        assert words(transcript([message])) == words("What are your opening hours on Saturday?")
        await socket.send_str('{"type": "Finalize"}')
        empty = await socket.receive_json(timeout=10)
        assert empty["from_finalize"]
        assert transcript([empty]) == ""


@pytest.mark.parametrize("rate", [8_000, 16_000, 24_000, 44_100, 48_000])
async def test_any_sample_rate(server: Server, session: aiohttp.ClientSession, say: Say, rate: int) -> None:
    speech = np.concatenate([silence(0.4), say("How much is the rent?"), silence(0.6)])
    audio = pcm(Resampler(RATE, rate).feed(speech))
    frames = [audio[start : start + 1001] for start in range(0, len(audio), 1001)]
    messages = await exchange(server, session, f"encoding=linear16&sample_rate={rate}", *frames)
    assert words(transcript(messages)) == words("How much is the rent?")


async def test_two_channels_are_heard_apart(server: Server, session: aiohttp.ClientSession, say: Say) -> None:
    left, right = (
        np.concatenate([silence(0.4), say(text), silence(2)]) for text in ("Goodbye.", "How much is the rent?")
    )
    length = min(len(left), len(right))
    both = np.stack([left[:length], right[:length]], axis=1).reshape(-1)
    messages = await exchange(server, session, RAW + "&channels=2&multichannel=true", pcm(both))
    transcripts = {index: transcript([m for m in messages if m["channel_index"] == [index, 2]]) for index in (0, 1)}
    assert words(transcripts[0]) == ["goodbye"]
    assert words(transcripts[1]) == words("How much is the rent?")


async def test_a_recording_sent_at_once_is_split_at_its_pauses(
    server: Server, session: aiohttp.ClientSession, say: Say
) -> None:
    texts = ["How much is the rent?", "Goodbye.", "I would like to book a viewing."]
    audio = np.concatenate([part for text in texts for part in (silence(0.6), say(text), silence(0.6))])
    messages = await exchange(server, session, RAW + "&endpointing=300", pcm(audio))
    finals = [message for message in messages if message["type"] == "Results" and message["speech_final"]]
    assert [words(transcript([message])) for message in finals] == [words(text) for text in texts]


async def test_endpointing_can_be_switched_off(server: Server, session: aiohttp.ClientSession, say: Say) -> None:
    audio = np.concatenate([silence(0.5), say("How much is the rent?"), silence(2)])
    messages = await exchange(server, session, RAW + "&endpointing=false", pcm(audio))
    assert transcript(messages) == "How much is the rent?"
    assert not any(message["speech_final"] for message in messages)


async def test_without_punctuate_the_words_are_bare(server: Server, session: aiohttp.ClientSession, say: Say) -> None:
    audio = np.concatenate([silence(0.5), say("How much is the rent?"), silence(1)])
    messages = await exchange(server, session, "encoding=linear16&sample_rate=16000", pcm(audio))
    assert transcript(messages) == "how much is the rent"
    assert "punctuated_word" not in messages[0]["channel"]["alternatives"][0]["words"][0]
