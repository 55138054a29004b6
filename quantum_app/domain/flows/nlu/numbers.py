"""Numbers and amounts: in digits, in words, and as people say prices."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from quantum_app.domain.flows.nlu.tokens import Sentence, Token

UNITS = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
        " seventeen eighteen nineteen".split()
    )
}
TENS = {
    word: 10 * value
    for value, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2)
} | {"fourty": 40, "fourthy": 40}
_SCALES = {
    "hundred": 100, "thousand": 1000, "k": 1000, "grand": 1000, "million": 1_000_000, "millions": 1_000_000,
    "thousands": 1000,
}  # fmt: skip
_GROUPS = {"dozen": 12, "couple": 2, "pair": 2}
_CURRENCY = frozenset(
    "€ $ £ euro euros dollar dollars pound pounds buck bucks quid eur usd gbp chf francs franc".split()
)
_CENTS = frozenset("cent cents penny pence".split())
_CLOCK = frozenset("o'clock am pm a.m p.m oclock".split())
_TIMES = frozenset("day days week weeks month months year years hour hours minute minutes question questions".split())
_PRONOUN_BEFORE = frozenset("the this that which no any some every each another first last other basic either".split())


@dataclass(frozen=True, slots=True)
class Number:
    """A number from token `first` up to, not including, token `after`. money: said with a currency."""

    first: int
    after: int
    value: float
    money: bool


def numbers(sentence: Sentence, *, pairs: bool) -> list[Number]:
    """All numbers, in order; of a range its upper end. pairs: "eleven fifty" is 1150, as of prices."""
    tokens = sentence.tokens
    results: list[Number] = []
    index = 0
    while index < len(tokens):
        read = _amount(tokens, index, pairs=pairs)
        if read is None:
            index += 1
            continue
        if not _is_something_else(tokens, read):
            # "between eight and ten", "two to three", "two or three"
            if (
                results
                and read.first - results[-1].after == 1
                and tokens[read.first - 1].low in {"and", "to", "or", "-"}
                and (tokens[read.first - 1].low != "and" or _is_between(tokens, results[-1].first))
                and sentence.part(tokens[read.first].start) == sentence.part(tokens[results[-1].first].start)
            ):
                read = Number(results[-1].first, read.after, read.value, read.money or results[-1].money)
                results.pop()
            results.append(read)
        index = read.after
    return results


def _is_between(tokens: Sequence[Token], first: int) -> bool:
    return first > 0 and tokens[first - 1].low == "between"


def _is_something_else(tokens: Sequence[Token], read: Number) -> bool:
    before = tokens[read.first - 1].low if read.first else ""
    after = tokens[read.after].low if read.after < len(tokens) else ""
    if tokens[read.first].low == "one" and read.after == read.first + 1 and not read.money:
        return before in _PRONOUN_BEFORE or after in {"of", "more", "question", "thing", "moment", "second", "word"}
    return not read.money and (after in _CLOCK or after in _TIMES)


def _amount(tokens: Sequence[Token], index: int, *, pairs: bool) -> Number | None:
    """A number with its currency before or after it, and cents."""
    sign = tokens[index].low in _CURRENCY and len(tokens[index].low) <= 3
    start = index + 1 if sign else index
    read = read_number(tokens, start, pairs=pairs) if start < len(tokens) else None
    if read is None:
        return None
    value, after = read
    money = sign
    if after < len(tokens) and tokens[after].low in _CURRENCY:
        money = True
        after += 1
        cents_at = after + 1 if after < len(tokens) and tokens[after].low == "and" else after
        cents = read_number(tokens, cents_at, pairs=False) if cents_at < len(tokens) else None
        if cents and 0 < cents[0] < 100 and cents[0] == int(cents[0]):
            has_cents = cents[1] < len(tokens) and tokens[cents[1]].low in _CENTS
            if has_cents or (cents_at == after and cents[1] == len(tokens)):
                value += cents[0] / 100
                after = cents[1] + (1 if has_cents else 0)
    return Number(index, after, value, money)


def read_number(tokens: Sequence[Token], index: int, *, pairs: bool) -> tuple[float, int] | None:
    """The number that begins at a token, and the token after it. pairs: "twelve fifty" is 1250."""
    if (number := _without_figure(tokens, index, pairs=pairs)) is not None:
        return number
    small = _small(tokens, index)
    if small is None:
        return None
    value, after = small
    if (half := _half(tokens, after)) is not None:
        scale = _SCALES.get(tokens[half].low) if half < len(tokens) else None
        return ((value + 0.5) * scale, half + 1) if scale else (value + 0.5, half)
    if (group := _with_group(tokens, after, value)) is not None:
        return group
    value, after = _with_decimals(tokens, after, value)
    if pairs and tokens[index].low.isalpha() and (pair := _pair(tokens, after, value)) is not None:
        return pair
    return _scaled(tokens, after, value, pairs=pairs)


def _without_figure(tokens: Sequence[Token], index: int, *, pairs: bool) -> tuple[float, int] | None:
    """ "a hundred", "a couple of", "half a million"."""
    word = tokens[index].low
    following = tokens[index + 1].low if index + 1 < len(tokens) else ""
    if word in {"a", "an"} and following in {*_SCALES, *_GROUPS} - {"k"}:
        return _with_group(tokens, index + 1, 1.0) or _scaled(tokens, index + 1, 1.0, pairs=pairs)
    if word == "half" and following in {"a", "an"} and index + 2 < len(tokens):
        scale = _SCALES.get(tokens[index + 2].low) or _GROUPS.get(tokens[index + 2].low)
        return (scale / 2, index + 3) if scale else None
    return None


def _with_decimals(tokens: Sequence[Token], index: int, value: float) -> tuple[float, int]:
    """The value with the digits after a spoken point, and the token after them: "two | point five"."""
    if index >= len(tokens) or tokens[index].low != "point":
        return value, index
    digits = ""
    at = index + 1
    while at < len(tokens) and (tokens[at].low in UNITS or tokens[at].low.isdecimal() or tokens[at].low == "oh"):
        digits += "0" if tokens[at].low == "oh" else str(UNITS.get(tokens[at].low, tokens[at].low))
        at += 1
    return (float(f"{int(value)}.{digits}"), at) if digits else (value, index)


def _pair(tokens: Sequence[Token], index: int, value: float) -> tuple[float, int] | None:
    """Hundreds and what is below them, each said as a number of its own: "twelve | fifty"."""
    if index >= len(tokens) or value >= 100 or value != int(value) or not tokens[index].low.isalpha():
        return None
    second = _small(tokens, index)
    return (100 * value + second[0], second[1]) if second and 10 <= second[0] < 100 else None


def _scaled(tokens: Sequence[Token], index: int, value: float, *, pairs: bool) -> tuple[float, int]:
    """`value` times the scales that follow, and what is added to that: "two | thousand three hundred and fifty"."""
    scale = 0
    while index < len(tokens) and (factor := _SCALES.get(tokens[index].low)):
        value, scale, index = value * factor, factor, index + 1
    if not scale:
        return value, index
    if (half := _half(tokens, index)) is not None:
        return value + scale / 2, half
    rest = index + 1 if index < len(tokens) and tokens[index].low == "and" else index
    if rest < len(tokens) and (tokens[rest].low in UNITS or tokens[rest].low in TENS):
        read = read_number(tokens, rest, pairs=False)
        if read and 0 < read[0] < scale and read[0] == int(read[0]):
            return value + read[0], read[1]
    return value, index


def _half(tokens: Sequence[Token], index: int) -> int | None:
    """The token after "and a half"."""
    words = tuple(token.low for token in tokens[index : index + 3])
    return index + 3 if words == ("and", "a", "half") else None


def _with_group(tokens: Sequence[Token], index: int, value: float) -> tuple[float, int] | None:
    """ "two dozen", "a couple of"."""
    if index >= len(tokens) or tokens[index].low not in _GROUPS:
        return None
    after = index + 1
    if after < len(tokens) and tokens[after].low == "of":
        after += 1
    return value * _GROUPS[tokens[index].low], after


def _small(tokens: Sequence[Token], index: int) -> tuple[float, int] | None:
    """A literal, or a number word below a hundred."""
    word = tokens[index].low
    if word[0].isdecimal():
        value = literal(word)
        return None if value is None else (value, index + 1)
    if word in UNITS:
        return float(UNITS[word]), index + 1
    if word in TENS:
        after = index + 1
        if after < len(tokens) and tokens[after].low == "-":
            after += 1
        if after < len(tokens) and 0 < UNITS.get(tokens[after].low, 0) < 10:
            return float(TENS[word] + UNITS[tokens[after].low]), after + 1
        return float(TENS[word]), index + 1
    return None


def literal(text: str) -> float | None:
    """ "1,200.50", "1.200,50", "1.2": groups of three are thousands."""
    if re.fullmatch(r"\d{1,15}", text):
        return float(text)
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d{1,4})?", text):
        return float(text.replace(",", ""))
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+(?:,\d{1,2})?", text):
        return float(text.replace(".", "").replace(",", "."))
    if re.fullmatch(r"\d{1,9}[.,]\d{1,4}", text):
        return float(text.replace(",", "."))
    return None
