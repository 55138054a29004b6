"""What a caller's page needs, without a login: the campaign, a call, another assistant, a rating."""

from functools import cache
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import AfterValidator, BaseModel, Field, StrictBool
from redis.exceptions import RedisError
from structlog.stdlib import BoundLogger

from quantum_app.api import admission, client, rate_limits
from quantum_app.api.endpoint import NO_CONTENT, Endpoint
from quantum_app.api.guard import in_browser
from quantum_app.api.public_ids import CallId
from quantum_app.api.schemas.calls import AssistantRequest, CallPage, Consent, StartedCall
from quantum_app.api.schemas.problem import problems
from quantum_app.api.unprocessable import Unprocessable
from quantum_app.db.session import account_session
from quantum_app.domain.accounts import service as accounts
from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.calls import service as calls
from quantum_app.domain.calls.schemas import CallRef, Origin
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.errors import Component, Conflict, NotAuthenticated
from quantum_app.kit import ids
from quantum_app.kit.email import canonical_mailbox, normalize_email
from quantum_app.kit.log import logger
from quantum_app.kit.phone import normalize_phone
from quantum_app.providers.livekit import Rooms
from quantum_app.settings import settings

# One request for an assistant at a time, in seconds: as long as one takes to come.
_DISPATCH_PAUSE = 3

router = APIRouter(prefix="/api/public", route_class=Endpoint, tags=["Call page"])


class StartCall(BaseModel):
    email: str = Field("", max_length=320, description="Required if the campaign requires it.")
    name: str | None = Field(None, max_length=100)
    phone: Annotated[str, Field(max_length=40), AfterValidator(normalize_phone)] | None = None
    consent: StrictBool = False
    consent_version: str = Field("", max_length=100, description="The version of the consent text that was shown.")
    test: StrictBool = Field(
        False, description="Mark the call as a test, if the browser's login may see the account's calls."
    )


class Rating(BaseModel):
    stars: int = Field(ge=1, le=5)
    comment: str | None = Field(None, max_length=500)


@cache
def rooms() -> Rooms:
    return Rooms(settings().livekit, settings().worker.agent_name)


@router.get("/campaigns/{public_id}", summary="Retrieve a call page")
async def retrieve_call_page(public_id: str) -> CallPage:
    """Returns what the call page of a campaign shows."""
    campaign = await campaigns.get_public(public_id)
    async with account_session(campaign.account_id) as session:
        domain = await accounts.displayed_domain(session, campaign.account_id)
    return CallPage(
        public_id=campaign.public_id,
        account_name=campaign.account_name,
        verified_domain=domain,
        name=campaign.name,
        assistant_name=campaign.assistant_name,
        language=campaign.language,
        status="active" if campaign.active and campaign.flow_version is not None else "paused",
        email_required=campaign.email_required,
        consent=Consent(version=campaign.consent_version, text=campaign.consent_text),
    )


@router.post("/campaigns/{public_id}/calls", summary="Start a call", status_code=201, responses=problems(409))
async def start_call(request: Request, public_id: str, body: StartCall) -> StartedCall:
    """Starts a call and returns how to join its room. Nothing is stored for a call that no assistant can take."""
    address = client.address(request)
    await rate_limits.count(rate_limits.calls_by_address(), "calls", address)
    campaign = await campaigns.get_public(public_id)
    email = _address(body.email)
    if email is None and campaign.email_required:
        raise Unprocessable("Enter your email address to call.", code="email_required")
    calls.check_start(campaign, consent=body.consent, consent_version=body.consent_version)
    if email is not None:
        await rate_limits.count(rate_limits.CALLS_BY_EMAIL, "calls", campaign.public_id, canonical_mailbox(email))
    await rooms().check()
    name = body.name.strip() if body.name else None
    origin = Origin.TEST if body.test and await _is_member(request, campaign.account_id) else Origin.CALLER
    ref = CallRef(campaign.account_id, ids.new_id(), campaign.campaign_id, address)
    await admission.admit(ref)
    try:
        async with account_session(campaign.account_id) as session:
            await calls.start(
                session,
                campaign,
                email=email,
                name=name or None,
                phone=body.phone,
                consent=body.consent,
                consent_version=body.consent_version,
                call_id=ref.call_id,
                origin=origin,
            )
    except Exception:
        await admission.give_back(ref)
        raise
    ticket = rooms().caller_token(ref, name)
    _log(ref).info("call created")
    return StartedCall(
        call_id=ref.call_id,
        server_url=settings().livekit.browser_url,
        token=ticket.token,
        expires_at=ticket.expires_at,
        test=origin is Origin.TEST,
    )


@router.post(
    "/calls/{call_id}/assistant",
    summary="Request an assistant",
    responses={202: {"model": AssistantRequest}, **problems(401, 409)},
)
async def request_assistant(request: Request, response: Response, call_id: CallId) -> AssistantRequest:
    """Sends an assistant to a caller who waits for one. Authorize with the call's token.

    Answers 200 when an assistant is there already, and 202 when one is on its way.
    """
    ref = own_call(request, call_id)
    await rate_limits.count(rate_limits.ASSISTANTS_BY_CALL, "assistants", ref.public_id)
    async with account_session(ref.account_id) as session:
        briefing = await calls.get_briefing(session, ref.call_id)
    if await rooms().assistant_present(ref):
        return AssistantRequest(status="present")
    if not await rooms().caller_present(ref):
        raise Conflict("Join the call first.", code="caller_missing")
    if briefing.answered_at is None:
        await admission.admit(ref)
    else:
        await admission.keep(ref)
    response.status_code = 202
    if not await _first(ref):
        return AssistantRequest(status="pending")
    await rooms().send_assistant(ref)
    _log(ref).warning("no assistant in the room, dispatched again")
    return AssistantRequest(status="dispatched")


@router.post("/calls/{call_id}/rating", summary="Rate a call", responses=problems(401), **NO_CONTENT)
async def rate_call(request: Request, call_id: CallId, rating: Rating) -> None:
    """Stores the caller's rating, which replaces an earlier one. Authorize with the call's token."""
    ref = own_call(request, call_id)
    await rate_limits.count(rate_limits.RATINGS_BY_CALL, "ratings", ref.public_id)
    async with account_session(ref.account_id) as session:
        await calls.rate(session, ref.call_id, rating.stars, rating.comment)


def _address(text: str) -> str | None:
    """The normalized email address, or None for a blank one. Raises Unprocessable."""
    if not text.strip():
        return None
    try:
        return normalize_email(text)
    except ValueError as error:
        raise Unprocessable(str(error), code="invalid_email", field="email") from None


async def _is_member(request: Request, account_id: UUID) -> bool:
    """Whether the browser's login may see the calls of this account."""
    identity = await in_browser(request)
    return identity is not None and identity.account_id == account_id and identity.may(Permission.CALLS_READ)


def own_call(request: Request, call_id: UUID) -> CallRef:
    """The call in the path, which the token must be for. Raises NotAuthenticated."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise NotAuthenticated("Send the call's token as a bearer token.")
    ref = rooms().call_of(token)
    if ref.call_id != call_id:
        raise NotAuthenticated("This token is for another call.")
    return ref


async def _first(ref: CallRef) -> bool:
    """Whether nobody requested an assistant a moment ago. Without Redis, every request is the first."""
    try:
        return bool(await rate_limits.redis().set(f"qv:dispatch:{ref.call_id}", 1, nx=True, ex=_DISPATCH_PAUSE))
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
