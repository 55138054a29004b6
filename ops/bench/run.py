"""Holds the calls of one bench run against the running instance and collects what was seen."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import fields
from uuid import UUID

import httpx
from livekit import api, rtc

from ops.bench.corpus import Item
from ops.bench.figures import quantile
from ops.bench.resources import MemorySampler, memory
from ops.bench.script import ScriptStep
from ops.bench.talk import CallEnded, Observation, TurnObservation, hold
from ops.caller import CallRefused, SyntheticCaller, Ticket, start_call
from ops.home import OpsError
from ops.sound import speak
from quantum_app.db.session import account_session
from quantum_app.domain.calls import service as records
from quantum_app.domain.calls.schemas import Latency
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.kit.ids import new_id
from quantum_app.settings import settings

CAMPAIGN = "demo"
FAILURES = 3
TOGETHER = (1, 2, 4)


class Bench:
    """The instance and what it said so far."""

    def __init__(self, consent_version: str, account_id: UUID) -> None:
        self._consent_version = consent_version
        self._account_id = account_id
        self._calls = 0
        self.call_ids: list[UUID] = []
        self.failed: list[str] = []

    @classmethod
    async def open(cls) -> "Bench":
        """Find the demo campaign. Raises QuantumError when it, or the database, is not there."""
        campaign = await campaigns.get_public(CAMPAIGN)
        return cls(campaign.consent_version, campaign.account_id)

    async def caller(self) -> SyntheticCaller:
        """A caller with a ticket of its own; not yet in the room."""
        self._calls += 1
        ticket = await start_call(
            f"http://127.0.0.1:{settings().port}",
            CAMPAIGN,
            email=f"bench-{self._calls}@quantum.example",
            consent_version=self._consent_version,
            name="Bench",
            # Each is somebody of their own (RFC 2544: addresses for benchmarks).
            address=f"198.18.{self._calls >> 8 & 255}.{self._calls & 255}",
        )
        self.call_ids.append(ticket.uuid)
        return SyntheticCaller(ticket, says_so=True)

    async def warm_up(self) -> None:
        """A call that is not counted: after a start, models load and caches fill. Raises Problem when it fails."""
        try:
            async with await self.caller() as caller:
                joined_at = await caller.assistant(timeout=60)
                await caller.turn_over(after=joined_at, timeout=60)
                question = await caller.say(await asyncio.to_thread(speak, "Do you allow pets?"))
                await caller.turn_over(after=question.last, timeout=60)
        except (TimeoutError, CallRefused, httpx.HTTPError, rtc.ConnectError) as error:
            raise OpsError(f"The first call failed ({error}): `make doctor` says why.") from error
        self.call_ids.clear()

    async def script(self, calls: Sequence[Sequence[ScriptStep]]) -> list[Observation]:
        """The calls one after the other. Raises Problem when several in a row fail."""
        observations: list[Observation] = []
        in_a_row = 0
        for number, steps in enumerate(calls, start=1):
            began = time.monotonic()
            try:
                async with await self.caller() as caller:
                    await hold(caller, steps, number, observations)
                in_a_row = 0
            except (TimeoutError, CallEnded, CallRefused, httpx.HTTPError, rtc.ConnectError) as error:
                self.failed.append(f"call {number}: {error}")
                in_a_row += 1
                if in_a_row == FAILURES:
                    raise OpsError(f"{FAILURES} calls in a row failed ({error}): `make doctor` says why.") from error
            print(f"call {number} of {len(calls)}: {len(steps)} steps in {time.monotonic() - began:.0f} s", flush=True)
        return observations

    async def together(self, items: Sequence[Item], count: int) -> tuple[list[TurnObservation], list[MemorySampler]]:
        """`count` calls at once, each going through the same plain turns in another order.

        Memory is read at the end, while all calls are still there: reading takes time that a caller would notice.
        """
        async with AsyncExitStack() as all_calls:
            observations: list[Observation] = []
            talks: list[asyncio.Task[None]] = []
            for number in range(count):
                caller = await all_calls.enter_async_context(await self.caller())
                steps = [ScriptStep(items[(number * 3 + index) % len(items)]) for index in range(len(items))]
                talks.append(asyncio.create_task(hold(caller, steps, 100 + number, observations)))
            results = await asyncio.gather(*talks, return_exceptions=True)
            sizes = memory(settings().home)
        self.failed += [f"one of {count} at once: {error}" for error in results if isinstance(error, BaseException)]
        return [turn for turn in observations if isinstance(turn, TurnObservation)], sizes

    async def stages(self) -> tuple[dict[str, dict[str, float]], list[float]]:
        """Each stage over all answers of this run, in milliseconds, and all overheads."""
        latencies: list[Latency] = []
        for call_id in self.call_ids:
            async with account_session(self._account_id) as session:
                call = await records.get_detail(session, call_id, see_values=True)
            latencies += [turn.latency for turn in call.turns if turn.latency is not None]
        stages: dict[str, dict[str, float]] = {}
        for stage in fields(Latency):
            values = [value for item in latencies if (value := getattr(item, stage.name)) is not None]
            p50, p95, most = quantile(values, 0.5), quantile(values, 0.95), quantile(values, 1.0)
            if p50 is not None and p95 is not None and most is not None:
                stages[stage.name] = {"p50": p50, "p95": p95, "max": most, "n": len(values)}
        return stages, [item.overhead for item in latencies if item.overhead is not None]


async def transport() -> list[float]:
    """Seconds from a sample spoken to the sample heard with only LiveKit between: no assistant can undercut it."""
    server = settings().livekit
    room = f"bench-{new_id()}"

    def ticket(identity: str, kind: api.AccessToken.ParticipantKind) -> Ticket:
        token = api.AccessToken(server.api_key, server.api_secret.get_secret_value())
        grants = api.VideoGrants(room_join=True, room=room)
        return Ticket(room, server.url, token.with_identity(identity).with_kind(kind).with_grants(grants).to_jwt())

    words = await asyncio.to_thread(speak, "One moment, please.")
    delays: list[float] = []
    async with (
        SyntheticCaller(ticket("listener", "standard")) as listener,
        SyntheticCaller(ticket("speaker", "agent")) as speaker,
    ):
        await listener.assistant(timeout=5)
        await listener.until(lambda: bool(listener.recording.times), "track", 5)
        for _ in range(8):
            speech = await speaker.say(words)
            delays.append(await listener.wait_for_sound(speech.first, 5) - speech.first)
            await listener.quiet(0.5, 10)
    return delays
