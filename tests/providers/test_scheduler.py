"""Whose pass runs next."""

import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest

from local_providers.scheduler import Priority, PriorityExecutor, Timings, WorkSuperseded

pytestmark = pytest.mark.provider


class Gate:
    """Work that runs until it is opened, and notes that it ran."""

    def __init__(self, ran: list[str], name: str) -> None:
        self._open = threading.Event()
        self._ran = ran
        self._name = name

    def __call__(self) -> str:
        assert self._open.wait(10)
        self._ran.append(self._name)
        return self._name

    def open(self) -> None:
        self._open.set()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_the_most_urgent_runs_first() -> None:
    executor, ran = PriorityExecutor(1, Timings()), list[str]()
    first = Gate(ran, "first")
    running = asyncio.create_task(executor.run("x", first, lambda: Priority.SPEECH))
    await settle()

    def waiting(name: str, priority: Priority) -> Awaitable[None]:
        return asyncio.create_task(executor.run("x", lambda: ran.append(name), lambda: priority))

    others = [
        waiting("interim", Priority.INTERIM),
        waiting("speech", Priority.SPEECH),
        waiting("final", Priority.FINAL),
        waiting("speculative", Priority.SPECULATIVE),
    ]
    await settle()
    first.open()
    await asyncio.gather(running, *others)
    assert ran == ["first", "final", "speculative", "speech", "interim"]
    executor.close()


async def test_priority_may_rise_while_waiting_and_superseded_work_never_runs() -> None:
    executor, ran = PriorityExecutor(1, Timings()), list[str]()
    first = Gate(ran, "first")
    running = asyncio.create_task(executor.run("x", first, lambda: Priority.FINAL))
    await settle()
    priority: dict[str, Priority | None] = {"a": Priority.SPECULATIVE, "b": Priority.SPECULATIVE, "c": Priority.FINAL}

    def waiting(name: str) -> asyncio.Task[None]:
        return asyncio.create_task(executor.run("x", lambda: ran.append(name), lambda: priority[name]))

    a, b, c = waiting("a"), waiting("b"), waiting("c")
    await settle()
    priority.update(b=Priority.FINAL, c=None, a=Priority.INTERIM)
    first.open()
    await asyncio.gather(running, a, b)
    with pytest.raises(WorkSuperseded):
        await c
    assert ran == ["first", "b", "a"]
    executor.close()


async def test_an_interim_pass_leaves_a_lane_free() -> None:
    executor, ran = PriorityExecutor(2, Timings()), list[str]()
    gates = [Gate(ran, "one"), Gate(ran, "two")]
    interims = [asyncio.create_task(executor.run("x", gate, lambda: Priority.INTERIM)) for gate in gates]
    await settle()
    assert executor.is_busy
    await asyncio.wait_for(executor.run("x", lambda: ran.append("final"), lambda: Priority.FINAL), 5)
    assert ran == ["final"]
    for gate in gates:
        gate.open()
    await asyncio.gather(*interims)
    assert not executor.is_busy
    executor.close()


@pytest.mark.parametrize("before", [True, False])
async def test_a_caller_who_gives_up_takes_no_lane_along(before: bool) -> None:
    executor, ran = PriorityExecutor(1, Timings()), list[str]()
    first = Gate(ran, "first")
    running = asyncio.create_task(executor.run("x", first, lambda: Priority.FINAL))
    given_up = asyncio.create_task(executor.run("x", lambda: ran.append("given up"), lambda: Priority.FINAL))
    await settle()
    (given_up if before else running).cancel()
    first.open()
    await asyncio.gather(running, given_up, return_exceptions=True)
    await asyncio.wait_for(executor.run("x", lambda: ran.append("next"), lambda: Priority.INTERIM), 5)
    assert ran == (["first", "next"] if before else ["first", "given up", "next"])
    executor.close()


async def test_an_error_reaches_the_caller_and_frees_the_lane() -> None:
    executor = PriorityExecutor(1, Timings())

    def fail() -> None:
        raise ValueError("no")

    work: Callable[[], None] = fail
    with pytest.raises(ValueError, match="no"):
        await executor.run("x", work, lambda: Priority.FINAL)
    assert await executor.run("x", lambda: 3, lambda: Priority.FINAL) == 3
    executor.close()
