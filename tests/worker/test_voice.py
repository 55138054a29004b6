"""Which voice speaks on a call."""

import re

import pytest
from pydantic import SecretStr

from agent_worker.audio import session_factory
from ops.home import ROOT
from quantum_app.domain.flows.model.voices import VOICES
from quantum_app.settings import Deepgram

pytestmark = pytest.mark.unit

SETTINGS = Deepgram(api_key=SecretStr("k"), tts_model="aura-2-andromeda-en")


@pytest.mark.parametrize(
    ("chosen", "speaks"),
    [
        ("aura-2-zeus-en", "aura-2-zeus-en"),
        ("", "aura-2-andromeda-en"),
        ("aura-2-nobody-en", "aura-2-andromeda-en"),
    ],
)
async def test_the_flow_chooses_among_the_voices_that_there_are(chosen: str, speaks: str) -> None:
    assert session_factory.create_tts(SETTINGS, chosen).model == speaks


def test_the_designer_offers_just_these() -> None:
    written = (ROOT / "frontend/src/designer/model/definition.ts").read_text()
    listed = re.search(r"VOICE_NAMES = \[(.*?)\]", written, re.DOTALL)
    assert listed is not None
    assert tuple(f"aura-2-{name}-en" for name in re.findall(r"[a-z]+", listed[1])) == VOICES
