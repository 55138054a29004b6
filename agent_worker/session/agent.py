"""The assistant as LiveKit Agents sees it: nodes that ask the turn detector, the dialogue and the audio output.

Every node survives its provider. A filler that was rendered when the call began bridges a slow answer. If the voice
fails, captions carry the words: LiveKit sends them without waiting for sound.
"""
# LiveKit's agent is half typed.
# pyright: reportUnknownMemberType=false

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Mapping, Sequence
from itertools import pairwise, takewhile
from typing import Any, TypeVar

from livekit import rtc
from livekit.agents import Agent, APIError, FlushSentinel, ModelSettings, llm, stt

from agent_worker.audio.output import AudioOutput
from agent_worker.session.captions import Captions
from agent_worker.session.dialogue import Dialogue
from agent_worker.turn_detection.backchannel import is_backchannel
from agent_worker.turn_detection.detector import TurnDetector
from agent_worker.turns.reply import SpeculativeReply
from quantum_app.domain.calls.schemas import EventKind, Speaker
from quantum_app.errors import Component
from quantum_app.kit.log import logger
from quantum_app.kit.retry import SPEECH_STREAM

# Two pieces of speech further apart than this, in seconds, are two turns, whatever was heard in between.
SAME_TURN_WITHIN = 8.0

T = TypeVar("T")


class FlowLLM(llm.LLM[Any]):
    """Takes the place of the model that LiveKit expects. Answers come from `FlowAgent.llm_node`."""

    @property
    def model(self) -> str:
        return "flow"

    @property
    def provider(self) -> str:
        return "quantum"

    def chat(self, **_: Any) -> llm.LLMStream:  # type: ignore[override]
        raise NotImplementedError("answers come from FlowAgent.llm_node")


class FlowAgent(Agent):
    """One call's assistant. The callbacks report what no LiveKit event reports."""

    def __init__(
        self,
        dialogue: Dialogue,
        turn_taking: TurnDetector,
        voice: AudioOutput,
        fillers: Mapping[str, Sequence[rtc.AudioFrame]],
        *,
        filler_after: float,
        on_audio: Callable[[], None],
        on_event: Callable[..., None],
        on_unspoken: Callable[[], None],
        is_read: Callable[[], bool],
        on_written: Callable[[str, float], None],
        captions: Captions,
        history: Sequence[tuple[Speaker, str]] = (),
    ) -> None:
        """is_read: Whether the caller has no microphone, and reads each answer as a whole.
        on_written: Gets the text that was written to them, and the Unix time of its first words.
        """
        super().__init__(instructions="", chat_ctx=_chat_context(history))
        self._dialogue = dialogue
        self._turn_taking = turn_taking
        self._voice = voice
        self._fillers = fillers
        self._filler_after = filler_after
        self._on_audio = on_audio
        self._on_event = on_event
        self._on_unspoken = on_unspoken
        self._is_read = is_read
        self._on_written = on_written
        self._captions = captions
        self.stt_failures = 0
        """How often recognition failed since it last worked."""
        self._log = logger(__name__)

    # Listening

    async def stt_node(
        self, audio: AsyncIterable[rtc.AudioFrame], model_settings: ModelSettings
    ) -> AsyncGenerator[stt.SpeechEvent, None]:
        """Recognition, without backchannels while the assistant speaks."""

        async def analyzed() -> AsyncIterator[rtc.AudioFrame]:
            async for frame in audio:
                self._turn_taking.push_audio(frame)
                if self._voice.mid_utterance and self._turn_taking.speech_onset:
                    self._voice.soft_pause()
                self._on_audio()
                yield frame

        try:
            async for event in Agent.default.stt_node(self, analyzed(), model_settings):
                self.stt_failures = 0
                best = event.alternatives[0] if event.alternatives else None
                if best and best.text and self._voice.mid_utterance and self._is_backchannel(best):
                    if event.type is stt.SpeechEventType.FINAL_TRANSCRIPT:
                        self._on_event(EventKind.BACKCHANNEL_DETECTED)
                        self._voice.resume_after_backchannel()
                    continue
                yield event
        except APIError:
            # LiveKit reconnects as soon as this is raised. It buffers the caller's audio meanwhile.
            await asyncio.sleep(SPEECH_STREAM.wait(self.stt_failures + 1))
            raise

    def _is_backchannel(self, words: stt.SpeechData) -> bool:
        """Whether the words only say "I'm listening". A hum is taken for other words only if it can be one: words that
        were spoken before the assistant, and recognized late, belong to the turn before."""
        hums = self._turn_taking.spoke_since(self._voice.speaking_since)
        return is_backchannel(words.text, words.confidence if hums else 1.0)

    # Answering

    async def llm_node(  # type: ignore[override]
        self, chat_ctx: llm.ChatContext, tools: list[llm.Tool], model_settings: ModelSettings
    ) -> AsyncGenerator[str | FlushSentinel, None]:
        """The dialogue's answer, after a filler if it is late."""
        messages, history = split_conversation(chat_ctx, self._dialogue.has_words)
        if not messages:
            return
        pieces = self._dialogue.generate_speculative(messages, history)
        first = asyncio.ensure_future(anext(pieces))
        try:
            in_time = await self._done_before_filler(first, lambda: self._dialogue.get(messages[-1][0]))
            if not in_time and (filler := self._next_filler()):
                self._on_event(EventKind.FILLER_PLAYED, component=str(Component.LLM))
                yield f"{filler} "
                yield FlushSentinel()
            piece: str | None = await first
            while piece is not None:
                yield piece
                piece = await anext(pieces, None)
        except StopAsyncIteration:
            return
        finally:
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)
            await pieces.aclose()

    async def transcription_node(
        self, text: AsyncIterable[Any], model_settings: ModelSettings
    ) -> AsyncGenerator[Any, None]:
        """The words, as LiveKit shows them while they are spoken. The page also gets them right now."""
        pieces, text_so_far, began, is_read = self._captions.begin(), "", 0.0, self._is_read()
        try:
            async for piece in text:
                began = began or time.time()
                text_so_far += str(piece)
                pieces.put_nowait(str(piece))
                yield piece
        finally:
            pieces.put_nowait(None)
            if is_read and text_so_far.strip():
                self._on_written(text_so_far.strip(), began)

    async def tts_node(
        self, text: AsyncIterable[str], model_settings: ModelSettings
    ) -> AsyncGenerator[rtc.AudioFrame, None]:
        """The voice. Fillers are played from memory."""
        source = aiter(text)
        opening = await anext(source, None)
        if opening is None:
            return
        # LiveKit hands over a filler in pieces: its final period comes by itself.
        while any(filler.startswith(opening.strip()) for filler in self._fillers):
            piece = await anext(source, None)
            if piece is None:
                break
            opening += piece
        reply = self._dialogue.next_reply
        if ready := self._fillers.get(opening.strip()):
            for frame in ready:
                yield frame
            return
        began = time.time()
        frames = Agent.default.tts_node(self, _chain(opening, source), model_settings)
        first = asyncio.ensure_future(anext(frames))
        try:
            in_time = reply is None or await self._done_before_filler(first, lambda: reply)
            if not in_time and (filler := self._next_filler()):
                self._on_event(EventKind.FILLER_PLAYED, component=str(Component.TTS))
                for frame in self._fillers[filler]:
                    yield frame
            frame = await first
            if reply is not None and reply.metrics.audio is None:
                reply.metrics.audio = time.time()
                reply.metrics.first_audio = reply.metrics.audio - began
            while True:
                yield frame
                frame = await anext(frames)
        except StopAsyncIteration:
            return
        except (APIError, TimeoutError, OSError) as error:
            self._log.warning(
                "tts.failed", message="Captions carry the words.", stage=str(Component.TTS), error=type(error).__name__
            )
            self._on_event(EventKind.TTS_FAILED, error=type(error).__name__)
            self._on_unspoken()
        finally:
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)
            await frames.aclose()

    async def _done_before_filler(
        self, work: "asyncio.Future[T]", reply: Callable[[], SpeculativeReply | None]
    ) -> bool:
        """Whether the work finishes before a filler is due. Each committed reply gets at most one filler."""
        while not work.done():
            await asyncio.wait({work}, timeout=0.05)
            pending = reply()
            if pending and pending.committed_at is not None and not pending.filler_played and not work.done():
                since = pending.metrics.speech_end or pending.committed_at
                if time.time() - since >= self._filler_after:
                    pending.filler_played = True
                    return False
        return True

    def _next_filler(self) -> str | None:
        """The node's own filler, or else the flow's first one. Only fillers that are rendered count."""
        own = self._dialogue.node_filler
        return own if own in self._fillers else next(iter(self._fillers), None)


def _chat_context(history: Sequence[tuple[Speaker, str]]) -> llm.ChatContext:
    """What was said before the call was resumed, as LiveKit keeps it."""
    context = llm.ChatContext.empty()
    for speaker, text in history:
        context.add_message(role="user" if speaker is Speaker.CALLER else "assistant", content=text)
    return context


async def _chain(opening: str, rest: AsyncIterator[str]) -> AsyncIterator[str]:
    yield opening
    async for piece in rest:
        yield piece


def _is_typed(item: llm.ChatMessage) -> bool:
    return "typed" in item.extra


def split_conversation(
    chat_ctx: llm.ChatContext, has_words: Callable[[str], bool]
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The caller's messages that have no answer yet, (ID, text), and what came before, (speaker, text).

    Speech has its answer once the assistant was heard; who types reads it before. has_words: whether there are words in
    reply to a message, by its ID.
    """
    messages = [
        item
        for item in chat_ctx.items
        if isinstance(item, llm.ChatMessage) and item.role in {"user", "assistant"} and item.text_content
    ]
    latest = list(takewhile(lambda item: item.role == "user", reversed(messages)))[::-1]
    while len(latest) > 1 and (
        latest[-1].created_at - latest[0].created_at > SAME_TURN_WITHIN
        or any((_is_typed(turn) or _is_typed(following)) and has_words(turn.id) for turn, following in pairwise(latest))
    ):
        latest.pop(0)
    earlier = messages[: len(messages) - len(latest)]
    names = {"user": Speaker.CALLER, "assistant": Speaker.ASSISTANT}
    return (
        [(item.id, item.text_content or "") for item in latest],
        [(str(names[item.role]), item.text_content or "") for item in earlier if item.role in names],
    )
