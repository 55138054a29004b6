"""Transcribes what somebody says to the simulator. No recording is stored."""

import io
import wave
from typing import Annotated

from fastapi import APIRouter, Body

from quantum_app.api import rate_limits
from quantum_app.api.endpoint import Endpoint, NotAudio, TooLarge
from quantum_app.api.guard import allowed
from quantum_app.api.public_ids import CampaignId
from quantum_app.api.schemas.simulator import Transcription
from quantum_app.api.unprocessable import Unprocessable
from quantum_app.db.session import account_session
from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.domain.flows.ports import Hearing
from quantum_app.domain.identity.schemas import Identity
from quantum_app.providers import hearing
from quantum_app.settings import settings

MAX_SECONDS = 15.0

Reader = Annotated[Identity, allowed(Permission.CAMPAIGNS_READ)]


class RecordingEndpoint(Endpoint):
    """A route that takes a recording."""

    max_body = 600_000
    content_type = "audio/wav"


Recording = Annotated[bytes, Body(media_type=RecordingEndpoint.content_type)]

router = APIRouter(prefix="/api/flows", route_class=RecordingEndpoint, tags=["Simulator"])


@router.post("/{campaign_id}/hear", summary="Transcribe a recording")
async def transcribe(campaign_id: CampaignId, identity: Reader, recording: Recording = b"") -> Transcription:
    """Returns what is said in a WAV file of at most 15 seconds. The recording is not stored."""
    await rate_limits.count(rate_limits.HEARINGS_BY_PERSON, "hear", str(identity.user_id))
    async with account_session(identity.account_id) as session:
        await campaigns.get_snapshot(session, campaign_id)
    if _seconds(recording) > MAX_SECONDS:
        raise TooLarge(f"Keep it under {MAX_SECONDS:.0f} seconds.")
    recognizer: Hearing = hearing.Hearing(settings().deepgram)
    text = await recognizer.words(recording)
    if not text:
        raise Unprocessable("We couldn't hear anything. Speak a little louder, or type.", code="nothing_heard")
    return Transcription(text=text)


def _seconds(recording: bytes) -> float:
    """Raises NotAudio."""
    try:
        with wave.open(io.BytesIO(recording)) as file:
            return file.getnframes() / file.getframerate()
    except (wave.Error, EOFError, RuntimeError, ZeroDivisionError):
        raise NotAudio("This isn't a WAV file.") from None
