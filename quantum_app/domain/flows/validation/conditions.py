"""Whether edges can be followed: expressions that fit their variables, intents that can be told apart."""

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from quantum_app.domain.flows.model import expressions
from quantum_app.domain.flows.model.conditions import Expression, Intent
from quantum_app.domain.flows.model.definition import ClarifyNode, Edge, LeadGateNode
from quantum_app.domain.flows.model.expressions import ExpressionError
from quantum_app.domain.flows.validation.branches import Firsts, Ground, Grounds, Outcome, firsts, grounds
from quantum_app.domain.flows.validation.graph import MOST_NAMES, Graph, list_names
from quantum_app.domain.flows.validation.problem import Problem, ProblemCode

# Conditions that leave one node.
_MOST_CONDITIONS = 100

# What people write for True and False.
_YES_OR_NO = frozenset({"yes", "no", "true", "false"})

# Code, message and remedy of an error in a condition.
Fault = tuple[ProblemCode, str, str]


def find(graph: Graph) -> Iterator[Problem]:
    grounds_by_name = grounds(graph.definition)
    for node_id in graph.nodes:
        yield from _intents(graph, node_id)
        edges = [edge for edge in graph.leaving[node_id] if isinstance(edge.condition, Expression)]
        if len(edges) > _MOST_CONDITIONS:
            yield Problem(
                "too_many_conditions",
                f"“{graph.name(node_id)}” has {len(edges)} conditions.",
                f"Keep up to {_MOST_CONDITIONS}, and split the rest across other nodes.",
                node=node_id,
            )
            continue
        sound: list[Edge] = []
        for edge in edges:
            if not graph.budget.spend(len(_text(edge))):
                return
            if wrong := fault(_text(edge), grounds_by_name):
                yield _error(edge, wrong)
            else:
                sound.append(edge)
        yield from _never_taken(graph, sound, grounds_by_name)


def _error(edge: Edge, wrong: Fault) -> Problem:
    code, message, remedy = wrong
    return Problem(code, message, remedy, node=edge.source, edge=edge.id, field="condition")


def fault(text: str, grounds_by_name: Mapping[str, Ground]) -> Fault | None:
    """What is wrong with a condition."""
    if not text.strip():
        return "expression_empty", "A condition is empty.", "Choose when it applies, for example: score is at least 70"
    try:
        names = expressions.parse(text).names
    except ExpressionError as error:
        return "expression_invalid", str(error), error.remedy
    for name in sorted(names - grounds_by_name.keys()):
        return "unknown_variable", f"This flow has no variable “{name}”.", _declare(name, grounds_by_name)
    return _misfit(text, _of(names, grounds_by_name))


def _of(names: Iterable[str], grounds_by_name: Mapping[str, Ground]) -> Grounds:
    return tuple((name, grounds_by_name[name]) for name in sorted(names))


def _declare(name: str, names: Iterable[str]) -> str:
    plain = name.lower().replace("_", "")
    near = [one for one in names if one.replace("_", "") == plain]
    if near:
        return f"Did you mean “{near[0]}”?"
    if plain in _YES_OR_NO:
        return "Use True or False, or just the name of a yes-or-no variable."
    return f'Add it to the variables. If it is text, put it in quotes: "{name}"'


def _misfit(text: str, named_grounds: Grounds) -> Fault | None:
    parsed = expressions.parse(text)
    if mismatch := expressions.check(parsed, {name: ground.kind for name, ground in named_grounds}):
        return "expression_mismatch", mismatch, "Compare it with a value of the same type."
    choices = {name: {one.casefold().strip(): one for one in ground.choices} for name, ground in named_grounds}
    for name, choice in _compared(parsed.tree):
        if choices.get(name) and choice.casefold().strip() not in choices[name]:
            there = list_names(list(choices[name].values())[:MOST_NAMES], len(choices[name]))
            return "unknown_choice", f"“{name}” has no choice “{choice}”.", f"Its choices are {there}."
    return None


def _compared(tree: ast.expr) -> Iterator[tuple[str, str]]:
    """Names with the texts that they are compared with."""
    for compare in (node for node in ast.walk(tree) if isinstance(node, ast.Compare)):
        for pair in pairwise([compare.left, *compare.comparators]):
            for one, other in (pair, pair[::-1]):
                if isinstance(one, ast.Name):
                    yield from ((one.id, text) for text in _texts(other))


def _texts(node: ast.expr) -> list[str]:
    parts = node.elts if isinstance(node, (ast.List, ast.Tuple)) else [node]
    return [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]


def _never_taken(graph: Graph, edges: Sequence[Edge], grounds_by_name: Mapping[str, Ground]) -> Iterator[Problem]:
    """Of a node's conditions, those that are never the first to hold, and those that nothing can keep from it."""
    if not edges or graph.budget.exhausted:
        return
    texts = [_text(edge) for edge in edges]
    names = {text: expressions.parse(text).names for text in texts}

    def try_in_order(*texts: str) -> Firsts:
        result = firsts(texts, _of(set[str]().union(*(names[text] for text in texts)), grounds_by_name))
        return result if graph.budget.spend(result.steps) else Firsts(None, result.steps)

    def outcomes_of(*texts: str) -> tuple[Outcome, ...] | None:
        return try_in_order(*texts).outcomes

    whole = try_in_order(*texts)
    together = whole.outcomes
    if whole.exhaustive:
        yield from _intents_never_followed(graph, edges, lambda count: try_in_order(*texts[:count]).exhaustive)
    for place, (edge, text) in enumerate(zip(edges, texts, strict=True)):
        if graph.budget.exhausted:
            return
        first = together[place] if together else "never"
        # Only a condition that holds of nothing at all may hold of everything.
        suspicious = first != "sometimes" or expressions.parse(text).holds({})
        alone = (outcomes_of(text) or ("sometimes",))[0] if suspicious else "sometimes"
        if alone == "never":
            remedy = "Correct the condition, or delete the exit."
            yield _error(edge, ("never_holds", f"“{text}” can never be true.", remedy))
        elif alone == "always":
            remedy = "Use the “otherwise” exit instead, or correct the condition."
            yield _error(edge, ("always_holds", f"“{text}” is always true.", remedy))
        elif (first == "never") if together else text in texts[:place]:
            yield Problem(
                "never_first",
                f"“{graph.name(edge.source)}” never reaches “{text}”, because a condition above it always matches "
                "first.",
                "Move it up, or remove it.",
                node=edge.source,
                edge=edge.id,
                field="condition",
            )


def _intents_never_followed(
    graph: Graph, expressions: Sequence[Edge], exhaustive: Callable[[int], bool]
) -> Iterator[Problem]:
    """Intents below expressions of which one is always true. exhaustive: whether that is so of the first so many.

    Not at nodes that ask: their expressions count when the questions are done, and an intent interrupts the questions.
    """
    node = graph.nodes[expressions[0].source]
    if isinstance(node, (LeadGateNode, ClarifyNode)):
        return
    above = 0
    covered = False
    for edge in graph.leaving[node.id]:
        if above < len(expressions) and edge is expressions[above]:
            above += 1
            covered = covered or exhaustive(above)
        elif covered and isinstance(edge.condition, Intent):
            yield Problem(
                "never_first",
                f"“{graph.name(node.id)}” never reaches “{edge.condition.description}”, because a condition above it "
                "is always true.",
                "Move it up, or remove it.",
                node=node.id,
                edge=edge.id,
                field="condition",
            )


def _text(edge: Edge) -> str:
    return edge.condition.expression if isinstance(edge.condition, Expression) else ""


# Intents


def _intents(graph: Graph, node_id: str) -> Iterator[Problem]:
    edge_by_words: dict[str, str] = {}
    for edge in graph.leaving[node_id]:
        if not isinstance(edge.condition, Intent):
            continue
        for code, message, remedy in intent(edge.condition):
            yield Problem(
                code,
                f"{message} (from “{graph.name(node_id)}” to “{graph.name(edge.target)}”).",
                remedy,
                node=node_id,
                edge=edge.id,
                field="condition",
            )
        words = _plain(edge.condition.description)
        if words and edge_by_words.setdefault(words, edge.id) != edge.id:
            yield Problem(
                "intent_twice",
                f"“{graph.name(node_id)}” has two exits for “{edge.condition.description}”, so nothing tells them "
                "apart.",
                "Describe what makes each one different.",
                node=node_id,
                edge=edge.id,
                field="condition",
            )


def intent(condition: Intent) -> Iterator[Fault]:
    """What is wrong with an intent. Messages have no full stop."""
    examples = [example for example in condition.examples if example.strip()]
    if not condition.description.strip() and not examples:
        remedy = "Describe what the caller wants, and add examples."
        yield "intent_empty", "An intent is empty", remedy
    elif not condition.description.strip():
        remedy = "Describe what the caller wants."
        yield "intent_undescribed", "An intent has examples but no description", remedy
    elif not examples:
        remedy = "Add two or three things callers say, so it's recognized more reliably."
        yield "intent_without_examples", f"“{condition.description}” has no examples", remedy


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))
