"""Commit messages: what `make check` accepts, and what it refuses."""

import subprocess
from pathlib import Path

import pytest

from ops import commits

pytestmark = pytest.mark.unit

BODY = "\n\nThe engine followed them by kind."


@pytest.mark.parametrize(
    "message",
    ["fix(flows): keep an exit's order" + BODY, "feat!: need a login" + BODY, f"docs: {'a' * 60} b" + BODY],
)
def test_accepts(message: str) -> None:
    assert list(commits.faults(message)) == []


@pytest.mark.parametrize(
    ("message", "fault"),
    [
        ("An exit's order is kept" + BODY, "isn't like"),
        ("fix(flows): keep an exit's order." + BODY, "isn't like"),
        ("fix(flows): Keep an exit's order" + BODY, "isn't like"),
        ("fix(flows): kept, as it was" + BODY, "isn't like"),
        ("fix(flows): fixed an exit's order" + BODY, "imperative"),
        ("test(flows): adding a test" + BODY, "imperative"),
        (f"docs: {'a' * 65} b" + BODY, "73 characters"),
        ("fix(flows): keep an exit's order", "no body"),
    ],
)
def test_refuses(message: str, fault: str) -> None:
    assert [fault in line for line in commits.faults(message)] == [True]


def test_reads_the_log_after_the_baseline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def git(*arguments: str) -> str:
        options = ("-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
        return subprocess.run(
            ["git", *options, *arguments], cwd=tmp_path, check=True, capture_output=True, text=True
        ).stdout.strip()

    git("init", "-q")
    git("commit", "-q", "--allow-empty", "-m", "Whatever")
    monkeypatch.setattr(commits, "BASELINE", git("rev-parse", "HEAD"))
    git("commit", "-q", "--allow-empty", "-m", "fix: keep this" + BODY)
    git("commit", "-q", "--allow-empty", "-m", "Not this")
    last = git("rev-parse", "--short", "HEAD")
    assert [line.partition(":")[0] for line in commits.findings(tmp_path)] == [last, last]

    monkeypatch.setattr(commits, "BASELINE", "0" * 40)
    assert commits.findings(tmp_path) == []
