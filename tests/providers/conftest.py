"""A real `python -m local_providers` on a free port, and speech made with its own voice."""

from collections.abc import Callable, Iterator
from functools import cache

import numpy as np
import pytest

from local_providers.deepgram.audio import Resampler, Samples
from local_providers.deepgram.synthesizer import RATE as VOICE_RATE
from local_providers.deepgram.synthesizer import Synthesizer
from tests.providers.support import RATE, Server, start, stop, wait_ready


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    process, port = start(tmp_path_factory.mktemp("home"), LOCAL_PROVIDERS_FAULT_INJECTION="true")
    try:
        wait_ready(process, port)
        yield Server(port, process.pid)
    finally:
        stop(process)


@pytest.fixture
def no_faults(server: Server) -> Iterator[Server]:
    """The server, and no fault left behind."""
    yield server
    for endpoint in ("listen", "speak", "chat", "embeddings"):
        server.admin("DELETE", f"/admin/faults/{endpoint}")


@pytest.fixture(scope="session")
def say() -> Callable[[str], Samples]:
    """`say(text)` is the text spoken, float32 at 16 kHz, without silence at its ends."""
    voice = Synthesizer()

    @cache
    def speak(text: str) -> Samples:
        resampler = Resampler(VOICE_RATE, RATE)
        return np.concatenate([resampler.feed(voice.speak(text)), resampler.feed(np.zeros(0, np.float32), last=True)])

    return speak
