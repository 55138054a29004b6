"""`make check`: formatting, lint, types, import contracts, isolation, tests, secrets. Runs all, then sums up."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from ops import isolation, test_modules
from ops.home import BIN, ROOT

BASELINE = ROOT / ".secrets.baseline"
TOOLS = {
    "format": (["ruff", "format", "--check", "--quiet", "."], "ruff format ."),
    "lint": (["ruff", "check", "--quiet", "."], "ruff check --fix ."),
    "types": (["pyright", "--warnings"], "read the lines above"),
    "imports": (["lint-imports", "--no-cache"], "read the lines above and docs/ARCHITECTURE.md"),
}


def main(argv: list[str]) -> int:
    """Runs every check, prints each failing one's output and one line for each; 1 when any failed."""
    del argv
    environment = os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"}
    rows: list[tuple[str, bool, float, str]] = []
    for name, (command, remedy) in TOOLS.items():
        begun = time.monotonic()
        result = subprocess.run(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        if result.returncode:
            print(result.stdout)
        rows.append((name, result.returncode == 0, time.monotonic() - begun, remedy))
    for name, findings, read in (
        ("isolation", isolation.findings, "docs/ISOLATION.md"),
        ("tests", test_modules.findings, "docs/TESTING.md"),
    ):
        begun = time.monotonic()
        found = findings(ROOT)
        for line in found:
            print(line)
        rows.append((name, not found, time.monotonic() - begun, f"read the lines above and {read}"))
    begun = time.monotonic()
    found = new_secrets(ROOT, json.loads(BASELINE.read_text())["results"])
    for line in found:
        print(line)
    rows.append(
        (
            "secrets",
            not found,
            time.monotonic() - begun,
            "take it out, or audit it: detect-secrets audit .secrets.baseline",
        )
    )
    for name, good, seconds, remedy in rows:
        print(f"{name:<10} {'OK' if good else 'failed':<7}{seconds:5.1f} s{'' if good else f'   {remedy}'}")
    good = all(row[1] for row in rows)
    print("Next: make test" if good else "Next: mend what failed and run make check again")
    return 0 if good else 1


def new_secrets(root: Path, audited: dict[str, list[dict[str, Any]]]) -> list[str]:
    """One line for each string that looks like a secret and that nobody has audited as harmless.

    Compares by file, kind and hash, so moving a line changes nothing.
    """
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=root, capture_output=True, text=True, check=True
    )
    names = [name for name in listed.stdout.split("\0") if name and (root / name).is_file() and name != BASELINE.name]
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
