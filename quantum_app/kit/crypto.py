"""Encryption of what the database must not show: Fernet (AES-128-CBC and HMAC-SHA256) by keys derived with HKDF."""

import base64
from functools import cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


@cache
def _box(key: str, purpose: str) -> Fernet:
    derived = HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))


def encrypt(key: str, purpose: str, text: str) -> bytes:
    """The text, readable with the same key and purpose only."""
    return _box(key, purpose).encrypt(text.encode())


def decrypt(key: str, purpose: str, data: bytes) -> str:
    """What `encrypt` was given. Raises ValueError for another key or purpose, or data that was changed."""
    try:
        return _box(key, purpose).decrypt(data).decode()
    except InvalidToken:
        raise ValueError(f"the {purpose} cannot be decrypted: it was encrypted with another key") from None
