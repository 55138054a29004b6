"""Resend's own SDK, and the product's mailer on top of it, against the real process."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import resend
from pydantic import SecretStr
from resend.exceptions import ResendError

from local_providers.resend.mailbox import Mailbox
from quantum_app.domain.outbox.ports import MailDelayed, MailRefused
from quantum_app.domain.outbox.schemas import Email
from quantum_app.kit.ids import new_id
from quantum_app.providers.email import mailer
from quantum_app.providers.email.resend_api import ResendMailer
from quantum_app.settings import Mail as MailSettings
from tests.providers.support import KEY, Server, start, stop, wait_ready

pytestmark = pytest.mark.provider

MAIL: dict[str, Any] = {"from": "Us <us@example.com>", "to": ["sam@example.com"], "subject": "Hello", "text": "Words."}
OURS = Email("sam@example.com", "Hello", "Words.", "<p>Words.</p>")


def configured(server: Server, key: str = KEY) -> ResendMailer:
    resend_mailer = mailer(MailSettings(resend_api_key=SecretStr(key), resend_base_url=server.http))
    assert isinstance(resend_mailer, ResendMailer)
    return resend_mailer


@pytest.fixture
async def ours(server: Server) -> AsyncIterator[ResendMailer]:
    yield configured(server)
    server.admin("DELETE", "/admin/faults/emails")


def mailbox(server: Server) -> list[dict[str, Any]]:
    return server.admin("GET", "/mailbox")["data"]


def fault(server: Server, **fields: Any) -> None:
    server.admin("PUT", "/admin/faults/emails", fields)


async def test_a_mail_lands_in_the_mailbox(server: Server, ours: ResendMailer) -> None:
    subject = str(new_id())
    receipt = await resend.Emails.send_async({**MAIL, "subject": subject})  # type: ignore[arg-type]
    newest = mailbox(server)[0]
    assert newest.pop("created_at")
    assert newest == {**MAIL, "id": receipt["id"], "subject": subject, "html": ""}


async def test_an_internationalized_domain_is_sent_in_punycode(server: Server, ours: ResendMailer) -> None:
    await ours.send(Email("info@bücher.example", "Hello", "Words.", "<p>Words.</p>"), str(new_id()))
    assert mailbox(server)[0]["to"] == ["info@xn--bcher-kva.example"]


async def test_the_same_key_is_one_mail(server: Server, ours: ResendMailer) -> None:
    key = str(new_id())
    first = await ours.send(OURS, key)
    before = len(mailbox(server))
    assert await ours.send(OURS, key) == first
    assert len(mailbox(server)) == before
    with pytest.raises(MailRefused, match="different request payload"):
        await ours.send(Email("other@example.com", "Hello", "Words.", ""), key)
    with pytest.raises(ResendError) as error:
        await resend.Emails.send_async(MAIL, {"idempotency_key": "k" * 257})  # type: ignore[arg-type]
    assert (error.value.code, error.value.error_type) == (400, "invalid_idempotency_key")


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        ({"to": []}, "missing_required_field", "Missing `to` field"),
        ({"from": ""}, "missing_required_field", "Missing `from` field"),
        ({"subject": ""}, "missing_required_field", "Missing `subject` field"),
        ({"text": ""}, "missing_required_field", "Missing `html` or `text` field"),
        ({"to": "nobody"}, "validation_error", "Invalid `to` field"),
        ({"from": "Us <us>"}, "validation_error", "Invalid `from` field"),
        ({"to": ["a@example.com"] * 51}, "validation_error", "50 recipients"),
        ({"to": 7}, "validation_error", "array"),
    ],
)
async def test_what_cannot_be_sent_is_refused(
    ours: ResendMailer, change: dict[str, Any], kind: str, words: str
) -> None:
    with pytest.raises(ResendError, match=words) as error:
        await resend.Emails.send_async({**MAIL, **change})  # type: ignore[arg-type]
    assert (error.value.code, error.value.error_type) == (422, kind)


async def test_keys_are_missing_or_wrong(server: Server) -> None:
    wrong = configured(server, "re_wrong")
    with pytest.raises(resend.exceptions.InvalidApiKeyError):
        await resend.Emails.send_async(MAIL)  # type: ignore[arg-type]
    with pytest.raises(MailDelayed, match="403, invalid_api_key"):  # a key can be set right before the last attempt
        await wrong.send(OURS, str(new_id()))
    async with httpx.AsyncClient(base_url=server.http) as stranger:
        answer = await stranger.post("/emails", json=MAIL)
        assert answer.status_code == 401
        assert answer.json()["name"] == "missing_api_key"
        assert (await stranger.get("/mailbox")).status_code == 401


async def test_a_recipient_that_is_none_is_refused_for_good(ours: ResendMailer) -> None:
    with pytest.raises(MailRefused, match="Invalid `to` field"):
        await ours.send(Email("nobody", "Hello", "Words.", ""), str(new_id()))


async def test_limits_and_outages_pass(server: Server, ours: ResendMailer) -> None:
    fault(server, status=429, count=1)
    with pytest.raises(MailDelayed, match="429, rate_limit_exceeded") as error:
        await ours.send(OURS, str(new_id()))
    assert error.value.retry_after == 1
    fault(server, status=500, count=1)
    with pytest.raises(MailDelayed, match="500, application_error"):
        await ours.send(OURS, str(new_id()))
    assert await ours.send(OURS, str(new_id()))


async def test_an_answer_that_is_lost_is_no_second_mail(server: Server, ours: ResendMailer) -> None:
    key, before = str(new_id()), len(mailbox(server))
    fault(server, delay_ms=2000, drop_after_ms=300, count=1)
    with pytest.raises(MailDelayed):
        await ours.send(OURS, key)
    assert await ours.send(OURS, key) == mailbox(server)[0]["id"]
    assert len(mailbox(server)) == before + 1


async def test_nobody_there(ours: ResendMailer) -> None:
    resend.api_url = "http://127.0.0.1:9"
    with pytest.raises(MailDelayed):
        await ours.send(OURS, str(new_id()))


async def test_mails_outlive_the_process(tmp_path: Path) -> None:
    key = str(new_id())
    ids: list[str] = []
    for _ in range(2):
        process, port = start(tmp_path)
        try:
            server = Server(port, process.pid)
            wait_ready(process, port)
            ids.append(await configured(server).send(OURS, key))
            assert [mail["id"] for mail in mailbox(server)] == ids[:1]
        finally:
            stop(process)
    assert ids[0] == ids[1]
    assert oct((tmp_path / "mailbox.json").stat().st_mode)[-3:] == "600"


def test_a_mailbox_that_cannot_be_read_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "mailbox.json"
    path.write_text("[{")
    assert Mailbox(path).newest_first() == []
