"""The matrix notices: a few protections are taken away, each by itself. `make mutate` takes away all of them."""

import subprocess
import sys

import pytest

from ops.home import ROOT

pytestmark = pytest.mark.long


def test_a_sample_of_mutants_is_caught() -> None:
    command = [sys.executable, "-m", "ops", "mutate", "--sample"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "12 of 12 caught" in run.stdout
