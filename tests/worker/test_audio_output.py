"""Where a sentence that was paused is taken up again."""

import numpy as np
import pytest

from agent_worker.audio.output import FRAME, REWIND, SAMPLE_RATE, find_resume_point

pytestmark = pytest.mark.unit


def test_it_goes_on_from_the_quiet_before_the_word() -> None:
    sound = np.full(2 * SAMPLE_RATE, 8000, np.int16)
    gap = slice(round(1.2 * SAMPLE_RATE), round(1.26 * SAMPLE_RATE))
    sound[gap] = 5
    place = find_resume_point(sound, round(1.4 * SAMPLE_RATE))
    assert gap.start - FRAME <= place <= gap.stop


def test_it_never_goes_back_further_than_it_may() -> None:
    sound = np.full(2 * SAMPLE_RATE, 8000, np.int16)
    sound[: SAMPLE_RATE // 2] = 0
    assert find_resume_point(sound, 2 * SAMPLE_RATE) >= 2 * SAMPLE_RATE - REWIND * SAMPLE_RATE


def test_at_the_beginning_there_is_only_the_beginning() -> None:
    assert find_resume_point(np.zeros(100, np.int16), 100) == 0
