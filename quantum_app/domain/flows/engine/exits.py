"""Which exit a call takes from a node, and the values that conditions are evaluated with."""

from collections.abc import Mapping

from quantum_app.domain.flows.engine.opening_hours import is_open, local_time
from quantum_app.domain.flows.model import expressions
from quantum_app.domain.flows.model.conditions import Expression, Fallback, Intent
from quantum_app.domain.flows.model.definition import Edge, EndNode, FlowDefinition, Value
from quantum_app.domain.flows.model.runtime import Classified, Option
from quantum_app.domain.flows.model.state import FlowState
from quantum_app.domain.flows.nlu import dialogue_acts

# A wish that is surer than this is one, also in words that the knowledge could answer; less sure, no question is one.
_CERTAIN, _LIKELY = 0.9, 0.75
# Knowledge that fits a question better than this answers it.
_KNOWN_WELL = 0.5


def condition_values(definition: FlowDefinition, state: FlowState) -> Mapping[str, Value | None]:
    """The values that conditions are asked with: the flow's variables and the built-in names."""
    return dict(state.slots.values) | {
        "complete": state.slots.complete,
        "answered": state.answering.answered,
        "confidence": state.answering.confidence,
        "score": state.scoring.total,
        "turns": state.turn,
        "here": state.conversation.turns_at_node,
        "minutes": state.elapsed / 60,
        "open": is_open(definition.rules.hours, local_time(state)),
        "known_caller": state.known_caller,
        "consent": state.consent,
        "tool_ok": state.answering.tool_ok,
    }


def exit_condition_values(definition: FlowDefinition, state: FlowState) -> Mapping[str, Value | None]:
    """The values that exits of the call's node are asked with: an answer of an earlier node is none of this one."""
    unasked = {} if state.answering.asked_here else {"answered": None, "confidence": None}
    return {**condition_values(definition, state), **unasked}


def select_exit(definition: FlowDefinition, state: FlowState, intent: str | None = None) -> Edge | None:
    """The first exit of the call's node that matches; None when only the fallback is left.

    intent: the id of the exit that the classifier chose from the caller's words.
    """
    values = exit_condition_values(definition, state)
    for edge in definition.leaving(state.node):
        match edge.condition:
            case Expression(expression=expression) if expressions.holds(expression, values):
                return edge
            case Intent() if edge.id == intent:
                return edge
            case _:
                pass
    return None


def asks_classifier(definition: FlowDefinition, state: FlowState) -> bool:
    """Whether an intent may be what `select_exit` selects: one stands above every expression that is true."""
    matching = select_exit(definition, state)
    for edge in definition.leaving(state.node):
        if edge is matching:
            return False
        if isinstance(edge.condition, Intent):
            return True
    return False


def exit_or_fallback(definition: FlowDefinition, state: FlowState, intent: str | None = None) -> Edge | None:
    """The exit that a call takes from its node now; None where the node has none."""
    return select_exit(definition, state, intent) or fallback(definition, state.node)


def fallback(definition: FlowDefinition, node: str) -> Edge | None:
    """The exit that is taken when no other matches."""
    return next((edge for edge in definition.leaving(node) if isinstance(edge.condition, Fallback)), None)


def intents(definition: FlowDefinition, node: str) -> tuple[Option, ...]:
    """What the classifier chooses among at a node."""
    return tuple(
        Option(id=edge.id, description=edge.condition.description, examples=edge.condition.examples)
        for edge in definition.leaving(node)
        if isinstance(edge.condition, Intent)
    )


def signals(definition: FlowDefinition, state: FlowState) -> tuple[Option, ...]:
    """The score rules that the classifier has to judge, and that have not counted yet."""
    return tuple(
        Option(id=rule.id, description=rule.when.description, examples=rule.when.examples)
        for rule in definition.rules.scores
        if isinstance(rule.when, Intent) and rule.id not in state.scoring.applied_rules
    )


def classifier_options(definition: FlowDefinition) -> tuple[Option, ...]:
    """All that the classifier may be asked about on a call."""
    at_nodes = [option for node in definition.nodes for option in intents(definition, node.id)]
    return (*at_nodes, *signals(definition, FlowState(node=definition.start)))


def end_after_goodbye(definition: FlowDefinition, node: str) -> EndNode | None:
    """The end that a caller's goodbye leads to: along the fallbacks, else the first that hangs up."""
    ends = [item for item in definition.nodes if isinstance(item, EndNode)]
    visited: set[str] = set()
    while node not in visited:
        visited.add(node)
        if end := next((item for item in ends if item.id == node), None):
            return end if end.outcome == "hang_up" else _hanging_up(ends) or end
        if (edge := fallback(definition, node)) is not None:
            node = edge.target
    return _hanging_up(ends) or (ends[0] if ends else None)


def _hanging_up(ends: list[EndNode]) -> EndNode | None:
    return next((end for end in ends if end.outcome == "hang_up"), None)


def intent_exit(definition: FlowDefinition, node_id: str, intent: Classified, text: str) -> str | None:
    """The ID of the exit that a classifier's choice leads to, if any.

    A question is a wish only when that is likely, and likelier than that the knowledge answers it; and nobody is hung
    up on by guess.
    """
    edge = next((edge for edge in definition.leaving(node_id) if edge.id == intent.choice), None)
    target = next((node for node in definition.nodes if edge is not None and node.id == edge.target), None)
    if isinstance(target, EndNode) and target.outcome == "hang_up" and intent.confidence < _CERTAIN:
        return None
    if dialogue_acts.is_question(text):
        has_answer = intent.answer_score >= _KNOWN_WELL and intent.confidence < _CERTAIN
        if has_answer or intent.answer_score >= intent.confidence or intent.confidence < _LIKELY:
            return None
    return intent.choice
