"""Hides what a call collected in the words of that call, for who may not see it. No I/O.

A value is found in the forms in which people say it: a number digit by digit or in words, an email address with "at"
and "dot", a day by its month. Where it isn't found ("next Tuesday"), all that the caller said before it was understood,
at the same node, is hidden.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from quantum_app.domain.calls.collected import HIDDEN, reveal
from quantum_app.domain.calls.schemas import CallDetail, CallStatus, CallSummary, Speaker, StoredValue, Turn

Mask = Callable[[str], str]

_DIGITS = {
    **{word: str(digit) for digit, word in enumerate("zero one two three four five six seven eight nine".split())},
    "oh": "0",
    "o": "0",
}
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty".split()
_NUMBERS = _DIGITS | {word: str(number) for number, word in enumerate(_TEENS, 10)}
_REPEATS = {"double": 2, "triple": 3}
_PIECE = rf"(?:\d|\b(?:{'|'.join((*_NUMBERS, *_REPEATS))})\b)"
_RUN = re.compile(rf"(?<!\w)\+?{_PIECE}(?:[\s().,/–-]*{_PIECE})*(?!\w)", re.IGNORECASE)
# Fewer digits are no part of a phone number that tells whose it is.
_FEWEST_DIGITS = 3
_MONTHS = "January February March April May June July August September October November December".split()
_ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
    "sixteenth seventeenth eighteenth nineteenth twentieth twenty[- ]first twenty[- ]second twenty[- ]third "
    "twenty[- ]fourth twenty[- ]fifth twenty[- ]sixth twenty[- ]seventh twenty[- ]eighth twenty[- ]ninth thirtieth "
    "thirty[- ]first"
)
_ORDINAL_WORDS = re.findall(r"(?:\w|\[- \])+", _ORDINALS)


def hide_values(call: CallDetail, values: Sequence[StoredValue]) -> CallDetail:
    """The call without what it collected. Nobody knows yet what will be collected on a call that goes on: its words
    are hidden as a whole."""
    mask = mask_of(values)
    return replace(
        call,
        summary=hide_caller(call.summary, mask),
        comment=mask(call.comment) if call.comment else call.comment,
        turns=_hide_all(call.turns) if call.summary.status is CallStatus.ACTIVE else _hide_in_turns(call.turns, values),
        events=tuple(
            replace(item, data=item.data | {"reason": mask(str(item.data["reason"]))})
            if item.data.get("reason")
            else item
            for item in call.events
        ),
    )


def hide_caller(summary: CallSummary, mask: Mask) -> CallSummary:
    """Without a name or an address that the call collected too."""
    name, email = summary.caller_name, summary.caller_email
    return replace(
        summary,
        caller_name=name if name is None or mask(name) == name else None,
        caller_email=email if mask(email) == email else "",
    )


def mask_of(values: Sequence[StoredValue]) -> Mask:
    """Hides these values in a text."""
    masks = [_mask(item) for item in values]

    def mask(text: str) -> str:
        for one in masks:
            text = one(text)
        return text

    return mask


def _hide_all(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    return tuple(replace(turn, text=HIDDEN) for turn in turns)


def _hide_in_turns(turns: Sequence[Turn], values: Sequence[StoredValue]) -> tuple[Turn, ...]:
    hidden_turns: set[int] = set()
    for item in values:
        said_before = [turn for turn in turns if turn.speaker is Speaker.CALLER and turn.seq < item.seq]
        mask = _mask(item)
        if said_before and all(mask(turn.text) == turn.text for turn in said_before):
            node = said_before[-1].node_id
            hidden_turns |= {turn.seq for turn in said_before if turn.node_id == node}
    mask = mask_of(values)
    return tuple(replace(turn, text=HIDDEN if turn.seq in hidden_turns else mask(turn.text)) for turn in turns)


def _mask(item: StoredValue) -> Mask:
    value = reveal(item).value
    if value is None or isinstance(value, bool):
        return lambda text: text
    if isinstance(value, int | float):
        return _mask_number(f"{value}".removesuffix(".0"))
    if item.kind == "phone" or (item.kind == "text" and re.fullmatch(r"[\d\s()+./-]{4,}", value)):
        return _mask_digits(re.sub(r"\D", "", str(value)))
    pattern = re.compile("|".join(_forms(item.kind, str(value))), re.IGNORECASE)
    return lambda text: pattern.sub(HIDDEN, text)


def _digits(run: str) -> str:
    """The digits of a run of digits and number words: "double five 0" → "550"."""
    digits, repeat = "", 1
    pieces: list[str] = re.findall(r"\d|[a-z]+", run.lower())
    for piece in pieces:
        if piece in _REPEATS:
            repeat = _REPEATS[piece]
        else:
            digits += _NUMBERS.get(piece, piece) * repeat
            repeat = 1
    return digits


def _mask_digits(whole: str) -> Mask:
    """Hides a phone number, and each part of it that is long enough. With another code before it, it is the same."""

    def hide(match: re.Match[str]) -> str:
        digits = _digits(match[0])
        longest = whole[-7:] in digits or digits.lstrip("0") in whole
        return HIDDEN if len(digits) >= _FEWEST_DIGITS and longest else match[0]

    return lambda text: _RUN.sub(hide, text)


def _mask_number(number: str) -> Mask:
    digits = re.sub(r"\D", "", number)
    return lambda text: _RUN.sub(lambda match: HIDDEN if digits == _digits(match[0]) else match[0], text)


def _forms(kind: str, value: str) -> list[str]:
    """Regular expressions of how the value may be written or said."""
    forms = [_in_one(value)]
    if kind == "email" or "@" in value:
        forms.append(_address(value))
    elif kind == "date":
        forms += _day(value)
    elif kind == "name":
        words = re.findall(r"[^\W\d_]{2,}", value)
        forms += [_in_one(word) for word in words]
        forms += [rf"\b{'[ .,-]+'.join(map(re.escape, word))}\b" for word in words]
    return forms


def _in_one(value: str) -> str:
    """The words of the value in their order, whatever stands between them."""
    words = re.findall(r"\w+", value)
    in_order = r"\W+".join(map(re.escape, words))
    return rf"(?<!\w){in_order}(?!\w)" if words else re.escape(value or HIDDEN)


def _address(value: str) -> str:
    signs = {"@": r"(?:@|\bat\b)", ".": r"(?:\.|\bdot\b)", "_": r"(?:_|\bunderscore\b)", "-": r"(?:-|\bdash\b)"}
    return r"[\s,-]*".join(signs.get(character, re.escape(character)) for character in value)


def _day(value: str) -> list[str]:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return []
    month = rf"{_MONTHS[day.month - 1][:3]}(?:{_MONTHS[day.month - 1][3:]})?\.?"
    number = rf"(?:0?{day.day}(?:st|nd|rd|th)?|{_ORDINAL_WORDS[day.day - 1]})"
    year = rf"(?:,?\s*{day.year})?"
    return [
        rf"\b{number}\s+(?:of\s+)?{month}{year}\b",
        rf"\b{month}\s+(?:the\s+)?{number}{year}\b",
        rf"\b0?(?:{day.day}[./]0?{day.month}|{day.month}[./]0?{day.day})(?:[./](?:{day.year}|{day.year % 100}))?\b",
    ]
