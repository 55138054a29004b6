"""When a call must act by itself: silence, too long, nobody there, the worker is leaving. Pure: events and the time in,
decisions out; no clock, no I/O, so hours of call take microseconds to test.

Times are seconds on any monotonic clock, the same for all events of a call.
"""

from dataclasses import dataclass, field
from enum import StrEnum


class TimerAction(StrEnum):
    """What the call must do now."""

    ASK_STILL_THERE = "ask_still_there"
    END_SILENCE = "end_silence"
    WARN_TIME = "warn_time"
    END_MAX_DURATION = "end_time"
    CHECK_AUDIO = "check_audio"
    END_NO_AUDIO = "end_ghost"
    END_CALLER_LEFT = "end_left"
    END_DRAIN = "end_drain"
    ANSWER_OVERDUE = "answer_missing"
    REQUEST_HANDOFF = "look_for_person"


# Nobody is spoken into: so long nobody has said anything, in seconds, before the call does something unasked.
_MIN_PAUSE = 1.5
# Longer than this, in seconds, nobody speaks without a pause; it is noise, or a microphone that went away.
_MAX_SPEECH = 45.0


@dataclass(frozen=True, slots=True)
class CallLimits:
    """Seconds. max_duration counts from the opening; warn_before is how long before that the caller is told.

    silence_prompt_after, silence_end_after: without a sound or a keystroke. no_words_after: without a word or a
    message, whatever is heard or typed; only the time in which the assistant does not speak counts.
    handoff_after: from the opening until the flow wants a person to be looked for.
    """

    max_duration: float
    silence_prompt_after: float
    silence_end_after: float
    no_audio_after: float
    answer_timeout: float
    no_words_after: float = 60.0
    warn_before: float = 30.0
    reconnect_timeout: float = 20.0
    handoff_after: float | None = None


@dataclass(slots=True)
class CallTimers:
    """One call's timers. Each decision comes once per occasion; ends come once and are final."""

    limits: CallLimits
    opened: float
    _silent_since: float = field(init=False)
    _audio_at: float = field(init=False)
    _has_microphone: bool = field(default=False, init=False)
    _caller_detected: bool = field(default=False, init=False)
    _left_at: float | None = field(default=None, init=False)
    _turn_committed_at: float | None = field(default=None, init=False)
    _assistant_busy: bool = field(default=False, init=False)
    _caller_speaking: bool = field(default=False, init=False)
    _handoff_requested: bool = field(default=False, init=False)
    _silence_prompted: bool = field(default=False, init=False)
    _seconds_without_words: float = field(default=0.0, init=False)
    _no_words_prompted: bool = field(default=False, init=False)
    _last_tick: float = field(init=False)
    _time_warning_given: bool = field(default=False, init=False)
    _audio_check_given: bool = field(default=False, init=False)
    _draining: bool = field(default=False, init=False)
    _ended: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._silent_since = self._audio_at = self._last_tick = self.opened

    def microphone_published(self, at: float) -> None:
        """The caller's microphone is in the room, so its audio is expected. Who has none writes."""
        self._has_microphone = True
        self._audio_at = at

    def audio_received(self, at: float) -> None:
        """A frame of the caller's audio arrived; a muted microphone sends frames too."""
        self._audio_at = at
        self._audio_check_given = False

    def caller_activity(self, at: float, *, speaking: bool = False) -> None:
        """The caller began to make a sound (speaking), stopped, or is typing.

        From then on nobody doubts that there is one, microphone or not. What they have to say is for `words`.
        """
        self._caller_speaking = speaking
        self._silent_since = at
        self._silence_prompted = False
        self._caller_detected = True

    def words_received(self, at: float) -> None:
        """Something that the caller said was understood, or something that they wrote has come."""
        self._silent_since = at
        self._silence_prompted = self._no_words_prompted = False
        self._seconds_without_words = 0.0
        self._caller_detected = True

    def assistant_activity(self, at: float, busy: bool) -> None:
        """The assistant began (busy) or stopped speaking or thinking; silence is counted only in between."""
        self._assistant_busy = busy
        self._silent_since = at

    def turn_committed(self, at: float) -> None:
        """A caller's turn is over and waits for an answer."""
        self._turn_committed_at = at

    def answer_started(self) -> None:
        """The assistant is audible, or its words were delivered otherwise."""
        self._turn_committed_at = None

    def participant_left(self, at: float) -> None:
        self._left_at = at
        self._caller_speaking = False

    def participant_reconnected(self, at: float) -> None:
        self._left_at = None
        self._audio_at = self._silent_since = at

    @property
    def caller_absent(self) -> bool:
        """Whether the caller is gone for the moment."""
        return self._left_at is not None

    def drain(self) -> None:
        """The worker is asked to stop."""
        self._draining = True

    def deadline_in(self, now: float) -> float:
        """Seconds left until the call must end."""
        return self.opened + self.limits.max_duration - now

    def tick(self, now: float) -> TimerAction | None:
        """What to do at `now`; call it a few times a second."""
        if self._ended:
            return None
        if not self._assistant_busy:
            self._seconds_without_words += now - self._last_tick
        self._last_tick = now
        if end := self._end(now):
            self._ended = True
            return end
        limits = self.limits
        if not self._time_warning_given and now - self.opened >= limits.max_duration - limits.warn_before:
            self._time_warning_given = True
            return TimerAction.WARN_TIME
        if self._left_at is not None:
            return None
        unheard = now - self._audio_at >= limits.no_audio_after
        if self._has_microphone and unheard and not self._caller_detected and not self._audio_check_given:
            self._audio_check_given = True
            return TimerAction.CHECK_AUDIO
        if self._turn_committed_at is not None and now - self._turn_committed_at >= limits.answer_timeout:
            self._turn_committed_at = None
            return TimerAction.ANSWER_OVERDUE
        quiet = self._silence(now)
        if not self._silence_prompted and quiet >= limits.silence_prompt_after:
            self._silence_prompted = True
            self._silent_since = now
            return TimerAction.ASK_STILL_THERE
        if not self._no_words_prompted and self._seconds_without_words >= limits.no_words_after:
            self._no_words_prompted = True
            return None if self._silence_prompted else TimerAction.ASK_STILL_THERE
        due = limits.handoff_after is not None and now - self.opened >= limits.handoff_after
        if due and not self._handoff_requested and self._turn_committed_at is None and quiet >= _MIN_PAUSE:
            self._handoff_requested = True
            return TimerAction.REQUEST_HANDOFF
        return None

    def _silence(self, now: float) -> float:
        """Seconds since anybody spoke."""
        since = now - self._silent_since
        return 0.0 if self._assistant_busy or (self._caller_speaking and since < _MAX_SPEECH) else since

    def _end(self, now: float) -> TimerAction | None:
        limits = self.limits
        if self._draining:
            return TimerAction.END_DRAIN
        if now - self.opened >= limits.max_duration:
            return TimerAction.END_MAX_DURATION
        if self._left_at is not None:
            return TimerAction.END_CALLER_LEFT if now - self._left_at >= limits.reconnect_timeout else None
        if self._audio_check_given and not self._caller_detected and now - self._audio_at >= 3 * limits.no_audio_after:
            return TimerAction.END_NO_AUDIO
        # The question "Are you still there?" restarts the silence; what is left of the total ends the call.
        patience = limits.silence_end_after - limits.silence_prompt_after
        if self._silence_prompted and self._silence(now) >= patience:
            return TimerAction.END_SILENCE
        if self._no_words_prompted and self._seconds_without_words >= limits.no_words_after + patience:
            return TimerAction.END_SILENCE
        return None
