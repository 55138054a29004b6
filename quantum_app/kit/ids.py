"""Identifiers: UUIDv7 inside, TypeID-style text outside (`call_06DZ…`). Both sort by time.

The text is a prefix and 26 characters of uppercase Crockford base32.
"""

import os
import re
import secrets
import time
from datetime import datetime
from uuid import UUID

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUE = {char: index for index, char in enumerate(_ALPHABET)}
_LENGTH = 26


def new_id(at: datetime | None = None) -> UUID:
    """A new UUIDv7 (RFC 9562): 48 bits of Unix milliseconds, 12 bits of their fraction, 62 random bits.

    at: The time that it sorts by, instead of now.

    The fraction (section 6.2, method 3) has steps of 244 ns, so IDs created by one process sort in creation order.
    """
    stamp, fraction = divmod(time.time_ns() if at is None else int(at.timestamp() * 1000) * 1_000_000, 1_000_000)
    value = (stamp & (1 << 48) - 1) << 80 | 0x7 << 76 | (fraction << 12) // 1_000_000 << 64
    value |= 0x2 << 62 | int.from_bytes(os.urandom(8), "big") >> 2
    return UUID(int=value)


def first_id(at: datetime) -> UUID:
    """No ID that was made at this moment or later sorts before it. Finds rows since then by their key."""
    stamp = int(at.timestamp() * 1000)
    return UUID(int=(stamp & (1 << 48) - 1) << 80 | 0x7 << 76 | 0x2 << 62)


def encode(prefix: str, value: UUID) -> str:
    """The public form of an ID, like `call_06DZ…`."""
    number = value.int
    chars: list[str] = []
    for _ in range(_LENGTH):
        number, digit = divmod(number, 32)
        chars.append(_ALPHABET[digit])
    return f"{prefix}_{''.join(reversed(chars))}"


def decode(prefix: str, text: str) -> UUID | None:
    """The UUID behind a public ID, or None if the text isn't a valid ID with this prefix."""
    head, _, tail = text.partition("_")
    if head != prefix or len(tail) != _LENGTH:
        return None
    number = 0
    for char in tail.upper():
        digit = _VALUE.get(char)
        if digit is None:
            return None
        number = number * 32 + digit
    return UUID(int=number) if number < 1 << 128 else None


def pattern(prefix: str) -> str:
    """A regular expression, as JSON Schema understands it, that the public IDs with this prefix match."""
    return f"^{prefix}_[0-7][{_ALPHABET}]{{{_LENGTH - 1}}}$"


def is_random_id(prefix: str, text: str) -> bool:
    """Whether the text has the form of an ID that `random_id` returns."""
    return re.fullmatch(rf"{prefix}_[{_ALPHABET}]{{26}}", text) is not None


def random_id(prefix: str) -> str:
    """An ID of 130 random bits, which can't be guessed and reveals no creation time."""
    return f"{prefix}_{''.join(secrets.choice(_ALPHABET) for _ in range(26))}"
