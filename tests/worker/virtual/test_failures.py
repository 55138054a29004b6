"""A call goes on whatever fails around it."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from uuid import UUID

import pytest
from livekit import rtc

from agent_worker.persistence import call_log
from agent_worker.persistence.spool import Record
from agent_worker.session import call_session
from quantum_app.domain.calls.schemas import CallRef, EndReason, Speaker
from quantum_app.domain.campaigns import demo
from quantum_app.domain.flows.engine.prompts import EN
from quantum_app.domain.flows.ports import AnswerRequest
from quantum_app.errors import Component, DependencyUnavailable
from quantum_app.kit.retry import SPEECH_STREAM
from quantum_app.providers.nlu.local import LocalNlu
from tests.worker.virtual.clock import passes, until
from tests.worker.virtual.conftest import Lines
from tests.worker.virtual.line import Caller, Line, NoEmbedder
from tests.worker.virtual.room import Participant

pytestmark = pytest.mark.unit

PETS = "Do you allow pets?"
FILLER = demo.flow().fillers[0]


class Model(LocalNlu):
    """A model that words answers like the rules until it hangs."""

    def __init__(self) -> None:
        super().__init__(NoEmbedder())
        self.hangs = False

    async def answer(self, request: AnswerRequest) -> AsyncIterator[str]:
        if self.hangs:
            await passes(3600)
        async for piece in super().answer(request):
            yield piece


# The voice


async def test_a_slow_voice_is_bridged_by_a_filler(line: Line) -> None:
    async with Caller(line) as caller:
        await line.open()
        await caller.turn_over()
        line.voice.delay = 3.0
        wait, answer = await caller.asks(PETS)
        line.voice.delay = 0.1
        assert answer.startswith(f"{FILLER} Pets are welcome")
        assert wait == pytest.approx(1.2, abs=0.1)
        await caller.asks("How much is a parking space?")
    assert [event.data for event in line.events if event.kind == "filler.played"] == [{"component": "TTS"}]


async def test_a_dead_voice_leaves_the_words_on_the_page(line: Line) -> None:
    async with Caller(line) as caller:
        await line.open()
        await caller.turn_over()
        line.voice.silent = True
        speech = await caller.say(PETS)
        await until(lambda: "tts.failed" in line.kinds(), "failure of the voice", 25)
        await passes(0.5)
        assert "Pets are welcome" in line.captions(speech.last)
        assert line.transcript(speech.last) == FILLER
        line.voice.silent = False
        _, answer = await caller.asks("How much is a parking space?")
        assert "95" in answer


# The recognizer


async def test_a_dead_recogniser_is_admitted_and_typing_goes_on(line: Line) -> None:
    async with Caller(line) as caller:
        await line.open()
        await caller.turn_over()
        broken = time.monotonic()
        line.recognizer.fail()
        await caller.turn_over(broken)
        assert line.transcript(broken) == EN.stt_unavailable
        sent_at = time.monotonic()
        await caller.type("How much is a parking space?")
        await caller.turn_over(sent_at)
        assert "95" in line.transcript(sent_at)
        line.recognizer.away = False
        await until(lambda: bool(line.recognizer.streams), "recognizer", SPEECH_STREAM.longest + 0.5)
        _, answer = await caller.asks(PETS)
        assert "welcome" in answer
    assert line.kinds().count("stt.unavailable") == 1


async def test_a_recogniser_that_breaks_once_is_not_worth_a_word(line: Line) -> None:
    async with Caller(line) as caller:
        await line.open()
        await caller.turn_over()
        broken = time.monotonic()
        line.recognizer.fail()
        line.recognizer.away = False
        await passes(2)
        assert line.words(broken) == []
        _, answer = await caller.asks(PETS)
        assert "welcome" in answer


# The dialogue models


async def test_the_rules_answer_when_the_model_hangs(lines: Lines) -> None:
    model = Model()
    line = lines(dialogue_models=(model, LocalNlu(NoEmbedder())))
    async with Caller(line) as caller:
        await line.open()
        await caller.turn_over()
        _, answer = await caller.asks(PETS)
        assert "welcome" in answer
        model.hangs = True
        speech = await caller.say("When is the office open?")
        await until(lambda: "from nine to six" in line.transcript(speech.last), "answer", 20)
        await caller.turn_over(speech.last)
        words = line.words(speech.last)
        await caller.say("Goodbye.")
        assert await caller.wait_for_end() == "goodbye"
    await line.finished()
    assert " ".join(word.text for word in words).startswith(f"{FILLER} The office")
    assert words[0].began - speech.last == pytest.approx(1.2, abs=0.1)
    assert [event.data for event in line.events if event.kind == "filler.played"] == [{"component": "LLM"}]
    assert line.turns[4].text.startswith(f"{FILLER} The office")
    # It was rendered when the call began, and came from memory.
    assert line.voice.requests.count(FILLER) == 1
    assert {event.data["component"] for event in line.events if event.kind == "fallback.used"} == {"LLM"}


async def test_who_gets_no_answer_in_time_hears_what_the_flow_says_then(lines: Lines) -> None:
    models = Model(), Model()
    flow = demo.flow().model_copy(update={"fillers": ()})
    line = lines(dialogue_models=models, flow=flow)
    async with Caller(line) as caller:
        await line.open()
        await caller.turn_over()
        for model in models:
            model.hangs = True
        speech = await caller.say(PETS)
        answered_at = await caller.hears(speech.last, 20)
        for model in models:
            model.hangs = False
        await caller.turn_over(speech.last)
        # An answer that comes after all is not wanted any more.
        await passes(5)
        assert line.transcript(speech.last).startswith("I don't have that in front of me.")
        assert "welcome" not in line.transcript(speech.last)
        _, answer = await caller.asks("How much is a parking space?")
        assert "95" in answer
    assert answered_at - speech.last == pytest.approx(8.6, abs=0.2)
    assert {"reason": "no answer in time"} in [event.data for event in line.events if event.kind == "fallback.used"]


class Fading:
    """An embedding server that is gone once the knowledge is prepared."""

    def __init__(self) -> None:
        self.queries = 0

    async def query(self, text: str) -> list[float]:
        self.queries += 1
        raise DependencyUnavailable(Component.RAG, "away")

    async def passages(self, texts: list[str]) -> list[list[float]]:
        return [[1.0, 0.0] for _ in texts]


async def test_embeddings_that_fail_do_not_delay_the_answer(lines: Lines) -> None:
    embedder = Fading()
    line = lines(embedder=embedder)
    async with Caller(line) as caller:
        await line.open()
        await caller.turn_over()
        wait, answer = await caller.asks(PETS)
    assert "welcome" in answer
    assert wait < 0.7
    assert embedder.queries > 0


# The database


async def test_a_call_goes_on_without_the_database(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    there = asyncio.Event()

    async def away(_: CallRef) -> None:
        raise DependencyUnavailable(Component.DB, "away")

    async def store(account_id: UUID, records: Sequence[Record]) -> int:
        if not there.is_set():
            await away(CallRef(account_id, account_id, account_id))
        return await line.store(account_id, records)

    monkeypatch.setattr(call_log, "store_records", store)
    monkeypatch.setattr(call_session, "mark_answered", away)
    async with Caller(line) as caller:
        await line.open()
        await caller.turn_over()
        _, answer = await caller.asks(PETS)
        assert "welcome" in answer
        assert line.turns == ()
        there.set()
        await caller.say("Goodbye.")
        assert await caller.wait_for_end() == "goodbye"
    await line.finished()
    assert len(line.turns) == 5
    assert line.end is not None


# The worker and the room


async def test_a_killed_job_is_taken_up_without_losing_a_turn(line: Line) -> None:
    async with Caller(line) as caller:
        await line.open()
        await caller.turn_over()
        await caller.asks(PETS)
        before = line.turns
        await line.kill()
        ghost = Participant("assistant of the killed job", agent=True)
        line.room.join(ghost)
        taken_up = time.monotonic()
        await line.open()
        await caller.turn_over(taken_up)
        assert line.transcript(taken_up) == EN.resumed
        _, answer = await caller.asks("How much is a parking space?")
        assert "95" in answer
        await caller.say("Goodbye.")
        assert await caller.wait_for_end() == "goodbye"
    await line.finished()
    assert len(before) == 3
    assert line.turns[:3] == before
    assert [turn.speaker for turn in line.turns[3:]] == [
        Speaker.ASSISTANT,
        *[Speaker.CALLER, Speaker.ASSISTANT] * 2,
    ]
    assert line.kinds().count("assistant.resumed") == 1
    assert line.room.removed == [ghost.identity]


async def test_a_call_that_loses_its_room_is_left_open(line: Line) -> None:
    async with Caller(line) as caller:
        await line.open()
        await caller.turn_over()
        await caller.asks(PETS)
        line.room.disconnect(rtc.DisconnectReason.SIGNAL_CLOSE)
        await line.finished()
    assert line.end is None
    assert len(line.turns) == 3
    assert not line.room.deleted
    assert [path.suffix for path in line.folder.iterdir()] == [".spool"]


async def test_a_room_that_is_lost_after_the_caller_is_a_lost_connection(line: Line) -> None:
    async with Caller(line) as caller:
        await line.open()
        await caller.turn_over()
    line.room.disconnect(rtc.DisconnectReason.SIGNAL_CLOSE)
    await line.finished()
    assert line.end is not None
    assert line.end.reason is EndReason.CONNECTION_LOST
