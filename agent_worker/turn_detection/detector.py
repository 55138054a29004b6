"""When the caller has finished: the sound and the words together choose how long to wait.

The wait counts from the caller's last sound. A turn that is surely over is answered almost as soon as its words are
there; one that is surely not is given more than a second; between them the wait grows to what people pause inside a
sentence, less the time until an answer is audible.
"""

import asyncio
import math
import time
from dataclasses import dataclass

import numpy as np
from livekit import rtc
from livekit.agents import llm
from livekit.agents.language import LanguageCode

from agent_worker.turn_detection.audio_features import Ear, Heard
from agent_worker.turn_detection.semantic_completeness import fitted, wholeness
from agent_worker.turn_detection.syntactic_completeness import Shape, shape

# Silence after which the voice activity detector says the caller has stopped, in seconds.
VAD_SILENCE = 0.16
# A machine too busy to listen within this decides by the words alone.
EAR_TIMEOUT = 0.4
# How long a noise that may be the caller going on holds an answer back, at most, and how often it is looked at.
HOLD = 0.2
LOOK = 0.02


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds of silence before a turn counts as over, and the scores (log odds that it is) that choose between them.

    From `sure_from` on the wait is `sure`; it grows to `likely` at `likely_from`. Below that it is at least `doubtful`,
    longer than people pause inside a sentence, and grows to `unsure` at `unsure_below`.
    """

    sure: float = 0.32
    likely: float = 0.70
    doubtful: float = 0.86
    unsure: float = 1.25
    sure_from: float = 1.4
    likely_from: float = 0.64
    unsure_below: float = -4.0

    def of(self, score: float) -> float:
        """The wait for a score."""
        if score >= self.likely_from:
            doubt = (self.sure_from - score) / (self.sure_from - self.likely_from)
            return self.sure + (self.likely - self.sure) * math.sqrt(max(0.0, doubt))
        doubt = (self.likely_from - score) / (self.likely_from - self.unsure_below)
        return self.doubtful + (self.unsure - self.doubtful) * min(1.0, doubt)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Why a turn waited how long."""

    wait: float
    shape: Shape
    score: float


def features(words: Shape, text: str, heard: Heard) -> list[float]:
    """What is weighed: five things about the words, four about the sound."""
    complete = min(max(heard.complete, 0.003), 0.997)
    return [
        float(words is Shape.UNFINISHED),
        float(words is Shape.FINISHED),
        float(not text.rstrip().endswith((".", "!", "?"))),
        min(len(text.split()), 8) / 8,
        math.log(complete / (1 - complete)),
        *(value / 10 for value in heard.falls),
        wholeness(text),
    ]


def judge(text: str, heard: Heard | None, waits: Waits) -> Judgement:
    """The wait for what was said; some 15 ms. heard: None when there was no time to listen."""
    words = shape(text)
    if heard is None:
        return Judgement(waits.unsure if words is Shape.UNFINISHED else waits.likely, words, 0.0)
    weights = fitted()["turn"]
    score = float(np.array(features(words, text, heard)) @ weights[:-1] + weights[-1])
    return Judgement(waits.of(score), words, score)


class TurnTaking:
    """LiveKit's turn detector protocol, with the waiting done here: it answers "over" exactly when it is.

    One per call. `hear` gets the caller's audio; `stopped` and `resumed` the voice activity.
    """

    model = "quantum-turn-taking"
    provider = "quantum"

    def __init__(self, waits: Waits | None = None) -> None:
        self._waits = waits or Waits()
        self._ear = Ear()
        self._stopped_at = 0.0
        self._listening: asyncio.Task[Heard] | None = None
        self._judged: Judgement | None = None

    # LiveKit's protocol

    async def unlikely_threshold(self, language: LanguageCode | None) -> float | None:
        return 0.5

    async def supports_language(self, language: LanguageCode | None) -> bool:
        return True

    async def predict_end_of_turn(self, chat_ctx: llm.ChatContext, *, timeout: float | None = None) -> float:
        """Returns 1.0 once the caller was silent long enough; cancelled by LiveKit when the caller goes on."""
        heard = await self._heard()
        judged = self._judged = await asyncio.to_thread(judge, last_words(chat_ctx), heard, self._waits)
        await asyncio.sleep(max(0.0, self._stopped_at + judged.wait - time.monotonic()))
        # A caller who goes on just now is known by the rise of the sound before the detector is sure.
        until = time.monotonic() + HOLD
        while self._ear.rising and time.monotonic() < until:  # noqa: ASYNC110
            await asyncio.sleep(LOOK)
        return 1.0

    # What happens on the call

    def hear(self, frame: rtc.AudioFrame) -> None:
        self._ear.hear(frame)

    @property
    def rising(self) -> bool:
        """Whether somebody seems to begin to speak just now."""
        return self._ear.rising

    def stopped(self) -> None:
        """The detector says that the caller has stopped."""
        self._stopped_at = time.monotonic() - VAD_SILENCE
        self._drop()
        self._listening = asyncio.create_task(self._ear.judge())

    def resumed(self) -> None:
        """The caller speaks (again)."""
        self._drop()

    def committed(self) -> dict[str, float | str | None]:
        """A turn is over: what was heard belongs to the past. Gives why it waited how long, for the log."""
        judged, self._judged = self._judged, None
        self._ear.forget()
        return (
            {}
            if judged is None
            else {"wait": round(judged.wait, 2), "shape": judged.shape, "score": round(judged.score, 2)}
        )

    async def aclose(self) -> None:
        self._drop()

    def _drop(self) -> None:
        if self._listening is not None:
            self._listening.cancel()
            self._listening = None

    async def _heard(self) -> Heard | None:
        """What the ear says, and by it a better idea of when the caller stopped."""
        listening = self._listening
        if listening is None:
            return None
        began = self._stopped_at + VAD_SILENCE
        done, _ = await asyncio.wait([listening], timeout=EAR_TIMEOUT)
        if not done or listening.cancelled() or listening.exception() is not None:
            return None
        heard = listening.result()
        if VAD_SILENCE <= heard.quiet <= 3 * VAD_SILENCE:
            self._stopped_at = began - heard.quiet
        return heard


def last_words(chat_ctx: llm.ChatContext) -> str:
    """What the caller said in the turn that is being judged."""
    for item in reversed(chat_ctx.items):
        if isinstance(item, llm.ChatMessage) and item.role == "user":
            return item.text_content or ""
    return ""
