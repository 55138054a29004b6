"""One channel of a `listen` stream: from samples to Results.

While somebody speaks, passes over the utterance so far give interim results. A pass that starts in the first
milliseconds of silence is a speculation: when the silence lasts until `endpointing`, its text goes out as final at
once; when speech goes on, it was an interim result.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from local_providers.deepgram import messages
from local_providers.deepgram.audio import RATE, Samples
from local_providers.deepgram.options import ListenOptions
from local_providers.deepgram.recognizer import Recognition
from local_providers.deepgram.vad import SpeechDetector
from local_providers.engines import Engines
from local_providers.scheduler import Priority, Timing, WorkSuperseded
from quantum_app.kit import log

_log = log.logger(__name__, stage="STT")

_MS = RATE // 1000
_PREROLL = 300 * _MS
_SPECULATE = 40 * _MS
_COVERED = 24 * _MS
_FIRST_INTERIM = 500 * _MS
_INTERIM_EVERY = 600 * _MS
_MIN_VOICED = 70 * _MS
_LONG = 10 * RATE
_TOO_LONG = 24 * RATE
_LONG_PAUSE = 120 * _MS
_NO_ENDPOINTING_MS = 1000


@dataclass(frozen=True)
class _RecognizedStretch:
    end: int
    recognition: Recognition


@dataclass(frozen=True)
class _Ending:
    """What is open becomes final as soon as it has been heard up to `upto`. A firm end stays when speech goes on."""

    upto: int
    speech_final: bool
    from_finalize: bool = False
    firm: bool = False


class Channel:
    """Feed it samples; it calls `send` with messages. Positions are samples at 16 kHz since the stream began."""

    def __init__(
        self,
        engines: Engines,
        options: ListenOptions,
        request_id: str,
        index: tuple[int, int],
        send: Callable[[messages.Message], None],
    ) -> None:
        self._engines = engines
        self._options = options
        self._request_id = request_id
        self._index = index
        self._send = send
        self._detector = SpeechDetector(engines.vad)
        self._audio = np.zeros(0, np.float32)
        self._base = 0
        self._start: int | None = None
        self._free_from = 0
        self._recognized: _RecognizedStretch | None = None
        self._passes: dict[int, asyncio.Task[None]] = {}
        self._sent_text = ""
        self._last_word_end: float | None = None
        self._voice_arrival: float | None = None
        self._ending: _Ending | None = None

    def feed(self, samples: Samples) -> None:
        """More audio. Runs on the event loop: 0.1 ms for each 32 ms of audio."""
        detector = self._detector
        self._audio = np.concatenate([self._audio, samples])
        voice_before = detector.last_voice
        detector.feed(samples)
        if detector.last_voice > voice_before:
            self._voice_arrival = time.perf_counter()
            if self._ending is not None and not self._ending.firm:
                self._ending = None
        if self._start is None:
            if detector.onset is None:
                self._forget(detector.position - RATE)
                self._maybe_utterance_end()
                return
            self._start = max(detector.onset - _PREROLL, self._free_from, self._base)
            if self._options.vad_events:
                self._send(messages.speech_started(self._index, detector.onset / RATE))
        self._decide()

    async def finish(self, *, from_finalize: bool) -> None:
        """Send what is still open as final, now. With from_finalize an answer is sent even when nothing is open."""
        if self._start is None:
            if from_finalize:
                self._results(Recognition(), self._detector.position, self._end(speech_final=True, from_finalize=True))
                self._free_from = self._detector.position
            return
        self._ending = self._end(speech_final=True, from_finalize=from_finalize, firm=True)
        self._settle()
        await self.settled()

    async def settled(self) -> None:
        """Return when no final is being computed; for audio that comes faster than it is spoken."""
        while self._ending is not None and self._passes:
            await asyncio.wait(self._passes.values(), return_when=asyncio.FIRST_COMPLETED)

    def close(self) -> None:
        for task in self._passes.values():
            task.cancel()

    def _decide(self) -> None:
        detector = self._detector
        assert self._start is not None
        endpointing = self._options.endpointing_ms
        wait = (_NO_ENDPOINTING_MS if endpointing is None else endpointing) * _MS
        length = detector.position - self._start
        if self._ending is None:
            if detector.silence >= wait and not detector.likely:
                self._ending = self._end(speech_final=endpointing is not None)
            elif length > _LONG and detector.silence >= _LONG_PAUSE:
                self._ending = self._end(speech_final=False)
            elif length > _TOO_LONG:
                self._ending = self._end(speech_final=False, firm=True)
        if self._ending is not None:
            self._settle()
        elif detector.silence >= _SPECULATE and not self._covered(detector.last_voice + _COVERED):
            self._listen(speculative=True)
        elif self._options.interim_results and not self._passes and not self._engines.executor.is_busy:
            since = detector.position - (self._recognized.end if self._recognized else self._start)
            if since >= (_INTERIM_EVERY if self._recognized else _FIRST_INTERIM):
                self._listen(speculative=False)

    def _end(self, *, speech_final: bool, from_finalize: bool = False, firm: bool = False) -> _Ending:
        upto = min(self._detector.last_voice + _COVERED, self._detector.position)
        return _Ending(upto, speech_final, from_finalize, firm)

    def _covered(self, upto: int) -> bool:
        """Whether a pass, done or running, has heard everything before `upto`."""
        return (self._recognized is not None and self._recognized.end >= upto) or any(
            end >= upto for end in self._passes
        )

    def _listen(self, *, speculative: bool) -> None:
        assert self._start is not None
        start, end = self._start, self._detector.position
        audio = self._audio[start - self._base : end - self._base].copy()

        def priority() -> Priority | None:
            if self._start != start or end < max(self._passes):
                return None
            if self._ending is not None:
                return Priority.FINAL
            if speculative and end >= self._detector.last_voice + _COVERED:
                return Priority.SPECULATIVE
            return Priority.INTERIM if self._options.interim_results else None

        async def hear() -> None:
            try:
                recognition = await self._engines.executor.run(
                    "listen.speculative" if speculative else "listen.interim",
                    lambda: self._engines.recognizer.recognize(audio, self._options.language, self._options.hint),
                    priority,
                    request_id=self._request_id,
                    audio_ms=len(audio) / _MS,
                )
            except WorkSuperseded:
                return
            except Exception:
                _log.exception(
                    "stt.failed", message="A stretch of audio could not be recognized.", request_id=self._request_id
                )
                recognition = Recognition()
            finally:
                self._passes.pop(end, None)
            if self._start == start and (self._recognized is None or end > self._recognized.end):
                self._recognized = _RecognizedStretch(end, recognition)
                self._interim()
                self._settle()

        self._passes[end] = asyncio.create_task(hear())

    def _interim(self) -> None:
        assert self._recognized is not None
        assert self._start is not None
        if self._ending is not None or not self._options.interim_results or not self._recognized.recognition.words:
            return
        text = " ".join(word.text for word in self._recognized.recognition.words)
        if text != self._sent_text:
            self._sent_text = text
            self._results(self._recognized.recognition, self._recognized.end)

    def _settle(self) -> None:
        """Send the final when the utterance is over and heard to its end; start hearing it when nobody does."""
        ending = self._ending
        if ending is None or self._start is None:
            return
        if self._detector.voiced < _MIN_VOICED:
            self._emit(_RecognizedStretch(ending.upto, Recognition()), ending)
        elif self._recognized is not None and self._recognized.end >= ending.upto:
            self._emit(self._recognized, ending)
        elif not self._covered(ending.upto):
            self._listen(speculative=True)

    def _emit(self, stretch: _RecognizedStretch, ending: _Ending) -> None:
        detector = self._detector
        self._results(stretch.recognition, stretch.end, ending)
        if self._voice_arrival is not None and stretch.recognition.words:
            self._engines.timings.add(
                Timing(
                    kind="listen.final",
                    request_id=self._request_id,
                    at=time.time(),
                    audio_ms=(stretch.end - (self._start or 0)) / _MS,
                    lag_ms=round((time.perf_counter() - self._voice_arrival) * 1000, 1),
                )
            )
        self._recognized = self._ending = self._voice_arrival = None
        self._sent_text = ""
        self._free_from = stretch.end
        if detector.last_voice > stretch.end:
            self._start = stretch.end
            detector.voiced = detector.last_voice - stretch.end
        else:
            self._start = None
            detector.reset()

    def _results(self, recognition: Recognition, end: int, ending: _Ending | None = None) -> None:
        """A final result when there is an `ending`, else an interim one."""
        start = self._start if self._start is not None else self._free_from
        words = messages.shifted(recognition.words, start / RATE, start / RATE, end / RATE)
        if ending is not None and words:
            self._last_word_end = words[-1].end
        self._send(
            messages.results(
                request_id=self._request_id,
                model=self._engines.recognizer.name,
                channel=self._index,
                start=start / RATE,
                duration=(end - start) / RATE,
                words=words,
                formatted=self._options.formatted,
                is_final=ending is not None,
                speech_final=ending is not None and ending.speech_final,
                from_finalize=ending is not None and ending.from_finalize,
            )
        )

    def _maybe_utterance_end(self) -> None:
        wait = self._options.utterance_end_ms
        end = self._last_word_end
        if wait is not None and end is not None and self._detector.position / RATE - end >= wait / 1000:
            self._last_word_end = None
            self._send(messages.utterance_end(self._index, end))

    def _forget(self, before: int) -> None:
        if before > self._base + RATE:
            self._audio = self._audio[before - self._base :].copy()
            self._base = before
