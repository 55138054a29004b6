"""Each component broken on purpose, one at a time: doctor names exactly that one, and its exit status says which."""

import math
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace

import pytest

from ops.doctor.findings import Findings, State
from ops.home import ROOT
from quantum_app.errors import Component
from tests.bench.diagnosis import names_just
from tests.stack import DisposableStack

pytestmark = pytest.mark.call


@contextmanager
def stopped(stack: DisposableStack, name: str) -> Iterator[None]:
    child = stack.children[name]
    child.stop()
    yield
    child.start()
    child.wait()
    if name == "livekit":
        # A worker that lost its server comes back by itself, but in its own time.
        worker = stack.children["worker"]
        worker.stop(1)
        worker.start()
        worker.wait()


@contextmanager
def frozen(stack: DisposableStack, name: str) -> Iterator[None]:
    child = stack.children[name]
    pid, part = child.pid, child.part
    assert pid is not None
    child.part = replace(part, silent_seconds=math.inf)  # the supervisor would start it again
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
        child.part = part


BREAKS: dict[str, tuple[Component, Callable[[DisposableStack], AbstractContextManager[None]]]] = {
    "livekit stopped": (Component.LIVEKIT, lambda stack: stopped(stack, "livekit")),
    "worker stopped": (Component.DISPATCH, lambda stack: stopped(stack, "worker")),
    "worker hangs": (Component.DISPATCH, lambda stack: frozen(stack, "worker")),
    "postgres stopped": (Component.DB, lambda stack: stopped(stack, "postgres")),
    "valkey stopped": (Component.REDIS, lambda stack: stopped(stack, "valkey")),
    "web stopped": (Component.WEB, lambda stack: stopped(stack, "web")),
}


@pytest.mark.parametrize("failure", BREAKS)
def test_names_the_broken_component_and_no_other(disposable_stack: DisposableStack, failure: str) -> None:
    component, broken = BREAKS[failure]
    names_just(disposable_stack, component, broken(disposable_stack))


def test_nothing_was_ever_started(tmp_path) -> None:
    environment = os.environ | {"QUANTUM_HOME": str(tmp_path)}
    result = subprocess.run(
        [sys.executable, "-m", "ops", "doctor"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )
    assert result.returncode == 1
    assert "make run" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_component_once_broken_stays_so_and_the_unseen_wait_for_it() -> None:
    findings = Findings()
    findings.broken(Component.DB, "gone")
    findings.ok(Component.DB, "a query")
    findings.ok(Component.WEB, "an answer")
    findings.wait(Component.DB)
    assert (findings[Component.DB].state, findings[Component.DB].detail) == (State.BROKEN, "gone")
    assert findings[Component.WEB].state is State.OK
    assert findings[Component.STT].line == "not checked, waits for DB"
    assert findings.is_broken(Component.WEB, Component.DB) is Component.DB
