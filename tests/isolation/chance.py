"""Choices that change with each commit, and are the same for everybody who tests that commit."""

import hashlib
import subprocess
from collections.abc import Sequence
from functools import cache
from shutil import which
from typing import TypeVar

from ops.home import ROOT

T = TypeVar("T")


@cache
def commit() -> str:
    """The commit that is tested; the same word each time where there is no git."""
    if which("git") is None:
        return "unknown"
    command = ["git", "rev-parse", "HEAD"]
    process = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return process.stdout.strip() if process.returncode == 0 else "unknown"


def pick(options: Sequence[T], name: str) -> T:
    """One of these, for what has this name."""
    number = int.from_bytes(hashlib.sha256(f"{commit()} {name}".encode()).digest()[:8])
    return options[number % len(options)]
