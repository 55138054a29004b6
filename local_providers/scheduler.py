"""A few threads shared by all calls. The most urgent work runs first.

Every pass over a model goes through `PriorityExecutor.run`. Priorities are asked for again whenever a thread becomes
free, so a speculative pass rises to FINAL if the caller's turn has ended meanwhile, and an interim pass that nobody
needs anymore is dropped before it costs anything.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from enum import IntEnum
from typing import TypeVar

T = TypeVar("T")


class Priority(IntEnum):
    """Lower runs first. INTERIM passes never take the last free thread, and only one runs at a time."""

    FINAL = 0
    FIRST_SPEECH = 1
    SPECULATIVE = 2
    EMBEDDING = 3
    SPEECH = 4
    INTERIM = 5


class WorkSuperseded(Exception):
    """Nobody needed the work anymore when its turn came."""


@dataclass(frozen=True)
class Timing:
    """One pass, or one thing sent to a client: then `lag_ms` is the time since what it answers had arrived, the last
    voiced audio for `listen.final`, the text for `speak.first`. `audio_ms` is audio in (listen) or out (speak).
    `at` is Unix time in seconds."""

    kind: str
    request_id: str
    at: float
    audio_ms: float = 0.0
    queue_ms: float = 0.0
    run_ms: float = 0.0
    lag_ms: float | None = None


class Timings:
    """The last passes, newest last, for `GET /admin/timings`."""

    def __init__(self, size: int = 2000) -> None:
        self._passes: deque[Timing] = deque(maxlen=size)

    def add(self, timing: Timing) -> None:
        self._passes.append(timing)

    def last(self, count: int) -> list[dict[str, object]]:
        return [asdict(timing) for timing in list(self._passes)[-count:]] if count > 0 else []


@dataclass(eq=False)
class _Waiter:
    priority: Callable[[], Priority | None]
    admission: asyncio.Future[Priority]


class PriorityExecutor:
    """Runs work on `size` threads, by priority."""

    def __init__(self, size: int, timings: Timings) -> None:
        self._free = size
        self._size = size
        self._interims = 0
        self._waiters: list[_Waiter] = []
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="model")
        self._timings = timings

    @property
    def is_busy(self) -> bool:
        """Whether a new interim pass would have to wait."""
        return self._interims > 0 or self._free <= min(1, self._size - 1) or bool(self._waiters)

    async def run(
        self,
        kind: str,
        work: Callable[[], T],
        priority: Callable[[], Priority | None],
        *,
        request_id: str = "",
        audio_ms: float = 0.0,
    ) -> T:
        """Run `work` on a thread. Raises WorkSuperseded if `priority` returns None before it starts."""
        requested_at = time.perf_counter()
        waiter = _Waiter(priority, asyncio.get_running_loop().create_future())
        self._waiters.append(waiter)
        self._admit()
        try:
            admitted = await waiter.admission
        except asyncio.CancelledError:
            if waiter.admission.done() and not waiter.admission.cancelled() and waiter.admission.exception() is None:
                self._release(waiter.admission.result())
            elif waiter in self._waiters:
                self._waiters.remove(waiter)
            raise
        started_at = time.perf_counter()
        running = asyncio.get_running_loop().run_in_executor(self._threads, work)
        # A thread cannot be interrupted: the thread is free when the work is done, not when its caller gave up.
        running.add_done_callback(lambda _: self._release(admitted))
        result = await asyncio.shield(running)
        self._timings.add(
            Timing(
                kind=kind,
                request_id=request_id,
                at=time.time(),
                audio_ms=round(audio_ms, 1),
                queue_ms=round((started_at - requested_at) * 1000, 1),
                run_ms=round((time.perf_counter() - started_at) * 1000, 1),
            )
        )
        return result

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _release(self, priority: Priority) -> None:
        self._free += 1
        self._interims -= priority is Priority.INTERIM
        self._admit()

    def _admit(self) -> None:
        while self._free:
            ranked: list[tuple[Priority, int, _Waiter]] = []
            for order, waiter in enumerate(list(self._waiters)):
                priority = waiter.priority()
                if waiter.admission.done():
                    self._waiters.remove(waiter)
                elif priority is None:
                    self._waiters.remove(waiter)
                    waiter.admission.set_exception(WorkSuperseded())
                elif priority is not Priority.INTERIM or (self._interims == 0 and self._free > min(1, self._size - 1)):
                    ranked.append((priority, order, waiter))
            if not ranked:
                return
            priority, _, waiter = min(ranked, key=lambda entry: entry[:2])
            self._waiters.remove(waiter)
            self._free -= 1
            self._interims += priority is Priority.INTERIM
            waiter.admission.set_result(priority)
