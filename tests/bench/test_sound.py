import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.sound import (
    AUDIBLE_RMS,
    RATE,
    WINDOW,
    bounds,
    dbfs,
    noise,
    read_wav,
    resample,
    speak,
    write_wav,
)

pytestmark = pytest.mark.unit


def tone(seconds: float, level: float = -20.0) -> np.ndarray:
    size = round(seconds * RATE)
    amplitude = 32768 * 10 ** (level / 20) * np.sqrt(2)
    return (amplitude * np.sin(2 * np.pi * 440 * np.arange(size) / RATE)).astype(np.int16)


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * RATE), np.int16)


@given(before=st.integers(0, RATE), length=st.integers(RATE // 10, RATE), after=st.integers(0, RATE))
def test_bounds_are_those_of_the_tone_whatever_stands_around_it(before: int, length: int, after: int) -> None:
    room = noise("pink", 4.0, -60.0, 3)[: before + length + after]
    sound = room.astype(np.int32)
    sound[before : before + length] += tone(length / RATE)[:length]
    edges = bounds(np.clip(sound, -32768, 32767).astype(np.int16))
    assert edges is not None
    # A window that the tone fills by less than a fifth may stay below the threshold.
    assert before - 1 <= edges[0] <= before + WINDOW
    assert before + length - WINDOW <= edges[1] <= before + length + 1


@given(level=st.floats(-90, -50))
def test_room_noise_is_not_audible(level: float) -> None:
    assert bounds(noise("pink", 1.0, level, 5)) is None


def test_a_click_is_not_speech() -> None:
    sound = silence(1.0)
    sound[RATE // 2 : RATE // 2 + WINDOW] = 20_000
    assert bounds(sound) is None


def test_level_of_noise_is_the_level_asked_for() -> None:
    for kind in ("white", "pink", "hum"):
        assert dbfs(noise(kind, 2.0, -40.0, 7)) == pytest.approx(-40.0, abs=0.2)


def test_resampling_keeps_a_tone_and_its_level() -> None:
    sound = tone(1.0)
    half = resample(sound, 0.5)
    assert len(half) == RATE // 2
    assert dbfs(half) == pytest.approx(dbfs(sound), abs=0.1)
    peak = int(np.argmax(np.abs(np.fft.rfft(half))))
    assert peak == 440


def test_wav_survives_and_other_rates_are_converted(tmp_path) -> None:
    sound = tone(0.5)
    write_wav(tmp_path / "a.wav", sound)
    assert np.array_equal(read_wav(tmp_path / "a.wav"), sound)


def test_synthetic_speech_has_no_silent_ends() -> None:
    words = speak("Do you allow pets?")
    edges = bounds(words)
    assert edges is not None
    assert edges[0] == 0
    assert len(words) - edges[1] <= WINDOW
    assert 0.6 < len(words) / RATE < 3.0
    assert np.max(np.abs(words.astype(np.int32))) > 10 * AUDIBLE_RMS
