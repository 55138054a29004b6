"""Words as search sees them, and how well two texts share them (BM25, Robertson and Zaragoza 2009).

Questions come from a recogniser: a word it cut in two is put together, and one it misspelt by a letter is forgiven,
where the knowledge has such a word.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9\"'“(])")
_STOP = frozenset(
    """
    a an and are as at be been but by can could do does did for from had has have how i i'd i'm i'll in is it its it's
    just know like may me much many my of on or our please so some tell than that the their them then there these they
    this to up us want was we what what's when where which who why will with would you you're your yours about any
    also am get got if into need one okay ok well um uh hello hi hey
    """.split()
)
_ENDINGS = ("ingly", "edly", "ings", "ments", "ing", "ment", "ies", "ied", "ers", "est", "es", "ed", "er", "ly", "s")
_K1 = 1.2
_B = 0.5
_MISSPELT = 0.8  # what a word counts that differs in one letter
# What a question loses that has only words which no passage has; and a passage that doesn't name what costs something.
_ALL_UNKNOWN = 0.2
_UNPRICED = 0.5
_PRICE = re.compile(r"\b(?:how (?:much|expensive)|costs?|prices?|pricing|charged?|fees?|rates?)\b", re.IGNORECASE)

_ABOUT_PRICES = """
    cost costs price prices pricing charge charges charged fee fees rate rates pay paid payment money euro euros dollar
    dollars expensive cheap amount total much day week month monthly year hour time kind type number people
    """.split()


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """The word without its most common English endings."""
    word = word.removesuffix("'s")
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            base = word[: -len(ending)]
            return base + "y" if ending in {"ies", "ied"} else base
    return word.removesuffix("e") if len(word) > 4 else word


def terms(text: str) -> list[str]:
    """Stems of the words that carry meaning."""
    return [stem(word) for word in _WORD.findall(text.lower()) if word not in _STOP]


def excerpt(text: str, question: str, most: int) -> list[str]:
    """The at most `most` (≥ 1) neighbouring sentences of a text that share the most words with a question."""
    sentences = [part for part in _SENTENCE_END.split(text.strip()) if part]
    query = set(terms(question))
    starts = range(max(1, len(sentences) - most + 1))
    best = max(starts, key=lambda start: (len(query & set(terms(" ".join(sentences[start : start + most])))), -start))
    return sentences[best : best + most] or [""]


class Index:
    """BM25 over a few passages, kept in memory."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._counts = [Counter(terms(text)) for text in texts]
        lengths = [sum(counts.values()) for counts in self._counts]
        self._lengths = lengths
        self._mean = sum(lengths) / len(lengths) if lengths else 1.0
        document_frequency = Counter(term for counts in self._counts for term in counts)
        self._weight = {
            term: math.log(1 + (len(self._counts) - count + 0.5) / (count + 0.5))
            for term, count in document_frequency.items()
        }

    def scores(self, question: str) -> list[float]:
        """How well each passage shares the question's words: 0, or up to 1 for all of them."""
        query = self._query_terms(question)
        unknown = math.log(1 + (len(self._counts) + 0.5) / 0.5) / 2
        weights = [max((self._weight[term] for term in candidates), default=unknown) for candidates in query.values()]
        best = sum(weights) * (_K1 + 1) / 2
        if not best:
            return [0.0] * len(self._counts)
        return [min(1.0, self._score(index, query.values()) / best) for index in range(len(self._counts))]

    def fits(self, question: str) -> list[float]:
        """How far each passage may speak of what the question is about: 1, or less where there is reason for doubt.

        What sounds alike in meaning need not answer: “How much is an implant?” is no question about whitening.
        """
        subjects = [terms for term, terms in self._query_terms(question).items() if term not in _PRICE_TERMS]
        if not subjects:
            return [1.0] * len(self._counts)
        known_words = 1 - _ALL_UNKNOWN * sum(not terms for terms in subjects) / len(subjects)
        if not _PRICE.search(question):
            return [known_words] * len(self._counts)
        priced = [any(term in counts for terms in subjects for term in terms) for counts in self._counts]
        return [known_words if is_priced else known_words * _UNPRICED for is_priced in priced]

    def _query_terms(self, question: str) -> dict[str, dict[str, float]]:
        """Each word of the question that carries meaning → terms of the passages it may mean, and how surely (0..1)."""
        words = _WORD.findall(question.lower())
        query: dict[str, dict[str, float]] = {}
        joined_before = False
        for word, following in zip(words, [*words[1:], ""], strict=False):
            if joined_before:
                joined_before = False
                continue
            term, compound = stem(word), stem(word + following)
            is_indexed = word not in _STOP and term in self._weight
            if following and compound in self._weight and not (is_indexed and stem(following) in self._weight):
                query[compound] = {compound: 1.0}
                joined_before = True
            elif is_indexed:
                query[term] = {term: 1.0}
            elif word not in _STOP:
                query[term] = {other: _MISSPELT for other in self._weight if _one_letter_apart(term, other)}
        return query

    def _score(self, index: int, query: Iterable[dict[str, float]]) -> float:
        counts = self._counts[index]
        norm = _K1 * (1 - _B + _B * self._lengths[index] / self._mean)
        return sum(
            max(
                (
                    sure * self._weight[term] * counts[term] * (_K1 + 1) / (counts[term] + norm)
                    for term, sure in candidates.items()
                    if counts[term]
                ),
                default=0.0,
            )
            for candidates in query
        )


_PRICE_TERMS = frozenset(map(stem, _ABOUT_PRICES))


def _one_letter_apart(word: str, other: str) -> bool:
    """Whether one letter more, less, or different makes the words the same; not for words under four letters."""
    if abs(len(word) - len(other)) > 1 or min(len(word), len(other)) < 4:
        return False
    same = next((at for at, (a, b) in enumerate(zip(word, other, strict=False)) if a != b), min(len(word), len(other)))
    return word[same + 1 :] in {other[same:], other[same + 1 :]} or word[same:] == other[same + 1 :]
