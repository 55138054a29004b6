"""The flow engine: a pure state machine. No I/O, no clock, no chance: the same events give the same call.

A model may classify what was said, extract from it, or word an answer; where the call goes is decided here. The worker,
the simulator and the tests run this same function.

What holds whatever the flow and whatever happens: each turn of the caller is answered before the engine waits for the
next; only what was asked for counts; no node keeps a call beyond its limit, and no call has more than `MAX_TURNS`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from quantum_app.domain.flows.engine import (
    answering,
    exits,
    handoff,
    repair,
    scoring,
    slot_filling,
    slots,
)
from quantum_app.domain.flows.engine.step_context import StepContext
from quantum_app.domain.flows.engine.transitions import end_by_goodbye, end_call, follow_edge, leave_node, say_farewell
from quantum_app.domain.flows.model.definition import (
    AnswerNode,
    ClarifyNode,
    DispatchNode,
    EndNode,
    FlowDefinition,
    LeadGateNode,
    StartNode,
)
from quantum_app.domain.flows.model.runtime import (
    AnswerFound,
    AnswerNotFound,
    CallerGone,
    CallerSaid,
    CallStarted,
    Classified,
    Classify,
    Enter,
    Extracted,
    FlowAction,
    FlowEvent,
    Interrupted,
    OperatorAvailable,
    Timer,
    ToolResult,
    UseTool,
)
from quantum_app.domain.flows.model.state import Awaited, FlowState, PendingRequest
from quantum_app.domain.flows.nlu import dialogue_acts

Step = tuple[FlowState, tuple[FlowAction, ...]]
Result = Classified | Extracted | AnswerFound | AnswerNotFound | ToolResult

# More turns than any conversation has.
MAX_TURNS = 300


def opening(definition: FlowDefinition) -> FlowState:
    """The state before anything has happened."""
    return FlowState(node=definition.start)


def step(definition: FlowDefinition, state: FlowState, event: FlowEvent) -> Step:
    """What an event makes of the call, and what is to be done, in order.

    Total: any definition that can be read and any event give an answer. Nothing happens once a call has ended.
    """
    if state.ended:
        return state, ()
    ctx = StepContext(definition, state)
    ctx.update(elapsed=max(state.elapsed, event.at))
    _HANDLERS[type(event)](ctx, event)
    while ctx.arriving:
        ctx.arriving = False
        _arrive(ctx)
    if not ctx.state.ended:
        scoring.score_expressions(ctx)
        _answer_pending_turn(ctx)
    return ctx.state, tuple(ctx.actions)


# The call


def _on_call_started(ctx: StepContext, event: CallStarted) -> None:
    if ctx.state.started:
        if event.resumed:
            ctx.update(pending=None)
            ctx.update_conversation(response_pending=False)
            slot_filling.ask_again(ctx, ctx.prompts.resumed)
        return
    ctx.update(
        started=True,
        started_at=event.started_at,
        time_zone=event.time_zone,
        known_caller=event.known_caller,
        consent=event.consent,
    )
    ctx.emit(Enter(node=ctx.state.node))
    slots.accept_slot_values(ctx, {item.name for item in ctx.flow.variables}, event.values)
    node = ctx.node
    if isinstance(node, StartNode) and event.resumed:
        ctx.say(ctx.prompts.resumed)
        _pass_start(ctx, node)
    elif node is None:
        follow_edge(ctx, None)
    else:
        ctx.arriving = True


def _on_interrupted(ctx: StepContext, event: Interrupted) -> None:
    pending = ctx.state.pending
    if pending is not None and pending.awaited & {"answer", "web_search"}:
        ctx.update(pending=None)
        ctx.update_conversation(response_pending=False)


def _on_operator(ctx: StepContext, event: OperatorAvailable) -> None:
    """A person has taken the call, cannot come, or has given it back."""
    before = ctx.state.handoff.status
    if event.available and before != "active":
        slots.commit_unconfirmed(ctx)
        ctx.update_handoff(status="active")
        ctx.update(pending=None)
        ctx.update_conversation(response_pending=False)
    elif not event.available and before is not None:
        ctx.update_handoff(status=None)
        _go_on_alone(ctx, is_back=before == "active")


def _go_on_alone(ctx: StepContext, *, is_back: bool) -> None:
    """The assistant has the call again. is_back: a person has given it back; else none was free."""
    node, deferred = ctx.node, ctx.state.conversation.deferred_input
    unavailable = ctx.flow.rules.handoff.unavailable
    if isinstance(node, EndNode):
        say_farewell(ctx, node)
    elif isinstance(node, DispatchNode):
        ctx.say("" if is_back else unavailable)
        leave_node(ctx, deferred)
    elif deferred and not is_back:
        # What was said with it has not been dealt with yet.
        ctx.update_conversation(deferred_input="")
        ctx.say(unavailable)
        _listen(ctx, deferred)
    else:
        slot_filling.ask_again(ctx, ctx.prompts.back if is_back else unavailable)


def _on_timer(ctx: StepContext, event: Timer) -> None:
    if ctx.state.handoff.status == "active" and event.kind in {"silence", "gone_silent"}:
        return
    match event.kind:
        case "silence":
            slot_filling.ask_again(ctx, ctx.prompts.still_there)
        case "gone_silent":
            end_call(ctx, ctx.prompts.giving_up, "silence")
        case "time_up":
            end_call(ctx, ctx.prompts.time_up, "max_duration")
        case "tick":
            if ctx.state.pending is None and (reason := handoff.reason_in_time(ctx)):
                handoff.hand_off(ctx, reason)
        case "turn":
            _give_up_waiting(ctx)


def _give_up_waiting(ctx: StepContext) -> None:
    """A result is overdue: go on as if there had been nothing to tell."""
    if (pending := ctx.state.pending) is None:
        return
    nothing: dict[Awaited, Result] = {
        "classify": Classified(request=pending.request),
        "extract": Extracted(request=pending.request),
        "answer": AnswerNotFound(request=pending.request),
        "web_search": AnswerNotFound(request=pending.request),
        "tool": ToolResult(request=pending.request, ok=False),
    }
    for awaited in sorted(pending.awaited):
        event = nothing[awaited]
        _HANDLERS[type(event)](ctx, event)


def _on_caller_gone(ctx: StepContext, event: CallerGone) -> None:
    end_call(ctx, "", "caller_left")


# The caller's words


def _on_caller_said(ctx: StepContext, event: CallerSaid) -> None:
    if ctx.state.handoff.status == "active":
        return
    if not ctx.state.started:
        _start_with_words(ctx)
    before = ctx.state.conversation
    ctx.update(turn=ctx.state.turn + 1, pending=None)
    ctx.update_conversation(
        turns_at_node=before.turns_at_node + 1,
        transitions_since_input=0,
        response_pending=True,
        asked_for_more=False,
        offer="",
        deferred_input=before.deferred_input if ctx.state.slots.asking == "consent" else "",
    )
    if ctx.state.turn > MAX_TURNS:
        return end_call(ctx, ctx.prompts.time_up, "max_duration")
    if not event.text.strip():
        return slot_filling.ask_again(ctx, ctx.prompts.not_heard)
    scoring.score_keywords(ctx, event.text)
    return _interpret(ctx, event.text, asked_for_more=before.asked_for_more, offer=before.offer)


def _start_with_words(ctx: StepContext) -> None:
    """The caller speaks before the call was started: they have been greeted, elsewhere."""
    ctx.update(started=True)
    node = ctx.node
    if isinstance(node, StartNode) and not exits.intents(ctx.flow, node.id):
        edge = exits.exit_or_fallback(ctx.flow, ctx.state)
        if edge is not None and edge.target in ctx.nodes:
            ctx.update(node=edge.target)


def _interpret(ctx: StepContext, text: str, *, asked_for_more: bool, offer: str) -> None:
    """What words mean at any node. asked_for_more, offer: what the assistant's last words asked and offered."""
    asking = slot_filling.is_asking(ctx.node) or bool(ctx.state.slots.asking)
    agreed = None if asking else dialogue_acts.agrees(text)
    if offer and agreed is False:
        return ctx.say(ctx.prompts.declined)
    if _is_goodbye(text, asking=asking, asked_for_more=asked_for_more):
        return end_by_goodbye(ctx)
    if reason := handoff.reason_in_words(ctx, text):
        return handoff.hand_off(ctx, reason)
    if asked_for_more and not asking and isinstance(ctx.node, AnswerNode) and answering.answer_courtesy(ctx, text):
        return None
    return _listen(ctx, text, offer if agreed else "")


def _is_goodbye(text: str, *, asking: bool, asked_for_more: bool) -> bool:
    """A no is a goodbye where the last words asked for more, and a question has been put to nobody."""
    if asking:
        return dialogue_acts.is_farewell(text)
    act = dialogue_acts.dialogue_act(text)
    return act == "goodbye" or (act == "no" and asked_for_more)


def _listen(ctx: StepContext, text: str, offer: str = "") -> None:
    """The caller's words at the node where the call is. offer: what they say yes to."""
    node = ctx.node
    if isinstance(node, EndNode):
        return ctx.say(ctx.prompts.looking) if ctx.state.handoff.status == "requested" else say_farewell(ctx, node)
    if node is None or isinstance(node, DispatchNode):
        return leave_node(ctx, text)
    if ctx.state.conversation.turns_at_node > node.limit:
        return follow_edge(ctx, exits.fallback(ctx.flow, node.id), text)
    if isinstance(node, LeadGateNode | ClarifyNode):
        return slot_filling.listen(ctx, node, text)
    if offer:
        return _accept_offer(ctx, node, text, offer)
    if ctx.state.confirmation.awaiting_confirmation and dialogue_acts.agrees(text) is not None:
        return _on_understood(ctx, _understood_at_once(ctx, text))
    if slot_filling.answer_aside(ctx, text) or _answer_small_talk(ctx, node, text):
        return None
    return _understand(ctx, node, text)


def _accept_offer(ctx: StepContext, node: StartNode | AnswerNode, text: str, offer: str) -> None:
    """A yes to an offer means what the offer said."""
    if options := exits.intents(ctx.flow, node.id):
        return ctx.request_intent(text, options, about=offer)
    return _on_understood(ctx, _understood_at_once(ctx, text, offer))


def _answer_small_talk(ctx: StepContext, node: StartNode | AnswerNode, text: str) -> bool:
    """Whether the words need no model to be understood here, and have been answered."""
    small_talk = dialogue_acts.small_talk(text)
    if isinstance(node, StartNode):
        if small_talk is not None:
            ctx.say(f"{ctx.prompts.small_talk[small_talk]} {ctx.prompts.listening}")
        return small_talk is not None
    if dialogue_acts.asks_to_repeat(text):
        ctx.request_answer(node, text)
        return True
    return (small_talk is not None or not exits.intents(ctx.flow, node.id)) and answering.answer_courtesy(ctx, text)


def _understand(ctx: StepContext, node: StartNode | AnswerNode, text: str) -> None:
    """Ask what the words mean, where the flow depends on it."""
    options, signals = exits.intents(ctx.flow, node.id), exits.signals(ctx.flow, ctx.state)
    variables = repair.correctable(ctx, text) if isinstance(node, AnswerNode) else ()
    awaited = set[Awaited]()
    if variables:
        awaited.add("extract")
    if options or signals:
        awaited.add("classify")
    if not awaited:
        return _on_understood(ctx, _understood_at_once(ctx, text))
    number = ctx.request(awaited, text)
    if variables:
        repair.request_corrections(ctx, number, text, variables)
    if options or signals:
        ctx.emit(Classify(request=number, text=text, options=options, signals=signals))
    return None


# Results


def _on_classified(ctx: StepContext, event: Classified) -> None:
    if (pending := _pending(ctx, event, "classify")) is not None:
        scoring.score_signals(ctx, event.signals)
        intent = exits.intent_exit(ctx.flow, ctx.state.node, event, pending.text)
        _collect_results(ctx, pending, "classify", {"intent": intent})


def _on_extracted(ctx: StepContext, event: Extracted) -> None:
    if (pending := _pending(ctx, event, "extract")) is not None:
        _collect_results(ctx, pending, "extract", {"values": event.values})


def _on_answer(ctx: StepContext, event: AnswerFound | AnswerNotFound) -> None:
    if (pending := _pending(ctx, event, "answer", "web_search")) is not None:
        ctx.update(pending=None)
        answering.receive(ctx, event, pending, web="answer" not in pending.awaited)


def _on_tool_result(ctx: StepContext, event: ToolResult) -> None:
    if (pending := _pending(ctx, event, "tool")) is not None:
        ctx.update(pending=None)
        ctx.update_answering(tool_ok=event.ok)
        ctx.say(event.text if event.ok else ctx.prompts.tool_failed)
        leave_node(ctx, pending.text)


def _pending(ctx: StepContext, event: Result, *awaited: Awaited) -> PendingRequest | None:
    """The request that the result belongs to; None where nobody waits for it any more."""
    pending = ctx.state.pending
    if pending is None or event.request != pending.request or pending.awaited.isdisjoint(awaited):
        return None
    return pending


def _collect_results(ctx: StepContext, pending: PendingRequest, awaited: Awaited, results: Mapping[str, Any]) -> None:
    """One of several results is there; the last one completes what was understood."""
    pending = pending.model_copy(update={"awaited": pending.awaited - {awaited}, **results})
    ctx.update(pending=pending if pending.awaited else None)
    if not pending.awaited:
        _on_understood(ctx, pending)


def _understood_at_once(ctx: StepContext, text: str, offer: str = "") -> PendingRequest:
    """What was understood where nobody had to be asked."""
    return PendingRequest(request=ctx.state.last_request, awaited=frozenset(), text=text, offer=offer)


def _on_understood(ctx: StepContext, result: PendingRequest) -> None:
    """All that can be known of the caller's words is known."""
    node = ctx.node
    exit_ = next((edge for edge in ctx.flow.leaving(ctx.state.node) if edge.id == result.intent), None)
    if exit_ is not None and exit_.condition.type != "intent":
        exit_ = None
    if isinstance(node, LeadGateNode | ClarifyNode):
        return slot_filling.receive(ctx, node, result.text, result.values, exit_)
    if isinstance(node, AnswerNode):
        if repair.correct(ctx, result.text, result.values, leaves=exit_ is not None):
            return None
        if exit_ is None:
            if result.offer or not answering.answer_courtesy(ctx, result.text):
                ctx.request_answer(node, result.offer or result.text)
            return None
    edge = exits.exit_or_fallback(ctx.flow, ctx.state, exit_.id if exit_ else None)
    words = result.text if edge is not None and edge is exit_ else result.offer or result.text
    return follow_edge(ctx, edge, words)


# Nodes


def _arrive(ctx: StepContext) -> None:
    """What a node does when a call comes to it."""
    node, text = ctx.nodes[ctx.state.node], ctx.state.conversation.deferred_input
    ctx.update_conversation(deferred_input="")
    if not isinstance(node, DispatchNode):
        # A dispatch node hears no questions: it may branch by the answer of the node before it.
        ctx.update_answering(asked_here=False)
    match node:
        case StartNode():
            ctx.say(node.greeting)
            _pass_start(ctx, node)
        case LeadGateNode() | ClarifyNode():
            slot_filling.arrive(ctx, node, text)
        case AnswerNode():
            answering.arrive(ctx, node, text)
        case DispatchNode():
            _arrive_at_dispatch(ctx, node, text)
        case EndNode():
            if node.outcome == "handoff" and ctx.state.handoff.status is None:
                handoff.hand_off(ctx, "the flow ends with a person")
            else:
                say_farewell(ctx, node)


def _pass_start(ctx: StepContext, node: StartNode) -> None:
    """A Start that tells intents apart waits for the first words."""
    if not exits.intents(ctx.flow, node.id):
        leave_node(ctx)


def _arrive_at_dispatch(ctx: StepContext, node: DispatchNode, text: str) -> None:
    ctx.say(node.say)
    if node.tool is None:
        return leave_node(ctx, text)
    if node.tool == "trigger_human_handoff":
        ctx.update_conversation(deferred_input=text)
        return handoff.hand_off(ctx, "the flow asks for a person")
    number = ctx.request({"tool"}, text)
    return ctx.emit(UseTool(request=number, tool=node.tool, question=text, arguments=ctx.state.slots.values))


def _answer_pending_turn(ctx: StepContext) -> None:
    """Nothing leaves a turn without an answer."""
    if not ctx.state.conversation.response_pending or ctx.state.pending is not None:
        return
    if ctx.state.slots.asking:
        slot_filling.ask_again(ctx)
    elif isinstance(ctx.node, AnswerNode) and ctx.state.answering.answered is False:
        ctx.say(ctx.node.fallback)
    if ctx.state.conversation.response_pending:
        ctx.say(ctx.prompts.anything_else)


_HANDLERS: Mapping[type[Any], Callable[[StepContext, Any], None]] = {
    CallStarted: _on_call_started,
    CallerSaid: _on_caller_said,
    CallerGone: _on_caller_gone,
    Classified: _on_classified,
    Extracted: _on_extracted,
    AnswerFound: _on_answer,
    AnswerNotFound: _on_answer,
    ToolResult: _on_tool_result,
    Timer: _on_timer,
    Interrupted: _on_interrupted,
    OperatorAvailable: _on_operator,
}
