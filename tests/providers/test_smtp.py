"""The product's SMTP mailer against a mail server of a few lines."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from email import message_from_string, policy
from email.message import EmailMessage
from urllib.parse import quote

import pytest
from pydantic import SecretStr

from quantum_app.domain.outbox.ports import MailDelayed, MailRefused
from quantum_app.domain.outbox.schemas import Email
from quantum_app.providers.email import mailer
from quantum_app.settings import Mail as MailSettings

pytestmark = pytest.mark.provider

PASSWORD = quote("p/w", safe="")
MAIL = Email("sam@example.com", "Grüße", "Wörter.\n.\nEnd.", "<p>Wörter.</p>")


class Peer:
    """A mail server. replies: what it answers to a command instead of agreeing. mails: what it took."""

    def __init__(self, **replies: str) -> None:
        self._replies = replies
        self.commands: list[str] = []
        self.mails: list[EmailMessage] = []
        self.visits: list[asyncio.Task[None]] = []

    def visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.visits.append(asyncio.create_task(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        while line := (await reader.readline()).decode().strip():
            self.commands.append(line)
            verb = line.split(" ")[0].split(":")[0].upper()
            if verb in self._replies:
                reply = self._replies[verb]
            elif verb == "EHLO":
                reply = "250-here\r\n250-SMTPUTF8\r\n250 AUTH PLAIN"
            elif verb == "AUTH":
                reply = "235 welcome"
            elif verb == "DATA":
                writer.write(b"354 go on\r\n")
                data = (await reader.readuntil(b"\r\n.\r\n")).decode()
                text = data.removesuffix(".\r\n").replace("\r\n..", "\r\n.")
                self.mails.append(message_from_string(text, EmailMessage, policy=policy.default))
                reply = self._replies.get("END", "250 taken")
            else:
                reply = "221 bye" if verb == "QUIT" else "250 ok"
            writer.write(f"{reply}\r\n".encode())
            await writer.drain()
            if verb == "QUIT":
                break
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


@asynccontextmanager
async def serving(peer: Peer) -> AsyncIterator[int]:
    server = await asyncio.start_server(peer.visit, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()
        await asyncio.gather(*peer.visits)


async def send(url: str, mail: Email = MAIL) -> str:
    settings = MailSettings(smtp_url=SecretStr(url), mail_from="Us <us@example.com>")
    return await mailer(settings).send(mail, "0192-key")


async def test_a_mail_is_handed_over_whole() -> None:
    peer = Peer()
    async with serving(peer) as port:
        assert await send(f"smtp://user%40us:{PASSWORD}@127.0.0.1:{port}") == "<0192-key@example.com>"
    assert "AUTH PLAIN AHVzZXJAdXMAcC93" in peer.commands
    assert "RCPT TO:<sam@example.com>" in peer.commands
    (mail,) = peer.mails
    assert (mail["From"], mail["To"], mail["Subject"]) == ("Us <us@example.com>", "sam@example.com", "Grüße")
    assert mail["Message-ID"] == "<0192-key@example.com>"
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain
    assert html
    assert plain.get_content() == "Wörter.\n.\nEnd.\n"
    assert html.get_content() == "<p>Wörter.</p>\n"


@pytest.mark.parametrize(
    ("address", "recipient", "command"),
    [
        ("info@bücher.example", "info@xn--bcher-kva.example", "RCPT TO:<info@xn--bcher-kva.example>"),
        ("user@münchen.example", "user@xn--mnchen-3ya.example", "RCPT TO:<user@xn--mnchen-3ya.example>"),
        ("jörg@münchen.example", "jörg@xn--mnchen-3ya.example", "RCPT TO:<jörg@xn--mnchen-3ya.example>"),
    ],
)
async def test_mail_to_an_internationalized_address(address: str, recipient: str, command: str) -> None:
    peer = Peer()
    async with serving(peer) as port:
        await send(f"smtp://user:{PASSWORD}@127.0.0.1:{port}", replace(MAIL, to=address))
    assert command in peer.commands
    assert any("SMTPUTF8" in line for line in peer.commands) != recipient.isascii()
    (mail,) = peer.mails
    assert (mail["To"], mail["Subject"]) == (recipient, "Grüße")


async def test_a_server_without_smtputf8_refuses_what_it_cannot_take() -> None:
    async with serving(Peer(EHLO="250 here")) as port:
        url = f"smtp://127.0.0.1:{port}"
        with pytest.raises(MailRefused):
            await send(url, replace(MAIL, to="jörg@münchen.example"))
        assert await send(url, replace(MAIL, to="info@bücher.example"))


@pytest.mark.parametrize(
    ("replies", "error"),
    [
        ({"RCPT": "550 no such person"}, MailRefused),
        ({"RCPT": "450 come again"}, MailDelayed),
        ({"END": "554 looks like spam"}, MailRefused),
        ({"END": "451 come again"}, MailDelayed),
        ({"AUTH": "535 wrong password"}, MailDelayed),
        ({"MAIL": "550 you may not send"}, MailDelayed),
        ({"EHLO": "421 busy", "HELO": "421 busy"}, MailDelayed),
    ],
)
async def test_refused_for_good_or_for_now(replies: dict[str, str], error: type[Exception]) -> None:
    async with serving(Peer(**replies)) as port:
        with pytest.raises(error):
            await send(f"smtp://user:{PASSWORD}@127.0.0.1:{port}")


async def test_nobody_there() -> None:
    with pytest.raises(MailDelayed):
        await send("smtp://127.0.0.1:9")


async def test_no_password_leaves_without_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server offers no STARTTLS; were it another machine, nothing would be said to it."""
    monkeypatch.setattr("quantum_app.providers.email.smtp._here", lambda host: False)
    peer = Peer()
    async with serving(peer) as port:
        with pytest.raises(MailDelayed):
            await send(f"smtp://user:{PASSWORD}@127.0.0.1:{port}")
    assert not any(line.startswith(("AUTH", "MAIL")) for line in peer.commands)


@pytest.mark.parametrize("url", ["http://there", "smtp:", "there:25"])
def test_what_is_no_mail_server(url: str) -> None:
    with pytest.raises(ValueError, match="SMTP_URL"):
        mailer(MailSettings(smtp_url=SecretStr(url)))
