"""Identifiers: UUIDv7 inside, prefixed Crockford base32 outside (`call_06DZ…`), both sortable by time."""

import os
import re
import secrets
import time
from uuid import UUID

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUE = {char: index for index, char in enumerate(_ALPHABET)}
_LENGTH = 26


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562): 48 bits of Unix milliseconds, 12 bits of their fraction (6.2, method 3), 62 random bits.

    The fraction, in steps of 244 ns, keeps what one process makes in the order in which it was made.
    """
    stamp, fraction = divmod(time.time_ns(), 1_000_000)
    value = (stamp & (1 << 48) - 1) << 80 | 0x7 << 76 | (fraction << 12) // 1_000_000 << 64
    value |= 0x2 << 62 | int.from_bytes(os.urandom(8), "big") >> 2
    return UUID(int=value)


def encode(prefix: str, value: UUID) -> str:
    """The public form of an id: `prefix_` and 26 characters of Crockford base32."""
    number = value.int
    chars: list[str] = []
    for _ in range(_LENGTH):
        number, digit = divmod(number, 32)
        chars.append(_ALPHABET[digit])
    return f"{prefix}_{''.join(reversed(chars))}"


def decode(prefix: str, text: str) -> UUID | None:
    """The id behind a public form, or None when the text is not one of this prefix."""
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


def is_unguessable(prefix: str, text: str) -> bool:
    """Whether a public id looks like one that `unguessable` made."""
    return re.fullmatch(rf"{prefix}_[{_ALPHABET}]{{26}}", text) is not None


def unguessable(prefix: str) -> str:
    """A public id that tells nothing and cannot be guessed: 130 random bits."""
    return f"{prefix}_{''.join(secrets.choice(_ALPHABET) for _ in range(26))}"
