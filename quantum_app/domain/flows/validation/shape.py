"""Whether the drawing holds together: names, the start, ways on, ways out, circles."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from quantum_app.domain.flows.model.conditions import Fallback
from quantum_app.domain.flows.model.definition import AnswerNode, ClarifyNode, Edge, EndNode, LeadGateNode, StartNode
from quantum_app.domain.flows.validation.graph import Graph
from quantum_app.domain.flows.validation.problem import Problem


def find(graph: Graph) -> Iterator[Problem]:
    yield from _names(graph)
    yield from _start(graph)
    yield from _edges(graph)
    yield from _ways_on(graph)
    yield from _unreached(graph)
    yield from _circles(graph)


def _names(graph: Graph) -> Iterator[Problem]:
    definition = graph.definition
    for node_id in _twice([node.id for node in definition.nodes]):
        yield Problem("duplicate_id", f"Two nodes have the id “{node_id}”.", "Give each node its own id.", node=node_id)
    for edge_id in _twice([edge.id for edge in definition.edges]):
        yield Problem("duplicate_id", f"Two edges have the id “{edge_id}”.", "Give each edge its own id.", edge=edge_id)
    lists = (
        ("variables", "variables are called", [item.name for item in definition.variables]),
        ("knowledge", "knowledge sources have the id", [item.id for item in definition.knowledge]),
        ("rules.scores", "score rules have the id", [item.id for item in definition.rules.scores]),
        ("notes", "notes have the id", [item.id for item in definition.notes]),
    )
    for field, subject, ids in lists:
        for name in _twice(ids):
            yield Problem(
                "duplicate_id",
                f"Two {subject} “{name}”.",
                "Rename or remove one of them.",
                field=f"{field}.{name}",
            )


def _twice(ids: Sequence[str]) -> list[str]:
    return [name for name, count in Counter(ids).items() if count > 1]


def _start(graph: Graph) -> Iterator[Problem]:
    start = graph.nodes.get(graph.definition.start)
    if start is None:
        yield Problem(
            "start_missing",
            "The flow has no start.",
            "Add a Start node.",
            field="start",
        )
    elif not isinstance(start, StartNode):
        yield Problem(
            "start_missing",
            f"The flow starts with “{graph.name(start.id)}”, which isn't a Start node.",
            "Start with a Start node.",
            node=start.id,
        )
    greeting = [node for node in graph.nodes.values() if isinstance(node, StartNode)]
    for node in greeting:
        if node is not (start if isinstance(start, StartNode) else greeting[0]):
            yield Problem(
                "start_twice",
                f"“{graph.name(node.id)}” is a second Start node.",
                "Delete it, or replace it with another node.",
                node=node.id,
            )


def _edges(graph: Graph) -> Iterator[Problem]:
    for edge in graph.definition.edges:
        source = graph.nodes.get(edge.source)
        if source is None:
            yield Problem(
                "unknown_source",
                f"An exit leaves from “{edge.source}”, which doesn't exist.",
                "Delete the exit, or connect it to a node.",
                edge=edge.id,
                field="source",
            )
        if edge.target not in graph.nodes:
            yield Problem(
                "unknown_target",
                f"An exit goes to “{edge.target}”, which doesn't exist.",
                "Connect it to a node, or delete it.",
                node=edge.source if source else None,
                edge=edge.id,
                field="target",
            )
        if isinstance(source, EndNode):
            yield Problem(
                "edge_after_end",
                f"An exit leaves from “{graph.name(source.id)}”, which ends the call.",
                "Delete the exit.",
                node=source.id,
                edge=edge.id,
            )


def _ways_on(graph: Graph) -> Iterator[Problem]:
    edges_by_source: dict[str, list[Edge]] = defaultdict(list)
    for edge in graph.definition.edges:
        edges_by_source[edge.source].append(edge)
    for node in graph.nodes.values():
        if isinstance(node, EndNode):
            continue
        name = graph.name(node.id)
        if node.id not in edges_by_source:
            yield Problem(
                "dead_end",
                f"“{name}” has no exits, so calls would get stuck there.",
                "Connect it to the next node.",
                node=node.id,
            )
            continue
        fallbacks = [edge for edge in edges_by_source[node.id] if isinstance(edge.condition, Fallback)]
        if not fallbacks:
            yield Problem(
                "fallback_missing",
                f"“{name}” has no exit for when no condition matches.",
                "Add an “otherwise” exit.",
                node=node.id,
            )
        for edge in fallbacks[1:]:
            yield Problem(
                "fallback_twice",
                f"“{name}” has more than one “otherwise” exit. Only the first is ever taken.",
                "Give this one a condition, or delete it.",
                node=node.id,
                edge=edge.id,
            )


def _unreached(graph: Graph) -> Iterator[Problem]:
    if not graph.reached:
        return
    for node_id in graph.nodes:
        if node_id not in graph.reached:
            yield Problem(
                "unreachable",
                f"Calls can't reach “{graph.name(node_id)}”.",
                "Connect it to a node before it, or delete it.",
                node=node_id,
            )
    if not any(isinstance(node, EndNode) for node in graph.nodes.values()):
        yield Problem(
            "end_missing",
            "The flow has no End node, so calls can't end properly.",
            "Add an End node and connect it.",
        )


def _circles(graph: Graph) -> Iterator[Problem]:
    for group in graph.circles(graph.nodes):
        inside = frozenset(group)
        ways_out = [edge for node in group for edge in graph.leaving[node] if edge.target not in inside]
        names = graph.node_names(group)
        if not ways_out:
            yield Problem(
                "no_way_out",
                f"Calls that reach {names} can't leave.",
                "Connect one of them to an End node.",
                node=group[0],
            )
        elif all(isinstance(edge.condition, Fallback) and _only_at_limit(graph, edge.source) for edge in ways_out):
            yield Problem(
                "left_by_limit",
                f"Calls loop through {names} until they reach a turn limit.",
                "Add an exit that leads out, for example when the caller has no more questions.",
                node=group[0],
            )
    deaf = {node.id for node in graph.nodes.values() if not graph.listens(node)}
    for group in graph.circles(deaf):
        yield Problem(
            "endless_loop",
            f"Calls would loop through {graph.node_names(group)} without listening to the caller.",
            "Go back through a node that asks or answers, or go to an End node.",
            node=group[0],
        )
    # A node that asks is passed at once when everything it asks for is known.
    asking = {node.id for node in graph.nodes.values() if isinstance(node, (LeadGateNode, ClarifyNode))}
    for group in graph.circles(deaf | asking):
        if not asking.isdisjoint(group):
            yield Problem(
                "loop_of_questions",
                f"Once everything {graph.node_names(group)} ask for is known, calls can loop there without "
                "listening to the caller.",
                "Go back through a node that answers.",
                node=group[0],
            )


def _only_at_limit(graph: Graph, node_id: str) -> bool:
    """Whether this node's fallback is for calls that have stayed too long; elsewhere it is an everyday way on."""
    return isinstance(graph.nodes[node_id], AnswerNode)
