"""Jobs that run in the process pool: conversations with a flow, from plain data to plain data."""

import asyncio
import json
import time
from datetime import datetime
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from quantum_app.api.simulation_environment import Fault, Servers, simulation_environment
from quantum_app.api.unprocessable import Unprocessable, unusable
from quantum_app.api.unread import Json, Unread
from quantum_app.domain.flows import drafts
from quantum_app.domain.flows.engine import engine
from quantum_app.domain.flows.engine.runner import Runner
from quantum_app.domain.flows.model.definition import FlowDefinition
from quantum_app.domain.flows.model.runtime import CallStarted, FlowEvent
from quantum_app.domain.flows.model.state import FlowState
from quantum_app.domain.flows.templates import template
from quantum_app.domain.flows.testing import case_from_call, simulation, test_case
from quantum_app.domain.flows.testing import preview as previews
from quantum_app.domain.flows.testing.case_from_call import PastCall
from quantum_app.domain.flows.testing.simulation import SimulationStep
from quantum_app.domain.flows.testing.test_case import Case
from quantum_app.errors import Component
from quantum_app.kit import log
from quantum_app.kit.phone import region_of_time_zone
from quantum_app.providers.nlu.budget import BudgetSpent

_LONGEST_CALL = 86_400.0  # seconds

_EVENT: TypeAdapter[FlowEvent] = TypeAdapter(FlowEvent)
_STATE = TypeAdapter(FlowState)

T = TypeVar("T")


class HistoryItem(BaseModel):
    speaker: Literal["caller", "assistant", "operator"]
    text: str = Field(max_length=4000)


class SimulateEvent(BaseModel):
    """An event, and the call that it happens in."""

    definition: Unread[FlowDefinition] | None = Field(
        None, description="The flow. Without one, the campaign's draft is used."
    )
    state: Unread[FlowState] | None = Field(
        None, description="The state that the event before returned. Null for a new call."
    )
    event: Unread[FlowEvent] = Field(description="What happens. A start without a time zone is in the account's.")
    history: list[HistoryItem] = Field([], max_length=40, description="What was said before, the oldest first.")
    fault: Fault | None = Field(None, description="The part that should fail.")
    dialogue_model: Literal["rules", "llm"] = Field("llm", description="`rules` uses no language model.")
    operators: bool = Field(True, description="Whether an event answers a handoff. If not, nobody is available.")


def set_up(log_format: Literal["console", "json"], log_level: str, model: bool) -> None:
    """Prepare a process of the pool for its first job."""
    log.configure(log_format, log_level)
    if model:
        import quantum_app.providers.nlu.llm  # noqa: F401  (takes seconds)


def simulate(servers: Servers, document: Json, request: SimulateEvent, time_zone: str) -> Json:
    """`schemas.simulator.Simulation`. document: the flow. time_zone: the account's.

    Raises InvalidInput, Unprocessable.
    """
    event = _read(_EVENT, request.event.json, "event")
    before = _read(_STATE, request.state.json, "state") if request.state else None
    definition = drafts.read(document)
    state = _checked_state(before, event) or engine.opening(definition)
    if isinstance(event, CallStarted) and "time_zone" not in event.model_fields_set:
        event = event.model_copy(update={"time_zone": time_zone})
    zone = event.time_zone if isinstance(event, CallStarted) else state.time_zone
    history = [(item.speaker, item.text) for item in request.history]

    async def simulated() -> Json:
        began = time.perf_counter()
        async with simulation_environment(servers, definition, request.fault, request.dialogue_model) as environment:
            region = region_of_time_zone(zone)
            dialogue_models, knowledge = environment.dialogue_models, environment.knowledge
            runner = Runner(definition, dialogue_models, knowledge, operators=request.operators, region=region)
            simulated_event = await simulation.simulate(runner, state, event, history)
        simulated_event.seconds["total"] = time.perf_counter() - began
        return _simulation(definition, simulated_event) | {"problems": _problems(simulated_event, environment.problems)}

    return asyncio.run(simulated())


def run_case(servers: Servers, definition: FlowDefinition, document: Json) -> Json:
    """`schemas.simulator.CaseResult` of one case, without its id. Raises InvalidInput."""
    case = test_case.read(document)

    async def result() -> test_case.CaseResult:
        async with simulation_environment(servers, definition, None, "rules") as environment:
            return await test_case.run(definition, case, environment.dialogue_models, environment.knowledge)

    outcome = asyncio.run(result())
    return {
        "name": case.name,
        "ok": outcome.ok,
        "why": list(outcome.why),
        "path": list(outcome.path),
        "values": outcome.values,
        "score": outcome.score,
        "ended": outcome.ended,
    }


def case_of_call(servers: Servers, definition: FlowDefinition, call: PastCall, name: str) -> Case:
    """A call as a case. definition: the flow of that call. Raises Conflict, InvalidInput."""

    async def converted() -> Case:
        async with simulation_environment(servers, definition, None, "rules") as environment:
            return await case_from_call.case(
                definition, call, environment.dialogue_models, environment.knowledge, name=name
            )

    return test_case.read(test_case.plain(asyncio.run(converted())))


def preview(servers: Servers, template_id: str, begins: datetime, time_zone: str) -> list[tuple[previews.Speaker, str]]:
    """What is said on a call with a template, as (speaker, text)."""
    flow_template = template(template_id)
    assert flow_template is not None
    definition = previews.with_examples(flow_template.definition, previews.EXAMPLE_BUSINESSES[template_id])

    async def lines() -> list[tuple[previews.Speaker, str]]:
        async with simulation_environment(servers, definition, None, "rules") as environment:
            conversation = await previews.preview(
                definition,
                template_id,
                environment.dialogue_models,
                environment.knowledge,
                begins=begins,
                time_zone=time_zone,
            )
        return [(line.speaker, line.text) for line in conversation]

    return asyncio.run(lines())


def _read(adapter: TypeAdapter[T], document: Json, field: str) -> T:
    """Raises Unprocessable."""
    try:
        return adapter.validate_python(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise unusable(".".join(str(part) for part in (field, *first["loc"])), first["type"], first["msg"]) from None


def _checked_state(state: FlowState | None, event: FlowEvent) -> FlowState | None:
    """The state if it is a possible one: it comes from a browser. Raises Unprocessable."""
    try:
        content = {"event": event.model_dump(mode="json"), "state": state.model_dump(mode="json") if state else None}
        text = json.dumps(content, allow_nan=False)
    except ValueError:
        raise Unprocessable("The state contains an invalid number.", code="invalid_state", field="state") from None
    if "\\u0000" in text:
        raise Unprocessable("Text can't contain NUL characters.", code="invalid_text")
    times = [event.at, *([state.elapsed] if state else [])]
    began = [at for at in (getattr(event, "started_at", None), state.started_at if state else None) if at]
    if any(not 0 <= at <= _LONGEST_CALL for at in times) or any(not 1970 <= at.year <= 2200 for at in began):
        raise Unprocessable("The time is outside the range of a call.", code="invalid_state", field="state")
    return state


# What is shown


def _simulation(definition: FlowDefinition, simulated: SimulationStep) -> dict[str, Any]:
    used = {(item.passage.source, item.passage.text) for item in simulated.used}
    state = simulated.state
    return {
        "state": state.model_dump(mode="json"),
        "actions": [
            {"node": item.node, "speech": item.words, **_at_node(item.action.model_dump(mode="json"))}
            for item in simulated.actions
        ],
        "passages": [
            {
                "source": item.passage.source,
                "text": item.passage.text,
                "score": round(item.score, 4),
                "used": (item.passage.source, item.passage.text) in used,
            }
            for item in simulated.passages
        ],
        "candidates": [
            {
                "id": option,
                "label": simulation.label(definition, option),
                "score": round(score, 4),
                "chosen": option == classification.choice or option in classification.signals,
            }
            for classification in simulated.classifications
            for option, score in classification.candidates
        ],
        "values": state.slots.values,
        "score": {
            "total": state.scoring.total,
            "reasons": [
                {"rule": rule.id, "points": rule.points, "reason": rule.reason}
                for rule in definition.rules.scores
                if rule.id in state.scoring.applied_rules
            ],
        },
        "timings": {name: round(seconds * 1000, 2) for name, seconds in simulated.seconds.items()},
    }


def _at_node(action: dict[str, Any]) -> dict[str, Any]:
    """The action with its own `node`, which is where it leads, under `to`: `node` is where it happened."""
    return {("to" if name == "node" else name): value for name, value in action.items()}


def _problems(simulated: SimulationStep, from_environment: dict[Component, str]) -> list[dict[str, str]]:
    budget_error = BudgetSpent.__name__
    failed = {
        item.component: "The account's language model budget for today is used up, so the rules answered."
        if item.error == budget_error
        else "The language model didn't respond, so the rules answered."
        for item in simulated.failed
    }
    messages = failed | from_environment
    return [{"component": str(component), "message": message} for component, message in messages.items()]
