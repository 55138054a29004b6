"""How long a turn waits, and what the ear makes of sound."""

import numpy as np
import pytest
from livekit import rtc

from agent_worker.turn_detection import audio_features, semantic_completeness
from agent_worker.turn_detection.audio_features import AcousticFeatures, AcousticTurnAnalyzer
from agent_worker.turn_detection.detector import EndpointingDelays, decide_endpointing
from agent_worker.turn_detection.semantic_completeness import completeness_logit
from ops.sound import RATE, resample, speak

pytestmark = pytest.mark.unit

WAITS = EndpointingDelays()
OVER = AcousticFeatures(0.98, (-22.0, -18.0, -10.0), 0.22)
OPEN = AcousticFeatures(0.03, (-6.0, -4.0, -3.0), 0.22)


def speech_signal(text: str) -> audio_features.Signal:
    sound = resample(speak(text), audio_features.RATE / RATE) / 32768
    quiet = np.random.default_rng(1).normal(0, 3e-4, len(sound) + audio_features.RATE // 5 + 3200)
    quiet[3200 : 3200 + len(sound)] += sound
    return quiet.astype(np.float32)


def test_a_finished_question_is_answered_at_once() -> None:
    assert decide_endpointing("What is the price of a two-bedroom apartment?", OVER, WAITS).delay == WAITS.min_delay


def test_words_that_open_a_sentence_outweigh_any_sound() -> None:
    assert decide_endpointing("I would like to know if", OVER, WAITS).delay > WAITS.unlikely_delay
    assert decide_endpointing("I would like to know if", OPEN, WAITS).delay == WAITS.max_delay


def test_a_voice_that_holds_outweighs_words_that_look_whole() -> None:
    assert decide_endpointing("I saw your apartments online.", OPEN, WAITS).delay > WAITS.unlikely_delay


def test_between_them_the_wait_grows_with_doubt() -> None:
    waits = [
        decide_endpointing("I live at number forty.", AcousticFeatures(complete, OVER.energy_decay, 0.2), WAITS).delay
        for complete in (0.99, 0.9, 0.7, 0.5)
    ]
    assert waits == sorted(waits)
    assert WAITS.min_delay <= waits[0] < waits[-1]


@pytest.mark.parametrize(
    ("text", "wait"), [("Do you allow pets?", WAITS.likely_delay), ("I would like to", WAITS.max_delay)]
)
def test_without_an_ear_the_words_decide(text: str, wait: float) -> None:
    assert decide_endpointing(text, None, WAITS).delay == wait


def test_with_embeddings_of_another_model_the_words_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    real = semantic_completeness.embed

    def of_another_model(texts: list[str]) -> semantic_completeness.Numbers:
        return real(texts)[:, ::-1]

    semantic_completeness.embeds_as_trained.cache_clear()
    monkeypatch.setattr(semantic_completeness, "embed", of_another_model)
    try:
        assert decide_endpointing("I would like to", OVER, WAITS).delay == WAITS.max_delay
        assert decide_endpointing("Do you allow pets?", OPEN, WAITS).delay == WAITS.likely_delay
    finally:
        semantic_completeness.embeds_as_trained.cache_clear()


def test_thresholds_come_with_the_weights() -> None:
    thresholds = semantic_completeness.load_model().header.thresholds
    assert (WAITS.certain_threshold, WAITS.likely_threshold) == (thresholds["certain"], thresholds["likely"])


def test_doubt_never_shortens_the_wait() -> None:
    waits = [WAITS.delay_for(score / 10) for score in range(60, -80, -1)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (WAITS.min_delay, WAITS.max_delay)


@pytest.mark.parametrize(
    ("whole", "beginning"),
    [
        ("We would like to visit the castle on Sunday.", "We would like to visit the"),
        ("Can my brother drive the car too?", "Can my brother drive the"),
        ("I think it was the lawyer who called me.", "I think it was the lawyer who"),
    ],
)
def test_a_sentence_means_more_than_its_beginning(whole: str, beginning: str) -> None:
    assert completeness_logit(whole) > completeness_logit(beginning) + 1


def _odds(probability: float) -> float:
    return probability / (1 - probability)


def test_the_ear_tells_a_question_from_its_beginning() -> None:
    whole = audio_features.predict(speech_signal("How much is a parking space in the garage?"))
    beginning = audio_features.predict(speech_signal("I would like to know if ..."))
    assert whole.completion_probability > 0.8
    # The voice, and so the figure, differs a little from processor to processor; the odds do not come near each other.
    assert _odds(whole.completion_probability) > 10 * _odds(beginning.completion_probability)
    assert 0.15 < whole.trailing_silence < 0.35


def test_features_are_whispers() -> None:
    """A tone of 1 kHz is loudest in the band that holds it; nothing lies more than 80 dB below the top."""
    tone = np.sin(2 * np.pi * 1000 * np.arange(8 * audio_features.RATE) / audio_features.RATE).astype(np.float32)
    mel = audio_features.log_mel(tone)
    assert mel.shape == (80, 800)
    assert mel.max() - mel.min() <= 2.0 + 1e-6
    # Slaney's mels: 15 at 1 kHz, 45.2 at 8 kHz, 82 edges.
    assert abs(int(mel[:, 400].argmax()) - round(15 / 45.245 * 81 - 1)) <= 1


def test_a_rise_is_noticed_within_thirty_milliseconds() -> None:
    hearing = AcousticTurnAnalyzer()
    rng = np.random.default_rng(2)

    def feed(level: float, frames: int) -> None:
        for _ in range(frames):
            samples = (rng.normal(0, level, 160) * 32767).astype(np.int16)
            hearing.push_audio(rtc.AudioFrame(samples.tobytes(), 16_000, 1, 160))

    feed(0.001, 100)
    assert not hearing.speech_onset
    feed(0.05, 2)
    assert not hearing.speech_onset
    feed(0.05, 1)
    assert hearing.speech_onset
    feed(0.001, 1)
    assert not hearing.speech_onset
