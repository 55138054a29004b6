"""The worker is a process of its own, with nothing of the pages in it."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.service


def test_the_worker_imports_without_reflex() -> None:
    code = "import sys, agent_worker.__main__; print([name for name in sys.modules if name.split('.')[0] == 'reflex'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
