"""`make check`: formatting, lint, types, imports, isolation, generated files, tests, names, secrets, commits.

Python and `frontend/` alike, two checks at a time.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from ops import commits, generate, isolation, names, node, test_modules
from ops.home import BIN, ROOT

BASELINE = ROOT / ".secrets.baseline"
TOOLS = {
    "format": (["ruff", "format", "--check", "--quiet", "."], "ruff format ."),
    "lint": (["ruff", "check", "--quiet", "."], "ruff check --fix ."),
    "types": (["pyright", "--warnings"], "read the lines above"),
    "imports": (["lint-imports", "--no-cache"], "read the lines above and docs/ARCHITECTURE.md"),
}
# What checks frontend/, run there.
NODE_TOOLS = {
    "prettier": (["prettier", "--check", "--log-level", "warn", "."], "cd frontend && npm run format"),
    "eslint": (["eslint", "."], "read the lines above; cd frontend && npm run lint fixes some"),
    "tsc": (["tsc"], "read the lines above"),
    "stylelint": (
        ["stylelint", "src/**/*.css", "../assets/**/*.css", "--allow-empty-input"],
        "cd frontend && npm run styles",
    ),
}


# The slowest begin first.
SLOW = (
    *("types", "eslint", "secrets", "tsc", "generated", "prettier", "isolation", "stylelint", "tests", "lint"),
    *("imports", "names", "format", "commits"),
)


def main(argv: list[str]) -> int:
    """Runs every check, prints each failing one's output and one line for each; 1 when any failed."""
    del argv
    node.install()
    checks = {
        **{name: (partial(_tool, command), remedy) for name, (command, remedy) in TOOLS.items()},
        **{name: (partial(_node_tool, command), remedy) for name, (command, remedy) in NODE_TOOLS.items()},
        "isolation": (partial(isolation.findings, ROOT), "read the lines above and docs/ISOLATION.md"),
        "generated": (partial(generate.stale, ROOT), "make generate"),
        "tests": (partial(test_modules.findings, ROOT), "read the lines above and docs/TESTING.md"),
        "names": (partial(names.findings, ROOT), "read the lines above"),
        "commits": (partial(commits.findings, ROOT), "reword them: git rebase -i"),
        "secrets": (
            lambda: new_secrets(ROOT, json.loads(BASELINE.read_text())["results"]),
            "take it out, or audit it: detect-secrets audit .secrets.baseline",
        ),
    }
    with ThreadPoolExecutor(2) as pool:
        running = {name: pool.submit(_run_timed, checks[name][0]) for name in sorted(checks, key=SLOW.index)}
    good = True
    for name, (_, remedy) in checks.items():
        lines, seconds = running[name].result()
        good = good and not lines
        print(*lines, sep="\n", end="\n" if lines else "")
        print(f"{name:<10} {'failed' if lines else 'OK':<7}{seconds:5.1f} s{f'   {remedy}' if lines else ''}")
    print("Next: make test" if good else "Next: fix what failed, then run make check again")
    return 0 if good else 1


def _tool(command: Sequence[str]) -> list[str]:
    return _run(command, ROOT, os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"})


def _node_tool(command: Sequence[str]) -> list[str]:
    return _run(command, node.FOLDER, node.environment())


def _run(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> list[str]:
    """What a program says when it fails."""
    result = subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return [result.stdout or f"{command[0]} ended with status {result.returncode}"] if result.returncode else []


def _run_timed(check: Callable[[], list[str]]) -> tuple[list[str], float]:
    """What a check found, and the seconds it took."""
    began = time.monotonic()
    return check(), time.monotonic() - began


def new_secrets(root: Path, audited: dict[str, list[dict[str, Any]]]) -> list[str]:
    """One line for each string that looks like a secret and that nobody has audited as harmless.

    Compares by file, kind and hash, so moving a line changes nothing.
    """
    listing = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=root, capture_output=True, text=True, check=True
    )
    names = [name for name in listing.stdout.split("\0") if name and (root / name).is_file() and name != BASELINE.name]
    scan = subprocess.run(
        [sys.executable, "-m", "detect_secrets", "scan", *names], cwd=root, capture_output=True, text=True, check=True
    )
    harmless = {
        (name, item["type"], item["hashed_secret"])
        for name, items in audited.items()
        for item in items
        if item.get("is_secret") is False
    }
    return [
        f"{name}:{item['line_number']}: {item['type']}"
        for name, items in json.loads(scan.stdout)["results"].items()
        for item in items
        if (name, item["type"], item["hashed_secret"]) not in harmless
    ]
