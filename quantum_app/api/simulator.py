"""Trying a flow without a call: one event after the other, and the test cases. Nothing of it is stored.

The browser holds the conversation: it sends the state that it got, so going back is sending an earlier state.
"""

import time
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from quantum_app.api import flow_work, rate_limits, simulation_jobs
from quantum_app.api.flow_work import TooMuchWork
from quantum_app.api.flows import FlowEndpoint
from quantum_app.api.guard import allowed
from quantum_app.api.public_ids import CallId, CampaignId
from quantum_app.api.schemas import simulator as schemas
from quantum_app.api.schemas.problem import problems
from quantum_app.api.simulation_jobs import SimulateEvent
from quantum_app.api.unread import Json, Unread
from quantum_app.db.session import account_session
from quantum_app.domain.accounts import service as accounts
from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.calls import service as calls
from quantum_app.domain.calls.schemas import CallFilters, CallStatus
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.domain.flows import drafts
from quantum_app.domain.flows import service as flows
from quantum_app.domain.flows.model.definition import FlowDefinition
from quantum_app.domain.flows.testing import service as case_service
from quantum_app.domain.flows.testing.case_from_call import PastCall
from quantum_app.domain.flows.testing.test_case import Case
from quantum_app.domain.identity.schemas import Identity
from quantum_app.errors import CallNotFound, Conflict
from quantum_app.kit import ids

_MAX_RECORDED_CALLS = 20
_TEST_SECONDS = 30.0  # of all cases together

Reader = Annotated[Identity, allowed(Permission.CAMPAIGNS_READ)]
Editor = Annotated[Identity, allowed(Permission.CAMPAIGNS_WRITE)]
CallReader = Annotated[Identity, allowed(Permission.CALLS_READ)]

router = APIRouter(prefix="/api/flows", route_class=FlowEndpoint)


class RunCases(BaseModel):
    definition: Unread[FlowDefinition] | None = Field(None, description="A flow. Without one, the draft is tested.")
    cases: list[Unread[Case]] | None = Field(
        None, max_length=case_service.MOST, description="Test cases. Without them, the stored ones are run."
    )


class CaseFromCall(BaseModel):
    call_id: CallId
    name: str = Field("", max_length=120)


@router.post(
    "/{campaign_id}/simulate",
    tags=["Simulator"],
    summary="Simulate an event",
    response_model=schemas.Simulation,
)
async def simulate_event(campaign_id: CampaignId, body: SimulateEvent, identity: Reader) -> JSONResponse:
    """Returns what an event makes of a call, with everything that led to it."""
    await rate_limits.count(rate_limits.SIMULATIONS_BY_PERSON, "simulate", str(identity.user_id))
    document = await _document(identity, campaign_id, body.definition)
    servers, zone = flow_work.servers(identity.account_id), await _time_zone(identity)
    simulate = simulation_jobs.simulate
    return JSONResponse(await flow_work.run(identity.account_id, simulate, servers, document, body, zone))


@router.post("/{campaign_id}/test", tags=["Test cases"], summary="Run test cases", response_model_exclude_unset=True)
async def run_cases(campaign_id: CampaignId, body: RunCases, identity: Reader) -> schemas.CaseResults:
    """Returns which test cases the flow passes, and why it fails the others."""
    await rate_limits.count(rate_limits.TESTS_BY_PERSON, "test", str(identity.user_id))
    definition = await _definition(identity, campaign_id, body.definition)
    if body.cases is None:
        async with account_session(identity.account_id) as session:
            stored_cases = await case_service.list_cases(session, campaign_id)
        cases = [(ids.encode("case", item.id), item.body) for item in stored_cases]
    else:
        cases = [(str(number), item.json) for number, item in enumerate(body.cases, 1)]
    until = time.monotonic() + _TEST_SECONDS
    results = [await _result(identity, definition, case_id, case, until - time.monotonic()) for case_id, case in cases]
    return schemas.CaseResults(cases=results)


@router.get("/{campaign_id}/calls", tags=["Test cases"], summary="List calls that can become test cases")
async def list_recorded_calls(campaign_id: CampaignId, identity: Reader, _: CallReader) -> schemas.RecordedCalls:
    """Returns the campaign's latest calls that can become test cases."""
    async with account_session(identity.account_id) as session:
        await campaigns.get_snapshot(session, campaign_id)
        filters = CallFilters(campaign_id=campaign_id, tests=True)
        see_values = identity.may(Permission.CALLS_VALUES)
        page = await calls.list_calls(session, filters, limit=_MAX_RECORDED_CALLS, see_values=see_values)
    return schemas.RecordedCalls(
        calls=[
            schemas.RecordedCall(
                id=item.call_id,
                caller=item.caller_name or item.caller_email,
                at=item.created_at,
                turns=item.turns,
            )
            for item in page.calls
            if item.turns and item.ended_at
        ]
    )


@router.post(
    "/{campaign_id}/cases/from-call",
    tags=["Test cases"],
    summary="Create a test case from a call",
    status_code=201,
    response_model=schemas.CaseOfCall,
    responses=problems(409),
)
async def create_case_from_call(
    campaign_id: CampaignId, body: CaseFromCall, identity: Editor, _: CallReader
) -> JSONResponse:
    """Stores what was said on a call as a test case, with made-up contact data in place of the caller's.

    Also returns what the present draft makes of it. Answers 409 for a call that cannot become a test case.
    """
    await rate_limits.count(rate_limits.TESTS_BY_PERSON, "test", str(identity.user_id))
    async with account_session(identity.account_id) as session:
        detail = await calls.get_detail(session, body.call_id, see_values=True)
        if detail.campaign_id != campaign_id:
            raise CallNotFound()
        if detail.summary.status is CallStatus.ACTIVE:
            raise Conflict("The call is still in progress. Try again after it ends.", code="call_active")
        stored_definition = await flows.stored_version(session, campaign_id, detail.flow_version)
    definition = await flow_work.run(identity.account_id, drafts.read, stored_definition)
    call = PastCall(
        time_zone=await _time_zone(identity),
        began=detail.summary.answered_at or detail.summary.created_at,
        name=detail.summary.caller_name,
        email=detail.summary.caller_email,
        turns=tuple((str(turn.speaker), turn.text, turn.started_at, turn.node_id) for turn in detail.turns),
        end_reason=str(detail.summary.end_reason or ""),
    )
    servers, name = flow_work.servers(identity.account_id), body.name.strip()
    case = await flow_work.run(identity.account_id, simulation_jobs.case_of_call, servers, definition, call, name)
    async with account_session(identity.account_id) as session:
        stored_case = await case_service.add(session, identity.account_id, campaign_id, case)
    case_id, draft = ids.encode("case", stored_case.id), await _definition(identity, campaign_id)
    result = await _result(identity, draft, case_id, stored_case.body, _TEST_SECONDS)
    answer = {
        "id": case_id,
        "name": stored_case.name,
        "case": stored_case.body,
        "result": result.model_dump(exclude_unset=True),
    }
    return JSONResponse(answer, status_code=201)


async def _document(identity: Identity, campaign_id: UUID, definition: Unread[FlowDefinition] | None) -> Json:
    """The flow that was sent, or the campaign's draft as it is stored. Raises NotFound."""
    async with account_session(identity.account_id) as session:
        if definition is None:
            return (await flows.draft(session, campaign_id)).document
        await campaigns.get_snapshot(session, campaign_id)
        return definition.json


async def _definition(
    identity: Identity, campaign_id: UUID, definition: Unread[FlowDefinition] | None = None
) -> FlowDefinition:
    """The flow that was sent, or the campaign's draft. Raises NotFound, InvalidInput."""
    document = await _document(identity, campaign_id, definition)
    return await flow_work.run(identity.account_id, drafts.read, document)


async def _time_zone(identity: Identity) -> str:
    async with account_session(identity.account_id) as session:
        return (await accounts.get_settings(session, identity.account_id)).time_zone


async def _result(
    identity: Identity, definition: FlowDefinition, case_id: str, case: Json, seconds: float
) -> schemas.CaseResult:
    """Raises InvalidInput for an invalid case."""
    name = str(case.get("name", ""))[:120]
    try:
        if seconds <= 0:
            raise TooMuchWork("There wasn't enough time to run this test case. Run it on its own.")
        servers = flow_work.servers(identity.account_id)
        result = await flow_work.run(
            identity.account_id, simulation_jobs.run_case, servers, definition, case, seconds=seconds
        )
    except TooMuchWork as error:
        result = {"name": name, "ok": False, "why": [error.message], "path": [], "values": {}}
    return schemas.CaseResult(id=case_id, **result)
