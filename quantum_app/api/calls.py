"""What a caller's page asks for, without a login: the campaign, a call, the assistant once more, a rating."""

from functools import cache
from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, BaseModel, Field, StrictBool
from redis.exceptions import RedisError
from structlog.stdlib import BoundLogger

from quantum_app.api import admission, client, limits
from quantum_app.api.problems import Endpoint
from quantum_app.api.unprocessable import Unprocessable
from quantum_app.db.session import account_session
from quantum_app.domain.accounts import service as accounts
from quantum_app.domain.calls import service as calls
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.errors import Component, Conflict, NotAuthenticated
from quantum_app.kit import ids
from quantum_app.kit.email import canonical_mailbox, normalize_email
from quantum_app.kit.log import logger
from quantum_app.kit.phone import normalize_phone
from quantum_app.providers.livekit import CallRef, Rooms
from quantum_app.settings import settings

# One request for an assistant at a time, in seconds: as long as one takes to come.
_DISPATCH_PAUSE = 3

router = APIRouter(prefix="/api/public", route_class=Endpoint)


class StartCall(BaseModel):
    """consent_version: of the wording that was shown."""

    email: str = Field("", max_length=320)
    name: str | None = Field(None, max_length=100)
    phone: Annotated[str, Field(max_length=40), AfterValidator(normalize_phone)] | None = None
    consent: StrictBool = False
    consent_version: str = Field("", max_length=100)


class Rating(BaseModel):
    stars: int = Field(ge=1, le=5)
    comment: str | None = Field(None, max_length=500)


@cache
def rooms() -> Rooms:
    return Rooms(settings().livekit, settings().worker.agent_name)


@router.get("/campaigns/{public_id}")
async def show_campaign(public_id: str) -> JSONResponse:
    """What the call page shows."""
    found = await campaigns.open_to_public(public_id)
    async with account_session(found.account_id) as session:
        domain = await accounts.shown_domain(session, found.account_id)
    return JSONResponse(
        {
            "public_id": found.public_id,
            "account_name": found.account_name,
            "verified_domain": domain,
            "name": found.name,
            "assistant_name": found.assistant_name,
            "language": found.language,
            "status": "active" if found.active and found.flow_version is not None else "paused",
            "email_required": found.email_required,
            "consent": {"version": found.consent_version, "text": found.consent_text},
        }
    )


@router.post("/campaigns/{public_id}/calls", status_code=201)
async def start_call(request: Request, public_id: str, wanted: StartCall) -> JSONResponse:
    """The way into the call's room. Nothing is written for a call that nobody can take."""
    address = client.address(request)
    await limits.count(limits.calls_by_address(), "calls", address)
    campaign = await campaigns.open_to_public(public_id)
    email = _address(wanted.email)
    if email is None and campaign.email_required:
        raise Unprocessable("Please enter your e-mail address to call.", code="email_required")
    calls.check_start(campaign, consent=wanted.consent, consent_version=wanted.consent_version)
    if email is not None:
        await limits.count(limits.CALLS_BY_EMAIL, "calls", campaign.public_id, canonical_mailbox(email))
    await rooms().check()
    name = wanted.name.strip() if wanted.name else None
    ref = CallRef(campaign.account_id, ids.new_id(), campaign.campaign_id, address)
    await admission.admit(ref)
    try:
        async with account_session(campaign.account_id) as session:
            await calls.start(
                session,
                campaign,
                email=email,
                name=name or None,
                phone=wanted.phone,
                consent=wanted.consent,
                consent_version=wanted.consent_version,
                call_id=ref.call_id,
            )
    except Exception:
        await admission.give_back(ref)
        raise
    ticket = rooms().caller_token(ref, name)
    _log(ref).info("call created")
    return JSONResponse(
        {
            "call_id": ref.room,
            "server_url": settings().livekit.browser_url,
            "token": ticket.token,
            "expires_at": ticket.expires_at.isoformat(),
        },
        status_code=201,
    )


@router.post("/calls/{call_id}/assistant")
async def call_assistant(request: Request, call_id: str) -> JSONResponse:
    """Nobody is there, send one to the caller who is. Says present, pending or dispatched."""
    ref = _own_call(request, call_id)
    await limits.count(limits.ASSISTANTS_BY_CALL, "assistants", ref.room)
    async with account_session(ref.account_id) as session:
        briefing = await calls.brief(session, ref.call_id)
    if await rooms().assistant_present(ref):
        return JSONResponse({"status": "present"})
    if not await rooms().caller_present(ref):
        raise Conflict("Join the call first: an assistant comes when you are there.", code="caller_missing")
    if briefing.answered_at is None:
        await admission.admit(ref)
    else:
        await admission.keep(ref)
    if not await _first(ref):
        return JSONResponse({"status": "pending"}, status_code=202)
    await rooms().send_assistant(ref)
    _log(ref).warning("no assistant in the room, dispatched again")
    return JSONResponse({"status": "dispatched"}, status_code=202)


@router.post("/calls/{call_id}/rating", status_code=204)
async def rate_call(request: Request, call_id: str, rating: Rating) -> Response:
    """What the caller thought of it; they may change their mind a few times."""
    ref = _own_call(request, call_id)
    await limits.count(limits.RATINGS_BY_CALL, "ratings", ref.room)
    async with account_session(ref.account_id) as session:
        await calls.rate(session, ref.call_id, rating.stars, rating.comment)
    return Response(status_code=204)


def _address(text: str) -> str | None:
    """The e-mail address, normalised; None for none. Raises Unprocessable."""
    if not text.strip():
        return None
    try:
        return normalize_email(text)
    except ValueError as error:
        raise Unprocessable(str(error), code="invalid_email", field="email") from None


def _own_call(request: Request, call_id: str) -> CallRef:
    """The call in the address, which the token has to be for. Raises NotAuthenticated."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise NotAuthenticated("Send the call's token as a bearer token.")
    ref = rooms().call_of(token)
    if ref.room != call_id:
        raise NotAuthenticated("This token is for another call.")
    return ref


async def _first(ref: CallRef) -> bool:
    """Whether nobody asked for an assistant a moment ago. Without Redis, everybody is the first."""
    try:
        return bool(await limits.redis().set(f"qv:dispatch:{ref.call_id}", 1, nx=True, ex=_DISPATCH_PAUSE))
    except (RedisError, OSError) as error:
        logger(__name__, stage=Component.REDIS).error("dispatch not guarded", error=type(error).__name__)
        return True


def _log(ref: CallRef) -> BoundLogger:
    return logger(
        __name__,
        stage=Component.DISPATCH,
        call_id=str(ref.call_id),
        campaign_id=str(ref.campaign_id),
        account_id=str(ref.account_id),
    )
