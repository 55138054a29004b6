"""Work that somebody else decides the size of: it ends, it leaves room for others, and it leaves nothing behind."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from quantum_app.errors import InvalidInput
from quantum_app.kit.process_pool import OverLimit, ProcessPool, QueueFull
from tests.unit.kit.pool_jobs import (
    MEMORY,
    cannot_begin,
    deaf,
    fails,
    for_ever,
    greedy,
    long_winded,
    noisy,
    nothing,
    unreadable,
    waits,
)

pytestmark = pytest.mark.service

Pools = Callable[..., ProcessPool]


def runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.fixture
def pools() -> Iterator[Pools]:
    process_pools: list[ProcessPool] = []

    def make(**options: Any) -> ProcessPool:
        defaults: dict[str, Any] = {
            "processes": 1,
            "cpu_seconds": 30.0,
            "seconds": 60.0,
            "memory": MEMORY,
            "max_queued": 8,
            "initializer": nothing,
        }
        process_pools.append(ProcessPool(**defaults | options))
        return process_pools[-1]

    yield make
    for pool in process_pools:
        pool.close()


async def test_a_process_stays_for_the_next_job(pools: Pools) -> None:
    pool = pools()
    first = await pool.run("a", os.getpid)
    assert first != os.getpid()
    assert await pool.run("b", os.getpid) == first
    assert await pool.run("b", os.nice, 0) > os.nice(0), "whoever waits for a page or for audio comes first"


async def test_what_takes_too_much_processor_time_is_ended(pools: Pools) -> None:
    pool = pools(cpu_seconds=0.5)
    first = await pool.run("a", os.getpid)
    with pytest.raises(OverLimit):
        await pool.run("a", for_ever)
    assert not runs(first)
    assert await pool.run("a", max, 1, 2) == 2


async def test_what_only_waits_is_ended_by_the_clock(pools: Pools) -> None:
    pool = pools()
    first = await pool.run("a", os.getpid)
    with pytest.raises(OverLimit):
        await pool.run("a", deaf, seconds=0.1)
    assert not runs(first)
    assert await pool.run("a", max, 1, 2) == 2


@pytest.mark.parametrize("job", [greedy, long_winded])
async def test_what_takes_too_much_memory_is_ended(pools: Pools, job: Callable[[], object]) -> None:
    pool = pools()
    with pytest.raises(OverLimit):
        await pool.run("a", job)
    assert await pool.run("a", max, 1, 2) == 2


async def test_errors_come_back_as_they_were_raised(pools: Pools) -> None:
    pool = pools()
    first = await pool.run("a", os.getpid)
    with pytest.raises(InvalidInput) as error:
        await pool.run("a", fails)
    assert (error.value.message, error.value.code, error.value.field) == ("No.", "no", "here")
    assert "in fails" in error.value.__notes__[0]
    assert await pool.run("a", os.getpid) == first


async def test_an_answer_that_cannot_be_read_is_not_the_next_ones(pools: Pools) -> None:
    pool = pools()
    with pytest.raises(TypeError):
        await pool.run("a", unreadable)
    assert await pool.run("b", max, 1, 2) == 2


async def test_what_a_job_prints_is_no_answer(pools: Pools) -> None:
    assert await pools().run("a", noisy) == "heard nothing"


async def test_the_end_of_waiting_ends_the_job(pools: Pools) -> None:
    pool = pools()
    first = await pool.run("a", os.getpid)
    job = asyncio.create_task(pool.run("a", for_ever))
    await asyncio.sleep(0)
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    assert await pool.run("a", os.getpid) != first


async def test_processes_that_cannot_begin_say_why(pools: Pools) -> None:
    with pytest.raises(ValueError, match="no such log level"):
        await pools(initializer=cannot_begin).run("a", nothing)


class Gate:
    """Jobs that wait for each other by what happens, not by time."""

    def __init__(self, pool: ProcessPool, folder: Path) -> None:
        self._pool, self._begin_file, self._folder = pool, folder / "begun", folder
        self._begin_file.touch()

    def job(self, key: str, name: str) -> asyncio.Task[str]:
        os.mkfifo(self._folder / name)
        return asyncio.create_task(self._pool.run(key, waits, name, str(self._begin_file), str(self._folder / name)))

    async def open(self, name: str) -> None:
        await asyncio.to_thread(self._open, name)

    def _open(self, name: str) -> None:
        with (self._folder / name).open("w"):
            pass

    def started_jobs(self) -> list[str]:
        return self._begin_file.read_text().split()


async def test_accounts_take_turns(pools: Pools, tmp_path: Path) -> None:
    gate = Gate(pools(), tmp_path)
    jobs = {name: gate.job(name[0], name) for name in ("a1", "a2", "a3", "b1", "c1", "b2")}
    for name in ("a1", "a2", "b1", "c1", "a3", "b2"):
        # Each begins when the one before has ended.
        await gate.open(name)
        assert await jobs[name] == name
    assert gate.started_jobs() == ["a1", "a2", "b1", "c1", "a3", "b2"]


async def test_no_account_takes_the_last_process(pools: Pools, tmp_path: Path) -> None:
    pool = pools(processes=2)
    gate = Gate(pool, tmp_path)
    backlog = [gate.job("a", name) for name in ("a1", "a2", "a3")]
    await asyncio.sleep(0)
    assert await pool.run("b", max, 1, 2) == 2
    assert not any(job.done() for job in backlog)
    for name in ("a1", "a2", "a3"):
        await gate.open(name)
    assert await asyncio.gather(*backlog) == ["a1", "a2", "a3"]


async def test_few_may_wait_of_one_account(pools: Pools, tmp_path: Path) -> None:
    pool = pools(max_queued=2)
    gate = Gate(pool, tmp_path)
    jobs = [gate.job("a", name) for name in ("a1", "a2", "a3")]
    await asyncio.sleep(0)
    with pytest.raises(QueueFull):
        await pool.run("a", nothing)
    other = gate.job("b", "b1")
    jobs[2].cancel()
    await asyncio.wait([jobs[2]])
    again = gate.job("a", "a4")
    for name in ("a1", "a2", "b1", "a4"):
        await gate.open(name)
    assert await asyncio.gather(*jobs[:2], other, again) == ["a1", "a2", "b1", "a4"]


_PARENT = """
import asyncio, os, sys
from quantum_app.kit.process_pool import ProcessPool
from tests.unit.kit.pool_jobs import for_ever, nothing

async def main():
    pool = ProcessPool(processes=2, cpu_seconds=1, seconds=60, memory=400_000_000, max_queued=8, initializer=nothing)
    idle = await pool.run("a", os.getpid)
    busy = asyncio.create_task(pool.run("a", for_ever))
    await asyncio.sleep(0)
    print(idle, await pool.run("b", os.getpid), flush=True)
    await busy

asyncio.run(main())
"""


def test_processes_end_with_a_parent_that_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", _PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        children = [int(process) for process in parent.stdout.readline().split()]
        assert len(children) == 2
        parent.kill()
    while any(runs(child) for child in children):
        time.sleep(0.02)
