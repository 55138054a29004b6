"""The flow engine: a pure state machine. No I/O, no clock, no chance: the same events give the same call.

A model may classify what was said, extract from it, or word an answer; where the call goes is decided here. The worker,
the simulator and the tests run this same function.
"""

from quantum_app.domain.flows import rules
from quantum_app.domain.flows.schemas import (
    Answer,
    AnswerNode,
    CallerSaid,
    CallerSilent,
    CallOpened,
    EndCall,
    EndNode,
    FlowAction,
    FlowDefinition,
    FlowEvent,
    FlowState,
    Node,
    Say,
    StartNode,
    TimeUp,
)

Step = tuple[FlowState, tuple[FlowAction, ...]]

STILL_THERE = "Are you still there?"
GIVING_UP = "I can't hear you any more, so I will hang up now. You are welcome to call again. Goodbye!"
TIME_UP = "I am sorry, our time is up. Please call again if you need more. Goodbye!"
RESUMED = "Sorry, we were interrupted for a moment. Please go on."
NOT_HEARD = "Sorry, I did not catch that. Could you say it again?"


def opening(definition: FlowDefinition) -> FlowState:
    """The state before anything has happened."""
    return FlowState(node=definition.start)


def step(definition: FlowDefinition, state: FlowState, event: FlowEvent) -> Step:
    """What an event makes of the call, and what is to be done, in order. Never raises on a validated definition.

    Nothing happens any more once a call has ended.
    """
    if state.ended:
        return state, ()
    match event:
        case CallOpened():
            return _open(definition, state, resumed=event.resumed)
        case CallerSaid():
            return _said(definition, state, event)
        case CallerSilent():
            return _end(state, GIVING_UP, "silence") if event.final else (state, (Say(text=STILL_THERE),))
        case TimeUp():
            return _end(state, TIME_UP, "max_duration")


def _open(definition: FlowDefinition, state: FlowState, *, resumed: bool) -> Step:
    node = _node(definition, state.node)
    if not isinstance(node, StartNode):
        return state, (Say(text=RESUMED),) if resumed else ()
    after = _enter(definition, state, node.next)
    said = Say(text=RESUMED if resumed else node.greeting)
    entered = _node(definition, after.node)
    if isinstance(entered, EndNode):
        ended, actions = _end(after, entered.farewell, "flow")
        return ended, (said, *actions)
    return after, (said,)


def _said(definition: FlowDefinition, state: FlowState, event: CallerSaid) -> Step:
    node = _node(definition, state.node)
    if isinstance(node, StartNode):
        state = _enter(definition, state, node.next)
        node = _node(definition, state.node)
    if not event.text.strip():
        return state, (Say(text=NOT_HEARD),)
    offered = state.offered
    state = state.model_copy(update={"turn": state.turn + 1, "offered": False})
    if event.intent == "goodbye" or (event.intent == "no" and offered) or not isinstance(node, AnswerNode):
        end = _last(definition, node)
        return _end(state.model_copy(update={"node": end.id}), end.farewell, "goodbye")
    if event.intent in {"smalltalk", "no"} and (words := rules.courtesy(event.text)) is not None:
        return state.model_copy(update={"offered": words in rules.OFFERS}), (Say(text=words),)
    return state, (Answer(question=event.text, node=node.id),)


def _enter(definition: FlowDefinition, state: FlowState, node: str) -> FlowState:
    return state.model_copy(update={"node": _node(definition, node).id})


def _end(state: FlowState, words: str, reason: str) -> Step:
    return state.model_copy(update={"ended": True}), (Say(text=words), EndCall.model_validate({"reason": reason}))


def _node(definition: FlowDefinition, node_id: str) -> Node:
    return next(node for node in definition.nodes if node.id == node_id)


def _last(definition: FlowDefinition, node: Node) -> EndNode:
    """The end that this node leads to."""
    while not isinstance(node, EndNode):
        node = _node(definition, node.next)
    return node
