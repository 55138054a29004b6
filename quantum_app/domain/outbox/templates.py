"""Email templates. Plain text and HTML are rendered from the same content.

An email to an unconfirmed address contains no text that a user typed, because anybody can have it sent to anybody.
Names are shown on our own page once the link is open. An invitation is the exception: it says who sends it, whose email
address is confirmed and stands beside the name.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any
from uuid import UUID

from quantum_app.domain.outbox.schemas import Email, Links
from quantum_app.kit import crypto, tokens
from quantum_app.kit.email import normalize_email

_MAX_UNTRUSTED = 80  # characters of text that a user typed
_MAX_VALUE = 1000  # characters of something that a caller said
_WORD_JOINER = "\u2060"

Data = Mapping[str, Any]


@dataclass(frozen=True)
class _Content:
    """The content of an email."""

    subject: str
    paragraphs: tuple[str, ...]
    action: tuple[str, str] | None = None
    """Label of the button, and the path it links to."""
    notes: tuple[str, ...] = ()
    """Small print."""
    rows: tuple[tuple[str, str], ...] = ()
    """Labels and values, below the paragraphs."""


def untrusted(text: object, most: int = _MAX_UNTRUSTED) -> str:
    """User-typed text made safe for an email: one short line that mail programs don't turn into a link.

    most: Characters.
    """
    line = "".join(char for char in " ".join(str(text).split()) if char.isprintable())
    short = line if len(line) <= most else f"{line[: most - 1]}…"
    return re.sub(r"(?<=\w)([.:/@])(?=[\w/])", rf"\1{_WORD_JOINER}", short)


def _greeting(data: Data) -> str:
    return f"Hi {untrusted(data['name'])},"


def _signup_verify(_: Data) -> _Content:
    return _Content(
        "Confirm your email address",
        ("Hi,", "Confirm your email address to finish setting up your Quantum Voice account."),
        ("Confirm email", "verify"),
        ("If you didn't sign up, you can ignore this email.",),
    )


def _signup_known(_: Data) -> _Content:
    return _Content(
        "You already have an account",
        (
            "Hi,",
            "Someone, probably you, signed up for Quantum Voice with this email address. You already have an account, "
            "so nothing has changed.",
        ),
        ("Log in", "login"),
        ("If you forgot your password, you can reset it on the login page.",),
    )


def _reset_password(data: Data) -> _Content:
    return _Content(
        "Reset your password",
        (_greeting(data), "Use the link below to choose a new password for Quantum Voice."),
        ("Reset password", "reset"),
        ("The link works once. If you didn't request it, you can ignore this email. Your password won't change.",),
    )


def _password_changed(data: Data) -> _Content:
    return _Content(
        "Your password was changed",
        (
            _greeting(data),
            "Your Quantum Voice password was changed, and you were logged out on your other devices.",
        ),
        ("Log in", "login"),
        ("If this wasn't you, reset your password now on the login page.",),
    )


def _email_confirm(_: Data) -> _Content:
    return _Content(
        "Confirm your new email address",
        ("Hi,", "Confirm that you want to log in to Quantum Voice with this email address from now on."),
        ("Confirm email", "confirm-email"),
        ("Until you confirm, your old address stays in use. If you didn't request this, you can ignore this email.",),
    )


def _email_changed(data: Data) -> _Content:
    return _Content(
        "Your email address was changed",
        (_greeting(data), f"From now on, log in to Quantum Voice with {data['email']}."),
        notes=("If this wasn't you, contact the owner of your account right away.",),
    )


def _invitation(data: Data) -> _Content:
    name, account = untrusted(data["name"]), untrusted(data["account"])
    return _Content(
        f"{name} invites you to {account} on Quantum Voice",
        (
            "Hi,",
            f"{name} ({data['email']}) invites you to join {account} on Quantum Voice. Your role: "
            f"{untrusted(data['role'])}.",
        ),
        ("View invitation", "invite"),
        ("If you don't know the sender, you can ignore this email.",),
    )


def _second_factor_changed(data: Data) -> _Content:
    content = (
        ("Two-factor authentication is on", "From now on, you need a code from your authenticator app to log in.")
        if data["on"]
        else ("Two-factor authentication is off", "From now on, you only need your password to log in.")
    )
    return _Content(
        content[0], (_greeting(data), content[1]), notes=("If this wasn't you, reset your password right away.",)
    )


def _identity_changed(data: Data) -> _Content:
    provider = untrusted(data["provider"])
    content = (
        ("New login method", f"You can now log in to Quantum Voice with {provider}.")
        if data["on"]
        else ("Login method removed", f"You can no longer log in to Quantum Voice with {provider}.")
    )
    return _Content(
        content[0],
        (_greeting(data), content[1]),
        notes=("If this wasn't you, reset your password right away and check your security settings.",),
    )


def _api_token_created(data: Data) -> _Content:
    return _Content(
        "New API token",
        (
            _greeting(data),
            f"You created the API token “{untrusted(data['token_name'])}” for {untrusted(data['account'])} on "
            "Quantum Voice.",
        ),
        ("View API tokens", "settings/tokens"),
        ("If this wasn't you, revoke the token and reset your password right away.",),
    )


def _ownership(data: Data) -> _Content:
    account = untrusted(data["account"])
    return _Content(
        f"You are now the owner of {account}",
        ("Hi,", f"{untrusted(data['by'])} made you the owner of {account} on Quantum Voice."),
        ("Open account", ""),
    )


def _removed(data: Data) -> _Content:
    account = untrusted(data["account"])
    return _Content(
        f"You were removed from {account}",
        (
            "Hi,",
            f"You're no longer a member of {account} on Quantum Voice. Your login still works.",
        ),
        notes=("If you think this is a mistake, contact the owner of the account.",),
    )


def _export_ready(data: Data) -> _Content:
    account = untrusted(data["account"])
    return _Content(
        "Your export is ready",
        ("Hi,", f"Your data export for {account} is ready to download. It's available for a week."),
        ("Download", "settings/data"),
    )


def _call_result(data: Data) -> _Content:
    """What a call collected. A value of None is hidden. broke_off: why the call ended early, or empty."""
    caller, campaign = untrusted(data["caller"]), untrusted(data["campaign"])
    values = data["values"]
    broke_off = (f"The call broke off: {data['broke_off']}.",) if data["broke_off"] else ()
    rows = tuple((untrusted(item["label"]), _value(item["kind"], item["value"])) for item in values)
    notes = (
        "Hidden values aren't sent by email. Open the call to see them."
        if None in [i["value"] for i in values]
        else "",
        "Your account has reached today's limit of emails like this. Find newer messages in your list of calls."
        if data["last"]
        else "",
        "You get this email because of a campaign's settings.",
    )
    return _Content(
        f"Call from {caller} broke off" if broke_off else f"New message from {caller}",
        (f"A call to {campaign} on {data['began']}.", *broke_off),
        ("Open call", f"calls/{data['call']}"),
        tuple(note for note in notes if note),
        rows,
    )


def _value(kind: str, value: str | None) -> str:
    """Only an email address may turn into a link, which writes to the caller."""
    if value is None:
        return "Hidden"
    if kind == "email":
        try:
            return normalize_email(value)
        except ValueError:
            pass
    return untrusted(value, _MAX_VALUE)


def _call_transcript(_: Data) -> _Content:
    return _Content(
        "The transcript of your call",
        ("Hi,", "You asked for the transcript of a call with an AI assistant on Quantum Voice. Read it here:"),
        ("Read transcript", "transcript"),
        (
            "The link works for 7 days. Anyone who has it can read the transcript.",
            "If you didn't ask for this, you can ignore this email.",
        ),
    )


_TEMPLATES: dict[str, Callable[[Data], _Content]] = {
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
    "call_result": _call_result,
    "call_transcript": _call_transcript,
}
NAMES = frozenset(_TEMPLATES)


def render(template: str, to: str, data: Data, links: Links) -> Email:
    """Render an email. Raises KeyError for an unknown template or missing data.

    data: A `token` in it, {purpose, id}, is signed here and goes into the link's fragment, which servers don't log.
    So does `sealed`, {purpose, content}, encrypted: for links that have to name more than an ID.
    """
    content = _TEMPLATES[template](data)
    link = _link(content, data, links) if content.action else ""
    return Email(to, content.subject, _text(content, link), _html(content, link))


def _link(content: _Content, data: Data, links: Links) -> str:
    assert content.action
    url = f"{links.web_url.rstrip('/')}/{content.action[1]}"
    if (sealed := data.get("sealed")) is not None:
        text = json.dumps(sealed["content"])
        return f"{url}#{crypto.encrypt(links.secret_key, sealed['purpose'], text).decode()}"
    token = data.get("token")
    if token is None:
        return url
    return f"{url}#{tokens.sign(links.secret_key, token['purpose'], UUID(token['id']))}"


def _text(content: _Content, link: str) -> str:
    rows = ["\n".join(f"{label}: {value}" for label, value in content.rows)] if content.rows else []
    action = [f"{content.action[0]}:\n{link}"] if content.action else []
    return "\n\n".join([*content.paragraphs, *rows, *action, *content.notes, "Quantum Voice"]) + "\n"


_STYLE = (
    "body{margin:0;padding:32px 16px;background:#f9f9fb;color:#1c2024;"
    "font:16px/1.5 Inter,-apple-system,'Segoe UI',Roboto,sans-serif}"
    ".letter{max-width:520px;margin:0 auto;padding:24px;background:#fff;border:1px solid #e0e1e6;border-radius:8px}"
    "h1{margin:0 0 16px;font-size:20px;line-height:1.3}p{margin:0 0 16px}"
    ".go{display:inline-block;padding:10px 18px;border-radius:6px;background:#5b5bd6;color:#fff;text-decoration:none}"
    ".row{margin:0 0 8px;overflow-wrap:anywhere}b{font-weight:600}"
    ".note,.foot{font-size:14px;color:#60646c}.link{color:#5753c6;word-break:break-all}.foot{margin:0}"
    "@media (prefers-color-scheme:dark){body{background:#111113;color:#edeef0}"
    ".letter{background:#18191b;border-color:#363a3f}.note,.foot{color:#b0b4ba}.link{color:#b1a9ff}}"
)


def _html(content: _Content, link: str) -> str:
    body = [f"<p>{escape(paragraph)}</p>" for paragraph in content.paragraphs]
    body += [f'<p class="row"><b>{escape(label)}:</b> {escape(value)}</p>' for label, value in content.rows]
    if content.action:
        href = escape(link)
        body += [
            f'<p><a class="go" href="{href}">{escape(content.action[0])}</a></p>',
            f'<p class="note"><a class="link" href="{href}">{href}</a></p>',
        ]
    body += [f'<p class="note">{escape(note)}</p>' for note in content.notes]
    subject = escape(content.subject)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">'
        f"<title>{subject}</title><style>{_STYLE}</style></head>"
        f'<body><div class="letter"><h1>{subject}</h1>{"".join(body)}<p class="foot">Quantum Voice</p></div></body>'
        "</html>"
    )
