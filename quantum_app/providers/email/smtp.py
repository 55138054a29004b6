"""Any mail server, by SMTP with TLS."""

import ipaddress
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import parseaddr
from urllib.parse import unquote, urlsplit

import aiosmtplib

from quantum_app.domain.outbox.ports import MailDelayed, MailRefused
from quantum_app.domain.outbox.schemas import Email
from quantum_app.kit.email import deliverable
from quantum_app.settings import Mail as MailSettings

_TIMEOUT = 15  # seconds, for each answer of the server
_PORTS = {"smtp": 587, "smtps": 465}
_PERMANENT = 500


class SmtpMailer:
    """smtps:// is TLS from the start; smtp:// turns it on by STARTTLS, and insists on it beyond this machine."""

    def __init__(self, settings: MailSettings) -> None:
        url = urlsplit(settings.smtp_url.get_secret_value())
        if url.scheme not in _PORTS or not url.hostname:
            raise ValueError("SMTP_URL must be smtp://user:…@host:587 or smtps://user:…@host")
        self._sender = settings.mail_from
        self._host = url.hostname
        self._port = url.port or _PORTS[url.scheme]
        self._user = unquote(url.username) if url.username else None
        self._password = unquote(url.password) if url.password else None
        self._tls = url.scheme == "smtps"

    async def send(self, mail: Email, key: str) -> str:
        """The Message-ID, made of the key: receivers drop the second of two. Raises MailRefused, MailDelayed."""
        try:
            message = self._message(mail, key)
        except (ValueError, MessageError):
            raise MailRefused("The address or the subject isn't valid in an email.") from None
        try:
            await aiosmtplib.send(
                message,
                # The envelope doesn't depend on how a header is read.
                recipients=[deliverable(mail.to)],
                hostname=self._host,
                port=self._port,
                username=self._user,
                password=self._password,
                use_tls=self._tls,
                start_tls=None if self._tls or _here(self._host) else True,
                timeout=_TIMEOUT,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _verdict(error.recipients[0].code, error.recipients[0].message) from None
        except aiosmtplib.SMTPDataError as error:
            raise _verdict(error.code, error.message) from None
        except aiosmtplib.SMTPNotSupported as error:
            if not str(message["To"]).isascii():
                raise MailRefused("The mail server only takes addresses in ASCII.") from None
            raise _unreachable(error) from None
        except (aiosmtplib.SMTPException, OSError) as error:
            # Of the connection, the login or our sender: nothing that speaks against this mail.
            raise _unreachable(error) from None
        return str(message["Message-ID"])

    def _message(self, mail: Email, key: str) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = deliverable(mail.to)
        message["Subject"] = mail.subject
        message["Message-ID"] = f"<{key}@{parseaddr(self._sender)[1].rpartition('@')[2] or 'localhost'}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text)
        message.add_alternative(mail.html, subtype="html")
        return message


def _unreachable(error: Exception) -> MailDelayed:
    return MailDelayed(f"The mail server didn't accept it ({type(error).__name__}).")


def _verdict(code: int, reply: str) -> MailRefused | MailDelayed:
    if code >= _PERMANENT:
        return MailRefused(f"The mail server rejected it: {code} {reply}")
    return MailDelayed(f"The mail server didn't accept it ({code}).")


def _here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
