"""The email with a call's result: a caller's words are words, whatever they are."""

import re
from email.message import EmailMessage
from html import unescape
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantum_app.domain.outbox.schemas import Email, Links
from quantum_app.domain.outbox.templates import render

pytestmark = pytest.mark.unit

LINKS = Links("https://voice.example/", "a key")
HOSTILE = "Sam\r\nBcc: all@example.com\u2028<img src=x onerror=alert(1)>\u202e https://evil.example/login"


def _mail(caller: str, *values: tuple[str, str, str | None], campaign: str = "Homes", broke_off: str = "") -> Email:
    data: dict[str, Any] = {
        "caller": caller,
        "campaign": campaign,
        "began": "December 3, 2026 at 14:05 (UTC)",
        "call": "call_1",
        "broke_off": broke_off,
        "values": [{"kind": kind, "label": label, "value": value} for kind, label, value in values],
        "last": False,
    }
    return render("call_result", "sam@example.com", data, LINKS)


def test_the_values_and_a_link_to_the_call() -> None:
    mail = _mail("Ana", ("email", "Email", "Ana@Example.com"), ("phone", "Phone", "+49 30 123456"))
    assert mail.subject == "New message from Ana"
    assert "Email: ana@example.com\nPhone: +49 30 123456\n" in mail.text
    assert "https://voice.example/calls/call_1" in mail.text
    assert "Hidden" not in mail.text


def test_a_call_that_broke_off_says_so() -> None:
    mail = _mail("Ana", broke_off="Caller disconnected")
    assert mail.subject == "Call from Ana broke off"
    assert "The call broke off: Caller disconnected." in mail.text
    assert "broke off" not in _mail("Ana").text


def test_hidden_values_wait_behind_the_link() -> None:
    mail = _mail("Ana", ("phone", "Phone", None))
    assert "Phone: Hidden\n" in mail.text
    assert "Open the call to see them." in mail.text


def test_a_hostile_caller_adds_no_header_no_element_and_no_link() -> None:
    mail = _mail(HOSTILE, ("text", HOSTILE, HOSTILE), ("email", "Email", HOSTILE), campaign=HOSTILE)
    message = EmailMessage()
    message["Subject"] = mail.subject  # refuses more than one line
    assert message["Bcc"] is None
    assert "<img" not in mail.html
    assert set(re.findall(r"https://[\w.]+", mail.text + unescape(mail.html))) == {"https://voice.example"}
    assert "\u202e" not in mail.text


@given(st.text(), st.sampled_from(["text", "email", "phone", "name"]))
def test_any_words_make_one_subject_line_and_no_element(text: str, kind: str) -> None:
    mail, plain = _mail(text, (kind, text, text), campaign=text), _mail("Ana", ("text", "Note", "words"))
    assert len(mail.subject.splitlines()) == 1
    assert len(re.findall(r"<(?!/)\w+", mail.html)) == len(re.findall(r"<(?!/)\w+", plain.html))


def test_a_long_value_is_cut() -> None:
    assert f"Note: {'x' * 999}…\n" in _mail("Ana", ("text", "Note", "x" * 5000)).text
