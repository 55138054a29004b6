"""The one validator of flows: the editor, publishing and the worker ask it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from quantum_app.domain.flows.schemas import AnswerNode, EndNode, FlowDefinition, Node, StartNode
from quantum_app.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a flow, in words for the person who draws it. node: None for the flow as a whole."""

    node: str | None
    message: str


def load(stored: Mapping[str, Any]) -> FlowDefinition:
    """A stored flow that the engine can run. Raises InvalidInput that names the first thing to mend."""
    try:
        definition = FlowDefinition.model_validate(stored)
    except ValidationError as error:
        first = error.errors()[0]
        where = " → ".join(str(part) for part in first["loc"]) or "the flow"
        raise InvalidInput(f"The flow cannot be read: {where}: {first['msg']}.", code="flow_invalid") from error
    if found := problems(definition):
        node = f"Node “{found[0].node}”: " if found[0].node is not None else ""
        raise InvalidInput(f"{node}{found[0].message}", code="flow_invalid")
    return definition


def problems(definition: FlowDefinition) -> tuple[Finding, ...]:
    """Everything that keeps a flow from being run; empty when the engine can run it."""
    found: list[Finding] = []
    nodes = {node.id: node for node in definition.nodes}
    for node_id, count in Counter(node.id for node in definition.nodes).items():
        if count > 1:
            found.append(Finding(node_id, f"The name “{node_id}” is used {count} times. Give each node its own."))
    if definition.start not in nodes:
        return (*found, Finding(None, "The flow has no beginning. Choose the node that a call starts with."))
    if not isinstance(nodes[definition.start], StartNode):
        found.append(Finding(definition.start, "A call has to begin with a Start node."))
    for node in definition.nodes:
        target = _next(node)
        if target is not None and target not in nodes:
            found.append(Finding(node.id, f"It leads to “{target}”, which does not exist. Connect it to another node."))
        found += [Finding(node.id, f"{what} Write one.") for what in _unsaid(node)]
        if isinstance(node, AnswerNode) and not any(passage.text.strip() for passage in node.passages):
            found.append(Finding(node.id, "It has nothing to answer from. Add knowledge."))
        if isinstance(node, StartNode) and node.id != definition.start:
            found.append(Finding(node.id, "There is more than one Start node. Remove this one."))
    reached = _reached(nodes, definition.start)
    found += [
        Finding(node.id, "No path leads here. Connect it, or remove it.")
        for node in definition.nodes
        if node.id not in reached
    ]
    if not any(isinstance(nodes[node], EndNode) for node in reached):
        found.append(Finding(None, "No path leads to an End node, so the call could never end. Add one."))
    return tuple(found)


def _unsaid(node: Node) -> list[str]:
    match node:
        case StartNode(greeting=words):
            what = "It has no greeting."
        case AnswerNode(fallback=words):
            what = "It has no words for what it cannot answer."
        case EndNode(farewell=words):
            what = "It has no farewell."
    return [] if words.strip() else [what]


def _next(node: Node) -> str | None:
    return None if isinstance(node, EndNode) else node.next


def _reached(nodes: dict[str, Node], start: str) -> set[str]:
    reached: set[str] = set()
    here: str | None = start
    while here is not None and here in nodes and here not in reached:
        reached.add(here)
        here = _next(nodes[here])
    return reached
