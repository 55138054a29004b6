"""What the tests let a process do."""

import os
import signal
import sys
import threading
from pathlib import Path

from quantum_app.errors import InvalidInput

MEMORY = 400_000_000


def nothing() -> None:
    pass


def for_ever() -> None:
    while True:
        pass


def deaf() -> None:
    """Neither computes nor ends."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    threading.Event().wait()


def greedy() -> int:
    return len(bytearray(2 * MEMORY))


def long_winded() -> bytes:
    return bytes(9_000_000)


def fails() -> None:
    raise InvalidInput("No.", code="no", field="here")


class Unreadable(Exception):
    """Pickles, and cannot be read again."""

    def __init__(self, *, argument: int) -> None:
        super().__init__()
        self.argument = argument


def unreadable() -> None:
    raise Unreadable(argument=1)


def noisy() -> str:
    print("not an answer")
    os.write(1, b"not an answer either")
    return sys.stdin.read() + "heard nothing"


def waits(name: str, begin_file: str, until: str) -> str:
    """Tells that it has begun, and goes on when it may."""
    with Path(begin_file).open("a") as file:
        file.write(f"{name}\n")
    with Path(until).open():  # a pipe: opens when somebody opens its other end
        return name


def cannot_begin() -> None:
    raise ValueError("no such log level")
