"""Speech without sound engines: who hears, who speaks and what a room carries, all by script.

Every word the assistant speaks is a run of one sample value, its own, between two runs of zeros. So what a caller
heard can be read from the samples that left, to the sample: which words, when, and whether one was cut.
"""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from livekit import rtc
from livekit.agents import APIConnectionError, APIConnectOptions, APITimeoutError, LanguageCode, stt, tts
from livekit.agents.inference import vad
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS

from agent_worker.audio.output import SAMPLE_RATE
from agent_worker.audio.session_factory import INPUT_RATE
from agent_worker.turn_detection import audio_features
from agent_worker.turn_detection.audio_features import AcousticFeatures
from tests.worker.virtual.clock import passes

# Seconds of a microphone's frame, of a spoken letter, and of the gap between two words.
FRAME = 0.04
LETTER = 0.03
GAP = 0.04
QUIETEST = 1000
LOUD = 6000

_names: list[str] = []


def sound(text: str) -> np.ndarray:
    """The words as samples."""
    pieces = [np.zeros(0, np.int16)]
    for word in text.split():
        if word not in _names:
            _names.append(word)
        value = QUIETEST + _names.index(word)
        pieces += [np.full(round(len(word) * LETTER * SAMPLE_RATE), value, np.int16)]
        pieces += [np.zeros(round(GAP * SAMPLE_RATE), np.int16)]
    return np.concatenate(pieces)


@dataclass(frozen=True, slots=True)
class Word:
    """A word, or a piece of it, as it was heard. whole: from its beginning to its end."""

    text: str
    began: float
    end: float

    @property
    def whole(self) -> bool:
        return self.end - self.began > len(self.text) * LETTER - 0.001


class Loudspeaker:
    """In the place of `rtc.AudioSource`: a queue that plays in virtual time, and keeps what was heard of it."""

    def __init__(self, sample_rate: int, num_channels: int, queue_size_ms: int = 1000, loop: Any = None) -> None:
        self._rate = sample_rate
        self._empty_at = 0.0
        self._words: list[Word] = []

    @property
    def queued_duration(self) -> float:
        return max(0.0, self._empty_at - time.monotonic())

    def clear_queue(self) -> None:
        self._words = self.words_until_now()
        self._empty_at = time.monotonic()

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        start = max(time.monotonic(), self._empty_at)
        self._empty_at = start + frame.samples_per_channel / self._rate
        samples = np.frombuffer(frame.data, np.int16)
        ends = [*(np.flatnonzero(np.diff(samples)) + 1), len(samples)]
        for begin, end in zip([0, *ends], ends, strict=False):
            if value := int(samples[begin]):
                self._played(
                    _names[value - QUIETEST], start + float(begin) / self._rate, start + float(end) / self._rate
                )

    def _played(self, text: str, began: float, end: float) -> None:
        if self._words and self._words[-1].text == text and began - self._words[-1].end < 0.001:
            began = self._words.pop().began
        self._words.append(Word(text, began, end))

    async def aclose(self) -> None:
        pass

    def words_until_now(self, after: float = 0.0) -> list[Word]:
        """Every word that was heard until now and not before `after`."""
        now = time.monotonic()
        words = (word for word in self._words if word.began < now and word.end > after)
        return [replace(word, end=min(now, word.end)) for word in words]


class Microphone:
    """A published track, and its stream: frames come while somebody reads them."""

    kind = rtc.TrackKind.KIND_AUDIO
    source = rtc.TrackSource.SOURCE_MICROPHONE
    audio_features: tuple[int, ...] = ()
    muted = False

    def __init__(self) -> None:
        self.sid = f"TR_{uuid4().hex}"
        self.track = self
        self._frames: asyncio.Queue[rtc.AudioFrame | None] = asyncio.Queue()

    def push(self, level: int, seconds: float = FRAME) -> None:
        samples = np.full(round(seconds * INPUT_RATE), level, np.int16)
        self._frames.put_nowait(rtc.AudioFrame(samples.tobytes(), INPUT_RATE, 1, len(samples)))

    def __aiter__(self) -> "Microphone":
        return self

    async def __anext__(self) -> Any:
        frame = await self._frames.get()
        if frame is None:
            raise StopAsyncIteration
        return SimpleNamespace(frame=frame)

    async def aclose(self) -> None:
        self._frames.put_nowait(None)


class Activity:
    """In the place of the network that LiveKit's voice activity detector asks: any loud sample is a voice."""

    def predict(self, window: np.ndarray) -> float:
        return float(np.abs(window).max() >= LOUD)

    def reset(self) -> None:
        pass


class Recognizer(stt.STT[Any]):
    """Recognition by script: `hears` says what it makes of the caller's sound. away: it cannot be reached."""

    def __init__(self) -> None:
        super().__init__(capabilities=stt.STTCapabilities(streaming=True, interim_results=True))
        self.streams: list[_Recognition] = []
        self.away = False
        self.attempts = 0

    @property
    def model(self) -> str:
        return "script"

    @property
    def provider(self) -> str:
        return "test"

    async def _recognize_impl(self, *_: Any, **__: Any) -> stt.SpeechEvent:
        raise NotImplementedError

    def stream(
        self, *, language: Any = None, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> "_Recognition":
        return _Recognition(stt=self, conn_options=conn_options)

    def hears(self, text: str, *, final: bool = False, confidence: float = 1.0) -> None:
        for stream in self.streams:
            stream.hears(text, final, confidence)

    def fail(self) -> None:
        """Every connection breaks, and no new one comes about until `away` is set back."""
        self.away = True
        for stream in list(self.streams):
            stream.broken.set()


class _Recognition(stt.RecognizeStream):
    def __init__(self, *, stt: Recognizer, conn_options: APIConnectOptions) -> None:
        super().__init__(stt=stt, conn_options=conn_options)
        self._owner = stt
        self._speaking = False
        self.broken = asyncio.Event()

    def hears(self, text: str, final: bool, confidence: float) -> None:
        kinds = stt.SpeechEventType
        if not self._speaking:
            self._speaking = True
            self._event_ch.send_nowait(stt.SpeechEvent(type=kinds.START_OF_SPEECH))
        alternative = stt.SpeechData(language=LanguageCode("en"), text=text, confidence=confidence)
        kind = kinds.FINAL_TRANSCRIPT if final else kinds.INTERIM_TRANSCRIPT
        self._event_ch.send_nowait(stt.SpeechEvent(type=kind, alternatives=[alternative]))
        if final:
            self._speaking = False
            self._event_ch.send_nowait(stt.SpeechEvent(type=kinds.END_OF_SPEECH))

    async def _run(self) -> None:
        self._owner.attempts += 1
        if self._owner.away:
            raise APIConnectionError("no recognizer")
        self.broken.clear()
        self._owner.streams.append(self)
        listening = asyncio.create_task(self._listen())
        broken = asyncio.create_task(self.broken.wait())
        try:
            await asyncio.wait([listening, broken], return_when=asyncio.FIRST_COMPLETED)
            if broken.done():
                raise APIConnectionError("the recognizer went away")
        finally:
            self._owner.streams.remove(self)
            listening.cancel()
            broken.cancel()

    async def _listen(self) -> None:
        seconds = 0.0
        async for item in self._input_ch:
            if isinstance(item, rtc.AudioFrame):
                seconds += item.duration
                if seconds >= 5.0:
                    self._report(seconds)
                    seconds = 0.0
        self._report(seconds)

    def _report(self, seconds: float) -> None:
        usage = stt.RecognitionUsage(audio_duration=seconds)
        kind = stt.SpeechEventType.RECOGNITION_USAGE
        self._event_ch.send_nowait(stt.SpeechEvent(type=kind, recognition_usage=usage))


class Voice(tts.TTS[Any]):
    """A voice by script. delay: seconds until its first sound. silent: it never makes one. asked: for what words."""

    def __init__(self) -> None:
        super().__init__(capabilities=tts.TTSCapabilities(streaming=True), sample_rate=SAMPLE_RATE, num_channels=1)
        self.delay = 0.1
        self.silent = False
        self.requests: list[str] = []

    @property
    def model(self) -> str:
        return "script"

    @property
    def provider(self) -> str:
        return "test"

    def synthesize(
        self, text: str, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> tts.ChunkedStream:
        return _Phrase(tts=self, input_text=text, conn_options=conn_options)

    def stream(self, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS) -> tts.SynthesizeStream:
        return _Speech(tts=self, conn_options=conn_options)

    async def speak(self, text: str, patience: float, into: tts.AudioEmitter) -> None:
        self.requests.append(text.strip())
        if self.silent or self.delay > patience:
            await passes(patience)
            raise APITimeoutError("the voice does not answer")
        await passes(self.delay)
        into.push(sound(text).tobytes())


class _Phrase(tts.ChunkedStream):
    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        assert isinstance(self._tts, Voice)
        output_emitter.initialize(request_id="request", sample_rate=SAMPLE_RATE, num_channels=1, mime_type="audio/pcm")
        await self._tts.speak(self._input_text, self._conn_options.timeout, output_emitter)
        output_emitter.flush()


class _Speech(tts.SynthesizeStream):
    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        assert isinstance(self._tts, Voice)
        output_emitter.initialize(
            request_id="request", sample_rate=SAMPLE_RATE, num_channels=1, mime_type="audio/pcm", stream=True
        )
        text = ""
        async for item in self._input_ch:
            if isinstance(item, str):
                text += item
                continue
            if text.strip():
                self._mark_started()
                output_emitter.start_segment(segment_id=uuid4().hex)
                await self._tts.speak(text, self._conn_options.timeout, output_emitter)
                output_emitter.end_segment()
            text = ""


@contextmanager
def scripted_media() -> Iterator[list[Loudspeaker]]:
    """Sound neither comes from nor goes to LiveKit's native library; gives the loudspeakers that are made."""
    loudspeakers: list[Loudspeaker] = []

    def loudspeaker(*arguments: Any, **options: Any) -> Loudspeaker:
        loudspeakers.append(Loudspeaker(*arguments, **options))
        return loudspeakers[-1]

    def predict(samples: audio_features.Signal) -> AcousticFeatures:
        return AcousticFeatures(
            0.98, (-22.0, -18.0, -10.0), audio_features.measure_decay(audio_features.frame_levels(samples))[1]
        )

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rtc, "AudioSource", loudspeaker)
        patch.setattr(rtc.AudioStream, "from_track", lambda *, track, **_: track)
        patch.setattr(rtc.LocalAudioTrack, "create_audio_track", lambda name, source: source)
        patch.setattr(vad, "_NativeVAD", Activity)
        patch.setattr(audio_features, "predict", predict)
        yield loudspeakers
