"""Password strength and hashing (argon2id in PHC format).

Passwords are normalized to NFC, so that they match on every keyboard (NIST SP 800-63B, 5.1.1.2; RFC 8265, 4.2.2).
"""

import asyncio
import re
import secrets
import unicodedata
from functools import cache

from pwdlib import PasswordHash
from zxcvbn import matching, scoring

from quantum_app.errors import InvalidInput

MIN_LENGTH, MAX_LENGTH = 10, 1024
# Passwords that can be guessed in fewer attempts are refused. 10**9 of our hashes take one core a year and a half.
MIN_GUESSES = 10**9
_ESTIMATED_LENGTH = 48  # characters; the estimate takes quadratic time
# zxcvbn tries every combination of letters a symbol may stand for, which takes seconds for a text of symbols. With one
# letter per symbol there are at most eight combinations.
matching.L33T_TABLE.clear()
matching.L33T_TABLE.update(
    {"a": ["4", "@"], "b": ["8"], "e": ["3"], "g": ["9"], "i": ["1", "!"], "o": ["0"], "s": ["$", "5"], "t": ["7", "+"]}
)

_hasher = PasswordHash.recommended()


def check_strength(password: str, *personal_texts: str) -> None:
    """Refuse a password that is easy to guess. Takes up to 50 ms. Raises InvalidInput with the field `password`.

    The estimate knows 30,000 common passwords, names, dates, keyboard patterns and their variations.

    personal_texts: The user's name, email address and business.
    """
    password = _normalized(password)
    if len(password) < MIN_LENGTH:
        problem = f"Use at least {MIN_LENGTH} characters. A few unrelated words are easy to remember and hard to guess."
    elif len(password) > MAX_LENGTH:
        problem = f"Use at most {MAX_LENGTH} characters."
    else:
        problem = _weakness(password[:_ESTIMATED_LENGTH], personal_texts)
    if problem:
        raise InvalidInput(problem, code="weak_password", field="password")


def _weakness(password: str, personal_texts: tuple[str, ...]) -> str:
    """Why the password is too easy to guess, or an empty text."""
    # The library's own entry point would keep the last user's name in a global dictionary.
    dictionaries = {**matching.RANKED_DICTIONARIES, "user_inputs": matching.build_ranked_dict(_words(personal_texts))}
    estimate = scoring.most_guessable_match_sequence(password, matching.omnimatch(password, dictionaries))
    if estimate["guesses"] >= MIN_GUESSES:
        return ""
    parts = estimate["sequence"]
    if any(part.get("dictionary_name") == "user_inputs" for part in parts):
        return "This password contains your name, email or business. Use a few unrelated words."
    if any(part.get("dictionary_name") == "passwords" for part in parts):
        return "This password is too common. Try a few unrelated words."
    return "This password is too easy to guess. Make it longer, or try a few unrelated words."


def _words(texts: tuple[str, ...]) -> list[str]:
    """The texts in lowercase: whole, without spaces, and each word of at least four characters."""
    words: dict[str, None] = {}
    for text in texts:
        low = _normalized(text).lower()[:100]
        parts = re.split(r"[\W_]+", low)
        words |= dict.fromkeys([low, "".join(parts), *parts])
    return [word for word in words if len(word) > 3]


def _normalized(text: str) -> str:
    return unicodedata.normalize("NFC", text)


async def hash_password(password: str) -> str:
    """The hash to store. Takes about 50 ms of CPU, in a thread."""
    return await asyncio.to_thread(_hasher.hash, _normalized(password))


async def verify(password: str, known_hash: str | None) -> tuple[bool, str | None]:
    """Returns (whether the password is correct, a new hash to store if the old one is outdated).

    Without a hash, it takes as long and returns False, so that timing doesn't reveal whether a user exists. A hash of a
    password that wasn't normalized is checked against the text as typed, and replaced.
    """
    if len(password) > MAX_LENGTH:
        password, known_hash = password[:MAX_LENGTH], None
    normalized = _normalized(password)
    right, better = await asyncio.to_thread(_hasher.verify_and_update, normalized, known_hash or _dummy_hash())
    if not right and password != normalized:
        right = await asyncio.to_thread(_hasher.verify, password, known_hash or _dummy_hash())
        better = await hash_password(password) if right else None
    return (right, better) if known_hash else (False, None)


@cache
def _dummy_hash() -> str:
    """A hash to verify against when there is no user or no password."""
    return _hasher.hash(secrets.token_urlsafe(16))
