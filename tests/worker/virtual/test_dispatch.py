"""Who takes a call, and who takes up one that lost its assistant."""

import asyncio
import time
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest

from agent_worker.__main__ import load
from agent_worker.dispatch.redispatch import INTERVAL, MAX_ATTEMPTS, RETRY_AFTER, OrphanedCallRedispatcher
from agent_worker.persistence.spool import WriteAheadSpool
from agent_worker.session import call_setup
from quantum_app.domain.calls.schemas import CallEnd, CallRef, CallStatus, EndReason
from quantum_app.errors import Component, DependencyUnavailable
from quantum_app.kit.clock import now
from quantum_app.kit.ids import new_id
from quantum_app.providers.livekit import Rooms
from quantum_app.providers.redis_capacity import RedisCapacity
from quantum_app.settings import Settings
from tests.worker.virtual.clock import passes

pytestmark = pytest.mark.unit

CALL = CallRef(new_id(), new_id(), new_id())


class Server:
    """LiveKit's API and the count of slots, as the worker's parent process asks them. arrives: when the caller does."""

    def __init__(self, arrives: float | None) -> None:
        self.arrives = arrives
        self.away = False
        self.checks = 0
        self.dispatches: list[tuple[float, CallRef]] = []
        self.occupied_calls: list[UUID] = []

    async def caller_present(self, call: CallRef) -> bool:
        self.checks += 1
        if self.away:
            raise DependencyUnavailable(Component.LIVEKIT, "away")
        return self.arrives is not None and time.monotonic() >= self.arrives

    async def send_assistant(self, call: CallRef) -> None:
        self.dispatches.append((time.monotonic(), call))

    async def hold(self, call_id: UUID, address: str, campaign_id: UUID, account_id: UUID) -> None:
        self.occupied_calls.append(call_id)


@pytest.mark.parametrize(("after", "there"), [(0.0, True), (3.0, True), (None, False)])
async def test_an_assistant_waits_a_few_seconds_for_the_caller(after: float | None, there: bool) -> None:
    began = time.monotonic()
    server = Server(None if after is None else began + after)
    assert await call_setup.wait_for_caller(cast(Rooms, server), CALL) is there
    assert time.monotonic() - began == pytest.approx(5.0 if after is None else after, abs=0.2)


@pytest.mark.parametrize(("calls", "full"), [(0, 0.0), (2, 0.25), (8, 1.0), (9, 1.0)])
async def test_a_worker_is_as_full_as_it_has_calls(calls: int, full: float, base_settings: Settings) -> None:
    assert base_settings.worker.max_calls == 8
    server: Any = SimpleNamespace(active_jobs=[object()] * calls)
    assert load(server) == full


def spool(folder: Path, *, ended: bool = False) -> WriteAheadSpool:
    new_spool = WriteAheadSpool.open(folder, CallRef(CALL.account_id, CALL.call_id, CALL.campaign_id))
    if ended:
        new_spool.append(CallEnd(CALL.call_id, CallStatus.COMPLETED, EndReason.GOODBYE, now(), 0))
    return new_spool


async def rescue(folder: Path, server: Server, seconds: float) -> None:
    rescuer = OrphanedCallRedispatcher(folder, cast(Rooms, server), cast(RedisCapacity, server))
    running = asyncio.create_task(rescuer.run())
    await passes(seconds)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_call_that_lost_its_assistant_gets_another_one(tmp_path: Path) -> None:
    spool(tmp_path).close()
    server = Server(0.0)
    began = time.monotonic()
    await rescue(tmp_path, server, 1.0)
    assert [call for _, call in server.dispatches] == [CALL]
    assert server.dispatches[0][0] - began == pytest.approx(INTERVAL, abs=0.1)
    assert server.occupied_calls == [CALL.call_id]


async def test_it_is_sent_again_when_it_does_not_come_but_not_for_ever(tmp_path: Path) -> None:
    spool(tmp_path).close()
    server = Server(0.0)
    await rescue(tmp_path, server, 60.0)
    times = [at for at, _ in server.dispatches]
    assert len(times) == MAX_ATTEMPTS
    assert all(later - earlier >= RETRY_AFTER for earlier, later in pairwise(times))


async def test_nobody_takes_up_a_call_without_a_caller(tmp_path: Path) -> None:
    spool(tmp_path).close()
    server = Server(None)
    await rescue(tmp_path, server, 60.0)
    assert server.checks > 0
    assert server.dispatches == []


async def test_a_call_that_somebody_holds_is_left_alone(tmp_path: Path) -> None:
    locked_spool = spool(tmp_path)
    server = Server(0.0)
    await rescue(tmp_path, server, 30.0)
    locked_spool.close()
    assert server.checks == 0


async def test_a_call_that_has_ended_is_left_alone(tmp_path: Path) -> None:
    spool(tmp_path, ended=True).close()
    server = Server(0.0)
    await rescue(tmp_path, server, 30.0)
    assert server.checks == 0


async def test_a_server_that_is_away_is_asked_again(tmp_path: Path) -> None:
    spool(tmp_path).close()
    server = Server(0.0)
    server.away = True
    asyncio.get_running_loop().call_later(2.0, setattr, server, "away", False)
    await rescue(tmp_path, server, 2.0 + RETRY_AFTER)
    assert len(server.dispatches) == 1
