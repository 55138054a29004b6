"""Who sends a request, as far as the connection tells."""

import ipaddress
from urllib.parse import urlsplit

from starlette.requests import Request

from quantum_app.errors import NotAllowed
from quantum_app.settings import settings

_FORWARDING = ("x-forwarded-for", "forwarded", "x-real-ip")


def _loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


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
    for text in (seen, peer) if _loopback(peer) else (peer,):
        try:
            found = ipaddress.ip_address(text)
        except ValueError:
            continue
        return str(found) if found.version == 4 else str(ipaddress.ip_network((found, 64), strict=False))
    return peer


def require_own_origin(request: Request) -> None:
    """Refuse what another site's page sends with our cookie. Raises NotAllowed."""
    origin = request.headers.get("origin")
    if origin is None:
        return
    same_host = urlsplit(origin).netloc == request.headers.get("host")
    if origin not in settings().allowed_origins and not (same_host and is_local(request)):
        raise NotAllowed("This request came from another site.", code="wrong_origin")
