"""Words as search sees them, and how well two texts share them (BM25, Robertson and Zaragoza 2009)."""

import math
import re
from collections import Counter
from collections.abc import Sequence

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
    wanted = set(terms(question))
    starts = range(max(1, len(sentences) - most + 1))
    best = max(starts, key=lambda start: (len(wanted & set(terms(" ".join(sentences[start : start + most])))), -start))
    return sentences[best : best + most] or [""]


class Index:
    """BM25 over a few passages, kept in memory."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._counts = [Counter(terms(text)) for text in texts]
        lengths = [sum(counts.values()) for counts in self._counts]
        self._lengths = lengths
        self._mean = sum(lengths) / len(lengths) if lengths else 1.0
        seen = Counter(term for counts in self._counts for term in counts)
        self._weight = {
            term: math.log(1 + (len(self._counts) - count + 0.5) / (count + 0.5)) for term, count in seen.items()
        }

    def scores(self, question: str) -> list[float]:
        """How well each passage shares the question's words: 0, or up to 1 for all of them."""
        wanted = set(terms(question))
        rare = math.log(1 + (len(self._counts) + 0.5) / 0.5)
        best = sum(self._weight.get(term, rare * 0.5) for term in wanted) * (_K1 + 1) / 2
        if not best:
            return [0.0] * len(self._counts)
        return [min(1.0, self._score(index, wanted) / best) for index in range(len(self._counts))]

    def _score(self, index: int, wanted: set[str]) -> float:
        counts = self._counts[index]
        norm = _K1 * (1 - _B + _B * self._lengths[index] / self._mean)
        return sum(
            self._weight[term] * counts[term] * (_K1 + 1) / (counts[term] + norm) for term in wanted & set(counts)
        )
