"""Trying a flow without a call: one event after the other, and the saved cases. Nothing of it is kept here.

The browser holds the conversation: it sends the state that it got, so a step back is a state that it still has.
"""

import time
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, RootModel

from quantum_app.api import flow_work, limits, trials
from quantum_app.api.flow_work import TooMuchWork
from quantum_app.api.flows import FlowEndpoint
from quantum_app.api.guard import allowed
from quantum_app.db.session import account_session
from quantum_app.domain.accounts import service as accounts
from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.calls import service as calls
from quantum_app.domain.calls.schemas import CallStatus
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.domain.flows import drafts
from quantum_app.domain.flows import service as flows
from quantum_app.domain.flows.model.definition import FlowDefinition
from quantum_app.domain.flows.testing import service as case_service
from quantum_app.domain.flows.testing.case_from_call import Recorded
from quantum_app.domain.identity.schemas import Identity
from quantum_app.errors import Conflict, NotFound
from quantum_app.kit import ids

_LAST_CALLS = 20
_TESTING = 30.0  # seconds, of all cases together

Reader = Annotated[Identity, allowed(Permission.CAMPAIGNS_READ)]
Drawing = Annotated[Identity, allowed(Permission.CAMPAIGNS_WRITE)]
CallReader = Annotated[Identity, allowed(Permission.CALLS_READ)]

router = APIRouter(prefix="/api/flows", route_class=FlowEndpoint)


class Sent(RootModel[dict[str, Any]]):
    """A `trials.Simulate`, which is read where nobody else waits for it."""


class RunCases(BaseModel):
    """None: the draft, and the cases that are kept. cases: `domain.flows.testing.test_case.Case`."""

    definition: dict[str, Any] | None = None
    cases: list[Any] | None = Field(default=None, max_length=case_service.MOST)


class FromCall(BaseModel):
    call_id: str = Field(max_length=100)
    name: str = Field("", max_length=120)


@router.post("/{campaign_id}/simulate")
async def simulate_event(campaign_id: str, sent: Sent, who: Reader) -> JSONResponse:
    """What an event makes of a call, with everything that took part in it."""
    await limits.count(limits.SIMULATIONS_BY_PERSON, "simulate", str(who.user_id))
    definition = sent.root.get("definition")
    async with account_session(who.account_id) as session:
        if definition is None:
            definition = (await flows.draft(session, _known(campaign_id))).stored
        else:
            await campaigns.snapshot(session, _known(campaign_id))
    around, zone = flow_work.servers(who.account_id), await _time_zone(who)
    body = sent.root | {"definition": definition}
    return JSONResponse(await flow_work.run(who.account_id, trials.simulate, around, body, zone))


@router.post("/{campaign_id}/test")
async def run_cases(campaign_id: str, sent: RunCases, who: Reader) -> JSONResponse:
    """Which cases the flow leads as expected, and why not."""
    await limits.count(limits.TESTS_BY_PERSON, "test", str(who.user_id))
    definition = await _definition(who, campaign_id, sent.definition)
    if sent.cases is None:
        async with account_session(who.account_id) as session:
            listed = await case_service.listed(session, _known(campaign_id))
        wanted = [(ids.encode("case", item.id), item.body) for item in listed]
    else:
        wanted = [(str(number), item) for number, item in enumerate(sent.cases, 1)]
    until = time.monotonic() + _TESTING
    results = [await _tried(who, definition, case_id, case, until - time.monotonic()) for case_id, case in wanted]
    return JSONResponse({"cases": results})


@router.get("/{campaign_id}/calls")
async def list_recorded(campaign_id: str, who: Reader, _: CallReader) -> JSONResponse:
    """The campaign's last calls, which can become cases."""
    async with account_session(who.account_id) as session:
        await campaigns.snapshot(session, _known(campaign_id))
        page = await calls.list_calls(session, campaign_id=_known(campaign_id), limit=_LAST_CALLS)
    return JSONResponse(
        {
            "calls": [
                {
                    "id": ids.encode("call", item.call_id),
                    "caller": item.caller_name or item.caller_email,
                    "at": item.created_at.isoformat(),
                    "turns": item.turns,
                }
                for item in page.calls
                if item.turns and item.ended_at
            ]
        }
    )


@router.post("/{campaign_id}/cases/from-call", status_code=201)
async def case_from_call(campaign_id: str, sent: FromCall, who: Drawing, _: CallReader) -> JSONResponse:
    """Keep what was said on a call as a case, with made-up contact data in place of the caller's.

    result: what the flow makes of it as it is drawn now. 409 for a call that can be no case.
    """
    await limits.count(limits.TESTS_BY_PERSON, "test", str(who.user_id))
    wanted, call_id = _known(campaign_id), ids.decode("call", sent.call_id)
    async with account_session(who.account_id) as session:
        found = await calls.detail(session, call_id) if call_id else None
        if found is None or found.campaign_id != wanted:
            raise NotFound("The campaign has no such call.", code="call_not_found")
        if found.summary.status is CallStatus.ACTIVE:
            raise Conflict("The call goes on. Save it as a case when it has ended.", code="call_active")
        stored = await flows.stored_version(session, wanted, found.flow_version)
    definition = await flow_work.run(who.account_id, drafts.read, stored)
    call = Recorded(
        time_zone=await _time_zone(who),
        began=found.summary.answered_at or found.summary.created_at,
        name=found.summary.caller_name,
        email=found.summary.caller_email,
        turns=tuple((str(turn.speaker), turn.text, turn.started_at, turn.node_id) for turn in found.turns),
        ended=str(found.summary.end_reason or ""),
    )
    around, name = flow_work.servers(who.account_id), sent.name.strip()
    case = await flow_work.run(who.account_id, trials.case_of_call, around, definition, call, name)
    async with account_session(who.account_id) as session:
        made = await case_service.add(session, who.account_id, wanted, case)
    case_id, drawn = ids.encode("case", made.id), await _definition(who, campaign_id, None)
    result = await _tried(who, drawn, case_id, made.body, _TESTING)
    body = {"id": case_id, "name": made.name, "case": made.body, "result": result}
    return JSONResponse(body, status_code=201)


async def _definition(who: Identity, campaign_id: str, sent: dict[str, Any] | None) -> FlowDefinition:
    """The flow that was sent, or the campaign's draft. Raises NotFound, InvalidInput."""
    wanted = _known(campaign_id)
    async with account_session(who.account_id) as session:
        if sent is None:
            sent = (await flows.draft(session, wanted)).stored
        else:
            await campaigns.snapshot(session, wanted)
    return await flow_work.run(who.account_id, drafts.read, sent)


async def _time_zone(who: Identity) -> str:
    async with account_session(who.account_id) as session:
        return (await accounts.settings_of(session, who.account_id)).time_zone


async def _tried(who: Identity, definition: FlowDefinition, case_id: str, case: Any, seconds: float) -> dict[str, Any]:
    """Raises InvalidInput for what is no case."""
    name = str(case["name"])[:120] if isinstance(case, dict) and "name" in case else ""  # pyright: ignore
    try:
        if seconds <= 0:
            raise TooMuchWork("There was no time left for it. Run it alone.")
        around = flow_work.servers(who.account_id)
        result = await flow_work.run(who.account_id, trials.run_case, around, definition, case, seconds=seconds)
    except TooMuchWork as error:
        result = {"name": name, "ok": False, "why": [error.message], "path": [], "values": {}}
    return {"id": case_id, **result}


def _known(campaign_id: str) -> UUID:
    """Raises NotFound."""
    found = ids.decode("cmp", campaign_id)
    if found is None:
        raise NotFound("There is no such campaign in this account.", code="campaign_not_found")
    return found
