"""Digits and letters that are said one by one: telephone numbers, order numbers, spelt names."""

import re
from collections.abc import Iterator, Sequence

import phonenumbers

from quantum_app.domain.flows.nlu.acceptance import possible_phone
from quantum_app.domain.flows.nlu.numbers import TENS, UNITS
from quantum_app.domain.flows.nlu.tokens import Candidate, Sentence, Token, sentence

_MULTIPLE = {"double": 2, "triple": 3, "treble": 3}
_ZERO = frozenset({"oh", "o", "nought", "naught", "null", "nil"})
_BETWEEN = frozenset("- . , ( ) / and then area code um uh".split())
# Fewest digits of a telephone number, and of a part of one.
_LEAST, _FEWEST = 6, 4
# Letters of one turn that are read.
_LONGEST = 1000
_SPEAKS_OF_PHONE = re.compile(r"\b(?:number|phone|telephone|mobile|cell|(?:call|reach|ring) me)\b")


def digits_at(tokens: Sequence[Token], index: int) -> tuple[str, int] | None:
    """The digits that a token begins, and the token after them: "double five", "twenty three", "0171"."""
    word = tokens[index].low
    if re.fullmatch(r"\d+(?:[.,]\d+)*", word):
        return re.sub(r"\D", "", word), index + 1
    if word in _ZERO:
        return "0", index + 1
    if word in UNITS:
        digits = str(UNITS[word])
        if index + 1 < len(tokens) and tokens[index + 1].low == "hundred":
            return f"{digits}00", index + 2
        return digits, index + 1
    if word in TENS:
        if index + 1 < len(tokens) and 0 < UNITS.get(tokens[index + 1].low, 0) < 10:
            return str(TENS[word] + UNITS[tokens[index + 1].low]), index + 2
        return str(TENS[word]), index + 1
    # A recogniser writes "double" before a digit as "W".
    times = _MULTIPLE.get(word, 2 if word == "w" and tokens[index].text == "W" else 0)
    if times and index + 1 < len(tokens):
        following = tokens[index + 1].low
        if following in _ZERO or 0 <= UNITS.get(following, 99) < 10:
            return ("0" if following in _ZERO else str(UNITS[following])) * times, index + 2
        if following.isdecimal():
            return following[0] * (times - 1) + following, index + 2
    return None


def phones(words: Sentence, region: str) -> list[Candidate]:
    """Telephone numbers as E.164. Sure: those that a country really gives out."""
    candidates: list[Candidate] = []
    for start, end, digits in _runs(words):
        if len(digits.strip("+")) >= _LEAST and (number := possible_phone(digits, region)) is not None:
            e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
            sure = phonenumbers.is_valid_number(number) and len(digits) >= 8
            candidates.append(Candidate(start, end, e164, sure))
    return candidates


def incomplete_phone(text: str, region: str, *, asked: bool) -> str | None:
    """The digits of a telephone number that cannot be called as it was told, such as one without its area code.

    asked: whether the words answer the question for a number; else they have to speak of one.
    """
    if not asked and not _SPEAKS_OF_PHONE.search(text.lower()):
        return None
    runs = [digits for _, _, digits in _runs(sentence(text[:_LONGEST]))]
    if any(possible_phone(digits, region) for digits in runs):
        return None
    return next((digits for digits in runs if len(digits.strip("+")) >= (_FEWEST if asked else _LEAST)), None)


def _runs(words: Sentence) -> Iterator[tuple[int, int, str]]:
    """Digits that are told in a row, perhaps after a plus: start, end, digits."""
    tokens = words.tokens
    index = 0
    while index < len(tokens):
        first = index
        digits = ""
        if tokens[index].low in {"plus", "+"} and index + 1 < len(tokens):
            digits, index = "+", index + 1
        last = index
        while index < len(tokens) and words.part(tokens[index].start) == words.part(tokens[first].start):
            read = digits_at(tokens, index)
            if read is not None:
                digits += read[0]
                index = last = read[1]
            elif digits.strip("+") and tokens[index].low in _BETWEEN:
                index += 1
            else:
                break
        if digits.strip("+"):
            yield tokens[first].start, tokens[last - 1].end, digits
        index = max(last, first + 1)


def letters_at(tokens: Sequence[Token], index: int) -> tuple[str, int] | None:
    """The letters that a token begins: "S", "double s", "M as in Mary", "BRANDT" as a recogniser writes it."""
    token = tokens[index]
    if token.low == "capital" and index + 1 < len(tokens):
        return letters_at(tokens, index + 1)
    if token.low in _MULTIPLE and index + 1 < len(tokens) and _is_letter(tokens[index + 1]):
        return tokens[index + 1].low * _MULTIPLE[token.low], index + 2
    if not token.low.isalpha() or not (_is_letter(token) or (token.text.isupper() and len(token.text) <= 12)):
        return None
    after = index + 1
    if _is_letter(token):
        following = [item.low for item in tokens[after : after + 3]]
        if following[:2] in (["as", "in"], ["is", "in"], ["like", "in"]) and following[2:]:
            after += 3
        elif following[:1] in (["for"], ["like"]) and following[1:] and following[1][0] == token.low:
            after += 2
    return token.low, after


def spelt(sentence: Sentence) -> list[Candidate]:
    """Words that were spelt: at least two letters in a row, of which a single "I" or "a" is none."""
    tokens = sentence.tokens
    shouted = all(token.text.isupper() for token in tokens if len(token.text) > 1 and token.text.isalpha())
    candidates: list[Candidate] = []
    index = 0
    while index < len(tokens):
        first = index
        word, last, pieces = "", index, 0
        while index < len(tokens):
            read = letters_at(tokens, index)
            if read is not None and not (len(tokens[index].text) > 1 and shouted and tokens[index].text.isupper()):
                word += read[0]
                index = last = read[1]
                pieces += 1
            elif word and tokens[index].low in {"-", ".", ","}:
                index += 1
            else:
                break
        if len(word) >= 2 and (pieces > 1 or len(word) >= 3):
            candidates.append(Candidate(tokens[first].start, tokens[last - 1].end, word, pieces > 2 or len(word) > 3))
        index = max(last, first + 1)
    return candidates


def codes(sentence: Sentence) -> list[tuple[int, int, str]]:
    """Runs of letters and digits that may be one code, every way of cutting them: (start, end, code)."""
    units: list[tuple[int, int, str, int]] = []
    index = 0
    tokens = sentence.tokens
    while index < len(tokens):
        read = digits_at(tokens, index) or letters_at(tokens, index)
        if read is None and tokens[index].low.isalnum() and len(tokens[index].low) <= 12:
            read = tokens[index].text, index + 1
        if read is None:
            index += 1
            continue
        units.append((tokens[index].start, tokens[read[1] - 1].end, read[0], sentence.part(tokens[index].start)))
        index = read[1]
    readings: list[tuple[int, int, str]] = []
    for first in range(len(units)):
        code = ""
        for start, end, text, part in units[first : first + 16]:
            if part != units[first][3]:
                break
            code += text
            readings.append((units[first][0] if start else start, end, code))
    return readings


def _is_letter(token: Token) -> bool:
    return len(token.low) == 1 and token.low.isalpha()
