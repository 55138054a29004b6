"""The waterfall of an answer, and whose time is whose."""

import pytest

from agent_worker.turns.metrics import TurnMetrics

pytestmark = pytest.mark.unit


def test_overhead_when_the_turn_was_judged_last() -> None:
    fall = TurnMetrics(
        began=10.20, speech_end=10.0, transcript=10.15, turn_over=10.40, retrieval=0.02, first_token=0.01
    )
    fall.text, fall.first_audio, fall.audio, fall.first_frame = 10.24, 0.08, 10.32, 10.405
    assert fall.overhead() == pytest.approx(0.005)
    measured = fall.to_latency()
    assert (measured.end_of_turn, measured.transcript, measured.total) == (400.0, 150.0, 405.0)
    assert (measured.retrieval, measured.first_token, measured.first_audio) == (20.0, 10.0, 80.0)


def test_overhead_when_the_answers_work_came_last() -> None:
    fall = TurnMetrics(
        began=10.41, speech_end=10.0, transcript=10.40, turn_over=10.40, retrieval=0.03, first_token=0.50
    )
    fall.text, fall.first_audio, fall.audio, fall.first_frame = 10.95, 0.10, 11.05, 11.06
    # Everything from the judged turn on, less search, dialogue model and voice: 0.66 - 0.63.
    assert fall.overhead() == pytest.approx(0.03)


def test_an_answer_that_was_never_heard_has_no_total() -> None:
    fall = TurnMetrics(began=10.2, speech_end=10.0, turn_over=10.4)
    assert fall.to_latency().total is None
    assert fall.to_latency().overhead is None
