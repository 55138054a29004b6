"""Trying a flow without a call: one event after the other, and the saved cases. Nothing of it is kept here.

The browser holds the conversation: it sends the state that it got, so a step back is a state that it still has.
"""

import asyncio
import json
import time
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from quantum_app.api import limits
from quantum_app.api.flows import FlowEndpoint
from quantum_app.api.guard import allowed
from quantum_app.api.problems import Unprocessable
from quantum_app.api.surroundings import Fault, Surroundings, surroundings
from quantum_app.db.session import account_session
from quantum_app.domain.accounts import service as accounts
from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.calls import service as calls
from quantum_app.domain.calls.schemas import CallStatus
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.domain.flows import cases, drafts, engine, kept_cases, recorded, simulation
from quantum_app.domain.flows import service as flows
from quantum_app.domain.flows.definition import FlowDefinition
from quantum_app.domain.flows.runner import Runner
from quantum_app.domain.flows.simulation import Simulated
from quantum_app.domain.flows.state import CallStarted, FlowEvent, FlowState
from quantum_app.domain.identity.schemas import Identity
from quantum_app.errors import Conflict, NotFound, Segment
from quantum_app.kit import ids
from quantum_app.kit.phone import region_of
from quantum_app.providers.brain.budget import BudgetSpent

_LAST_CALLS = 20
# Seconds: of all cases together, and of a call that is possible.
_TESTING, _LONGEST_CALL = 30.0, 86_400.0

Reader = Annotated[Identity, allowed(Permission.CAMPAIGNS_READ)]
Drawing = Annotated[Identity, allowed(Permission.CAMPAIGNS_WRITE)]
CallReader = Annotated[Identity, allowed(Permission.CALLS_READ)]

router = APIRouter(prefix="/api/flows", route_class=FlowEndpoint)


class Said(BaseModel):
    speaker: Literal["caller", "assistant", "operator"]
    text: str = Field(max_length=4000)


class Simulate(BaseModel):
    """definition: None for the draft. state: None before the call. fault: what is made to fail.

    event: a start that names no time zone takes place in the account's. brain: `rules` also where a model is
    configured. operators: handoffs are answered by an event; else nobody is free.
    """

    definition: dict[str, Any] | None = None
    state: FlowState | None = None
    event: FlowEvent
    history: list[Said] = Field(default=[], max_length=40)
    fault: Fault | None = None
    brain: Literal["rules", "llm"] = "llm"
    operators: bool = True


class RunCases(BaseModel):
    """None: the draft, and the cases that are kept."""

    definition: dict[str, Any] | None = None
    cases: list[dict[str, Any]] | None = Field(default=None, max_length=kept_cases.MOST)


class FromCall(BaseModel):
    call_id: str = Field(max_length=100)
    name: str = Field("", max_length=120)


@router.post("/{campaign_id}/simulate")
async def simulate_event(campaign_id: str, sent: Simulate, who: Reader) -> JSONResponse:
    """What an event makes of a call, with everything that took part in it."""
    await limits.count(limits.SIMULATIONS_BY_PERSON, "simulate", str(who.user_id))
    definition = await _definition(who, campaign_id, sent.definition)
    state, event = _possible(sent.state, sent.event) or engine.opening(definition), sent.event
    if isinstance(event, CallStarted) and "time_zone" not in event.model_fields_set:
        event = event.model_copy(update={"time_zone": await _time_zone(who)})
    zone = event.time_zone if isinstance(event, CallStarted) else state.time_zone
    history = [(item.speaker, item.text) for item in sent.history]
    began = time.perf_counter()
    async with surroundings(who.account_id, definition, sent.fault, sent.brain) as around:
        runner = Runner(definition, around.brains, around.knowledge, operators=sent.operators, region=region_of(zone))
        made = await simulation.simulate(runner, state, event, history)
    made.seconds["total"] = time.perf_counter() - began
    return JSONResponse(_shown(definition, made) | {"problems": _problems(made, around.problems)})


@router.post("/{campaign_id}/test")
async def run_cases(campaign_id: str, sent: RunCases, who: Reader) -> JSONResponse:
    """Which cases the flow leads as expected, and why not."""
    await limits.count(limits.TESTS_BY_PERSON, "test", str(who.user_id))
    definition = await _definition(who, campaign_id, sent.definition)
    if sent.cases is None:
        async with account_session(who.account_id) as session:
            listed = await kept_cases.listed(session, _known(campaign_id))
        wanted = [(ids.encode("case", item.id), cases.read(item.body)) for item in listed]
    else:
        wanted = [(str(number), cases.read(item)) for number, item in enumerate(sent.cases, 1)]
    until = time.monotonic() + _TESTING
    results: list[dict[str, Any]] = []
    async with surroundings(who.account_id, definition, None, "rules") as around:
        for case_id, case in wanted:
            results.append(await _tried(definition, case_id, case, around, until - time.monotonic()))
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
        definition = await flows.definition_of(session, wanted, found.flow_version)
    call = recorded.Recorded(
        time_zone=await _time_zone(who),
        began=found.summary.answered_at or found.summary.created_at,
        name=found.summary.caller_name,
        email=found.summary.caller_email,
        turns=tuple((str(turn.speaker), turn.text, turn.started_at, turn.node_id) for turn in found.turns),
        ended=str(found.summary.end_reason or ""),
    )
    async with surroundings(who.account_id, definition, None, "rules") as around:
        case = await recorded.case(definition, call, around.brains, around.knowledge, name=sent.name.strip())
    async with account_session(who.account_id) as session:
        made = await kept_cases.add(session, who.account_id, wanted, cases.plain(case))
    case_id, drawn = ids.encode("case", made.id), await _definition(who, campaign_id, None)
    async with surroundings(who.account_id, drawn, None, "rules") as around:
        result = await _tried(drawn, case_id, case, around, _TESTING)
    body = {"id": case_id, "name": made.name, "case": made.body, "result": result}
    return JSONResponse(body, status_code=201)


async def _definition(who: Identity, campaign_id: str, sent: dict[str, Any] | None) -> FlowDefinition:
    """The flow that was sent, or the campaign's draft. Raises NotFound, InvalidInput."""
    wanted = _known(campaign_id)
    async with account_session(who.account_id) as session:
        if sent is None:
            return (await flows.draft(session, wanted)).definition
        await campaigns.snapshot(session, wanted)
    return drafts.read(sent)


async def _time_zone(who: Identity) -> str:
    async with account_session(who.account_id) as session:
        return (await accounts.settings_of(session, who.account_id)).time_zone


def _possible(state: FlowState | None, event: FlowEvent) -> FlowState | None:
    """A state that comes from a browser, and may come from anywhere else. Raises Unprocessable."""
    try:
        sent = {"event": event.model_dump(mode="json"), "state": state.model_dump(mode="json") if state else None}
        text = json.dumps(sent, allow_nan=False)
    except ValueError:
        raise Unprocessable("There is a number in it that is none.", code="invalid_state", field="state") from None
    if "\\u0000" in text:
        raise Unprocessable("Text cannot contain NUL characters.", code="invalid_text")
    times = [event.at, *([state.elapsed] if state else [])]
    began = [at for at in (getattr(event, "started_at", None), state.started_at if state else None) if at]
    if any(not 0 <= at <= _LONGEST_CALL for at in times) or any(not 1970 <= at.year <= 2200 for at in began):
        raise Unprocessable("No call takes place at such a time.", code="invalid_state", field="state")
    return state


# What is shown


def _shown(definition: FlowDefinition, made: Simulated) -> dict[str, Any]:
    usable = {(item.passage.source, item.passage.text) for item in made.usable}
    state = made.state
    return {
        "state": state.model_dump(mode="json"),
        "actions": [
            {"node": shown.node, "said": shown.said, **_at_node(shown.action.model_dump(mode="json"))}
            for shown in made.actions
        ],
        "passages": [
            {
                "source": item.passage.source,
                "text": item.passage.text,
                "score": round(item.score, 4),
                "used": (item.passage.source, item.passage.text) in usable,
            }
            for item in made.found
        ],
        "considered": [
            {
                "id": option,
                "label": simulation.label(definition, option),
                "score": round(score, 4),
                "chosen": option == found.choice or option in found.signals,
            }
            for found in made.classifications
            for option, score in found.considered
        ],
        "values": state.values,
        "score": {
            "total": state.score,
            "reasons": [
                {"rule": rule.id, "points": rule.points, "reason": rule.reason}
                for rule in definition.rules.scores
                if rule.id in state.scored
            ],
        },
        "timings": {name: round(seconds * 1000, 2) for name, seconds in made.seconds.items()},
    }


def _at_node(action: dict[str, Any]) -> dict[str, Any]:
    """An action's own `node` is where it leads; which node took it stands beside it."""
    return {("to" if name == "node" else name): value for name, value in action.items()}


def _problems(made: Simulated, around: dict[Segment, str]) -> list[dict[str, str]]:
    spent = BudgetSpent.__name__
    failed = {
        item.segment: "The account's budget for the language model is used up for today; the rules took its place."
        if item.error == spent
        else "The language model did not answer; the rules took its place."
        for item in made.failed
    }
    return [{"segment": str(segment), "message": message} for segment, message in (failed | around).items()]


async def _tried(
    definition: FlowDefinition, case_id: str, case: cases.Case, around: Surroundings, seconds: float
) -> dict[str, Any]:
    head = {"id": case_id, "name": case.name}
    try:
        async with asyncio.timeout(seconds):
            result = await cases.run(definition, case, around.brains, around.knowledge)
    except TimeoutError:
        return head | {"ok": False, "why": ["There was no time left for it. Run it alone."], "path": [], "values": {}}
    return head | {
        "ok": result.ok,
        "why": list(result.why),
        "path": list(result.path),
        "values": result.values,
        "score": result.score,
        "ended": result.ended,
    }


def _known(campaign_id: str) -> UUID:
    """Raises NotFound."""
    found = ids.decode("cmp", campaign_id)
    if found is None:
        raise NotFound("There is no such campaign in this account.", code="campaign_not_found")
    return found
