"""Passwords: what is good enough, and how they are kept (argon2id, PHC form)."""

import asyncio
import secrets
from functools import cache

from pwdlib import PasswordHash

from quantum_app.errors import InvalidInput

SHORTEST, LONGEST = 10, 1024
# What guessing starts with. Length does the rest (NIST SP 800-63B, 5.1.1.2: a list, no rules of composition).
_COMMON = ("password", "passwort", "qwerty", "qwertz", "azerty", "letmein", "welcome", "iloveyou", "administrator")
_RUNS = ("0123456789" * 2, "9876543210" * 2, "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjkl", "qwertzuiopasdfghjkl")

_hasher = PasswordHash.recommended()


def check(password: str, *known: str) -> None:
    """Refuse a password that is guessed early. known: the person's name, address, business.

    Raises InvalidInput at the field `password`.
    """
    low = password.lower()
    words = {
        part for text in known for part in [text.lower(), *text.lower().replace("@", " ").split()] if len(part) > 3
    }
    if len(password) < SHORTEST:
        problem = f"Use at least {SHORTEST} characters. A few words in a row are easy to remember and hard to guess."
    elif len(password) > LONGEST:
        problem = f"Use at most {LONGEST} characters."
    elif len(set(low)) < 5 or any(low in run for run in _RUNS) or _left(low, _COMMON) < 4:
        problem = "This password is one of the first that are guessed. Use a few words in a row."
    elif _left(low, words) < 4:
        problem = "This password is made of your name or address. Use a few other words."
    else:
        return
    raise InvalidInput(problem, code="weak_password", field="password")


def _left(text: str, words: set[str] | tuple[str, ...]) -> int:
    """How many letters and digits remain when these words are taken away."""
    for word in sorted(words, key=len, reverse=True):
        text = text.replace(word, "")
    return sum(char.isalnum() for char in text.strip("0123456789"))


async def hashed(password: str) -> str:
    """The hash to keep; takes about 50 ms of a core, in a thread."""
    return await asyncio.to_thread(_hasher.hash, password)


async def verify(password: str, known_hash: str | None) -> tuple[bool, str | None]:
    """(whether it is right, a better hash to keep instead). Without a hash it takes as long, and is wrong."""
    if len(password) > LONGEST:
        password, known_hash = password[:LONGEST], None
    right, better = await asyncio.to_thread(_hasher.verify_and_update, password, known_hash or _nobodys())
    return (right, better) if known_hash else (False, None)


@cache
def _nobodys() -> str:
    """What somebody without a password is checked against."""
    return _hasher.hash(secrets.token_urlsafe(16))
