"""The words of mails: the same in text and HTML, and nothing that a person typed does anything."""

import re
from html import unescape
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantum_app.domain.outbox.schemas import Links
from quantum_app.domain.outbox.templates import NAMES, render, untrusted
from quantum_app.kit import crypto, tokens
from quantum_app.kit.ids import new_id

pytestmark = pytest.mark.unit

LINKS = Links("https://voice.example/", "a key")
TOKEN = {"purpose": "p", "id": str(new_id())}
DATA: dict[str, dict[str, Any]] = {
    "signup_verify": {"token": TOKEN},
    "signup_known": {},
    "reset_password": {"name": "Sam", "token": TOKEN},
    "password_changed": {"name": "Sam"},
    "email_confirm": {"token": TOKEN},
    "email_changed": {"name": "Sam", "email": "new@example.com"},
    "invitation": {
        "account": "Homes & Co",
        "name": "Robin",
        "email": "robin@example.com",
        "role": "operator",
        "token": TOKEN,
    },
    "second_factor_changed": {"name": "Sam", "on": True},
    "identity_changed": {"name": "Sam", "provider": "https://id.example.com", "on": True},
    "api_token_created": {"name": "Sam", "token_name": "Nightly report", "account": "Homes & Co"},
    "ownership": {"account": "Homes & Co", "by": "Robin"},
    "removed": {"account": "Homes & Co"},
    "export_ready": {"account": "Homes & Co"},
    "call_result": {
        "caller": "Sam",
        "campaign": "Homes & Co",
        "began": "December 3, 2026 at 14:05 (Europe/Berlin)",
        "call": "call_1",
        "broke_off": "Caller disconnected",
        "values": [
            {"kind": "email", "label": "Email", "value": "sam@example.com"},
            {"kind": "phone", "label": "Phone", "value": None},
            {"kind": "text", "label": "Note", "value": "5 > 3 & <b>bold</b>"},
        ],
        "last": True,
    },
    "call_transcript": {"sealed": {"purpose": "p", "content": ["a", "b"]}},
}
_WITH_TOKEN = ("signup_verify", "reset_password", "invitation", "email_confirm")
PAGES = dict(zip(_WITH_TOKEN, ("verify", "reset", "invite", "confirm-email"), strict=True))


def read(html: str) -> str:
    """What somebody reads of the HTML, in one line."""
    body = re.sub(r"<[^>]+>", " ", html[html.index("</h1>") : html.index("</body>")])
    return " ".join(unescape(body).split())


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_mail_says_the_same_in_text_and_html(name: str) -> None:
    mail = render(name, "sam@example.com", DATA[name], LINKS)
    assert mail.to == "sam@example.com"
    assert read(mail.html) == " ".join(mail.text.split()).replace(":\nhttps", " https").replace(": https", " https")
    assert 'name="color-scheme" content="light dark"' in mail.html
    assert "<img" not in mail.html
    links = set(re.findall(r"https://\S+", mail.text))
    assert set(re.findall(r'href="([^"]+)"', mail.html)) == links
    if name in PAGES:
        (link,) = links
        page, _, token = link.removeprefix("https://voice.example/").partition("#")
        assert page == PAGES[name]
        assert str(tokens.verify("a key", "p", token)) == TOKEN["id"]


def test_all_are_covered() -> None:
    assert DATA.keys() == NAMES


def test_the_second_factor_may_be_off() -> None:
    assert render("second_factor_changed", "a@b.cc", {"name": "Sam", "on": False}, LINKS).subject.endswith("off")


@given(st.text())
def test_what_is_typed_is_one_short_line_without_links(text: str) -> None:
    line = untrusted(text)
    assert len(line.replace("\u2060", "")) <= 80
    assert "://" not in line
    assert not re.search(r"\w\.\w", line)
    mail = render("ownership", "a@example.com", {"account": text, "by": text}, LINKS)
    assert len(mail.subject.splitlines()) == 1
    assert len(re.findall(r"<(?!/)(\w+)", mail.html)) == len(
        re.findall(r"<(?!/)(\w+)", render("ownership", "a@example.com", DATA["ownership"], LINKS).html)
    )


@pytest.mark.parametrize("name", ["signup_verify", "signup_known", "email_confirm"])
def test_a_mail_to_an_unconfirmed_address_has_no_word_of_its_sender(name: str) -> None:
    """Whatever is known of the sender: their names, their address, their business."""
    words = dict.fromkeys(("account", "name", "by", "invited_by", "email", "provider"), "Your parcel is held")
    mail = render(name, "a@example.com", {**DATA[name], **words}, LINKS)
    assert mail == render(name, "a@example.com", DATA[name], LINKS)


def test_an_invitation_says_who_invites_and_to_what() -> None:
    mail = render("invitation", "a@example.com", DATA["invitation"], LINKS)
    assert mail.subject == "Robin invites you to Homes & Co on Quantum Voice"
    assert "Robin (robin@example.com) invites you to join Homes & Co" in mail.text


def test_names_in_an_invitation_are_no_links_and_short() -> None:
    names = {"name": "Win at evil.example\nSubject: a", "account": "http://evil.example/" + "x" * 200}
    mail = render("invitation", "a@example.com", {**DATA["invitation"], **names}, LINKS)
    assert "evil.example" not in mail.subject + mail.text
    assert "\n" not in mail.subject
    assert len(mail.subject) < 220


def test_a_transcript_goes_to_any_address_so_its_mail_is_always_the_same() -> None:
    mails = [
        render("call_transcript", "a@example.com", {"name": name, "sealed": sealed}, LINKS)
        for name, sealed in (
            ("Your parcel is held", {"purpose": "p", "content": ["first"]}),
            ("Sam", {"purpose": "p", "content": ["second", "more"]}),
        )
    ]
    texts = [re.sub(r"#\S+", "#", mail.text) for mail in mails]
    assert texts[0] == texts[1]
    assert mails[0].subject == mails[1].subject
    token = mails[0].text.partition("https://voice.example/transcript#")[2].split()[0]
    assert crypto.decrypt("a key", "p", token.encode()) == '["first"]'


def test_what_is_typed_stays_readable() -> None:
    assert untrusted("  Acme\n Inc. Ltd ") == "Acme Inc. Ltd"
    assert untrusted("x" * 200) == "x" * 79 + "…"
    assert untrusted("Win at https://evil.example/now").replace("\u2060", "") == "Win at https://evil.example/now"
