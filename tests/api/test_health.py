"""`GET /api/health` names exactly what is down, and tells details to those who may know them."""

import asyncio
import json
import time

import httpx
import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from quantum_app.api import health, rate_limits
from quantum_app.api.app import api
from quantum_app.db.session import dispose
from quantum_app.settings import VERSION, settings
from tests.api.conftest import Configure
from tests.db.tenants import PASSWORD, create_tenant
from tests.stack import Stack

pytestmark = pytest.mark.api

COMPONENTS = {"LIVEKIT", "DISPATCH", "STT", "LLM", "TTS", "DB", "REDIS", "WEB"}
# Setting → value that breaks it, and the components that depend on it.
OUTAGES = {
    "LIVEKIT_URL": ("ws://127.0.0.1:9", {"LIVEKIT"}),
    "LIVEKIT_API_SECRET": ("not the secret of this server, but as long", {"LIVEKIT"}),
    "DEEPGRAM_API_KEY": ("not the key", {"STT", "TTS"}),
    "QUANTUM_WORKER_PORT": ("9", {"DISPATCH"}),
    "DATABASE_URL": ("postgresql://quantum_app@127.0.0.1:9/quantum", {"DB"}),
    "REDIS_URL": ("redis://127.0.0.1:9/0", {"REDIS"}),
    "OPENAI_BASE_URL": ("http://127.0.0.1:9/v1", {"LLM"}),
}


@pytest.fixture(scope="module")
def services(quiet_stack: Stack) -> Stack:
    """All of it but the pages."""
    quiet_stack.need("postgres", "valkey", "valkey-pages", "livekit", "providers", "worker")
    return quiet_stack


@pytest_asyncio.fixture(autouse=True)
async def _reset_caches(services: Stack) -> None:
    health._cached = health._Cached()
    health.rooms.cache_clear()


def browser(peer: str = "127.0.0.1", **headers: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(api, client=(peer, 50_000))
    all_headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=all_headers)


def key() -> str:
    return f"Bearer {settings().http.instance_key.get_secret_value()}"


async def get_checks() -> dict[str, bool]:
    async with browser(authorization=key()) as web:
        response = await web.get("/api/health")
    body = response.json()
    checks = {name: check["ok"] for name, check in body["checks"].items()}
    assert response.status_code == (200 if all(checks.values()) else 503)
    assert body["status"] == ("ok" if all(checks.values()) else "down")
    await rate_limits.close()
    await dispose()
    return checks


async def test_all_is_well() -> None:
    assert await get_checks() == dict.fromkeys(COMPONENTS, True)


@pytest.mark.parametrize("name", OUTAGES)
async def test_what_is_broken_is_named_and_nothing_else(configure: Configure, name: str) -> None:
    value, down = OUTAGES[name]
    configure(name, value)
    health.rooms.cache_clear()
    with capture_logs() as log_lines:
        assert await get_checks() == {component: component not in down for component in COMPONENTS}
    assert {str(line["stage"]) for line in log_lines if line["event"] == "unhealthy"} == set(down)
    health.rooms.cache_clear()


async def test_a_server_that_hangs_is_down_after_two_seconds(configure: Configure) -> None:
    async def read_silently(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(read_silently, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    configure("DEEPGRAM_BASE_URL", f"http://127.0.0.1:{port}")
    configure("QUANTUM_WORKER_PORT", str(port))
    start = time.monotonic()
    checks = await get_checks()
    assert time.monotonic() - start < 4, "the checks run side by side"
    assert {component for component, ok in checks.items() if not ok} == {"STT", "TTS", "DISPATCH"}
    server.close()
    await server.wait_closed()


@pytest.mark.parametrize(
    ("peer", "headers"),
    [
        ("203.0.113.5", {}),
        ("127.0.0.1", {}),  # whoever comes by a forwarded port is this machine too
        ("127.0.0.1", {"authorization": "Bearer"}),
        ("127.0.0.1", {"authorization": "Bearer not-the-key"}),
        ("127.0.0.1", {"x_forwarded_for": "203.0.113.5"}),
        ("127.0.0.1", {"x_forwarded_for": "127.0.0.1"}),
        ("127.0.0.1", {"forwarded": "for=203.0.113.5"}),
        ("203.0.113.5", {"x_forwarded_for": "127.0.0.1"}),
    ],
)
async def test_strangers_learn_little(peer: str, headers: dict[str, str]) -> None:
    async with browser(peer, **headers) as web:
        body = (await web.get("/api/health")).json()
        assert body.keys() == {"status", "uptime", "version"}
        assert body["version"] == VERSION
        assert body["uptime"] >= 0
    await rate_limits.close()
    await dispose()


async def test_an_owner_learns_all_of_it_from_anywhere() -> None:
    tenant = await create_tenant()
    async with browser("203.0.113.6") as web:
        await web.post("/api/auth/login", json={"email": tenant.email, "password": PASSWORD})
        assert (await web.get("/api/health")).json()["checks"].keys() == COMPONENTS
    await rate_limits.close()
    await dispose()


async def test_whoever_has_the_key_learns_all_of_it_from_anywhere() -> None:
    async with browser("203.0.113.6", authorization=key()) as web:
        assert (await web.get("/api/health")).json()["checks"].keys() == COMPONENTS
    await rate_limits.close()
    await dispose()


async def test_no_secret_is_told(configure: Configure) -> None:
    configure("DATABASE_URL", "postgresql://quantum_app:hidden-word@127.0.0.1:9/quantum")
    configure("REDIS_URL", "redis://:hidden-word@127.0.0.1:9/0")
    async with browser(authorization=key()) as web:
        text = json.dumps((await web.get("/api/health")).json())
    assert "checks" in text
    assert "hidden-word" not in text
    assert settings().http.instance_key.get_secret_value() not in text
    assert settings().deepgram.api_key.get_secret_value() not in text
    await rate_limits.close()
    await dispose()
