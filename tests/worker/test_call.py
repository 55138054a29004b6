"""Whole calls: real LiveKit, Postgres, Valkey, speech; the caller's audio is exact and what is heard is recorded."""

import asyncio
import json
import os
import signal
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import numpy as np
import pytest
from livekit import rtc
from redis.asyncio import Redis

from ops.caller import SyntheticCaller
from ops.sound import RATE, noise
from quantum_app.domain.calls.schemas import CallStatus, EndReason, Speaker
from quantum_app.domain.campaigns import demo
from quantum_app.providers.livekit import Rooms
from quantum_app.settings import settings
from tests.processes import unneeded_secrets
from tests.stack import Stack
from tests.unit.ops.waiting import until
from tests.worker.conftest import Desk, Fault, Placed, ask, say

pytestmark = pytest.mark.call

PETS = "Do you allow pets?"
HOURS = "What are the office opening hours?"


async def greeted(caller: SyntheticCaller) -> None:
    await caller.turn_over(time.monotonic() - 1, 30)


async def test_a_question_is_answered_aloud_and_kept(desk: Desk) -> None:
    placed = await desk.call()
    messages: list[dict[str, object]] = []
    redis = Redis.from_url(settings().redis.url.get_secret_value(), decode_responses=True)
    async with redis.pubsub() as live:
        await live.subscribe(f"qv:live:{placed.ref.account_id}")
        async with placed.caller() as caller:
            await greeted(caller)
            _waited, answer = await ask(caller, say(PETS))
            stage = await redis.hget(f"qv:call:{placed.ref.call_id}", "stage")
            spoken = await caller.say(say("Goodbye."))
            assert await caller.ended(20) == "goodbye"
            farewell = caller.text("assistant", spoken.last)
            await caller.until(lambda: caller.disconnected, "hang-up", 10)
        call = await placed.finished()
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
    assert 0 < latency.overhead < latency.total
    assert {(item.kind, item.unit) for item in call.usage} == {("STT", "seconds"), ("TTS", "characters")}
    assert [event.kind for event in call.events] == ["joined", "ended"]
    kinds = [message["type"] for message in messages]
    assert kinds[0] == "call.started"
    assert kinds[-1] == "call.ended"
    assert kinds.count("turn") == len(call.turns)
    assert "call.stage" in kinds


async def test_the_last_words_before_hanging_up_are_kept(desk: Desk) -> None:
    placed = await desk.call()
    async with placed.caller(says_so=True) as caller:
        await greeted(caller)
        await caller.say(say("Please call me back tomorrow."))
    call = await placed.finished()
    assert call.summary.end_reason is EndReason.CALLER_LEFT
    assert call.turns[-1].speaker is Speaker.CALLER
    assert "tomorrow" in call.turns[-1].text.lower()


@pytest.mark.parametrize("after", [0.3, 1.5])
async def test_an_interruption_silences_the_assistant_and_is_answered(desk: Desk, after: float) -> None:
    placed = await desk.call()
    async with placed.caller() as caller:
        await greeted(caller)
        first = await caller.say(say("What do I need to apply for an apartment?"))
        heard = await caller.heard(first.last, 10)
        await asyncio.sleep(max(0.0, heard + after - time.monotonic()))
        second = await caller.say(say("Wait, how much is the deposit?"))
        quiet = caller.recording.last_audible(second.first, second.last)
        await caller.heard(second.last, 10)
        await caller.turn_over(second.last, 30)
        answer = caller.text("assistant", second.last)
        await caller.say(say("Goodbye."))
        await caller.ended(20)
    call = await placed.finished()
    assert quiet is None or quiet - second.first < 0.8
    assert "deposit" in answer
    cut = call.turns[2]
    assert cut.speaker is Speaker.ASSISTANT
    assert cut.interrupted
    assert cut.text
    assert len(cut.text) < 80
    assert call.interruptions == 1
    assert sum(turn.interrupted for turn in call.turns) == 1


@pytest.mark.parametrize("word", ["Yeah.", "Mm-hmm."])
async def test_a_back_channel_pauses_and_nothing_is_lost(desk: Desk, word: str) -> None:
    placed = await desk.call()
    async with placed.caller() as caller:
        await greeted(caller)
        spoken = await caller.say(say(HOURS))
        heard = await caller.heard(spoken.last, 10)
        await asyncio.sleep(max(0.0, heard + 1.0 - time.monotonic()))
        hum = await caller.say(say(word))
        resumed = await caller.heard(hum.last + 0.1, 10)
        await caller.turn_over(resumed, 30)
    call = await placed.detail()
    answers = [turn for turn in call.turns if turn.speaker is Speaker.ASSISTANT]
    assert len(answers) == 2
    assert not answers[1].interrupted
    assert answers[1].text.startswith("The office is open")
    assert answers[1].text.endswith(".")
    assert "backchannel" in [event.kind for event in call.events]


async def test_clatter_loses_no_word(desk: Desk) -> None:
    placed = await desk.call()
    async with placed.caller() as caller:
        await greeted(caller)
        spoken = await caller.say(say(HOURS))
        heard = await caller.heard(spoken.last, 10)
        await asyncio.sleep(max(0.0, heard + 1.0 - time.monotonic()))
        clatter = await caller.say(noise("white", 0.06, -25, 1))
        await caller.turn_over(clatter.last, 30)
    call = await placed.detail()
    answer = [turn for turn in call.turns if turn.speaker is Speaker.ASSISTANT][1]
    assert not answer.interrupted
    assert answer.text.startswith("The office is open")
    assert answer.text.endswith(".")


async def test_a_pause_inside_a_sentence_does_not_end_the_turn(desk: Desk) -> None:
    placed = await desk.call()
    pause = np.zeros(round(0.6 * RATE), np.int16)
    words = np.concatenate([say("I would like to know if"), pause, say("you allow pets in the apartments.")])
    async with placed.caller() as caller:
        await greeted(caller)
        spoken = await caller.say(words)
        assert caller.recording.first_audible(spoken.first + 0.1, spoken.last) is None
        await caller.heard(spoken.last, 10)
        await caller.turn_over(spoken.last, 30)
        assert "welcome" in caller.text("assistant", spoken.last)


async def test_a_typed_message_is_answered_on_the_same_call(desk: Desk) -> None:
    placed = await desk.call()
    async with placed.caller() as caller:
        await greeted(caller)
        sent = time.monotonic()
        await caller.type("How much is a parking space?")
        await caller.heard(sent, 10)
        await caller.turn_over(sent, 30)
        assert "95" in caller.text("assistant", sent)
        await caller.type("Goodbye!")
        assert await caller.ended(20) == "goodbye"
    call = await placed.finished()
    assert [turn.typed for turn in call.turns if turn.speaker is Speaker.CALLER] == [True, True]


async def test_a_message_may_come_before_the_assistant_and_twice(desk: Desk) -> None:
    placed = await desk.call()
    async with placed.caller() as caller:
        sent = time.monotonic()
        await caller.type("How much is a parking space?", receipts=2)
        await caller.until(lambda: "95" in caller.text("assistant", sent), "answer", 20)
        await caller.turn_over(sent, 30)
        await caller.type("Goodbye!")
        assert await caller.ended(30) == "goodbye"
    call = await placed.finished()
    written = [turn.text for turn in call.turns if turn.speaker is Speaker.CALLER]
    assert written == ["How much is a parking space?", "Goodbye!"]


async def test_a_call_ends_at_its_longest_duration_with_words(desk: Desk) -> None:
    placed = await desk.call(max_duration=30)
    async with placed.caller() as caller:
        began = time.monotonic()
        assert await caller.ended(50) == "max_duration"
        assert time.monotonic() - began > 25
        assert "time is up" in caller.text("assistant")
    call = await placed.finished()
    assert call.summary.status is CallStatus.COMPLETED
    assert call.summary.end_reason is EndReason.MAX_DURATION


async def test_a_caller_who_drops_out_may_come_back(desk: Desk) -> None:
    placed = await desk.call()
    async with placed.caller() as caller:
        await greeted(caller)
    async with placed.caller() as caller:
        _, answer = await ask(caller, say(PETS))
        assert "welcome" in answer
    call = await placed.finished(timeout=40)
    assert call.summary.status is CallStatus.COMPLETED
    assert call.summary.end_reason is EndReason.CALLER_LEFT
    assert [event.kind for event in call.events] == ["joined", "caller_left", "caller_back", "caller_left", "ended"]


async def test_a_killed_job_is_taken_up_without_losing_a_turn(desk: Desk) -> None:
    placed = await desk.call()
    async with placed.caller() as caller:
        await greeted(caller)
        await ask(caller, say(PETS))
        before = await placed.detail()
        job = placed.job()
        assert job is not None
        killed = time.monotonic()
        os.kill(job, signal.SIGKILL)
        back = await caller.heard(killed + 0.5, 15)
        await caller.turn_over(back - 0.05, 30)
        assert "interrupted" in caller.text("assistant", killed)
        _, answer = await ask(caller, say("How much is a parking space?"))
        assert "95" in answer
        await caller.say(say("Goodbye."))
        assert await caller.ended(20) == "goodbye"
    call = await placed.finished()
    assert call.turns[: len(before.turns)] == before.turns
    assert [turn.speaker for turn in call.turns[len(before.turns) :]] == [
        Speaker.ASSISTANT,
        *[Speaker.CALLER, Speaker.ASSISTANT] * 2,
    ]
    seqs = [record.seq for record in (*call.turns, *call.events, *call.usage)]
    assert len(seqs) == len(set(seqs))
    assert "resumed" in [event.kind for event in call.events]


async def test_a_killed_worker_leaves_no_orphan_and_its_call_goes_on(desk: Desk, stack: Stack) -> None:
    placed = await desk.call()
    async with placed.caller() as caller:
        await greeted(caller)
        await ask(caller, say(PETS))
        job = placed.job()
        assert job is not None
        killed = time.monotonic()
        await asyncio.to_thread(stack.children["worker"].kill)
        async with asyncio.timeout(10):
            while placed.job() == job:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        back = await caller.heard(time.monotonic(), 60)
        await caller.turn_over(back - 0.05, 30)
        assert "interrupted" in caller.text("assistant", killed)
        await caller.say(say("Goodbye."))
        assert await caller.ended(20) == "goodbye"
    call = await placed.finished()
    assert call.summary.end_reason is EndReason.GOODBYE
    assert next(turn.text for turn in call.turns if turn.speaker is Speaker.CALLER).lower().count("pets") == 1


async def test_nobody_takes_up_a_call_without_a_caller(desk: Desk) -> None:
    placed = await desk.call()
    async with placed.caller() as caller:
        await greeted(caller)
        await ask(caller, say(PETS))
        job = placed.job()
        assert job is not None
        os.kill(job, signal.SIGKILL)
    call = await placed.finished(timeout=60)
    assert call.summary.status is CallStatus.FAILED
    assert call.summary.end_reason is EndReason.WORKER_LOST
    assert len(call.turns) == 3


async def test_a_stopping_worker_takes_leave(desk: Desk, stack: Stack) -> None:
    placed = await desk.call()
    worker = stack.children["worker"]
    pid = worker.pid
    assert pid is not None
    try:
        async with placed.caller() as caller:
            await greeted(caller)
            os.kill(pid, signal.SIGTERM)
            assert await caller.ended(20) == "error"
            assert "have to end the call" in caller.text("assistant")
        call = await placed.finished()
        assert call.turns[-1].text.endswith("Goodbye.")
    finally:
        async with asyncio.timeout(90):
            while worker.pid in {None, pid} or not worker.ready.is_set():  # noqa: ASYNC110
                await asyncio.sleep(0.1)


async def test_a_slow_voice_is_bridged_by_a_filler(desk: Desk, fault: Fault) -> None:
    placed = await desk.call()
    async with placed.caller() as caller:
        await greeted(caller)
        fault("speak", delay_ms=3000)
        waited, answer = await ask(caller, say(PETS))
        fault("speak")
        assert waited > 1.0
        assert "welcome" in answer
    call = await placed.detail()
    assert [event.data for event in call.events if event.kind == "filler"] == [{"waiting_for": "TTS"}]


async def test_a_dead_voice_leaves_the_words_on_the_page(desk: Desk, fault: Fault) -> None:
    placed = await desk.call()
    async with placed.caller() as caller:
        await greeted(caller)
        fault("speak", silence=True)
        spoken = await caller.say(say(PETS))
        caption = await caller.caption("assistant", spoken.last, 25)
        assert "welcome" in caption.text
        fault("speak")
        _, answer = await ask(caller, say("How much is a parking space?"))
        assert "95" in answer


async def test_a_dead_recogniser_is_admitted_and_typing_goes_on(desk: Desk, fault: Fault) -> None:
    placed = await desk.call()
    async with placed.caller() as caller:
        await greeted(caller)
        broken = time.monotonic()
        fault("listen", drop_after_ms=50)
        await caller.heard(broken, 20)
        await caller.turn_over(broken, 30)
        assert "trouble hearing" in caller.text("assistant", broken)
        sent = time.monotonic()
        await caller.type("How much is a parking space?")
        await caller.turn_over(sent, 30)
        assert "95" in caller.text("assistant", sent)
        fault("listen")
        # The next attempt to connect is at most this far away.
        await asyncio.sleep(5)
        _, answer = await ask(caller, say(PETS))
        assert "welcome" in answer


async def test_an_assistant_does_not_stay_where_no_caller_is(desk: Desk, stack: Stack) -> None:
    placed = await desk.call()
    began = await calls_of(stack)
    rooms = Rooms(settings().livekit, settings().worker.agent_name)
    await rooms.send_assistant(placed.ref)
    async with asyncio.timeout(30):
        while not left_alone(placed, stack):  # noqa: ASYNC110 (another process writes it)
            await asyncio.sleep(0.1)
        while await calls_of(stack) > began:  # noqa: ASYNC110 (another process counts them)
            await asyncio.sleep(0.1)
    call = await placed.detail()
    assert (call.summary.answered_at, call.events, call.turns) == (None, (), ())
    assert not placed.spool.exists()
    # The call is not lost: who comes now asks for another one, as the page does.
    async with placed.caller() as caller:
        await rooms.send_assistant(placed.ref)
        await greeted(caller)


def left_alone(placed: Placed, stack: Stack) -> bool:
    """Whether the log says that nobody was there."""
    lines = stack.children["worker"].log.read_text(errors="replace").splitlines()
    return any("nobody is in the room" in line and str(placed.ref.call_id) in line for line in lines)


async def calls_of(stack: Stack) -> int:
    """How many calls the worker has."""
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"http://127.0.0.1:{stack.instance.port_of('agent worker')}/")
    return answer.json()["calls"]


async def test_a_full_worker_takes_no_call(desk: Desk, stack: Stack) -> None:
    worker = stack.children["worker"]
    worker.environment["QUANTUM_WORKER_MAX_CALLS"] = "1"
    await asyncio.to_thread(worker.restart)
    try:
        first, second = await desk.call(), await desk.call()
        async with first.caller() as caller:
            await caller.assistant(10)
            async with second.caller() as other:
                with pytest.raises(TimeoutError):
                    await other.assistant(5)
    finally:
        del worker.environment["QUANTUM_WORKER_MAX_CALLS"]
        await asyncio.to_thread(worker.restart)


@pytest.fixture
async def model(stack: Stack) -> AsyncIterator[None]:
    """The worker with a language model: the local chat server."""
    worker, local = stack.children["worker"], settings().local_providers
    given = {
        "OPENAI_BASE_URL": f"http://127.0.0.1:{local.port}/v1",
        "OPENAI_API_KEY": local.key.get_secret_value(),
        "OPENAI_MODEL": "extractive",
    }
    before = dict(worker.environment)
    worker.environment |= given
    await asyncio.to_thread(worker.restart)
    yield
    worker.environment = before
    await asyncio.to_thread(worker.restart)


async def test_a_model_words_the_answers_and_the_rules_do_when_it_hangs(desk: Desk, model: None, fault: Fault) -> None:
    placed = await desk.call()
    async with placed.caller() as caller:
        await greeted(caller)
        _, answer = await ask(caller, say(PETS))
        assert "welcome" in answer.lower()
        fault("chat", silence=True)
        spoken = await caller.say(say(HOURS))
        await caller.until(lambda: "from nine to six" in caller.text("assistant", spoken.last), "answer", 20)
        await caller.turn_over(spoken.last, 30)
        await caller.say(say("Goodbye."))
        assert await caller.ended(20) == "goodbye"
    call = await placed.finished()
    assert {"filler", "fallback"} <= {event.kind for event in call.events}
    assert {(item.provider, item.unit) for item in call.usage if item.kind == "LLM"} == {
        ("openai/extractive", "tokens_in"),
        ("openai/extractive", "tokens_out"),
    }


async def test_a_person_is_looked_for_when_the_minutes_are_up(desk: Desk) -> None:
    flow = demo.flow()
    handoff = flow.rules.handoff.model_copy(update={"after_minutes": 0.1})
    flow = flow.model_copy(update={"rules": flow.rules.model_copy(update={"handoff": handoff})})
    placed = await desk.call(flow=flow.model_dump(mode="json"))
    async with placed.caller() as caller:
        began = time.monotonic()
        await greeted(caller)
        await caller.until(lambda: handoff.unavailable in caller.text("assistant", began), "nobody is free", 30)
        await caller.turn_over(began, 30)
        await caller.say(say("Goodbye."))
        assert await caller.ended(20) == "goodbye"
    call = await placed.finished()
    assert [event.kind for event in call.events].count("handoff_wanted") == 1


async def test_embeddings_that_fail_do_not_delay_the_answer(desk: Desk, fault: Fault) -> None:
    placed = await desk.call()
    async with placed.caller() as caller:
        await greeted(caller)
        fault("embeddings", status=500)
        _waited, answer = await ask(caller, say(PETS))
        assert "welcome" in answer


async def test_the_log_names_the_call_and_never_quotes_the_caller(desk: Desk, stack: Stack) -> None:
    placed = await desk.call()
    async with placed.caller() as caller:
        await greeted(caller)
        await ask(caller, say("Is there a gym in the building?"))
        await caller.type("Xylophone zeppelin?")
        await caller.say(say("Goodbye."))
        await caller.ended(20)
    await placed.finished()

    def told() -> list[dict[str, Any]]:
        log = stack.children["worker"].log.read_text(errors="replace")
        lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
        return [line for line in lines if line.get("call_id") == str(placed.ref.call_id)]

    await asyncio.to_thread(until, lambda: any(line["event"] == "call ended" for line in told()))
    mine = told()
    assert {"account_id", "campaign_id", "stage"} <= {key for line in mine for key in line}
    assert any(line["event"] == "answered" and line["total_ms"] for line in mine)
    for child in stack.children.values():
        log = child.log.read_text(errors="replace").lower() if child.log.exists() else ""
        assert "gym" not in log, child.log
        assert "zeppelin" not in log, child.log


async def test_no_process_of_a_call_knows_a_secret_that_it_does_not_need(desk: Desk, stack: Stack) -> None:
    placed = await desk.call()
    async with placed.caller() as caller:
        await greeted(caller)
        parts, told = unneeded_secrets(stack)
    assert parts >= {"postgres", "valkey", "livekit", "providers", "worker"}
    assert told == []


async def test_a_second_dispatch_leaves_the_call_alone(desk: Desk) -> None:
    placed = await desk.call()
    async with placed.caller() as caller:
        await greeted(caller)
        job = placed.job()
        await Rooms(settings().livekit, settings().worker.agent_name).send_assistant(placed.ref)
        _, answer = await ask(caller, say(PETS))
        assert "welcome" in answer
        assert placed.job() == job
        agents = [
            one
            for one in caller._room.remote_participants.values()  # pyright: ignore[reportPrivateUsage]
            if one.kind == rtc.ParticipantKind.PARTICIPANT_KIND_AGENT
        ]
        assert len(agents) == 1
