"""Types of the outbox."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID


class Status(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Links:
    """Base URL of an email's links, and the key that signs their tokens."""

    web_url: str
    secret_key: str


@dataclass(frozen=True, slots=True)
class Email:
    """A rendered email. `text` and `html` have the same content."""

    to: str
    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class PendingMessage:
    """A message that is being sent."""

    message_id: UUID
    template: str
    recipient: str
    data: dict[str, Any]
    attempts: int
    """Attempts so far, including the current one."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message as shown in the account."""

    message_id: UUID
    template: str
    recipient: str
    status: Status
    attempts: int
    error: str | None
    """Why the last attempt failed, for a person."""
    created_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class MessagePage:
    """One page of messages, newest first."""

    messages: tuple[Message, ...]
    after: UUID | None
    """Cursor of the next page, or None on the last one."""


@dataclass(frozen=True, slots=True)
class Owner:
    """The owner of a message. Exactly one of the two is set."""

    account_id: UUID | None
    user_id: UUID | None
