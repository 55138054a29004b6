"""Words as search sees them, and how well two texts share them (BM25, Robertson and Zaragoza 2009).

Questions come from a recogniser: a word it cut in two is put together, and one it misspelt by a letter is forgiven,
where the knowledge has such a word.
"""

import math
import re
import string
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
# Not after a title or an initial: “Dr. Lang”, “J. Lang”.
_SENTENCE_END = re.compile(
    r"(?<=[.!?])(?<!\bDr\.)(?<!\bMr\.)(?<!\bMs\.)(?<!\bMrs\.)(?<!\bSt\.)(?<!\bNo\.)(?<!\bProf\.)(?<!\b[A-Z]\.)\s+"
    r"(?=[A-Z0-9\"'“(])"
)
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
# Bounds on what one question may cost: the distinct words looked up, and the lengths of a word that may be misspelled.
_MOST_WORDS = 40
_CORRECTABLE_LENGTHS = range(4, 25)
_LETTERS = string.ascii_lowercase + string.digits + "'"
# What a question loses that has only words which no passage has; and a passage that doesn't name what costs something.
_ALL_UNKNOWN = 0.2
_UNPRICED = 0.5
_NO_AMOUNT = 0.3
_PRICE = re.compile(r"\b(?:how (?:much|expensive)|costs?|prices?|pricing|charged?|fees?|rates?)\b", re.IGNORECASE)

# What a price is stated with, in figures or words.
_AMOUNT = re.compile(
    r"\d|\b(?:free|includ|charg|fee|pric|cost|pay|paid|rent|one|two|three|four|five|six|seven|eight|nine|ten|twenty|thirty"
    r"|forty|fifty|hundred|thousand|half|double|percent)",
    re.IGNORECASE,
)

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


def words(text: str) -> list[str]:
    """The words that carry meaning, in lower case."""
    return [word for word in _WORD.findall(text.lower()) if word not in _STOP]


def terms(text: str) -> list[str]:
    """Stems of the words that carry meaning."""
    return [stem(word) for word in words(text)]


def sentences(text: str) -> list[str]:
    """The sentences of a text."""
    return [part for part in _SENTENCE_END.split(text.strip()) if part]


def excerpt(text: str, question: str, most: int) -> list[str]:
    """The at most `most` (≥ 1) neighbouring sentences of a text that share the most words with a question."""
    parts = sentences(text)
    query = set(terms(question))
    starts = range(max(1, len(parts) - most + 1))
    best = max(starts, key=lambda start: (len(query & set(terms(" ".join(parts[start : start + most])))), -start))
    return parts[best : best + most] or [""]


@dataclass(frozen=True, slots=True)
class Query:
    """A question as an index reads it.

    terms: each word that carries meaning → terms of the passages it may mean, and how surely (0..1) · asks_price: it
    is about what something costs.
    """

    terms: Mapping[str, Mapping[str, float]]
    asks_price: bool


class Index:
    """BM25 over a few passages, kept in memory."""

    def __init__(self, texts: Sequence[str]) -> None:
        passages = [Counter(terms(text)) for text in texts]
        lengths = [counts.total() for counts in passages]
        mean = sum(lengths) / max(1, len(lengths)) or 1.0
        document_frequency = Counter(term for counts in passages for term in counts)
        self._size = len(passages)
        self._states_amount = [bool(_AMOUNT.search(text)) for text in texts]
        self._weight = {
            term: math.log(1 + (self._size - count + 0.5) / (count + 0.5)) for term, count in document_frequency.items()
        }
        # Term → the passages that have it, and what it adds to the score of each.
        self._postings: dict[str, list[tuple[int, float]]] = {term: [] for term in self._weight}
        for passage, (counts, length) in enumerate(zip(passages, lengths, strict=True)):
            norm = _K1 * (1 - _B + _B * length / mean)
            for term, count in counts.items():
                self._postings[term].append((passage, self._weight[term] * count * (_K1 + 1) / (count + norm)))
        self._terms_by_length: dict[int, list[str]] = {}
        for term in self._weight:
            self._terms_by_length.setdefault(len(term), []).append(term)

    def query(self, question: str) -> Query:
        """Read a question once, for `scores` and `fits`; of a long one, only the first words count."""
        words = _WORD.findall(question.lower())
        query: dict[str, dict[str, float]] = {}
        joined_before = False
        for word, following in zip(words, [*words[1:], ""], strict=False):
            if len(query) == _MOST_WORDS:
                break
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
            elif word not in _STOP and term not in query:
                query[term] = dict.fromkeys(self._corrections(term), _MISSPELT)
        return Query(query, asks_price=bool(_PRICE.search(question)))

    def scores(self, query: Query) -> list[float]:
        """How well each passage shares the question's words: 0, or up to 1 for all of them."""
        unknown = math.log(1 + (self._size + 0.5) / 0.5) / 2
        weights = [
            max(map(self._weight.__getitem__, candidates), default=unknown) for candidates in query.terms.values()
        ]
        best = sum(weights) * (_K1 + 1) / 2
        totals = [0.0] * self._size
        for candidates in query.terms.values():
            for passage, score in self._best_by_passage(candidates).items():
                totals[passage] += score
        return [min(1.0, total / best) for total in totals] if best else totals

    def fits(self, query: Query) -> list[float]:
        """How far each passage may speak of what the question is about: 1, or less where there is reason for doubt.

        What sounds alike in meaning need not answer: “How much is an implant?” is no question about whitening.
        """
        subjects = [candidates for term, candidates in query.terms.items() if term not in _PRICE_TERMS]
        if not subjects:
            return [1.0] * self._size
        known_words = 1 - _ALL_UNKNOWN * sum(not candidates for candidates in subjects) / len(subjects)
        if not query.asks_price:
            return [known_words] * self._size
        priced = {passage for candidates in subjects for term in candidates for passage, _ in self._postings[term]}
        return [known_words if passage in priced else known_words * _UNPRICED for passage in range(self._size)]

    def amounts(self, query: Query) -> list[float]:
        """For a question about a price, less for each passage that states no amount; 1 otherwise."""
        return [1.0 if is_stated or not query.asks_price else _NO_AMOUNT for is_stated in self._states_amount]

    def _best_by_passage(self, candidates: Mapping[str, float]) -> dict[int, float]:
        """Passage → what a word of the question adds to its score, by the term that adds most."""
        best: dict[int, float] = {}
        for term, sure in candidates.items():
            for passage, score in self._postings[term]:
                best[passage] = max(best.get(passage, 0.0), sure * score)
        return best

    def _corrections(self, word: str) -> list[str]:
        """The terms one letter apart from a word, by whichever is less to try: the terms, or the spellings."""
        if len(word) not in _CORRECTABLE_LENGTHS:
            return []
        lengths = range(len(word) - 1, len(word) + 2)
        near_terms = [self._terms_by_length.get(length, ()) for length in lengths]
        if sum(map(len, near_terms)) <= 2 * len(_LETTERS) * len(word):
            return [term for terms in near_terms for term in terms if _one_letter_apart(word, term)]
        return [spelling for spelling in set(_spellings(word)) if spelling in self._weight]


_PRICE_TERMS = frozenset(map(stem, _ABOUT_PRICES))


def _one_letter_apart(word: str, other: str) -> bool:
    """Whether one letter more, less, or different makes the words the same; not for words under four letters."""
    if abs(len(word) - len(other)) > 1 or min(len(word), len(other)) < 4:
        return False
    same = next((at for at, (a, b) in enumerate(zip(word, other, strict=False)) if a != b), min(len(word), len(other)))
    return word[same + 1 :] in {other[same:], other[same + 1 :]} or word[same:] == other[same + 1 :]


def _spellings(word: str) -> Iterator[str]:
    """All that is one letter apart from a word that is no term itself, of four letters or more."""
    for at in range(len(word) + 1):
        before, after = word[:at], word[at:]
        for letter in _LETTERS:
            yield before + letter + after
            if after:
                yield before + letter + after[1:]
        if after and len(word) > 4:
            yield before + after[1:]
