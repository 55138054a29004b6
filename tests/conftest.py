"""Every test run has a data folder of its own, and reaches nothing but this machine."""

import fcntl
import ipaddress
import os
import shutil
import sys
from typing import Any

import hypothesis
import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from ops.home import BUILD, ROOT
from quantum_app.domain.identity import passwords
from tests.examples import LONG_RUN, examples

pytest_plugins = ["tests.stack", "tests.tiers", "tests.report"]

PRODUCT = (
    *("QUANTUM_", "DATABASE_", "REDIS_", "LIVEKIT_", "DEEPGRAM_", "OPENAI_", "EMBEDDINGS_", "LOCAL_PROVIDERS_"),
    *("MAIL_", "RESEND_", "SMTP_", "STORAGE_"),
)
_PRESERVED = {"QUANTUM_CHROMIUM"}


class OutsideConnection(RuntimeError):
    """A test tried to reach another machine."""


def _guard(event: str, arguments: tuple[Any, ...]) -> None:
    if event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    if host is None or host in {"", "localhost", b"localhost"}:
        return
    name = host.decode() if isinstance(host, bytes) else str(host)
    try:
        here = ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        here = False
    if not here and not (event == "socket.getaddrinfo" and name in {"0.0.0.0", "::"}):
        raise OutsideConnection(f"tests talk to this machine only, not to {name}")


def _own_home() -> int:
    """Takes the first `.quantum-test*` that no other run holds, empties it, and points QUANTUM_HOME at it.

    The descriptor returned holds it until the process ends.
    """
    BUILD.mkdir(exist_ok=True)
    number = 1
    while True:
        name = ".quantum-test" if number == 1 else f".quantum-test-{number}"
        lock = os.open(BUILD / f"{name[1:]}.lock", os.O_WRONLY | os.O_CREAT)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            number += 1
            continue
        shutil.rmtree(ROOT / name, ignore_errors=True)
        (ROOT / name).mkdir()
        os.environ["QUANTUM_HOME"] = str(ROOT / name)
        return lock


for _name in [name for name in os.environ if name.startswith(PRODUCT) and name not in _PRESERVED]:
    del os.environ[_name]
# A busy machine is no defect of what is tested, and a failure that comes by chance is nobody's news.
hypothesis.settings.register_profile(
    "tests", deadline=None, max_examples=examples(50), derandomize=not LONG_RUN, database=None
)
hypothesis.settings.load_profile("tests")
_home = _own_home()
sys.addaudithook(_guard)


@pytest.fixture(autouse=True)
def _cheap_hashes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real hash takes a quarter of a second of a core, and most tests make a person or two."""
    if not request.node.get_closest_marker("unit"):
        cheap = Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1)
        monkeypatch.setattr(passwords, "_hasher", PasswordHash((cheap,)))
