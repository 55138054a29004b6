"""Checks the turn detection that ships, and its trainer on a sample; see `training.check`."""

import numpy as np

from agent_worker.turn_detection import semantic_completeness
from quantum_app.kit.model_file import ModelHeader
from training.check import Figure, again
from training.turn_detection.dataset import prefixes, sentences, utterances
from training.turn_detection.train import balanced_accuracy, embed, fit, observe_all

# Every so many sentences and utterances.
SENTENCES, UTTERANCES = 6, 12


def check() -> tuple[str, ModelHeader, list[Figure]]:
    model = semantic_completeness.load_model()
    sample = sentences()[::SENTENCES]
    trained, left_out = prefixes(sample[::2] + sample[1::4]), prefixes(sample[3::4])
    rows, whole = embed(trained[0]), np.array(trained[1])
    other_rows, other_whole = embed(left_out[0]), np.array(left_out[1])
    words = fit(rows, whole, ridge=0.1 * len(rows))
    observed_sample = observe_all(utterances()[::UTTERANCES])
    turn = fit(observed_sample.features[::2], observed_sample.over[::2], ridge=30.0)
    every_row, every_whole = np.vstack((rows, other_rows)), np.concatenate((whole, other_whole))
    sentences_now = balanced_accuracy(model.arrays["words"], every_row, every_whole)
    turns_now = balanced_accuracy(model.arrays["turn"], observed_sample.features, observed_sample.over)
    return (
        "turn_detection",
        model.header,
        [
            again(model.header, "complete_sentences_accuracy", sentences_now, 0.05),
            again(model.header, "turns_accuracy", turns_now, 0.08),
            Figure("a sample, on sentences left out", balanced_accuracy(words, other_rows, other_whole), 0.6, 1.0),
            Figure(
                "a sample, on turns left out",
                balanced_accuracy(turn, observed_sample.features[1::2], observed_sample.over[1::2]),
                0.7,
                1.0,
            ),
        ],
    )
