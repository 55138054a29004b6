"""Interfaces that providers implement for the outbox."""

from collections.abc import Mapping
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.domain.outbox.schemas import Email
from quantum_app.errors import QuantumError


class MailRefused(QuantumError):
    """The provider refuses this email for good. Retrying is pointless."""

    code = "mail_refused"
    status = 422


class MailDelayed(QuantumError):
    """The provider can't take this email now. Retry later.

    retry_after: Seconds to wait, if the provider says so.
    """

    code = "mail_delayed"
    status = 503
    retryable = True

    def __init__(self, message: str, *, retry_after: float = 0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Source(Protocol):
    """Fills in an email when it is sent, so that the outbox doesn't hold what it says."""

    async def __call__(
        self, session: AsyncSession, recipient: str, data: Mapping[str, Any], /
    ) -> dict[str, Any] | None:
        """Values for the template, or None if the email has nothing to say to the recipient anymore.

        session: Of the message's owner.
        data: As the message was written.
        """
        ...


class Mailer(Protocol):
    """Hands emails to a provider."""

    async def send(self, mail: Email, key: str) -> str:
        """Send an email and return the provider's ID for it. Raises MailRefused, MailDelayed.

        key: Idempotency key. The same key twice sends one email.
        """
        ...
