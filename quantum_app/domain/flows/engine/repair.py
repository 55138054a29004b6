"""Repair where questions are answered: "actually, my e-mail is …". What is known already is corrected.

Only clear words of correction count, or a value that the caller names as their own: missing one does less harm than
changing what was right.
"""

from collections.abc import Mapping

from quantum_app.domain.flows.engine import confirmation, slot_filling
from quantum_app.domain.flows.engine.confirmation import Reply
from quantum_app.domain.flows.engine.opening_hours import local_time
from quantum_app.domain.flows.engine.step_context import StepContext
from quantum_app.domain.flows.model.definition import Value, Variable
from quantum_app.domain.flows.model.runtime import Extract
from quantum_app.domain.flows.nlu import dialogue_acts, tokens

# Corrected by anybody who names it as their own, and mistaken for nothing else.
_OWN = frozenset({"email", "phone", "name"})
_UNMISTAKABLE = frozenset({"email", "phone"})
_MAX_ATTEMPTS = 2


def correctable(ctx: StepContext, text: str) -> tuple[str, ...]:
    """The variables that the words may correct."""
    slots = ctx.state.slots
    if slots.asking:
        about = {slots.asking, *ctx.state.confirmation.unconfirmed_slots}
        return tuple(item.name for item in ctx.flow.variables if item.name in about)
    filled = [item for item in ctx.flow.variables if item.name in slots.values]
    if not filled or dialogue_acts.is_question(text):
        return ()
    mentioned_names = {item.name for item in filled if tokens.mentions_variable(text, item)}
    return tuple(item.name for item in filled if _may_correct(item, text, mentioned_names))


def request_corrections(ctx: StepContext, number: int, text: str, names: tuple[str, ...]) -> None:
    now = local_time(ctx.state)
    ctx.emit(Extract(request=number, text=text, variables=names, asked_variable=ctx.state.slots.asking, now=now))


def correct(ctx: StepContext, text: str, values: Mapping[str, Value], *, leaves: bool) -> bool:
    """Whether the words were a correction, and have been dealt with. leaves: they mean an intent of the node."""
    before, asking = ctx.state.slots.values, ctx.state.slots.asking
    names_read_back = confirmation.slots_read_back(ctx)
    whole = {name: value for name, value in values.items() if not _is_part(ctx, name, value)}
    told_names, _ = confirmation.receive_values(ctx, set(correctable(ctx, text)), whole)
    goes_on = leaves or dialogue_acts.is_question(text)
    reply = _reply(ctx, text, values, names_read_back, told_names, goes_on=goes_on)
    if reply.rejected:
        _ask_rejected(ctx, reply.rejected)
        return True
    unconfirmed = confirmation.unconfirmed_slots(ctx)
    if unconfirmed and not (ctx.state.confirmation.awaiting_confirmation and goes_on):
        confirmation.ask_confirmation(ctx)
        return True
    if not unconfirmed:
        ctx.update_slots(asking=None)
    if asking and not told_names and not names_read_back and _refuses(text):
        ctx.say(f"{ctx.prompts.left_out} {ctx.prompts.anything_else}")
        return True
    has_changed = any(before.get(name) != value for name, value in ctx.state.slots.values.items())
    if not has_changed and reply.outcome in {"unclear", "replaced"}:
        return False
    words = ctx.prompts.no_change if reply.outcome == "committed" else ctx.prompts.change_confirmed
    ctx.say(f"{words} {ctx.prompts.anything_else}")
    return True


def _reply(
    ctx: StepContext,
    text: str,
    values: Mapping[str, Value],
    names_read_back: set[str],
    told_names: set[str],
    *,
    goes_on: bool,
) -> Reply:
    """What the words make of the values that were read back. goes_on: they ask or mean something else."""
    if not names_read_back:
        return Reply("unclear")
    reply = confirmation.interpret_reply(ctx, text, values, names_read_back, told_names)
    if reply.outcome == "unclear" and not goes_on and confirmation.attempts_used_up(ctx, names_read_back):
        confirmation.commit(ctx, names_read_back)
        return Reply("committed")
    return reply


def _refuses(text: str) -> bool:
    return dialogue_acts.declines(text) or dialogue_acts.dialogue_act(text) in {"no", "goodbye"}


def _may_correct(variable: Variable, text: str, mentioned_names: set[str]) -> bool:
    if variable.name in mentioned_names:
        own = variable.type in _OWN and dialogue_acts.states_own_contact(text)
        return own or dialogue_acts.corrects(text, surely=variable.type not in _OWN)
    return not mentioned_names and variable.type in _UNMISTAKABLE and dialogue_acts.corrects(text)


def _is_part(ctx: StepContext, name: str, value: Value) -> bool:
    """Whether it is a part of a name that is known whole."""
    whole, variable = ctx.state.slots.values.get(name), ctx.flow.variable(name)
    if variable is None or variable.type != "name" or not isinstance(whole, str):
        return False
    return set(str(value).casefold().split()) <= set(whole.casefold().split())


def _ask_rejected(ctx: StepContext, names: frozenset[str]) -> None:
    """Ask for what was understood wrongly. What was known before stays until it is told."""
    variable = next(item for item in ctx.flow.variables if item.name in names)
    if ctx.state.slots.attempts.get(variable.name, 0) < _MAX_ATTEMPTS:
        question = ctx.prompts.question(variable, ctx.state.slots.values, again=True)
        return slot_filling.ask_for(ctx, question, variable.name)
    ctx.update_slots(asking=None)
    return ctx.say(f"{ctx.prompts.left_out} {ctx.prompts.anything_else}")
