"""One-time tokens whose text is never stored: an id, and proof that we made it.

The text is 16 bytes of id and 16 bytes of HMAC-SHA256 over purpose and id (RFC 2104), base64url without padding: it can
be made again at any time from the id and our key, so neither the database nor a job has to carry it. Whether it is
still good is what the id's row says.
"""

import base64
import binascii
import hashlib
import hmac
from uuid import UUID

_LENGTH = 32


def sign(key: str, purpose: str, token_id: UUID) -> str:
    """The token's text. purpose: what it is good for; the same id signed for another purpose is another token."""
    return base64.urlsafe_b64encode(token_id.bytes + _proof(key, purpose, token_id)).decode().rstrip("=")


def verify(key: str, purpose: str, text: str) -> UUID | None:
    """The id, or None when the text was not made by `sign` with this key and purpose."""
    try:
        raw = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (binascii.Error, UnicodeEncodeError):
        return None
    if len(raw) != _LENGTH:
        return None
    token_id = UUID(bytes=raw[:16])
    return token_id if hmac.compare_digest(raw[16:], _proof(key, purpose, token_id)) else None


def _proof(key: str, purpose: str, token_id: UUID) -> bytes:
    return hmac.digest(key.encode(), b"one-time token\0" + purpose.encode() + b"\0" + token_id.bytes, hashlib.sha256)[
        :16
    ]
