"""`make test`: all tests but the long ones, in shards side by side, each with a data folder and ports of its own.

With arguments it is one pytest: `make test ARGS=tests/api`; `ARGS='-m unit'` alone is two. `make test-long` runs the
rest.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ops import node, setup
from ops.chromium import chromium
from ops.home import BIN, ROOT

# Each pytest's arguments, by the tiers of tests/tiers.py. What waits for speech and pages runs beside what computes.
SHARDS = {"data": ("-m", "unit or service or isolation or api"), "voice": ("-m", "provider or call or browser")}
LONG = {"long": ("-m", "long or unit")}
# About as long as each other, and only one loads what a worker consists of.
UNIT = {"rules": ("-m", "unit", "tests/unit"), "edges": ("-m", "unit", "--ignore=tests/unit")}
# How many times as many examples Hypothesis tries in a long run.
LONG_EXAMPLES = 10
SLOWEST = 25
_NO_TESTS = 5  # pytest's exit status when it has run none
_REMEDY = "Next: run a single test with `make test ARGS='-x tests/…'`. Server logs are in .quantum-test*/*/log/."


@dataclass(frozen=True)
class RunResult:
    """One test: its tier, its seconds with set-up and tear-down, and what its failure said, or nothing."""

    name: str
    tier: str
    seconds: float
    failure: str


def main(argv: list[str]) -> int:
    """Runs pytest with these arguments, or all shards; 0 when no test failed."""
    environment = {
        "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}",
        "QUANTUM_CHROMIUM": str(chromium()),
        # What is imported is compiled once, and not by every pytest and every process of it.
        "PYTHONDONTWRITEBYTECODE": "",
    }
    if argv == ["-m", "unit"]:
        return shards(UNIT, environment)
    if argv == ["--long"]:
        return shards(LONG, environment | {"TEST_EXAMPLES": str(LONG_EXAMPLES)})
    if not argv:
        setup.build()
        node.install()
        return shards(SHARDS, environment, frontend=True)
    command = [sys.executable, "-m", "pytest", *argv]
    status = subprocess.run(command, cwd=ROOT, env=os.environ | environment, check=False).returncode
    if status:
        print(_REMEDY)
    return status


def shards(
    arguments_by_shard: Mapping[str, Sequence[str]], environment: Mapping[str, str], *, frontend: bool = False
) -> int:
    """Runs one pytest for each, side by side, and sums up; 0 when all of them passed.

    frontend: run the tests of `frontend/` beside them.
    """
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="quantum-test-") as folder, _running() as running:
        for name, arguments in arguments_by_shard.items():
            command = [sys.executable, "-m", "pytest", *arguments]
            running.append(_Shard(name, Path(folder, name), command, os.environ | environment))
        if frontend:
            command = ["vitest", "run", "--no-color"]
            running.append(_Shard("node", Path(folder, "node"), command, node.environment(), node.FOLDER))
        for shard in running:
            shard.wait()
        phases = [
            *_phases(os.environ.get("TEST_PHASES", "")),
            *((f"shard {shard.name}", shard.seconds) for shard in running),
        ]
        results = [result for shard in running for result in shard.results()]
        good = all(shard.status == 0 for shard in running)
    for line in summary(results, phases, time.monotonic() - began):
        print(line)
    if not good:
        print(_REMEDY)
    return 0 if good else 1


def summary(results: Sequence[RunResult], phases: Sequence[tuple[str, float]], seconds: float) -> Iterator[str]:
    """The slowest tests, the wall time of each phase, the tests of each tier, and what failed, as pytest says it."""
    yield f"\nslowest {SLOWEST} tests"
    for result in sorted(results, key=lambda result: -result.seconds)[:SLOWEST]:
        yield f"{result.seconds:7.1f} s   {result.name}"
    yield "\nphase              wall"
    for name, wall in phases:
        yield f"{name:<14} {wall:6.0f} s"
    yield "\ntier        tests    in all"
    counts = Counter(result.tier for result in results)
    for tier, count in counts.most_common():
        yield f"{tier:<10} {count:6}  {sum(result.seconds for result in results if result.tier == tier):6.0f} s"
    failed = [result for result in results if result.failure]
    yield ""
    yield from (f"FAILED {result.name} - {result.failure}" for result in failed)
    counts_by_outcome = [f"{len(failed)} failed"] if failed else []
    yield f"{', '.join([*counts_by_outcome, f'{len(results) - len(failed)} passed'])} in {seconds:.2f}s"


def _phases(text: str) -> Iterator[tuple[str, float]]:
    """What `.ci/run` has measured before: `set-up=12 check=34`."""
    for part in text.split():
        name, _, seconds = part.partition("=")
        yield name, float(seconds)


class _Shard:
    """One run of tests, whose lines are shown with the shard's name before them."""

    def __init__(
        self, name: str, report: Path, command: Sequence[str], environment: Mapping[str, str], folder: Path = ROOT
    ) -> None:
        self.name = name
        self.seconds = 0.0
        self.status: int | None = None
        self._report = report
        self._began = time.monotonic()
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env={**environment, "TEST_REPORT": str(report)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._show)
        self._reader.start()

    def _show(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            print(f"{self.name:<5} │ {line}", end="", flush=True)

    def wait(self) -> None:
        status = self.process.wait()
        self._reader.join()
        self.status = 0 if status == _NO_TESTS else status
        self.seconds = time.monotonic() - self._began

    def results(self) -> list[RunResult]:
        """Nothing from one that ended before it had run its tests."""
        if not self._report.exists():
            return []
        return [RunResult(name, *rest) for name, rest in json.loads(self._report.read_text()).items()]


@contextmanager
def _running() -> Iterator[list[_Shard]]:
    """Shards that end with whoever waits for them."""
    shards: list[_Shard] = []
    try:
        yield shards
    finally:
        for shard in shards:
            if shard.process.poll() is None:
                shard.process.terminate()
                shard.process.wait()
