"""Hours of call in no time: the policy is driven by events and a clock that only the test moves."""

from dataclasses import replace

import pytest

from agent_worker.session.call_timers import CallLimits, CallTimers, TimerAction

pytestmark = pytest.mark.unit

LIMITS = CallLimits(
    max_duration=600, silence_prompt_after=15, silence_end_after=30, no_audio_after=10, answer_timeout=8, warn_before=30
)


class Clock:
    """Drives a policy as the call does: audio every tick unless told otherwise, ten ticks a second."""

    def __init__(self, limits: CallLimits = LIMITS) -> None:
        self.ticks = 0
        self.policy = CallTimers(limits, self.now)
        self.policy.microphone_published(self.now)
        self.audio = True
        self.decisions: list[tuple[float, TimerAction]] = []

    @property
    def now(self) -> float:
        return self.ticks / 10

    def run(self, seconds: float) -> list[TimerAction]:
        start = len(self.decisions)
        for _ in range(round(seconds * 10)):
            self.ticks += 1
            if self.audio:
                self.policy.audio_received(self.now)
            if decision := self.policy.tick(self.now):
                self.decisions.append((self.now, decision))
        return [decision for _, decision in self.decisions[start:]]

    def assistant_speaks(self, seconds: float) -> None:
        self.policy.assistant_activity(self.now, busy=True)
        self.run(seconds)
        self.policy.assistant_activity(self.now, busy=False)

    def caller_speaks(self, seconds: float = 0.0) -> None:
        """And is understood."""
        self.policy.caller_activity(self.now, speaking=True)
        self.policy.words_received(self.now)
        self.run(seconds)
        self.policy.caller_activity(self.now)
        self.policy.words_received(self.now)

    def caller_types(self, seconds: float) -> None:
        """The page says so every three seconds; nothing is sent."""
        for _ in range(round(seconds / 3)):
            self.policy.keys_pressed(self.now)
            self.run(3)


def test_silence_is_asked_about_once_and_then_ends_the_call() -> None:
    call = Clock()
    assert call.run(14.9) == []
    assert call.run(0.2) == [TimerAction.ASK_STILL_THERE]
    call.assistant_speaks(1.5)
    assert call.run(14.8) == []
    assert call.run(60) == [TimerAction.END_SILENCE]


def test_a_caller_who_answers_the_question_is_asked_again_later() -> None:
    call = Clock()
    assert call.run(16) == [TimerAction.ASK_STILL_THERE]
    call.caller_speaks()
    assert call.run(14.9) == []
    assert call.run(0.3) == [TimerAction.ASK_STILL_THERE]


def test_silence_is_not_counted_while_the_caller_speaks() -> None:
    call = Clock()
    call.caller_speaks(30)
    assert call.decisions == []
    assert call.run(15.1) == [TimerAction.ASK_STILL_THERE]


def test_noise_that_never_ends_is_nobody_speaking() -> None:
    call = Clock()
    call.policy.caller_activity(call.now, speaking=True)
    assert call.run(100) == [TimerAction.ASK_STILL_THERE, TimerAction.END_SILENCE]


def test_who_types_is_never_asked() -> None:
    call = Clock()
    call.caller_types(540)
    assert call.decisions == []


def test_who_stops_typing_is_asked_after_a_minute_and_released_after_another() -> None:
    call = Clock()
    call.caller_types(30)
    call.run(200)
    assert call.decisions == [
        (pytest.approx(87, abs=0.2), TimerAction.ASK_STILL_THERE),
        (pytest.approx(147, abs=0.2), TimerAction.END_SILENCE),
    ]


def test_who_speaks_after_typing_is_asked_as_somebody_who_speaks() -> None:
    call = Clock()
    call.caller_types(9)
    call.caller_speaks(2)
    assert call.run(15.1) == [TimerAction.ASK_STILL_THERE]


def test_who_is_muted_is_never_asked() -> None:
    call = Clock()
    call.policy.microphone_muted(call.now, True)
    assert call.run(500) == []
    call.policy.microphone_muted(call.now, False)
    assert call.run(14.8) == []
    assert call.run(0.4) == [TimerAction.ASK_STILL_THERE]


def test_who_mutes_after_the_question_is_not_released() -> None:
    call = Clock()
    assert call.run(16) == [TimerAction.ASK_STILL_THERE]
    call.policy.microphone_muted(call.now, True)
    assert call.run(300) == []


def test_a_muted_microphone_is_not_taken_for_a_dead_one() -> None:
    call = Clock()
    call.audio = False
    call.policy.microphone_muted(call.now, True)
    assert call.run(60) == []


def test_who_was_asked_and_then_types_is_not_released() -> None:
    call = Clock()
    assert call.run(16) == [TimerAction.ASK_STILL_THERE]
    call.assistant_speaks(1.5)
    call.caller_types(120)
    assert call.decisions[1:] == []


def test_sounds_without_words_hold_no_call() -> None:
    call = Clock()
    for _ in range(60):
        call.policy.caller_activity(call.now, speaking=True)
        call.run(2)
        call.policy.caller_activity(call.now)
        call.run(5)
        call.assistant_speaks(2)  # "Sorry, I did not catch that."
    question, release = call.decisions
    assert (question[1], release[1]) == (TimerAction.ASK_STILL_THERE, TimerAction.END_SILENCE)
    assert release[0] < 120


def test_who_drops_out_again_and_again_without_a_word_is_released() -> None:
    call = Clock()
    for _ in range(20):
        call.run(3)
        call.policy.participant_left(call.now)
        call.run(15)
        call.policy.participant_reconnected(call.now)
    question, release = call.decisions
    assert (question[1], release[1]) == (TimerAction.ASK_STILL_THERE, TimerAction.END_SILENCE)
    assert release[0] < 120


def test_time_in_which_the_assistant_speaks_is_no_time_without_words() -> None:
    call = Clock()
    for _ in range(6):
        call.assistant_speaks(50)
        call.run(9)
    assert call.decisions == []


def test_a_person_is_looked_for_once_in_a_pause() -> None:
    call = Clock(replace(LIMITS, handoff_after=20))
    call.caller_speaks(30)
    call.policy.turn_committed(call.now)
    assert call.run(3) == []
    call.policy.answer_started()
    call.assistant_speaks(4)
    assert call.decisions == []
    assert call.run(2) == [TimerAction.REQUEST_HANDOFF]
    call.caller_speaks(1)
    assert call.run(5) == []


def test_silence_is_not_counted_while_the_assistant_speaks() -> None:
    call = Clock()
    call.assistant_speaks(60)
    assert call.decisions == []
    assert call.run(15.1) == [TimerAction.ASK_STILL_THERE]


def test_a_long_call_is_warned_and_ended_at_its_maximum() -> None:
    call = Clock()
    for _ in range(590):
        call.caller_speaks()
        call.run(1)
    assert call.decisions == [(570.0, TimerAction.WARN_TIME)]
    for _ in range(20):
        call.caller_speaks()
        call.run(1)
    assert call.decisions[1:] == [(600.0, TimerAction.END_MAX_DURATION)]


def test_the_maximum_counts_even_while_the_assistant_speaks() -> None:
    call = Clock(CallLimits(20, 15, 30, 10, 8, warn_before=5))
    call.assistant_speaks(30)
    assert [decision for _, decision in call.decisions] == [TimerAction.WARN_TIME, TimerAction.END_MAX_DURATION]


def test_a_call_without_any_audio_is_checked_and_ended() -> None:
    call = Clock()
    call.audio = False
    assert call.run(10.1) == [TimerAction.CHECK_AUDIO]
    call.assistant_speaks(3)
    assert TimerAction.END_NO_AUDIO in call.run(20)


def test_audio_that_comes_back_saves_the_call() -> None:
    call = Clock()
    call.audio = False
    assert call.run(10.1) == [TimerAction.CHECK_AUDIO]
    call.audio = True
    call.caller_speaks()
    assert TimerAction.END_NO_AUDIO not in call.run(14)


def test_a_caller_who_types_is_no_ghost() -> None:
    call = Clock()
    call.audio = False
    call.run(5)
    call.caller_speaks()
    assert call.run(14.8) == []
    assert call.run(1) == [TimerAction.ASK_STILL_THERE]


def test_who_has_no_microphone_is_given_the_time_of_somebody_who_types() -> None:
    call = Clock()
    call.policy = CallTimers(LIMITS, call.now)
    call.audio = False
    assert call.run(59.8) == []
    assert call.run(1) == [TimerAction.ASK_STILL_THERE]
    assert call.run(58) == []
    assert call.run(3) == [TimerAction.END_SILENCE]


def test_a_caller_who_left_has_a_grace_time() -> None:
    call = Clock()
    call.policy.participant_left(call.now)
    call.audio = False
    assert call.run(19.8) == []
    assert call.run(0.4) == [TimerAction.END_CALLER_LEFT]
    assert call.run(100) == []


def test_a_caller_who_comes_back_goes_on() -> None:
    call = Clock()
    call.policy.participant_left(call.now)
    call.run(15)
    call.policy.participant_reconnected(call.now)
    assert call.run(14.8) == []


def test_a_question_without_an_answer_gets_one() -> None:
    call = Clock()
    call.caller_speaks()
    call.policy.turn_committed(call.now)
    assert call.run(7.9) == []
    assert call.run(0.2) == [TimerAction.ANSWER_OVERDUE]
    call.policy.answer_started()
    assert TimerAction.ANSWER_OVERDUE not in call.run(10)


def test_thinking_for_ever_is_no_answer() -> None:
    call = Clock()
    call.policy.turn_committed(call.now)
    call.policy.assistant_activity(call.now, busy=True)
    assert call.run(8.1) == [TimerAction.ANSWER_OVERDUE]


def test_an_answer_in_time_needs_no_help() -> None:
    call = Clock()
    call.policy.turn_committed(call.now)
    call.run(2)
    call.policy.answer_started()
    assert TimerAction.ANSWER_OVERDUE not in call.run(12)


def test_a_worker_that_stops_ends_the_call_at_once() -> None:
    call = Clock()
    call.run(3)
    call.policy.drain()
    assert call.run(0.1) == [TimerAction.END_DRAIN]
    assert call.run(100) == []


@pytest.mark.parametrize("hours", [1, 3])
def test_a_lively_call_of_hours_needs_no_decision(hours: int) -> None:
    call = Clock(CallLimits(hours * 3600 + 60, 15, 30, 10, 8, warn_before=30))
    for _ in range(hours * 360):
        call.caller_speaks()
        call.policy.turn_committed(call.now)
        call.run(2)
        call.policy.answer_started()
        call.assistant_speaks(8)
    assert call.decisions == []
