"""What conditions come to, found by trying values: one out of each range that they can tell apart.

For conditions that compare names with constants, and names with names, no other value can make a difference. Nothing
is ever run but the conditions themselves.
"""

import ast
from collections.abc import Sequence
from functools import lru_cache, reduce
from itertools import accumulate, chain, pairwise, product
from typing import Literal, NamedTuple

from quantum_app.domain.flows.model import expressions
from quantum_app.domain.flows.model.definition import FlowDefinition, Value
from quantum_app.domain.flows.model.expressions import Kind

# Combinations of values, and evaluated syntax nodes, after which conditions count as too many to judge.
_MOST = 3000
_MOST_STEPS = 50_000

Outcome = Literal["never", "sometimes", "always"]


class Ground(NamedTuple):
    """What a name can be. whole: a number without a fraction."""

    kind: Kind
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    whole: bool = False


Grounds = tuple[tuple[str, Ground], ...]

_BUILT_IN = {name: Ground(kind) for name, kind in expressions.BUILT_IN.items()} | {
    "confidence": Ground("number", (), 0, 1),
    "minutes": Ground("number", (), 0),
    "score": Ground("number", whole=True),
    "turns": Ground("number", (), 0, whole=True),
    "here": Ground("number", (), 0, whole=True),
}


def grounds(definition: FlowDefinition) -> dict[str, Ground]:
    """By every name that conditions of this flow may use."""
    kinds = expressions.kinds(definition)
    return _BUILT_IN | {
        item.name: Ground(
            kinds[item.name],
            tuple(choice.value for choice in item.choices) if item.type == "choice" else (),
            item.minimum,
            item.maximum,
        )
        for item in definition.variables
    }


class Firsts(NamedTuple):
    """How often each condition is the first that holds; outcomes is None where there was too much to try.

    steps: syntax nodes that were evaluated, the same for the same conditions.
    exhaustive: whatever the values are, one of the conditions holds.
    """

    outcomes: tuple[Outcome, ...] | None
    steps: int
    exhaustive: bool = False


@lru_cache(maxsize=128)
def firsts(texts: tuple[str, ...], grounds: Grounds) -> Firsts:
    """Try every combination of values that can make a difference, up to `_MOST` and `_MOST_STEPS`."""
    conditions = [expressions.parse(text) for text in texts]
    # What it takes to get to each condition and ask it.
    costs = list(accumulate(condition.size for condition in conditions))
    constants = list(chain.from_iterable(_constants(condition.tree) for condition in conditions))
    names: list[str] = []
    samples: list[tuple[Value | None, ...]] = []
    combinations = 1
    for name, ground in grounds:
        names.append(name)
        samples.append(_values(ground, constants))
        combinations *= len(samples[-1])
        if combinations > _MOST:
            return Firsts(None, costs[-1])
    outcomes: list[Outcome] = ["never"] * len(conditions)
    none_held = False
    steps = 0
    for combination in product(*samples):
        values = dict(zip(names, combination, strict=True))
        place = next((place for place, condition in enumerate(conditions) if condition.holds(values)), None)
        if place is None:
            none_held = True
        else:
            outcomes[place] = "sometimes"
        if none_held and "never" not in outcomes:
            break
        steps += costs[-1 if place is None else place]
        if steps > _MOST_STEPS:
            return Firsts(None, steps)
    places = [place for place, outcome in enumerate(outcomes) if outcome == "sometimes"]
    if not none_held and len(places) == 1:
        outcomes[places[0]] = "always"
    return Firsts(tuple(outcomes), steps, not none_held)


def _values(ground: Ground, constants: Sequence[float | str]) -> tuple[Value | None, ...]:
    """Values that make a difference; last of all none."""
    if ground.kind == "yes_no":
        return (True, False, None)
    if ground.choices:
        return (*ground.choices, None)
    texts = sorted({value for value in constants if isinstance(value, str)})
    if ground.kind == "number":
        return (*_numbers(ground, sorted({value for value in constants if not isinstance(value, str)})), None)
    if ground.kind == "date":
        return (*texts, "0001-01-01", "9999-12-31", None)
    return (*texts, *(f"{text}\x01" for text in texts), "\x01", None)


def _numbers(ground: Ground, numbers: Sequence[float]) -> list[float]:
    low, high = ground.minimum, ground.maximum
    around = {value for number in numbers or [0.0] for value in (number, number - 1, number + 1)}
    if not ground.whole:
        around |= {(one + other) / 2 for one, other in pairwise(numbers)}
        around |= {value for value in (low, high) if value is not None}
    return [value for value in sorted(around) if (low is None or value >= low) and (high is None or value <= high)]


def _constants(node: ast.AST) -> list[float | str]:
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, (int, float, str)) and not isinstance(node.value, bool) else []
    if isinstance(node, ast.Name):
        return []
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return [-value for value in _constants(node.operand) if not isinstance(value, str)]
    return [value for child in ast.iter_child_nodes(node) for value in _constants(child)]


def known_after(tree: ast.expr) -> frozenset[str]:
    """The names that are filled whenever the condition holds."""
    match tree:
        case ast.Name(id=name):
            return frozenset({name})
        case ast.Compare(left=left, comparators=rest):
            return frozenset(side.id for side in (left, *rest) if isinstance(side, ast.Name))
        case ast.BoolOp(op=ast.And(), values=parts):
            return frozenset[str]().union(*map(known_after, parts))
        case ast.BoolOp(values=parts):
            return reduce(frozenset[str].intersection, map(known_after, parts))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return known_unless(operand)
        case _:
            return frozenset()


def known_unless(tree: ast.expr) -> frozenset[str]:
    """The names that are filled whenever the condition does not hold."""
    match tree:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return known_after(operand)
        case ast.BoolOp(op=ast.Or(), values=parts):
            return frozenset[str]().union(*map(known_unless, parts))
        case ast.BoolOp(values=parts):
            return reduce(frozenset[str].intersection, map(known_unless, parts))
        case _:
            return frozenset()
