"""Real calls against the running worker, without the pages: tickets come from the product's own services."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest

from ops.caller import SyntheticCaller, Ticket
from ops.sound import Pcm, speak
from quantum_app.db.session import account_session, dispose
from quantum_app.domain.calls import service as calls
from quantum_app.domain.calls.schemas import CallDetail, CallRef, CallStatus, Speaker
from quantum_app.domain.campaigns import demo
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.domain.campaigns.schemas import NewCampaign
from quantum_app.kit import ids
from quantum_app.providers.livekit import Rooms
from quantum_app.settings import settings
from tests.stack import Stack

PETS = "Do you allow pets?"
HOURS = "What are the office opening hours?"
say = cache(speak)


@dataclass(frozen=True, slots=True)
class PlacedCall:
    """A call that may be joined, and what became of it."""

    ref: CallRef
    ticket: Ticket

    def caller(self, **room: Any) -> SyntheticCaller:
        return SyntheticCaller(self.ticket, **room)

    async def detail(self) -> CallDetail:
        async with account_session(self.ref.account_id) as session:
            return await calls.get_detail(session, self.ref.call_id, see_values=True)

    async def finished(self, timeout: float = 15.0) -> CallDetail:
        """The call once its row is no longer active and its spool is gone. Raises TimeoutError."""
        async with asyncio.timeout(timeout):
            while (await self.detail()).summary.status is CallStatus.ACTIVE or self.spool.exists():  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        return await self.detail()

    @property
    def spool(self) -> Path:
        return settings().home / "spool" / f"{self.ref.call_id}.spool"

    def job(self) -> int | None:
        """The process that holds the call's spool."""
        for link in Path("/proc").glob("[0-9]*/fd/*"):
            try:
                if os.readlink(link) == str(self.spool):
                    return int(link.parts[2])
            except OSError:
                continue
        return None


class CallFactory:
    """Places calls on the demo campaign, or on one of its like with another flow or length."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    async def call(self, **changes: Any) -> PlacedCall:
        """changes: fields of CampaignDraft; with any, a campaign of its own is made."""
        # A worker that a test ended takes calls again once it is registered.
        await asyncio.to_thread(self._stack.need, "worker")
        campaign = await campaigns.get_public("demo")
        async with account_session(campaign.account_id) as session:
            if changes:
                campaign_id = await campaigns.create_published(session, campaign.account_id, self._draft(**changes))
                campaign = await campaigns.get_snapshot(session, campaign_id)
            ticket = await calls.start(
                session,
                campaign,
                email="caller@test.example",
                name="Ann",
                consent=True,
                consent_version=campaign.consent_version,
            )
        ref = CallRef(ticket.account_id, ticket.call_id, ticket.campaign_id)
        token = Rooms(settings().livekit, settings().worker.agent_name).caller_token(ref, "Ann")
        return PlacedCall(ref, Ticket(ids.encode("call", ref.call_id), settings().livekit.url, token.token))

    @staticmethod
    def _draft(**changes: Any) -> NewCampaign:
        draft = NewCampaign(
            public_id=ids.random_id("cmp"),
            name="Test",
            assistant_name="Mira",
            language="en",
            consent_text="Yes.",
            consent_version="1",
            email_required=True,
            max_duration=600,
            flow=demo.flow().model_dump(mode="json"),
        )
        return replace(draft, **changes)


@pytest.fixture
def product(stack: Stack) -> Stack:
    """Where calls are placed."""
    return stack


@pytest.fixture
async def call_factory(product: Stack) -> AsyncIterator[CallFactory]:
    await asyncio.to_thread(product.need, "worker")
    yield CallFactory(product)
    await dispose()


def brief() -> dict[str, Any]:
    """The demo's flow with few words before and after what a test is about."""
    flow = demo.flow()
    fields = {"start": {"greeting": "Hello, this is Mira."}, "end": {"farewell": "Goodbye!", "next_steps": ""}}
    nodes = tuple(node.model_copy(update=fields.get(node.id, {})) for node in flow.nodes)
    return flow.model_copy(update={"nodes": nodes}).model_dump(mode="json")


Fault = Callable[..., None]


@pytest.fixture
def fault(product: Stack) -> Iterator[Fault]:
    """`fault("speak", delay_ms=2500)` sets a fault of the providers; `fault("speak")` ends it, as the test does."""
    product.need("providers")
    local = settings().local_providers
    client = httpx.Client(
        base_url=f"http://127.0.0.1:{local.port}/admin/faults",
        headers={"Authorization": f"Bearer {local.key.get_secret_value()}"},
    )

    def set_fault(endpoint: str, **fields: Any) -> None:
        answer = client.put(f"/{endpoint}", json=fields) if fields else client.delete(f"/{endpoint}")
        answer.raise_for_status()

    with client:
        yield set_fault
        for endpoint in ("listen", "speak", "chat", "embeddings"):
            set_fault(endpoint)


async def greeted(caller: SyntheticCaller) -> None:
    await caller.turn_over(time.monotonic() - 1, 30)


async def ask(caller: SyntheticCaller, words: Pcm, timeout: float = 10.0) -> tuple[float, str]:
    """Say something and hear the answer out; seconds until it was audible, and its captions."""
    speech = await caller.say(words)
    answered_at = await caller.wait_for_sound(speech.last, timeout)
    await caller.turn_over(answered_at - 0.05, 30)
    return answered_at - speech.last, caller.text("assistant", speech.last)


async def interrupt(placed_call: PlacedCall, after: float) -> CallDetail:
    """Break into an answer so many seconds after its first sound, and say goodbye; the call once it is over.

    Fails unless the assistant falls silent at once and answers what was said instead.
    """
    async with placed_call.caller() as caller:
        await greeted(caller)
        first = await caller.say(say("What do I need to apply for an apartment?"))
        audible_at = await caller.wait_for_sound(first.last, 10)
        await asyncio.sleep(max(0.0, audible_at + after - time.monotonic()))
        second = await caller.say(say("Wait, how much is the deposit?"))
        quiet = caller.recording.last_audible(second.first, second.last)
        await caller.wait_for_sound(second.last, 10)
        await caller.turn_over(second.last, 30)
        answer = caller.text("assistant", second.last)
        await caller.say(say("Goodbye."))
        await caller.wait_for_end(20)
    call = await placed_call.finished()
    assert quiet is None or quiet - second.first < 0.8
    assert "deposit" in answer
    cut = call.turns[2]
    assert cut.speaker is Speaker.ASSISTANT
    assert cut.interrupted
    assert cut.text
    assert call.interruptions == 1
    assert sum(turn.interrupted for turn in call.turns) == 1
    return call
