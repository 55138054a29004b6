"""`/v1/speak` message by message, and the text that is spoken piece by piece."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from local_providers.deepgram.synthesizer import take_pieces
from tests.examples import examples
from tests.providers.support import KEY, Server

pytestmark = pytest.mark.provider

TOKEN = {"Authorization": f"Token {KEY}"}
SENTENCE = "The two bedroom apartment on Maple Street is available from the first of December. "


@pytest.fixture
async def socket(server: Server) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """A connected socket that has said who it is."""
    url = f"{server.ws}/v1/speak?encoding=linear16&sample_rate=24000"
    async with aiohttp.ClientSession() as session, session.ws_connect(url, headers=TOKEN) as socket:
        assert (await socket.receive_json(timeout=10))["type"] == "Metadata"
        yield socket


async def until(socket: aiohttp.ClientWebSocketResponse, kind: str) -> tuple[int, dict[str, Any]]:
    """The bytes of audio before the next message of this kind, and that message."""
    received = 0
    async with asyncio.timeout(20):
        while True:
            message = await socket.receive()
            if message.type is aiohttp.WSMsgType.BINARY:
                received += len(message.data)
                continue
            assert message.type is aiohttp.WSMsgType.TEXT, message
            decoded = json.loads(message.data)
            if decoded["type"] == kind:
                return received, decoded


async def test_what_was_flushed_is_numbered_and_complete(socket: aiohttp.ClientWebSocketResponse) -> None:
    sizes: list[int] = []
    for expected in range(3):
        await socket.send_json({"type": "Speak", "text": "We are open until five."})
        await socket.send_json({"type": "Flush"})
        size, flushed = await until(socket, "Flushed")
        assert flushed["sequence_id"] == expected
        sizes.append(size)
    assert min(sizes) > 24_000
    assert max(sizes) - min(sizes) < 9_600


async def test_a_sentence_is_spoken_before_the_flush(socket: aiohttp.ClientWebSocketResponse) -> None:
    await socket.send_json({"type": "Speak", "text": "We are open until five. And on Satur"})
    message = await socket.receive(10)
    assert message.type is aiohttp.WSMsgType.BINARY


async def test_clear_drops_what_is_waiting(socket: aiohttp.ClientWebSocketResponse) -> None:
    await socket.send_json({"type": "Speak", "text": SENTENCE * 20})
    await socket.send_json({"type": "Flush"})
    assert (await socket.receive(10)).type is aiohttp.WSMsgType.BINARY
    await socket.send_json({"type": "Clear"})
    size, _ = await until(socket, "Cleared")
    assert size < 20 * 2 * 24_000
    await socket.send_json({"type": "Speak", "text": "Sure."})
    await socket.send_json({"type": "Flush"})
    size, _ = await until(socket, "Flushed")
    assert 10_000 < size < 60_000


async def test_close_speaks_what_is_left(socket: aiohttp.ClientWebSocketResponse) -> None:
    await socket.send_json({"type": "Speak", "text": "Goodbye"})
    await socket.send_json({"type": "Close"})
    size, _ = await until(socket, "Flushed")
    assert size > 10_000
    assert (await socket.receive(10)).type is aiohttp.WSMsgType.CLOSE
    assert socket.close_code == 1000


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"type": "Speak"}', '{"type": "Speak", "text": 3}', '{"type": "Sing"}']
)
async def test_a_text_that_is_not_understood_is_answered(socket: aiohttp.ClientWebSocketResponse, text: str) -> None:
    await socket.send_str(text)
    _, error = await until(socket, "Error")
    assert error["variant"] == "SchemaError"
    await socket.send_json({"type": "Flush"})
    assert await until(socket, "Flushed") == (0, {"type": "Flushed", "sequence_id": 0})


async def test_too_much_text_is_refused(socket: aiohttp.ClientWebSocketResponse) -> None:
    await socket.send_json({"type": "Speak", "text": "a" * 2001})
    _, error = await until(socket, "Error")
    assert "2000" in error["description"]


async def test_audio_is_refused(socket: aiohttp.ClientWebSocketResponse) -> None:
    await socket.send_bytes(b"\x00\x00")
    message = await socket.receive(10)
    assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, 1008)


@settings(max_examples=examples(15), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=some.text(max_size=80))
def test_any_text_is_flushed(server: Server, text: str) -> None:
    async def run() -> None:
        url = f"{server.ws}/v1/speak?encoding=linear16&sample_rate=16000"
        async with aiohttp.ClientSession() as session, session.ws_connect(url, headers=TOKEN) as socket:
            await socket.send_json({"type": "Speak", "text": text})
            await socket.send_json({"type": "Flush"})
            await until(socket, "Flushed")

    asyncio.run(run())


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"text": 1}', b'{"text": " "}'])
async def test_a_post_without_text_is_a_bad_request(server: Server, body: bytes) -> None:
    url = f"{server.http}/v1/speak?encoding=linear16"
    async with aiohttp.ClientSession() as session, session.post(url, headers=TOKEN, data=body) as answer:
        assert answer.status == 400
        assert (await answer.json())["err_code"] == "Bad Request"


@pytest.mark.parametrize(
    ("text", "first", "complete", "pieces", "rest"),
    [
        ("Sure. Let me see", True, False, ["Sure."], " Let me see"),
        ("Sure. Let me see", True, True, ["Sure.", "Let me see"], ""),
        ("Dr. Smith is here. He", True, False, ["Dr. Smith is here."], " He"),
        ("It costs 3.50 dollars. ", False, False, ["It costs 3.50 dollars."], " "),
        ("Let me look that up for you, one mo", True, False, ["Let me look that up for you,"], " one mo"),
        ("Let me look that up for you, one mo", False, False, [], "Let me look that up for you, one mo"),
        ("No, wait", True, False, [], "No, wait"),
        (" \n ... ", True, True, [], ""),
    ],
)
def test_pieces(text: str, first: bool, complete: bool, pieces: list[str], rest: str) -> None:
    assert take_pieces(text, first=first, complete=complete) == (pieces, rest)


@given(text=some.text(alphabet="ab,. !?\n1", max_size=200), cuts=some.lists(some.integers(0, 200), max_size=8))
def test_no_word_is_lost_or_doubled_however_the_text_arrives(text: str, cuts: list[int]) -> None:
    bounds = sorted({0, len(text), *(min(cut, len(text)) for cut in cuts)})
    texts: list[str] = []
    rest = ""
    for start, end in itertools.pairwise(bounds):
        pieces, rest = take_pieces(rest + text[start:end], first=not texts, complete=False)
        texts += pieces
    texts += take_pieces(rest, first=not texts, complete=True)[0]
    letters = "".join(char for char in text if char.isalnum())
    assert "".join(char for char in "".join(texts) if char.isalnum()) == letters
