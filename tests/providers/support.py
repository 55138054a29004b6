"""Starting a real `python -m local_providers`, and audio by the array."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from local_providers.deepgram.audio import Samples

ROOT = Path(__file__).resolve().parents[2]
KEY = "a-key-for-these-tests"
RATE = 16_000


@dataclass(frozen=True)
class Server:
    """A running process. `admin` speaks to its admin endpoints and returns the decoded JSON."""

    port: int
    pid: int

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def admin(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        request = urllib.request.Request(
            f"{self.http}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {KEY}"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)


def start(home: Path, **environment: str) -> tuple[subprocess.Popen[bytes], int]:
    """A process on a free port; not yet ready."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "local_providers"],
        cwd=ROOT,
        env={
            **os.environ,
            "QUANTUM_HOME": str(home),
            "LOCAL_PROVIDERS_PORT": str(port),
            "LOCAL_PROVIDERS_KEY": KEY,
            **environment,
        },
    )
    return process, port


def wait_ready(process: subprocess.Popen[bytes], port: int, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert process.poll() is None, "local_providers ended before it was ready"
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("local_providers was not ready in time")


def stop(process: subprocess.Popen[bytes]) -> int:
    process.terminate()
    try:
        return process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def pcm(samples: Samples) -> bytes:
    return (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()


def silence(seconds: float) -> Samples:
    return np.zeros(int(seconds * RATE), np.float32)


def words(text: str) -> list[str]:
    """A transcript as bare words, to compare what was said."""
    return "".join(char if char.isalnum() or char in "'@" else " " for char in text.lower()).split()
