"""One call, from the dispatch to the row: the only place that knows the order.

open    who calls, which flow, the spool; a call that lost its worker goes on where it was
run     greet, listen, answer; timers decide about silence, length and callers who left
close   farewell to its end, `ended` to the page, last record, room deleted
"""

import asyncio
import json
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from livekit import api, rtc
from livekit.agents import (
    AgentStateChangedEvent,
    ConversationItemAddedEvent,
    ErrorEvent,
    JobContext,
    UserStateChangedEvent,
    llm,
    room_io,
)

from agent_worker import voice
from agent_worker.assistant import Assistant, FlowLLM
from agent_worker.dialogue import Reply
from agent_worker.opening import Opened, mark_answered
from agent_worker.output import RoomVoice
from agent_worker.policies import CallPolicy, Decision, Limits
from agent_worker.turn_taking import VAD_SILENCE, TurnTaking
from agent_worker.usage import Meter
from quantum_app.domain.calls.schemas import CallStatus, EndReason, Speaker
from quantum_app.domain.flows.schemas import CallerSilent, TimeUp
from quantum_app.errors import Segment, SegmentDown
from quantum_app.kit.log import logger
from quantum_app.settings import Settings

TICK = 0.1
USAGE_EVERY = 20.0
# A spoken good-bye is given this long; then the call ends without it.
FAREWELL_TIMEOUT = 12.0
# What is queued on the way to the caller's ear when the last frame has left.
AFTERGLOW = 0.35
STT_FAILURES = 3

WARN_TIME = "We have about half a minute left on this call."
CANNOT_HEAR = "I cannot hear your microphone. You can also type your question on the page."
NOT_LISTENING = "I am sorry, I have trouble hearing you right now. You can type your question on the page."
DRAINING = "I am sorry, I have to end the call now. Please call again in a minute. Goodbye."

_STATUS = {EndReason.ERROR: CallStatus.FAILED, EndReason.GHOST: CallStatus.ABANDONED}
# What the page is told; the others end calls that nobody is on any more.
_PAGE_REASONS = {"goodbye", "silence", "max_duration", "error", "flow"}


class Call:
    """A running call. Made by `open`, used once."""

    def __init__(self, ctx: JobContext, opened: Opened, settings: Settings, draining: Callable[[], bool]) -> None:
        self._ctx = ctx
        self._room = ctx.room
        self._opened = opened
        self._transcript = opened.transcript
        self._dialogue = opened.dialogue
        self._settings = settings
        self._draining = draining
        self._log = logger(
            __name__,
            call_id=str(opened.request.call_id),
            campaign_id=str(opened.request.campaign_id),
            account_id=str(opened.request.account_id),
        )
        self._local = settings.deepgram.base_url.startswith(("http://127.0.0.1", "http://localhost"))
        self._turn_taking = TurnTaking()
        self._output = RoomVoice(self._room)
        self._tts = voice.speaker(settings.deepgram)
        self._session = voice.session(voice.recogniser(settings.deepgram), self._tts, FlowLLM(), self._turn_taking)
        self._meter = Meter(self._transcript, local=self._local)
        limits = Limits(
            max_duration=opened.briefing.max_duration,
            silence_prompt_after=settings.worker.silence_prompt_after,
            silence_end_after=settings.worker.silence_end_after,
            ghost_after=settings.worker.ghost_after,
            answer_within=settings.worker.answer_timeout + 2.0,
            warn_before=min(30.0, opened.briefing.max_duration / 4),
        )
        self._policy = CallPolicy(limits, time.monotonic())
        self._fillers: dict[str, list[rtc.AudioFrame]] = {}
        self._assistant = Assistant(
            self._dialogue,
            self._turn_taking,
            self._output,
            self._fillers,
            filler_after=settings.worker.filler_after,
            on_audio=lambda: self._policy.audio(time.monotonic()),
            on_event=self._event,
            on_unspoken=self._show_words,
            history=[(turn.speaker, turn.text) for turn in opened.turns],
        )
        self._records: asyncio.Queue[Callable[[], Coroutine[Any, Any, Any]]] = asyncio.Queue()
        self._reply: Reply | None = None
        self._interruptions = 0
        self._stt_failures = 0
        self._ending: EndReason | None = None
        self._stage = ""
        self._stage_changed = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    # Run

    async def run(self) -> None:
        """Hold the call until it is over. A cancelled call (the worker's parent died) stays open for the next worker."""
        self._tasks = [asyncio.create_task(self._keep_records()), asyncio.create_task(self._tell_stage())]
        self._listen_to_room()
        self._listen_to_session()
        try:
            await self._begin()
            reason = await self._hold()
            await self._close(reason)
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self._transcript.close(timeout=2.0)

    async def _begin(self) -> None:
        options = room_io.RoomOptions(
            audio_input=room_io.AudioInputOptions(
                sample_rate=voice.INPUT_RATE, frame_size_ms=voice.INPUT_FRAME_MS, auto_gain_control=False
            ),
            audio_output=False,
            text_input=room_io.TextInputOptions(text_input_cb=self._on_typed),
            close_on_disconnect=False,
        )
        self._session.output.audio = self._output
        self._tts.prewarm()
        await asyncio.gather(
            self._output.start(),
            self._session.start(
                self._assistant, room=self._room, room_options=options, session_host=False, record=False
            ),
        )
        resumed = self._transcript.resumed
        self._event("resumed" if resumed else "joined", {})
        try:
            await mark_answered(self._opened.request)
        except SegmentDown:
            self._log.warning("answered not noted", stage=str(Segment.DB))
        words, ends = self._dialogue.open(resumed=resumed)
        self._say(words)
        self._ending = ends
        self._tasks.append(asyncio.create_task(self._render_fillers()))
        self._log.info("call opened", stage=str(Segment.LIVEKIT), resumed=resumed)

    async def _hold(self) -> EndReason:
        """Tick until something ends the call; its words are on their way then."""
        idle_ticks = 0
        usage_at = time.monotonic()
        while True:
            await asyncio.sleep(TICK)
            clock = time.monotonic()
            if self._draining():
                self._policy.drain()
            if decision := self._policy.tick(clock):
                if reason := self._act(decision):
                    return reason
            # An ending the flow decided: when its words were heard nothing speaks any more.
            idle_ticks = idle_ticks + 1 if self._ending and self._session.current_speech is None else 0
            if self._ending and idle_ticks >= 3:
                return self._ending
            if clock - usage_at >= USAGE_EVERY:
                usage_at = clock
                self._records.put_nowait(lambda: self._meter.write(self._session.usage))

    def _act(self, decision: Decision) -> EndReason | None:
        self._log.info("policy", decision=str(decision))
        match decision:
            case Decision.ASK_STILL_THERE:
                self._say(self._dialogue.react(CallerSilent())[0])
            case Decision.END_SILENCE:
                self._say(self._dialogue.react(CallerSilent(final=True))[0], final=True)
                return EndReason.SILENCE
            case Decision.WARN_TIME:
                self._say((WARN_TIME,))
            case Decision.END_TIME:
                self._say(self._dialogue.react(TimeUp())[0], final=True)
                return EndReason.MAX_DURATION
            case Decision.CHECK_AUDIO:
                self._event("no_audio", {})
                self._say((CANNOT_HEAR,))
            case Decision.END_GHOST:
                return EndReason.GHOST
            case Decision.END_LEFT:
                return EndReason.CALLER_LEFT
            case Decision.END_DRAIN:
                self._say((DRAINING,), final=True)
                return EndReason.ERROR
            case Decision.ANSWER_MISSING:
                self._event("fallback", {"why": "no answer in time"})
                self._say((self._fallback(),))
        return None

    def _fallback(self) -> str:
        node = next((node for node in self._dialogue.definition.nodes if node.id == self._dialogue.state.node), None)
        return getattr(node, "fallback", "") or "I am sorry, I could not find an answer. Could you ask in other words?"

    def _say(self, words: tuple[str, ...], *, final: bool = False) -> None:
        """Speak these words; the last ones of a call interrupt what is being said and cannot be interrupted."""
        if not words:
            return
        self._assistant.about_to_say()
        if final:
            self._session.interrupt(force=True)
        for text in words:
            self._session.say(text, allow_interruptions=not final)

    async def _render_fillers(self) -> None:
        wanted = self._dialogue.definition.fillers
        self._fillers.update(await voice.render(self._tts, wanted[:2]))

    # Close

    async def _close(self, reason: EndReason) -> None:
        """Hang up, whatever fails on the way."""
        if reason not in {EndReason.CALLER_LEFT, EndReason.GHOST}:
            await self._farewell_heard()
        with suppress(Exception):
            await asyncio.wait_for(self._tell_page(reason), 2.0)
        self._event("ended", {"reason": str(reason)})
        self._records.put_nowait(lambda: self._meter.write(self._session.usage))
        status = _STATUS.get(reason, CallStatus.COMPLETED)
        self._records.put_nowait(lambda: self._transcript.end(status, reason, interruptions=self._interruptions))
        await self._records.join()
        try:
            await asyncio.wait_for(self._ctx.api.room.delete_room(api.DeleteRoomRequest(room=self._room.name)), 5.0)
        except (api.TwirpError, OSError, TimeoutError) as error:
            self._log.warning("room not deleted", stage=str(Segment.LIVEKIT), error=type(error).__name__)
        await self._transcript.close(timeout=8.0)
        with suppress(Exception):
            await asyncio.wait_for(self._session.aclose(), 5.0)
        await self._output.aclose()
        await self._turn_taking.aclose()
        self._log.info("call ended", stage=str(Segment.LIVEKIT), reason=str(reason))
        self._ctx.shutdown(reason=str(reason))

    async def _farewell_heard(self) -> None:
        deadline = time.monotonic() + FAREWELL_TIMEOUT
        while time.monotonic() < deadline and self._session.current_speech is not None:
            await asyncio.sleep(TICK / 2)
        await asyncio.sleep(AFTERGLOW)

    async def _tell_page(self, reason: EndReason) -> None:
        told = str(reason) if reason in _PAGE_REASONS else str(EndReason.ERROR)
        text = json.dumps({"type": "ended", "reason": told})
        await self._room.local_participant.send_text(text, topic="qv.call")

    async def _show_words(self, text: str) -> None:
        """The voice failed: the page shows what would have been said."""
        writer = await self._room.local_participant.stream_text(
            topic="lk.transcription",
            attributes={"lk.segment_id": f"unspoken-{time.time_ns()}", "lk.transcription_final": "true"},
        )
        await writer.write(text)
        await writer.aclose()
        self._policy.answered()

    # What happens

    def _listen_to_room(self) -> None:
        def joined(participant: rtc.RemoteParticipant) -> None:
            if participant.kind != rtc.ParticipantKind.PARTICIPANT_KIND_AGENT:
                self._policy.caller_back(time.monotonic())

        def left(participant: rtc.RemoteParticipant) -> None:
            if participant.kind != rtc.ParticipantKind.PARTICIPANT_KIND_AGENT:
                self._event("caller_left", {})
                self._policy.caller_left(time.monotonic())

        self._room.on("participant_connected", joined)
        self._room.on("participant_disconnected", left)

    def _listen_to_session(self) -> None:
        self._session.on("user_state_changed", self._on_user_state)
        self._session.on("agent_state_changed", self._on_agent_state)
        self._session.on("conversation_item_added", self._on_item)
        self._session.on("error", self._on_error)

    def _on_user_state(self, event: UserStateChangedEvent) -> None:
        if event.new_state == "speaking":
            self._turn_taking.resumed(answering=self._output.mid_sentence)
        elif event.old_state == "speaking":
            self._turn_taking.stopped(VAD_SILENCE)
        self._policy.caller_active(time.monotonic())

    def _on_agent_state(self, event: AgentStateChangedEvent) -> None:
        busy = event.new_state in {"speaking", "thinking"}
        self._policy.assistant_active(time.monotonic(), busy)
        if event.new_state == "speaking":
            self._policy.answered()
            handle = self._session.current_speech
            if self._ending and handle is not None and not handle.interrupted:
                handle.allow_interruptions = False
        if event.new_state in {"listening", "thinking", "speaking"}:
            self._stage = event.new_state
            self._stage_changed.set()

    def _on_item(self, event: ConversationItemAddedEvent) -> None:
        item = event.item
        if not isinstance(item, llm.ChatMessage) or not item.text_content:
            return
        if item.role == "user":
            self._on_caller_turn(item)
        elif item.role == "assistant":
            self._on_assistant_turn(item)

    def _on_caller_turn(self, item: llm.ChatMessage) -> None:
        typed = bool(item.extra.get("typed"))
        text = item.text_content or ""
        started = item.metrics.get("started_speaking_at", item.created_at)
        stopped = item.metrics.get("stopped_speaking_at", item.created_at)
        self._turn_taking.committed()
        self._reply = self._dialogue.confirm(item.id)
        node = self._dialogue.state.node
        if self._reply is not None:
            waterfall = self._reply.waterfall
            waterfall.turn_over = time.time()
            waterfall.speech_ended = stopped
            if (delay := item.metrics.get("transcription_delay")) is not None:
                waterfall.transcript = stopped + delay
            self._ending = self._reply.ends
        self._policy.question(time.monotonic())
        self._records.put_nowait(
            lambda: self._transcript.turn(
                Speaker.CALLER, text, _moment(started), _moment(stopped), typed=typed, node_id=node
            )
        )
        judged = self._turn_taking.last
        self._log.info(
            "turn over",
            stage=str(Segment.STT),
            typed=typed,
            wait=judged.wait if judged else None,
            shape=str(judged.shape) if judged else None,
            probability=judged.probability if judged else None,
        )

    def _on_assistant_turn(self, item: llm.ChatMessage) -> None:
        reply, self._reply = self._reply, None
        text, interrupted = item.text_content or "", item.interrupted
        started = item.metrics.get("started_speaking_at", item.created_at)
        stopped = item.metrics.get("stopped_speaking_at", time.time())
        latency = None
        if reply is not None:
            if "started_speaking_at" in item.metrics:
                reply.waterfall.sent = started
            latency = reply.waterfall.measured()
            for segment, error in reply.problems:
                self._event("fallback", {"segment": str(segment), "error": error})
        self._records.put_nowait(
            lambda: self._transcript.turn(
                Speaker.ASSISTANT,
                text,
                _moment(started),
                _moment(stopped),
                interrupted=interrupted,
                node_id=reply.node if reply else self._dialogue.state.node,
                sources=reply.sources if reply else (),
                latency=latency,
            )
        )
        if latency is not None:
            self._log.info(
                "answered", stage=str(Segment.TTS), total_ms=latency.total, overhead_ms=latency.overhead,
                end_of_turn_ms=latency.end_of_turn, transcript_ms=latency.transcript, first_token_ms=latency.first_token,
                retrieval_ms=latency.retrieval, first_audio_ms=latency.first_audio,
            )  # fmt: skip
        if interrupted:
            self._interruptions += 1
            self._event("interrupted", {})
            self._records.put_nowait(lambda: self._opened.bus.count_interruption(self._opened.request.call_id))

    def _on_error(self, event: ErrorEvent) -> None:
        kind = getattr(event.error, "type", "")
        segment = {"stt_error": Segment.STT, "tts_error": Segment.TTS}.get(kind, Segment.LLM)
        self._log.warning(
            "provider failed", stage=str(segment), error=type(getattr(event.error, "error", None)).__name__
        )
        if segment is Segment.STT:
            self._stt_failures += 1
            if self._stt_failures == STT_FAILURES:
                self._event("not_listening", {})
                self._say((NOT_LISTENING,))

    async def _on_typed(self, _: object, event: room_io.TextInputEvent) -> None:
        text = event.text.strip()
        if not text or self._ending:
            return
        self._policy.caller_active(time.monotonic())
        with suppress(RuntimeError):
            await self._session.interrupt()
        message = llm.ChatMessage(role="user", content=[text[:2000]], extra={"typed": True})
        self._session.generate_reply(user_input=message, input_modality="text")

    # Records

    def _event(self, kind: str, data: dict[str, Any]) -> None:
        self._records.put_nowait(lambda: self._transcript.event(kind, **data))

    async def _keep_records(self) -> None:
        """Write records one after the other, so that their order is the order in which they happened."""
        while True:
            write = await self._records.get()
            try:
                await write()
            except Exception as error:
                self._log.error("record not kept", stage=str(Segment.DB), error=type(error).__name__)
            finally:
                self._records.task_done()

    async def _tell_stage(self) -> None:
        """Tell the latest stage; one that lasted shorter than Redis takes is skipped."""
        request = self._opened.request
        while True:
            await self._stage_changed.wait()
            self._stage_changed.clear()
            await self._opened.bus.set_stage(request.account_id, request.call_id, self._stage)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
