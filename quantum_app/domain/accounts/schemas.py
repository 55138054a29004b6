"""What crosses the boundary of accounts."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class LoginToken:
    """What a browser keeps. token: 256 random bits, urlsafe; only its SHA-256 is stored."""

    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is logged in, and into which account."""

    user_id: UUID
    account_id: UUID
    name: str
    email: str
    role: str
    account_name: str
