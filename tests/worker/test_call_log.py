"""Transcript and replay over a real Postgres: nothing lost, nothing doubled, whatever dies and when."""

import asyncio
import errno
import os
import random
from collections.abc import AsyncIterator, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent_worker.persistence import call_log, spool_recovery
from agent_worker.persistence.call_log import DurableCallLog, store_records
from agent_worker.persistence.spool import (
    REJECTED_SUFFIX,
    SPOOL_SUFFIX,
    CallRef,
    Record,
    SpoolLocked,
    WriteAheadSpool,
    frame,
    read,
)
from agent_worker.persistence.spool_recovery import SpoolRecovery
from quantum_app.db.session import account_session, dispose
from quantum_app.domain.calls import service as calls
from quantum_app.domain.calls.schemas import (
    CallBriefing,
    CallDetail,
    CallEnd,
    CallEvent,
    CallStatus,
    EndReason,
    Speaker,
    Turn,
)
from quantum_app.errors import Conflict
from quantum_app.kit.clock import now
from quantum_app.kit.ids import new_id
from tests.examples import examples
from tests.worker.crashes import CrashLoop, SilentBus, outage
from tests.worker.postgres import Postgres, another_call, new_call, own_postgres

pytestmark = pytest.mark.service


class Listener(SilentBus):
    """Remembers what was published."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    async def publish(self, account_id: UUID, message: dict[str, Any]) -> None:
        self.messages.append(message)


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with own_postgres() as server:
        yield server


@pytest.fixture
async def briefing(postgres: Postgres) -> AsyncIterator[CallBriefing]:
    yield await new_call()
    await dispose()


def left_in(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


async def detail(briefing: CallBriefing) -> CallDetail:
    async with account_session(briefing.account_id) as session:
        return await calls.get_detail(session, briefing.call_id, see_values=True)


async def say(to: DurableCallLog, text: str) -> Turn:
    moment = now()
    return await to.append_turn(Speaker.CALLER, text, moment, moment)


async def test_a_call_is_stored_whole_and_its_spool_removed(briefing: CallBriefing, tmp_path: Path) -> None:
    bus = Listener()
    call = await DurableCallLog.open(tmp_path, briefing, bus)
    turn = await say(call, "Hello?")
    event = await call.append_event("assistant.joined", room="r", nested={"list": [1, None]})
    usage = await call.append_usage("deepgram", "stt", "seconds", Decimal("1.5"), Decimal("0.0001"))
    await call.append_end(CallStatus.COMPLETED, EndReason.GOODBYE, interruptions=2)
    assert await call.close()
    stored_call = await detail(briefing)
    assert (stored_call.turns, stored_call.events, stored_call.usage) == ((turn,), (event,), (usage,))
    assert [turn.seq, event.seq, usage.seq] == [1, 2, 3]
    summary = stored_call.summary
    assert (summary.status, summary.end_reason) == (CallStatus.COMPLETED, EndReason.GOODBYE)
    assert stored_call.interruptions == 2
    assert not left_in(tmp_path)
    assert [message["type"] for message in bus.messages] == [
        "call.started",
        "turn.recorded",
        "event.recorded",
        "usage.recorded",
        "call.ended",
    ]
    assert bus.messages[1]["text"] == "Hello?"
    assert {message["call_id"] for message in bus.messages} == {str(briefing.call_id)}


async def test_whoever_is_told_of_the_end_finds_it_stored(
    briefing: CallBriefing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slowly(account_id: UUID, records: Sequence[Record]) -> int:
        await asyncio.sleep(0.3)
        return await store_records(account_id, records)

    monkeypatch.setattr(call_log, "store_records", slowly)

    class Reader(Listener):
        async def publish(self, account_id: UUID, message: dict[str, Any]) -> None:
            if message["type"] in {"event.recorded", "call.ended"}:
                stored_call = await detail(briefing)
                self.messages.append({"events": len(stored_call.events), "status": stored_call.summary.status})

    bus = Reader()
    call = await DurableCallLog.open(tmp_path, briefing, bus)
    await call.append_event("participant.left")
    await call.append_end(CallStatus.COMPLETED, EndReason.CALLER_LEFT)
    assert await call.close()
    assert [(item["events"] > 0) for item in bus.messages] == [True, True]
    assert bus.messages[-1]["status"] is CallStatus.COMPLETED


async def test_a_new_job_goes_on_where_the_dead_one_stopped(briefing: CallBriefing, tmp_path: Path) -> None:
    first = await DurableCallLog.open(tmp_path, briefing, SilentBus())
    with pytest.raises(SpoolLocked):
        await DurableCallLog.open(tmp_path, briefing, SilentBus())
    await say(first, "one")
    await first.close()
    second = await DurableCallLog.open(tmp_path, briefing, SilentBus())
    assert second.is_resumed
    await say(second, "two")
    await second.append_end(CallStatus.COMPLETED, EndReason.FLOW)
    await second.close()
    assert [(turn.seq, turn.text) for turn in (await detail(briefing)).turns] == [(1, "one"), (2, "two")]


async def test_numbers_go_on_after_what_postgres_knows(briefing: CallBriefing, tmp_path: Path) -> None:
    """The spool of a job on another machine is not here; its records are in Postgres."""
    there = await DurableCallLog.open(tmp_path / "there", briefing, SilentBus())
    await say(there, "one")
    await there.close()
    async with account_session(briefing.account_id) as session:
        briefing_so_far = await calls.get_briefing(session, briefing.call_id)
    here = await DurableCallLog.open(tmp_path / "here", briefing_so_far, SilentBus())
    assert (await say(here, "two")).seq == 2
    await here.close()
    assert [turn.text for turn in (await detail(briefing)).turns] == ["one", "two"]


async def test_a_call_that_has_ended_is_not_taken_over(briefing: CallBriefing, tmp_path: Path) -> None:
    spool = WriteAheadSpool.open(tmp_path, CallRef(briefing.account_id, briefing.call_id, briefing.campaign_id))
    spool.append(CallEnd(briefing.call_id, CallStatus.COMPLETED, EndReason.GOODBYE, now()))
    spool.close()
    with pytest.raises(Conflict):
        await DurableCallLog.open(tmp_path, briefing, SilentBus())
    assert await SpoolRecovery(tmp_path, SilentBus()).sweep() == 1
    assert (await detail(briefing)).summary.end_reason is EndReason.GOODBYE


async def test_a_dead_call_waits_for_a_new_job_and_is_ended_without_one(briefing: CallBriefing, tmp_path: Path) -> None:
    bus, clock = Listener(), Clock()
    replayer = SpoolRecovery(tmp_path, bus, grace_period=10, clock=clock)
    call = await DurableCallLog.open(tmp_path, briefing, SilentBus())
    turn = await say(call, "Are you there?")
    clock.seconds = 100
    assert await replayer.sweep() == 0, "a call that is held is left alone"
    await call.close()
    assert await replayer.sweep() == 0
    stored_call = await detail(briefing)
    assert (stored_call.turns, stored_call.summary.status) == ((turn,), CallStatus.ACTIVE)
    clock.seconds = 109
    assert await replayer.sweep() == 0
    resumed = await DurableCallLog.open(tmp_path, briefing, SilentBus())
    clock.seconds = 115
    assert await replayer.sweep() == 0
    await resumed.close()
    clock.seconds = 120
    assert await replayer.sweep() == 0, "a new life has a new grace time"
    assert bus.messages == []
    clock.seconds = 130
    assert await replayer.sweep() == 1
    summary = (await detail(briefing)).summary
    assert (summary.status, summary.end_reason) == (CallStatus.FAILED, EndReason.WORKER_LOST)
    assert [(message["type"], message["reason"]) for message in bus.messages] == [("call.ended", "worker_lost")]
    assert not left_in(tmp_path)


async def test_a_glance_into_the_spool_does_not_prolong_the_grace_time(briefing: CallBriefing, tmp_path: Path) -> None:
    clock = Clock()
    replayer = SpoolRecovery(tmp_path, SilentBus(), grace_period=10, clock=clock)
    call = await DurableCallLog.open(tmp_path, briefing, SilentBus())
    await call.close()
    assert await replayer.sweep() == 0
    clock.seconds = 10
    glance = WriteAheadSpool.try_lock(tmp_path / f"{briefing.call_id}{SPOOL_SUFFIX}")
    assert glance is not None
    asyncio.get_running_loop().call_later(0.05, glance.close)
    assert await replayer.sweep() == 1


async def test_the_replay_waits_for_postgres(postgres: Postgres, briefing: CallBriefing, tmp_path: Path) -> None:
    call = await DurableCallLog.open(tmp_path, briefing, SilentBus())
    postgres.stop()
    turn = await say(call, "one")
    assert not await call.close(timeout=0.2)
    replayer = asyncio.create_task(SpoolRecovery(tmp_path, SilentBus(), grace_period=0).run(interval=0.05))
    await asyncio.sleep(0.3)
    assert left_in(tmp_path)
    postgres.start()
    async with asyncio.timeout(20):
        while left_in(tmp_path):  # noqa: ASYNC110 (a folder has no event)
            await asyncio.sleep(0.02)
    replayer.cancel()
    await asyncio.gather(replayer, return_exceptions=True)
    assert (await detail(briefing)).turns == (turn,)


@pytest.mark.parametrize("frozen", [False, True], ids=["stopped", "hanging"])
async def test_postgres_away_in_the_middle_of_a_call(
    postgres: Postgres, briefing: CallBriefing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, frozen: bool
) -> None:
    monkeypatch.setattr(call_log, "WRITE_TIMEOUT", 0.5)
    report = await outage(postgres, tmp_path, 1.5, frozen=frozen)
    assert report.good, report
    assert report.acknowledged > 20
    assert report.stored_turns == report.acknowledged


async def test_kill_9_at_random_moments(postgres: Postgres, tmp_path: Path) -> None:
    try:
        report = await CrashLoop(postgres.environment, tmp_path, seed=9).run(3)
    finally:
        await dispose()
    assert report.kills == 3
    assert report.good, report
    assert report.acknowledged > 0


async def test_what_is_acknowledged_survives_the_cancelled_task(briefing: CallBriefing, tmp_path: Path) -> None:
    call = await DurableCallLog.open(tmp_path, briefing, SilentBus())
    speaking = asyncio.create_task(say(call, "cut short"))
    await asyncio.sleep(0)
    speaking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await speaking
    await say(call, "next")
    await call.close()
    assert [(turn.seq, turn.text) for turn in (await detail(briefing)).turns] == [(1, "cut short"), (2, "next")]


async def test_many_at_once_keep_their_order(briefing: CallBriefing, tmp_path: Path) -> None:
    call = await DurableCallLog.open(tmp_path, briefing, SilentBus())
    turns = await asyncio.gather(*(say(call, str(number)) for number in range(50)))
    on_disk = read(tmp_path / f"{briefing.call_id}.spool").records
    await call.close()
    assert [turn.seq for turn in turns] == list(range(1, 51))
    assert list(on_disk) == turns
    assert list((await detail(briefing)).turns) == turns


async def test_the_last_record_waits_for_all_before_it(briefing: CallBriefing, tmp_path: Path) -> None:
    call = await DurableCallLog.open(tmp_path, briefing, SilentBus())
    appended = [call.append_event("noise", number=number) for number in range(50)]
    end = await call.append_end(CallStatus.COMPLETED, EndReason.FLOW)
    on_disk = read(tmp_path / f"{briefing.call_id}.spool").records
    assert on_disk == (*await asyncio.gather(*appended), end)
    assert await call.close()


async def test_what_is_too_long_for_the_disk_is_stored(briefing: CallBriefing, tmp_path: Path) -> None:
    call = await DurableCallLog.open(tmp_path, briefing, SilentBus())
    event = await call.append_event("noise", text="x" * 2_000_000)
    await call.append_end(CallStatus.COMPLETED, EndReason.FLOW)
    assert await call.close()
    assert (await detail(briefing)).events == (event,)


async def test_a_full_disk_does_not_stop_the_call(
    briefing: CallBriefing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = await DurableCallLog.open(tmp_path, briefing, SilentBus())

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", full)
        turn = await say(call, "still heard")
    await call.append_end(CallStatus.COMPLETED, EndReason.FLOW)
    assert await call.close()
    assert (await detail(briefing)).turns == (turn,)


async def test_text_that_postgres_cannot_hold_is_cleaned(briefing: CallBriefing, tmp_path: Path) -> None:
    call = await DurableCallLog.open(tmp_path, briefing, SilentBus())
    await say(call, "a\0b \ud800 c")
    await call.append_event("typed", text=["\0", {"k\0": "\udfff"}], number=float("nan"))
    assert await call.close()
    stored_call = await detail(briefing)
    assert stored_call.turns[0].text == "ab ? c"
    assert stored_call.events[0].data == {"text": ["", {"k": "?"}], "number": None}


async def test_a_record_that_is_refused_holds_up_no_other(briefing: CallBriefing, tmp_path: Path) -> None:
    call = await DurableCallLog.open(tmp_path, briefing, SilentBus())
    rejected_record = await call.append_usage("deepgram", "stt", "bananas", Decimal(1), Decimal(0))
    turn = await say(call, "go on")
    await call.append_end(CallStatus.COMPLETED, EndReason.FLOW)
    assert await call.close()
    stored_call = await detail(briefing)
    assert (stored_call.turns, stored_call.usage, stored_call.summary.status) == ((turn,), (), CallStatus.COMPLETED)
    [spool_file] = left_in(tmp_path)
    assert spool_file.suffix == REJECTED_SUFFIX
    assert rejected_record in read(spool_file).records


async def test_records_of_a_call_that_is_gone_are_set_aside(briefing: CallBriefing, tmp_path: Path) -> None:
    unknown = new_id()
    spool = WriteAheadSpool.open(tmp_path, CallRef(briefing.account_id, unknown, briefing.campaign_id))
    spool.append(CallEvent(unknown, 1, "assistant.joined", now()))
    spool.close()
    assert await SpoolRecovery(tmp_path, SilentBus(), grace_period=0).sweep() == 1
    [spool_file] = left_in(tmp_path)
    assert spool_file.suffix == REJECTED_SUFFIX


async def test_a_spool_of_an_earlier_version_is_stored_under_the_new_names(
    briefing: CallBriefing, tmp_path: Path
) -> None:
    spool = WriteAheadSpool.open(tmp_path, CallRef(briefing.account_id, briefing.call_id, briefing.campaign_id))
    spool.close()
    call, at = f'"call_id":"{briefing.call_id}"', '"2026-11-30T12:00:00Z"'
    with spool.path.open("ab") as file:
        file.write(frame(f'{{"event":{{{call},"seq":1,"kind":"joined","at":{at},"data":{{}}}}}}'.encode()))
        file.write(frame(f'{{"end":{{{call},"status":"abandoned","reason":"ghost","ended_at":{at}}}}}'.encode()))
    assert await SpoolRecovery(tmp_path, SilentBus(), grace_period=0).sweep() == 1
    stored_call = await detail(briefing)
    assert [event.kind for event in stored_call.events] == ["assistant.joined"]
    assert stored_call.summary.end_reason is EndReason.NO_AUDIO
    assert not left_in(tmp_path)


async def test_a_watcher_that_hangs_does_not_hold_up_the_call(briefing: CallBriefing, tmp_path: Path) -> None:
    class Hanging(SilentBus):
        async def publish(self, account_id: UUID, message: dict[str, Any]) -> None:
            await asyncio.Event().wait()

    call = await DurableCallLog.open(tmp_path, briefing, Hanging())
    async with asyncio.timeout(5):
        turn = await say(call, "one")
        await call.append_end(CallStatus.COMPLETED, EndReason.FLOW)
        assert await call.close(timeout=0.5)
    assert (await detail(briefing)).turns == (turn,)


class Crash(Exception):
    """The process dies here."""


@pytest.fixture(scope="module")
def runner(postgres: Postgres) -> Iterator[tuple[asyncio.Runner, CallBriefing]]:
    """One event loop for all examples of a property, and a call of the account they use."""
    with asyncio.Runner() as runner:
        yield runner, runner.run(new_call())
        runner.run(dispose())


STEPS = ("append", "store", "store and die before the answer", "die", "tear", "sweep", "sweep and die before removing")


@settings(max_examples=examples(15), suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(STEPS), max_size=25), st.booleans(), st.randoms(use_true_random=False))
def test_any_order_of_writes_crashes_and_replays(
    runner: tuple[asyncio.Runner, CallBriefing],
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[str],
    ended: bool,
    chance: random.Random,
) -> None:
    loop, first = runner
    folder = tmp_path_factory.mktemp("spool")
    loop.run(_lives(first, folder, steps, ended, chance))


async def _lives(first: CallBriefing, folder: Path, steps: list[str], ended: bool, chance: random.Random) -> None:
    """The parts that Transcript and Replayer are made of, interrupted between any two of their effects."""
    briefing = await another_call(first.account_id, first.campaign_id)
    header = CallRef(briefing.account_id, briefing.call_id, briefing.campaign_id)
    acknowledged: list[Record] = []
    spool = WriteAheadSpool.open(folder, header)
    waiting: list[Record] = []
    for step in steps:
        if step == "append":
            moment = now()
            turn = Turn(briefing.call_id, len(acknowledged) + 1, Speaker.CALLER, str(len(acknowledged)), moment, moment)
            spool.append(turn)
            acknowledged.append(turn)
            waiting.append(turn)
        elif step.startswith("store"):
            await call_log.store_records(briefing.account_id, waiting)
            if "die" not in step:
                waiting = []
        if "die" in step or step in {"tear", "sweep"}:
            spool.close()
            if step == "tear":
                with spool.path.open("ab") as file:
                    file.write(os.urandom(chance.randint(1, 40)))
            if step.startswith("sweep"):
                replayer = SpoolRecovery(folder, SilentBus(), grace_period=1000)
                with pytest.MonkeyPatch.context() as patch:
                    if "die" in step:
                        patch.setattr(spool_recovery.SpoolRecovery, "_finish", _dies)
                    await replayer.sweep()
            spool = WriteAheadSpool.open(folder, header)
            waiting = list(spool.content.records)
            assert waiting == acknowledged
    if ended:
        spool.append(CallEnd(briefing.call_id, CallStatus.COMPLETED, EndReason.GOODBYE, now()))
    spool.close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spool_recovery.SpoolRecovery, "_finish", _dies)
        with pytest.raises(Crash):
            await SpoolRecovery(folder, SilentBus(), grace_period=0).sweep()
    assert await SpoolRecovery(folder, SilentBus(), grace_period=0).sweep() == 1
    assert not [path for path in left_in(folder) if path.suffix == SPOOL_SUFFIX]
    stored_call = await detail(briefing)
    assert list(stored_call.turns) == acknowledged
    assert stored_call.summary.status is (CallStatus.COMPLETED if ended else CallStatus.FAILED)


def _dies(*_: Any) -> bool:
    raise Crash
