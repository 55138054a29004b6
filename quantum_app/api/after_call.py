"""What a page needs when its call is over, without a login: hanging up, the result, the transcript by email."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from quantum_app.api import client, rate_limits
from quantum_app.api.calls import own_call, rooms
from quantum_app.api.endpoint import NO_CONTENT, Endpoint
from quantum_app.api.public_ids import CallId
from quantum_app.api.schemas.calls import CallResult, SharedTranscript, ToldValue, TranscriptTurn
from quantum_app.api.schemas.problem import problems
from quantum_app.api.unprocessable import Unprocessable
from quantum_app.db.session import account_session
from quantum_app.domain.calls import after_call
from quantum_app.domain.calls.schemas import Turn
from quantum_app.kit.email import canonical_mailbox, normalize_email

router = APIRouter(prefix="/api/public", route_class=Endpoint, tags=["Call page"])


class TranscriptEmail(BaseModel):
    email: str = Field(min_length=1, max_length=320, description="Where to send the link.")


class TranscriptLink(BaseModel):
    token: Annotated[str, Field(min_length=1, max_length=500)] = Field(description="The fragment of the email's link.")


@router.post("/calls/{call_id}/hang-up", summary="Hang up", responses=problems(401), **NO_CONTENT)
async def hang_up(request: Request, call_id: CallId) -> None:
    """Ends the call, for a page that is being closed: the call counts as abandoned. Authorize with the call's token."""
    ref = own_call(request, call_id)
    await rate_limits.count(rate_limits.HANG_UPS_BY_CALL, "hang-ups", ref.public_id)
    await rooms().remove_caller(ref)


@router.get("/calls/{call_id}/result", summary="Retrieve a call's result", responses=problems(401))
async def retrieve_call_result(request: Request, call_id: CallId) -> CallResult:
    """Returns what the caller told, and the transcript. Authorize with the call's token."""
    ref = own_call(request, call_id)
    await rate_limits.count(rate_limits.RESULTS_BY_CALL, "results", ref.public_id)
    async with account_session(ref.account_id) as session:
        result = await after_call.get_result(session, ref.call_id)
    return CallResult(
        status="ended" if result.ended_at else "active",
        started_at=result.started_at,
        ended_at=result.ended_at,
        values=[ToldValue.model_validate(value) for value in result.values],
        turns=_turns(result.turns, result.started_at),
    )


@router.post(
    "/calls/{call_id}/transcript-email", summary="Email a transcript", responses=problems(401, 409), **NO_CONTENT
)
async def email_transcript(request: Request, call_id: CallId, body: TranscriptEmail) -> None:
    """Emails a link to the call's transcript that works for 7 days. Authorize with the call's token.

    A call's transcript goes to at most two addresses.
    """
    ref = own_call(request, call_id)
    try:
        recipient = normalize_email(body.email)
    except ValueError as error:
        raise Unprocessable(str(error), code="invalid_email", field="email") from None
    await rate_limits.count(rate_limits.MAILS_BY_ADDRESS, "transcripts", client.address(request))
    async with account_session(ref.account_id) as session:
        # First, so that what sends nothing uses up nobody's emails.
        await after_call.require_transcript(session, ref)
        await rate_limits.count(rate_limits.TRANSCRIPTS_BY_CALL, "transcripts", ref.public_id)
        await rate_limits.count(rate_limits.TRANSCRIPTS_BY_EMAIL, "transcripts", canonical_mailbox(recipient))
        await rate_limits.count(rate_limits.TRANSCRIPTS_BY_ACCOUNT, "transcripts", str(ref.account_id))
        await after_call.send_transcript(session, ref, recipient)


@router.post("/transcript", summary="Retrieve a shared transcript", responses=problems(404))
async def retrieve_shared_transcript(request: Request, body: TranscriptLink) -> SharedTranscript:
    """Returns the transcript behind a link in an email."""
    await rate_limits.count(rate_limits.TOKENS_BY_ADDRESS, "transcript", client.address(request))
    shared = await after_call.open_link(body.token)
    return SharedTranscript(
        account_name=shared.account_name,
        verified_domain=shared.verified_domain,
        assistant_name=shared.assistant_name,
        language=shared.language,
        started_at=shared.started_at,
        ended_at=shared.ended_at,
        expires_at=shared.expires_at,
        turns=_turns(shared.turns, shared.started_at),
    )


def _turns(turns: Sequence[Turn], began: datetime) -> list[TranscriptTurn]:
    return [
        TranscriptTurn(
            speaker=turn.speaker.value,
            text=turn.text,
            interrupted=turn.interrupted,
            offset=max(0, int((turn.started_at - began).total_seconds())),
        )
        for turn in turns
    ]
