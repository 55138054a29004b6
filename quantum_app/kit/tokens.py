"""Signed one-time tokens: an ID and a signature that proves we issued it.

A token is 16 bytes of ID and 16 bytes of HMAC-SHA256 over purpose and ID, as base64url without padding. It can be
computed again from the ID and the secret key, so neither the database nor a job has to store it. Whether a token is
expired or used is up to the ID's row in the database.
"""

import base64
import binascii
import hashlib
import hmac
from uuid import UUID

_LENGTH = 32


def sign(key: str, purpose: str, token_id: UUID) -> str:
    """The token for an ID. A token signed for one purpose isn't valid for another."""
    return base64.urlsafe_b64encode(token_id.bytes + _mac(key, purpose, token_id)).decode().rstrip("=")


def verify(key: str, purpose: str, text: str) -> UUID | None:
    """The ID, or None if `sign` didn't create the token with this key and purpose."""
    try:
        raw = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (binascii.Error, UnicodeEncodeError):
        return None
    if len(raw) != _LENGTH:
        return None
    token_id = UUID(bytes=raw[:16])
    return token_id if hmac.compare_digest(raw[16:], _mac(key, purpose, token_id)) else None


def _mac(key: str, purpose: str, token_id: UUID) -> bytes:
    return hmac.digest(key.encode(), b"one-time token\0" + purpose.encode() + b"\0" + token_id.bytes, hashlib.sha256)[
        :16
    ]
