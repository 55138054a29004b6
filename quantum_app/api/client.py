"""Who sends a request, as far as the connection tells."""

from urllib.parse import urlsplit

from starlette.requests import Request

from quantum_app.errors import NotAllowed
from quantum_app.kit import addresses
from quantum_app.settings import settings

_FORWARDING = ("x-forwarded-for", "forwarded", "x-real-ip")


def _peer(request: Request) -> str:
    return request.client.host if request.client else ""


def is_local(request: Request) -> bool:
    """Whether somebody on this machine asks, and not through a proxy."""
    return addresses.is_loopback(_peer(request)) and not any(name in request.headers for name in _FORWARDING)


def address(request: Request) -> str:
    """What to count attempts by; only proxies that are trusted (`QUANTUM_TRUSTED_PROXIES`) may speak for others."""
    forwarded = ",".join(request.headers.getlist("x-forwarded-for"))
    return addresses.of_client(_peer(request), forwarded, settings().proxies)


def require_own_origin(request: Request) -> None:
    """Refuse what another site's page sends with our cookies, or to log in. Raises NotAllowed.

    Browsers name the origin in everything that changes something; a program that names none has no cookies to abuse.
    """
    with_cookie = settings().cookie_name in request.cookies
    if request.method in {"GET", "HEAD"} or not (with_cookie or request.url.path.startswith("/api/auth/")):
        return
    origin = request.headers.get("origin")
    if origin is None:
        good = request.headers.get("sec-fetch-site", "none") in {"none", "same-origin"}
    else:
        same_host = urlsplit(origin).netloc == request.headers.get("host")
        good = origin in settings().allowed_origins or (same_host and is_local(request))
    if not good:
        raise NotAllowed("This request came from another site.", code="wrong_origin")
