"""When the caller has finished: the ear (LiveKit's audio model) and the words together choose how long to wait.

The wait counts from the caller's last sound. A turn that is surely over is answered as soon as its words are there; one
that is surely not gets more than a second; everything between waits as long as people pause inside a sentence. A caller
who was seen hesitating gets the longer waits for the rest of the call.
"""

import asyncio
import time
from dataclasses import dataclass

from livekit import rtc
from livekit.agents import inference, llm
from livekit.agents.language import LanguageCode
from livekit.agents.voice.turn import TurnDetectionEvent

from agent_worker.sentences import Shape, shape

# Silence after which the voice activity detector says the caller has stopped, in seconds.
VAD_SILENCE = 0.16
# The model answers within some 25 ms; a machine too busy for that decides by the words alone.
EAR_TIMEOUT = 0.2
# What the detector takes to notice that somebody speaks, in seconds.
ONSET = 0.1
# A pause of this length inside a turn is a hesitation; one up to CUT_OFF after a turn that was taken for over, too.
HESITATION = 0.35
CUT_OFF = 1.0
# Who hesitated once is given time for this many turns.
CAREFUL_TURNS = 5


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds of silence before a turn counts as over, and the ear's probabilities that choose between them.

    sure: what the words take to arrive anyway · likely: longer than most pauses inside a sentence, less the time until
    the answer is audible · unsure: the sentence is not finished.
    """

    sure: float = 0.26
    likely: float = 0.58
    unsure: float = 1.2
    finished_from: float = 0.55
    over_from: float = 0.78
    hardly_below: float = 0.1


@dataclass(frozen=True, slots=True)
class Judgement:
    """Why a turn waited how long."""

    wait: float
    shape: Shape
    probability: float | None


def judge(words: Shape, probability: float | None, waits: Waits, *, hesitant: bool) -> Judgement:
    """The wait for what the words and the ear say. probability: that the turn is over, None when the ear is silent."""
    heard = 0.5 if probability is None else probability
    if words is Shape.UNFINISHED or heard < waits.hardly_below:
        wait = waits.unsure
    elif heard >= (waits.finished_from if words is Shape.FINISHED else waits.over_from) and not hesitant:
        wait = waits.sure
    else:
        wait = waits.likely
    return Judgement(wait, words, probability)


class TurnTaking:
    """LiveKit's turn detector protocol, with the waiting done here: it answers "over" exactly when it is.

    One per call. `hear` gets the caller's audio; `stopped` and `resumed` the voice activity.
    """

    model = "quantum-turn-taking"
    provider = "quantum"

    def __init__(self, waits: Waits | None = None) -> None:
        self._waits = waits or Waits()
        self._ear = inference.TurnDetector(version="v1-mini").stream()
        self._stopped_at: float | None = None
        self._prediction: asyncio.Future[TurnDetectionEvent] | None = None
        self._careful_turns = 0
        self._committed = True
        self._judged: Judgement | None = None

    # LiveKit's protocol

    async def unlikely_threshold(self, language: LanguageCode | None) -> float | None:
        return 0.5

    async def supports_language(self, language: LanguageCode | None) -> bool:
        return True

    async def predict_end_of_turn(self, chat_ctx: llm.ChatContext, *, timeout: float | None = None) -> float:
        """Returns 1.0 once the caller was silent long enough; cancelled by LiveKit when the caller goes on."""
        text = last_words(chat_ctx)
        probability = await self._listen()
        judgement = judge(shape(text), probability, self._waits, hesitant=self._careful_turns > 0)
        self._judged = judgement
        stopped = self._stopped_at or time.monotonic()
        await asyncio.sleep(max(0.0, stopped + judgement.wait - time.monotonic()))
        return 1.0

    # What happens on the call

    def hear(self, frame: rtc.AudioFrame) -> None:
        self._ear.push_audio(frame)

    def stopped(self, silence: float) -> None:
        """The caller stopped `silence` seconds ago."""
        self._stopped_at = time.monotonic() - silence
        self._committed = False
        self._prediction = self._ear.predict()

    def resumed(self, *, answering: bool) -> None:
        """The caller speaks (again). After a long pause inside a turn, the next turns are given more time.

        answering: the assistant is audible, so this is an interruption and says nothing about pauses.
        """
        if self._stopped_at is not None and not answering:
            pause = time.monotonic() - ONSET - self._stopped_at
            if pause >= HESITATION and (not self._committed or pause <= CUT_OFF):
                self._careful_turns = CAREFUL_TURNS
        self._ear.cancel_inference()
        self._prediction = None

    def committed(self) -> dict[str, float | str | None]:
        """A turn is over: what was heard belongs to the past. Gives why it waited how long, for the log."""
        judged, self._judged = self._judged, None
        self._committed = True
        self._careful_turns = max(0, self._careful_turns - 1)
        self._ear.flush("turn over")
        return {} if judged is None else {"wait": judged.wait, "shape": judged.shape, "heard": judged.probability}

    async def aclose(self) -> None:
        await self._ear.aclose()

    async def _listen(self) -> float | None:
        prediction = self._prediction
        if prediction is None:
            return None
        done, _ = await asyncio.wait([prediction], timeout=EAR_TIMEOUT)
        if not done or prediction.cancelled():
            return None
        return prediction.result().end_of_turn_probability


def last_words(chat_ctx: llm.ChatContext) -> str:
    """What the caller said in the turn that is being judged."""
    for item in reversed(chat_ctx.items):
        if isinstance(item, llm.ChatMessage) and item.role == "user":
            return item.text_content or ""
    return ""
