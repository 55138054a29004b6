"""Each segment broken on purpose, one at a time: doctor names exactly that one, and its exit status says which."""

import math
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace

import pytest

from ops.doctor.findings import EXIT, ORDER, Findings, State
from ops.home import ROOT
from quantum_app.errors import Segment
from tests.stack import Stack

pytestmark = pytest.mark.call


def doctor(stack: Stack) -> tuple[int, dict[str, str], str]:
    """Run it as `make doctor` does, with a model set; exit status, each segment's line, and all it printed."""
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


@contextmanager
def stopped(stack: Stack, name: str) -> Iterator[None]:
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
def frozen(stack: Stack, name: str) -> Iterator[None]:
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


@contextmanager
def faulty(stack: Stack, endpoint: str) -> Iterator[None]:
    local = stack.settings.local_providers
    url = f"http://127.0.0.1:{local.port}/admin/faults/{endpoint}"
    headers = {"Authorization": f"Bearer {local.key.get_secret_value()}"}

    def ask(method: str, body: bytes | None = None) -> None:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers, method=method), timeout=5):
            pass

    ask("PUT", b'{"status": 503}')
    try:
        yield
    finally:
        ask("DELETE")


BREAKS: dict[str, tuple[Segment, Callable[[Stack], AbstractContextManager[None]]]] = {
    "livekit stopped": (Segment.LIVEKIT, lambda stack: stopped(stack, "livekit")),
    "worker stopped": (Segment.DISPATCH, lambda stack: stopped(stack, "worker")),
    "worker hangs": (Segment.DISPATCH, lambda stack: frozen(stack, "worker")),
    "recognition refuses": (Segment.STT, lambda stack: faulty(stack, "listen")),
    "model refuses": (Segment.LLM, lambda stack: faulty(stack, "chat")),
    "voice refuses": (Segment.TTS, lambda stack: faulty(stack, "speak")),
    "postgres stopped": (Segment.DB, lambda stack: stopped(stack, "postgres")),
    "valkey stopped": (Segment.REDIS, lambda stack: stopped(stack, "valkey")),
    "web stopped": (Segment.WEB, lambda stack: stopped(stack, "web")),
}


def test_all_is_well(stack: Stack) -> None:
    stack.need()
    status, lines, printed = doctor(stack)
    assert status == 0, printed
    assert list(lines) == list(ORDER), printed
    assert all(line.startswith("OK") for line in lines.values()), printed


@pytest.mark.parametrize("what", BREAKS)
def test_names_the_broken_segment_and_no_other(stack: Stack, what: str) -> None:
    stack.need()
    segment, broken = BREAKS[what]
    with broken(stack):
        status, lines, printed = doctor(stack)
    assert [name for name, line in lines.items() if line.startswith("BROKEN")] == [segment], printed
    assert status == EXIT[segment], printed
    others = {name: line for name, line in lines.items() if name != segment}
    assert all(line.startswith(("OK", f"not checked, waits for {segment}")) for line in others.values()), printed
    assert f"\n{segment}: " in printed


def test_nothing_was_ever_started(tmp_path) -> None:
    environment = os.environ | {"QUANTUM_HOME": str(tmp_path)}
    result = subprocess.run(
        [sys.executable, "-m", "ops", "doctor"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )
    assert result.returncode == 1
    assert "make run" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_segment_once_broken_stays_so_and_the_unseen_wait_for_it() -> None:
    findings = Findings()
    findings.broken(Segment.DB, "gone")
    findings.ok(Segment.DB, "a query")
    findings.ok(Segment.WEB, "an answer")
    findings.wait(Segment.DB)
    assert (findings[Segment.DB].state, findings[Segment.DB].detail) == (State.BROKEN, "gone")
    assert findings[Segment.WEB].state is State.OK
    assert findings[Segment.STT].line == "not checked, waits for DB"
    assert findings.is_broken(Segment.WEB, Segment.DB) is Segment.DB
