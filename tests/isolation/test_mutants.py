"""The matrix notices: a few protections are taken away, each by itself. `make mutate` takes away all of them."""

import subprocess
import sys

import pytest

from ops.home import ROOT
from ops.mutate import NEEDED, Result, report

pytestmark = pytest.mark.isolation


def test_a_sample_of_mutants_is_caught() -> None:
    command = [sys.executable, "-m", "ops", "mutate", "--sample"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=180, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "12 of 12 caught" in run.stdout


def test_too_many_survivors_fail() -> None:
    caught, survivor = Result("route", "GET /a", "test", 0.1), Result("route", "GET /b", "", 0.1)
    assert report([caught] * 99 + [survivor]) == 0
    assert report([caught] * 9 + [survivor]) == 1
    assert report([]) == 1
    assert NEEDED == 0.98
