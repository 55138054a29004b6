"""Encryption of columns that must not be readable in the database.

Uses Fernet (AES-128-CBC with HMAC-SHA256) with keys derived by HKDF.
"""

import base64
import hmac
from functools import cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


@cache
def _fernet(key: str, purpose: str) -> Fernet:
    derived = HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))


def encrypt(key: str, purpose: str, text: str) -> bytes:
    """Encrypt a text. Only the same key and purpose can decrypt it."""
    return _fernet(key, purpose).encrypt(text.encode())


def decrypt(key: str, purpose: str, data: bytes) -> str:
    """Decrypt what `encrypt` returned. Raises ValueError if the key, the purpose or the data doesn't match."""
    try:
        return _fernet(key, purpose).decrypt(data).decode()
    except InvalidToken:
        raise ValueError(f"the {purpose} can't be decrypted: it was encrypted with another key") from None


def keyed_hash(key: str, purpose: str, text: str) -> bytes:
    """HMAC-SHA256 of a text: finds equal texts, and can't be guessed from without the key."""
    return hmac.digest(key.encode(), f"{purpose}\0{text}".encode(), "sha256")
