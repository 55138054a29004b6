"""The account, for programs: its calls, campaigns, members, and audit log."""

from typing import Annotated

from fastapi import APIRouter, Query

from quantum_app.api.endpoint import NO_CONTENT, Endpoint
from quantum_app.api.guard import allowed
from quantum_app.api.public_ids import AuditEntryId, CallId, CampaignId, Cursor
from quantum_app.api.schemas.account import (
    AuditEntry,
    AuditLog,
    Call,
    CallDetail,
    Caller,
    CallList,
    CallTurn,
    CallValue,
    Campaign,
    CampaignList,
    Member,
    MemberList,
)
from quantum_app.api.schemas.problem import problems
from quantum_app.db.session import account_session
from quantum_app.domain.accounts import members
from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.audit import service as audit
from quantum_app.domain.calls import service as calls
from quantum_app.domain.calls.schemas import CallFilters, CallStatus, CallSummary
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.domain.identity.schemas import Identity

router = APIRouter(prefix="/api/v1", route_class=Endpoint)

CallReader = Annotated[Identity, allowed(Permission.CALLS_READ)]
CallDeleter = Annotated[Identity, allowed(Permission.CALLS_DELETE)]
CampaignReader = Annotated[Identity, allowed(Permission.CAMPAIGNS_READ)]
CampaignEditor = Annotated[Identity, allowed(Permission.CAMPAIGNS_WRITE)]
MemberReader = Annotated[Identity, allowed(Permission.MEMBERS_READ)]
Auditor = Annotated[Identity, allowed(Permission.AUDIT_READ)]

Limit = Annotated[int, Query(ge=1, le=100, description="How many to return.")]
_AFTER = "The id of the last item on the previous page."
AfterCall = Annotated[CallId | None, Cursor("call"), Query(description=_AFTER)]
AfterAuditEntry = Annotated[AuditEntryId | None, Cursor("aud"), Query(description=_AFTER)]


@router.get("/calls", tags=["Calls"], summary="List calls", responses=problems(400))
async def list_calls(
    identity: CallReader,
    limit: Limit = 50,
    starting_after: AfterCall = None,
    status: CallStatus | None = None,
    text: Annotated[str, Query(max_length=100, description="In the caller's name, contact data, or words.")] = "",
    tests: Annotated[bool, Query(description="Include test calls.")] = False,
) -> CallList:
    """Returns calls, the newest first."""
    filters = CallFilters(text=text.strip(), status=status, tests=tests)
    see_values = identity.may(Permission.CALLS_VALUES)
    async with account_session(identity.account_id) as session:
        page = await calls.list_calls(session, filters, after=starting_after, limit=limit, see_values=see_values)
    return CallList(data=[_call(item) for item in page.calls], has_more=page.after is not None)


@router.get("/calls/{call_id}", tags=["Calls"], summary="Retrieve a call")
async def retrieve_call(call_id: CallId, identity: CallReader) -> CallDetail:
    """Returns a call with its turns."""
    async with account_session(identity.account_id) as session:
        call = await calls.get_detail(session, call_id, see_values=identity.may(Permission.CALLS_VALUES))
    turns = [CallTurn.model_validate(turn) for turn in call.turns]
    return CallDetail(**dict(_call(call.summary)), flow_version=call.flow_version, turns=turns)


@router.delete("/calls/{call_id}", tags=["Calls"], summary="Delete a call", **NO_CONTENT)
async def delete_call(call_id: CallId, identity: CallDeleter) -> None:
    """Deletes a call. You can restore it for 30 days."""
    async with account_session(identity.account_id, user_id=identity.user_id) as session:
        await calls.delete(session, identity.account_id, identity.actor, call_id)


@router.post("/calls/{call_id}/restore", tags=["Calls"], summary="Restore a call", **NO_CONTENT)
async def restore_call(call_id: CallId, identity: CallDeleter) -> None:
    """Restores a deleted call."""
    async with account_session(identity.account_id, user_id=identity.user_id) as session:
        await calls.restore(session, identity.account_id, identity.actor, call_id)


@router.get("/campaigns", tags=["Campaigns"], summary="List campaigns")
async def list_campaigns(identity: CampaignReader) -> CampaignList:
    """Returns the first hundred campaigns by name."""
    async with account_session(identity.account_id) as session:
        names = await campaigns.list_names(session)
    data = [
        Campaign(
            id=item.campaign_id,
            name=item.name,
            status="active" if item.active else "paused",
            call_page=f"/call/{item.public_id}",
        )
        for item in names
    ]
    return CampaignList(data=data, has_more=False)


@router.delete("/campaigns/{campaign_id}", tags=["Campaigns"], summary="Delete a campaign", **NO_CONTENT)
async def delete_campaign(campaign_id: CampaignId, identity: CampaignEditor) -> None:
    """Deletes a campaign and its call page. You can restore it for 30 days."""
    async with account_session(identity.account_id, user_id=identity.user_id) as session:
        await campaigns.delete(session, identity.account_id, identity.actor, campaign_id)


@router.post("/campaigns/{campaign_id}/restore", tags=["Campaigns"], summary="Restore a campaign", **NO_CONTENT)
async def restore_campaign(campaign_id: CampaignId, identity: CampaignEditor) -> None:
    """Restores a deleted campaign."""
    async with account_session(identity.account_id, user_id=identity.user_id) as session:
        await campaigns.restore(session, identity.account_id, identity.actor, campaign_id)


@router.get("/members", tags=["Members"], summary="List members")
async def list_members(identity: MemberReader) -> MemberList:
    """Returns the people who belong to the account, by name."""
    async with account_session(identity.account_id) as session:
        data = [Member.model_validate(member) for member in await members.list_members(session)]
    return MemberList(data=data, has_more=False)


@router.get("/audit-log", tags=["Audit log"], summary="List audit log entries", responses=problems(400))
async def list_audit_log(
    identity: Auditor,
    limit: Limit = 50,
    starting_after: AfterAuditEntry = None,
    action: Annotated[str, Query(max_length=100, description="How the action starts, such as `campaigns.`.")] = "",
    text: Annotated[str, Query(max_length=200, description="Text that the entry contains.")] = "",
) -> AuditLog:
    """Returns what was done in the account, the newest first."""
    async with account_session(identity.account_id) as session:
        page = await audit.search(session, after=starting_after, limit=limit, action=action, text=text)
    data = [AuditEntry.model_validate(entry) for entry in page.entries]
    return AuditLog(data=data, has_more=page.after is not None)


def _call(item: CallSummary) -> Call:
    return Call(
        id=item.call_id,
        campaign=item.campaign_name,
        caller=Caller(email=item.caller_email, name=item.name),
        status=item.status,
        end_reason=item.end_reason,
        created_at=item.created_at,
        answered_at=item.answered_at,
        ended_at=item.ended_at,
        turn_count=item.turns,
        cost=item.cost,
        rating=item.rating,
        origin=item.origin,
        handled_at=item.handled_at,
        values=[CallValue.model_validate(value) for value in item.values],
    )
