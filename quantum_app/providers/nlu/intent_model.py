"""How well words fit described intents: e5 embeddings, read with the help of sentences whose intent is known.

An embedding alone confuses what sentences are about with how they are put. Four things help: a comparison of sentences
with descriptions and examples that was learnt from what callers of many businesses mean; a metric that brings together
what means the same wish; some thousand sentences of callers, from which a new sentence takes the descriptions of its
neighbours; and words that only one of the options has. `training/intent_classifier` makes the model file.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from quantum_app.kit import model_file
from quantum_app.kit.lexical import terms
from quantum_app.kit.model_file import ModelFile

FILE = Path(__file__).parent / "intent_model.npz"
LENGTH = 384

Numbers = NDArray[np.float32]

_OTHER = re.compile(r"[^a-z0-9' ]")
_NEGATION = re.compile(r"\b(?:not|no|never|without|\w+n't)\b")
_NARROW, _WIDE, _RELATED = 0.06, 0.08, 0.1
_NEIGHBOURS = 3
# Brings the comparison to the size of the other features.
_SCALE = 0.125
# Features that also count by how far an option is ahead of the others.
_COMPARED = [0, 1, 3, 5, 7, 9]
_LONGEST = 300
_COMPARISON = ("described", "exemplified", "none", "offsets")


@dataclass(frozen=True, slots=True)
class OptionFeatures:
    """An option, ready to be compared with what a caller said.

    words: stems that carry meaning.
    related (n): similarity of each example's intent to this option.
    prototype: mean of the examples whose intents are similar, of length one.
    score_vector, offset: their product with a sentence, plus the offset, is the log odds of this option over none.
    """

    description: Numbers
    examples: tuple[Numbers, ...]
    words: frozenset[str]
    related: Numbers
    prototype: Numbers
    score_vector: Numbers
    offset: float


@dataclass(frozen=True, slots=True)
class BilinearScorer:
    """Log odds that a sentence means an option rather than none, bilinear in their embeddings.

    described (384, 384): between a sentence and a description.
    exemplified (384, 384): between a sentence and the mean of an option's examples.
    none (384): weights of a sentence that means no option.
    offsets: of having examples, and of none.
    """

    described: Numbers
    exemplified: Numbers
    none: Numbers
    offsets: Numbers

    def of(self, description: Numbers, examples: Sequence[Numbers]) -> tuple[Numbers, float]:
        """Score vector and offset of an option."""
        score_vector, offset = _dot(self.described, description) - self.none, -float(self.offsets[1])
        if examples:
            score_vector = score_vector + _dot(self.exemplified, _unit(np.mean(examples, axis=0)))
            offset += float(self.offsets[0])
        return score_vector, offset


@dataclass(frozen=True, slots=True)
class ExampleStore:
    """Sentences of callers with known intents.

    sentences (n, 384): embeddings, centered, of length one.
    intents (m, 384): embeddings of the intents' descriptions, likewise.
    intent_of (n): row in `intents`; -1 where the sentence means none of its business's intents.
    metric (384, 384): brings sentences of the same intent together.
    """

    text_mean: Numbers
    description_mean: Numbers
    metric: Numbers
    sentences: Numbers
    intents: Numbers
    intent_of: NDArray[np.int16]
    comparison: BilinearScorer

    def option_features(self, description: Numbers, examples: Sequence[Numbers], words: str) -> OptionFeatures:
        """An option from the embeddings of its texts."""
        at = _unit(description - self.description_mean)
        of_intent = self.intent_of >= 0
        related = np.where(of_intent, _dot(self.intents, at)[self.intent_of], 0.0).astype(np.float32)
        alike = np.where(of_intent, np.exp((related - 1) / _RELATED), 0.0)
        prototype = _unit(np.einsum("i,ij->j", alike / (alike.sum() + 1e-9), self.sentences))
        near = tuple(_unit(item - self.text_mean) for item in examples)
        return OptionFeatures(at, near, frozenset(terms(words)), related, prototype, *self.comparison.of(at, near))

    def features(self, text: str, embedded: Numbers, options: Sequence[OptionFeatures]) -> tuple[Numbers, Numbers]:
        """What speaks for each option, (options, 16), and what for none of them, (4,)."""
        plain_x = _unit(embedded - self.text_mean)
        x = _unit(np.einsum("i,ij->j", plain_x, self.metric))
        near, near_x = _dot(self.sentences, plain_x), _dot(self.sentences, x)
        of_intent = self.intent_of >= 0
        weights, weights_x = _softmax(near / _NARROW), _softmax(near_x / _WIDE)
        words = set(terms(text))
        rows: list[list[float]] = []
        for option in options:
            likely = np.maximum(option.related, 0.0)
            description_score = float(x @ option.description)
            shared_words = sum(1 / sum(word in other.words for other in options) for word in words & option.words)
            rows.append(
                [
                    description_score,
                    max((float(x @ item) for item in option.examples), default=description_score),
                    shared_words / (1 + len(words)),
                    min(shared_words, 2.0),
                    float(weights @ option.related),
                    float(plain_x @ option.prototype),
                    _top(near * likely),
                    _top(near_x * likely),
                    float(weights_x @ option.related),
                    (float(plain_x @ option.score_vector) + option.offset) * _SCALE,
                ]
            )
        nothing = [
            float(weights[~of_intent].sum()),
            float(bool(_NEGATION.search(text))),
            float(weights_x[~of_intent].sum()),
            _top(near[~of_intent]),
        ]
        for_each = np.asarray(rows, np.float32)
        return np.hstack([for_each, _margin_over_rest(for_each[:, _COMPARED])]), np.asarray(nothing, np.float32)


@dataclass(frozen=True, slots=True)
class Model:
    """The classifier, ready to be asked.

    weights: of an option's features, then the offset of "none", then of its features.
    alone: the same for an option that stands alone.
    file: where it comes from.
    """

    bank: ExampleStore
    weights: Numbers
    alone: Numbers
    file: ModelFile

    @property
    def probe(self) -> str:
        """The text whose embedding identifies the embedding model."""
        return self.file.header.probe

    def fits(self, embedded: Numbers) -> bool:
        """Whether embeddings come from the model that the weights were made with, judged by that of `probe`."""
        return self.file.fits(embedded)

    def probabilities(self, text: str, embedded: Numbers, options: Sequence[OptionFeatures]) -> list[float]:
        """Of each option, and last, of none."""
        return probabilities(self.weights, *self.bank.features(text, embedded, options))

    def probability(self, text: str, embedded: Numbers, option: OptionFeatures) -> float:
        """That this is meant, whatever else may be."""
        return probabilities(self.alone, *self.bank.features(text, embedded, [option]))[0]


def probabilities(weights: Numbers, options: Numbers, nothing: Numbers) -> list[float]:
    """Of each option, and last, of none."""
    count = options.shape[1]
    none = weights[count] + nothing @ weights[count + 1 :]
    return [float(item) for item in _softmax(np.append(options @ weights[:count], none))]


def plain(text: str) -> str:
    """In small letters without the punctuation that a recogniser guesses."""
    return " ".join(_OTHER.sub(" ", text.lower().replace("’", "'")[:_LONGEST]).split())


@cache
def model() -> Model:
    file = model_file.load(FILE)

    def numbers(name: str) -> Numbers:
        return file.arrays[name].astype(np.float32)

    sentences = numbers("sentences")
    bank = ExampleStore(
        numbers("text_mean"),
        numbers("description_mean"),
        numbers("metric"),
        sentences / (np.linalg.norm(sentences, axis=1, keepdims=True) + 1e-9),
        numbers("intents"),
        file.arrays["intent_of"],
        BilinearScorer(*map(numbers, _COMPARISON)),
    )
    return Model(bank, numbers("weights"), numbers("alone"), file)


def _unit(vector: Numbers) -> Numbers:
    return (vector / (np.linalg.norm(vector) + 1e-9)).astype(np.float32)


def _dot(matrix: Numbers, vector: Numbers) -> Numbers:
    """Not by BLAS, whose threads cost more than they bring where other calls keep the processors busy."""
    return np.einsum("ij,j->i", matrix, vector)


def _softmax(values: Numbers) -> Numbers:
    powers = np.exp(values - values.max())
    return (powers / powers.sum()).astype(np.float32)


def _margin_over_rest(values: Numbers) -> Numbers:
    """How far each row is ahead of the best other one; of a single row, of nothing."""
    others = np.zeros_like(values)
    if len(values) > 1:
        second, first = np.sort(values, axis=0)[-2:]
        others = np.where(values == first, second, first)
    return values - others


def _top(values: Numbers) -> float:
    return float(np.partition(values, -_NEIGHBOURS)[-_NEIGHBOURS:].mean())
