"""Faults on request, as a client meets them; who may set them."""

import asyncio
import time
import urllib.error
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import numpy as np
import openai
import pytest

from local_providers.deepgram.audio import Samples
from tests.providers.support import KEY, Server, pcm, silence

pytestmark = pytest.mark.provider

Say = Callable[[str], Samples]
TOKEN = {"Authorization": f"Token {KEY}"}
LISTEN = "/v1/listen?encoding=linear16&sample_rate=16000&punctuate=true"
SPEAK = "/v1/speak?encoding=linear16&sample_rate=16000"


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def fault(server: Server, endpoint: str, **fields: Any) -> None:
    server.admin("PUT", f"/admin/faults/{endpoint}", fields)


async def test_a_status_refuses_the_upgrade_as_often_as_asked(
    no_faults: Server, session: aiohttp.ClientSession
) -> None:
    fault(no_faults, "listen", status=503, error_code="OVERLOADED", count=2)
    for _ in range(2):
        with pytest.raises(aiohttp.WSServerHandshakeError) as error:
            await session.ws_connect(no_faults.ws + LISTEN, headers=TOKEN)
        assert error.value.status == 503
    async with session.ws_connect(no_faults.ws + LISTEN, headers=TOKEN):
        assert no_faults.admin("GET", "/admin/faults/listen") is None


async def test_the_vendors_words_for_an_injected_error(no_faults: Server, session: aiohttp.ClientSession) -> None:
    fault(no_faults, "speak", status=500, error_code="BROKEN")
    async with session.post(no_faults.http + SPEAK, headers=TOKEN, json={"text": "Hello."}) as answer:
        assert answer.status == 500
        assert (await answer.json())["err_code"] == "BROKEN"
    fault(no_faults, "chat", status=500, error_code="BROKEN")
    async with openai.AsyncOpenAI(api_key=KEY, base_url=f"{no_faults.http}/v1", max_retries=0) as client:
        with pytest.raises(openai.InternalServerError) as error:
            await client.chat.completions.create(model="extractive", messages=[{"role": "user", "content": "Hi"}])
        assert error.value.code == "BROKEN"
        fault(no_faults, "embeddings", status=429, error_code="rate_limit_exceeded")
        with pytest.raises(openai.RateLimitError):
            await client.embeddings.create(model="multilingual-e5-small", input="Hi")


async def test_an_open_stream_is_cut_without_a_word(no_faults: Server, session: aiohttp.ClientSession) -> None:
    async with session.ws_connect(no_faults.ws + LISTEN, headers=TOKEN) as socket:
        fault(no_faults, "listen", drop_after_ms=200)
        message = await socket.receive(10)
        assert message.type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
        assert socket.close_code in (None, 1006)


async def test_a_silent_recogniser_hears_and_says_nothing(
    no_faults: Server, session: aiohttp.ClientSession, say: Say
) -> None:
    speech = pcm(np.concatenate([silence(0.3), say("Yes."), silence(0.5)]))
    async with session.ws_connect(no_faults.ws + LISTEN, headers=TOKEN) as socket:
        fault(no_faults, "listen", silence=True)
        await socket.send_bytes(speech)
        with pytest.raises(TimeoutError):
            await socket.receive(1.5)
    no_faults.admin("DELETE", "/admin/faults/listen")
    async with session.ws_connect(no_faults.ws + LISTEN, headers=TOKEN) as socket:
        await socket.send_bytes(speech)
        assert (await socket.receive_json(timeout=10))["is_final"]


async def test_a_late_voice_is_late_by_what_was_asked(no_faults: Server, session: aiohttp.ClientSession) -> None:
    fault(no_faults, "speak", delay_ms=700)
    async with session.ws_connect(no_faults.ws + SPEAK, headers=TOKEN) as socket:
        await socket.receive(10)
        began = time.monotonic()
        await socket.send_json({"type": "Speak", "text": "Sure."})
        await socket.send_json({"type": "Flush"})
        message = await socket.receive(10)
        assert message.type is aiohttp.WSMsgType.BINARY
        assert time.monotonic() - began >= 0.7


async def test_a_silent_chat_answers_when_the_fault_ends(no_faults: Server) -> None:
    fault(no_faults, "chat", silence=True)
    async with openai.AsyncOpenAI(api_key=KEY, base_url=f"{no_faults.http}/v1", max_retries=0) as client:
        request = asyncio.create_task(
            client.chat.completions.create(model="extractive", messages=[{"role": "user", "content": "Hi"}])
        )
        done, _ = await asyncio.wait({request}, timeout=0.7)
        assert not done
        await asyncio.to_thread(no_faults.admin, "DELETE", "/admin/faults/chat")
        assert (await asyncio.wait_for(request, 10)).choices


async def test_an_endless_chat_answer_goes_on_until_the_reader_leaves(no_faults: Server) -> None:
    fault(no_faults, "chat", endless=True)
    async with openai.AsyncOpenAI(api_key=KEY, base_url=f"{no_faults.http}/v1", max_retries=0) as client:
        stream = await client.chat.completions.create(
            model="extractive", messages=[{"role": "user", "content": "Hi"}], stream=True, max_completion_tokens=5
        )
        async with stream as answer:
            for _ in range(100):
                assert (await anext(answer)).choices
        no_faults.admin("DELETE", "/admin/faults/chat")
        whole = await client.chat.completions.create(model="extractive", messages=[{"role": "user", "content": "Hi"}])
        assert whole.choices[0].finish_reason == "stop", "the server has the next one answered"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PUT", "/admin/faults/listen", {"delay_ms": -1}, 400),
        ("PUT", "/admin/faults/listen", {"delya_ms": 1}, 400),
        ("PUT", "/admin/faults/listen", {"status": 200}, 400),
        ("PUT", "/admin/faults/everything", {}, 404),
        ("POST", "/admin/faults/listen", {}, 405),
        ("GET", "/admin/timings?last=many", None, 400),
    ],
)
def test_what_the_admin_endpoints_refuse(
    no_faults: Server, method: str, path: str, body: dict[str, Any] | None, status: int
) -> None:
    with pytest.raises(urllib.error.HTTPError) as error:
        no_faults.admin(method, path, body)
    assert error.value.code == status
    error.value.close()


async def test_the_admin_endpoints_need_the_key(no_faults: Server, session: aiohttp.ClientSession) -> None:
    for path in ("/admin/faults/listen", "/admin/timings"):
        async with session.get(no_faults.http + path) as answer:
            assert answer.status == 401


async def test_timings_tell_what_each_pass_cost_and_nothing_that_was_said(
    no_faults: Server, session: aiohttp.ClientSession, say: Say
) -> None:
    async with session.ws_connect(no_faults.ws + LISTEN, headers=TOKEN) as socket:
        await socket.send_bytes(pcm(np.concatenate([silence(0.3), say("Goodbye."), silence(0.5)])))
        result = await socket.receive_json(timeout=10)
    timings = no_faults.admin("GET", "/admin/timings?last=500")
    own = [timing for timing in timings if timing["request_id"] == result["metadata"]["request_id"]]
    assert {timing["kind"] for timing in own} == {"listen.speculative", "listen.final"}
    assert all(timing["run_ms"] > 0 for timing in own if timing["kind"] == "listen.speculative")
    assert all(timing["lag_ms"] > 0 for timing in own if timing["kind"] == "listen.final")
    assert "oodbye" not in str(timings)
