"""Mail out: by an SMTP server, or by Resend. Both implement `domain.outbox.ports.Mailer`."""

from quantum_app.domain.outbox.ports import Mailer
from quantum_app.providers.email.resend_api import ResendMailer
from quantum_app.providers.email.smtp import SmtpMailer
from quantum_app.settings import Mail


def mailer(settings: Mail) -> Mailer:
    """The way that the settings choose. Raises ValueError for an SMTP_URL that is none."""
    return SmtpMailer(settings) if settings.smtp_url.get_secret_value() else ResendMailer(settings)
