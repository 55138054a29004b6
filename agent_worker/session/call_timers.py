"""When a call acts by itself: on silence, at its longest duration, when nobody is there, when the worker drains.

Pure: events and the time in, actions out. No clock, no I/O, so tests run hours of a call in microseconds. Times are
seconds on any monotonic clock, the same one for all events of a call.
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


# Seconds of silence before the call says something unasked, so that it interrupts nobody.
_MIN_PAUSE = 1.5
# Speech without a pause for longer than this, in seconds, is noise, or a microphone that went away.
_MAX_SPEECH = 45.0


@dataclass(frozen=True, slots=True)
class CallLimits:
    """When a call acts, in seconds."""

    max_duration: float
    """From the start of the call."""
    silence_prompt_after: float
    """Without a sound or a keystroke, until a caller who speaks is asked whether they are there."""
    silence_end_after: float
    """Without a sound or a keystroke, until the call of somebody who speaks ends."""
    no_audio_after: float
    """Without a frame from the microphone, until the caller is told. After three times as long, the call ends."""
    answer_timeout: float
    """From a turn's end, until the flow goes on without an answer."""
    typing_prompt_after: float = 60.0
    """Without a keystroke, until a caller who types is asked whether they are there."""
    typing_end_after: float = 120.0
    """Without a keystroke, until the call of somebody who types ends."""
    no_words_after: float = 60.0
    """Without a word or a keystroke, whatever else the microphone hears. Counts only while the assistant is silent."""
    warn_before: float = 30.0
    """Before `max_duration`, when the caller is warned."""
    reconnect_timeout: float = 20.0
    """From a caller's leaving without hanging up, until the call ends."""
    handoff_after: float | None = None
    """From the start of the call, until the flow requests a handoff."""


@dataclass(slots=True)
class CallTimers:
    """One call's timers. Each action comes once per occasion. An end comes once and is final.

    Nobody who is muted is asked whether they are there: their call ends at its maximum duration. Each key puts off the
    question to somebody who types.
    """

    limits: CallLimits
    opened_at: float
    _silent_since: float = field(init=False)
    _audio_at: float = field(init=False)
    _has_microphone: bool = field(default=False, init=False)
    _muted: bool = field(default=False, init=False)
    _types: bool = field(default=False, init=False)
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
        self._silent_since = self._audio_at = self._last_tick = self.opened_at

    def microphone_published(self, at: float) -> None:
        """The caller's microphone is in the room, so its audio is expected. Callers without one type."""
        self._has_microphone = True
        self._audio_at = at

    def microphone_muted(self, at: float, muted: bool) -> None:
        """The caller muted or unmuted the microphone. Silence counts from then on."""
        self._muted = muted
        self._audio_at = self._silent_since = at
        self._caller_speaking = False

    def audio_received(self, at: float) -> None:
        """A frame of the caller's audio arrived. A muted microphone sends frames too."""
        self._audio_at = at
        self._audio_check_given = False

    def caller_activity(self, at: float, *, speaking: bool = False) -> None:
        """The caller started to make a sound (speaking), or stopped.

        From then on somebody is there, microphone or not. Whether they say anything is for `words_received`.
        """
        self._caller_speaking = speaking
        self._silent_since = at
        self._silence_prompted = False
        self._caller_detected = True

    def keys_pressed(self, at: float) -> None:
        """The caller is typing, or sent what they typed."""
        self.words_received(at)
        self._types = True

    def words_received(self, at: float) -> None:
        """Words of the caller were recognized."""
        self._types = False
        self._silent_since = at
        self._silence_prompted = self._no_words_prompted = False
        self._seconds_without_words = 0.0
        self._caller_detected = True

    def assistant_activity(self, at: float, busy: bool) -> None:
        """The assistant started (busy) or stopped speaking or thinking. Silence counts only in between."""
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
        """Whether the caller has left for the moment."""
        return self._left_at is not None

    def drain(self) -> None:
        """The worker is asked to stop."""
        self._draining = True

    def deadline_in(self, now: float) -> float:
        """Seconds left until the call must end."""
        return self.opened_at + self.limits.max_duration - now

    def tick(self, now: float) -> TimerAction | None:
        """What to do at `now`. Call it a few times per second."""
        if self._ended:
            return None
        if self._has_microphone and not self._muted and not self._assistant_busy:
            self._seconds_without_words += now - self._last_tick
        self._last_tick = now
        if end := self._end(now):
            self._ended = True
            return end
        limits = self.limits
        if not self._time_warning_given and now - self.opened_at >= limits.max_duration - limits.warn_before:
            self._time_warning_given = True
            return TimerAction.WARN_TIME
        if self._left_at is not None:
            return None
        unheard = self._has_microphone and not self._muted and now - self._audio_at >= limits.no_audio_after
        if unheard and not self._caller_detected and not self._audio_check_given:
            self._audio_check_given = True
            return TimerAction.CHECK_AUDIO
        if self._turn_committed_at is not None and now - self._turn_committed_at >= limits.answer_timeout:
            self._turn_committed_at = None
            return TimerAction.ANSWER_OVERDUE
        quiet = self._silence(now)
        if not self._silence_prompted and quiet >= self._prompt_after:
            self._silence_prompted = True
            self._silent_since = now
            return TimerAction.ASK_STILL_THERE
        if not self._no_words_prompted and self._seconds_without_words >= limits.no_words_after:
            self._no_words_prompted = True
            return None if self._silence_prompted else TimerAction.ASK_STILL_THERE
        due = limits.handoff_after is not None and now - self.opened_at >= limits.handoff_after
        if due and not self._handoff_requested and self._turn_committed_at is None and quiet >= _MIN_PAUSE:
            self._handoff_requested = True
            return TimerAction.REQUEST_HANDOFF
        return None

    @property
    def has_microphone(self) -> bool:
        """Whether the caller's microphone was ever there. Without one, they read."""
        return self._has_microphone

    @property
    def _in_writing(self) -> bool:
        return self._types or not self._has_microphone

    @property
    def _prompt_after(self) -> float:
        return self.limits.typing_prompt_after if self._in_writing else self.limits.silence_prompt_after

    @property
    def _end_after(self) -> float:
        return self.limits.typing_end_after if self._in_writing else self.limits.silence_end_after

    def _silence(self, now: float) -> float:
        """Seconds since somebody spoke. None pass while the microphone is muted."""
        since = now - self._silent_since
        speaking = self._caller_speaking and since < _MAX_SPEECH
        return 0.0 if self._assistant_busy or self._muted or speaking else since

    def _end(self, now: float) -> TimerAction | None:
        limits = self.limits
        if self._draining:
            return TimerAction.END_DRAIN
        if now - self.opened_at >= limits.max_duration:
            return TimerAction.END_MAX_DURATION
        if self._left_at is not None:
            return TimerAction.END_CALLER_LEFT if now - self._left_at >= limits.reconnect_timeout else None
        if self._audio_check_given and not self._caller_detected and now - self._audio_at >= 3 * limits.no_audio_after:
            return TimerAction.END_NO_AUDIO
        # The question "Are you still there?" restarts the silence; what is left of the total ends the call.
        patience = self._end_after - self._prompt_after
        if self._silence_prompted and self._silence(now) >= patience:
            return TimerAction.END_SILENCE
        if self._no_words_prompted and self._seconds_without_words >= limits.no_words_after + patience:
            return TimerAction.END_SILENCE
        return None
