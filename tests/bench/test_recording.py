"""What a recording says about when the assistant could be heard."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.bench.talk import SILENCED
from ops.caller import Recording
from ops.sound import RATE, noise, to_pcm

pytestmark = pytest.mark.unit

FRAME = RATE // 100
START = 1000.0


def recorded(*parts: tuple[bool, float]) -> Recording:
    """A track of audible and quiet stretches, (audible, seconds), its frames stamped every 10 ms."""
    pieces = [
        to_pcm(0.2 * np.sin(2 * np.pi * 300 * (np.arange(round(seconds * RATE)) + 20) / RATE))
        if audible
        else noise("pink", seconds, -65.0, 1)
        for audible, seconds in parts
    ]
    sound = np.concatenate(pieces)
    recording = Recording()
    for number in range(len(sound) // FRAME):
        recording.add(START + number / 100, sound[number * FRAME : (number + 1) * FRAME])
    return recording


@given(quiet=st.integers(1, 150), loud=st.integers(5, 150))
def test_first_and_last_audible_sample(quiet: int, loud: int) -> None:
    recording = recorded((False, quiet / 100), (True, loud / 100), (False, 1.0))
    first = recording.first_audible(START)
    last = recording.last_audible(START)
    assert first is not None
    assert last is not None
    assert abs(first - (START + quiet / 100)) < 0.002
    assert abs(last - (START + (quiet + loud) / 100)) < 0.002


def test_nothing_audible() -> None:
    recording = recorded((False, 2.0))
    assert recording.first_audible(START) is None
    assert recording.last_audible(START) is None
    assert recording.falls_silent(START, SILENCED) == START


def test_a_gap_between_words_is_no_end() -> None:
    recording = recorded((True, 1.0), (False, 0.3), (True, 0.5), (False, 1.0))
    still = recording.falls_silent(START + 0.5, SILENCED)
    assert still is not None
    assert abs(still - (START + 1.8)) < 0.002


def test_silence_that_is_not_yet_long_enough() -> None:
    assert recorded((True, 1.0), (False, 0.3)).falls_silent(START, SILENCED) is None


def test_only_what_lies_between_the_two_times_counts() -> None:
    recording = recorded((True, 0.5), (False, 1.0), (True, 0.5))
    assert recording.first_audible(START + 0.6, START + 1.4) is None
    last = recording.last_audible(START, START + 1.0)
    assert last is not None
    assert abs(last - (START + 0.5)) < 0.002
