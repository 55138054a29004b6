"""Starts parts in the order of what they need, waits until each is healthy, restarts what dies or falls silent.

Three threads a part: one starts it and waits for its end, one reads what it prints (`ops.logs`), one asks whether it
still answers. Each part leads a process group of its own, so a Ctrl-C in the terminal reaches the supervisor only and a
stop reaches the part's own children too. `ops.guard` cleans up when the supervisor itself is killed.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ops.home import ROOT, OpsError, closed
from ops.logs import Log

BACK_OFF = (0.5, 1, 2, 4, 8, 15, 30)  # seconds before the nth restart in a row
STEADY_SECONDS = 60  # a part that has lived so long starts again from the shortest back-off
SILENT_STOP_SECONDS = 5  # for one that did not answer to end by itself
ORPHAN_SECONDS = 0.5  # for the children of a part that has stopped
LAST_WORDS_SECONDS = 1  # for what a part that has ended still has in its pipe
TRIES_AT_FIRST = 3  # a part that dies so often before it was healthy once fails the start

Say = Callable[[str, str], None]


@dataclass(frozen=True)
class Part:
    """One server or process.

    healthy: True when it serves; raises or returns False until then. `start_seconds` bounds that wait.
    alive: asked every `ask_seconds` from then on, True while it answers; `healthy` unless told otherwise. A part that
    has not answered for `silent_seconds` is started again. Both have to come back within seconds, and be cheap.
    prepare: builds what is built once (minutes), in the thread of whoever starts the parts.
    before: runs before every start; after: once, after the first health. They may raise OpsError.
    tier: 0 databases, 1 servers, 2 calls; a stop goes from the highest down, and waits `stop_seconds` before it kills.
    """

    name: str
    command: list[str]
    healthy: Callable[[], bool]
    alive: Callable[[], bool] | None = None
    needs: tuple[str, ...] = ()
    tier: int = 1
    start_seconds: float = 60
    ask_seconds: float = 5
    silent_seconds: float = 30
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 8
    prepare: Callable[[], object] | None = None
    before: Callable[[], None] | None = None
    after: Callable[[], None] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path = ROOT


class Child:
    """A part under supervision. Safe to use from any thread."""

    def __init__(self, part: Part, log: Path, environment: Mapping[str, str], guard: "Guard", say: Say) -> None:
        self.part = part
        self.log = log
        self.ready = threading.Event()
        self.failed: str | None = None
        self.starts = 0
        self.environment = {**environment, **part.environment}
        self._guard = guard
        self._say = say
        self._wanted = False
        self._settled = False  # `after` has run
        self._wake = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._log = Log(log)
        self._reader: threading.Thread | None = None
        self._thread: threading.Thread | None = None

    @property
    def pid(self) -> int | None:
        """The process id, None while it does not run."""
        process = self._process
        return process.pid if process and process.returncode is None else None

    def start(self) -> None:
        """Starts it, unless it is. Returns at once; `wait()` waits for its health."""
        if self._thread and self._thread.is_alive():
            return
        self.ready.clear()
        self.failed = None
        self._wanted = True
        self._wake.clear()
        self._thread = threading.Thread(target=self._live, name=self.part.name, daemon=True)
        self._thread.start()

    def wait(self, timeout: float | None = None) -> None:
        """Waits until it is healthy. Raises OpsError with its last words when it does not get there."""
        limit = time.monotonic() + (timeout if timeout is not None else self.part.start_seconds)
        while not self.ready.wait(0.02):
            if self.failed:
                raise OpsError(self.failed)
            if time.monotonic() > limit:
                raise OpsError(f"{self.part.name} didn't become healthy in time. Last log lines:\n{self.last_words()}")

    def stop(self, seconds: float | None = None) -> None:
        """Asks it to stop, waits, kills what is left. Returns when nothing of it runs."""
        self._wanted = False
        self._wake.set()
        self._end(self.part.stop_seconds if seconds is None else seconds)
        if self._thread:
            self._thread.join()
        if self._reader:
            self._reader.join(LAST_WORDS_SECONDS)
        self.ready.clear()

    def kill(self) -> int:
        """Kills the process alone, as a crash would, and returns the id it had. The supervisor starts it again."""
        pid = self.pid
        if pid is None:
            raise OpsError(f"{self.part.name} isn't running.")
        self.ready.clear()
        os.kill(pid, signal.SIGKILL)
        return pid

    def restart(self) -> None:
        """Stops and starts it, and waits for its health."""
        self.stop()
        self.start()
        self.wait()

    def last_words(self, lines: int = 12) -> str:
        """The end of its log."""
        if self._reader:
            self._reader.join(LAST_WORDS_SECONDS)
        if not self.log.exists():
            return ""
        with open(self.log, "rb") as file:
            file.seek(max(0, self.log.stat().st_size - 8000))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])

    def _live(self) -> None:
        """The part's thread: start, watch, start again."""
        deaths = 0
        while self._wanted:
            began = time.monotonic()
            try:
                if self.part.before:
                    self.part.before()
                self._spawn()
            except (OpsError, OSError) as error:
                ended = f"cannot start: {error}"
                if not self._settled:  # nothing to watch, and trying again would not help
                    self.failed = f"{self.part.name} {ended}"
                    return
            else:
                ended = self._watch()
            if not self._wanted:
                return
            if self.failed:
                self._end(self.part.stop_seconds)
                return
            if time.monotonic() - began > STEADY_SECONDS:
                deaths = 0
            pause = BACK_OFF[min(deaths, len(BACK_OFF) - 1)]
            deaths += 1
            if not self._settled and deaths >= TRIES_AT_FIRST:
                self.failed = (
                    f"{self.part.name} {ended} {deaths} times at its start. Its last words:\n{self.last_words()}"
                )
                return
            self._say(self.part.name, f"{ended}; restarting in {pause:g} s (log: {self.log.name})")
            self._wake.wait(pause)

    def _spawn(self) -> None:
        self._process = subprocess.Popen(
            self.part.command,
            cwd=self.part.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        self._reader = threading.Thread(target=self._log.follow, args=(self._process.stdout,), daemon=True)
        self._reader.start()
        self._guard.watch(self._process.pid, self.part.stop_signal)
        self.starts += 1

    def _watch(self) -> str:
        """Waits for health, then for the end; says how it ended."""
        process = self._process
        assert process is not None
        asked_at = time.monotonic()
        while self._wanted and process.poll() is None and not self.ready.is_set():
            if self._answers():
                try:
                    self._settle()
                except Exception as error:  # it serves, and cannot be used: whoever waits has to know why
                    self.failed = f"{self.part.name} could not be set up: {error}"
                    return "failed"
                self.ready.set()
                again = " again" if self.starts > 1 else ""
                self._say(self.part.name, f"ready{again} in {time.monotonic() - asked_at:.1f} s")
            elif time.monotonic() - asked_at > self.part.start_seconds:
                self._say(self.part.name, f"not healthy after {self.part.start_seconds:g} s")
                self._end(self.part.stop_seconds)
            else:
                time.sleep(0.05)
        if not self._wanted:
            self._end(self.part.stop_seconds)
        ended = threading.Event()
        if self.ready.is_set():
            threading.Thread(target=self._listen, args=(process, ended), daemon=True).start()
        status = process.wait()
        ended.set()
        self.ready.clear()
        if self._wanted:
            _group(process.pid, signal.SIGKILL)  # what a dead parent leaves would hold its port
            self._guard.forget(process.pid)
        return f"died ({signal.Signals(-status).name})" if status < 0 else f"ended (status {status})"

    def _listen(self, process: "subprocess.Popen[bytes]", ended: threading.Event) -> None:
        """Asks a part that serves whether it still answers, and kills one that is silent: `_live` starts it again.

        Only time in which it was asked counts: a machine that slept, or a supervisor that was stopped, hears nothing
        for long, and that is no silence.
        """
        silent, asked_at = 0.0, time.monotonic()
        while not ended.wait(self.part.ask_seconds):
            part = self.part
            answered = _true(part.alive or part.healthy)
            now = time.monotonic()
            silent = 0.0 if answered else silent + min(now - asked_at, 2 * part.ask_seconds)
            asked_at = now
            if silent >= part.silent_seconds and self._wanted and not ended.is_set():
                self._say(part.name, f"not responding for {part.silent_seconds:g} s; stopping it")
                self._end(min(part.stop_seconds, SILENT_STOP_SECONDS), process)
                return

    def _answers(self) -> bool:
        return _true(self.part.healthy)

    def _settle(self) -> None:
        if self.part.after and not self._settled:
            self.part.after()
        self._settled = True

    def _end(self, seconds: float, process: "subprocess.Popen[bytes] | None" = None) -> None:
        process = process or self._process
        if process is None or (process.poll() is not None and not _group(process.pid, 0)):
            return
        process.send_signal(self.part.stop_signal)
        give_up = time.monotonic() + seconds
        while _group(process.pid, 0) and time.monotonic() < give_up:
            if process.poll() is not None:
                give_up = min(give_up, time.monotonic() + ORPHAN_SECONDS)
            time.sleep(0.02)
        give_up = time.monotonic() + ORPHAN_SECONDS
        while _group(process.pid, signal.SIGKILL) and time.monotonic() < give_up:
            process.poll()
            time.sleep(0.02)
        self._guard.forget(process.pid)


def _group(group: int, number: int) -> bool:
    """Signals a process group. False when it is gone."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _true(question: Callable[[], bool]) -> bool:
    try:
        return question()
    except Exception:  # any kind of refusal means no
        return False


def _discard_raw_logs(folder: Path) -> None:
    """Removes logs of versions that wrote down what people sent; the marker says that there are none any more."""
    marker = folder / "cleaned"
    if not marker.exists():
        for log in folder.glob("*.log*"):
            log.unlink()
        marker.touch(mode=0o600)


class Guard:
    """The pipe to `ops.guard`."""

    def __init__(self, lock: int | None) -> None:
        self._writing = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(ROOT / "ops" / "guard.py")],
            stdin=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env={},
            pass_fds=() if lock is None else (lock,),
        )

    def watch(self, group: int, number: signal.Signals) -> None:
        self._tell(f"+{group} {int(number)}")

    def forget(self, group: int) -> None:
        self._tell(f"-{group}")

    def close(self) -> None:
        """Ends the guard; what it still watches, it stops."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        with self._writing, contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()


class Supervisor:
    """Children by name. `lock` is a descriptor that the guard holds open until nothing runs any more."""

    def __init__(
        self,
        parts: Iterable[Part],
        log_folder: Path,
        environment: Mapping[str, str],
        say: Say,
        *,
        lock: int | None = None,
    ) -> None:
        closed(log_folder)
        _discard_raw_logs(log_folder)
        self._guard = Guard(lock)
        self.children = {
            part.name: Child(part, log_folder / f"{part.name}.log", environment, self._guard, say) for part in parts
        }

    def start(self, names: Iterable[str]) -> None:
        """Starts these and what they need, in order, and waits until each is healthy.

        Raises OpsError when one does not get there.
        """
        chosen = self.closure(names)
        for name in chosen:
            prepare = self.children[name].part.prepare
            if prepare and not self.children[name].ready.is_set():
                prepare()
        pending = list(chosen)
        while any(not self.children[name].ready.is_set() for name in chosen):
            for name in pending[:]:
                needs = [need for need in self.children[name].part.needs if need in self.children]
                if all(self.children[need].ready.is_set() for need in needs):
                    self.children[name].start()
                    pending.remove(name)
            for name in chosen:
                failed = self.children[name].failed
                if failed:
                    raise OpsError(failed)
            time.sleep(0.02)

    def closure(self, names: Iterable[str]) -> list[str]:
        """These parts and what they need, in the order of definition. Raises OpsError for a name nobody has."""
        selected: set[str] = set()
        todo = list(names)
        while todo:
            name = todo.pop()
            if name not in self.children:
                raise OpsError(f"Unknown part: {name}. Choose from {', '.join(self.children)}.")
            if name not in selected:
                selected.add(name)
                todo += [need for need in self.children[name].part.needs if need in self.children]
        return [name for name in self.children if name in selected]

    def stop(self, *, hurry: threading.Event | None = None) -> None:
        """Stops everything, calls first and databases last; `hurry` cuts the wait for calls short."""
        for tier in sorted({child.part.tier for child in self.children.values()}, reverse=True):
            threads = [
                threading.Thread(target=child.stop, daemon=True)
                for child in self.children.values()
                if child.part.tier == tier
            ]
            for thread in threads:
                thread.start()
            while any(thread.is_alive() for thread in threads):
                if hurry and hurry.is_set():
                    for child in self.children.values():
                        if child.part.tier == tier and tier > 0 and child.pid:
                            _group(child.pid, signal.SIGKILL)
                time.sleep(0.02)
        self._guard.close()
