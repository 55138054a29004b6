"""The IP address of a client, also when trusted reverse proxies stand in between."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network


def parse_ip(text: str) -> IPv4Address | IPv6Address | None:
    """The address, or None if the text isn't one. An IPv4-mapped IPv6 address (`::ffff:…`) becomes IPv4 again."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def client_ip(peer: str, forwarded_for: str, proxies: Sequence[str]) -> str:
    """The key to rate-limit a client by: its IPv4 address, or its /64 network if it uses IPv6.

    peer: Address of the connected socket.
    forwarded_for: Value of X-Forwarded-For. Only trusted proxies may set it, so it is read from the right, and the
        first address that isn't a trusted proxy is the client.
    proxies: Networks of the trusted proxies, in CIDR notation.
    """
    client = parse_ip(peer)
    for hop in reversed(forwarded_for.split(",")):
        next_hop = parse_ip(hop.strip())
        # Everything to the left of an entry that no trusted proxy wrote may be made up by the client.
        if client is None or next_hop is None or not _within(client, proxies):
            break
        client = next_hop
    if isinstance(client, IPv6Address):
        return str(IPv6Network((client, 64), strict=False))
    return str(client) if client else peer


def _within(address: IPv4Address | IPv6Address, networks: Sequence[str]) -> bool:
    return any(address in ip_network(network) for network in networks)
