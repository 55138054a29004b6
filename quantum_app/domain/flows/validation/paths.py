"""What is known where: consent before contact data, and variables that words speak of."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence

from quantum_app.domain.flows.engine.prompts import places
from quantum_app.domain.flows.model import expressions
from quantum_app.domain.flows.model.conditions import Condition, Expression, Fallback
from quantum_app.domain.flows.model.definition import (
    CALL_PAGE_TYPES,
    CONTACT_TYPES,
    ClarifyNode,
    Edge,
    LeadGateNode,
    Node,
    Variable,
)
from quantum_app.domain.flows.model.rules import Keywords
from quantum_app.domain.flows.validation import branches, content
from quantum_app.domain.flows.validation.graph import Graph
from quantum_app.domain.flows.validation.problem import Problem


def find(graph: Graph) -> Iterator[Problem]:
    yield from _consent(graph)
    fillable = _fillable(graph)
    used = _used(graph) - expressions.BUILT_IN.keys()
    for variable in graph.variables.values():
        if variable.name in used and variable.name not in fillable:
            yield _never_asked(variable)
    yield from _words(graph, fillable)


def _consent(graph: Graph) -> Iterator[Problem]:
    gates = {node.id for node in graph.nodes.values() if isinstance(node, LeadGateNode) and node.consent.strip()}
    unasked = graph.ways(graph.definition.start, frozenset(gates))
    for node_id in unasked:
        contact = [] if node_id in gates else sorted(_contact(graph, graph.nodes[node_id]))
        if contact:
            yield Problem(
                "consent_missing",
                f"“{graph.name(node_id)}” stores {' and '.join(contact)} without the caller's consent: "
                f"{graph.way(unasked, node_id)}.",
                "Add a consent question there."
                if isinstance(graph.nodes[node_id], LeadGateNode)
                else f"Collect this in “{LeadGateNode.info.label}” with a consent question, or put one before it.",
                node=node_id,
                field="consent" if isinstance(graph.nodes[node_id], LeadGateNode) else "fields",
            )


def _contact(graph: Graph, node: Node) -> set[str]:
    if not isinstance(node, (LeadGateNode, ClarifyNode)):
        return set()
    variables = (graph.variables.get(item.variable) for item in node.fields)
    return {f"“{variable.name}”" for variable in variables if variable and variable.type in CONTACT_TYPES}


def _fillable(graph: Graph) -> frozenset[str]:
    """The variables that calls can fill: those that a node asks for, and what the call page was told."""
    asking_nodes = (node for node in graph.nodes.values() if isinstance(node, (LeadGateNode, ClarifyNode)))
    names = {item.variable for node in asking_nodes for item in node.fields}
    for kind in CALL_PAGE_TYPES:
        names |= set([item.name for item in graph.variables.values() if item.type == kind][:1])
    return frozenset(names)


def _used(graph: Graph) -> set[str]:
    """The names that words and conditions of the flow depend on."""
    definition = graph.definition
    handoff = definition.rules.handoff
    texts = [handoff.announcement, handoff.unavailable]
    texts += [text for node in definition.nodes for _, text in content.spoken_texts(node)]
    texts += [text for variable in definition.variables for text in (variable.ask, variable.ask_again)]
    conditions = [edge.condition for edge in definition.edges] + [rule.when for rule in definition.rules.scores]
    return set[str]().union(
        *map(_variable_names, texts),
        *(parsed.names for condition in conditions if (parsed := _parsed(condition)) is not None),
    )


def _never_asked(variable: Variable) -> Problem:
    return Problem(
        "never_asked",
        f"Nothing asks for “{variable.label or variable.name}”, so it never has a value.",
        f"Ask for it in “{LeadGateNode.info.label}” or “{ClarifyNode.info.label}”, or delete it.",
        field=f"variables.{variable.name}",
    )


def _words(graph: Graph, fillable: frozenset[str]) -> Iterator[Problem]:
    sure, ever = _known_variables(graph)
    rules = graph.definition.rules.handoff
    for field, text in (("announcement", rules.announcement), ("unavailable", rules.unavailable)):
        for name in _unknown(graph, text):
            yield _undeclared(name, None, f"rules.handoff.{field}")
    for variable in graph.variables.values():
        for field, text in (("ask", variable.ask), ("ask_again", variable.ask_again)):
            for name in _unknown(graph, text):
                yield _undeclared(name, None, f"variables.{variable.name}.{field}")
    names_in_questions = {
        item.name: _variable_names(item.ask) | _variable_names(item.ask_again) for item in graph.variables.values()
    }
    for node in graph.nodes.values():
        for field, names in _names_in_fields(graph, node, names_in_questions):
            for name in sorted(names - graph.variables.keys()):
                if not field.startswith("fields."):  # said of the variable itself already
                    yield _undeclared(name, node.id, field)
            if node.id in sure:
                for name in sorted(names & fillable.intersection(graph.variables) - sure[node.id]):
                    yield _maybe_unknown(graph, node, name, field, is_asked=name in ever[node.id])


def _maybe_unknown(graph: Graph, node: Node, name: str, field: str, *, is_asked: bool) -> Problem:
    """is_asked: some callers have told it by then."""
    if is_asked:
        message = f"“{graph.name(node.id)}” uses {{{name}}}, which isn't known on every call."
        remedy = "Make sure the sentence works without it, or require it on the way here."
    else:
        message = f"“{graph.name(node.id)}” uses {{{name}}} before the caller is asked for it."
        remedy = "Ask for it first, or remove it. Unknown values are left out."
    return Problem("maybe_unknown", message, remedy, node=node.id, field=field)


def _names_in_fields(
    graph: Graph, node: Node, names_in_questions: Mapping[str, set[str]]
) -> Iterator[tuple[str, set[str]]]:
    """Each field that speaks of variables, with their names, and those of the questions that it asks."""
    for field, text in content.spoken_texts(node):
        if names := _variable_names(text):
            yield field, names
    if isinstance(node, (LeadGateNode, ClarifyNode)):
        for item in node.fields:
            if names := names_in_questions.get(item.variable):
                yield f"fields.{item.variable}", names


def _variable_names(text: str) -> set[str]:
    return set(places(text)) if "{" in text else set()


def _unknown(graph: Graph, text: str) -> list[str]:
    return sorted(_variable_names(text) - graph.variables.keys())


def _undeclared(name: str, node: str | None, field: str) -> Problem:
    return Problem(
        "unknown_variable",
        f"This flow has no variable {{{name}}}, so it would be left out.",
        "Add it to the variables, or replace it with text.",
        node=node,
        field=field,
    )


def _known_variables(graph: Graph) -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
    """For each node that is reached: variables that are filled on every way there, and on any.

    Nothing, when the flow is too large to find out.
    """
    begin = graph.definition.start
    if begin not in graph.nodes:
        return {}, {}
    # A set of variables is an integer here, one bit each: large flows change them a million times.
    bits = {name: 1 << place for place, name in enumerate(graph.variables)}
    asked_bits: dict[str, int] = {}
    required_masks: dict[str, int] = {}
    for node in graph.nodes.values():
        if isinstance(node, (LeadGateNode, ClarifyNode)):
            asked_bits[node.id] = _mask(bits, (item.variable for item in node.fields))
            required_masks[node.id] = _mask(bits, (item.variable for item in node.fields if item.required))
    gained: dict[str, list[tuple[str, int]]] = {}
    for node_id, edges in graph.leaving.items():
        gained[node_id] = [
            (target, _mask(bits, names) | (required_masks.get(node_id, 0) if "complete" in names else 0))
            for target, names in _known_beyond(edges, asks=node_id in required_masks)
        ]
    sure, ever = {begin: 0}, {begin: 0}
    # Both only ever change in one direction, so this ends.
    queue = deque([begin])
    while queue:
        node_id = queue.popleft()
        edges_on = gained.get(node_id, ())
        if not graph.budget.spend(len(edges_on)):
            return {}, {}
        for target, gain in edges_on:
            after = sure[node_id] | gain
            some = ever[node_id] | asked_bits.get(node_id, 0) | after
            now_sure = sure[target] & after if target in sure else after
            now_ever = ever.get(target, 0) | some
            if now_sure != sure.get(target) or now_ever != ever.get(target):
                sure[target], ever[target] = now_sure, now_ever
                queue.append(target)
    return _by_name(sure, bits), _by_name(ever, bits)


def _mask(bits: Mapping[str, int], names: Iterable[str]) -> int:
    return sum(bits.get(name, 0) for name in set(names))


def _by_name(masks: Mapping[str, int], bits: Mapping[str, int]) -> dict[str, frozenset[str]]:
    return {node: frozenset(name for name, bit in bits.items() if mask & bit) for node, mask in masks.items()}


def _known_beyond(edges: Sequence[Edge], *, asks: bool) -> Iterator[tuple[str, frozenset[str]]]:
    """The target of each exit of a node, and the names that are filled where it is taken.

    Expressions are tried in order, so those that are tried in vain tell something, too. A node that `asks` counts as
    having got what it requires, unless its exits ask whether it has. An intent interrupts its questions.
    """
    conditions = {edge.id: condition for edge in edges if (condition := _parsed(edge.condition)) is not None}
    tells_apart = any("complete" in condition.names for condition in conditions.values())
    names = frozenset({"complete"}) if asks and not tells_apart else frozenset[str]()
    after_all = names.union(*(branches.known_unless(condition.tree) for condition in conditions.values()))
    for edge in edges:
        condition = conditions.get(edge.id)
        if condition is not None:
            yield edge.target, names | branches.known_after(condition.tree)
            names |= branches.known_unless(condition.tree)
        elif isinstance(edge.condition, Fallback):
            yield edge.target, after_all
        else:
            yield edge.target, frozenset()


def _parsed(condition: Condition | Keywords) -> expressions.Parsed | None:
    """An expression that can be read."""
    if not isinstance(condition, Expression):
        return None
    try:
        return expressions.parse(condition.expression)
    except expressions.ExpressionError:
        return None
