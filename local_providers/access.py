"""Who may ask: everybody shows the key; only this machine may inject faults."""

import hmac
import ipaddress

from aiohttp import web


def has_key(request: web.Request, key: str, *schemes: str) -> bool:
    """Whether `Authorization: <scheme> <key>` carries our key; schemes in lower case."""
    scheme, _, credential = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower() in schemes and hmac.compare_digest(credential.strip().encode(), key.encode())


def from_loopback(request: web.Request) -> bool:
    """By the peer's address, never by a header."""
    peer = request.transport.get_extra_info("peername") if request.transport else None
    try:
        return ipaddress.ip_address(peer[0]).is_loopback if peer else False
    except ValueError:
        return False
