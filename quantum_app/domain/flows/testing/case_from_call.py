"""A call that took place, as a case. A case is kept longer than a call, so it holds nobody's contact data."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from quantum_app.domain.flows.engine import engine
from quantum_app.domain.flows.engine.runner import Runner, Searcher
from quantum_app.domain.flows.model.definition import CONTACT_TYPES, FlowDefinition, Value, VariableType
from quantum_app.domain.flows.model.runtime import CallerSaid, CallStarted, Collect
from quantum_app.domain.flows.ports import DialogueModel
from quantum_app.domain.flows.testing.simulation import simulate
from quantum_app.domain.flows.testing.test_case import Case, Expected, Turn
from quantum_app.errors import Conflict
from quantum_app.kit.phone import region_of_time_zone

_MOST_TURNS = 60
_LONGEST_PAUSE = 14_400.0
# Somebody who does not exist (numbers 555-01xx and the domain are reserved for examples), and how they say it.
# Addresses first: names are in them.
_SAMPLE: dict[VariableType, tuple[str, str]] = {
    "email": ("alex.sample@example.com", "My email address is alex.sample@example.com."),
    "phone": ("+12025550143", "My number is 202 555 0143."),
    "name": ("Alex Sample", "My name is Alex Sample."),
}
# A call that ended so has come to its end; one that was cut off says nothing about the flow.
_CAME_TO_AN_END = frozenset({"goodbye", "flow"})


@dataclass(frozen=True, slots=True)
class PastCall:
    """What is known of a call. turns: (speaker, text, began at, node)."""

    began: datetime
    time_zone: str
    name: str | None
    email: str | None
    turns: tuple[tuple[str, str, datetime, str | None], ...]
    end_reason: str


async def case(
    definition: FlowDefinition,
    call: PastCall,
    models: Sequence[DialogueModel],
    knowledge: Mapping[str, Searcher],
    *,
    name: str = "",
) -> Case:
    """The caller's words again, and the way that the call took. definition: the flow of that call.

    Raises Conflict for a call that nothing can be expected of.
    """
    caller_turns = [(text, at) for speaker, text, at, _ in call.turns if speaker == "caller" and text.strip()][
        :_MOST_TURNS
    ]
    there = {node.id for node in definition.nodes}
    path = [node for *_, node in call.turns if node in there]
    visited_nodes = [node for place, node in enumerate(path) if node and (place == 0 or path[place - 1] != node)]
    if not caller_turns:
        raise Conflict("The caller said nothing on this call, so it can't become a test case.", code="nothing_said")
    if not visited_nodes:
        raise Conflict(
            "This call's path through the flow wasn't recorded, so it can't become a test case.",
            code="way_unknown",
        )
    kinds: dict[str, VariableType] = {variable.name: variable.type for variable in definition.variables}
    contact_values: dict[VariableType, str] = {"name": call.name or "", "email": call.email or ""}
    known_values: dict[str, Value] = {
        name: value for name, kind in kinds.items() if (value := contact_values.get(kind))
    }
    secrets: dict[VariableType, set[str]] = {kind: {value} for kind, value in contact_values.items() if value}

    runner = Runner(definition, models, knowledge, region=region_of_time_zone(call.time_zone))
    state = engine.opening(definition)
    start_event = CallStarted(started_at=call.began, time_zone=call.time_zone, values=known_values, consent=True)
    state = (await simulate(runner, state, start_event)).state
    turns: list[Turn] = []
    before = call.began
    for text, at in caller_turns:
        unconfirmed_before = state.confirmation.unconfirmed_slots
        step = await simulate(runner, state, CallerSaid(text=text, at=max(0.0, (at - call.began).total_seconds())))
        state = step.state
        contact: set[VariableType] = set()
        # What is noted now may have been told a turn before, and read back since.
        collected_values = {
            action.variable: action.value for item in step.actions if isinstance(action := item.action, Collect)
        }
        for variable, value in (collected_values | state.confirmation.unconfirmed_slots).items():
            if unconfirmed_before.get(variable) != value and (kind := kinds.get(variable, "text")) in CONTACT_TYPES:
                contact.add(kind)
                secrets.setdefault(kind, set()).add(str(value))
        words = " ".join(contact_values for kind, (_, contact_values) in _SAMPLE.items() if kind in contact) or text
        turns.append(Turn(says=words, after=min(_LONGEST_PAUSE, max(0.0, (at - before).total_seconds()))))
        before = max(before, at)

    here = call.began.astimezone(ZoneInfo(call.time_zone))
    return Case(
        name=name or f"Call on {here:%B %-d, %Y, %H:%M}",
        collected={name: _SAMPLE[kinds[name]][0] for name in known_values},
        consent=True,
        begins=call.began,
        time_zone=call.time_zone,
        turns=tuple(turn.model_copy(update={"says": _without(turn.says, secrets)}) for turn in turns),
        expected=Expected(path=tuple(visited_nodes[:200]), ends=True if call.end_reason in _CAME_TO_AN_END else None),
    )


def _without(text: str, secrets: Mapping[VariableType, set[str]]) -> str:
    """The words with the sample in place of what callers told, wherever they said or spelled it."""
    for kind, (sample, _) in _SAMPLE.items():
        for secret in sorted(secrets.get(kind, ()), key=len, reverse=True):
            if kind == "phone":
                digits = re.sub(r"\D", "", secret)[-7:]
                text = re.sub(r"\D{0,2}".join(digits), sample, text) if digits else text
            else:
                text = re.sub(rf"\b{re.escape(secret)}\b", sample, text, flags=re.IGNORECASE)
    names = {part for name in secrets.get("name", ()) for part in name.split() if len(part) > 1}
    names |= {part for email in secrets.get("email", ()) for part in re.findall(r"[^\W\d_]{3,}", email.split("@")[0])}
    first, *rest = _SAMPLE["name"][0].split()
    for name in sorted(names - {first, *rest, *_SAMPLE["email"][0].split("@")[0].split(".")}, key=len, reverse=True):
        spelled = r"[\s.,-]{0,2}".join(map(re.escape, name))
        text = re.sub(rf"\b{spelled}\b", first, text, flags=re.IGNORECASE)
    return text
