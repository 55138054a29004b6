"""One call on the virtual clock: the product's own `Call` between a scripted caller and a store in memory."""

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal
from uuid import UUID, uuid4

from livekit import rtc

from agent_worker.audio.session_factory import SpeechProviders
from agent_worker.persistence.call_log import DurableCallLog
from agent_worker.persistence.spool import Record
from agent_worker.session import call_setup
from agent_worker.session.call_session import CallSession
from agent_worker.session.call_setup import CallContext
from quantum_app.domain.calls.schemas import (
    CallBriefing,
    CallEnd,
    CallEvent,
    CallRef,
    CallStatus,
    Checkpoint,
    Turn,
    Usage,
)
from quantum_app.domain.campaigns import demo
from quantum_app.domain.flows.model.definition import FlowDefinition
from quantum_app.domain.flows.ports import DialogueModel
from quantum_app.domain.knowledge.ports import Embedder
from quantum_app.errors import Component, DependencyUnavailable
from quantum_app.kit.clock import now
from quantum_app.kit.ids import new_id
from quantum_app.providers.livekit import CALLER
from quantum_app.providers.nlu.local import LocalNlu
from quantum_app.settings import Settings
from tests.worker.virtual.clock import passes, until
from tests.worker.virtual.media import FRAME, LOUD, Loudspeaker, Microphone, Recognizer, Voice, Word
from tests.worker.virtual.room import ASSISTANT, Participant, Room

# Seconds a word takes to say, and from its end until the recognizer has it for good.
SECONDS_A_WORD = 0.3
RECOGNISED = 0.25


class NoEmbedder:
    """An embedding server that is away: the search goes by words."""

    async def query(self, text: str) -> list[float]:
        raise DependencyUnavailable(Component.RAG, "away")

    async def passages(self, texts: list[str]) -> list[list[float]]:
        raise DependencyUnavailable(Component.RAG, "away")


class Bus:
    """The live events, in the order in which they came."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.stages: list[str] = []
        self.interruptions = 0

    async def publish(self, account_id: UUID, message: dict[str, Any]) -> None:
        self.messages.append(message)

    async def set_stage(self, account_id: UUID, call_id: UUID, stage: str) -> None:
        self.stages.append(stage)

    async def count_interruption(self, call_id: UUID) -> int:
        self.interruptions += 1
        return self.interruptions


@dataclass(frozen=True, slots=True)
class Utterance:
    """first, last: when the caller began, and made the last sound."""

    first: float
    last: float


class Line:
    """A call that may be opened, killed, and taken up again by another worker on the same records."""

    def __init__(
        self,
        folder: Path,
        settings: Settings,
        flow: FlowDefinition | None = None,
        *,
        max_duration: int = 600,
        dialogue_models: Sequence[DialogueModel] = (),
        embedder: Embedder | None = None,
    ) -> None:
        self.room = Room()
        self.recognizer = Recognizer()
        self.voice = Voice()
        self.bus = Bus()
        self.records: dict[int, Record] = {}
        self.end: CallEnd | None = None
        self.draining = False
        self.shut_down: str | None = None
        self.running: asyncio.Task[None] | None = None
        self.folder = folder
        self._settings = settings
        self._embedder = embedder or NoEmbedder()
        self._dialogue_models = tuple(dialogue_models) or (LocalNlu(self._embedder),)
        moment = now()
        self.briefing = CallBriefing(
            call_id=new_id(),
            account_id=new_id(),
            account_name="Test",
            campaign_id=new_id(),
            campaign_name="Test",
            assistant_name="Mira",
            caller_name="Ann",
            caller_email="caller@test.example",
            known_caller=False,
            consent_version="1",
            consented_at=moment,
            created_at=moment,
            flow_version=1,
            flow=(flow or demo.flow()).model_dump(mode="json"),
            checkpoint=None,
            time_zone="Europe/Berlin",
            max_duration=max_duration,
            status=CallStatus.ACTIVE,
            last_seq=0,
            answered_at=None,
        )

    # The worker

    async def open(self) -> None:
        """As a job does, from the briefing on."""
        briefing, turns = self._brief(), self.turns if self.briefing.answered_at else ()
        dialogue = call_setup.build_dialogue(briefing, turns, self._dialogue_models, self._embedder, self._settings)
        transcript = await DurableCallLog.open(self.folder, briefing, self.bus)
        start_event = call_setup.build_start_event(briefing, dialogue.definition, resumed=transcript.is_resumed)
        request = CallRef(briefing.account_id, briefing.call_id, briefing.campaign_id)
        call_context = CallContext(request, briefing, turns, transcript, dialogue, start_event, self.bus, ())
        context: Any = SimpleNamespace(room=self.room, api=SimpleNamespace(room=self.room), shutdown=self._shut_down)
        speech = SpeechProviders(self.recognizer, self.voice, is_local=True)
        call = CallSession(context, call_context, speech, self._settings, lambda: self.draining)
        self.running = asyncio.create_task(call.run())

    async def kill(self) -> None:
        """As when the worker's process dies: nothing more is said or written."""
        assert self.running is not None
        self.running.cancel()
        await asyncio.gather(self.running, return_exceptions=True)

    async def finished(self, timeout: float = 15.0) -> None:
        """The call has ended and let go of everything. Raises what it raised, or TimeoutError."""
        assert self.running is not None
        await asyncio.wait_for(self.running, timeout)

    def _shut_down(self, reason: str) -> None:
        self.shut_down = reason

    def _brief(self) -> CallBriefing:
        checkpoints = [item for item in self.records.values() if isinstance(item, Checkpoint)]
        newest = max(checkpoints, key=lambda one: one.seq, default=None)
        return replace(
            self.briefing, last_seq=max(self.records, default=0), checkpoint=newest.encrypted_state if newest else None
        )

    # The database

    async def mark_answered(self, request: CallRef) -> None:
        self.briefing = replace(self.briefing, answered_at=self.briefing.answered_at or now())

    async def store(self, account_id: UUID, records: Sequence[Record]) -> int:
        for item in records:
            if isinstance(item, CallEnd):
                self.end = self.end or item
            else:
                self.records.setdefault(item.seq, item)
        return 0

    @property
    def turns(self) -> tuple[Turn, ...]:
        return tuple(item for _, item in sorted(self.records.items()) if isinstance(item, Turn))

    @property
    def events(self) -> tuple[CallEvent, ...]:
        return tuple(item for _, item in sorted(self.records.items()) if isinstance(item, CallEvent))

    @property
    def usage(self) -> tuple[Usage, ...]:
        return tuple(item for _, item in sorted(self.records.items()) if isinstance(item, Usage))

    def kinds(self) -> list[str]:
        """What happened, without the nodes that the call visited."""
        return [event.kind for event in self.events if event.kind != "node.entered"]

    # What a caller hears and reads

    @property
    def loudspeaker(self) -> Loudspeaker:
        assert self.room.loudspeaker is not None
        return self.room.loudspeaker

    def words(self, after: float = 0.0) -> list[Word]:
        """What was heard until now."""
        return self.loudspeaker.words_until_now(after) if self.room.loudspeaker else []

    def transcript(self, after: float = 0.0) -> str:
        return " ".join(word.text for word in self.words(after))

    def captions(self, after: float = 0.0) -> str:
        """What the page shows of what the assistant said."""
        texts = [
            one.text.strip() for one in self.room.captions.values() if one.speaker == ASSISTANT and one.began >= after
        ]
        return " ".join(texts)


class Caller:
    """A caller by script. A microphone's frames leave on the beat, loud while something is said.

    microphone: None has none; "dead" is one from which no frame comes.
    """

    def __init__(self, line: Line, *, microphone: Literal["live", "dead"] | None = "live") -> None:
        self._line = line
        self._room = line.room
        self._participant = Participant(CALLER)
        self._microphone = microphone
        self._loud = 0
        self._beat: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Caller":
        self._room.join(self._participant)
        if self._microphone is not None:
            track = Microphone()
            self._room.publish(self._participant, track)
            if self._microphone == "live":
                self._beat = asyncio.create_task(self._frames(track))
        return self

    async def __aexit__(self, *_: object) -> None:
        self.vanish()

    def vanish(self) -> None:
        """Gone without a word; harmless when repeated."""
        if self._beat is not None:
            self._beat.cancel()
        if self._participant.identity in self._room.remote_participants:
            self._room.leave(self._participant)

    def close_page(self) -> None:
        """The page asks the API to take the caller out of the room."""
        self._participant.disconnect_reason = rtc.DisconnectReason.PARTICIPANT_REMOVED
        self.vanish()

    def mute(self, muted: bool) -> None:
        for track in self._participant.track_publications.values():
            track.muted = muted
            self._room.emit("track_muted" if muted else "track_unmuted", self._participant, track)

    async def _frames(self, microphone: Microphone) -> None:
        while True:
            microphone.push(self._loud)
            await passes(FRAME)

    # Speaking

    async def sound(self, seconds: float, level: int = LOUD) -> Utterance:
        """Something loud that is not a word."""
        first = time.monotonic()
        self._loud = level
        await passes(seconds)
        self._loud = 0
        return Utterance(first, time.monotonic())

    async def say(self, text: str, *, confidence: float = 1.0) -> Utterance:
        """Say it, word by word; returns with the last sound. The recognizer needs a moment for the last word."""
        first = time.monotonic()
        self._loud = LOUD
        words = text.split()
        for count in range(1, len(words) + 1):
            await passes(SECONDS_A_WORD)
            final = count == len(words)
            if not final:
                self._line.recognizer.hears(" ".join(words[:count]), confidence=confidence)
        self._loud = 0
        last = time.monotonic()
        asyncio.get_running_loop().call_later(
            RECOGNISED, lambda: self._line.recognizer.hears(text, final=True, confidence=confidence)
        )
        return Utterance(first, last)

    async def type(self, text: str, key: str | None = None) -> None:
        """Send a message as the page does. Raises rtc.RpcError, or TimeoutError where no receipt comes."""
        await self._call("qv.send_message", json.dumps({"id": key or uuid4().hex, "text": text}))

    async def press_hang_up(self) -> None:
        await self._call("qv.hang_up", "{}")

    async def hang_up(self) -> None:
        """As the page does: it leaves the room after the button."""
        await self.press_hang_up()
        self.vanish()

    async def _call(self, method: str, payload: str) -> None:
        handler = await until(lambda: self._room.local_participant.methods.get(method), f"{method} to call", 20)
        await handler(rtc.RpcInvocationData(uuid4().hex, self._participant.identity, payload, 5.0))

    # Waiting

    async def hears(self, after: float, timeout: float = 10.0) -> float:
        """When the first sound after `after` was heard."""
        word = await until(lambda: next(iter(self._line.words(after)), None), "sound of the assistant", timeout)
        return word.began

    async def turn_over(self, after: float = 0.0, timeout: float = 30.0) -> float:
        """The assistant was heard after `after`, has stopped and listens; when its last word was over."""
        await self.hears(after, timeout)

        def quiet() -> float | None:
            last = self._line.words(after)[-1].end
            return last if self._room.state == "listening" and time.monotonic() - last > 0.6 else None

        return await until(quiet, "end of the assistant's turn", timeout)

    async def asks(self, text: str) -> tuple[float, str]:
        """Say it and hear the answer out: seconds until it was audible, and its words."""
        speech = await self.say(text)
        answered_at = await self.hears(speech.last)
        await self.turn_over(speech.last)
        return answered_at - speech.last, self._line.transcript(speech.last)

    async def wait_for_end(self, timeout: float = 20.0) -> str:
        """The reason that the page was told."""

        def reason() -> str | None:
            return next((one["reason"] for one in self._room.messages if one["type"] == "call.ended"), None)

        return await until(reason, "end of the call", timeout)
