"""Whether a value may be one of a variable, and its one form. Pure, and total: whatever comes in, nothing is raised."""

import math
import re
import unicodedata
from datetime import date
from typing import Any

import phonenumbers

from quantum_app.domain.flows.model.definition import Choice, Value, Variable
from quantum_app.domain.flows.nlu import patterns
from quantum_app.kit import email

LONGEST_TEXT = 500
_LONGEST_NAME = 80
_LARGEST = 1e12
_NUMBER = re.compile(r"[-+]?\d{1,15}(?:\.\d{1,9})?")
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T[\d:.+Z-]*)?")
_YES = frozenset({"yes", "true", "y", "1", "on"})
_NO = frozenset({"no", "false", "n", "0", "off"})
_WITH_PATTERN = frozenset({"text", "name", "email", "phone"})


def accept(variable: Variable, value: Any, region: str | None = None) -> Value | None:
    """The value in the form in which it is kept, or None: not of the type, not a choice, out of bounds.

    region: ISO 3166 country of a phone number without its country code; None: such a number is refused.
    """
    if not isinstance(value, bool | int | float | str):
        return None
    if isinstance(value, str):
        value = _plain(value[: 4 * LONGEST_TEXT])
        if not value:
            return None
    if variable.type in {"number", "money"}:
        return _number(variable, value)
    if variable.type == "yes_no":
        return _yes_no(value)
    accepted = _text(variable, value, region) if isinstance(value, str) else None
    if accepted is not None and variable.pattern and variable.type in _WITH_PATTERN:
        return accepted if patterns.matches(variable.pattern, accepted) else None
    return accepted


def _text(variable: Variable, value: str, region: str | None) -> str | None:
    match variable.type:
        case "choice":
            return _choice(variable.choices, value)
        case "email":
            return _email(value)
        case "phone":
            return _phone(value, region)
        case "date":
            return _date(value)
        case "name":
            return _name(value)
        case _:
            return value if len(value) <= LONGEST_TEXT else None


def folded(text: str) -> str:
    """For comparison: lower case, without accents, and everything but letters and digits as one space."""
    bare = "".join(char for char in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(char))
    return " ".join(re.findall(r"[^\W_]+", bare))


def _plain(text: str) -> str:
    """Without control characters, in composed form, with single spaces."""
    printable = "".join(
        char if unicodedata.category(char)[0] != "C" else " " for char in unicodedata.normalize("NFC", text)
    )
    return " ".join(printable.split())


def _number(variable: Variable, value: bool | float | str) -> Value | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        if not _NUMBER.fullmatch(value):
            return None
        value = float(value)
    # Compared before anything is converted: an integer may be larger than any float.
    if (isinstance(value, float) and not math.isfinite(value)) or not -_LARGEST <= value <= _LARGEST:
        return None
    if (variable.minimum is not None and value < variable.minimum) or (
        variable.maximum is not None and value > variable.maximum
    ):
        return None
    value = round(value, 2 if variable.type == "money" else 6)
    return int(value) if value == int(value) else value


def _yes_no(value: bool | float | str) -> bool | None:
    if isinstance(value, bool):
        return value
    word = str(value).lower()
    return True if word in _YES else False if word in _NO else None


def _choice(choices: tuple[Choice, ...], value: str) -> str | None:
    for choice in choices:
        if choice.value == value:
            return choice.value
    folded_value = folded(value)
    for choice in choices:
        if folded_value and folded_value in {folded(choice.value), *map(folded, choice.also)}:
            return choice.value
    return None


def _email(value: str) -> str | None:
    try:
        return email.normalize_email(value)
    except ValueError:
        return None


def possible_phone(value: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    """The number, where it has as many digits as numbers of its country have, area code included."""
    try:
        number = phonenumbers.parse(value, region) if len(value) <= 40 else None
    except phonenumbers.NumberParseException:
        return None
    if number is None or (
        # No area code of North America begins with a zero or a one, whatever the length.
        number.country_code == 1 and phonenumbers.national_significant_number(number)[:1] in {"0", "1"}
    ):
        return None
    length = phonenumbers.is_possible_number_with_reason(number)
    return number if length == phonenumbers.ValidationResult.IS_POSSIBLE else None


def _phone(value: str, region: str | None) -> str | None:
    number = possible_phone(value, region)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if number else None


def _date(value: str) -> str | None:
    if not (match := _DAY.fullmatch(value)):
        return None
    try:
        return date.fromisoformat(match[1]).isoformat()
    except ValueError:
        return None


def _name(value: str) -> str | None:
    value = value.strip(' ,.;:!?"“”')
    if len(value) > _LONGEST_NAME or len(value.split()) > 6:
        return None
    if not all(char.isalpha() or unicodedata.combining(char) or char in " .'’-" for char in value):
        return None
    return value if any(char.isalpha() for char in value) else None
