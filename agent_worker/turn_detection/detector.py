"""When the caller has finished: the sound and the words together choose how long to wait.

The wait counts from the caller's last sound. A turn that is surely over is answered almost as soon as its words are
there; one that is surely not is given more than a second; between them the wait grows to what people pause inside a
sentence, less the time until an answer is audible.
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

# Silence after which the voice activity detector says the caller has stopped, in seconds.
VAD_SILENCE = 0.16
# A machine too busy to listen within this decides by the words alone.
ANALYSIS_TIMEOUT = 0.4
# How long a noise that may be the caller going on holds an answer back, at most, and how often it is looked at.
ONSET_HOLD = 0.2
ONSET_POLL_INTERVAL = 0.02


@dataclass(frozen=True, slots=True)
class EndpointingDelays:
    """Seconds of silence before a turn counts as over, and the scores (log odds that it is) that choose between them.

    From `certain_threshold` on, the wait is `min_delay`; it grows to `likely_delay` at `likely_threshold`. Below that,
    it is at least `unlikely_delay`, longer than people pause inside a sentence, and grows to `max_delay` at
    `unlikely_threshold`. The first two thresholds come with the weights.
    """

    min_delay: float = 0.32
    likely_delay: float = 0.70
    unlikely_delay: float = 0.86
    max_delay: float = 1.25
    certain_threshold: float = field(default_factory=lambda: _trained_threshold("certain"))
    likely_threshold: float = field(default_factory=lambda: _trained_threshold("likely"))
    unlikely_threshold: float = -4.0

    def delay_for(self, score: float) -> float:
        """The wait for a score."""
        if score >= self.likely_threshold:
            doubt = (self.certain_threshold - score) / (self.certain_threshold - self.likely_threshold)
            return self.min_delay + (self.likely_delay - self.min_delay) * math.sqrt(max(0.0, doubt))
        doubt = (self.likely_threshold - score) / (self.likely_threshold - self.unlikely_threshold)
        return self.unlikely_delay + (self.max_delay - self.unlikely_delay) * min(1.0, doubt)


def _trained_threshold(name: str) -> float:
    return load_model().header.thresholds[name]


@dataclass(frozen=True, slots=True)
class EndpointingDecision:
    """Why a turn waited how long."""

    delay: float
    completeness: Completeness
    score: float


def turn_features(words: Completeness, text: str, heard: AcousticFeatures) -> list[float]:
    """What is weighed: five things about the words, four about the sound."""
    complete = min(max(heard.completion_probability, 0.003), 0.997)
    return [
        float(words is Completeness.INCOMPLETE),
        float(words is Completeness.COMPLETE),
        float(not text.rstrip().endswith((".", "!", "?"))),
        min(len(text.split()), 8) / 8,
        math.log(complete / (1 - complete)),
        *(value / 10 for value in heard.energy_decay),
        completeness_logit(text),
    ]


def decide_endpointing(text: str, heard: AcousticFeatures | None, waits: EndpointingDelays) -> EndpointingDecision:
    """The wait for what was said; some 15 ms. heard: None when there was no time to listen.

    Rules over the words decide alone then, and where the embeddings are not of the model that the weights are for.
    """
    words = classify_completeness(text)
    if heard is None or not embeds_as_trained():
        return EndpointingDecision(
            waits.max_delay if words is Completeness.INCOMPLETE else waits.likely_delay, words, 0.0
        )
    weights = load_model().arrays["turn"]
    score = float(np.array(turn_features(words, text, heard)) @ weights[:-1] + weights[-1])
    return EndpointingDecision(waits.delay_for(score), words, score)


class TurnDetector:
    """LiveKit's turn detector protocol, with the waiting done here: it answers "over" exactly when it is.

    One per call. `hear` gets the caller's audio; `stopped` and `resumed` the voice activity.
    """

    model = "quantum-turn-taking"
    provider = "quantum"

    def __init__(self, waits: EndpointingDelays | None = None) -> None:
        self._delays = waits or EndpointingDelays()
        self._analyzer = AcousticTurnAnalyzer()
        self._speech_ended_at = 0.0
        self._analysis: asyncio.Task[AcousticFeatures] | None = None
        self._decision: EndpointingDecision | None = None

    # LiveKit's protocol

    async def unlikely_threshold(self, language: LanguageCode | None) -> float | None:
        return 0.5

    async def supports_language(self, language: LanguageCode | None) -> bool:
        return True

    async def predict_end_of_turn(self, chat_ctx: llm.ChatContext, *, timeout: float | None = None) -> float:
        """Returns 1.0 once the caller was silent long enough; cancelled by LiveKit when the caller goes on."""
        heard = await self._acoustic_features()
        judged = self._decision = await asyncio.to_thread(
            decide_endpointing, last_user_text(chat_ctx), heard, self._delays
        )
        await asyncio.sleep(max(0.0, self._speech_ended_at + judged.delay - time.monotonic()))
        # A caller who goes on just now is known by the rise of the sound before the detector is sure.
        until = time.monotonic() + ONSET_HOLD
        while self._analyzer.speech_onset and time.monotonic() < until:  # noqa: ASYNC110
            await asyncio.sleep(ONSET_POLL_INTERVAL)
        return 1.0

    # What happens on the call

    def push_audio(self, frame: rtc.AudioFrame) -> None:
        self._analyzer.push_audio(frame)

    @property
    def speech_onset(self) -> bool:
        """Whether somebody seems to begin to speak just now."""
        return self._analyzer.speech_onset

    def on_speech_stopped(self) -> None:
        """The detector says that the caller has stopped."""
        self._speech_ended_at = time.monotonic() - VAD_SILENCE
        self._cancel_analysis()
        self._analysis = asyncio.create_task(self._analyzer.predict())

    def on_speech_started(self) -> None:
        """The caller speaks (again)."""
        self._cancel_analysis()

    def on_turn_committed(self) -> dict[str, float | str | None]:
        """A turn is over: what was heard belongs to the past. Gives why it waited how long, for the log."""
        judged, self._decision = self._decision, None
        self._analyzer.clear()
        return (
            {}
            if judged is None
            else {"wait": round(judged.delay, 2), "shape": judged.completeness, "score": round(judged.score, 2)}
        )

    async def aclose(self) -> None:
        self._cancel_analysis()

    def _cancel_analysis(self) -> None:
        if self._analysis is not None:
            self._analysis.cancel()
            self._analysis = None

    async def _acoustic_features(self) -> AcousticFeatures | None:
        """What the ear says, and by it a better idea of when the caller stopped."""
        listening = self._analysis
        if listening is None:
            return None
        began = self._speech_ended_at + VAD_SILENCE
        done, _ = await asyncio.wait([listening], timeout=ANALYSIS_TIMEOUT)
        if not done or listening.cancelled() or listening.exception() is not None:
            return None
        heard = listening.result()
        if VAD_SILENCE <= heard.trailing_silence <= 3 * VAD_SILENCE:
            self._speech_ended_at = began - heard.trailing_silence
        return heard


def last_user_text(chat_ctx: llm.ChatContext) -> str:
    """What the caller said in the turn that is being judged."""
    for item in reversed(chat_ctx.items):
        if isinstance(item, llm.ChatMessage) and item.role == "user":
            return item.text_content or ""
    return ""
