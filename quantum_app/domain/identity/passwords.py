"""Passwords: which are strong enough, and how they are stored (argon2id, PHC form).

A password counts in Unicode's composed form (NFC), so that it is the same on every keyboard (NIST SP 800-63B, 5.1.1.2;
RFC 8265, 4.2.2).
"""

import asyncio
import re
import secrets
import unicodedata
from functools import cache

from pwdlib import PasswordHash
from zxcvbn import matching, scoring

from quantum_app.errors import InvalidInput

SHORTEST, LONGEST = 10, 1024
# A password found within so many guesses is refused: 10**9 of our hashes keep a core busy for a year and a half.
FEWEST_GUESSES = 10**9
_JUDGED = 48  # characters; the time to judge grows with the square of the length
# zxcvbn tries every combination of what a symbol may stand for: seconds for a text of symbols alone. With one letter
# for each symbol there are eight combinations at most.
matching.L33T_TABLE.clear()
matching.L33T_TABLE.update(
    {"a": ["4", "@"], "b": ["8"], "e": ["3"], "g": ["9"], "i": ["1", "!"], "o": ["0"], "s": ["$", "5"], "t": ["7", "+"]}
)

_hasher = PasswordHash.recommended()


def check(password: str, *known: str) -> None:
    """Refuse a password that is easy to guess. known: the person's name, address, business.

    The estimate knows 30,000 common passwords, names, dates, keyboard patterns and what people make of them. Takes up
    to 50 ms. Raises InvalidInput at the field `password`.
    """
    password = _normalized(password)
    if len(password) < SHORTEST:
        problem = f"Use at least {SHORTEST} characters. A few words in a row are easy to remember and hard to guess."
    elif len(password) > LONGEST:
        problem = f"Use at most {LONGEST} characters."
    else:
        problem = _weakness(password[:_JUDGED], known)
    if problem:
        raise InvalidInput(problem, code="weak_password", field="password")


def _weakness(password: str, known: tuple[str, ...]) -> str:
    """Why the password is too easy to guess, or nothing."""
    # A dictionary of this check alone: the library's own entry point keeps the last person's name for everybody.
    dictionaries = {**matching.RANKED_DICTIONARIES, "user_inputs": matching.build_ranked_dict(_words(known))}
    found = scoring.most_guessable_match_sequence(password, matching.omnimatch(password, dictionaries))
    if found["guesses"] >= FEWEST_GUESSES:
        return ""
    parts = found["sequence"]
    if any(part.get("dictionary_name") == "user_inputs" for part in parts):
        return "This password contains your name, address or business. Use a few other words."
    if any(part.get("dictionary_name") == "passwords" for part in parts):
        return "This is close to a common password, so it is easy to guess. Use a few words in a row."
    return "This password is easy to guess. Make it longer, or use a few words in a row."


def _words(known: tuple[str, ...]) -> list[str]:
    """The texts in lower case: whole, without spaces, and each word of at least four characters."""
    words: dict[str, None] = {}
    for text in known:
        low = _normalized(text).lower()[:100]
        parts = re.split(r"[\W_]+", low)
        words |= dict.fromkeys([low, "".join(parts), *parts])
    return [word for word in words if len(word) > 3]


def _normalized(text: str) -> str:
    return unicodedata.normalize("NFC", text)


async def hashed(password: str) -> str:
    """The hash to keep; takes about 50 ms of a core, in a thread."""
    return await asyncio.to_thread(_hasher.hash, _normalized(password))


async def verify(password: str, known_hash: str | None) -> tuple[bool, str | None]:
    """(whether it is right, a better hash to keep instead). Without a hash it takes as long, and is wrong.

    A hash that was made of another form than NFC is known by the text as it was typed, and replaced.
    """
    if len(password) > LONGEST:
        password, known_hash = password[:LONGEST], None
    normalized = _normalized(password)
    right, better = await asyncio.to_thread(_hasher.verify_and_update, normalized, known_hash or _nobodys())
    if not right and password != normalized:
        right = await asyncio.to_thread(_hasher.verify, password, known_hash or _nobodys())
        better = await hashed(password) if right else None
    return (right, better) if known_hash else (False, None)


@cache
def _nobodys() -> str:
    """What somebody without a password is checked against."""
    return _hasher.hash(secrets.token_urlsafe(16))
