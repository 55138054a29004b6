"""Values as they are read back, so that the caller hears each letter and digit that counts."""

import re
from collections.abc import Sequence
from datetime import date

import phonenumbers

from quantum_app.domain.flows.engine.prompts import EN, spoken_value
from quantum_app.domain.flows.model.definition import Value, Variable

_SIGNS = {".": "dot", "@": "at", "_": "underscore", "-": "dash", "+": "plus"}
_PIECES = re.compile(r"[^\W\d_]+|\d|[^\w\s]|_")
# No voice makes a word of these.
_WITHOUT_VOWEL = re.compile(r"[bcdfghjklmnpqrstvwxz]{1,5}", re.IGNORECASE)
# A day that is named by its weekday is within so many days; others are named by their year.
_NEAR = 300


def confirmation_question(values: Sequence[tuple[Variable, Value]], region: str, today: date | None) -> str:
    """The question whether they are right. region: ISO 3166 country whose numbers are said without its code."""
    parts = [_aloud(variable, value, region, today) for variable, value in values]
    last = f", {EN.and_} {parts[-1]}" if parts[1:] else parts[0]
    return EN.read_back.format(values=f"{', '.join(parts[:-1])}{last}")


def _aloud(variable: Variable, value: Value, region: str, today: date | None) -> str:
    if variable.type == "phone":
        return _number(str(value), region)
    if variable.type == "date":
        return _day(str(value), today)
    return spoken_value(value)


def spoken_address(value: str) -> str:
    """How a voice says an email address: anna.smith@gmail.com → "anna dot smith at gmail dot com"."""
    pieces: list[str] = _PIECES.findall(value)
    ending = value.rpartition(".")[2]
    words: list[str] = [
        " ".join(piece.upper())
        if _WITHOUT_VOWEL.fullmatch(piece) or (place == len(pieces) - 1 and len(ending) == 2)
        else (_SIGNS.get(piece) or piece)
        for place, piece in enumerate(pieces)
    ]
    return " ".join(words)


def _number(value: str, region: str) -> str:
    """+12025550143 → "2 0 2, 5 5 5, 0 1 4 3"."""
    try:
        number = phonenumbers.parse(value, None)
    except phonenumbers.NumberParseException:
        return " ".join(value)
    at_home = number.country_code == phonenumbers.country_code_for_region(region)
    form = phonenumbers.PhoneNumberFormat
    formatted = phonenumbers.format_number(number, form.NATIONAL if at_home else form.INTERNATIONAL)
    groups = [part for group in re.findall(r"\d+", formatted) for part in _short(group)]
    return f"{'' if at_home else 'plus '}{', '.join(' '.join(group) for group in groups)}"


def digits_aloud(digits: str) -> str:
    """5550142 → "5 5 5, 0 1 4 2"."""
    return ", ".join(" ".join(group) for group in _short(digits.removeprefix("+")))


def _short(digits: str) -> list[str]:
    """Groups of at most four, of three where there are more."""
    if len(digits) <= 4:
        return [digits]
    return [digits[:3], *_short(digits[3:])]


def _day(value: str, today: date | None) -> str:
    day = date.fromisoformat(value)
    if today is None or 0 <= (day - today).days < _NEAR:
        return spoken_value(value)
    return f"{day:%B} {day.day}, {day.year}"
