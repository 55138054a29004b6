"""How well passages fit a question, 0..1, from what they mean and the words they share with it.

Words are compared with each sentence and each row of a passage rather than with all of it: an answer stands in one of
them, and a long table would have a word of every question.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from quantum_app.domain.knowledge import question as questions
from quantum_app.domain.knowledge.question import AnswerKind, Question
from quantum_app.domain.knowledge.units import Unit, units
from quantum_app.kit import lexical
from quantum_app.kit.lexical import stem
from quantum_app.kit.spoken_terms import normalize, within_ranges
from quantum_app.kit.synonyms import related

_MEANING, _UNIT, _PASSAGE, _DENSITY = 0.58, 0.28, 0.11, 0.08
# What a word counts that stands in the heading above, in the document's name, or as another word for the same thing.
_IN_HEADING, _IN_TITLE, _RELATED = 0.8, 0.5, 0.7
# What remains of a sentence's words that holds nothing of the kind asked for, and of a passage that doesn't.
_WRONG_KIND, _KIND_MISSING, _NO_AMOUNT = 0.55, 0.9, 0.6
# What a question loses that has only words which no passage has, and what remains for a passage that doesn't name what
# a price is asked of.
_ALL_UNKNOWN, _UNPRICED = 0.28, 0.5
_PRICE_TERMS = frozenset(
    map(
        stem,
        """cost costs price prices pricing charge charges charged fee fees rate rates pay paid payment money euro euros
        dollar dollars buck bucks expensive cheap amount total much day week month monthly year hour time kind type
        number people each""".split(),
    )
)
# What remains of a passage whose document is another year's, day's or place's than the one asked for.
_OTHER_EDITION = 0.85
_EDITIONS_SHARE = 0.4
# A recognizer makes unknown words of known ones, which weighs more where only words are compared.
_UNKNOWN, _UNKNOWN_BY_WORDS = 0.8, 0.57
_EXTENSION = re.compile(r"\.[a-z]{2,5}$", re.IGNORECASE)
# Of a question; more add nothing.
_MOST_WORDS = 40
_FILLERS = frozenset(
    map(
        stem,
        """gonna wanna gotta guys folks thing things stuff something somebody someone anybody hm there's i've don't
        didn't can't won't isn't doesn't let's here's he's she's my mine they're we're we'd i'd they'd he'd come go
        say said give put really actually only still yet again already now today here back too very lot bit how's
        whats thats kind sort thanks thank other another since cause because off over out down up within without he
        she his her him uhm ah oh hey sure good right look looking think guess mean wondering wonder maybe hear
        heard""".split(),
    )
)


@dataclass(frozen=True, slots=True)
class Text:
    """A passage as it's scored.

    document: What its source is called.
    heading: The headings above it, outermost first, joined by ` > `. Empty if there are none.
    """

    document: str
    heading: str
    text: str

    @property
    def source(self) -> str:
        return f"{self.document}, {self.heading}" if self.heading else self.document


@dataclass(frozen=True, slots=True)
class _Terms:
    """Words of a passage. units: Of each sentence and row."""

    units: tuple[frozenset[str], ...]
    heading: frozenset[str]
    title: frozenset[str]

    @property
    def all(self) -> frozenset[str]:
        return self.heading.union(self.title, *self.units)


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a question. candidates: terms of the passages that it may mean, and how surely. weight: how rare."""

    candidates: Mapping[str, float]
    weight: float

    @property
    def exact(self) -> frozenset[str]:
        return frozenset(term for term, sure in self.candidates.items() if sure == 1.0)


def terms(text: str) -> list[str]:
    """Stems of the words that carry meaning, in one spelling."""
    return [term for term in lexical.terms(normalize(text)) if term not in _FILLERS]


def unit_terms(unit: Unit) -> frozenset[str]:
    """Those of a sentence or row, with what its ranges include."""
    return frozenset([*terms(unit.text), *map(stem, within_ranges(unit.text))])


@lru_cache(maxsize=4096)
def _terms(text: Text) -> _Terms:
    headings = text.heading.split(" > ") if text.heading else []
    title = f"{_EXTENSION.sub('', text.document)} {headings[0] if headings else ''}"
    return _Terms(
        tuple(unit_terms(unit) for unit in units(text.text)),
        frozenset(terms(headings[-1])) if headings else frozenset(),
        frozenset(terms(title)),
    )


def _indexed(text: Text) -> str:
    return f"{normalize(text.source)} {normalize(text.text)} {' '.join(within_ranges(text.text))}"


class Passages:
    """Passages that questions are compared with."""

    def __init__(self, texts: Sequence[Text], *, size: int = 0, frequencies: Mapping[str, int] | None = None) -> None:
        """size: Passages of the whole base, if these are a part of it.
        frequencies: How many of those have a term; the terms of the question will do.
        """
        self._texts = tuple(texts)
        self._terms = [_terms(text) for text in texts]
        self._index = lexical.Index([_indexed(text) for text in texts])
        self._size = max(size, len(texts))
        self._frequencies = frequencies or {}
        self._counts: dict[str, int] = {}
        for item in self._terms:
            for term in item.all:
                self._counts[term] = self._counts.get(term, 0) + 1

    def score(self, text: str, meaning: NDArray[np.float32] | None) -> NDArray[np.float32]:
        """The score of each passage.

        meaning: What `scale` makes of the similarity of each passage. None: the words alone decide.
        """
        question, words = questions.read(text), self.words(text, _UNKNOWN_BY_WORDS if meaning is None else _UNKNOWN)
        in_units = np.asarray([self._best_unit(at, question, words) for at in range(len(self._texts))], np.float32)
        in_passage = np.asarray([self._coverage(item, item.all, words) for item in self._terms], np.float32)
        density = np.asarray(self._index.scores(self._index.query(normalize(text))), np.float32)
        by_words = _UNIT * in_units + _PASSAGE * in_passage + _DENSITY * density
        # Words alone count what is unknown already.
        scores = (
            by_words / (_UNIT + _PASSAGE + _DENSITY)
            if meaning is None
            else (_MEANING * meaning + by_words) * self._fits(question, words)
        )
        missing = _NO_AMOUNT if question.asks in (AnswerKind.AMOUNT, AnswerKind.TIME) else _KIND_MISSING
        kinds = [1.0 if question.is_answered_by(item.text) else missing for item in self._texts]
        return np.minimum(1.0, scores * np.asarray(kinds, np.float32) * self._editions(words))

    def words(self, text: str, unknown: float = _UNKNOWN) -> list[Word]:
        """Those of a question that carry meaning.

        unknown: What one weighs that no passage has, as a share of the rarest.
        """
        most = math.log(1 + (self._size + 0.5) / 0.5)
        words: list[Word] = []
        for term, direct in self._index.query(normalize(text)).terms.items():
            if term in _FILLERS:
                continue
            candidates = {**direct, **{other: _RELATED for other in related(term) if other in self._counts}}
            rarities = [sure * self._rarity(candidate) for candidate, sure in candidates.items()]
            words.append(Word(candidates, max(rarities, default=unknown * most)))
        return words[:_MOST_WORDS]

    def _rarity(self, term: str) -> float:
        count = min(self._size, self._frequencies.get(term, self._counts.get(term, 0)))
        return math.log(1 + (self._size - count + 0.5) / (count + 0.5))

    def _best_unit(self, at: int, question: Question, words: Sequence[Word]) -> float:
        passage = self._terms[at]
        return max(
            self._coverage(passage, own, words) * (1.0 if question.is_answered_by(unit.text) else _WRONG_KIND)
            for unit, own in zip(units(self._texts[at].text), passage.units, strict=True)
        )

    def _coverage(self, passage: _Terms, own: frozenset[str], words: Sequence[Word]) -> float:
        """The share of a question's words that a part of a passage has, each by its weight."""

        def place(term: str) -> float:
            if term in own:
                return 1.0
            return _IN_HEADING if term in passage.heading else _IN_TITLE if term in passage.title else 0.0

        total = sum(word.weight for word in words)
        covered = sum(
            word.weight * max((sure * place(term) for term, sure in word.candidates.items()), default=0.0)
            for word in words
        )
        return covered / total if total else 0.0

    def _fits(self, question: Question, words: Sequence[Word]) -> NDArray[np.float32]:
        """Less where the question speaks of what nothing here does, and for a price of what a passage doesn't name.

        What sounds alike in meaning need not answer: “How much is an implant?” is no question about whitening.
        """
        subjects = [word for word in words if not word.exact & _PRICE_TERMS]
        if not subjects:
            return np.ones(len(self._terms), np.float32)
        known_share = 1 - _ALL_UNKNOWN * sum(not word.candidates for word in subjects) / len(subjects)
        if question.asks is not AnswerKind.AMOUNT:
            return np.full(len(self._terms), known_share, np.float32)
        names = frozenset[str]().union(*(word.candidates for word in subjects))
        return np.asarray(
            [known_share if names & item.all else known_share * _UNPRICED for item in self._terms], np.float32
        )

    def _editions(self, words: Sequence[Word]) -> NDArray[np.float32]:
        """Less for what stands in a document of which another edition is asked for: of 2025 when it's about 2026."""
        question_terms = frozenset[str]().union(*(word.exact for word in words))
        titles = {item.document: passage.title for item, passage in zip(self._texts, self._terms, strict=True)}
        factors = {name: 1.0 for name in titles}
        for name, title in titles.items():
            for other in titles.values():
                is_edition = len(title & other) >= _EDITIONS_SHARE * len(title | other)
                if is_edition and (other - title) & question_terms and not (title - other) & question_terms:
                    factors[name] = _OTHER_EDITION
        return np.asarray([factors[item.document] for item in self._texts], np.float32)


def scale(cosines: NDArray[np.float32], similarity_range: tuple[float, float]) -> NDArray[np.float32]:
    """Cosines on a scale from 0, unrelated, to 1, an answer.

    similarity_range: Cosines of unrelated texts, and of a question with its answer, of the embedding model.
    """
    unrelated, related = similarity_range
    return np.clip((cosines - unrelated) / (related - unrelated), 0.0, 1.0).astype(np.float32)
