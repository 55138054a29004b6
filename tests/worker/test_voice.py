"""Which voice speaks on a call."""

import pytest
from pydantic import SecretStr

from agent_worker.audio import session_factory
from quantum_app.settings import Deepgram

pytestmark = pytest.mark.unit

SETTINGS = Deepgram(api_key=SecretStr("k"), tts_model="aura-2-andromeda-en")


@pytest.mark.parametrize(
    ("voice", "speaks"),
    [
        ("aura-2-zeus-en", "aura-2-zeus-en"),
        ("", "aura-2-andromeda-en"),
        ("aura-2-nobody-en", "aura-2-andromeda-en"),
    ],
)
async def test_the_flow_chooses_among_the_voices_that_there_are(voice: str, speaks: str) -> None:
    assert session_factory.create_tts(SETTINGS, voice).model == speaks
