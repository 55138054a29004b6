"""A few processes for work whose size somebody else decides: limited in time and memory, and shared fairly.

`concurrent.futures` cannot end one job, and `anyio.to_process` runs the parent's main module again, which for a web
server starts another one. A worker here imports only what its jobs are made of, and ends when its parent does.
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

_NICE = 10  # whoever waits for audio or for a page comes before them
_INHERITED = ("PATH", "HOME", "LANG", "LC_", "TZ", "TMPDIR", "LD_", "PYTHON", "SSL_CERT_", "OPENBLAS_", "OMP_")
_LARGEST_RESULT = 8_000_000  # bytes; the parent has to read it at once


class OverLimit(Exception):
    """The job took more time or memory than it may, or its result was too large. Its process is gone."""


class QueueFull(Exception):
    """Too many jobs of this key wait already."""


class ProcessPool:
    """Runs functions in worker processes that stay warm.

    processes: at once; more than one leaves one to the other keys · cpu_seconds: processor time of a job, beyond its
    imports · seconds: of a job by the clock, which counts waiting for others' servers too · memory: bytes of data of a
    process · waiting: jobs of one key that may wait; keys take turns · initializer: called once in each process.
    """

    def __init__(
        self,
        *,
        processes: int,
        cpu_seconds: float,
        seconds: float,
        memory: int,
        waiting: int,
        initializer: Callable[[], object],
    ) -> None:
        self._processes = processes
        self._cpu_seconds = cpu_seconds
        self._seconds = seconds
        self._waiting_limit = waiting
        self._begin = pickle.dumps((memory, initializer))
        self._threads = ThreadPoolExecutor(processes, thread_name_prefix="process-pool")
        self._workers: set[_Worker] = set()
        self._idle: list[_Worker] = []
        self._running: Counter[str] = Counter()
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    async def run(self, key: str, function: Callable[[*Ts], T], *args: *Ts, seconds: float | None = None) -> T:
        """What the function gives, or raises, in a process. seconds: less than a job may take otherwise.

        Function, arguments and result have to be picklable. Raises QueueFull, OverLimit.
        """
        request = pickle.dumps((function, args), pickle.HIGHEST_PROTOCOL)
        await self._enter(key)
        try:
            answer = await self._answer(request, self._seconds if seconds is None else min(seconds, self._seconds))
        finally:
            self._leave(key)
        worked, outcome = pickle.loads(answer)
        if worked:
            return outcome
        raise outcome

    def close(self) -> None:
        """End the processes, with what they are doing."""
        for worker in list(self._workers):
            self._end(worker)
        self._threads.shutdown(wait=False)

    # Who is next

    async def _enter(self, key: str) -> None:
        """Wait for a process; keys take turns."""
        queue = self._waiting.setdefault(key, deque())
        if len(queue) >= self._waiting_limit:
            raise QueueFull
        turn = asyncio.get_running_loop().create_future()
        queue.append(turn)
        self._admit()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._leave(key)
            elif turn in (left := self._waiting.get(key, deque())):
                left.remove(turn)
                if not left:
                    del self._waiting[key]
            raise

    def _leave(self, key: str) -> None:
        self._running[key] -= 1
        if not self._running[key]:
            del self._running[key]
        self._admit()

    def _admit(self) -> None:
        """Let those begin for whom there is a process. No key takes the last one of several."""
        share = max(1, self._processes - 1)
        while self._running.total() < self._processes:
            key = next((key for key in self._waiting if self._running[key] < share), None)
            if key is None:
                return
            queue = self._waiting.pop(key)
            turn = queue.popleft()
            if queue:
                self._waiting[key] = queue  # behind all others
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
    """One process, as its parent sees it."""

    def __init__(self) -> None:
        # -P: this file's folder is no place to import from. All that jobs need comes as arguments, so of the parent's
        # environment, which has its secrets, only what Python and its libraries themselves read is passed on.
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
        """Raises RuntimeError for a process that cannot begin."""
        try:
            self.ask(sys.path)
            worked, outcome = pickle.loads(self.ask(request))
        except OverLimit:
            raise RuntimeError(f"A worker process ended before it began: {self._process.returncode}.") from None
        if not worked:
            raise outcome

    def ask(self, message: object) -> bytes:
        """Blocks. Raises OverLimit when the process ends before it has answered."""
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
        with contextlib.suppress(OSError):  # what was still to be written
            self._process.stdin.close()


# In the process


def _serve() -> None:
    """Answer one message by one, until the parent is gone."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)  # what is printed goes to the log
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
        spent = resource.getrusage(resource.RUSAGE_SELF)
        # The system ends the process, whatever it is doing, also when nobody is left to do it.
        _limit(resource.RLIMIT_CPU, math.ceil(spent.ru_utime + spent.ru_stime + cpu_seconds))
        answer = _outcome(function, args)
    except MemoryError:
        os._exit(1)
    if len(answer) > _LARGEST_RESULT:
        os._exit(1)
    _send(answers, answer)


def _limit(what: int, most: int) -> None:
    _, ours = resource.getrlimit(what)
    resource.setrlimit(what, (most if ours == resource.RLIM_INFINITY else min(most, ours), ours))


def _outcome(function: Callable[..., object], args: tuple[Any, ...]) -> bytes:
    """What became of it, pickled: (whether it worked, result or error). Raises MemoryError."""
    try:
        return pickle.dumps((True, function(*args)), pickle.HIGHEST_PROTOCOL)
    except MemoryError:
        raise
    except Exception as error:
        error.add_note("In a worker process:\n" + "".join(traceback.format_exception(error)))
        return pickle.dumps((False, error), pickle.HIGHEST_PROTOCOL)


def _send(answers: IO[bytes], answer: bytes) -> None:
    # As bytes in bytes: an answer that the parent cannot read never shifts the one after it.
    pickle.dump(answer, answers, pickle.HIGHEST_PROTOCOL)
    answers.flush()


if __name__ == "__main__":
    _serve()
