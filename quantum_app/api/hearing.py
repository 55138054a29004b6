"""What somebody says to the simulator, as words. No recording is kept."""

import io
import wave
from typing import Annotated

from fastapi import APIRouter, Body
from fastapi.responses import JSONResponse

from quantum_app.api import limits
from quantum_app.api.guard import allowed
from quantum_app.api.problems import Endpoint, NotAudio, TooLarge
from quantum_app.api.unprocessable import Unprocessable
from quantum_app.db.session import account_session
from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.domain.flows.ports import Hearing
from quantum_app.domain.identity.schemas import Identity
from quantum_app.errors import NotFound
from quantum_app.kit import ids
from quantum_app.providers import hearing
from quantum_app.settings import settings

LONGEST = 15.0  # seconds

Reader = Annotated[Identity, allowed(Permission.CAMPAIGNS_READ)]


class RecordingEndpoint(Endpoint):
    """A route that takes a recording."""

    largest_body = 600_000
    takes = "audio/wav"


Recording = Annotated[bytes, Body(media_type=RecordingEndpoint.takes)]

router = APIRouter(prefix="/api/flows", route_class=RecordingEndpoint)


@router.post("/{campaign_id}/hear")
async def hear(campaign_id: str, who: Reader, recording: Recording = b"") -> JSONResponse:
    """What is said in a WAV file of 15 seconds at most."""
    await limits.count(limits.HEARINGS_BY_PERSON, "hear", str(who.user_id))
    wanted = ids.decode("cmp", campaign_id)
    if wanted is None:
        raise NotFound("There is no such campaign in this account.", code="campaign_not_found")
    async with account_session(who.account_id) as session:
        await campaigns.snapshot(session, wanted)
    if _seconds(recording) > LONGEST:
        raise TooLarge(f"Speak for {LONGEST:.0f} seconds at most.")
    ear: Hearing = hearing.Hearing(settings().deepgram)
    text = await ear.words(recording)
    if not text:
        raise Unprocessable("Nothing was heard. Speak a little louder, or type.", code="nothing_heard")
    return JSONResponse({"text": text})


def _seconds(recording: bytes) -> float:
    """Raises NotAudio."""
    try:
        with wave.open(io.BytesIO(recording)) as file:
            return file.getnframes() / file.getframerate()
    except (wave.Error, EOFError, RuntimeError, ZeroDivisionError):
        raise NotAudio("That is no WAV file.") from None
