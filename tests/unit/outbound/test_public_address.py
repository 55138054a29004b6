"""Which IP addresses belong to the public internet."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantum_app.kit.public_address import IPAddress, is_public
from tests.unit.outbound.targets import HOSTILE_ADDRESSES

pytestmark = pytest.mark.unit

V4 = st.ip_addresses(v=4).map(lambda address: IPv4Address(address))
PRIVATE = [
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"),
    *("192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4"),
    "240.0.0.0/4",
]


@pytest.mark.parametrize("address", HOSTILE_ADDRESSES)
def test_a_special_address_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "8.8.8.8", "11.0.0.1", "100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1", "192.0.1.1",
     "223.255.255.255", "2606:4700:4700::1111", "2a00:1450:4001:80b::200e", "2001:4860:4860::8888", "64:ff9b::8.8.8.8",
     "2606:4700::5efe:8.8.8.8"],
)  # fmt: skip
def test_a_host_on_the_internet_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@given(st.ip_addresses())
def test_nothing_is_public_that_python_calls_private(address: IPAddress) -> None:
    assert address.is_global or not is_public(address)


@pytest.mark.parametrize("network", PRIVATE)
def test_networks_are_refused_from_end_to_end(network: str) -> None:
    first, last = IPv4Network(network)[0], IPv4Network(network)[-1]
    assert not is_public(first)
    assert not is_public(last)


@given(V4.filter(lambda address: not is_public(address)), st.integers(0, 0xFFFF))
def test_nothing_private_is_public_inside_ipv6(address: IPv4Address, rest: int) -> None:
    low, high = int(address), int(address) << 80
    embeddings = [
        low,
        (0xFFFF << 32) | low,
        (0xFFFF << 48) | low,
        (0x64FF9B << 96) | low,
        (0x64FF9B0001 << 80) | low,
        (0x2002 << 112) | high | rest,
        (0x20010000 << 96) | (low << 64) | rest,
        (0x20010000 << 96) | (rest << 32) | (~low & 0xFFFF_FFFF),
        (0x26064700 << 96) | (0x5EFE << 32) | low,
        (0x26064700 << 96) | (0x02005EFE << 32) | low,
    ]
    assert not any(is_public(IPv6Address(embedding)) for embedding in embeddings)
