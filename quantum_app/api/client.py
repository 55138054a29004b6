"""Who sends a request, as far as the connection tells."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from starlette.requests import Request

from quantum_app.errors import NotAllowed
from quantum_app.settings import settings

_FORWARDING = ("x-forwarded-for", "forwarded", "x-real-ip")


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    """The address; an IPv4 one that a dual-stack socket shows as `::ffff:…` is itself again."""
    try:
        found = ip_address(address)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _loopback(address: str) -> bool:
    found = _parsed(address)
    return found is not None and found.is_loopback


def _peer(request: Request) -> str:
    return request.client.host if request.client else ""


def is_local(request: Request) -> bool:
    """Whether somebody on this machine asks, and not through a proxy."""
    return _loopback(_peer(request)) and not any(name in request.headers for name in _FORWARDING)


def address(request: Request) -> str:
    """What to count attempts by: an IPv4 address, or the /64 that one IPv6 customer has.

    Only a proxy on this machine may speak for others; the last address of its header is the one it saw itself.
    """
    peer = _peer(request)
    seen = request.headers.get("x-forwarded-for", "").rsplit(",", 1)[-1].strip()
    found = (_parsed(seen) if _loopback(peer) else None) or _parsed(peer)
    if isinstance(found, IPv6Address):
        return str(ip_network((found, 64), strict=False))
    return str(found) if found else peer


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
