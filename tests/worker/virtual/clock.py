"""A clock that jumps: while there is something to do no time passes, and then it goes straight to the next timer.

A minute of call takes as long as its work takes, and happens in the same order on every machine, however busy it is.
What would run on another thread runs in place, so nothing ever waits for the real clock.
"""

import asyncio
import selectors
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, tzinfo
from functools import cache
from typing import Any, Self, TypeVar

import pytest
from livekit.agents.llm import chat_context
from livekit.agents.voice import events
from pydantic import BaseModel

from quantum_app.kit import clock as product_clock

# What `time.time()` says when a test begins.
START = 1_800_000_000.0
CLOCKS = {"time": START, "monotonic": 0.0, "perf_counter": 0.0}

T = TypeVar("T")


class _Jumping(selectors.DefaultSelector):
    """Instead of waiting for the next timer, moves the loop's clock to it."""

    loop: "VirtualLoop"

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None:
            raise RuntimeError("the test waits for something that never happens")
        self.loop.now += float(timeout)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """`now` is what `time.monotonic()` says in a test."""

    def __init__(self) -> None:
        selector = _Jumping()
        selector.loop = self
        self.now = 1000.0
        super().__init__(selector)

    def time(self) -> float:
        return self.now

    def run_in_executor(self, executor: Any, func: Callable[..., T], *args: Any) -> "asyncio.Future[T]":  # type: ignore[override]
        done: asyncio.Future[T] = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:
            done.set_exception(error)
        return done


class _Moment(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return cls.fromtimestamp(time.time(), tz)


@contextmanager
def virtual_time(loop: VirtualLoop) -> Iterator[None]:
    """Whoever asks on this thread what time it is gets the loop's."""
    _ask_late()
    here = threading.get_ident()

    def reading(real: Callable[[], float], start: float) -> Callable[[], float]:
        return lambda: start + loop.now if threading.get_ident() == here else real()

    with pytest.MonkeyPatch.context() as patch:
        for name, start in CLOCKS.items():
            patch.setattr(time, name, reading(getattr(time, name), start))
        patch.setattr(product_clock, "datetime", _Moment)
        yield


@cache
def _ask_late() -> None:
    """LiveKit's models took hold of `time.time` when they were imported; from now on they look it up when they ask."""
    real = time.time
    for module in (events, chat_context):
        for model in vars(module).values():
            if isinstance(model, type) and issubclass(model, BaseModel):
                stamped = [field for field in model.model_fields.values() if field.default_factory is real]
                for field in stamped:
                    field.default_factory = lambda: time.time()
                if stamped:
                    model.model_rebuild(force=True)


async def passes(seconds: float) -> None:
    """Let virtual time pass."""
    await asyncio.sleep(seconds)


async def until(look: Callable[[], T | None], event: str, timeout: float) -> T:
    """The first result of `look` that is neither None nor False. Raises TimeoutError saying what did not come."""
    end = time.monotonic() + timeout
    while True:
        result = look()
        if result is not None and result is not False:
            return result
        if time.monotonic() >= end:
            raise TimeoutError(f"no {event} within {timeout:g} s")
        await passes(0.04)
