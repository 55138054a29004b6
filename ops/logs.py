"""The log file of a part, with lines that can't be forged and a bounded size.

Parts write to a pipe, so this covers everything they print, including crashes and messages of libraries.
"""

import contextlib
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from quantum_app.kit.log import escape

LINE = 2000  # bytes of a line; the rest is cut
FILE = 10 * 1024 * 1024  # bytes of a file before it's rotated to NAME.log.1, and that to NAME.log.2
OLD_FILES = 2
WINDOW = 10.0  # seconds in which at most this many lines and bytes are written
WINDOW_LINES = 2000
WINDOW_BYTES = 1024 * 1024
_CHUNK = 64 * 1024


class Log:
    """A rate-limited, rotating log file. Thread-safe."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.path = path
        self._clock = clock
        self._writing = threading.Lock()
        self._since = -WINDOW
        self._lines = self._bytes = self._dropped = 0

    def follow(self, pipe: BinaryIO) -> None:
        """Read the pipe to its end. Never stops reading, so that the writer never blocks."""
        partial_line = b""
        with pipe:
            while chunk := os.read(pipe.fileno(), _CHUNK):
                *lines, partial_line = (partial_line + chunk).split(b"\n")
                partial_line = partial_line[: LINE + 1]
                self._take(lines)
        self._take([partial_line] if partial_line else [])
        with self._writing:
            self._tell_dropped()

    def _take(self, lines: list[bytes]) -> None:
        with self._writing:
            batch: list[bytes] = []
            for line in lines:
                now = self._clock()
                if now - self._since >= WINDOW:
                    self._write(batch)
                    batch = []
                    self._tell_dropped()
                    self._since = now
                    self._lines = self._bytes = 0
                if self._lines < WINDOW_LINES and self._bytes < WINDOW_BYTES:
                    batch.append(_one_line(line))
                    self._lines += 1
                    self._bytes += len(batch[-1])
                else:
                    if not self._dropped:
                        batch.append(b"(too much is logged: lines are being dropped)")
                    self._dropped += 1
            self._write(batch)

    def _tell_dropped(self) -> None:
        if self._dropped:
            self._write([f"({self._dropped} lines dropped)".encode()])
            self._dropped = 0

    def _write(self, lines: list[bytes]) -> None:
        if not lines:
            return
        with contextlib.suppress(OSError):  # a full disk costs lines, and nothing else
            if self.path.exists() and self.path.stat().st_size >= FILE:
                for number in range(OLD_FILES, 0, -1):
                    older = self.path.with_suffix(f".log.{number - 1}") if number > 1 else self.path
                    if older.exists():
                        older.replace(self.path.with_suffix(f".log.{number}"))
            with open(self.path, "ab", buffering=0) as file:
                file.write(b"\n".join(lines) + b"\n")


def _one_line(raw: bytes) -> bytes:
    text = escape(raw.rstrip(b"\r").decode(errors="backslashreplace").expandtabs(4), LINE)
    line = text.encode()
    return line if len(line) <= LINE else line[: LINE - 3].decode(errors="ignore").encode() + "…".encode()
