"""One answer's waterfall: marks taken while it happens, milliseconds for the record."""

import time
from dataclasses import dataclass

from quantum_app.domain.calls.schemas import Latency


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(max(0.0, seconds) * 1000, 1)


@dataclass(slots=True)
class TurnMetrics:
    """Marks of one answer. Times are `time.time()`, durations are seconds; None where a stage did not happen.

    speech_end: the caller's last sound (a typed message: its arrival) · transcript: the final words were there ·
    turn_over: the turn was judged over · began: the answer's work began, often before turn_over · flow, retrieval,
    first_token: durations of the engine, the search, the model until its first words · text: the first words were
    there · first_audio: duration from the first words until the voice's first audio · audio: when that was ·
    first_frame: it left for the room.
    """

    began: float
    speech_end: float | None = None
    transcript: float | None = None
    turn_over: float | None = None
    flow: float | None = None
    retrieval: float | None = None
    first_token: float | None = None
    text: float | None = None
    first_audio: float | None = None
    audio: float | None = None
    first_frame: float | None = None

    def mark_end_of_turn(self, speech_end: float, transcription_delay: float | None) -> None:
        """Note it now."""
        self.turn_over = time.time()
        self.speech_end = speech_end
        if transcription_delay is not None:
            self.transcript = speech_end + transcription_delay

    def overhead(self) -> float | None:
        """Seconds that are ours: what is left of the longer of the two ways to the first frame.

        The answer's work runs while the turn is still being judged. When judging took longer, only the step from
        "over" to the frame is ours. When the work took longer, ours is the time from the final words to the frame less
        what the search, the model and the voice took.
        """
        if self.first_frame is None or self.turn_over is None:
            return None
        if self.audio is None or self.turn_over >= self.audio:
            return self.first_frame - self.turn_over
        work_began = self.began if self.transcript is None else min(self.began, max(self.transcript, self.turn_over))
        waiting_time = (self.retrieval or 0.0) + (self.first_token or 0.0) + (self.first_audio or 0.0)
        return max(0.0, self.first_frame - work_began - waiting_time)

    def to_latency(self) -> Latency:
        """The record: milliseconds, as `Latency` defines them."""
        origin = self.speech_end

        def since(mark: float | None) -> float | None:
            return None if mark is None or origin is None else mark - origin

        return Latency(
            end_of_turn=_ms(since(self.turn_over)),
            transcript=_ms(since(self.transcript)),
            flow=_ms(self.flow),
            retrieval=_ms(self.retrieval),
            first_token=_ms(self.first_token),
            first_audio=_ms(self.first_audio),
            total=_ms(since(self.first_frame)),
            overhead=_ms(self.overhead()),
        )
