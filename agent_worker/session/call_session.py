"""One call, from the first word to the last record: the only place that knows the order.

begin   the room, the voice, the greeting; a call that lost its worker resumes where it was
hold    listen and answer; timers act on silence, length, and callers who left; `HangUp` says when it is over
close   the page is told, the last record is written, the room is deleted
"""
# LiveKit's emitters and sessions are half typed.
# pyright: reportUnknownMemberType=false

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from livekit import api, rtc
from livekit.agents import (
    AgentStateChangedEvent,
    ConversationItemAddedEvent,
    ErrorEvent,
    JobContext,
    UserInputTranscribedEvent,
    UserStateChangedEvent,
    UserTranscriptionTimeoutEvent,
    llm,
    room_io,
)

from agent_worker.audio import session_factory
from agent_worker.audio.output import AudioOutput
from agent_worker.persistence.call_event_writer import CallEventWriter
from agent_worker.session.agent import FlowAgent, FlowLLM
from agent_worker.session.call_setup import CallContext, call_limits, mark_answered, seconds_since_answer
from agent_worker.session.call_timers import CallTimers, TimerAction
from agent_worker.session.captions import Captions
from agent_worker.session.hang_up import HangUp
from agent_worker.turn_detection.detector import TurnDetector
from quantum_app.domain.calls.schemas import EndReason, EventKind, Latency, LiveEventType
from quantum_app.domain.flows.engine.prompts import EN
from quantum_app.domain.flows.model.runtime import FlowEvent, Timer
from quantum_app.errors import Component, DependencyUnavailable
from quantum_app.kit.clock import now
from quantum_app.kit.log import logger
from quantum_app.settings import Settings

TICK_INTERVAL = 0.1
# Seconds for what is still on its way to the caller's ear when the last frame has left.
PLAYOUT_TAIL = 0.35
# Failures of recognition in a row after which the caller is told.
MAX_STT_FAILURES = 3
# Seconds of speech that should give words. Anything shorter may be a cough.
MIN_SPEECH_WITH_WORDS = 0.8

# RPC methods of the page: a typed message, and hanging up. A caller who just vanishes may come back.
SEND_MESSAGE = "qv.send_message"
HANG_UP = "qv.hang_up"
MAX_MESSAGE_LENGTH = 2000
# Seconds that a page waits for a receipt, less the way there and back.
RECEIPT_TIMEOUT = 2.0

# Reasons that the page is told. The others end calls that nobody is on anymore.
_PAGE_REASONS = frozenset({"goodbye", "silence", "no_audio", "max_duration", "error", "flow"})
_ROOM_OVER = frozenset({rtc.DisconnectReason.ROOM_DELETED, rtc.DisconnectReason.ROOM_CLOSED})


class CallSession:
    """A running call. draining: Whether the worker is asked to stop."""

    def __init__(
        self,
        ctx: JobContext,
        context: CallContext,
        speech: session_factory.SpeechProviders,
        settings: Settings,
        draining: Callable[[], bool],
    ) -> None:
        self._ctx = ctx
        self._room = ctx.room
        self._context = context
        self._dialogue = context.dialogue
        self._draining = draining
        request = context.call
        self._log = logger(
            __name__,
            call_id=str(request.call_id),
            campaign_id=str(request.campaign_id),
            account_id=str(request.account_id),
        )
        self._turn_detector = TurnDetector()
        self._output = AudioOutput(self._room)
        self._tts = speech.tts
        self._session = session_factory.create_session(speech.stt, self._tts, FlowLLM(), self._turn_detector)
        self._events = CallEventWriter(
            context.call_log, context.bus, context.tokens, context.earlier_turns, local=speech.is_local
        )
        started_at = time.monotonic() - seconds_since_answer(context)
        self._timers = CallTimers(call_limits(context, settings.worker), started_at)
        self._fillers: dict[str, list[rtc.AudioFrame]] = {}
        self._agent = FlowAgent(
            self._dialogue,
            self._turn_detector,
            self._output,
            self._fillers,
            filler_after=settings.worker.filler_after,
            on_audio=lambda: self._timers.audio_received(time.monotonic()),
            on_event=self._events.event,
            on_unspoken=self._timers.answer_started,
            is_read=lambda: not self._timers.has_microphone,
            on_written=self._on_written,
            captions=Captions(self._room.local_participant),
            history=[(turn.speaker, turn.text) for turn in context.earlier_turns],
        )
        self._hang_up = HangUp(self._session)
        self._closing = False
        self._lost_room = False
        self._receipts: dict[str, asyncio.Future[None]] = {}

    async def run(self) -> None:
        """Hold the call until it is over.

        A call that is cancelled (the worker's parent died) or loses the room is left open for the next worker.
        """
        self._listen_to_room()
        self._listen_to_session()
        preparing: list[asyncio.Task[None]] = []
        try:
            await self._begin()
            preparing = [
                asyncio.create_task(self._dialogue.warm_up()),
                asyncio.create_task(self._render_fillers()),
            ]
            if (reason := await self._hold()) is not None:
                await self._close(reason)
        finally:
            for task in preparing:
                task.cancel()
            await asyncio.gather(*preparing, return_exceptions=True)
            await self._events.aclose()
            await self._context.call_log.close(timeout=2.0)

    # Begin

    async def _begin(self) -> None:
        options = room_io.RoomOptions(
            audio_input=room_io.AudioInputOptions(
                sample_rate=session_factory.INPUT_RATE,
                frame_size_ms=session_factory.INPUT_FRAME_MS,
                auto_gain_control=False,
            ),
            audio_output=False,
            text_input=False,
            close_on_disconnect=False,
        )
        self._session.output.audio = self._output
        self._tts.prewarm()
        await asyncio.gather(
            self._output.start(),
            self._session.start(self._agent, room=self._room, room_options=options, session_host=False, record=False),
        )
        self._room.local_participant.register_rpc_method(SEND_MESSAGE, self._on_message)
        self._room.local_participant.register_rpc_method(HANG_UP, self._on_hang_up)
        resumed = self._context.call_log.is_resumed
        words, ends = await self._react(self._context.start_event)
        self._hang_up.by_flow(ends)
        self._say(*words)
        self._events.event(EventKind.ASSISTANT_RESUMED if resumed else EventKind.ASSISTANT_JOINED)
        try:
            await mark_answered(self._context.call)
        except DependencyUnavailable:
            self._log.warning(
                "call.answer_not_recorded",
                message="The database doesn't know that the call was answered.",
                stage=str(Component.DB),
            )
        self._log.info(
            "call.opened", message="The assistant joined the call.", stage=str(Component.LIVEKIT), resumed=resumed
        )
        if resumed:
            await self._remove_dead_assistants()

    async def _remove_dead_assistants(self) -> None:
        """LiveKit keeps a killed worker's participant for some twenty seconds; the page would wait for it."""
        for participant in list(self._room.remote_participants.values()):
            if participant.kind == rtc.ParticipantKind.PARTICIPANT_KIND_AGENT:
                dead = api.RoomParticipantIdentity(room=self._room.name, identity=participant.identity)
                with suppress(api.TwirpError, OSError, TimeoutError):
                    await asyncio.wait_for(self._ctx.api.room.remove_participant(dead), 3.0)

    async def _render_fillers(self) -> None:
        self._fillers.update(await session_factory.synthesize_phrases(self._tts, self._dialogue.fillers))

    # Hold

    async def _hold(self) -> EndReason | None:
        """Until the call has ended and its last words have been heard. None: the room is lost."""
        try:
            while not self._lost_room:
                await asyncio.sleep(TICK_INTERVAL)
                if (reason := self._hang_up.due()) is not None:
                    return reason
                if self._draining():
                    self._timers.drain()
                if action := self._timers.tick(time.monotonic()):
                    await self._act(action)
                self._events.record_usage(self._session)
            return None
        finally:
            await self._hang_up.aclose()

    async def _react(self, event: FlowEvent) -> tuple[tuple[str, ...], EndReason | None]:
        words, ends, actions = await self._dialogue.react(event)
        self._events.flow_actions(self._dialogue.definition, self._dialogue.state, actions)
        return words, ends

    async def _act(self, action: TimerAction) -> None:
        self._log.info("call_timer.fired", message="A timer of the call fired.", action=str(action))
        match action:
            case TimerAction.ASK_STILL_THERE:
                self._say(*(await self._react(Timer(kind="silence")))[0])
            case TimerAction.END_SILENCE:
                self._end(EndReason.SILENCE, *(await self._react(Timer(kind="gone_silent")))[0])
            case TimerAction.WARN_TIME:
                self._say(EN.time_warning)
            case TimerAction.END_MAX_DURATION:
                self._end(EndReason.MAX_DURATION, *(await self._react(Timer(kind="time_up")))[0])
            case TimerAction.CHECK_AUDIO:
                self._events.event(EventKind.AUDIO_MISSING)
                self._say(EN.no_audio)
            case TimerAction.END_NO_AUDIO:
                self._hang_up.at_once(EndReason.NO_AUDIO)
            case TimerAction.END_CALLER_LEFT:
                self._hang_up.at_once(EndReason.CONNECTION_LOST)
            case TimerAction.END_DRAIN:
                self._end(EndReason.ERROR, EN.draining)
            case TimerAction.ANSWER_OVERDUE:
                await self._go_on_without_answer()
            case TimerAction.REQUEST_HANDOFF:
                self._say(*(await self._react(Timer(kind="tick")))[0])

    async def _go_on_without_answer(self) -> None:
        """The turn is not answered in time: the flow goes on as if there were no answer."""
        self._events.event(EventKind.FALLBACK_USED, reason="no answer in time")
        reply = self._dialogue.awaiting_speech
        if reply is not None and reply.is_complete:
            return  # There are words. The voice is late, and may fail by itself.
        with suppress(RuntimeError):
            self._session.interrupt(force=True)
        self._dialogue.cancel_pending()
        words, ends = await self._react(Timer(kind="turn"))
        self._hang_up.by_flow(ends)
        self._say(*(words or (EN.not_heard,)))

    def _say(self, *words: str) -> None:
        self._dialogue.next_reply = None
        for text in words:
            self._session.say(text)

    def _end(self, reason: EndReason, *words: str) -> None:
        self._dialogue.next_reply = None
        self._hang_up.with_words(reason, *words)

    # Close

    async def _close(self, reason: EndReason) -> None:
        """Let go of the call, whatever fails on the way."""
        self._closing = True
        if reason not in {EndReason.CALLER_LEFT, EndReason.CONNECTION_LOST}:
            await asyncio.sleep(PLAYOUT_TAIL)
            with suppress(Exception):
                await asyncio.wait_for(self._notify_page(reason), 2.0)
        ended_at = now()
        # Before the last record: closing commits what the caller was saying while hanging up.
        with suppress(Exception):
            await asyncio.wait_for(self._session.aclose(), 5.0)
        if (unheard := self._dialogue.take_awaiting_speech()) is not None:
            self._events.flow_actions(self._dialogue.definition, self._dialogue.state, unheard.actions)
        self._events.record_usage(self._session, final=True)
        self._events.event(EventKind.CALL_ENDED, reason=str(reason))
        await self._events.end(reason, ended_at)
        try:
            await asyncio.wait_for(self._ctx.api.room.delete_room(api.DeleteRoomRequest(room=self._room.name)), 5.0)
        except (api.TwirpError, OSError, TimeoutError) as error:
            self._log.warning(
                "room.delete_failed",
                message="The call is over, but its room is still there.",
                stage=str(Component.LIVEKIT),
                error=type(error).__name__,
            )
        await self._context.call_log.close(timeout=8.0)
        await self._output.aclose()
        await self._turn_detector.aclose()
        self._log.info("call.ended", message="The call is over.", stage=str(Component.LIVEKIT), reason=str(reason))
        self._ctx.shutdown(reason=str(reason))

    async def _notify_page(self, reason: EndReason) -> None:
        page_reason = reason if reason in _PAGE_REASONS else EndReason.ERROR
        text = json.dumps({"type": LiveEventType.CALL_ENDED, "reason": str(page_reason)})
        await self._room.local_participant.send_text(text, topic="qv.call")

    # What happens in the room

    def _listen_to_room(self) -> None:
        def joined(participant: rtc.RemoteParticipant) -> None:
            if _is_caller(participant):
                self._events.event(EventKind.PARTICIPANT_RECONNECTED)
                self._timers.participant_reconnected(time.monotonic())

        def left(participant: rtc.RemoteParticipant) -> None:
            if _is_caller(participant):
                self._on_caller_left()
                # Our API removes a caller whose page was closed. They pressed no button, and won't come back.
                if participant.disconnect_reason == rtc.DisconnectReason.PARTICIPANT_REMOVED:
                    self._hang_up.at_once(EndReason.CONNECTION_LOST)

        def published(publication: rtc.RemoteTrackPublication, participant: rtc.RemoteParticipant) -> None:
            if _is_caller(participant) and publication.kind == rtc.TrackKind.KIND_AUDIO:
                self._timers.microphone_published(time.monotonic())
                self._timers.microphone_muted(time.monotonic(), publication.muted)

        def muted(participant: rtc.Participant, publication: rtc.TrackPublication) -> None:
            if _is_caller(participant):
                self._timers.microphone_muted(time.monotonic(), publication.muted)

        self._room.on("participant_connected", joined)
        self._room.on("participant_disconnected", left)
        self._room.on("track_published", published)
        self._room.on("track_muted", muted)
        self._room.on("track_unmuted", muted)
        for participant in self._room.remote_participants.values():
            for publication in participant.track_publications.values():
                published(publication, participant)
        self._room.on("disconnected", self._on_disconnected)

    def _on_disconnected(self, reason: int) -> None:
        # LiveKit closes a room in which only an assistant is left.
        if reason in _ROOM_OVER:
            self._on_caller_left()
        if self._timers.caller_absent or self._hang_up.is_final:
            self._hang_up.at_once(EndReason.CONNECTION_LOST)
        else:
            self._lost_room = True

    async def _on_message(self, invocation: rtc.RpcInvocationData) -> str:
        """Receive a typed message, `{"id", "text"}`; the text is empty while it is being typed.

        Returns when the message is on the disk. The page repeats it until then, so it may come twice.
        """
        message = json.loads(invocation.payload)
        text = str(message["text"]).strip()[:MAX_MESSAGE_LENGTH]
        self._timers.keys_pressed(time.monotonic())
        if not text:
            return ""
        receipt = self._receipts.get(message["id"])
        if receipt is None:
            if self._hang_up.reason:
                raise rtc.RpcError(rtc.RpcError.ErrorCode.APPLICATION_ERROR, "The call is ending.")
            receipt = self._receipts[message["id"]] = asyncio.get_running_loop().create_future()
            await self._answer_message(message["id"], text)
        await asyncio.wait_for(asyncio.shield(receipt), RECEIPT_TIMEOUT)
        return ""

    async def _on_hang_up(self, invocation: rtc.RpcInvocationData) -> str:
        """The caller pressed "End call"."""
        self._on_caller_left()
        self._hang_up.at_once(EndReason.CALLER_LEFT)
        return ""

    def _on_caller_left(self) -> None:
        """Whatever tells of it first: the button, the participant, or the room."""
        if not self._closing and not self._timers.caller_absent:
            self._events.event(EventKind.PARTICIPANT_LEFT)
            self._timers.participant_left(time.monotonic())

    async def _answer_message(self, key: str, text: str) -> None:
        with suppress(RuntimeError):
            await self._session.interrupt()
        message = llm.ChatMessage(role="user", content=[text], extra={"typed": key})
        self._session.generate_reply(user_input=message, input_modality="text")

    # What happens in the session

    def _listen_to_session(self) -> None:
        self._session.on("user_state_changed", self._on_user_state)
        self._session.on("agent_state_changed", self._on_agent_state)
        self._session.on("user_input_transcribed", self._on_words)
        self._session.on("conversation_item_added", self._on_item)
        self._session.on("user_transcription_timeout", self._on_no_words)
        self._session.on("error", self._on_error)

    def _on_user_state(self, event: UserStateChangedEvent) -> None:
        if event.new_state == "speaking":
            self._turn_detector.on_speech_started()
        elif event.old_state == "speaking":
            self._turn_detector.on_speech_stopped()
        self._timers.caller_activity(time.monotonic(), speaking=event.new_state == "speaking")

    def _on_agent_state(self, event: AgentStateChangedEvent) -> None:
        self._timers.assistant_activity(time.monotonic(), event.new_state in {"speaking", "thinking"})
        if event.new_state == "speaking":
            self._timers.answer_started()
            speech = self._session.current_speech
            if self._hang_up.reason and speech is not None and not speech.interrupted:
                speech.allow_interruptions = False
        self._events.set_stage("listening" if event.new_state in {"idle", "initializing"} else event.new_state)

    def _on_words(self, event: UserInputTranscribedEvent) -> None:
        if event.transcript.strip():
            self._timers.words_received(time.monotonic())

    def _on_item(self, event: ConversationItemAddedEvent) -> None:
        item = event.item
        if isinstance(item, llm.ChatMessage) and item.text_content:
            if item.role == "user":
                self._on_caller_turn(item)
            elif item.role == "assistant":
                self._on_assistant_turn(item)

    def _on_caller_turn(self, item: llm.ChatMessage) -> None:
        decision = self._turn_detector.on_turn_committed()
        unheard = self._dialogue.take_awaiting_speech()
        reply = self._dialogue.commit(item.id)
        if reply is not None:
            if unheard is not None and unheard.state_before is not reply.state_before:
                self._events.flow_actions(self._dialogue.definition, self._dialogue.state, unheard.actions)
            stopped = item.metrics.get("stopped_speaking_at", item.created_at)
            reply.metrics.mark_end_of_turn(stopped, item.metrics.get("transcription_delay"))
            self._hang_up.by_flow(reply.end_reason)
        self._timers.turn_committed(time.monotonic())
        self._events.caller_turn(item, self._dialogue.state.node, self._receipts.get(item.extra.get("typed", "")))
        self._log.info("turn.committed", message="The caller's turn is over.", stage=str(Component.STT), **decision)

    def _on_written(self, text: str, began: float) -> None:
        """The caller reads these words now, however much of them is spoken."""
        reply = self._dialogue.awaiting_speech
        latency: Latency | None = None
        if reply is not None and reply.metrics.first_frame is None:
            reply.metrics.first_frame = began
            latency = reply.metrics.to_latency()
        node = reply.node if reply and reply.node else self._dialogue.state.node
        self._events.written_turn(text, began, node, reply, latency)

    def _on_assistant_turn(self, item: llm.ChatMessage) -> None:
        reply = self._dialogue.take_awaiting_speech()
        latency: Latency | None = None
        if reply is not None:
            # On a slow machine, the turn is over before the flow has decided what to make of it.
            self._hang_up.by_flow(reply.end_reason or self._hang_up.reason)
            reply.metrics.first_frame = item.metrics.get("started_speaking_at")
            latency = reply.metrics.to_latency()
            for component, error in reply.failures:
                self._events.event(EventKind.FALLBACK_USED, component=str(component), error=error)
            self._log.info(
                "turn.answered",
                message="The assistant's answer was heard.",
                stage=str(Component.TTS),
                total_ms=latency.total,
                overhead_ms=latency.overhead,
            )
        node = reply.node if reply and reply.node else self._dialogue.state.node
        self._events.assistant_turn(item, node, reply, latency)
        if item.interrupted:
            self._dialogue.interrupt()
        if reply is not None:
            self._events.flow_actions(self._dialogue.definition, self._dialogue.state, reply.actions)

    def _on_no_words(self, event: UserTranscriptionTimeoutEvent) -> None:
        if event.speech_duration >= MIN_SPEECH_WITH_WORDS and self._session.current_speech is None:
            self._events.event(EventKind.STT_NO_TRANSCRIPT)
            self._say(EN.not_heard)

    def _on_error(self, event: ErrorEvent) -> None:
        kind: Any = getattr(event.error, "type", "")
        component = {"stt_error": Component.STT, "tts_error": Component.TTS}.get(kind, Component.LLM)
        error = type(getattr(event.error, "error", event.error)).__name__
        self._log.warning(
            "provider.failed",
            message="A speech provider failed.",
            stage=str(component),
            provider=_provider(event.source),
            error=error,
        )
        if component is Component.STT:
            self._agent.stt_failures += 1
            if self._agent.stt_failures == MAX_STT_FAILURES:
                self._events.event(EventKind.STT_UNAVAILABLE)
                self._say(EN.stt_unavailable)


def _is_caller(participant: rtc.Participant) -> bool:
    return participant.kind != rtc.ParticipantKind.PARTICIPANT_KIND_AGENT


def _provider(source: Any) -> str:
    return f"{getattr(source, 'provider', 'unknown')}/{getattr(source, 'model', 'unknown')}".lower()
