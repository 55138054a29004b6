"""What is known where: consent before contact data, and variables that words speak of."""

from collections.abc import Iterator

from quantum_app.domain.flows import expressions
from quantum_app.domain.flows.checks import Graph, Problem, branches, content
from quantum_app.domain.flows.definition import CONTACT_TYPES, ClarifyNode, Edge, Expression, LeadGateNode, Node
from quantum_app.domain.flows.wording import places


def find(graph: Graph) -> Iterator[Problem]:
    yield from _consent(graph)
    yield from _words(graph)


def _consent(graph: Graph) -> Iterator[Problem]:
    gates = {node.id for node in graph.nodes.values() if isinstance(node, LeadGateNode) and node.consent.strip()}
    unasked = graph.ways(graph.definition.start, frozenset(gates))
    for node_id in unasked:
        contact = [] if node_id in gates else sorted(_contact(graph, graph.nodes[node_id]))
        if contact:
            yield Problem(
                "error",
                "consent_missing",
                f"“{graph.name(node_id)}” stores {' and '.join(contact)} of callers who were not asked whether they "
                f"agree: {graph.way(unasked, node_id)}.",
                "Write the consent wording there."
                if isinstance(graph.nodes[node_id], LeadGateNode)
                else "Collect this in a Lead Gate with consent wording, or put one before it.",
                node=node_id,
                field="consent" if isinstance(graph.nodes[node_id], LeadGateNode) else "fields",
            )


def _contact(graph: Graph, node: Node) -> set[str]:
    if not isinstance(node, (LeadGateNode, ClarifyNode)):
        return set()
    asked = (graph.variables.get(item.variable) for item in node.fields)
    return {f"“{variable.name}”" for variable in asked if variable and variable.type in CONTACT_TYPES}


def _words(graph: Graph) -> Iterator[Problem]:
    sure, ever = _known(graph)
    rules = graph.definition.rules.handoff
    for field, text in (("announcement", rules.announcement), ("unavailable", rules.unavailable)):
        for name in _unknown(graph, text):
            yield _undeclared(name, None, f"rules.handoff.{field}")
    for variable in graph.variables.values():
        for field, text in (("ask", variable.ask), ("ask_again", variable.ask_again)):
            for name in _unknown(graph, text):
                yield _undeclared(name, None, f"variables.{variable.name}.{field}")
    for node in graph.nodes.values():
        for field, text, named in _said(graph, node):
            if not named:
                continue
            for name in _unknown(graph, text):
                if not field.startswith("fields."):  # said of the variable itself already
                    yield _undeclared(name, node.id, field)
            for name in named & graph.variables.keys():
                if node.id not in sure or name in sure[node.id]:
                    continue
                if name in ever[node.id]:
                    message = f"“{graph.name(node.id)}” says {{{name}}}, which not every caller has told by then."
                    remedy = "Write it so that it reads well without, or come here by a condition that needs it."
                else:
                    message = f"“{graph.name(node.id)}” says {{{name}}}, which nobody has been asked for by then."
                    remedy = "Ask for it before, or leave it out: where it is not known, nothing is said."
                yield Problem("warning", "maybe_unknown", message, remedy, node=node.id, field=field)


def _said(graph: Graph, node: Node) -> Iterator[tuple[str, str, set[str]]]:
    """Each text with its field and the names in it; the questions that a node puts too."""
    texts = list(content.spoken(node))
    if isinstance(node, (LeadGateNode, ClarifyNode)):
        asked = (graph.variables.get(item.variable) for item in node.fields)
        texts += [(f"fields.{one.name}", text) for one in asked if one for text in (one.ask, one.ask_again)]
    for field, text in texts:
        yield field, text, set(places(text)) if "{" in text else set()


def _unknown(graph: Graph, text: str) -> list[str]:
    if "{" not in text:
        return []
    return sorted(set(places(text)) - graph.variables.keys())


def _undeclared(name: str, node: str | None, field: str) -> Problem:
    return Problem(
        "error",
        "unknown_variable",
        f"{{{name}}} is no variable of this flow, so nothing would be said in its place.",
        "Add it to the variables, or write it out.",
        node=node,
        field=field,
    )


def _known(graph: Graph) -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
    """For each node that is reached: variables that are filled on every way there, and on any."""
    begin = graph.definition.start
    if begin not in graph.nodes:
        return {}, {}
    sure: dict[str, frozenset[str]] = {begin: frozenset()}
    ever: dict[str, frozenset[str]] = {begin: frozenset()}
    asked = {
        node.id: frozenset(item.variable for item in node.fields)
        for node in graph.nodes.values()
        if isinstance(node, (LeadGateNode, ClarifyNode))
    }
    needed = {
        node.id: frozenset(item.variable for item in node.fields if item.required)
        for node in graph.nodes.values()
        if isinstance(node, (LeadGateNode, ClarifyNode))
    }
    nothing = frozenset[str]()
    # Both only ever change in one direction, so this ends.
    waiting = [begin]
    while waiting:
        node = waiting.pop()
        for edge in graph.leaving[node]:
            names = _filled(edge)
            after = sure[node] | (names & graph.variables.keys())
            if "complete" in names:
                after |= needed.get(node, nothing)
            some = ever[node] | asked.get(node, nothing) | after
            target = edge.target
            now_sure = sure[target] & after if target in sure else after
            now_ever = ever[target] | some if target in ever else some
            if now_sure != sure.get(target) or now_ever != ever.get(target):
                sure[target], ever[target] = now_sure, now_ever
                waiting.append(target)
    return sure, ever


def _filled(edge: Edge) -> frozenset[str]:
    if not isinstance(edge.condition, Expression):
        return frozenset()
    try:
        return branches.known_after(expressions.parse(edge.condition.expression).tree)
    except expressions.ExpressionError:
        return frozenset()
