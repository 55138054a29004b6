"""The product's hearing against the real process: what is said, and what a vendor in trouble is answered with."""

import io
import wave
from collections.abc import Callable

import numpy as np
import pytest
from pydantic import SecretStr

from local_providers.deepgram.audio import Samples
from quantum_app.errors import Component, DependencyUnavailable
from quantum_app.providers import hearing
from quantum_app.providers.hearing import Hearing
from quantum_app.settings import Deepgram
from tests.providers.support import KEY, RATE, Server, pcm, silence, words

Say = Callable[[str], Samples]

# The SDK imports names that the websockets package calls deprecated.
pytestmark = [pytest.mark.provider, pytest.mark.filterwarnings("ignore:websockets:DeprecationWarning")]


def ear(server: Server, key: str = KEY) -> Hearing:
    return Hearing(Deepgram(base_url=server.http, api_key=SecretStr(key)))


def wav(*pieces: Samples) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(pcm(np.concatenate(pieces)))
    return file.getvalue()


async def test_what_is_said(server: Server, say: Say) -> None:
    recording = wav(silence(0.5), say("How much is the rent?"), silence(1), say("Do you allow pets?"), silence(1.2))
    assert words(await ear(server).words(recording)) == words("How much is the rent? Do you allow pets?")


async def test_nothing_is_said(server: Server) -> None:
    noise = np.random.default_rng(1).normal(0, 0.002, 2 * RATE).astype(np.float32)
    assert await ear(server).words(wav(silence(2))) == await ear(server).words(wav(noise)) == ""


async def test_a_key_that_is_refused(server: Server, say: Say) -> None:
    with pytest.raises(DependencyUnavailable, match=r"rejected the request \(401\)") as error:
        await ear(server, "wrong").words(wav(say("Hello.")))
    assert error.value.component is Component.STT


async def test_trouble_is_asked_for_once(no_faults: Server, say: Say) -> None:
    no_faults.admin("PUT", "/admin/faults/listen", {"status": 503, "count": 2})
    with pytest.raises(DependencyUnavailable, match="503"):
        await ear(no_faults).words(wav(say("Hello.")))
    assert no_faults.admin("GET", "/admin/faults/listen")["count"] == 1


@pytest.mark.parametrize("fault", [{"silence": True}, {"silence": True, "drop_after_ms": 50}])
async def test_no_answer(
    no_faults: Server, say: Say, fault: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hearing, "_TIMEOUT", 0.5)
    no_faults.admin("PUT", "/admin/faults/listen", fault)
    with pytest.raises(DependencyUnavailable, match="doesn't respond") as error:
        await ear(no_faults).words(wav(say("Hello.")))
    assert error.value.component is Component.STT


async def test_nobody_is_there(server: Server) -> None:
    with pytest.raises(DependencyUnavailable, match="ConnectError"):
        await Hearing(Deepgram(base_url="http://127.0.0.1:9", api_key=SecretStr(KEY))).words(wav(silence(1)))
