"""When a call must act by itself: silence, too long, nobody there, the worker is leaving. Pure: events and the time in,
decisions out; no clock, no I/O, so hours of call take microseconds to test.

Times are seconds on any monotonic clock, the same for all events of a call.
"""

from dataclasses import dataclass, field
from enum import StrEnum


class Decision(StrEnum):
    """What the call must do now."""

    ASK_STILL_THERE = "ask_still_there"
    END_SILENCE = "end_silence"
    WARN_TIME = "warn_time"
    END_TIME = "end_time"
    CHECK_AUDIO = "check_audio"
    END_GHOST = "end_ghost"
    END_LEFT = "end_left"
    END_DRAIN = "end_drain"
    ANSWER_MISSING = "answer_missing"
    LOOK_FOR_PERSON = "look_for_person"


# Nobody is spoken into: so long nobody has said anything, in seconds, before the call does something unasked.
_PAUSE = 1.5
# Longer than this, in seconds, nobody speaks without a pause; it is noise, or a microphone that went away.
_LONGEST_SPEECH = 45.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds. max_duration counts from the opening; warn_before is how long before that the caller is told.

    silence_prompt_after, silence_end_after: without a sound or a keystroke. wordless_after: without a word or a
    message, whatever is heard or typed; only the time in which the assistant does not speak counts.
    person_after: from the opening until the flow wants a person to be looked for.
    """

    max_duration: float
    silence_prompt_after: float
    silence_end_after: float
    ghost_after: float
    answer_within: float
    wordless_after: float = 60.0
    warn_before: float = 30.0
    left_grace: float = 20.0
    person_after: float | None = None


@dataclass(slots=True)
class CallPolicy:
    """One call's timers. Each decision comes once per occasion; ends come once and are final."""

    limits: Limits
    opened: float
    _quiet_since: float = field(init=False)
    _audio_at: float = field(init=False)
    _microphone: bool = field(default=False, init=False)
    _present: bool = field(default=False, init=False)
    _left_at: float | None = field(default=None, init=False)
    _question_at: float | None = field(default=None, init=False)
    _busy: bool = field(default=False, init=False)
    _speaking: bool = field(default=False, init=False)
    _sought: bool = field(default=False, init=False)
    _asked: bool = field(default=False, init=False)
    _wordless: float = field(default=0.0, init=False)
    _wordless_asked: bool = field(default=False, init=False)
    _ticked_at: float = field(init=False)
    _warned: bool = field(default=False, init=False)
    _checked: bool = field(default=False, init=False)
    _draining: bool = field(default=False, init=False)
    _ended: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._quiet_since = self._audio_at = self._ticked_at = self.opened

    def microphone(self, at: float) -> None:
        """The caller's microphone is in the room, so its audio is expected. Who has none writes."""
        self._microphone = True
        self._audio_at = at

    def audio(self, at: float) -> None:
        """A frame of the caller's audio arrived; a muted microphone sends frames too."""
        self._audio_at = at
        self._checked = False

    def caller_active(self, at: float, *, speaking: bool = False) -> None:
        """The caller began to make a sound (speaking), stopped, or is typing.

        From then on nobody doubts that there is one, microphone or not. What they have to say is for `words`.
        """
        self._speaking = speaking
        self._quiet_since = at
        self._asked = False
        self._present = True

    def words(self, at: float) -> None:
        """Something that the caller said was understood, or something that they wrote has come."""
        self._quiet_since = at
        self._asked = self._wordless_asked = False
        self._wordless = 0.0
        self._present = True

    def assistant_active(self, at: float, busy: bool) -> None:
        """The assistant began (busy) or stopped speaking or thinking; silence is counted only in between."""
        self._busy = busy
        self._quiet_since = at

    def question(self, at: float) -> None:
        """A caller's turn is over and waits for an answer."""
        self._question_at = at

    def answered(self) -> None:
        """The assistant is audible, or its words were delivered otherwise."""
        self._question_at = None

    def caller_left(self, at: float) -> None:
        self._left_at = at
        self._speaking = False

    def caller_back(self, at: float) -> None:
        self._left_at = None
        self._audio_at = self._quiet_since = at

    @property
    def alone(self) -> bool:
        """Whether the caller is gone for the moment."""
        return self._left_at is not None

    def drain(self) -> None:
        """The worker is asked to stop."""
        self._draining = True

    def deadline_in(self, now: float) -> float:
        """Seconds left until the call must end."""
        return self.opened + self.limits.max_duration - now

    def tick(self, now: float) -> Decision | None:
        """What to do at `now`; call it a few times a second."""
        if self._ended:
            return None
        if not self._busy:
            self._wordless += now - self._ticked_at
        self._ticked_at = now
        if end := self._end(now):
            self._ended = True
            return end
        limits = self.limits
        if not self._warned and now - self.opened >= limits.max_duration - limits.warn_before:
            self._warned = True
            return Decision.WARN_TIME
        if self._left_at is not None:
            return None
        unheard = now - self._audio_at >= limits.ghost_after
        if self._microphone and unheard and not self._present and not self._checked:
            self._checked = True
            return Decision.CHECK_AUDIO
        if self._question_at is not None and now - self._question_at >= limits.answer_within:
            self._question_at = None
            return Decision.ANSWER_MISSING
        quiet = self._quiet(now)
        if not self._asked and quiet >= limits.silence_prompt_after:
            self._asked = True
            self._quiet_since = now
            return Decision.ASK_STILL_THERE
        if not self._wordless_asked and self._wordless >= limits.wordless_after:
            self._wordless_asked = True
            return None if self._asked else Decision.ASK_STILL_THERE
        due = limits.person_after is not None and now - self.opened >= limits.person_after
        if due and not self._sought and self._question_at is None and quiet >= _PAUSE:
            self._sought = True
            return Decision.LOOK_FOR_PERSON
        return None

    def _quiet(self, now: float) -> float:
        """Seconds since anybody spoke."""
        since = now - self._quiet_since
        return 0.0 if self._busy or (self._speaking and since < _LONGEST_SPEECH) else since

    def _end(self, now: float) -> Decision | None:
        limits = self.limits
        if self._draining:
            return Decision.END_DRAIN
        if now - self.opened >= limits.max_duration:
            return Decision.END_TIME
        if self._left_at is not None:
            return Decision.END_LEFT if now - self._left_at >= limits.left_grace else None
        if self._checked and not self._present and now - self._audio_at >= 3 * limits.ghost_after:
            return Decision.END_GHOST
        # The question "Are you still there?" restarts the silence; what is left of the total ends the call.
        patience = limits.silence_end_after - limits.silence_prompt_after
        if self._asked and self._quiet(now) >= patience:
            return Decision.END_SILENCE
        if self._wordless_asked and self._wordless >= limits.wordless_after + patience:
            return Decision.END_SILENCE
        return None
