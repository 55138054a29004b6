"""Whole calls that take long; their logic is tested on a virtual clock as well."""

import asyncio
import time

import httpx
import numpy as np
import pytest
from livekit import rtc

from ops.sound import RATE, noise
from quantum_app.domain.calls.schemas import EndReason, Speaker
from quantum_app.providers.livekit import Rooms
from quantum_app.settings import settings
from tests.stack import Stack
from tests.worker.conftest import HOURS, PETS, CallFactory, Fault, PlacedCall, ask, greeted, interrupt, say

pytestmark = pytest.mark.long


async def test_the_last_words_before_hanging_up_are_kept(call_factory: CallFactory) -> None:
    placed_call = await call_factory.call()
    async with placed_call.caller(says_so=True) as caller:
        await greeted(caller)
        await caller.say(say("Please call me back tomorrow."))
    call = await placed_call.finished()
    assert call.summary.end_reason is EndReason.CALLER_LEFT
    assert call.turns[-1].speaker is Speaker.CALLER
    assert "tomorrow" in call.turns[-1].text.lower()


async def test_an_interruption_at_the_first_word_silences_the_assistant(call_factory: CallFactory) -> None:
    call = await interrupt(await call_factory.call(), 0.3)
    assert len(call.turns[2].text) < 80


async def test_a_yeah_pauses_and_nothing_is_lost(call_factory: CallFactory) -> None:
    placed_call = await call_factory.call()
    async with placed_call.caller() as caller:
        await greeted(caller)
        speech = await caller.say(say(HOURS))
        audible_at = await caller.wait_for_sound(speech.last, 10)
        await asyncio.sleep(max(0.0, audible_at + 1.0 - time.monotonic()))
        hum = await caller.say(say("Yeah."))
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


async def test_clatter_loses_no_word(call_factory: CallFactory) -> None:
    placed_call = await call_factory.call()
    async with placed_call.caller() as caller:
        await greeted(caller)
        speech = await caller.say(say(HOURS))
        audible_at = await caller.wait_for_sound(speech.last, 10)
        await asyncio.sleep(max(0.0, audible_at + 1.0 - time.monotonic()))
        clatter = await caller.say(noise("white", 0.06, -25, 1))
        await caller.turn_over(clatter.last, 30)
    call = await placed_call.detail()
    answer = [turn for turn in call.turns if turn.speaker is Speaker.ASSISTANT][1]
    assert not answer.interrupted
    assert "The office is open" in answer.text
    assert answer.text.endswith(".")


async def test_a_pause_inside_a_sentence_does_not_end_the_turn(call_factory: CallFactory) -> None:
    placed_call = await call_factory.call()
    pause = np.zeros(round(0.6 * RATE), np.int16)
    words = np.concatenate([say("I would like to know if"), pause, say("you allow pets in the apartments.")])
    async with placed_call.caller() as caller:
        await greeted(caller)
        speech = await caller.say(words)
        assert caller.recording.first_audible(speech.first + 0.1, speech.last) is None
        await caller.wait_for_sound(speech.last, 10)
        await caller.turn_over(speech.last, 30)
        assert "welcome" in caller.text("assistant", speech.last)


async def test_a_message_may_come_before_the_assistant_and_twice(call_factory: CallFactory) -> None:
    placed_call = await call_factory.call()
    async with placed_call.caller() as caller:
        sent_at = time.monotonic()
        await caller.type("How much is a parking space?", receipts=2)
        await caller.until(lambda: "95" in caller.text("assistant", sent_at), "answer", 20)
        await caller.turn_over(sent_at, 30)
        await caller.type("Goodbye!")
        assert await caller.wait_for_end(30) == "goodbye"
    call = await placed_call.finished()
    texts = [turn.text for turn in call.turns if turn.speaker is Speaker.CALLER]
    assert texts == ["How much is a parking space?", "Goodbye!"]


async def test_a_slow_voice_is_bridged_by_a_filler(call_factory: CallFactory, fault: Fault) -> None:
    placed_call = await call_factory.call()
    async with placed_call.caller() as caller:
        await greeted(caller)
        fault("speak", delay_ms=3000)
        wait, answer = await ask(caller, say(PETS))
        fault("speak")
        assert wait > 1.0
        assert "welcome" in answer
    call = await placed_call.detail()
    assert [event.data for event in call.events if event.kind == "filler.played"] == [{"component": "TTS"}]


async def test_a_dead_voice_leaves_the_words_on_the_page(call_factory: CallFactory, fault: Fault) -> None:
    placed_call = await call_factory.call()
    async with placed_call.caller() as caller:
        await greeted(caller)
        fault("speak", silence=True)
        speech = await caller.say(say(PETS))
        await caller.until(lambda: "welcome" in caller.text("assistant", speech.last), "captions", 25)
        fault("speak")
        _, answer = await ask(caller, say("How much is a parking space?"))
        assert "95" in answer


async def test_a_dead_recogniser_is_admitted_and_typing_goes_on(call_factory: CallFactory, fault: Fault) -> None:
    placed_call = await call_factory.call()
    async with placed_call.caller() as caller:
        await greeted(caller)
        broken = time.monotonic()
        fault("listen", drop_after_ms=50)
        await caller.wait_for_sound(broken, 20)
        await caller.turn_over(broken, 30)
        assert "trouble hearing" in caller.text("assistant", broken)
        sent_at = time.monotonic()
        await caller.type("How much is a parking space?")
        await caller.turn_over(sent_at, 30)
        assert "95" in caller.text("assistant", sent_at)
        fault("listen")
        # The next attempt to connect is at most this far away.
        await asyncio.sleep(5)
        _, answer = await ask(caller, say(PETS))
        assert "welcome" in answer


async def test_an_assistant_does_not_stay_where_no_caller_is(call_factory: CallFactory, stack: Stack) -> None:
    placed_call = await call_factory.call()
    began = await calls_of(stack)
    rooms = Rooms(settings().livekit, settings().worker.agent_name)
    await rooms.send_assistant(placed_call.ref)
    async with asyncio.timeout(30):
        while not left_alone(placed_call, stack):  # noqa: ASYNC110 (another process writes it)
            await asyncio.sleep(0.1)
        while await calls_of(stack) > began:  # noqa: ASYNC110 (another process counts them)
            await asyncio.sleep(0.1)
    call = await placed_call.detail()
    assert (call.summary.answered_at, call.events, call.turns) == (None, (), ())
    assert not placed_call.spool.exists()
    # The call is not lost: who comes now asks for another one, as the page does.
    async with placed_call.caller() as caller:
        await rooms.send_assistant(placed_call.ref)
        await greeted(caller)


def left_alone(placed_call: PlacedCall, stack: Stack) -> bool:
    """Whether the log says that nobody was there."""
    lines = stack.logs["worker"].read_text(errors="replace").splitlines()
    return any("nobody is in the room" in line and str(placed_call.ref.call_id) in line for line in lines)


async def calls_of(stack: Stack) -> int:
    """How many calls the worker has."""
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"http://127.0.0.1:{stack.instance.port_of('agent worker')}/")
    return answer.json()["calls"]


async def test_embeddings_that_fail_do_not_delay_the_answer(call_factory: CallFactory, fault: Fault) -> None:
    placed_call = await call_factory.call()
    async with placed_call.caller() as caller:
        await greeted(caller)
        fault("embeddings", status=500)
        _wait, answer = await ask(caller, say(PETS))
        assert "welcome" in answer


async def test_a_second_dispatch_leaves_the_call_alone(call_factory: CallFactory) -> None:
    placed_call = await call_factory.call()
    async with placed_call.caller() as caller:
        await greeted(caller)
        job = placed_call.job()
        await Rooms(settings().livekit, settings().worker.agent_name).send_assistant(placed_call.ref)
        _, answer = await ask(caller, say(PETS))
        assert "welcome" in answer
        assert placed_call.job() == job
        agents = [
            one
            for one in caller._room.remote_participants.values()  # pyright: ignore[reportPrivateUsage]
            if one.kind == rtc.ParticipantKind.PARTICIPANT_KIND_AGENT
        ]
        assert len(agents) == 1
