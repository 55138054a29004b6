"""Runs `make doctor` on the tests' own stack, and reads what it says."""

import os
import subprocess
import sys
from contextlib import AbstractContextManager

from ops.doctor.findings import EXIT, ORDER
from ops.home import ROOT
from quantum_app.errors import Component
from tests.stack import Stack


def doctor(stack: Stack) -> tuple[int, dict[str, str], str]:
    """Run it as `make doctor` does, with a model set; exit status, each component's line, and all it printed."""
    local = stack.settings.local_providers
    environment = os.environ | {
        "OPENAI_BASE_URL": f"http://127.0.0.1:{local.port}/v1",
        "OPENAI_API_KEY": local.key.get_secret_value(),
        "OPENAI_MODEL": "extractive",
    }
    result = subprocess.run(
        [sys.executable, "-m", "ops", "doctor"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=90
    )
    lines = {line.split()[0]: line.split(maxsplit=1)[1] for line in result.stdout.splitlines()[: len(ORDER)]}
    return result.returncode, lines, result.stdout + result.stderr


def names_just(stack: Stack, component: Component, broken: AbstractContextManager[None]) -> None:
    """Fails unless doctor names this component while it is broken, and no other."""
    stack.need()
    with broken:
        status, lines, printed = doctor(stack)
    assert [name for name, line in lines.items() if line.startswith("BROKEN")] == [component], printed
    assert status == EXIT[component], printed
    others = {name: line for name, line in lines.items() if name != component}
    assert all(line.startswith(("OK", f"not checked, waits for {component}")) for line in others.values()), printed
    assert f"\n{component}: " in printed
