"""Starts parts in dependency order, waits until each is healthy, and restarts those that exit or stop responding.

Each part has three threads: one starts it and waits for its exit, one reads its output (`ops.logs`), one runs its
health checks. Each part leads its own process group, so Ctrl-C reaches only the supervisor, and a stop reaches the
part's children too. `ops.guard` cleans up if the supervisor itself is killed.
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
    """A server or process of the product. Health checks must be cheap and return within seconds."""

    name: str
    command: list[str]
    healthy: Callable[[], bool]
    """Whether it has started. May raise until then."""
    alive: Callable[[], bool] | None = None
    """Whether it still responds. By default `healthy`."""
    needs: tuple[str, ...] = ()
    """Names of parts that must be healthy first."""
    tier: int = 1
    """0 for databases, 1 for servers, 2 for calls. The highest tier is stopped first."""
    start_seconds: float = 60
    """Time to become healthy."""
    ask_seconds: float = 5
    """Interval of health checks."""
    silent_seconds: float = 30
    """Time without a response after which it is restarted."""
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 8
    """Time to stop before it is killed."""
    prepare: Callable[[], object] | None = None
    """Builds what is built once, in the thread that starts the parts. May take minutes."""
    before: Callable[[], None] | None = None
    """Runs before every start. May raise OpsError."""
    after: Callable[[], None] | None = None
    """Runs once, after it has become healthy. May raise OpsError."""
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
        self._should_run = False
        self._after_done = False  # `after` has run
        self._wake = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._log = Log(log)
        self._reader: threading.Thread | None = None
        self._thread: threading.Thread | None = None

    @property
    def pid(self) -> int | None:
        """The process ID, or None while it isn't running."""
        process = self._process
        return process.pid if process and process.returncode is None else None

    def start(self) -> None:
        """Start it unless it's running. Returns at once; `wait()` waits until it's healthy."""
        if self._thread and self._thread.is_alive():
            return
        self.ready.clear()
        self.failed = None
        self._should_run = True
        self._wake.clear()
        self._thread = threading.Thread(target=self._live, name=self.part.name, daemon=True)
        self._thread.start()

    def wait(self, timeout: float | None = None) -> None:
        """Wait until it's healthy. Raises OpsError with its last log lines if it fails to start."""
        limit = time.monotonic() + (timeout if timeout is not None else self.part.start_seconds)
        while not self.ready.wait(0.02):
            if self.failed:
                raise OpsError(self.failed)
            if time.monotonic() > limit:
                raise OpsError(f"{self.part.name} didn't become healthy in time. Last log lines:\n{self.last_words()}")

    def stop(self, seconds: float | None = None) -> None:
        """Ask it to stop, wait, and kill what is left. Returns when all of its processes are gone."""
        self._should_run = False
        self._wake.set()
        self._end(self.part.stop_seconds if seconds is None else seconds)
        if self._thread:
            self._thread.join()
        if self._reader:
            self._reader.join(LAST_WORDS_SECONDS)
        self.ready.clear()

    def kill(self) -> int:
        """Kill only the main process, as a crash would, and return its ID. The supervisor restarts it."""
        pid = self.pid
        if pid is None:
            raise OpsError(f"{self.part.name} isn't running.")
        self.ready.clear()
        os.kill(pid, signal.SIGKILL)
        return pid

    def restart(self) -> None:
        """Stop it, start it, and wait until it's healthy."""
        self.stop()
        self.start()
        self.wait()

    def last_words(self, lines: int = 12) -> str:
        """The last lines of its log."""
        if self._reader:
            self._reader.join(LAST_WORDS_SECONDS)
        if not self.log.exists():
            return ""
        with open(self.log, "rb") as file:
            file.seek(max(0, self.log.stat().st_size - 8000))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])

    def _live(self) -> None:
        """The part's main thread: start, watch, restart."""
        deaths = 0
        while self._should_run:
            began = time.monotonic()
            try:
                if self.part.before:
                    self.part.before()
                self._spawn()
            except (OpsError, OSError) as error:
                reason = f"can't start: {error}"
                if not self._after_done:  # nothing to watch, and trying again would not help
                    self.failed = f"{self.part.name} {reason}"
                    return
            else:
                reason = self._watch()
            if not self._should_run:
                return
            if self.failed:
                self._end(self.part.stop_seconds)
                return
            if time.monotonic() - began > STEADY_SECONDS:
                deaths = 0
            pause = BACK_OFF[min(deaths, len(BACK_OFF) - 1)]
            deaths += 1
            if not self._after_done and deaths >= TRIES_AT_FIRST:
                self.failed = (
                    f"{self.part.name} {reason} {deaths} times at its start. Last log lines:\n{self.last_words()}"
                )
                return
            self._say(self.part.name, f"{reason}; restarting in {pause:g} s (log: {self.log.name})")
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
        """Wait until it's healthy, then until it exits. Returns how it ended."""
        process = self._process
        assert process is not None
        asked_at = time.monotonic()
        while self._should_run and process.poll() is None and not self.ready.is_set():
            if self._answers():
                try:
                    self._settle()
                except Exception as error:  # it serves, and cannot be used: whoever waits has to know why
                    self.failed = f"{self.part.name} couldn't be set up: {error}"
                    return "failed"
                self.ready.set()
                again = " again" if self.starts > 1 else ""
                self._say(self.part.name, f"ready{again} in {time.monotonic() - asked_at:.1f} s")
            elif time.monotonic() - asked_at > self.part.start_seconds:
                self._say(self.part.name, f"not healthy after {self.part.start_seconds:g} s")
                self._end(self.part.stop_seconds)
            else:
                time.sleep(0.05)
        if not self._should_run:
            self._end(self.part.stop_seconds)
        has_ended = threading.Event()
        if self.ready.is_set():
            threading.Thread(target=self._listen, args=(process, has_ended), daemon=True).start()
        status = process.wait()
        has_ended.set()
        self.ready.clear()
        if self._should_run:
            _group(process.pid, signal.SIGKILL)  # what a dead parent leaves would hold its port
            self._guard.forget(process.pid)
        return f"died ({signal.Signals(-status).name})" if status < 0 else f"ended (status {status})"

    def _listen(self, process: "subprocess.Popen[bytes]", has_ended: threading.Event) -> None:
        """Run health checks, and kill the part if it stops responding, so that `_live` restarts it.

        Only time in which checks ran counts, so a machine that slept doesn't look like a part that hangs.
        """
        silent, asked_at = 0.0, time.monotonic()
        while not has_ended.wait(self.part.ask_seconds):
            part = self.part
            is_alive = _true(part.alive or part.healthy)
            now = time.monotonic()
            silent = 0.0 if is_alive else silent + min(now - asked_at, 2 * part.ask_seconds)
            asked_at = now
            if silent >= part.silent_seconds and self._should_run and not has_ended.is_set():
                self._say(part.name, f"not responding for {part.silent_seconds:g} s; stopping it")
                self._end(min(part.stop_seconds, SILENT_STOP_SECONDS), process)
                return

    def _answers(self) -> bool:
        return _true(self.part.healthy)

    def _settle(self) -> None:
        if self.part.after and not self._after_done:
            self.part.after()
        self._after_done = True

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
    """Signal a process group. Returns False if it's gone."""
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
    """Remove logs of old versions, which contained user data. A marker file says that this is done."""
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
        """Close the guard, which stops whatever it still watches."""
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
    """All parts by name. lock: File descriptor that the guard holds open until nothing is running."""

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
        """Start these parts and their dependencies in order, and wait until each is healthy. Raises OpsError."""
        parts = self.closure(names)
        for name in parts:
            prepare = self.children[name].part.prepare
            if prepare and not self.children[name].ready.is_set():
                prepare()
        pending = list(parts)
        while any(not self.children[name].ready.is_set() for name in parts):
            for name in pending[:]:
                needs = [need for need in self.children[name].part.needs if need in self.children]
                if all(self.children[need].ready.is_set() for need in needs):
                    self.children[name].start()
                    pending.remove(name)
            for name in parts:
                failed = self.children[name].failed
                if failed:
                    raise OpsError(failed)
            time.sleep(0.02)

    def closure(self, names: Iterable[str]) -> list[str]:
        """These parts and their dependencies, in definition order. Raises OpsError for an unknown name."""
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
        """Stop everything, calls first and databases last. hurry: Set to stop waiting for calls."""
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
