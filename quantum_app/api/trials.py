"""What runs in the pool's processes: conversations with a flow, from plain data to plain data."""

import asyncio
import json
import time
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError

from quantum_app.api.surroundings import Fault, Servers, surroundings
from quantum_app.api.unprocessable import Unprocessable, unusable
from quantum_app.domain.flows import drafts
from quantum_app.domain.flows.engine import engine
from quantum_app.domain.flows.engine.runner import Runner
from quantum_app.domain.flows.model.definition import FlowDefinition
from quantum_app.domain.flows.model.runtime import CallStarted, FlowEvent, FlowState
from quantum_app.domain.flows.testing import case_from_call, simulation, test_case
from quantum_app.domain.flows.testing.case_from_call import Recorded
from quantum_app.domain.flows.testing.simulation import Simulated
from quantum_app.domain.flows.testing.test_case import Case
from quantum_app.errors import Component
from quantum_app.kit import log
from quantum_app.kit.phone import region_of_time_zone
from quantum_app.providers.brain.budget import BudgetSpent

_LONGEST_CALL = 86_400.0  # seconds

Json = dict[str, Any]


class Said(BaseModel):
    speaker: Literal["caller", "assistant", "operator"]
    text: str = Field(max_length=4000)


class Simulate(BaseModel):
    """definition: None for the draft. state: None before the call. fault: what is made to fail.

    event: a start that names no time zone takes place in the account's. brain: `rules` also where a model is
    configured. operators: handoffs are answered by an event; else nobody is free.
    """

    definition: Json | None = None
    state: FlowState | None = None
    event: FlowEvent
    history: list[Said] = Field(default=[], max_length=40)
    fault: Fault | None = None
    brain: Literal["rules", "llm"] = "llm"
    operators: bool = True


def set_up(log_format: Literal["console", "json"], log_level: str, model: bool) -> None:
    """Once in each process, before it has a job: what jobs would otherwise wait for."""
    log.configure(log_format, log_level)
    if model:
        import quantum_app.providers.brain.llm  # noqa: F401  (takes seconds)


def simulate(servers: Servers, sent: Json, time_zone: str) -> Json:
    """What an event makes of a call. sent: `Simulate`, with its definition. time_zone: the account's.

    Raises InvalidInput, Unprocessable.
    """
    try:
        wanted = Simulate.model_validate(sent)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise unusable(".".join(str(part) for part in first["loc"]), first["type"], first["msg"]) from None
    definition = drafts.read(wanted.definition or {})
    state, event = _possible(wanted.state, wanted.event) or engine.opening(definition), wanted.event
    if isinstance(event, CallStarted) and "time_zone" not in event.model_fields_set:
        event = event.model_copy(update={"time_zone": time_zone})
    zone = event.time_zone if isinstance(event, CallStarted) else state.time_zone
    history = [(item.speaker, item.text) for item in wanted.history]

    async def made() -> Json:
        began = time.perf_counter()
        async with surroundings(servers, definition, wanted.fault, wanted.brain) as around:
            region = region_of_time_zone(zone)
            runner = Runner(definition, around.brains, around.knowledge, operators=wanted.operators, region=region)
            made = await simulation.simulate(runner, state, event, history)
        made.seconds["total"] = time.perf_counter() - began
        return _shown(definition, made) | {"problems": _problems(made, around.problems)}

    return asyncio.run(made())


def run_case(servers: Servers, definition: FlowDefinition, sent: Any) -> Json:
    """What the flow makes of one case. Raises InvalidInput."""
    case = test_case.read(sent)

    async def result() -> test_case.CaseResult:
        async with surroundings(servers, definition, None, "rules") as around:
            return await test_case.run(definition, case, around.brains, around.knowledge)

    found = asyncio.run(result())
    return {
        "name": case.name,
        "ok": found.ok,
        "why": list(found.why),
        "path": list(found.path),
        "values": found.values,
        "score": found.score,
        "ended": found.ended,
    }


def case_of_call(servers: Servers, definition: FlowDefinition, call: Recorded, name: str) -> Case:
    """A call as a case. definition: the flow of that call. Raises Conflict, InvalidInput."""

    async def made() -> Case:
        async with surroundings(servers, definition, None, "rules") as around:
            return await case_from_call.case(definition, call, around.brains, around.knowledge, name=name)

    return test_case.read(test_case.plain(asyncio.run(made())))


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


def _problems(made: Simulated, around: dict[Component, str]) -> list[dict[str, str]]:
    spent = BudgetSpent.__name__
    failed = {
        item.component: "The account's budget for the language model is used up for today; the rules took its place."
        if item.error == spent
        else "The language model did not answer; the rules took its place."
        for item in made.failed
    }
    return [{"component": str(component), "message": message} for component, message in (failed | around).items()]
