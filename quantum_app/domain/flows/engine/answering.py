"""Answers: of an Answer node, and of nodes that answer the caller's questions between their own."""

from quantum_app.domain.flows.engine import exits, handoff, slot_filling
from quantum_app.domain.flows.engine.step_context import StepContext
from quantum_app.domain.flows.engine.transitions import follow_edge
from quantum_app.domain.flows.model.definition import AnswerNode, ClarifyNode, LeadGateNode
from quantum_app.domain.flows.model.runtime import AnswerFound, AnswerNotFound, WebSearch
from quantum_app.domain.flows.model.state import PendingRequest
from quantum_app.domain.flows.nlu import dialogue_acts


def arrive(ctx: StepContext, node: AnswerNode, text: str) -> None:
    """A call comes to the node. text: words that may be a question already."""
    if text and dialogue_acts.dialogue_act(text) == "question":
        ctx.request_answer(node, text)
    elif node.opening.strip():
        ctx.say(node.opening)
    elif not any(action.type in {"say", "ask", "answer"} for action in ctx.actions):
        ctx.say(ctx.prompts.listening if ctx.state.answering.answered is None else ctx.prompts.anything_else)


def answer_courtesy(ctx: StepContext, text: str) -> bool:
    """Whether the words are a courtesy or a bare yes or no, and have been answered in kind."""
    courtesy = dialogue_acts.courtesy(text)
    if courtesy is None or dialogue_acts.dialogue_act(text) not in {"smalltalk", "no"}:
        return False
    ctx.say(ctx.prompts.courtesies[courtesy])
    # After these replies a "no" means that the caller is done.
    ctx.update_conversation(asked_for_more=courtesy in {"thanks", "no"})
    return True


def receive(ctx: StepContext, event: AnswerFound | AnswerNotFound, question: PendingRequest, *, web: bool) -> None:
    """A question was answered, or was not. web: from the web."""
    node = ctx.node
    has_answer = isinstance(event, AnswerFound)
    if not has_answer and not web and isinstance(node, AnswerNode) and node.web_search:
        number = ctx.request({"web_search"}, question.text)
        return ctx.emit(WebSearch(request=number, question=question.text, node=node.id))
    was_spoken = has_answer or event.was_spoken
    _record(ctx, event)
    if isinstance(node, LeadGateNode | ClarifyNode):
        if not was_spoken and not question.optional:
            ctx.say(ctx.prompts.unknown)
        return slot_filling.after_answer(ctx, node)
    hands_off = _too_unsure(ctx)
    edge = None if hands_off else exits.select_exit(ctx.flow, ctx.state)
    if edge is not None:
        return follow_edge(ctx, edge)
    if not was_spoken:
        ctx.say(node.fallback if isinstance(node, AnswerNode) else ctx.prompts.unknown)
    if hands_off:
        ctx.update_handoff(fired_rules=ctx.state.handoff.fired_rules | {"low_confidence"})
        ctx.update_answering(low_confidence_streak=0)
        handoff.hand_off(ctx, "several answers were unsure")
    elif ctx.state.confirmation.awaiting_confirmation:
        slot_filling.ask_again(ctx)
    return None


def _record(ctx: StepContext, event: AnswerFound | AnswerNotFound) -> None:
    """What the state keeps of an answer."""
    node = ctx.node
    limits = ctx.flow.rules.handoff.low_confidence
    if isinstance(event, AnswerFound):
        words, was_spoken, sure = event.text, True, limits is None or event.confidence >= limits.below
    else:
        was_spoken, sure = event.was_spoken, False
        words = node.fallback if was_spoken and isinstance(node, AnswerNode) else ""
    ctx.update_answering(
        answered=isinstance(event, AnswerFound),
        confidence=event.confidence,
        asked_here=True,
        low_confidence_streak=0 if sure else ctx.state.answering.low_confidence_streak + 1,
    )
    ctx.update_conversation(
        response_pending=ctx.state.conversation.response_pending and not was_spoken,
        asked_for_more=dialogue_acts.asks_for_more(words),
        offer=dialogue_acts.extract_offer(words),
    )


def _too_unsure(ctx: StepContext) -> bool:
    """Whether a person is asked for because of unsure answers; once a call."""
    limits = ctx.flow.rules.handoff.low_confidence
    if limits is None or ctx.state.handoff.status is not None or "low_confidence" in ctx.state.handoff.fired_rules:
        return False
    return ctx.state.answering.low_confidence_streak >= limits.times
