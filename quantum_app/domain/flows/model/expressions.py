"""Conditions over variables, as people write them: `score >= 70 and bedrooms == 2 and not email`.

The grammar is a small part of Python's, read by Python's own parser and never run by it. What is not known is None:
any comparison with it is false, and a bare name holds when it is filled.
"""

import ast
import operator
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from quantum_app.domain.flows.model.definition import FlowDefinition, Value, VariableType

Kind = Literal["text", "number", "date", "yes_no"]

# What every flow can ask for, beside its own variables.
BUILT_IN: dict[str, Kind] = {
    "complete": "yes_no",
    "answered": "yes_no",
    "confidence": "number",
    "score": "number",
    "turns": "number",
    "here": "number",
    "minutes": "number",
    "open": "yes_no",
    "known_caller": "yes_no",
    "consent": "yes_no",
    "tool_ok": "yes_no",
}
# What each of them means, for people.
BUILT_IN_MEANINGS: dict[str, str] = {
    "complete": "all required variables are known",
    "answered": "the last question was answered",
    "confidence": "confidence of the last answer, 0 to 1",
    "score": "the call's score",
    "turns": "caller turns so far",
    "here": "caller turns at this node",
    "minutes": "minutes since the call started",
    "open": "within opening hours",
    "known_caller": "the caller has called before",
    "consent": "the caller gave consent",
    "tool_ok": "the tool worked",
}
_KINDS: dict[VariableType, Kind] = {"number": "number", "money": "number", "date": "date", "yes_no": "yes_no"}

_LONGEST = 500
_DEEPEST = 40
# Whole numbers beyond this cannot be told apart as floats, and larger ones do not fit into any.
_LARGEST = 10**15
_COMPARE: dict[type[ast.cmpop], Callable[[Value, Value], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_ORDERED = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)


# A single “=”, and what stands on both sides of it. Quoted text is matched first, so that nothing in it counts.
_ASSIGNMENT = re.compile(r"""'[^']*'|"[^"]*"|(?P<left>[^\W\d]\w*)\s*(?<![=!<>])=(?!=)\s*(?P<right>\w*)""")
_YES = frozenset({"yes", "true"})


class ExpressionError(ValueError):
    """The text is no condition; says why, in a sentence. remedy: how to correct it, in another one."""

    def __init__(self, message: str, remedy: str = "Check the quotes and brackets.") -> None:
        super().__init__(message)
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Parsed:
    """A condition that can be asked. names: the variables in it · size: nodes of its syntax tree."""

    tree: ast.expr
    names: frozenset[str]
    size: int

    def holds(self, values: Mapping[str, Value | None]) -> bool:
        """Never raises: what cannot be compared is not so."""
        return bool(_value(self.tree, values))


@lru_cache(maxsize=1024)
def parse(text: str) -> Parsed:
    """Raises ExpressionError."""
    if len(text) > _LONGEST:
        raise ExpressionError(f"The condition is longer than {_LONGEST} characters.", "Split it across several exits.")
    try:
        with warnings.catch_warnings():
            # Python would print what it finds odd in the text, and the log is no place for what people write.
            warnings.simplefilter("ignore")
            tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise _invalid(text) from None
    names: set[str] = set()
    _check(tree, names, 0)
    return Parsed(tree, frozenset(names), sum(1 for _ in ast.walk(tree)))


def _invalid(text: str) -> ExpressionError:
    for match in _ASSIGNMENT.finditer(text):
        if name := match["left"]:
            simply = f", or just {name}" if match["right"].lower() in _YES else ""
            return ExpressionError(f"“{match[0]}” doesn't compare anything.", f"Use =={simply}.")
    return ExpressionError("This isn't a valid condition.", "Write it like this: score >= 70 and not email")


def holds(text: str, values: Mapping[str, Value | None]) -> bool:
    """Whether the condition holds; one that cannot be read does not."""
    try:
        return parse(text).holds(values)
    except ExpressionError:
        return False


def kind_of(variable: VariableType) -> Kind:
    """What a variable of this type holds, as far as conditions tell it apart."""
    return _KINDS.get(variable, "text")


def kinds(definition: FlowDefinition) -> dict[str, Kind]:
    """What each name that a condition may use holds."""
    own: dict[str, Kind] = {item.name: kind_of(item.type) for item in definition.variables}
    return BUILT_IN | own


def check(expression: Parsed, kinds_by_name: Mapping[str, Kind]) -> str | None:
    """A sentence on what does not fit: an unknown name, or things that cannot be compared."""
    for node in ast.walk(expression.tree):
        if isinstance(node, ast.Name) and node.id not in kinds_by_name:
            return f"This flow has no variable “{node.id}”."
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            for (left, right), compared in zip(pairwise(sides), node.ops, strict=True):
                if problem := _mismatch(left, right, compared, kinds_by_name):
                    return problem
    return None


def _mismatch(left: ast.expr, right: ast.expr, compared: ast.cmpop, kinds_by_name: Mapping[str, Kind]) -> str | None:
    for item in right.elts if isinstance(right, (ast.List, ast.Tuple)) else [right]:
        mine, other = _kind(left, kinds_by_name), _kind(item, kinds_by_name)
        if mine is None or other is None:
            continue
        if isinstance(compared, _ORDERED) and "yes_no" in {mine, other}:
            return "Yes-or-no values can't be ordered. Use == or just the name."
        if mine != other and {mine, other} != {"date", "text"}:
            names = {"text": "text", "number": "a number", "date": "a date", "yes_no": "yes or no"}
            return f"{names[mine].capitalize()} is compared with {names[other]}, so this can never be true."
    return None


def _kind(node: ast.expr, kinds_by_name: Mapping[str, Kind]) -> Kind | None:
    if isinstance(node, ast.Name):
        return kinds_by_name.get(node.id)
    value = _value(node, {}) if isinstance(node, (ast.Constant, ast.UnaryOp)) else None
    if isinstance(value, bool):
        return "yes_no"
    if isinstance(value, (int, float)):
        return "number"
    return "text" if isinstance(value, str) else None


def _check(node: ast.expr, names: set[str], depth: int) -> None:
    if depth > _DEEPEST:
        raise ExpressionError("The condition is nested too deeply.", "Split it across several exits.")
    match node:
        case ast.BoolOp(values=parts):
            below = parts
        case ast.UnaryOp(op=ast.Not(), operand=item):
            below = [item]
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float()) as number):
            below = [number]
        case ast.Compare(left=left, ops=ops, comparators=rest):
            for op, right in zip(ops, rest, strict=True):
                _check_comparison(op, right)
            below = [left, *(item for part in rest for item in _items(part))]
        case ast.Name(id=name):
            names.add(name)
            below = []
        case ast.Constant(value=int() | float() as number) if not -_LARGEST <= number <= _LARGEST:
            raise ExpressionError("Numbers can have up to 15 digits.", "Use a smaller number.")
        case ast.Constant(value=bool() | int() | float() | str()):
            below = []
        case _:
            raise ExpressionError(
                "A condition can't contain this.", "Use only names, numbers, text, comparisons, “and”, “or”, and “not”."
            )
    for part in below:
        _check(part, names, depth + 1)


def _check_comparison(op: ast.cmpop, right: ast.expr) -> None:
    is_list = isinstance(right, (ast.List, ast.Tuple))
    if isinstance(op, (ast.In, ast.NotIn)):
        if not is_list:
            raise ExpressionError(
                "“in” needs a list.", "Put the choices after it in brackets: city in ['Kiel', 'Hamburg']"
            )
    elif is_list or type(op) not in _COMPARE:
        raise ExpressionError("This comparison isn't possible.", "Compare with ==, !=, <, <=, >, >=, or “in [ … ]”.")


def _items(node: ast.expr) -> list[ast.expr]:
    """The items of a list, or the node itself."""
    return node.elts if isinstance(node, (ast.List, ast.Tuple)) else [node]


def _value(node: ast.expr, values: Mapping[str, Value | None]) -> Value | None:
    match node:
        case ast.BoolOp(op=ast.And(), values=parts):
            return all(_value(part, values) for part in parts)
        case ast.BoolOp(values=parts):
            return any(_value(part, values) for part in parts)
        case ast.UnaryOp(op=ast.Not(), operand=item):
            return not _value(item, values)
        case ast.UnaryOp(operand=ast.Constant(value=int() | float() as number)):
            return -number
        case ast.Compare(left=left, ops=ops, comparators=rest):
            sides = [left, *rest]
            return all(_compare(op, a, b, values) for op, a, b in zip(ops, sides, sides[1:], strict=False))
        case ast.Name(id=name):
            return values.get(name)
        case ast.Constant(value=bool() | int() | float() | str() as constant):
            return constant
        case _:
            return None


def _compare(op: ast.cmpop, left: ast.expr, right: ast.expr, values: Mapping[str, Value | None]) -> bool:
    mine = _folded(_value(left, values))
    if mine is None:
        return False
    if isinstance(right, (ast.List, ast.Tuple)):
        among = any(mine == _folded(_value(item, values)) for item in right.elts)
        return among == isinstance(op, ast.In)
    other = _folded(_value(right, values))
    if other is None:
        return False
    try:
        return _COMPARE[type(op)](mine, other)
    except TypeError:
        return False


def _folded(value: Value | None) -> Value | None:
    """Texts are the same whatever their case."""
    return value.casefold().strip() if isinstance(value, str) else value
