"""Resend, by its official SDK."""

import resend
from resend.exceptions import ResendError

from quantum_app.domain.outbox.ports import MailDelayed, MailRefused
from quantum_app.domain.outbox.schemas import Email
from quantum_app.kit.email import deliverable
from quantum_app.settings import Mail as MailSettings

_TIMEOUT = 15  # seconds
# Refusals of this mail. Anything else may pass later: a limit, an outage, a key or a domain that is set right.
_PERMANENT_STATUSES = {400, 413, 422}
_IDEMPOTENCY_CONFLICT = "invalid_idempotent_request"


class ResendMailer:
    """One a process: the SDK keeps key and address in its module."""

    def __init__(self, settings: MailSettings) -> None:
        self._sender = settings.mail_from
        resend.api_key = settings.resend_api_key.get_secret_value()
        resend.api_url = settings.resend_base_url.rstrip("/")
        resend.default_async_http_client = resend.HTTPXClient(timeout=_TIMEOUT)

    async def send(self, mail: Email, key: str) -> str:
        """Resend knows a key for a day. Raises MailRefused, MailDelayed."""
        try:
            answer = await resend.Emails.send_async(
                {
                    "from": self._sender,
                    "to": [deliverable(mail.to)],
                    "subject": mail.subject,
                    "text": mail.text,
                    "html": mail.html,
                    "headers": {"Auto-Submitted": "auto-generated"},
                },
                {"idempotency_key": key},
            )
        except ResendError as error:
            if int(error.code) in _PERMANENT_STATUSES or error.error_type == _IDEMPOTENCY_CONFLICT:
                raise MailRefused(f"Resend rejected it: {error.message}") from None
            raise MailDelayed(
                f"Resend didn't accept it ({error.code}, {error.error_type}).", retry_after=_seconds(error.headers)
            ) from None
        return answer["id"]


def _seconds(headers: dict[str, str]) -> float:
    """How long to wait, if the answer says so."""
    value = {name.lower(): text for name, text in headers.items()}.get("retry-after", "")
    return float(value) if value.isdigit() else 0
