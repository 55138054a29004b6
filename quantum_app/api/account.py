"""The account, for programs: its calls, its members, its audit log."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, Response

from quantum_app.api.guard import allowed
from quantum_app.api.problems import Endpoint
from quantum_app.db.session import account_session
from quantum_app.domain.accounts import members
from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.audit import service as audit
from quantum_app.domain.calls import service as calls
from quantum_app.domain.calls.schemas import CallStatus, CallSummary
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.domain.identity.schemas import Identity
from quantum_app.errors import InvalidInput, NotFound
from quantum_app.kit import ids

router = APIRouter(prefix="/api/v1", route_class=Endpoint)

Reader = Annotated[Identity, allowed(Permission.CALLS_READ)]
Limit = Annotated[int, Query(ge=1, le=100)]


@router.get("/calls")
async def list_calls(
    who: Reader, limit: Limit = 50, starting_after: str = "", status: CallStatus | None = None
) -> JSONResponse:
    """The newest first. starting_after: the last id of the page before."""
    after = _id("call", starting_after, "starting_after") if starting_after else None
    async with account_session(who.account_id) as session:
        page = await calls.list_calls(session, after=after, limit=limit, status=status)
    return JSONResponse({"data": [_call(item) for item in page.calls], "has_more": page.after is not None})


@router.get("/calls/{call_id}")
async def show_call(call_id: str, who: Reader) -> JSONResponse:
    """One call with its turns."""
    async with account_session(who.account_id) as session:
        found = await calls.detail(session, _known("call", call_id))
    turns = [
        {
            "seq": turn.seq,
            "speaker": turn.speaker,
            "text": turn.text,
            "started_at": _time(turn.started_at),
            "ended_at": _time(turn.ended_at),
            "interrupted": turn.interrupted,
            "sources": list(turn.sources),
        }
        for turn in found.turns
    ]
    return JSONResponse(_call(found.summary) | {"flow_version": found.flow_version, "turns": turns})


@router.delete("/calls/{call_id}", status_code=204)
async def delete_call(call_id: str, who: Annotated[Identity, allowed(Permission.CALLS_DELETE)]) -> Response:
    """Out of sight; it can be restored for 30 days."""
    async with account_session(who.account_id, user_id=who.user_id) as session:
        await calls.delete(session, who.account_id, who.actor, _known("call", call_id))
    return Response(status_code=204)


@router.post("/calls/{call_id}/restore", status_code=204)
async def restore_call(call_id: str, who: Annotated[Identity, allowed(Permission.CALLS_DELETE)]) -> Response:
    """Bring a deleted call back."""
    async with account_session(who.account_id, user_id=who.user_id) as session:
        await calls.restore(session, who.account_id, who.actor, _known("call", call_id))
    return Response(status_code=204)


@router.get("/campaigns")
async def list_campaigns(who: Annotated[Identity, allowed(Permission.CAMPAIGNS_READ)]) -> JSONResponse:
    """By name; the first hundred."""
    async with account_session(who.account_id) as session:
        listed = await campaigns.names(session)
    data = [
        {
            "id": ids.encode("cmp", item.campaign_id),
            "name": item.name,
            "status": "active" if item.active else "paused",
            "call_page": f"/call/{item.public_id}",
        }
        for item in listed
    ]
    return JSONResponse({"data": data, "has_more": False})


@router.delete("/campaigns/{campaign_id}", status_code=204)
async def delete_campaign(campaign_id: str, who: Annotated[Identity, allowed(Permission.CAMPAIGNS_WRITE)]) -> Response:
    """Its call page is gone; it can be restored."""
    async with account_session(who.account_id, user_id=who.user_id) as session:
        await campaigns.delete(session, who.account_id, who.actor, _known("cmp", campaign_id))
    return Response(status_code=204)


@router.post("/campaigns/{campaign_id}/restore", status_code=204)
async def restore_campaign(campaign_id: str, who: Annotated[Identity, allowed(Permission.CAMPAIGNS_WRITE)]) -> Response:
    """Bring a deleted campaign back."""
    async with account_session(who.account_id, user_id=who.user_id) as session:
        await campaigns.restore(session, who.account_id, who.actor, _known("cmp", campaign_id))
    return Response(status_code=204)


@router.get("/members")
async def list_members(who: Annotated[Identity, allowed(Permission.MEMBERS_READ)]) -> JSONResponse:
    """Who belongs to the account, by name."""
    async with account_session(who.account_id) as session:
        listed = await members.listed(session)
    data = [
        {
            "id": ids.encode("user", member.user_id),
            "name": member.name,
            "email": member.email,
            "role": member.role,
            "second_factor": member.second_factor,
            "joined_at": _time(member.joined_at),
        }
        for member in listed
    ]
    return JSONResponse({"data": data, "has_more": False})


@router.get("/audit-log")
async def list_audit_log(
    who: Annotated[Identity, allowed(Permission.AUDIT_READ)],
    limit: Limit = 50,
    starting_after: str = "",
    action: Annotated[str, Query(max_length=100)] = "",
    text: Annotated[str, Query(max_length=200)] = "",
) -> JSONResponse:
    """What was done, the newest first. action: its beginning."""
    after = _id("aud", starting_after, "starting_after") if starting_after else None
    async with account_session(who.account_id) as session:
        page = await audit.search(session, after=after, limit=limit, action=action, text=text)
    data = [
        {
            "id": ids.encode("aud", entry.id),
            "at": _time(entry.at),
            "actor": entry.actor,
            "action": entry.action,
            "entity": entry.entity,
            "entity_id": entry.entity_id,
            "previous": entry.previous,
            "new": entry.new,
            "request_id": entry.request_id,
            "address": entry.address,
        }
        for entry in page.entries
    ]
    return JSONResponse({"data": data, "has_more": page.after is not None})


def _call(item: CallSummary) -> dict[str, Any]:
    return {
        "id": ids.encode("call", item.call_id),
        "campaign": item.campaign_name,
        "caller": {"email": item.caller_email, "name": item.caller_name},
        "status": item.status,
        "end_reason": item.end_reason,
        "created_at": _time(item.created_at),
        "answered_at": _time(item.answered_at),
        "ended_at": _time(item.ended_at),
        "turns": item.turns,
        "cost": str(item.cost),
        "rating": item.rating,
    }


def _time(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _id(prefix: str, text: str, field: str) -> UUID:
    found = ids.decode(prefix, text)
    if found is None:
        raise InvalidInput(f"This is not an id of this kind: it begins with {prefix}_.", field=field)
    return found


def _known(prefix: str, text: str) -> UUID:
    """An id in the address; one that is none is of nothing here. Raises NotFound."""
    found = ids.decode(prefix, text)
    if found is None:
        raise NotFound("There is no such thing in this account.")
    return found
