"""`make run` as a person meets it, with the two real databases: crashes, stops, second copies, kill -9."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis
from dotenv import dotenv_values

from ops.home import ROOT, check_ports, free_block
from tests.conftest import PRODUCT

pytestmark = pytest.mark.service

COMMAND = [sys.executable, "-m", "ops", "run", "--only", "postgres,valkey"]


class Running:
    """A supervisor in a process of its own, and what it says."""

    def __init__(self, home: Path, port: int) -> None:
        self.home, self.port = home, port
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            COMMAND, cwd=ROOT, env=environment(home, port), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.says("is ready after")

    def _read(self) -> None:
        assert self.process.stdout
        with self.process.stdout:
            self.lines += iter(self.process.stdout.readline, "")

    def says(self, text: str, seconds: float = 60) -> None:
        """Waits for a line that has this in it."""
        limit = time.monotonic() + seconds
        while not any(text in line for line in self.lines):
            assert self.process.poll() is None or any(text in line for line in self.lines), "".join(self.lines)
            assert time.monotonic() < limit, "".join(self.lines)
            time.sleep(0.02)

    def part(self, name: str) -> psutil.Process:
        return next(one for one in psutil.Process(self.process.pid).children() if one.name() == name)

    def end(self, number: signal.Signals) -> int:
        """Signals the supervisor alone and waits until it and all that it started are gone."""
        family = psutil.Process(self.process.pid).children(recursive=True)
        self.process.send_signal(number)
        status = self.process.wait(30)
        _, survivors = psutil.wait_procs(family, timeout=8)
        assert not survivors
        self._reader.join()
        check_ports(self.port)
        return status

    @property
    def values(self) -> dict[str, str | None]:
        return dotenv_values(self.home / "run.env", interpolate=False)


def environment(home: Path, port: int) -> dict[str, str]:
    # What the session's own instance has put into the environment would replace this one's parts.
    clean = {name: value for name, value in os.environ.items() if not name.startswith(PRODUCT)}
    return clean | {"QUANTUM_HOME": str(home), "QUANTUM_PORT": str(port)}


def refusal(home: Path, port: int) -> str:
    """What a start says that must not go through."""
    result = subprocess.run(COMMAND, cwd=ROOT, env=environment(home, port), capture_output=True, text=True, timeout=60)
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    return result.stderr


@pytest.fixture
def home() -> Path:
    return Path(os.environ["QUANTUM_HOME"]) / "run"


@pytest.fixture
def running(home: Path) -> Iterator[Running]:
    one = Running(home, free_block())
    yield one
    if one.process.poll() is None:
        one.end(signal.SIGTERM)


def test_crash_second_copy_stop_and_start_again(running: Running, home: Path) -> None:
    store = redis.Redis.from_url(str(running.values["REDIS_URL"]))
    store.set("kept", "yes")
    running.part("valkey-server").kill()
    running.says("died (SIGKILL); restarting in 0.5 s")
    running.says("valkey    ready again")
    assert store.get("kept") is None, "nothing of Valkey outlives it"
    store.close()
    with psycopg.connect(str(running.values["DATABASE_OWNER_URL"])) as connection:
        connection.execute("create table kept (word text)")
    running.part("postgres").kill()
    running.says("postgres  died (SIGKILL)")
    running.says("postgres  ready again")

    assert f"Already running in {home} (process {running.process.pid})" in refusal(home, running.port + 8)
    other = home.with_name("other")
    assert f"Port {running.port + 4} (Postgres) is in use" in refusal(other, running.port)
    assert not (other / "postgres").exists()
    assert refusal(other, 80).startswith("QUANTUM_PORT is 80")

    assert running.end(signal.SIGTERM) == 0
    assert running.lines[-1] == "Stopped. Next: make run\n"

    again = Running(home, running.port)
    with psycopg.connect(str(again.values["DATABASE_OWNER_URL"])) as connection:
        assert connection.execute("select count(*) from kept").fetchone() == (0,)
    assert again.end(signal.SIGINT) == 0


def test_a_killed_supervisor_leaves_no_process_and_a_good_folder(running: Running, home: Path) -> None:
    assert running.end(signal.SIGKILL) == -signal.SIGKILL
    assert Running(home, running.port).end(signal.SIGTERM) == 0
