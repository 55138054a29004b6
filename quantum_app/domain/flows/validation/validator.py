"""The one validator of flows: the editor, publishing, the API and the worker ask it."""

from collections.abc import Collection, Mapping
from itertools import chain, islice
from typing import Any, cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from quantum_app.domain.flows.model.definition import FlowDefinition, Tool
from quantum_app.domain.flows.model.migrations import Document, upgrade
from quantum_app.domain.flows.validation import conditions, content, paths, rules, shape
from quantum_app.domain.flows.validation.graph import Graph
from quantum_app.domain.flows.validation.problem import Problem
from quantum_app.errors import InvalidInput

# These need nothing that an account would have to connect.
BUILT_IN_TOOLS: frozenset[Tool] = frozenset({"search_faq", "trigger_human_handoff"})

# Problems that are listed, and those that are looked for to list the worst first.
MOST_PROBLEMS = 200
_MAX_PROBLEMS = 1000

# What a person reads, instead of what pydantic says.
_PLAIN = {
    "missing": "this is missing",
    "extra_forbidden": "this isn't a field of a flow",
    "string_too_short": "this is missing",
    "union_tag_invalid": "this type doesn't exist",
    "union_tag_not_found": "the type is missing",
    "string_pattern_mismatch": "this has the wrong format",
    "string_type": "this must be text",
    "tuple_type": "this must be a list",
    "model_type": "this must be an object",
    "model_attributes_type": "this must be an object",
}


def parse(document: Mapping[str, Any]) -> FlowDefinition:
    """A stored flow, which may have problems: a draft. Raises InvalidInput that names what cannot be read."""
    upgraded = upgrade(document)
    try:
        return FlowDefinition.model_validate(upgraded)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=True)[0]
        where, field = _place(upgraded, first["loc"])
        raise InvalidInput(
            f"The flow can't be read: {where}{_plain(first)}.", code="flow_invalid", field=field or None
        ) from error


def load(document: Mapping[str, Any]) -> FlowDefinition:
    """A stored flow that the engine can run. Raises InvalidInput that names the first thing to fix."""
    definition = parse(document)
    for problem in check(definition):
        if problem.severity == "error":
            raise InvalidInput(problem.sentence, code="flow_invalid")
    return definition


def check(
    definition: FlowDefinition, *, tools: Collection[Tool] = BUILT_IN_TOOLS, longest_call: int | None = None
) -> tuple[Problem, ...]:
    """Everything its author should know, errors first; a flow without errors can be run.

    At most `MOST_PROBLEMS` are listed. The work is bounded whatever the size of the flow: one that would take more has
    an error that says so.

    tools: those that the account can use · longest_call: seconds that the campaign allows.
    """
    graph = Graph(definition)
    problems = chain(
        shape.find(graph),
        content.find(graph, tools),
        rules.find(graph, longest_call),
        conditions.find(graph),
        paths.find(graph),
    )
    problem_list = sorted(islice(problems, _MAX_PROBLEMS), key=lambda problem: problem.severity != "error")
    if len(problem_list) == _MAX_PROBLEMS:
        message = f"This flow has {_MAX_PROBLEMS} or more problems, so it wasn't checked any further."
        problem_list.insert(0, Problem("too_many_problems", message, "Fix the ones listed here first."))
    if graph.budget.exhausted:
        message = "This flow is too large to check completely."
        remedy = "Use fewer or shorter conditions, or split it into several flows."
        problem_list.insert(0, Problem("too_large_to_judge", message, remedy))
    return tuple(problem_list[:MOST_PROBLEMS])


def _plain(error: ErrorDetails) -> str:
    kind = error["type"]
    limit = error.get("ctx", {})
    if kind == "string_too_long":
        return f"this is too long ({limit['max_length']} characters at most)"
    if kind == "too_long":
        return f"there are too many items ({limit['max_length']} at most)"
    return _PLAIN.get(kind) or error["msg"].removeprefix("Input").strip().lower()


def _place(document: Document, loc: tuple[int | str, ...]) -> tuple[str, str]:
    """Where it is, in the names of nodes and edges; and as a path."""
    names: list[str] = []
    at: Any = document
    for step in loc:
        items = _items_of(at)
        if step not in items and items.get("type") == step:
            continue  # pydantic counts the kind of a thing as a step
        at = items.get(step)
        names.append(_label(_items_of(at), step))
    return "".join(f"{name}: " for name in names), ".".join(str(step) for step in loc)


def _items_of(at: Any) -> dict[int | str, Any]:
    if isinstance(at, (list, tuple)):
        return dict(enumerate(cast("list[Any]", at)))
    return cast("dict[int | str, Any]", at) if isinstance(at, dict) else {}


def _label(item: dict[int | str, Any], step: int | str) -> str:
    for key in ("name", "label", "id"):
        if name := item.get(key):
            return f"“{name}”"
    return f"number {step + 1}" if isinstance(step, int) else step.replace("_", " ")
