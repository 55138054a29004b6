"""Each part asked directly, without the others. What only a call shows (DISPATCH's promise) is left to the call."""

import asyncio
import io
import time
import wave
from collections.abc import Awaitable, Callable

import aiohttp
import httpx
import openai
import redis.asyncio
import redis.exceptions
from livekit import api
from sqlalchemy import text

from ops.doctor.findings import Findings
from ops.sound import RATE, speak
from quantum_app.db.session import public_session
from quantum_app.errors import Component, DependencyUnavailable
from quantum_app.settings import settings

PATIENCE = 10.0
WORDS = "How much is a studio?"


class Wrong(Exception):
    """What a probe found, in words."""


async def probe(findings: Findings) -> None:
    """Ask all parts at once. LIVEKIT comes before DISPATCH, because a worker without its server cannot be well."""
    probes: dict[Component, Callable[[], Awaitable[str]]] = {
        Component.LIVEKIT: _livekit,
        Component.STT: _listen,
        Component.LLM: _chat,
        Component.TTS: _speak,
        Component.DB: _database,
        Component.REDIS: _redis,
        Component.WEB: _web,
    }
    await asyncio.gather(*(_ask(findings, component, ask) for component, ask in probes.items()))
    if not findings.is_broken(Component.LIVEKIT):
        await _ask(findings, Component.DISPATCH, _worker)


async def _ask(findings: Findings, component: Component, ask: Callable[[], Awaitable[str]]) -> None:
    began = time.monotonic()
    try:
        async with asyncio.timeout(PATIENCE):
            answer = await ask()
    except Wrong as wrong:
        findings.broken(component, str(wrong))
    except TimeoutError:
        findings.broken(component, f"no answer within {PATIENCE:g} s")
    except (
        OSError,
        DependencyUnavailable,
        aiohttp.ClientError,
        httpx.HTTPError,
        openai.APIError,
        redis.exceptions.RedisError,
        api.TwirpError,
    ) as error:
        findings.broken(
            component, f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no answer'}"
        )
    else:
        # DISPATCH is only well when an assistant has joined a call.
        if component is not Component.DISPATCH:
            findings.ok(component, f"{answer} in {1000 * (time.monotonic() - began):.0f} ms")


async def _livekit() -> str:
    server = settings().livekit
    async with api.LiveKitAPI(server.url, server.api_key, server.api_secret.get_secret_value()) as client:
        await client.room.list_rooms(api.ListRoomsRequest(names=["doctor"]))
    return "knows our key"


async def _worker() -> str:
    # Where workers run on other machines there is no port to ask: the call itself will tell.
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"http://127.0.0.1:{settings().worker.port}/")
    if answer.status_code != 200:
        raise Wrong(f"the worker says: {answer.text[:120]}")
    return "worker healthy"


def _deepgram() -> httpx.AsyncClient:
    speech = settings().deepgram
    headers = {"Authorization": f"Token {speech.api_key.get_secret_value()}"}
    return httpx.AsyncClient(base_url=speech.base_url, headers=headers, timeout=PATIENCE)


async def _listen() -> str:
    file = io.BytesIO()
    samples = await asyncio.to_thread(speak, WORDS)
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(samples.tobytes())
    async with _deepgram() as client:
        answer = await client.post(
            "/v1/listen",
            params={"model": settings().deepgram.stt_model, "language": "en"},
            content=file.getvalue(),
            headers={"Content-Type": "audio/wav"},
        )
    _check(answer)
    transcript = answer.json()["results"]["channels"][0]["alternatives"][0]["transcript"]
    if "studio" not in transcript.lower():
        raise Wrong(f"{WORDS!r} was recognized as {transcript!r}")
    return "recognized a sentence"


async def _speak() -> str:
    async with _deepgram() as client:
        answer = await client.post(
            "/v1/speak",
            params={"model": settings().deepgram.tts_model, "encoding": "linear16", "sample_rate": "24000"},
            json={"text": "All is well."},
        )
    _check(answer)
    if len(answer.content) < RATE // 2:
        raise Wrong(f"only {len(answer.content)} bytes of speech came")
    return "spoke a sentence"


def _check(answer: httpx.Response) -> None:
    if answer.status_code != 200:
        raise Wrong(f"{answer.request.url.path} answered {answer.status_code}: {answer.text[:160]}")


async def _chat() -> str:
    model = settings().openai
    if not model.enabled:
        return "no model is set, so the rules answer; checked"
    key = model.api_key.get_secret_value() or "none"
    client = openai.AsyncOpenAI(api_key=key, base_url=model.base_url or None, max_retries=0, timeout=PATIENCE)
    async with client:
        stream = await client.chat.completions.create(
            model=model.model, messages=[{"role": "user", "content": "Answer with the word yes."}], stream=True
        )
        async for _ in stream:
            return "first words of the model"
    raise Wrong("the model answered nothing")


async def _database() -> str:
    async with public_session() as session:
        await session.execute(text("select 1"))
    return "a query"


async def _redis() -> str:
    client = redis.asyncio.from_url(settings().redis.url.get_secret_value(), socket_timeout=PATIENCE)
    try:
        await client.execute_command("PING")
    finally:
        await client.aclose()
    return "an answer"


async def _web() -> str:
    async with httpx.AsyncClient(timeout=PATIENCE) as client:
        answer = await client.get(f"http://127.0.0.1:{settings().port}/api/health")
    # 503 names another component as down, and that one is found by its own probe: the web app itself answers.
    if answer.status_code not in {200, 503}:
        raise Wrong(f"/api/health answered {answer.status_code}")
    return "an answer"
