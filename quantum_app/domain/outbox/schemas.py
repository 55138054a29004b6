"""What crosses the boundary of the outbox."""

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
    """Where a mail's links lead, and the key that their tokens are made with."""

    web_url: str
    secret_key: str


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as it leaves. text and html say the same."""

    to: str
    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that is to be sent. attempts: with the one that begins now."""

    message_id: UUID
    template: str
    recipient: str
    data: dict[str, Any]
    attempts: int


@dataclass(frozen=True, slots=True)
class Message:
    """A message as the account sees it. error: why the last attempt failed, in words."""

    message_id: UUID
    template: str
    recipient: str
    status: Status
    attempts: int
    error: str | None
    created_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class MessagePage:
    """A page of the list of messages, newest first. after: pass it on to get the next page; None at the end."""

    messages: tuple[Message, ...]
    after: UUID | None


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a message is: an account's or a person's, one of the two."""

    account_id: UUID | None
    user_id: UUID | None
