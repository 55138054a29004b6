"""The words of every mail, once; the plain text and the HTML are two ways to write down the same letter.

A mail to an address that nobody has confirmed contains no word that its sender chose: anybody can have one sent to
anybody. Names are shown on our own page, when the link is open.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any
from uuid import UUID

from quantum_app.domain.outbox.schemas import Links, Mail
from quantum_app.kit import tokens

_LONGEST = 80  # characters of anything a person typed
_WORD_JOINER = "\u2060"

Data = Mapping[str, Any]


@dataclass(frozen=True)
class _Letter:
    """action: what the link says and the page it leads to. notes: small print."""

    subject: str
    paragraphs: tuple[str, ...]
    action: tuple[str, str] | None = None
    notes: tuple[str, ...] = ()


def typed(text: object) -> str:
    """What a person typed, fit for a mail to somebody else: one short line that no mail program makes a link of."""
    line = "".join(char for char in " ".join(str(text).split()) if char.isprintable())
    short = line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
    return re.sub(r"(?<=\w)([.:/@])(?=[\w/])", rf"\1{_WORD_JOINER}", short)


def _hello(data: Data) -> str:
    return f"Hello {typed(data['name'])},"


def _signup_verify(_: Data) -> _Letter:
    return _Letter(
        "Confirm your e-mail address",
        ("Hello,", "One more step, and your account on Quantum Voice is ready."),
        ("Confirm this address", "verify"),
        ("If you did not sign up, do nothing: without the confirmation there is no account.",),
    )


def _signup_known(_: Data) -> _Letter:
    return _Letter(
        "You already have a login",
        (
            "Hello,",
            "Somebody, probably you, signed up on Quantum Voice with this address. It already has a login, so nothing "
            "was changed.",
        ),
        ("Log in", "login"),
        ("If you forgot your password, you can choose a new one there.",),
    )


def _reset_password(data: Data) -> _Letter:
    return _Letter(
        "Choose a new password",
        (_hello(data), "You asked for a new password for Quantum Voice."),
        ("Choose a new password", "reset"),
        ("The link works once. If you did not ask for it, do nothing: your password stays as it is.",),
    )


def _password_changed(data: Data) -> _Letter:
    return _Letter(
        "Your password was changed",
        (_hello(data), "The password of your login on Quantum Voice was changed, and other browsers were logged out."),
        ("Go to the login", "login"),
        ("If that was you, there is nothing to do. If not, say there that you forgot it, and choose a new one now.",),
    )


def _email_confirm(_: Data) -> _Letter:
    return _Letter(
        "Confirm your new e-mail address",
        ("Hello,", "You asked to log in on Quantum Voice with this address from now on."),
        ("Confirm this address", "confirm-email"),
        ("Until then your old address stays in use. If you did not ask for this, do nothing.",),
    )


def _email_changed(data: Data) -> _Letter:
    return _Letter(
        "Your e-mail address was changed",
        (_hello(data), f"From now on you log in on Quantum Voice with {data['email']}."),
        notes=("If that was not you, ask the owner of your account for help at once.",),
    )


def _invitation(data: Data) -> _Letter:
    return _Letter(
        "You are invited to a team on Quantum Voice",
        (
            "Hello,",
            f"You are invited to join a team on Quantum Voice, as {typed(data['role'])}. Open the invitation to see "
            "who invites you, and to which account.",
        ),
        ("See the invitation", "invite"),
        ("If you do not expect an invitation, do nothing.",),
    )


def _second_factor_changed(data: Data) -> _Letter:
    changed = (
        ("The second step at login is on", "From now on your login asks for a code from your authenticator app.")
        if data["on"]
        else ("The second step at login is off", "From now on your login asks for your password alone.")
    )
    return _Letter(
        changed[0], (_hello(data), changed[1]), notes=("If that was not you, choose a new password at once.",)
    )


def _identity_changed(data: Data) -> _Letter:
    provider = typed(data["provider"])
    changed = (
        ("A new way to log in", f"From now on you can log in on Quantum Voice by {provider}.")
        if data["on"]
        else ("A way to log in is gone", f"You do not log in on Quantum Voice by {provider} any more.")
    )
    return _Letter(
        changed[0],
        (_hello(data), changed[1]),
        notes=("If that was not you, choose a new password at once, and look at Security.",),
    )


def _api_token_created(data: Data) -> _Letter:
    return _Letter(
        "A new API token",
        (
            _hello(data),
            f"You created the API token “{typed(data['token_name'])}” for {typed(data['account'])} on Quantum Voice.",
        ),
        ("See your API tokens", "settings/tokens"),
        ("If that was not you, revoke it there, and choose a new password at once.",),
    )


def _ownership(data: Data) -> _Letter:
    account = typed(data["account"])
    return _Letter(
        f"You are now the owner of {account}",
        ("Hello,", f"{typed(data['by'])} made you the owner of {account} on Quantum Voice."),
        ("Open the account", ""),
    )


def _removed(data: Data) -> _Letter:
    account = typed(data["account"])
    return _Letter(
        f"You no longer belong to {account}",
        ("Hello,", f"You were removed from {account} on Quantum Voice. Your own login is still there."),
        notes=("Ask the owner of the account if you think that this is a mistake.",),
    )


def _export_ready(data: Data) -> _Letter:
    account = typed(data["account"])
    return _Letter(
        "Your data is ready",
        ("Hello,", f"The copy of the data of {account} that you asked for is ready, and stays for a week."),
        ("Download it", "settings/data"),
    )


_LETTERS: dict[str, Callable[[Data], _Letter]] = {
    "signup_verify": _signup_verify,
    "signup_known": _signup_known,
    "reset_password": _reset_password,
    "password_changed": _password_changed,
    "email_confirm": _email_confirm,
    "email_changed": _email_changed,
    "invitation": _invitation,
    "second_factor_changed": _second_factor_changed,
    "identity_changed": _identity_changed,
    "api_token_created": _api_token_created,
    "ownership": _ownership,
    "removed": _removed,
    "export_ready": _export_ready,
}
NAMES = frozenset(_LETTERS)


def render(template: str, to: str, data: Data, links: Links) -> Mail:
    """The mail. A `token` in data, {purpose, id}, is signed here and goes into the link's fragment, which no log sees.

    Raises KeyError for an unknown template, or data that lacks what it needs.
    """
    letter = _LETTERS[template](data)
    link = _link(letter, data, links) if letter.action else ""
    return Mail(to, letter.subject, _text(letter, link), _html(letter, link))


def _link(letter: _Letter, data: Data, links: Links) -> str:
    assert letter.action
    url = f"{links.web_url.rstrip('/')}/{letter.action[1]}"
    token = data.get("token")
    if token is None:
        return url
    return f"{url}#{tokens.sign(links.secret_key, token['purpose'], UUID(token['id']))}"


def _text(letter: _Letter, link: str) -> str:
    action = [f"{letter.action[0]}:\n{link}"] if letter.action else []
    return "\n\n".join([*letter.paragraphs, *action, *letter.notes, "Quantum Voice"]) + "\n"


_STYLE = (
    "body{margin:0;padding:32px 16px;background:#f9f9fb;color:#1c2024;"
    "font:16px/1.5 Inter,-apple-system,'Segoe UI',Roboto,sans-serif}"
    ".letter{max-width:520px;margin:0 auto;padding:24px;background:#fff;border:1px solid #e0e1e6;border-radius:8px}"
    "h1{margin:0 0 16px;font-size:20px;line-height:1.3}p{margin:0 0 16px}"
    ".go{display:inline-block;padding:10px 18px;border-radius:6px;background:#5b5bd6;color:#fff;text-decoration:none}"
    ".note,.foot{font-size:14px;color:#60646c}.link{color:#5753c6;word-break:break-all}.foot{margin:0}"
    "@media (prefers-color-scheme:dark){body{background:#111113;color:#edeef0}"
    ".letter{background:#18191b;border-color:#363a3f}.note,.foot{color:#b0b4ba}.link{color:#b1a9ff}}"
)


def _html(letter: _Letter, link: str) -> str:
    body = [f"<p>{escape(paragraph)}</p>" for paragraph in letter.paragraphs]
    if letter.action:
        href = escape(link)
        body += [
            f'<p><a class="go" href="{href}">{escape(letter.action[0])}</a></p>',
            f'<p class="note"><a class="link" href="{href}">{href}</a></p>',
        ]
    body += [f'<p class="note">{escape(note)}</p>' for note in letter.notes]
    subject = escape(letter.subject)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">'
        f"<title>{subject}</title><style>{_STYLE}</style></head>"
        f'<body><div class="letter"><h1>{subject}</h1>{"".join(body)}<p class="foot">Quantum Voice</p></div></body>'
        "</html>"
    )
