"""Whole calls: real LiveKit, Postgres, Valkey, speech; the caller's audio is exact and what is heard is recorded."""

import asyncio
import json
import time
from typing import Any

import pytest
from redis.asyncio import Redis

from quantum_app.domain.calls.schemas import CallStatus, EndReason, Speaker
from quantum_app.settings import settings
from tests.processes import unneeded_secrets
from tests.stack import Stack
from tests.unit.ops.waiting import until
from tests.worker.conftest import HOURS, PETS, CallFactory, PlacedCall, ask, brief, greeted, interrupt, say

pytestmark = pytest.mark.call


async def test_a_question_is_answered_aloud_and_kept(call_factory: CallFactory, stack: Stack) -> None:
    placed_call = await call_factory.call()
    messages: list[dict[str, object]] = []
    redis = Redis.from_url(settings().redis.url.get_secret_value(), decode_responses=True)
    async with redis.pubsub() as live:
        await live.subscribe(f"qv:live:{placed_call.ref.account_id}")
        async with placed_call.caller() as caller:
            await greeted(caller)
            parts, leaks = unneeded_secrets(stack)
            _wait, answer = await ask(caller, say(PETS))
            stage = await redis.hget(f"qv:call:{placed_call.ref.call_id}", "stage")
            speech = await caller.say(say("Goodbye."))
            assert await caller.wait_for_end(20) == "goodbye"
            farewell = caller.text("assistant", speech.last)
            await caller.until(lambda: caller.disconnected, "hang-up", 10)
        call = await placed_call.finished()
        while (item := await live.get_message(timeout=0.2)) is not None:
            if item["type"] == "message":
                messages.append(json.loads(item["data"]))
    await redis.aclose()
    assert "welcome" in answer
    assert "Goodbye" in farewell
    assert stage == "listening"
    assert call.summary.status is CallStatus.COMPLETED
    assert call.summary.end_reason is EndReason.GOODBYE
    assert [turn.speaker for turn in call.turns] == [Speaker.ASSISTANT, *[Speaker.CALLER, Speaker.ASSISTANT] * 2]
    question, reply = call.turns[1:3]
    assert "pets" in question.text.lower()
    assert reply.text == answer
    assert reply.sources == ("House rules",)
    assert reply.node_id == "answers"
    latency = reply.latency
    assert latency is not None
    assert latency.total is not None
    assert latency.overhead is not None
    assert 0 <= latency.overhead < latency.total
    assert {(item.kind, item.unit) for item in call.usage} == {("STT", "seconds"), ("TTS", "characters")}
    # A busy machine says that it takes a moment.
    kinds = [event.kind for event in call.events if event.kind not in {"filler.played", "node.entered"}]
    assert kinds == ["slot.filled", "assistant.joined", "call.ended"]
    kinds = [message["type"] for message in messages]
    assert kinds[0] == "call.started"
    assert kinds[-1] == "call.ended"
    assert kinds.count("turn.recorded") == len(call.turns)
    assert "call.stage_changed" in kinds
    # No process of a call knows a secret that it does not need.
    assert parts >= {"postgres", "valkey", "livekit", "providers", "worker"}
    assert leaks == []
    await the_log_names_the_call_and_never_quotes(placed_call, stack, "pets")


async def the_log_names_the_call_and_never_quotes(placed_call: PlacedCall, stack: Stack, word: str) -> None:
    def log_entries() -> list[dict[str, Any]]:
        log = stack.logs["worker"].read_text(errors="replace")
        lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
        return [line for line in lines if line.get("call_id") == str(placed_call.ref.call_id)]

    await asyncio.to_thread(until, lambda: any(line["event"] == "call.ended" for line in log_entries()))
    mine = log_entries()
    assert {"account_id", "campaign_id", "stage"} <= {key for line in mine for key in line}
    assert any(line["event"] == "turn.answered" and line["total_ms"] for line in mine)
    for log in stack.logs.values():
        text = log.read_text(errors="replace").lower() if log.exists() else ""
        assert word not in text, log


async def test_an_interruption_silences_the_assistant_and_is_answered(call_factory: CallFactory) -> None:
    call = await interrupt(await call_factory.call(flow=brief()), 1.5)
    assert not call.turns[2].text.endswith("landlord.")


async def test_a_back_channel_pauses_and_nothing_is_lost(call_factory: CallFactory) -> None:
    placed_call = await call_factory.call(flow=brief())
    async with placed_call.caller() as caller:
        await greeted(caller)
        speech = await caller.say(say(HOURS))
        audible_at = await caller.wait_for_sound(speech.last, 10)
        await asyncio.sleep(max(0.0, audible_at + 1.0 - time.monotonic()))
        hum = await caller.say(say("Mm-hmm."))
        resumed = await caller.wait_for_sound(hum.last + 0.1, 10)
        await caller.turn_over(resumed, 30)
        paused = caller.recording.falls_silent(hum.first, 0.15)
    call = await placed_call.detail()
    answers = [turn for turn in call.turns if turn.speaker is Speaker.ASSISTANT]
    assert len(answers) == 2
    assert not answers[1].interrupted
    assert "The office is open" in answers[1].text
    assert answers[1].text.endswith(".")
    assert paused is not None
    assert paused - hum.last < 0.5


async def test_a_typed_message_is_answered_on_the_same_call(call_factory: CallFactory, stack: Stack) -> None:
    placed_call = await call_factory.call(flow=brief())
    async with placed_call.caller() as caller:
        await greeted(caller)
        sent_at = time.monotonic()
        await caller.type("How much is a parking space for my zeppelin?")
        await caller.wait_for_sound(sent_at, 10)
        await caller.turn_over(sent_at, 30)
        assert "95" in caller.text("assistant", sent_at)
        await caller.type("Goodbye!")
        assert await caller.wait_for_end(20) == "goodbye"
    call = await placed_call.finished()
    assert [turn.typed for turn in call.turns if turn.speaker is Speaker.CALLER] == [True, True]
    await the_log_names_the_call_and_never_quotes(placed_call, stack, "zeppelin")


async def test_a_caller_who_drops_out_may_come_back(call_factory: CallFactory) -> None:
    placed_call = await call_factory.call(flow=brief())
    async with placed_call.caller() as caller:
        await greeted(caller)
    async with placed_call.caller(says_so=True) as caller:
        await caller.listened_to(10)
        _, answer = await ask(caller, say(PETS))
        assert "welcome" in answer
    call = await placed_call.finished()
    assert call.summary.status is CallStatus.COMPLETED
    assert call.summary.end_reason is EndReason.CALLER_LEFT
    kinds = [event.kind for event in call.events if event.kind.startswith(("assistant.joined", "participant."))]
    assert kinds[:4] == ["assistant.joined", "participant.left", "participant.reconnected", "participant.left"]
