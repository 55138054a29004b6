"""Checks the intent classifier that ships, and its trainer on a sample; see `training.check`."""

from ops.bench import understanding_set
from quantum_app.kit.model_file import ModelHeader
from quantum_app.providers.nlu import intent_model
from training.check import Figure, again
from training.intent_classifier.dataset import COMPARISON, EXAMPLES, businesses, labeled, questions, texts
from training.intent_classifier.train import accuracy, embedded, fit_store, fit_weights, row

# Of the businesses with examples: every so many; a third of them is left out of training and asked about.
EVERY = 8
EVERY_MORE = 36


def check() -> tuple[str, ModelHeader, list[Figure]]:
    model = intent_model.model()
    held_out = labeled(understanding_set.LINES)
    examples, more = businesses(EXAMPLES)[::EVERY], businesses(COMPARISON)[::EVERY_MORE]
    vectors = embedded(texts([*examples, *more], held_out))
    shipped = accuracy(model.weights, [row(model.bank, question, vectors) for question in held_out])
    trained, left_out = examples[::3] + examples[1::3], examples[2::3]
    bank = fit_store(trained, more, vectors, runs=1)
    rows = [row(bank, question, vectors) for item in left_out for question in questions(item, seed=0)]
    half = fit_weights(rows[::2])
    return (
        "intent_classifier",
        model.file.header,
        [
            again(model.file.header, "held_out_accuracy", shipped, 0.02),
            Figure("a sample, on businesses it has not seen", accuracy(half, rows[1::2]), 0.5, 0.95),
        ],
    )
