"""Retry policies, on a virtual clock: how often, how far apart, and what is not tried again."""

import asyncio
from collections.abc import Coroutine
from contextlib import closing
from typing import Any

import pytest

from quantum_app.kit.retry import RetryPolicy
from tests.worker.virtual.clock import VirtualLoop

pytestmark = pytest.mark.unit

POLICY = RetryPolicy(initial=1.0, longest=3.0, attempts=5)


def run(work: Coroutine[Any, Any, Any]) -> Any:
    with closing(VirtualLoop()) as loop:
        return loop.run_until_complete(work)


class Flaky:
    """Fails a number of times; notes when it was called."""

    def __init__(self, failures: int, error: type[Exception] = OSError) -> None:
        self._failures = failures
        self._error = error
        self.at: list[float] = []

    async def __call__(self, text: str) -> str:
        self.at.append(asyncio.get_running_loop().time())
        if len(self.at) <= self._failures:
            raise self._error("no luck")
        return text


def waits(flaky: Flaky) -> list[float]:
    return [round(after - before, 3) for before, after in zip(flaky.at, flaky.at[1:], strict=False)]


def test_waits_double_up_to_the_longest() -> None:
    flaky = Flaky(4)
    assert run(POLICY.call(OSError, flaky, "done")) == "done"
    assert waits(flaky) == [1.0, 2.0, 3.0, 3.0] == [POLICY.wait(failures) for failures in range(1, 5)]


def test_the_last_error_is_raised() -> None:
    flaky = Flaky(5)
    with pytest.raises(OSError, match="no luck"):
        run(POLICY.call(OSError, flaky, ""))
    assert len(flaky.at) == 5


def test_another_error_is_raised_at_once() -> None:
    flaky = Flaky(1, ValueError)
    with pytest.raises(ValueError, match="no luck"):
        run(POLICY.call(OSError, flaky, ""))
    assert len(flaky.at) == 1


def test_without_a_number_of_attempts_it_goes_on() -> None:
    endless = RetryPolicy(initial=1.0, longest=60.0)
    assert run(endless.call(lambda _: True, Flaky(200), "done")) == "done"


def test_jitter_only_lengthens_a_wait() -> None:
    flaky = Flaky(4)
    run(RetryPolicy(initial=1.0, longest=60.0, jitter=0.5).call(OSError, flaky, ""))
    for wait, least in zip(waits(flaky), (1, 2, 4, 8), strict=True):
        assert least <= wait <= least + 0.5


def test_a_cancelled_call_is_not_tried_again() -> None:
    flaky = Flaky(10)

    async def cancelled() -> None:
        task = asyncio.create_task(POLICY.call(OSError, flaky, ""))
        await asyncio.sleep(1.5)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        run(cancelled())
    assert len(flaky.at) == 2
