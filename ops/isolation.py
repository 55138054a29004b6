"""What every line has to keep for accounts to stay apart: read from the source, without importing the product.

Each rule has a short list of exemptions, with the reason. A finding is one line: `file:line: what, and what to do`.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

PACKAGES = ("quantum_app", "agent_worker", "local_providers")
SESSION = "quantum_app/db/session.py"
MODELS = "quantum_app/db/models"
API_GUARD = "quantum_app/api/guard.py"
WEB_GUARD = "quantum_app/web/guard.py"

# Where queries are. A large repository has a folder besides.
_REPOSITORY = re.compile(r"quantum_app/domain/\w+/(repository|queries/\w+)\.py")
# Where else they are.
QUERIES = {
    SESSION: "sets whom a transaction is for",
    "quantum_app/db/quota.py": "takes an advisory lock, and runs the query of a repository under it",
    "quantum_app/api/health.py": "`select 1`",
    f"{MODELS}/": "conditions of indexes and constraints; no session is there",
}
_BUILDERS = {"select", "insert", "update", "delete", "text", "exists", "union", "union_all"}
_RUNNERS = {
    *("execute", "scalar", "scalars", "stream", "stream_scalars", "exec_driver_sql", "get_one", "merge", "add"),
    *("add_all", "refresh", "run_sync", "bulk_save_objects", "bulk_insert_mappings"),
}
_RAW = {"psycopg", "psycopg2", "asyncpg", "sqlite3", "sqlmodel"}

# Tables without account_id.
GLOBAL_MODELS = {
    "User": "a person, who may belong to several accounts; by app.user_id",
    "Signup": "somebody who belongs to no account yet; by app.user_id",
    "OneTimeToken": "a person's own link; by app.user_id",
    "RecoveryCode": "a person's own; by app.user_id",
    "UserIdentity": "a person's own; by app.user_id",
}
_METHODS = {"get", "post", "put", "patch", "delete", "head", "options", "api_route", "websocket"}
_HIDING = {"add_api_route", "add_route", "add_api_websocket_route", "add_websocket_route", "mount"}


@dataclass(frozen=True)
class Source:
    """One module of the tree. path: relative, with slashes."""

    path: str
    tree: ast.Module

    @property
    def module(self) -> str:
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @cached_property
    def imported(self) -> dict[str, str]:
        """What a name in this module stands for: `text` → `sqlalchemy.text`."""
        names: dict[str, str] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    names[alias.asname or alias.name.partition(".")[0]] = (
                        alias.name if alias.asname else alias.name.partition(".")[0]
                    )
            elif isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        return names

    def full(self, node: ast.expr) -> str:
        """The dotted name that an expression stands for, as far as the imports tell; empty for anything else."""
        if isinstance(node, ast.Name):
            return self.imported.get(node.id, node.id)
        if isinstance(node, ast.Attribute):
            head = self.full(node.value)
            return f"{head}.{node.attr}" if head else ""
        return ""

    def at(self, node: ast.AST, text: str) -> str:
        return f"{self.path}:{getattr(node, 'lineno', 1)}: {text}"


def findings(root: Path) -> list[str]:
    """Everything that is wrong below this folder, as `file:line: what, and what to do`."""
    sources = [
        Source(path.relative_to(root).as_posix(), ast.parse(path.read_text(), str(path)))
        for package in PACKAGES
        for path in sorted((root / package).rglob("*.py"))
    ]
    by_path = {source.path: source for source in sources}
    return [
        *(line for source in sources for line in _queries(source)),
        *_system_sessions(sources, by_path.get(SESSION)),
        *(line for source in sources if source.path.startswith(f"{MODELS}/") for line in _models(source)),
        *_routes([source for source in sources if source.path.startswith("quantum_app/")], by_path.get(API_GUARD)),
        *_handlers([source for source in sources if source.path.startswith("quantum_app/")], by_path.get(WEB_GUARD)),
    ]


def _queries(source: Source) -> Iterator[str]:
    """Statements, and calls of a session, outside the repositories."""
    if (
        _REPOSITORY.fullmatch(source.path)
        or source.path in QUERIES
        or any(source.path.startswith(name) for name in QUERIES if name[-1] == "/")
    ):
        return
    advice = "move it to the feature's repository.py or queries/, where row-level security and a review reach it"
    for node in ast.walk(source.tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            for name in names:
                if name.partition(".")[0] in _RAW:
                    yield source.at(node, f"a connection by {name}: {advice}")
        if not isinstance(node, ast.Call):
            continue
        name = source.full(node.func)
        last = name.rpartition(".")[2]
        if name.startswith("sqlalchemy.") and last in _BUILDERS:
            yield source.at(node, f"a query ({last}): {advice}")
        elif isinstance(node.func, ast.Attribute) and node.func.attr in _RUNNERS and _is_session(node.func.value):
            yield source.at(node, f"a query (session.{node.func.attr}): {advice}")


def _is_session(node: ast.expr) -> bool:
    """Whether an expression is, by its name, a database session, connection or cursor."""
    if isinstance(node, ast.Await):
        return _is_session(node.value)
    if isinstance(node, ast.Call):
        return _is_session(node.func)
    if isinstance(node, ast.Attribute) and node.attr in {"connection", "session", "engine"}:
        return True
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return name.strip("_") in {"session", "database", "connection", "conn", "cursor", "db", "engine"}


def _system_sessions(sources: list[Source], session_module: Source | None) -> Iterator[str]:
    """`system_session` is used by exactly the modules in SYSTEM_MODULES."""
    modules = _strings(session_module, "SYSTEM_MODULES") if session_module else {}
    users: dict[str, tuple[Source, ast.AST]] = {}
    for source in sources:
        if source is session_module:
            continue
        for node in ast.walk(source.tree):
            is_import = isinstance(node, ast.ImportFrom) and any(alias.name == "system_session" for alias in node.names)
            is_use = isinstance(node, ast.Attribute) and node.attr == "system_session"
            if is_import or is_use:
                users.setdefault(source.module, (source, node))
    for module, (source, node) in users.items():
        if module not in modules:
            yield source.at(
                node,
                "system_session sees all accounts: use account_session, or name this module in SYSTEM_MODULES "
                f"({SESSION}) after a review",
            )
    for module, node in modules.items():
        if module not in users and session_module:
            yield session_module.at(node, f"{module} does not use system_session: take it out of SYSTEM_MODULES")


def _models(source: Source) -> Iterator[str]:
    """Every table has an account_id, or is a person's by name."""
    for node in _classes(source.tree):
        columns = {
            target.id
            for item in node.body
            for target in ([item.target] if isinstance(item, ast.AnnAssign) else getattr(item, "targets", []))
            if isinstance(target, ast.Name)
        }
        if "__tablename__" not in columns:
            continue
        if "account_id" not in columns and node.name not in GLOBAL_MODELS:
            yield source.at(
                node,
                f"table {node.name} has no account_id: add it, with policy and composite keys, or name it in "
                "GLOBAL_MODELS (ops/isolation.py) with the reason",
            )
        if "account_id" in columns and node.name in GLOBAL_MODELS:
            yield source.at(node, f"table {node.name} has an account_id: take it out of GLOBAL_MODELS")


def _routes(sources: list[Source], guard: Source | None) -> Iterator[str]:
    """Every route asks who sends the request, or is public by name."""
    public = _pairs(guard, "PUBLIC") if guard else set[tuple[str, str]]()
    for source in sources:
        prefixes = _routers(source)
        aliases = {
            target.id
            for node in source.tree.body
            if isinstance(node, ast.Assign) and _asks(source, node.value, set())
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(source.tree):
            function = node.func if isinstance(node, ast.Call) else None
            if (
                isinstance(function, ast.Attribute)
                and function.attr in _HIDING
                and source.full(function.value) in prefixes
            ):
                yield source.at(node, f"{function.attr} hides a route from this check: use a decorator")
            if not isinstance(node, (ast.AsyncFunctionDef, ast.FunctionDef)):
                continue
            for decorator in node.decorator_list:
                function = decorator.func if isinstance(decorator, ast.Call) else None
                if not (
                    isinstance(function, ast.Attribute)
                    and function.attr in _METHODS
                    and isinstance(decorator, ast.Call)
                ):
                    continue
                prefix = prefixes.get(source.full(function.value))
                if prefix is not None:
                    guarded = _asks(source, node.args, aliases) or _asks(source, decorator, aliases)
                    yield from _route(source, node, decorator, (function.attr, prefix), public, guarded=guarded)


def _route(
    source: Source,
    node: ast.AST,
    decorator: ast.Call,
    place: tuple[str, str],
    public: set[tuple[str, str]],
    *,
    guarded: bool,
) -> Iterator[str]:
    method, prefix = place
    path = decorator.args[0] if decorator.args else next((w.value for w in decorator.keywords if w.arg == "path"), None)
    if method in {"api_route", "websocket"} or not (isinstance(path, ast.Constant) and isinstance(path.value, str)):
        yield source.at(node, "a route that cannot be read: write get, post … with the path as plain text")
    elif not guarded and (method.upper(), prefix + path.value) not in public:
        yield source.at(
            node,
            f"route {method.upper()} {prefix}{path.value} asks nobody who they are: add `identity: "
            f"Annotated[Identity, allowed(Permission.X)]`, or name it in PUBLIC ({API_GUARD}) after a review",
        )


def _routers(source: Source) -> dict[str, str]:
    """The routers of a module, by name, with their prefixes."""
    prefixes: dict[str, str] = {}
    for node in source.tree.body:
        value = node.value if isinstance(node, (ast.Assign, ast.AnnAssign)) else None
        if not isinstance(value, ast.Call) or source.full(value.func).rpartition(".")[2] not in {
            "APIRouter",
            "FastAPI",
        }:
            continue
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        prefix = next(
            (
                str(word.value.value)
                for word in value.keywords
                if word.arg == "prefix" and isinstance(word.value, ast.Constant)
            ),
            "",
        )
        prefixes |= {target.id: prefix for target in targets if isinstance(target, ast.Name)}
    return prefixes


def _asks(source: Source, where: ast.AST, aliases: set[str]) -> bool:
    """Whether `allowed(…)` of the API's guard, or a name that stands for it, is part of this."""
    names = {"quantum_app.api.guard.allowed", "quantum_app.api.guard.Allowed"}
    for node in ast.walk(where):
        if isinstance(node, ast.Call) and source.full(node.func) in names:
            return True
        if isinstance(node, ast.Name) and node.id in aliases:
            return True
    return False


def _handlers(sources: list[Source], guard: Source | None) -> Iterator[str]:
    """Whatever the browser can call on a state asks who is there, or is public by name."""
    public = set(_strings(guard, "PUBLIC")) if guard else set[str]()
    states = _states(sources)
    for source in sources:
        for node in _classes(source.tree):
            if f"{source.module}.{node.name}" not in states:
                continue
            for method in node.body:
                if isinstance(method, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    yield from _handler(source, node.name, method, public)


def _handler(
    source: Source, state: str, method: ast.FunctionDef | ast.AsyncFunctionDef, public: set[str]
) -> Iterator[str]:
    decorators = [item.func if isinstance(item, ast.Call) else item for item in method.decorator_list]
    names = [source.full(item) for item in decorators]
    is_event = any(name.rpartition(".")[2] == "event" and "reflex" in name for name in names)
    guards = {"quantum_app.web.guard.page", "quantum_app.web.guard.event"}
    if method.name.startswith("_") and not is_event:
        return
    if any(name in guards or name in {"reflex.var", "property", "classmethod", "staticmethod"} for name in names):
        return
    if f"{state.lower()}.{method.name}" not in public:
        yield source.at(
            method,
            f"{state}.{method.name} can be called by any browser: decorate it with guard.event or guard.page, begin "
            f"its name with an underscore, or name it in PUBLIC ({WEB_GUARD}) after a review",
        )


def _states(sources: Iterable[Source]) -> set[str]:
    """The full names of the classes that are states, also by way of other classes."""
    bases = {
        f"{source.module}.{node.name}": [
            name if "." in (name := source.full(base)) else f"{source.module}.{name}" for base in node.bases
        ]
        for source in sources
        for node in _classes(source.tree)
    }
    roots = {
        "reflex.State",
        "reflex.ComponentState",
        "reflex.SharedState",
        "reflex.state.State",
        "reflex.state.BaseState",
    }
    names: set[str] = set()
    while True:
        more = {name for name, above in bases.items() if name not in names and set(above) & (roots | names)}
        if not more:
            return names
        names |= more


def _classes(tree: ast.AST) -> Iterator[ast.ClassDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))


def _assigned(source: Source, name: str) -> ast.expr | None:
    for node in source.tree.body:
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == name for target in node.targets
        ):
            return node.value
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == name:
            return node.value
    return None


def _strings(source: Source, name: str) -> dict[str, ast.AST]:
    """The texts in a module's constant, with their places."""
    value = _assigned(source, name)
    return {
        node.value: node
        for node in (ast.walk(value) if value else ())
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def _pairs(source: Source, name: str) -> set[tuple[str, str]]:
    value = _assigned(source, name)
    return {
        (str(node.elts[0].value), str(node.elts[1].value))
        for node in (ast.walk(value) if value else ())
        if isinstance(node, ast.Tuple)
        and len(node.elts) == 2
        and isinstance(node.elts[0], ast.Constant)
        and isinstance(node.elts[1], ast.Constant)
    }
