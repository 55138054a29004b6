"""Transitions: to the next node along an exit, or to the end of the call."""

from quantum_app.domain.flows.engine import exits
from quantum_app.domain.flows.engine.slots import commit_unconfirmed
from quantum_app.domain.flows.engine.step_context import StepContext
from quantum_app.domain.flows.model.definition import Edge, EndNode
from quantum_app.domain.flows.model.runtime import EndCall, EndedBy, Enter

# Nodes that a call may enter without a word of the caller before it is ended: a flow that only runs in circles.
MAX_TRANSITIONS = 60


def follow_edge(ctx: StepContext, edge: Edge | None, text: str = "") -> None:
    """Go to the next node, which deals with the caller's words in `text`. Without an edge the call is over."""
    commit_unconfirmed(ctx)
    transitions_since_input = ctx.state.conversation.transitions_since_input + 1
    if edge is None or edge.target not in ctx.nodes or transitions_since_input > MAX_TRANSITIONS:
        return end_call(ctx, ctx.prompts.goodbye, "flow")
    ctx.update(node=edge.target, pending=None)
    ctx.update_slots(asking=None, attempts={})
    ctx.update_confirmation(attempts={})
    ctx.update_conversation(transitions_since_input=transitions_since_input, turns_at_node=0, deferred_input=text)
    ctx.emit(Enter(node=edge.target, edge=edge.id))
    ctx.arriving = True


def leave_node(ctx: StepContext, text: str = "") -> None:
    """Go on at once, or when it is known what the words mean, where an exit depends on that."""
    if text and exits.asks_classifier(ctx.flow, ctx.state):
        return ctx.request_intent(text, exits.intents(ctx.flow, ctx.state.node))
    return follow_edge(ctx, exits.exit_or_fallback(ctx.flow, ctx.state), text)


def end_call(ctx: StepContext, words: str, reason: EndedBy) -> None:
    commit_unconfirmed(ctx)
    ctx.say(words)
    ctx.update(ended=True, pending=None)
    ctx.update_conversation(response_pending=False)
    ctx.emit(EndCall(reason=reason))


def say_farewell(ctx: StepContext, node: EndNode, reason: EndedBy = "flow") -> None:
    """The last words of an End, what happens next before the goodbye, and the end of the call."""
    end_call(ctx, f"{node.next_steps} {node.farewell}".strip() or ctx.prompts.goodbye, reason)


def end_by_goodbye(ctx: StepContext) -> None:
    """The caller says goodbye: the call ends with the words of the End that it would come to."""
    commit_unconfirmed(ctx)
    node = exits.end_after_goodbye(ctx.flow, ctx.state.node)
    if node is None:
        return end_call(ctx, ctx.prompts.goodbye, "goodbye")
    if node.id != ctx.state.node:
        ctx.update(node=node.id)
        ctx.emit(Enter(node=node.id))
    return say_farewell(ctx, node, "goodbye")
