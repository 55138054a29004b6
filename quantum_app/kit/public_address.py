"""Which IP addresses belong to the public internet, whatever they are embedded in."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

IPAddress = IPv4Address | IPv6Address

# Named even where `is_global` refuses them too: what it refuses differs between versions of Python.
_REFUSED_V4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT, and Alibaba's metadata (100.100.100.200)
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # Azure's host agent, a public address that is never the internet
        "169.254.0.0/16",  # link-local, and metadata of most clouds (169.254.169.254)
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments, and Oracle's metadata (192.0.0.192)
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
# All that is assigned to hosts on the internet.
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_REFUSED_V6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments, among them Teredo, ORCHID and benchmarks
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, which embeds an IPv4 address
        "3fff::/20",  # documentation
    )
)
# Networks without IPv4 reach every IPv4 site by this prefix (RFC 6052).
_NAT64 = IPv6Network("64:ff9b::/96")
# The identifier by which ISATAP embeds an IPv4 address (RFC 5214), without the bit that says whether it is unique.
_ISATAP = 0x0000_5EFE
_UNIQUE = 0x0200_0000


def is_public(address: IPAddress) -> bool:
    """Whether it is a host on the internet, and no private, special or cloud-internal one under any disguise."""
    if isinstance(address, IPv4Address):
        return address.is_global and not any(address in network for network in _REFUSED_V4)
    if address.scope_id is not None:
        return False
    low = IPv4Address(int(address) & 0xFFFF_FFFF)
    if address in _NAT64:
        return is_public(low)
    if address not in _GLOBAL_UNICAST or any(address in network for network in _REFUSED_V6):
        return False
    if (int(address) >> 32) & 0xFFFF_FFFF & ~_UNIQUE == _ISATAP and not is_public(low):
        return False
    return address.is_global
