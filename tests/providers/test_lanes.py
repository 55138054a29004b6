"""Whose pass runs next."""

import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest

from local_providers.scheduler import Lanes, Stale, Timings, Urgency

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
    lanes, ran = Lanes(1, Timings()), list[str]()
    first = Gate(ran, "first")
    running = asyncio.create_task(lanes.run("x", first, lambda: Urgency.SPEECH))
    await settle()

    def waiting(name: str, urgency: Urgency) -> Awaitable[None]:
        return asyncio.create_task(lanes.run("x", lambda: ran.append(name), lambda: urgency))

    others = [
        waiting("interim", Urgency.INTERIM),
        waiting("speech", Urgency.SPEECH),
        waiting("final", Urgency.FINAL),
        waiting("speculative", Urgency.SPECULATIVE),
    ]
    await settle()
    first.open()
    await asyncio.gather(running, *others)
    assert ran == ["first", "final", "speculative", "speech", "interim"]
    lanes.close()


async def test_urgency_may_rise_while_waiting_and_stale_work_never_runs() -> None:
    lanes, ran = Lanes(1, Timings()), list[str]()
    first = Gate(ran, "first")
    running = asyncio.create_task(lanes.run("x", first, lambda: Urgency.FINAL))
    await settle()
    urgency: dict[str, Urgency | None] = {"a": Urgency.SPECULATIVE, "b": Urgency.SPECULATIVE, "c": Urgency.FINAL}

    def waiting(name: str) -> asyncio.Task[None]:
        return asyncio.create_task(lanes.run("x", lambda: ran.append(name), lambda: urgency[name]))

    a, b, c = waiting("a"), waiting("b"), waiting("c")
    await settle()
    urgency.update(b=Urgency.FINAL, c=None, a=Urgency.INTERIM)
    first.open()
    await asyncio.gather(running, a, b)
    with pytest.raises(Stale):
        await c
    assert ran == ["first", "b", "a"]
    lanes.close()


async def test_an_interim_pass_leaves_a_lane_free() -> None:
    lanes, ran = Lanes(2, Timings()), list[str]()
    gates = [Gate(ran, "one"), Gate(ran, "two")]
    interims = [asyncio.create_task(lanes.run("x", gate, lambda: Urgency.INTERIM)) for gate in gates]
    await settle()
    assert lanes.busy
    await asyncio.wait_for(lanes.run("x", lambda: ran.append("final"), lambda: Urgency.FINAL), 5)
    assert ran == ["final"]
    for gate in gates:
        gate.open()
    await asyncio.gather(*interims)
    assert not lanes.busy
    lanes.close()


@pytest.mark.parametrize("before", [True, False])
async def test_a_caller_who_gives_up_takes_no_lane_along(before: bool) -> None:
    lanes, ran = Lanes(1, Timings()), list[str]()
    first = Gate(ran, "first")
    running = asyncio.create_task(lanes.run("x", first, lambda: Urgency.FINAL))
    given_up = asyncio.create_task(lanes.run("x", lambda: ran.append("given up"), lambda: Urgency.FINAL))
    await settle()
    (given_up if before else running).cancel()
    first.open()
    await asyncio.gather(running, given_up, return_exceptions=True)
    await asyncio.wait_for(lanes.run("x", lambda: ran.append("next"), lambda: Urgency.INTERIM), 5)
    assert ran == (["first", "next"] if before else ["first", "given up", "next"])
    lanes.close()


async def test_an_error_reaches_the_caller_and_frees_the_lane() -> None:
    lanes = Lanes(1, Timings())

    def fail() -> None:
        raise ValueError("no")

    work: Callable[[], None] = fail
    with pytest.raises(ValueError, match="no"):
        await lanes.run("x", work, lambda: Urgency.FINAL)
    assert await lanes.run("x", lambda: 3, lambda: Urgency.FINAL) == 3
    lanes.close()
