"""Explicit confirmation: "I have anna.smith@gmail.com. Is that right?".

A variable that asks for it counts once the caller has confirmed it. A caller who says no is asked again, and another
value is read back in turn. After `MAX_ATTEMPTS` questions of this kind the value stays as it was last understood, and
the call goes on.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from quantum_app.domain.flows.engine.opening_hours import local_time
from quantum_app.domain.flows.engine.read_back import confirmation_question
from quantum_app.domain.flows.engine.slots import accept_slot_values, fitting_values
from quantum_app.domain.flows.engine.step_context import StepContext
from quantum_app.domain.flows.model.definition import Value, Variable
from quantum_app.domain.flows.model.runtime import Ask
from quantum_app.domain.flows.nlu import dialogue_acts, entity_extraction, tokens
from quantum_app.domain.flows.ports import ExtractRequest
from quantum_app.kit.phone import region_of_time_zone

# confirmed: it counts. rejected: it is wrong. committed: it counts although it may be wrong, since it was read back
# often enough. replaced: the caller told other values. unclear: the words say neither yes nor no.
Outcome = Literal["confirmed", "rejected", "committed", "replaced", "unclear"]

MAX_ATTEMPTS = 2
_YES = Variable(name="yes", type="yes_no")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Reply(NamedTuple):
    """What the caller's words make of the values that were read back. rejected: variables to be asked for again."""

    outcome: Outcome
    rejected: frozenset[str] = frozenset()


def receive_values(ctx: StepContext, names: set[str], values: Mapping[str, Value]) -> tuple[set[str], set[str]]:
    """Accept what the caller told, at once or to be read back first.

    Returns the names of what is new, and of those that were accepted, the corrected ones.
    """
    by_name = {item.name: item for item in ctx.flow.variables}
    to_confirm = {
        name
        for name in names & values.keys() & by_name.keys()
        if by_name[name].is_read_back and ctx.state.confirmation.attempts.get(name, 0) < MAX_ATTEMPTS
    }
    confirmation, values_before = ctx.state.confirmation, ctx.state.slots.values
    unconfirmed = {
        name: value
        for name, value in fitting_values(ctx, to_confirm, values).items()
        if value != confirmation.unconfirmed_slots.get(name, values_before.get(name))
    }
    ctx.update_confirmation(
        unconfirmed_slots=confirmation.unconfirmed_slots | unconfirmed,
        awaiting_confirmation=confirmation.awaiting_confirmation and not unconfirmed,
    )
    at_once = names - to_confirm
    _forget(ctx, set(fitting_values(ctx, at_once, values)))
    changed_names, corrected = accept_slot_values(ctx, at_once, values)
    return changed_names | unconfirmed.keys(), corrected


def unconfirmed_slots(ctx: StepContext) -> list[tuple[Variable, Value]]:
    """Values that wait for the caller's confirmation, in the order of the flow's variables."""
    values = ctx.state.confirmation.unconfirmed_slots
    return [(item, values[item.name]) for item in ctx.flow.variables if item.name in values]


def slots_read_back(ctx: StepContext) -> set[str]:
    """The variables that the last question asked to confirm."""
    if not ctx.state.confirmation.awaiting_confirmation:
        return set()
    return {item.name for item, _ in unconfirmed_slots(ctx)}


def ask_confirmation(ctx: StepContext, *, again: bool = False) -> None:
    """Ask whether the unconfirmed values are right. again: the same question once more, which does not count."""
    slots, attempts, now = unconfirmed_slots(ctx), ctx.state.confirmation.attempts, local_time(ctx.state)
    if not again:
        attempts = attempts | {item.name: attempts.get(item.name, 0) + 1 for item, _ in slots}
    first = slots[0][0].name
    ctx.update_slots(asking=first)
    ctx.update_confirmation(awaiting_confirmation=True, attempts=attempts)
    ctx.update_conversation(response_pending=False)
    question = confirmation_question(slots, region_of_time_zone(ctx.state.time_zone), now.date() if now else None)
    ctx.emit(Ask(text=question, variable=first))


def interpret_reply(
    ctx: StepContext, text: str, values: Mapping[str, Value], names_read_back: set[str], changed_names: set[str]
) -> Reply:
    """What the caller's words make of the values that were read back.

    values: what the words tell. changed_names: variables with new values.
    """
    if names_read_back & changed_names:
        _confirm(ctx, names_read_back - changed_names)
        return Reply("replaced")
    agreed = agreement(ctx, text)
    if agreed is False:
        return _reject(ctx, text, names_read_back)
    told_again = fitting_values(ctx, names_read_back, values).items()
    unconfirmed = ctx.state.confirmation.unconfirmed_slots
    if agreed or any(unconfirmed.get(name) == value for name, value in told_again):
        _confirm(ctx, names_read_back)
        return Reply("confirmed")
    return Reply("unclear")


def _reject(ctx: StepContext, text: str, read: set[str]) -> Reply:
    mentioned_names = {
        name for name in read if (item := ctx.flow.variable(name)) and tokens.mentions_variable(text, item)
    }
    rejected_names = mentioned_names or read
    _confirm(ctx, read - rejected_names)
    if attempts_used_up(ctx, rejected_names):
        commit(ctx, rejected_names)
        return Reply("committed")
    _forget(ctx, rejected_names)
    return Reply("rejected", frozenset(rejected_names))


def agreement(ctx: StepContext, text: str) -> bool | None:
    """Whether the words say yes or no, whatever else they say."""
    if (agreed := dialogue_acts.agrees(text)) is not None:
        return agreed
    now = local_time(ctx.state) or _EPOCH
    request = ExtractRequest(text=text, variables=(_YES,), now=now, asked_variable=_YES.name)
    answer = entity_extraction.extract(request).get(_YES.name)
    return None if answer is None else answer is True


def attempts_used_up(ctx: StepContext, names: set[str]) -> bool:
    """Whether one of these has been read back often enough."""
    return any(ctx.state.confirmation.attempts.get(name, 0) >= MAX_ATTEMPTS for name in names)


def commit(ctx: StepContext, names: set[str]) -> None:
    """Accept these as they were last understood."""
    values = {name: value for name, value in ctx.state.confirmation.unconfirmed_slots.items() if name in names}
    _forget(ctx, names)
    accept_slot_values(ctx, names, values)


def _confirm(ctx: StepContext, names: set[str]) -> None:
    """These are right. Who corrects them later is read back again."""
    attempts = ctx.state.confirmation.attempts
    ctx.update_confirmation(attempts={name: count for name, count in attempts.items() if name not in names})
    commit(ctx, names)


def _forget(ctx: StepContext, names: set[str]) -> None:
    confirmation = ctx.state.confirmation
    rest = {name: value for name, value in confirmation.unconfirmed_slots.items() if name not in names}
    ctx.update_confirmation(
        unconfirmed_slots=rest, awaiting_confirmation=confirmation.awaiting_confirmation and bool(rest)
    )
