"""What `make check` asks of each commit message: Conventional Commits, short, and a body that says why.

The format is https://www.conventionalcommits.org/en/v1.0.0/, the limit Git's own habit.
"""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

# Messages up to this commit are not judged.
BASELINE = "5b5d9f2"
LIMIT = 72
_SUBJECT = re.compile(
    r"(?:build|ci|chore|docs|feat|fix|perf|refactor|revert|style|test)"
    r"(?:\([a-z][a-z0-9-]*\))?!?: (?P<verb>[a-z][\w-]*) .*[^.]"
)
# “added”, “adding”: the imperative of few verbs ends like that.
_NOT_IMPERATIVE = re.compile(
    r"(?!(?:embed|exceed|feed|need|proceed|shed|speed|succeed|bring|ping|ring|string)$)\w+(?:ed|ing)"
)


def findings(root: Path) -> list[str]:
    """One line for each fault; none in a clone that does not reach back to the baseline."""
    baseline = ["git", "cat-file", "-e", f"{BASELINE}^{{commit}}"]
    if subprocess.run(baseline, cwd=root, capture_output=True, check=False).returncode:
        return []
    log = subprocess.run(
        ["git", "log", "--no-merges", "-z", "--format=%h%n%B", f"{BASELINE}..HEAD"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    return [
        f"{commit}: {fault}"
        for entry in log.stdout.split("\0")
        if entry.strip()
        for commit, _, message in [entry.strip().partition("\n")]
        for fault in faults(message)
    ]


def faults(message: str) -> Iterator[str]:
    """What is wrong with one commit message."""
    subject, _, body = message.strip().partition("\n")
    match = _SUBJECT.fullmatch(subject)
    if not match:
        yield f"“{subject}” isn't like “fix(flows): keep an exit's order”"
    elif _NOT_IMPERATIVE.fullmatch(match["verb"]):
        yield f"“{subject}” doesn't begin with an imperative"
    if len(subject) > LIMIT:
        yield f"“{subject}” has {len(subject)} characters, {LIMIT} at most"
    if not body.strip():
        yield f"“{subject}” has no body that says why"
