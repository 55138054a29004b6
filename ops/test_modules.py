"""What `make check` asks of every test module: that it can fail, and that it waits for events, never for time."""

import ast
from collections.abc import Iterator
from pathlib import Path

# Modules of tests that may sleep a fixed time, with what it is for; polling for another process's event is allowed.
MAY_SLEEP = {
    "tests/isolation/test_live_long.py": "a call goes on for a minute, and sockets that are shown nothing stay as long",
    "tests/providers/test_listen_wire.py": "a vendor's client keeps its connection alive by a beat",
    "tests/providers/test_livekit_plugin.py": "audio is sent as fast as it is spoken",
    "tests/unit/kit/test_retry.py": "its seconds take no time",
    "tests/unit/ops/test_supervisor.py": "a part is slow to answer",
    "tests/worker/conftest.py": "a caller interrupts at a moment of the answer",
    "tests/worker/crashes.py": "a process is killed at a moment left to chance",
    "tests/worker/test_call.py": "a caller speaks at a moment of the answer",
    "tests/worker/test_call_long.py": "a caller speaks at a moment of the answer",
    "tests/worker/test_call_log.py": "Postgres is slow, or away for a while",
    "tests/worker/virtual/clock.py": "its seconds take no time",
}
# A sleep of up to this many seconds, in a loop that ends by an event, is polling.
POLL = 0.2
# What fails a test without the word assert.
_ASKS = {"raises", "fail", "expect"}


def findings(root: Path) -> list[str]:
    """One line for each fault, with its place."""
    problems: list[str] = []
    for path in sorted((root / "tests").rglob("*.py")):
        name = str(path.relative_to(root))
        tree = ast.parse(path.read_text())
        if path.name.startswith("test_") and not _can_fail(tree):
            problems.append(f"{name}: asserts nothing")
        if name not in MAY_SLEEP:
            problems += [f"{name}:{line}: sleeps: wait for an event, or add it to {__name__}" for line in _sleeps(tree)]
    return problems


def _can_fail(tree: ast.AST) -> bool:
    """Whether something in it asserts, or tests of another module are run in it too."""
    return any(
        isinstance(node, ast.Assert) or (isinstance(node, ast.Call) and _name(node.func) in _ASKS) or _runs_others(node)
        for node in ast.walk(tree)
    )


def _runs_others(node: ast.AST) -> bool:
    if not isinstance(node, ast.ImportFrom) or not (node.module or "").rpartition(".")[2].startswith("test_"):
        return False
    return any(alias.name.startswith("test_") for alias in node.names)


def _sleeps(tree: ast.AST) -> Iterator[int]:
    """The lines of calls of `sleep` that are not polling in a loop, and give way (`sleep(0)`) to nobody."""
    polls = {
        call
        for loop in ast.walk(tree)
        if isinstance(loop, ast.While | ast.For | ast.AsyncFor)
        for call in ast.walk(loop)
        if isinstance(call, ast.Call) and _seconds(call) <= POLL
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) == "sleep" and _seconds(node) and node not in polls:
            yield node.lineno


def _name(function: ast.expr) -> str:
    match function:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""


def _seconds(call: ast.Call) -> float:
    """What a call sleeps when that is a number, else forever."""
    value = call.args[0] if call.args else None
    return float(value.value) if isinstance(value, ast.Constant) and isinstance(value.value, int | float) else 1e9
