"""What `make check` asks of a name: it says what its value is (`campaign`), not what happened to it (`made`).

A class or a function may end in a participle (`CallEnded`, `mark_sent`), but isn't one.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

FOLDERS = ("quantum_app", "agent_worker", "local_providers", "ops", "training", "tests")
# Words that fit any value; ESLint reads them too. A flag may be a participle: its value says whether that happened.
WORDS = frozenset((Path(__file__).parent / "vague_names.txt").read_text().split())
# Vague alone: `left` is, `bytes_left` isn't, nor is `left` where something is `right`.
_ALONE = frozenset({"left"})
# Whoever starts a name with one of these asks a question, or says which of several: `has_ended`, `last_seen`.
_FIRST = frozenset({"are", "can", "has", "have", "is", "last", "may", "must", "not", "on", "should", "was", "were"})
# Names that something outside of Python dictates, by file.
DICTATED: dict[str, set[str]] = {
    "quantum_app/domain/flows/validation/branches.py": {"left"},  # of a comparison, as `ast` says
    "quantum_app/web/calls/view.py": {"left"},  # of CSS
}


def findings(root: Path) -> list[str]:
    """One line for each name that doesn't say what its value is, with its place."""
    problems: list[str] = []
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*.py")):
            file = path.relative_to(root).as_posix()
            vague = sorted(set(_vague(ast.parse(path.read_text()))))
            problems += [
                f"{file}:{line}: {name} doesn't say what the value is: name the thing, or ask a question (is_…)"
                for line, name in vague
                if name not in DICTATED.get(file, set())
            ]
    return problems


def _vague(tree: ast.Module) -> Iterator[tuple[int, str]]:
    fine = {*_flags(tree), *(["left"] if "right" in map(_bound, ast.walk(tree)) else [])}
    members = {
        target
        for definition in ast.walk(tree)
        if isinstance(definition, ast.ClassDef)
        for statement in definition.body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name) and target.id.isupper()
    }
    for node in ast.walk(tree):
        name = _bound(node)
        if name and name not in fine and node not in members and _is_vague(name):
            yield getattr(node, "lineno", 1), name
        match node:
            case ast.ClassDef(name=name):
                vague = True
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                vague = node.returns is None or not _is_bool(node.returns)
            case _:
                continue
        if vague and name.strip("_").lower() in WORDS:
            yield node.lineno, name


def _bound(node: ast.AST) -> str | None:
    """The variable, attribute, or parameter that this node binds."""
    match node:
        case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name) | ast.Attribute(attr=name, ctx=ast.Store()):
            return name
        case (
            ast.MatchAs(name=name)
            | ast.MatchStar(name=name)
            | ast.MatchMapping(rest=name)
            | ast.ExceptHandler(name=name)
        ):
            return name
        case _:
            return None


def _flags(tree: ast.Module) -> Iterator[str]:
    """The names in a module that are declared as `bool`, or begin as True or False."""
    for node in ast.walk(tree):
        match node:
            case ast.arg(arg=name, annotation=ast.Name(id="bool")):
                yield name
            case ast.AnnAssign(target=ast.Name(id=name) | ast.Attribute(attr=name), annotation=kind) if _is_bool(kind):
                yield name
            case ast.Assign(targets=targets, value=ast.Constant(value=bool())):
                yield from filter(None, map(_bound, targets))
            case _:
                pass


def _is_bool(annotation: ast.expr) -> bool:
    return ast.unparse(annotation) in {"bool", "bool | None", "Mapped[bool]"}


def _is_vague(name: str) -> bool:
    first, *others = name.strip("_").lower().split("_")
    return first not in _FIRST and others[-1] in WORDS if others else first in WORDS | _ALONE
