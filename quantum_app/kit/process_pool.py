"""A process pool for untrusted workloads, with limits on time and memory and fair scheduling by key.

`concurrent.futures` can't kill a single job, and `anyio.to_process` runs the parent's main module again, which would
start a second web server. A worker process here imports only what its jobs need and exits with its parent.
"""

import asyncio
import contextlib
import math
import os
import pickle
import resource
import signal
import subprocess
import sys
import traceback
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any, TypeVar, TypeVarTuple

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_NICE = 10  # audio and pages come first
_INHERITED = ("PATH", "HOME", "LANG", "LC_", "TZ", "TMPDIR", "LD_", "PYTHON", "SSL_CERT_", "OPENBLAS_", "OMP_")
_MAX_RESULT = 8_000_000  # bytes; the parent reads it in one go


class OverLimit(Exception):
    """The job exceeded its time or memory limit, or its result was too large. Its process was killed."""


class QueueFull(Exception):
    """Too many jobs with this key are queued already."""


class ProcessPool:
    """Runs functions in worker processes that stay warm between jobs.

    processes: Most processes at once. If there are several, one key never gets all of them.
    cpu_seconds: CPU time a job may use, not counting its imports.
    seconds: Wall-clock time a job may take, including waits for other servers.
    memory: Bytes of data (RLIMIT_DATA) a process may hold.
    max_queued: Jobs of one key that may wait for a process. Keys take turns.
    initializer: Called once in each process.
    """

    def __init__(
        self,
        *,
        processes: int,
        cpu_seconds: float,
        seconds: float,
        memory: int,
        max_queued: int,
        initializer: Callable[[], object],
    ) -> None:
        self._processes = processes
        self._cpu_seconds = cpu_seconds
        self._seconds = seconds
        self._max_queued = max_queued
        self._begin = pickle.dumps((memory, initializer))
        self._threads = ThreadPoolExecutor(processes, thread_name_prefix="process-pool")
        self._workers: set[_Worker] = set()
        self._idle: list[_Worker] = []
        self._running: Counter[str] = Counter()
        self._queues: dict[str, deque[asyncio.Future[None]]] = {}

    async def run(self, key: str, function: Callable[[*Ts], T], *args: *Ts, seconds: float | None = None) -> T:
        """Run the function in a process, and return or raise what it does.

        The function, its arguments and its result must be picklable. Raises QueueFull, OverLimit.

        seconds: A limit below the pool's own.
        """
        request = pickle.dumps((function, args), pickle.HIGHEST_PROTOCOL)
        await self._enter(key)
        try:
            answer = await self._answer(request, self._seconds if seconds is None else min(seconds, self._seconds))
        finally:
            self._leave(key)
        succeeded, outcome = pickle.loads(answer)
        if succeeded:
            return outcome
        raise outcome

    def close(self) -> None:
        """Kill the processes and their jobs."""
        for worker in list(self._workers):
            self._end(worker)
        self._threads.shutdown(wait=False)

    # Scheduling

    async def _enter(self, key: str) -> None:
        """Wait for a process; keys take turns."""
        queue = self._queues.setdefault(key, deque())
        if len(queue) >= self._max_queued:
            raise QueueFull
        turn = asyncio.get_running_loop().create_future()
        queue.append(turn)
        self._admit()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._leave(key)
            elif turn in (own_queue := self._queues.get(key, deque())):
                own_queue.remove(turn)
                if not own_queue:
                    del self._queues[key]
            raise

    def _leave(self, key: str) -> None:
        self._running[key] -= 1
        if not self._running[key]:
            del self._running[key]
        self._admit()

    def _admit(self) -> None:
        """Start queued jobs while processes are free. If there are several, one key never gets all of them."""
        share = max(1, self._processes - 1)
        while self._running.total() < self._processes:
            key = next((key for key in self._queues if self._running[key] < share), None)
            if key is None:
                return
            queue = self._queues.pop(key)
            turn = queue.popleft()
            if queue:
                self._queues[key] = queue  # to the end of the line
            if not turn.done():
                self._running[key] += 1
                turn.set_result(None)

    # Processes

    async def _answer(self, request: bytes, seconds: float) -> bytes:
        loop = asyncio.get_running_loop()
        worker = await self._ready()
        try:
            async with asyncio.timeout(seconds):
                answer = await loop.run_in_executor(self._threads, worker.ask, (self._cpu_seconds, request))
        except TimeoutError:
            self._end(worker)
            raise OverLimit from None
        except BaseException:
            self._end(worker)
            raise
        self._idle.append(worker)
        return answer

    async def _ready(self) -> "_Worker":
        while self._idle:
            worker = self._idle.pop()
            if worker.alive:
                return worker
            self._end(worker)
        worker = await asyncio.get_running_loop().run_in_executor(self._threads, _Worker)
        self._workers.add(worker)
        try:
            await asyncio.get_running_loop().run_in_executor(self._threads, worker.begin, self._begin)
        except BaseException:
            self._end(worker)
            raise
        return worker

    def _end(self, worker: "_Worker") -> None:
        self._workers.discard(worker)
        worker.kill()


class _Worker:
    """The parent's handle of one worker process."""

    def __init__(self) -> None:
        # -P keeps this file's folder off the import path. Jobs get everything they need as arguments, so the process
        # inherits only the variables that Python and its libraries read, and none of the parent's secrets.
        self._process = subprocess.Popen(
            [sys.executable, "-P", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={name: value for name, value in os.environ.items() if name.startswith(_INHERITED)},
        )

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def begin(self, request: bytes) -> None:
        """Set up the process. Raises RuntimeError if it exits."""
        try:
            self.ask(sys.path)
            succeeded, outcome = pickle.loads(self.ask(request))
        except OverLimit:
            raise RuntimeError(f"A worker process exited on start with code {self._process.returncode}.") from None
        if not succeeded:
            raise outcome

    def ask(self, message: object) -> bytes:
        """Send a message and block until the answer. Raises OverLimit if the process exits first."""
        assert self._process.stdin
        assert self._process.stdout
        try:
            pickle.dump(message, self._process.stdin, pickle.HIGHEST_PROTOCOL)
            self._process.stdin.flush()
            return pickle.load(self._process.stdout)
        except (EOFError, OSError, ValueError, pickle.UnpicklingError):
            self._process.wait()
            raise OverLimit from None

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdout.close()
        with contextlib.suppress(OSError):  # flushing buffered data to a dead process fails
            self._process.stdin.close()


# In the worker process


def _serve() -> None:
    """Answer messages one at a time until the parent closes the pipe."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)  # send prints to the log
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent
    os.nice(_NICE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(EOFError, BrokenPipeError):
        sys.path[:] = pickle.load(requests)
        _send(answers, b"")
        memory, initializer = pickle.loads(pickle.load(requests))
        _send(answers, _outcome(initializer, ()))
        _limit(resource.RLIMIT_DATA, memory)
        while True:
            _work(requests, answers)


def _work(requests: IO[bytes], answers: IO[bytes]) -> None:
    cpu_seconds, request = pickle.load(requests)
    try:
        function, args = pickle.loads(request)
        del request
        usage = resource.getrusage(resource.RUSAGE_SELF)
        # The kernel enforces this limit, whatever the job is doing, even if the parent is gone.
        _limit(resource.RLIMIT_CPU, math.ceil(usage.ru_utime + usage.ru_stime + cpu_seconds))
        answer = _outcome(function, args)
    except MemoryError:
        os._exit(1)
    if len(answer) > _MAX_RESULT:
        os._exit(1)
    _send(answers, answer)


def _limit(limited_resource: int, most: int) -> None:
    _, ours = resource.getrlimit(limited_resource)
    resource.setrlimit(limited_resource, (most if ours == resource.RLIM_INFINITY else min(most, ours), ours))


def _outcome(function: Callable[..., object], args: tuple[Any, ...]) -> bytes:
    """Call the function and pickle (whether it succeeded, result or exception). Raises MemoryError."""
    try:
        return pickle.dumps((True, function(*args)), pickle.HIGHEST_PROTOCOL)
    except MemoryError:
        raise
    except Exception as error:
        error.add_note("In a worker process:\n" + "".join(traceback.format_exception(error)))
        return pickle.dumps((False, error), pickle.HIGHEST_PROTOCOL)


def _send(answers: IO[bytes], answer: bytes) -> None:
    # The answer is pickled as bytes, so one that the parent can't unpickle doesn't corrupt the stream.
    pickle.dump(answer, answers, pickle.HIGHEST_PROTOCOL)
    answers.flush()


if __name__ == "__main__":
    _serve()
