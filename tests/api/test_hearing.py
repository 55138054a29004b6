"""`/api/flows/{campaignId}/hear`: what is said to the simulator, by the letter."""

import io
import subprocess
import sys
import wave
from collections.abc import AsyncIterator

import httpx
import numpy as np
import pytest
import pytest_asyncio

from ops import sound
from quantum_app.api import rate_limits
from quantum_app.kit import ids
from tests.api.conftest import Configure
from tests.db.tenants import Tenant, as_program, create_tenant
from tests.stack import Stack

WAV = {"content-type": "audio/wav"}

# The SDK imports names that the websockets package calls deprecated.
pytestmark = [pytest.mark.api, pytest.mark.filterwarnings("ignore:websockets:DeprecationWarning")]


@pytest.fixture
async def tenant() -> Tenant:
    return await create_tenant()


@pytest_asyncio.fixture
async def owner(quiet_stack: Stack, web: httpx.AsyncClient, tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    quiet_stack.need("providers")
    web.headers.update(await as_program(tenant))
    yield web


def path(tenant: Tenant) -> str:
    return f"/api/flows/{ids.encode('cmp', tenant.campaign.campaign_id)}/hear"


def recording(*pieces: float | str, rate: int = sound.RATE) -> bytes:
    """Silences (seconds) and spoken sentences."""
    parts = [sound.speak(item) if isinstance(item, str) else np.zeros(round(item * rate), np.int16) for item in pieces]
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(np.concatenate(parts).tobytes())
    return file.getvalue()


async def test_what_is_said_comes_back_as_words(owner: httpx.AsyncClient, tenant: Tenant) -> None:
    audio = recording(0.3, "How much is the complete package?", 1.2)
    answer = await owner.post(path(tenant), content=audio, headers=WAV)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"text": "How much is the complete package?"}


async def test_silence_is_told_in_words(owner: httpx.AsyncClient, tenant: Tenant) -> None:
    answer = await owner.post(path(tenant), content=recording(2.0), headers=WAV)
    assert (answer.status_code, answer.json()["code"]) == (422, "nothing_heard")
    assert answer.json()["detail"].startswith("We couldn't hear anything.")


async def test_a_recogniser_that_is_away_is_named(
    owner: httpx.AsyncClient, tenant: Tenant, configure: Configure
) -> None:
    configure("DEEPGRAM_BASE_URL", "http://127.0.0.1:9")
    answer = await owner.post(path(tenant), content=recording(1.0), headers=WAV)
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.json()["code"], answer.json()["component"]) == ("dependency_unavailable", "STT")


SHORT_RECORDING = recording(0.1)
BAD_RECORDINGS = {
    "nothing": b"",
    "no WAV": b"this is not audio" * 10,
    "cut": SHORT_RECORDING[:30],
    "shorter than its parts": SHORT_RECORDING[:4] + b"\x05\0\0\0" + SHORT_RECORDING[8:],
    "without a rate": SHORT_RECORDING[:24] + bytes(4) + SHORT_RECORDING[28:],
}


@pytest.mark.parametrize("name", BAD_RECORDINGS)
async def test_what_is_no_recording(owner: httpx.AsyncClient, tenant: Tenant, name: str) -> None:
    answer = await owner.post(path(tenant), content=BAD_RECORDINGS[name], headers=WAV)
    assert (answer.status_code, answer.json()["code"]) == (415, "not_audio")


async def test_other_types_are_refused(owner: httpx.AsyncClient, tenant: Tenant) -> None:
    for content_type in ("application/json", "audio/webm", "text/plain"):
        answer = await owner.post(path(tenant), content=SHORT_RECORDING, headers={"content-type": content_type})
        assert (answer.status_code, answer.json()["code"]) == (415, "not_audio")


async def test_there_is_a_limit_to_length_and_size(owner: httpx.AsyncClient, tenant: Tenant) -> None:
    for audio in (recording(16.0, rate=8000), recording(14.0, rate=48_000)):
        answer = await owner.post(path(tenant), content=audio, headers=WAV)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_there_is_a_limit_to_trying(
    owner: httpx.AsyncClient, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "HEARINGS_BY_PERSON", rate_limits.parse("2/minute"))
    answers = [await owner.post(path(tenant), content=b"no recording", headers=WAV) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [415, 415, 429]


async def test_nobody_and_another_account(web: httpx.AsyncClient, tenant: Tenant) -> None:
    assert (await web.post(path(tenant), content=SHORT_RECORDING, headers=WAV)).status_code == 401
    headers = WAV | await as_program(tenant)
    answer = await web.post(path(await create_tenant()), content=SHORT_RECORDING, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (404, "campaign_not_found")


def test_who_does_not_speak_does_not_wait_for_the_sdk() -> None:
    program = "import sys, quantum_app.api.app; sys.exit('deepgram' in sys.modules)"
    assert subprocess.run([sys.executable, "-W", "ignore", "-c", program]).returncode == 0
