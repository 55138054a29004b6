"""Interfaces that providers implement for the outbox."""

from typing import Protocol

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


class Mailer(Protocol):
    """Hands emails to a provider."""

    async def send(self, mail: Email, key: str) -> str:
        """Send an email and return the provider's ID for it. Raises MailRefused, MailDelayed.

        key: Idempotency key. The same key twice sends one email.
        """
        ...
