"""Decides when the caller has finished. The sound and the words together choose the endpointing delay.

The delay counts from the caller's last sound. A turn that is surely over is answered almost as soon as its words are
there. One that is surely not over gets more than a second. Between the two, the delay grows up to the length of a
pause inside a sentence, less the time until an answer can be heard.
"""

import asyncio
import math
import time
from dataclasses import dataclass, field

import numpy as np
from livekit import rtc
from livekit.agents import llm
from livekit.agents.language import LanguageCode

from agent_worker.turn_detection.audio_features import AcousticFeatures, AcousticTurnAnalyzer
from agent_worker.turn_detection.semantic_completeness import completeness_logit, embeds_as_trained, load_model
from agent_worker.turn_detection.syntactic_completeness import Completeness, classify_completeness

# Seconds of silence after which voice activity detection says that the caller has stopped.
VAD_SILENCE = 0.16
# Seconds for the acoustic analysis. On a machine too busy for it, the words decide alone.
ANALYSIS_TIMEOUT = 0.4
# Seconds that a speech onset may hold an answer back, and how often it is checked.
ONSET_HOLD = 0.2
ONSET_POLL_INTERVAL = 0.02


@dataclass(frozen=True, slots=True)
class EndpointingDelays:
    """How long to wait, in seconds of silence, for each score. A score is the log odds that the turn is over."""

    min_delay: float = 0.32
    """From `certain_threshold` up."""
    likely_delay: float = 0.70
    """At `likely_threshold`. Between there and `certain_threshold`, the delay shrinks to `min_delay`."""
    unlikely_delay: float = 0.86
    """Just below `likely_threshold`. Longer than people pause inside a sentence."""
    max_delay: float = 1.25
    """From `unlikely_threshold` down."""
    certain_threshold: float = field(default_factory=lambda: _trained_threshold("certain"))
    likely_threshold: float = field(default_factory=lambda: _trained_threshold("likely"))
    unlikely_threshold: float = -4.0

    def delay_for(self, score: float) -> float:
        """The delay for a score."""
        if score >= self.likely_threshold:
            doubt = (self.certain_threshold - score) / (self.certain_threshold - self.likely_threshold)
            return self.min_delay + (self.likely_delay - self.min_delay) * math.sqrt(max(0.0, doubt))
        doubt = (self.likely_threshold - score) / (self.likely_threshold - self.unlikely_threshold)
        return self.unlikely_delay + (self.max_delay - self.unlikely_delay) * min(1.0, doubt)


def _trained_threshold(name: str) -> float:
    return load_model().header.thresholds[name]


@dataclass(frozen=True, slots=True)
class EndpointingDecision:
    """A turn's delay, and what it was chosen by."""

    delay: float
    completeness: Completeness
    score: float


def turn_features(completeness: Completeness, text: str, acoustic: AcousticFeatures) -> list[float]:
    """The model's input: five features of the words, four of the sound."""
    probability = min(max(acoustic.completion_probability, 0.003), 0.997)
    return [
        float(completeness is Completeness.INCOMPLETE),
        float(completeness is Completeness.COMPLETE),
        float(not text.rstrip().endswith((".", "!", "?"))),
        min(len(text.split()), 8) / 8,
        math.log(probability / (1 - probability)),
        *(value / 10 for value in acoustic.energy_decay),
        completeness_logit(text),
    ]


def decide_endpointing(text: str, acoustic: AcousticFeatures | None, delays: EndpointingDelays) -> EndpointingDecision:
    """Choose the delay for a turn. Takes some 15 ms.

    acoustic: None if the sound could not be analyzed in time. Rules over the words decide alone then, and where the
    embedding model is not the one that the weights were trained for.
    """
    completeness = classify_completeness(text)
    if acoustic is None or not embeds_as_trained():
        delay = delays.max_delay if completeness is Completeness.INCOMPLETE else delays.likely_delay
        return EndpointingDecision(delay, completeness, 0.0)
    weights = load_model().arrays["turn"]
    score = float(np.array(turn_features(completeness, text, acoustic)) @ weights[:-1] + weights[-1])
    return EndpointingDecision(delays.delay_for(score), completeness, score)


class TurnDetector:
    """Implements LiveKit's turn detector protocol, and waits by itself: it predicts 1.0 once the turn is over.

    One per call. `push_audio` takes the caller's audio; the `on_…` methods take voice activity and committed turns.
    """

    model = "quantum-turn-detector"
    provider = "quantum"

    def __init__(self, delays: EndpointingDelays | None = None) -> None:
        self._delays = delays or EndpointingDelays()
        self._analyzer = AcousticTurnAnalyzer()
        self._speaking = False
        self._speech_ended_at = 0.0
        self._analysis: asyncio.Task[AcousticFeatures] | None = None
        self._decision: EndpointingDecision | None = None

    # LiveKit's protocol

    async def unlikely_threshold(self, language: LanguageCode | None) -> float | None:
        return 0.5

    async def supports_language(self, language: LanguageCode | None) -> bool:
        return True

    async def predict_end_of_turn(self, chat_ctx: llm.ChatContext, *, timeout: float | None = None) -> float:
        """1.0 once the caller has been silent long enough. LiveKit cancels this when the caller goes on."""
        acoustic = await self._acoustic_features()
        decision = self._decision = await asyncio.to_thread(
            decide_endpointing, last_user_text(chat_ctx), acoustic, self._delays
        )
        await asyncio.sleep(max(0.0, self._speech_ended_at + decision.delay - time.monotonic()))
        # A caller who goes on just now raises their level before voice activity detection is sure.
        deadline = time.monotonic() + ONSET_HOLD
        while self._analyzer.speech_onset and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(ONSET_POLL_INTERVAL)
        return 1.0

    # What happens on the call

    def push_audio(self, frame: rtc.AudioFrame) -> None:
        self._analyzer.push_audio(frame)

    @property
    def speech_onset(self) -> bool:
        """Whether the caller seems to start speaking right now."""
        return self._analyzer.speech_onset

    def spoke_since(self, moment: float) -> bool:
        """Whether the caller's voice was heard after this moment (`time.monotonic()`)."""
        return self._speaking or self._speech_ended_at > moment

    def on_speech_stopped(self) -> None:
        """Voice activity detection says that the caller has stopped."""
        self._speaking = False
        self._speech_ended_at = time.monotonic() - VAD_SILENCE
        self._cancel_analysis()
        self._analysis = asyncio.create_task(self._analyzer.predict())

    def on_speech_started(self) -> None:
        """The caller starts to speak, or goes on."""
        self._speaking = True
        self._cancel_analysis()

    def on_turn_committed(self) -> dict[str, float | str | None]:
        """Forget the turn's audio. Returns the decision that ended it, for the log."""
        decision, self._decision = self._decision, None
        self._analyzer.clear()
        return (
            {}
            if decision is None
            else {
                "delay": round(decision.delay, 2),
                "completeness": decision.completeness,
                "score": round(decision.score, 2),
            }
        )

    async def aclose(self) -> None:
        self._cancel_analysis()

    def _cancel_analysis(self) -> None:
        if self._analysis is not None:
            self._analysis.cancel()
            self._analysis = None

    async def _acoustic_features(self) -> AcousticFeatures | None:
        """What the sound says. Corrects when the caller stopped by it."""
        analysis = self._analysis
        if analysis is None:
            return None
        analyzed_at = self._speech_ended_at + VAD_SILENCE
        finished_tasks, _ = await asyncio.wait([analysis], timeout=ANALYSIS_TIMEOUT)
        if not finished_tasks or analysis.cancelled() or analysis.exception() is not None:
            return None
        features = analysis.result()
        if VAD_SILENCE <= features.trailing_silence <= 3 * VAD_SILENCE:
            self._speech_ended_at = analyzed_at - features.trailing_silence
        return features


def last_user_text(chat_ctx: llm.ChatContext) -> str:
    """What the caller has said in the turn so far."""
    for item in reversed(chat_ctx.items):
        if isinstance(item, llm.ChatMessage) and item.role == "user":
            return item.text_content or ""
    return ""
