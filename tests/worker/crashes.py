"""Kills call processes at random moments, takes Postgres away, and counts what is lost.

A call process records turns through the product's Transcript and says after each which one was acknowledged. It is
killed with -9; some calls are taken over by a new process and killed again. In the end the replay has the word. A turn
is lost when it was acknowledged and is not in Postgres, doubled when Postgres has it twice.
"""

import asyncio
import multiprocessing
import os
import random
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from uuid import UUID

from agent_worker.persistence.call_log import DurableCallLog
from agent_worker.persistence.spool_recovery import SpoolRecovery
from quantum_app.db.session import account_session
from quantum_app.domain.calls import service as calls
from quantum_app.domain.calls.schemas import CallBriefing, CallDetail, CallStatus, EndReason, Speaker
from quantum_app.errors import Conflict
from quantum_app.kit.clock import now
from quantum_app.settings import settings
from tests.worker.postgres import Postgres, another_call, new_call

LONGEST_LIFE = 0.6  # seconds until a call process is killed
UNBORN = 0.25  # of the processes are given that time from their start, the others from when they have opened their call


class SilentBus:
    """A live bus without subscribers."""

    async def publish(self, account_id: UUID, message: dict[str, Any]) -> None:
        pass

    async def set_stage(self, account_id: UUID, call_id: UUID, stage: str) -> None:
        pass

    async def count_interruption(self, call_id: UUID) -> int:
        return 0


@dataclass(slots=True)
class Report:
    """What became of the acknowledged turns. wrong_ends: calls whose status tells another story than their process."""

    kills: int = 0
    calls: int = 0
    acknowledged: int = 0
    stored_turns: int = 0
    lost_turns: int = 0
    doubled: int = 0
    wrong_ends: int = 0

    @property
    def good(self) -> bool:
        return not (self.lost_turns or self.doubled or self.wrong_ends)


def call_process(
    environment: dict[str, str], folder: Path, ids: tuple[UUID, UUID], seed: int, connection: Connection
) -> None:
    """One life of one call: open, talk, sometimes end. Tells ("turn", text) or ("end", "") once it is acknowledged."""
    os.environ.update(environment)
    settings.cache_clear()
    with suppress(Conflict):
        asyncio.run(_talk(folder, ids, random.Random(seed), connection))


async def _talk(folder: Path, ids: tuple[UUID, UUID], chance: random.Random, connection: Connection) -> None:
    account_id, call_id = ids
    async with account_session(account_id) as session:
        briefing = await calls.get_briefing(session, call_id)
    transcript = await DurableCallLog.open(folder, briefing, SilentBus())
    connection.send(("open", ""))
    for number in range(chance.choice([5, 20, 10_000])):
        text = f"{os.getpid()}-{number}"
        moment = now()
        await transcript.append_turn(chance.choice(list(Speaker)), text, moment, moment)
        connection.send(("turn", text))
        if chance.random() < 0.3:
            await transcript.append_event("noise", number=number)
        await asyncio.sleep(chance.uniform(0, 0.01))
    await transcript.append_end(CallStatus.COMPLETED, EndReason.GOODBYE)
    connection.send(("end", ""))
    await transcript.close()


class CrashLoop:
    """Lives and deaths of calls over one Postgres, which must be running and in `settings()`."""

    def __init__(self, environment: dict[str, str], folder: Path, seed: int) -> None:
        self._environment = environment
        self._folder = folder
        self._chance = random.Random(seed)
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([__name__])
        self.report = Report()

    async def run(self, kills: int) -> Report:
        """Calls until so many processes were killed, then the verdict on each of them."""
        first = await new_call()
        messages_by_call: dict[UUID, list[tuple[str, str]]] = {}
        # What finishes calls while others are running, as the worker's parent process does.
        replayer = SpoolRecovery(self._folder, SilentBus(), grace_period=0.0)
        while self.report.kills < kills:
            briefing = await another_call(first.account_id, first.campaign_id)
            messages_by_call[briefing.call_id] = []
            for _ in range(self._chance.choice([1, 1, 2, 3])):
                if self.report.kills < kills:
                    messages_by_call[briefing.call_id] += await self._life(briefing)
            await replayer.sweep()
        await replayer.sweep()
        assert not list(self._folder.glob("*.spool")), "the replay left spools behind"
        for call_id, messages in messages_by_call.items():
            await self._judge(first.account_id, call_id, messages)
        return self.report

    async def _life(self, briefing: CallBriefing) -> list[tuple[str, str]]:
        receiver, sender = self._context.Pipe(duplex=False)
        ids = (briefing.account_id, briefing.call_id)
        process = self._context.Process(
            target=call_process,
            args=(self._environment, self._folder, ids, self._chance.getrandbits(32), sender),
        )
        process.start()
        sender.close()
        messages: list[tuple[str, str]] = []
        if self._chance.random() > UNBORN:
            with suppress(EOFError):
                messages.append(await asyncio.to_thread(receiver.recv))
        deadline = time.monotonic() + self._chance.uniform(0.02, LONGEST_LIFE)
        with suppress(EOFError):
            while (remaining := deadline - time.monotonic()) > 0:
                if await asyncio.to_thread(receiver.poll, remaining):
                    messages.append(receiver.recv())
        if process.exitcode is None and process.is_alive():
            process.kill()
            self.report.kills += 1
        process.join()
        # What was acknowledged before the kill and not read yet; a message cut in two was never told.
        with suppress(EOFError, OSError):
            while receiver.poll(0):
                messages.append(receiver.recv())
        receiver.close()
        process.close()
        return messages

    async def _judge(self, account_id: UUID, call_id: UUID, messages: list[tuple[str, str]]) -> None:
        async with account_session(account_id) as session:
            call = await calls.get_detail(session, call_id, see_values=True)
        tally(self.report, call, [text for kind, text in messages if kind == "turn"])
        was_opened = any(kind == "open" for kind, _ in messages)
        has_ended = any(kind == "end" for kind, _ in messages)
        status = call.summary.status
        expected = {CallStatus.COMPLETED} if has_ended else {CallStatus.FAILED, CallStatus.COMPLETED}
        # A process killed before it had a spool leaves nothing to replay; the sweep over Postgres ends such calls.
        if status not in (expected if was_opened else {*expected, CallStatus.ACTIVE}):
            self.report.wrong_ends += 1


def tally(report: Report, call: CallDetail, acknowledged: list[str]) -> None:
    """Add one call's turns to the report."""
    counts = Counter(turn.text for turn in call.turns)
    report.calls += 1
    report.acknowledged += len(acknowledged)
    report.stored_turns += len(call.turns)
    report.lost_turns += sum(text not in counts for text in acknowledged)
    report.doubled += sum(count - 1 for count in counts.values())
    report.doubled += len(call.turns) - len({turn.seq for turn in call.turns})


async def outage(postgres: Postgres, folder: Path, seconds: float, *, frozen: bool = False) -> Report:
    """One call during which Postgres is away, or hangs, for so long; it talks before, during and after."""
    briefing = await new_call()
    transcript = await DurableCallLog.open(folder, briefing, SilentBus())
    texts: list[str] = []

    async def talk(until: float) -> None:
        while time.monotonic() < until:
            moment = now()
            turn = await transcript.append_turn(Speaker.CALLER, f"turn {len(texts)}", moment, moment)
            texts.append(turn.text)
            await asyncio.sleep(0.02)

    await talk(time.monotonic() + 0.3)
    await asyncio.to_thread(postgres.freeze if frozen else postgres.stop)
    await talk(time.monotonic() + seconds)
    await asyncio.to_thread(postgres.thaw if frozen else postgres.start)
    await talk(time.monotonic() + 0.3)
    await transcript.append_end(CallStatus.COMPLETED, EndReason.GOODBYE)
    report = Report()
    if not await transcript.close(timeout=30):
        report.wrong_ends += 1
    async with account_session(briefing.account_id) as session:
        call = await calls.get_detail(session, briefing.call_id, see_values=True)
    tally(report, call, texts)
    report.wrong_ends += call.summary.status is not CallStatus.COMPLETED
    return report
