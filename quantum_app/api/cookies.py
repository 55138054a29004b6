"""The cookies of the API: login, sign-up, known devices, and the demo's mailbox.

All are HttpOnly, SameSite=Lax, and Secure with HTTPS. Their names contain the instance, because cookies ignore ports.
"""

import hmac
import json
import secrets
from datetime import timedelta
from typing import Any

import jwt
from fastapi import Request, Response

from quantum_app.domain.identity.schemas import LoginToken
from quantum_app.domain.identity.signup import LIFETIME as SIGNUP_LIFETIME
from quantum_app.kit import crypto
from quantum_app.kit.clock import now
from quantum_app.settings import settings

_DEVICE_LIFETIME = timedelta(days=180)
_PEOPLE = 8  # who can share a browser, with two names each: the address and the person
_ALGORITHM = "HS256"
_AUDIENCE = "quantum-device"
_MAILBOX_LIFETIME = timedelta(days=7)
_MAILBOX_AUDIENCE = "quantum-mailbox"
_SIGNUP_PURPOSE = "sign-up cookie"


def login(request: Request) -> str:
    """The token of the login, or an empty string."""
    return request.cookies.get(settings().cookie_name, "")


def remember_login(response: Response, login: LoginToken) -> None:
    """Log this browser in."""
    _set(response, settings().cookie_name, login.token, path="/", seconds=(login.expires_at - now()).total_seconds())


def forget_login(response: Response) -> None:
    """Log this browser out."""
    response.delete_cookie(settings().cookie_name, path="/", httponly=True, samesite="lax", secure=_secure())


def signup(request: Request) -> tuple[str, str]:
    """The secret that the sign-up gave this browser, and the email address, or two empty strings."""
    value = request.cookies.get(f"{settings().cookie_prefix}_signup", "")
    try:
        browser_token, email = json.loads(crypto.decrypt(settings().signing_key, _SIGNUP_PURPOSE, value.encode()))
    except ValueError:
        return "", ""
    return browser_token, email


def remember_signup(response: Response, browser_token: str, email: str) -> None:
    """Let the link in the mail log this browser in.

    The cookie contains the address, encrypted, so that resent mails are counted without a look-up of the sign-up.
    """
    name = f"{settings().cookie_prefix}_signup"
    value = crypto.encrypt(settings().signing_key, _SIGNUP_PURPOSE, json.dumps([browser_token, email])).decode()
    _set(response, name, value, path="/api/auth", seconds=SIGNUP_LIFETIME.total_seconds())


def oidc(request: Request) -> str:
    """The state of a sign-in at an identity provider, or an empty string."""
    return request.cookies.get(f"{settings().cookie_prefix}_oidc", "")


def remember_oidc(response: Response, state: str, lifetime: timedelta) -> None:
    """Keep the state of a sign-in until the browser is back from the provider."""
    _set(response, f"{settings().cookie_prefix}_oidc", state, path="/api/auth/oidc", seconds=lifetime.total_seconds())


def forget_oidc(response: Response) -> None:
    """Forget the state of a sign-in, which is finished once."""
    response.delete_cookie(f"{settings().cookie_prefix}_oidc", path="/api/auth/oidc", httponly=True, samesite="lax")


def know_device(request: Request, response: Response, name: str) -> None:
    """Remember that somebody proved a name here, so that guesses made elsewhere do not lock this browser out."""
    device = _device(request)
    claims = {
        "who": [_hash(name), *(item for item in device.get("who", []) if item != _hash(name))][:_PEOPLE],
        "jti": device.get("jti") or secrets.token_urlsafe(12),
        "aud": _AUDIENCE,
        "exp": now() + _DEVICE_LIFETIME,
    }
    value = jwt.encode(claims, settings().signing_key, _ALGORITHM)
    name = f"{settings().cookie_prefix}_device"
    _set(response, name, value, path="/api/auth", seconds=_DEVICE_LIFETIME.total_seconds())


def device(request: Request, name: str) -> str:
    """The id of this browser, if somebody proved this name here before, or an empty string."""
    claims = _device(request)
    return str(claims["jti"]) if _hash(name) in claims.get("who", []) else ""


def _device(request: Request) -> dict[str, Any]:
    value = request.cookies.get(f"{settings().cookie_prefix}_device", "")
    try:
        return jwt.decode(value, settings().signing_key, algorithms=[_ALGORITHM], audience=_AUDIENCE)
    except jwt.InvalidTokenError:
        return {}


def may_see_mailbox(request: Request) -> bool:
    """Whether this browser has proven the key of the demo's mailbox."""
    value = request.cookies.get(f"{settings().cookie_prefix}_mailbox", "")
    try:
        jwt.decode(value, settings().signing_key, algorithms=[_ALGORITHM], audience=_MAILBOX_AUDIENCE)
    except jwt.InvalidTokenError:
        return False
    return True


def open_mailbox(response: Response) -> None:
    """Let this browser read the demo's mailbox."""
    claims = {"aud": _MAILBOX_AUDIENCE, "exp": now() + _MAILBOX_LIFETIME}
    value = jwt.encode(claims, settings().signing_key, _ALGORITHM)
    name = f"{settings().cookie_prefix}_mailbox"
    _set(response, name, value, path="/api/dev", seconds=_MAILBOX_LIFETIME.total_seconds())


def _hash(name: str) -> str:
    """A keyed hash, so that whoever reads the cookie cannot try addresses."""
    return hmac.digest(settings().signing_key.encode(), b"known device\0" + name.encode(), "sha256").hex()


def _secure() -> bool:
    return settings().public_url.startswith("https:")


def _set(response: Response, name: str, value: str, *, path: str, seconds: float) -> None:
    response.set_cookie(
        name,
        value,
        max_age=int(seconds),
        expires=int(seconds),
        path=path,
        httponly=True,
        samesite="lax",
        secure=_secure(),
    )
