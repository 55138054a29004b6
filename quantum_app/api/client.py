"""Who sends a request, as far as the connection tells."""

import hmac
import re

from starlette.requests import HTTPConnection, Request

from quantum_app.errors import NotAllowed
from quantum_app.kit import client_ip
from quantum_app.settings import LOOPBACK_HOSTS, settings

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[0-9a-z._-]+)(:[0-9]{1,5})?")


def address(connection: HTTPConnection) -> str:
    """What to count attempts by; only proxies that are trusted (`QUANTUM_TRUSTED_PROXIES`) may speak for others."""
    forwarded = ",".join(connection.headers.getlist("x-forwarded-for"))
    peer = connection.client.host if connection.client else ""
    return client_ip.client_ip(peer, forwarded, settings().proxies)


def host(connection: HTTPConnection) -> str:
    """The name in the request's Host header, in lower case and without a port; empty when there is not exactly one."""
    sent = connection.headers.getlist("host")
    found = _HOST.fullmatch(sent[0].lower()) if len(sent) == 1 else None
    return found[1] if found else ""


def bearer(connection: HTTPConnection) -> str:
    """The bearer token of the request, or nothing."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def is_instance_key(text: str) -> bool:
    """Whether this is the secret that `make run` prints."""
    key = settings().http.instance_key.get_secret_value()
    return bool(key) and hmac.compare_digest(text.encode(), key.encode())


def require_own_origin(request: Request) -> None:
    """Refuse what another site's page sends with our cookies, or to log in. Raises NotAllowed.

    Browsers name the origin in everything that changes something; a program that names none has no cookies to abuse.
    """
    with_cookie = settings().cookie_name in request.cookies
    if request.method in {"GET", "HEAD"} or not (with_cookie or request.scope["path"].startswith("/api/auth/")):
        return
    origin = request.headers.get("origin")
    if origin is None:
        good = request.headers.get("sec-fetch-site", "none") in {"none", "same-origin"}
    else:
        good = origin in settings().allowed_origins or _is_same_on_loopback(request, origin)
    if not good:
        raise NotAllowed("This request came from another site.", code="wrong_origin")


def _is_same_on_loopback(request: Request, origin: str) -> bool:
    """Whether a page on this machine's own name asks its own server: by any port, as `ssh -L` may give it another one.

    The name is one of a fixed list, because a site can point its own name at this machine (DNS rebinding).
    """
    if settings().public_url or host(request) not in LOOPBACK_HOSTS:
        return False
    return origin == f"http://{request.headers['host']}"
