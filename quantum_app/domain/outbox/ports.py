"""What the outbox needs from outside."""

from typing import Protocol

from quantum_app.domain.outbox.schemas import Mail
from quantum_app.errors import QuantumError


class MailRefused(QuantumError):
    """This mail will never be accepted; sending it again is useless."""

    code = "mail_refused"
    status = 422


class MailDelayed(QuantumError):
    """Not now; the same mail may pass later. retry_after: not before so many seconds, when the provider says so."""

    code = "mail_delayed"
    status = 503
    retryable = True

    def __init__(self, message: str, *, retry_after: float = 0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Mailer(Protocol):
    """Hands mails to whoever delivers them."""

    async def send(self, mail: Mail, key: str) -> str:
        """What the provider calls it. key: the same key twice is one mail. Raises MailRefused, MailDelayed."""
        ...
