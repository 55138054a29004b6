"""A sentence as tokens that know where they stand, and what several parsers ask of them."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from quantum_app.domain.flows.model.definition import Value, Variable, VariableType
from quantum_app.kit.lexical import stem

_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:'[^\W\d_]+)*|[^\w\s]|_")

# What takes back what was said before. A recogniser writes "no" as "know" and "sorry" as "story".
_CORRECTION = re.compile(
    r"\b(?:i (?:mean|meant)|(?:no|know|oh|wait|so|i'?m)?,? ?(?:sorry)|(?:no|know),? story|make (?:that|it)"
    r"|scratch that|correction|(?:no,? )?wait|actually|oops|i misspoke|let me correct (?:that|it))\b"
    r"|\b(?:no|know)(?=,? (?:it'?s|it is|not|the|that'?s|my|i said|its|at)\b)|(?<=\w) no(?=,? )"
)
# Before these a "no" takes nothing back: "we have no pets".
_NO_OF_COUNT = re.compile(
    r"\b(?:have|has|had|got|there'?s|is|are|was|were|with|need|want|say|said|of|or|and|yes|yeah|but|absolutely|see|me)$"
)
_NEGATION = frozenset("not don't dont doesn't isn't no never nor neither without except won't can't".split())
_NEGATION_ENDS = frozenset("but rather it's its i'm instead though so because and".split())


@dataclass(frozen=True, slots=True)
class Token:
    """low: without case and accents · start, end: in the sentence · glued: nothing stands before it."""

    text: str
    low: str
    start: int
    end: int
    glued: bool


@dataclass(frozen=True, slots=True)
class Candidate:
    """A value that the words from `start` to `end` may tell. sure: nobody need have asked for it."""

    start: int
    end: int
    value: Value
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Sentence:
    """cuts: where what follows corrects what stands before."""

    text: str
    tokens: tuple[Token, ...]
    cuts: tuple[int, ...]

    @property
    def is_question(self) -> bool:
        """Whether the caller asks something, as a recogniser writes it: with or without a question mark."""
        return self.text.rstrip().endswith("?") or (bool(self.tokens) and self.tokens[0].low in _ASKING)

    def part(self, at: int) -> int:
        """Which correction a place belongs to; 0: what was said first."""
        return sum(start <= at for start in self.cuts)

    def negated(self, start: int) -> bool:
        """Whether the words just before take a value away: "not six", "not in the morning"."""
        since = max((cut for cut in self.cuts if cut <= start), default=0)
        before = [token for token in self.tokens if since <= token.start and token.end <= start][-3:]
        for token in reversed(before):
            if token.low in _NEGATION_ENDS or token.low in ",.;?!":
                return False
            if token.low in _NEGATION:
                return True
        return False


_ASKING = frozenset(
    "what why how who when where which whose is are do does did can could would will may shall should am was".split()
)


def sentence(text: str) -> Sentence:
    text = unicodedata.normalize("NFC", text).replace("’", "'").replace("‘", "'").replace("–", "-")
    words = [(match[0], bare(match[0]), match.start(), match.end()) for match in _TOKEN.finditer(text)]
    tokens = tuple(
        Token(word, low, start, end, start > 0 and not text[start - 1].isspace())
        for word, low, start, end in words
        if low  # an accent alone is no word
    )
    low = text.lower()
    cuts = [
        match.end()
        for match in _CORRECTION.finditer(low)
        if match[0].strip() != "no" or not _NO_OF_COUNT.search(low[: match.start()].rstrip())
    ]
    return Sentence(text, tokens, tuple(cuts))


def bare(word: str) -> str:
    """Lower case without accents, with the digits 0 to 9 for those of other scripts."""
    plain = unicodedata.normalize("NFKD", word.lower())
    return "".join(
        str(unicodedata.decimal(char)) if char.isdecimal() else char
        for char in plain
        if not unicodedata.combining(char)
    )


# Words for the same thing that a label does not have; by stem.
_RELATED = {
    "pet": ("dog", "cat", "animal", "rabbit", "puppy", "kitten"),
    "people": ("person", "guest", "adult", "child", "children", "kid", "us", "attendee", "friend"),
    "guest": ("people", "person", "adult", "child", "children", "kid", "us"),
    "bedroom": ("bed", "room"),
}
_RELATED_STEMS = {stem(word): frozenset(map(stem, others)) for word, others in _RELATED.items()}
_UNSPECIFIC = frozenset(
    "number date name much many long often what which how your you do we can call best would like the a an of is are to"
    " in on at for need have per month with our please want this that it day time when when's number's".split()
)


def cues(variable: Variable) -> frozenset[str]:
    """Stems of the words by which a caller says what a value is for."""
    return _cues(f"{variable.label} {variable.name.replace('_', ' ')} {variable.ask}")


@lru_cache(maxsize=512)
def _cues(words_about: str) -> frozenset[str]:
    words = re.findall(r"[a-z]+", bare(words_about))
    stems = {stem(word) for word in words if word not in _UNSPECIFIC}
    return frozenset(stems.union(*(related for word, related in _RELATED_STEMS.items() if word in stems)))


_OF_TYPE: dict[VariableType, str] = {
    "email": "email mail address", "phone": "phone number telephone mobile cell", "name": "name", "date": "date day",
}  # fmt: skip


def mentions_variable(text: str, variable: Variable) -> bool:
    """Whether the words speak of the variable: by its label, its name, or what it is."""
    about = f"{variable.label} {variable.name.replace('_', ' ')} {_OF_TYPE.get(variable.type, '')}"
    stems = {stem(word) for word in re.findall(r"[a-z]{2,}", bare(about))}
    return not stems.isdisjoint(map(stem, re.findall(r"[a-z]{2,}", bare(text))))


def latest(sentence: Sentence, candidates: Sequence[Candidate]) -> Candidate | None:
    """What counts of several: nothing that is negated, and of the last correction its first."""
    affirmed = [item for item in candidates if not sentence.negated(item.start)]
    return max(affirmed, key=lambda item: (sentence.part(item.start), -item.start), default=None)
