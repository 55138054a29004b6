"""Slot filling: a node that asks goes through its variables one by one, and takes what comes in any order.

Several values may come in one sentence, a known one may be corrected, and the caller may ask something back. A variable
that does not come is left alone after its node's `attempts`.
"""

from collections.abc import Mapping

from quantum_app.domain.flows.engine import confirmation, exits
from quantum_app.domain.flows.engine.opening_hours import local_time
from quantum_app.domain.flows.engine.read_back import digits_aloud
from quantum_app.domain.flows.engine.step_context import StepContext
from quantum_app.domain.flows.engine.transitions import follow_edge
from quantum_app.domain.flows.model.definition import (
    CONTACT_TYPES,
    AskingNode,
    ClarifyNode,
    Edge,
    LeadGateNode,
    Node,
    NodeField,
    Value,
    Variable,
)
from quantum_app.domain.flows.model.runtime import Ask, Classify, Collect, Extract
from quantum_app.domain.flows.model.state import Awaited
from quantum_app.domain.flows.nlu import dialogue_acts
from quantum_app.domain.flows.nlu.digits import incomplete_phone
from quantum_app.kit.phone import region_of_time_zone

# Digits from which on a telephone number has its area code.
_WHOLE_NUMBER = 9


def is_asking(node: Node | None) -> bool:
    return isinstance(node, LeadGateNode | ClarifyNode)


def arrive(ctx: StepContext, node: AskingNode, text: str) -> None:
    """A call comes to the node. text: words that may hold values already."""
    if text and isinstance(node, LeadGateNode) and node.consent.strip() and ctx.state.consent is False:
        # Words of their own brought them here: who refused before may think otherwise now.
        ctx.update(consent=None)
    ctx.update_slots(complete=_is_complete(ctx, node))
    if all(item.variable in ctx.state.slots.values for item in _fields(ctx, node)):
        return ask_next(ctx, node)
    ctx.say(node.intro)
    if _needs_consent(ctx, node):
        # What was said may hold what is asked for, once it may be stored.
        ctx.update_conversation(deferred_input=text)
        return _ask_consent(ctx, node, again=False)
    if not text:
        return ask_next(ctx, node)
    number = ctx.request({"extract"}, "")
    now = local_time(ctx.state)
    return ctx.emit(Extract(request=number, text=text, variables=_extractable(ctx, node), now=now))


def listen(ctx: StepContext, node: AskingNode, text: str, before: str = "") -> None:
    """The caller's words at the node. before: earlier words that may hold values, and are answered already."""
    if ctx.state.slots.asking == "consent":
        return _hear_consent(ctx, node, text)
    if _needs_consent(ctx, node):
        return _ask_consent(ctx, node, again=False)
    if ctx.state.confirmation.awaiting_confirmation and dialogue_acts.agrees(text) is not None:
        return receive(ctx, node, text, {}, None)
    if answer_aside(ctx, text):
        return None
    options, signals = exits.intents(ctx.flow, node.id), exits.signals(ctx.flow, ctx.state)
    variables = _extractable(ctx, node)
    awaited = set[Awaited]()
    if variables:
        awaited.add("extract")
    if options or signals:
        awaited.add("classify")
    if not awaited:
        return receive(ctx, node, text, {}, None)
    asking, number = ctx.state.slots.asking, ctx.request(awaited, text)
    if variables:
        words = f"{text.rstrip('.')}. {before}" if before else text
        now = local_time(ctx.state)
        ctx.emit(Extract(request=number, text=words, variables=variables, asked_variable=asking, now=now))
    if options or signals:
        ctx.emit(Classify(request=number, text=text, options=options, signals=signals))
    return None


def receive(ctx: StepContext, node: AskingNode, text: str, values: Mapping[str, Value], exit_: Edge | None) -> None:
    """What the words told. exit_: the exit whose intent they mean."""
    asking, before = ctx.state.slots.asking, ctx.state.slots.values
    names_read_back = confirmation.slots_read_back(ctx)
    changed_names, corrected = confirmation.receive_values(ctx, set(_extractable(ctx, node)), values)
    asks = _answers_questions(ctx, node) and dialogue_acts.is_question(text)
    if names_read_back:
        reply = confirmation.interpret_reply(ctx, text, values, names_read_back, changed_names)
        if reply.rejected:
            return _ask_rejected(ctx, node, reply.rejected)
        asks = asks and dialogue_acts.agrees(text) is None
        gives_up = reply.outcome == "unclear" and not asks and exit_ is None
        if gives_up and confirmation.attempts_used_up(ctx, names_read_back):
            confirmation.commit(ctx, names_read_back)
            ctx.say(ctx.prompts.no_change)
        elif reply.outcome == "committed":
            ctx.say(ctx.prompts.no_change)
        settled_names = {name for name in names_read_back if ctx.state.slots.values.get(name) != before.get(name)}
        changed_names, corrected = changed_names | settled_names, corrected | (settled_names & before.keys())
    if exit_ is not None and not changed_names:
        # Expressions count when the questions are done; these words interrupt them.
        return follow_edge(ctx, exit_, text)
    if corrected:
        ctx.say(ctx.prompts.change_confirmed)
    if ctx.state.confirmation.unconfirmed_slots and asking and asking not in changed_names | names_read_back:
        # What was told is something else, and is read back first: the question was not tried in vain.
        _set_attempts(ctx, asking, max(0, _attempts(ctx, asking) - 1))
    return _continue(
        ctx, node, text, exit_, asking=asking, asks=asks, changed_names=changed_names, names_read_back=names_read_back
    )


def _continue(
    ctx: StepContext,
    node: AskingNode,
    text: str,
    exit_: Edge | None,
    *,
    asking: str | None,
    asks: bool,
    changed_names: set[str],
    names_read_back: set[str],
) -> None:
    """What comes after the words. asking: the variable that was asked for. asks: the caller asks something back."""
    if not changed_names and not names_read_back and asking and dialogue_acts.declines(text):
        _set_attempts(ctx, asking, node.attempts)
    elif asks:
        return ctx.request_answer(node, text, optional=bool(changed_names))
    elif changed_names and question_is_open(ctx, node):
        # What was told is something else: the question stands, and was not tried in vain.
        return ask_again(ctx)
    return ask_next(ctx, node, exit_, text)


def after_answer(ctx: StepContext, node: AskingNode) -> None:
    """The caller's own question has been dealt with."""
    return ask_again(ctx) if question_is_open(ctx, node) else ask_next(ctx, node)


def question_is_open(ctx: StepContext, node: AskingNode) -> bool:
    """Whether the last question has not been answered, and may be put again."""
    if confirmation.unconfirmed_slots(ctx):
        return ctx.state.confirmation.awaiting_confirmation
    asking = ctx.state.slots.asking
    if asking is None or asking in ctx.state.slots.values:
        return False
    if asking == "consent":
        return True
    most = next((_most_attempts(ctx, node, item) for item in _fields(ctx, node) if item.variable == asking), 1)
    return _attempts(ctx, asking) <= most


def answer_aside(ctx: StepContext, text: str) -> bool:
    """Whether words at a question are neither an answer nor an attempt at one, and have been answered.

    "Say that again, please." "One moment." "Hello?" "Are you a machine?"
    """
    if not ctx.state.slots.asking:
        return False
    if dialogue_acts.is_hold_request(text):
        ctx.say(ctx.prompts.take_your_time)
    elif dialogue_acts.asks_to_repeat(text):
        ask_again(ctx)
    elif (small_talk := dialogue_acts.small_talk(text)) is not None:
        ask_again(ctx, ctx.prompts.small_talk[small_talk])
    else:
        return False
    return True


# Asking


def ask_next(ctx: StepContext, node: AskingNode, exit_: Edge | None = None, text: str = "") -> None:
    """The next question, or the way on when there is none. Unconfirmed values are read back before anything else.

    text: the caller's words, which may hold a part of what is asked for next.
    """
    if confirmation.unconfirmed_slots(ctx):
        return confirmation.ask_confirmation(ctx)
    by_name = {item.name: item for item in ctx.flow.variables}
    slots = ctx.state.slots
    for item in _fields(ctx, node):
        attempts = _attempts(ctx, item.variable)
        if item.variable not in slots.values and attempts < _most_attempts(ctx, node, item):
            again = attempts > 0 and slots.asking == item.variable
            variable = by_name[item.variable]
            question = _question_for_rest(ctx, variable, text) or ctx.prompts.question(
                variable, slots.values, again=again
            )
            return ask_for(ctx, question, item.variable)
    ctx.update_slots(asking=None, complete=_is_complete(ctx, node))
    edge = exits.exit_or_fallback(ctx.flow, ctx.state, exit_.id if exit_ else None)
    return follow_edge(ctx, edge)


def _question_for_rest(ctx: StepContext, variable: Variable, text: str) -> str:
    """The question for what is missing of a value that the words told in part; empty where they told none."""
    if variable.type != "phone" or not text:
        return ""
    region = region_of_time_zone(ctx.state.time_zone)
    digits = incomplete_phone(text, region, asked=ctx.state.slots.asking == variable.name)
    if digits is None:
        return ""
    prompt = ctx.prompts.phone_foreign if len(digits) >= _WHOLE_NUMBER else ctx.prompts.phone_incomplete
    return prompt.format(digits=digits_aloud(digits))


def ask_again(ctx: StepContext, before: str = "") -> None:
    """The last question once more, which does not count as another attempt. before: words said first."""
    ctx.say(before)
    if ctx.state.confirmation.awaiting_confirmation and confirmation.unconfirmed_slots(ctx):
        return confirmation.ask_confirmation(ctx, again=True)
    asking, node = ctx.state.slots.asking, ctx.node
    variable = ctx.flow.variable(asking) if asking else None
    if variable is not None:
        question = ctx.prompts.question(variable, ctx.state.slots.values, again=False)
    elif asking == "consent" and isinstance(node, LeadGateNode):
        question = _consent_question(ctx, node)
    else:
        return None
    ctx.update_conversation(response_pending=False)
    return ctx.emit(Ask(text=question, variable=variable.name if variable else "consent"))


def ask_for(ctx: StepContext, question: str, variable: str) -> None:
    _set_attempts(ctx, variable, _attempts(ctx, variable) + 1)
    ctx.update_slots(asking=variable)
    ctx.update_confirmation(awaiting_confirmation=False)
    ctx.update_conversation(response_pending=False)
    ctx.emit(Ask(text=question, variable=variable))


def _ask_rejected(ctx: StepContext, node: AskingNode, names: frozenset[str]) -> None:
    """Another attempt at what was understood wrongly, where one is left."""
    for variable in ctx.flow.variables:
        if variable.name in names and _attempts(ctx, variable.name) < node.attempts:
            question = ctx.prompts.question(variable, ctx.state.slots.values, again=True)
            return ask_for(ctx, question, variable.name)
    ctx.say(ctx.prompts.left_out)
    return ask_next(ctx, node)


def _attempts(ctx: StepContext, variable: str) -> int:
    return ctx.state.slots.attempts.get(variable, 0)


def _set_attempts(ctx: StepContext, variable: str, attempts: int) -> None:
    ctx.update_slots(attempts=ctx.state.slots.attempts | {variable: attempts})


def _most_attempts(ctx: StepContext, node: AskingNode, field: NodeField) -> int:
    """How often a variable is asked for. A caller who rejected a value of an optional variable wants to give it."""
    return node.attempts if field.required or ctx.state.confirmation.attempts.get(field.variable) else 1


# Consent


def _needs_consent(ctx: StepContext, node: AskingNode) -> bool:
    return isinstance(node, LeadGateNode) and bool(node.consent.strip()) and ctx.state.consent is None


def _ask_consent(ctx: StepContext, node: AskingNode, *, again: bool) -> None:
    question = _consent_question(ctx, node)
    ask_for(ctx, f"{ctx.prompts.again} {question}" if again else question, "consent")


def _hear_consent(ctx: StepContext, node: AskingNode, text: str) -> None:
    """Only a plain yes is one. What is told before the answer is kept until it comes."""
    agreed = dialogue_acts.consents(text)
    if agreed is None and _answer_instead_of_consent(ctx, node, text):
        return None
    before = ctx.state.conversation.deferred_input
    if agreed is None and _attempts(ctx, "consent") < node.attempts:
        ctx.update_conversation(deferred_input=f"{before} {text}".strip())
        return _ask_consent(ctx, node, again=True)
    ctx.update(consent=agreed is True)
    ctx.update_slots(asking=None)
    ctx.update_conversation(deferred_input="")
    ctx.emit(Collect(variable="consent", value=agreed is True))
    if agreed:
        return listen(ctx, node, text, before)
    ctx.say(ctx.prompts.not_stored)
    return ask_next(ctx, node)


def _answer_instead_of_consent(ctx: StepContext, node: AskingNode, text: str) -> bool:
    """Whether the words are no answer to the question for consent, and have been answered."""
    if answer_aside(ctx, text):
        return True
    if dialogue_acts.asks_why(text):
        ask_again(ctx, ctx.prompts.reason_for_question)
    elif not dialogue_acts.is_question(text):
        return False
    elif _answers_questions(ctx, node):
        ctx.request_answer(node, text)
    else:
        ask_again(ctx, ctx.prompts.unknown)
    return True


def _consent_question(ctx: StepContext, node: AskingNode) -> str:
    return (node.consent.strip() if isinstance(node, LeadGateNode) else "") or ctx.prompts.with_consent


# Fields


def _answers_questions(ctx: StepContext, node: AskingNode) -> bool:
    return node.questions and bool(ctx.flow.knowledge)


def _fields(ctx: StepContext, node: AskingNode) -> tuple[NodeField, ...]:
    """What a node collects. A caller who refused consent is not asked who they are."""
    by_name = {item.name: item for item in ctx.flow.variables}
    return tuple(
        item
        for item in node.fields
        if item.variable in by_name
        and not (ctx.state.consent is False and by_name[item.variable].type in CONTACT_TYPES)
    )


def _extractable(ctx: StepContext, node: AskingNode) -> tuple[str, ...]:
    """What the words may tell: the node's own fields, what is asked later, and what may be corrected.

    Contact data of other nodes counts only after the caller has agreed.
    """
    own = [item.variable for item in _fields(ctx, node)]
    by_name = {item.name: item for item in ctx.flow.variables}
    others = [
        item.variable
        for other in ctx.flow.nodes
        if isinstance(other, LeadGateNode | ClarifyNode)
        for item in other.fields
        if item.variable in by_name and (ctx.state.consent or by_name[item.variable].type not in CONTACT_TYPES)
    ]
    return tuple(dict.fromkeys([*own, *others]))


def _is_complete(ctx: StepContext, node: AskingNode) -> bool:
    return all(item.variable in ctx.state.slots.values for item in node.fields if item.required)
