"""Health checks. Owners, and whoever has the key that `make run` prints, see each component."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import aiohttp
from fastapi import APIRouter, Request, Response
from redis.asyncio import Redis
from sqlalchemy import text

from quantum_app.api import client, rate_limits
from quantum_app.api.calls import rooms
from quantum_app.api.endpoint import Endpoint
from quantum_app.api.guard import identify
from quantum_app.api.schemas.system import Alive, ComponentHealth, Health
from quantum_app.db.session import public_session
from quantum_app.domain.accounts.permissions import Permission
from quantum_app.errors import Component, QuantumError
from quantum_app.kit.log import logger
from quantum_app.settings import VERSION, settings

_TIMEOUT = 2.0  # seconds for one check
_FRESH = 1.0  # seconds an answer is good for
_STARTED_AT = time.monotonic()

router = APIRouter(prefix="/api", route_class=Endpoint, tags=["Health"])


async def _livekit() -> str:
    await rooms().check()
    return "answers"


async def _dispatch() -> str:
    async with aiohttp.ClientSession() as web, web.get(f"http://127.0.0.1:{settings().worker.port}/") as answer:
        answer.raise_for_status()
    return "a worker is registered"


async def _deepgram(path: str) -> str:
    vendor = settings().deepgram
    headers = {"authorization": f"Token {vendor.api_key.get_secret_value()}"}
    async with aiohttp.ClientSession(headers=headers) as web, web.ws_connect(f"{vendor.base_url}{path}") as socket:
        await socket.send_str('{"type":"CloseStream"}' if "listen" in path else '{"type":"Close"}')
    return "answers"


async def _stt() -> str:
    model = settings().deepgram.stt_model
    return await _deepgram(f"/v1/listen?model={model}&encoding=linear16&sample_rate=16000")


async def _tts() -> str:
    model = settings().deepgram.tts_model
    return await _deepgram(f"/v1/speak?model={model}&encoding=linear16&sample_rate=24000")


async def _llm() -> str:
    model = settings().openai
    if not model.enabled:
        return "no model is configured, so the rules answer"
    base = model.base_url or "https://api.openai.com/v1"
    headers = {"authorization": f"Bearer {model.api_key.get_secret_value()}"}
    async with aiohttp.ClientSession(headers=headers) as web, web.get(f"{base}/models") as answer:
        answer.raise_for_status()
    return "answers"


async def _db() -> str:
    async with public_session() as session:
        await session.execute(text("select 1"))
    return "answers"


async def _redis() -> str:
    await rate_limits.redis().execute_command("PING")
    async with Redis.from_url(settings().redis.page_states) as page_states:
        await page_states.execute_command("PING")
    return "answers"


async def _web() -> str:
    return "answers"


CHECKS: dict[Component, Callable[[], Awaitable[str]]] = {
    Component.LIVEKIT: _livekit,
    Component.DISPATCH: _dispatch,
    Component.STT: _stt,
    Component.LLM: _llm,
    Component.TTS: _tts,
    Component.DB: _db,
    Component.REDIS: _redis,
    Component.WEB: _web,
}


async def _run(component: Component, check: Callable[[], Awaitable[str]]) -> ComponentHealth:
    began = time.perf_counter()
    try:
        async with asyncio.timeout(_TIMEOUT):
            message, ok = await check(), True
    except QuantumError as error:
        message, ok = error.message, False
    except TimeoutError:
        message, ok = f"doesn't respond within {_TIMEOUT:g} s", False
    except aiohttp.ClientResponseError as error:
        message, ok = f"responds with status {error.status}", False
    except Exception as error:
        message, ok = f"can't be reached ({type(error).__name__})", False
    if not ok:
        logger(__name__, stage=component).error("unhealthy", reason=message)
    return ComponentHealth(ok=ok, message=message, ms=round((time.perf_counter() - began) * 1000, 1))


class _Cached:
    """The latest checks; asked again at most once a second, by one at a time."""

    def __init__(self) -> None:
        self._lock: asyncio.Lock | None = None
        self._at = float("-inf")
        self._checks: dict[Component, ComponentHealth] = {}

    async def checks(self) -> dict[Component, ComponentHealth]:
        self._lock = self._lock or asyncio.Lock()
        async with self._lock:
            if time.monotonic() - self._at > _FRESH:
                results = await asyncio.gather(*(_run(component, check) for component, check in CHECKS.items()))
                self._checks = dict(zip(CHECKS, results, strict=True))
                self._at = time.monotonic()
        return self._checks


_cached = _Cached()


async def _may_see_detail(request: Request) -> bool:
    if client.is_instance_key(client.bearer(request)):
        return True
    try:
        identity = await identify(request)
    except QuantumError:
        return False
    return identity is not None and identity.may(Permission.HEALTH_READ) and not identity.lacks_second_factor


@router.get(
    "/health",
    summary="Retrieve system health",
    response_model_exclude_unset=True,
    responses={503: {"model": Health, "description": "A component is down."}},
)
async def retrieve_health(request: Request, response: Response) -> Health:
    """Returns whether every component works. Answers 503 when one is down."""
    checks = await _cached.checks()
    healthy = all(check.ok for check in checks.values())
    detail = {"checks": {str(component): check for component, check in checks.items()}}
    response.status_code = 200 if healthy else 503
    return Health(
        status="ok" if healthy else "down",
        uptime=round(time.monotonic() - _STARTED_AT, 1),
        version=VERSION,
        **(detail if await _may_see_detail(request) else {}),
    )


@router.get("/alive", summary="Check that the web process responds", response_model_exclude_unset=True)
async def alive() -> Alive:
    """Answers whatever the state of the other components is. The supervisor asks here."""
    return Alive(status="ok")
