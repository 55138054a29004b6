"""Network addresses: whose request it is, behind proxies that are trusted to say so."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network


def parsed(text: str) -> IPv4Address | IPv6Address | None:
    """The address; an IPv4 one that a dual-stack socket shows as `::ffff:…` is itself again."""
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def of_client(peer: str, forwarded_for: str, proxies: Sequence[str]) -> str:
    """What to count attempts by: an IPv4 address, or the /64 that one IPv6 customer has.

    peer: who is connected. forwarded_for: the header, which only one of the proxies (networks) may set; the last
    address in it that is none of them is the one that they saw.
    """
    found = parsed(peer)
    for seen in reversed(forwarded_for.split(",")):
        next_hop = parsed(seen.strip())
        # What cannot be read is as far as the proxies can be followed: the rest is what anybody may have written.
        if found is None or next_hop is None or not _within(found, proxies):
            break
        found = next_hop
    if isinstance(found, IPv6Address):
        return str(IPv6Network((found, 64), strict=False))
    return str(found) if found else peer


def _within(address: IPv4Address | IPv6Address, networks: Sequence[str]) -> bool:
    return any(address in ip_network(network) for network in networks)
