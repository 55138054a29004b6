"""The client of a request, as far as the connection tells."""

import hmac
import re

from starlette.requests import HTTPConnection, Request

from quantum_app.errors import NotAllowed
from quantum_app.kit import client_ip
from quantum_app.settings import LOOPBACK_HOSTS, settings

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[0-9a-z._-]+)(:[0-9]{1,5})?")


def address(connection: HTTPConnection) -> str:
    """The address to count attempts by. Only trusted proxies (`QUANTUM_TRUSTED_PROXIES`) may name another one."""
    forwarded = ",".join(connection.headers.getlist("x-forwarded-for"))
    peer = connection.client.host if connection.client else ""
    return client_ip.client_ip(peer, forwarded, settings().proxies)


def host(connection: HTTPConnection) -> str:
    """The name in the Host header, in lower case and without the port. Empty unless there is exactly one."""
    values = connection.headers.getlist("host")
    match = _HOST.fullmatch(values[0].lower()) if len(values) == 1 else None
    return match[1] if match else ""


def bearer(connection: HTTPConnection) -> str:
    """The bearer token of the request, or an empty string."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def is_instance_key(text: str) -> bool:
    """Whether this is the secret that `make run` prints."""
    key = settings().http.instance_key.get_secret_value()
    return bool(key) and hmac.compare_digest(text.encode(), key.encode())


def require_own_origin(request: Request) -> None:
    """Refuse requests of other sites' pages with our cookies, and their logins. Raises NotAllowed.

    Browsers send the origin with every request that changes something. A program that sends none has no cookies to
    abuse.
    """
    with_cookie = settings().cookie_name in request.cookies
    if request.method in {"GET", "HEAD"} or not (with_cookie or request.scope["path"].startswith("/api/auth/")):
        return
    origin = request.headers.get("origin")
    if origin is None:
        is_own = request.headers.get("sec-fetch-site", "none") in {"none", "same-origin"}
    else:
        is_own = origin in settings().allowed_origins or _is_same_on_loopback(request, origin)
    if not is_own:
        raise NotAllowed("This request came from another site.", code="wrong_origin")


def _is_same_on_loopback(request: Request, origin: str) -> bool:
    """Whether a page on a loopback name talks to its own server, on any port, as `ssh -L` may forward another one.

    The names are a fixed list, because a site can point its own name at this machine (DNS rebinding).
    """
    if settings().public_url or host(request) not in LOOPBACK_HOSTS:
        return False
    return origin == f"http://{request.headers['host']}"
