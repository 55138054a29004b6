"""Which addresses are requested at all, and what is understood of them."""

import socket
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantum_app.errors import AddressRefused, Component
from quantum_app.kit import web_address
from quantum_app.kit.public_address import is_public
from tests.unit.outbound.targets import HOSTILE_URLS

pytestmark = pytest.mark.unit

V4 = st.ip_addresses(v=4).map(lambda address: IPv4Address(address))
V6 = st.ip_addresses(v=6).map(lambda address: IPv6Address(address))


@pytest.mark.parametrize("url", HOSTILE_URLS, ids=ascii)
def test_a_hostile_address_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused) as error:
        web_address.parse(url)
    assert error.value.component is Component.OUTBOUND
    assert error.value.message.endswith(".")


@pytest.mark.parametrize(
    ("url", "spelled"),
    [
        ("https://example.com", "https://example.com/"),
        ("HTTPS://Example.COM:443/A?b=C#d", "https://example.com/A?b=C"),
        ("http://example.com?x=1", "http://example.com/?x=1"),
        ("http://example.com:443/", "http://example.com:443/"),
        ("http://8.8.8.8/", "http://8.8.8.8/"),
        ("https://[2606:4700:4700:0:0:0:0:1111]/", "https://[2606:4700:4700::1111]/"),
        ("https://[64:ff9b::8.8.8.8]/", "https://[64:ff9b::808:808]/"),
        ("https://münchen.de/", "https://xn--mnchen-3ya.de/"),
        ("https://mu\u0308nchen.de/", "https://xn--mnchen-3ya.de/"),
        ("https://MÜNCHEN.de/", "https://xn--mnchen-3ya.de/"),
        ("https://xn--mnchen-3ya.de/", "https://xn--mnchen-3ya.de/"),
        ("https://日本.jp/価格", "https://xn--wgv71a.jp/%E4%BE%A1%E6%A0%BC"),
        ("https://r3---sn-a.example.com/", "https://r3---sn-a.example.com/"),
        ("https://example.com/a%2Fb/../c?d=<e>|f", "https://example.com/a%2Fb/../c?d=%3Ce%3E%7Cf"),
        ("https://example.com/@user/x:y", "https://example.com/@user/x:y"),
        ("https://localhost.example.com/", "https://localhost.example.com/"),
        ("https://1.example.com/", "https://1.example.com/"),
    ],
)
def test_a_public_address_is_understood(url: str, spelled: str) -> None:
    assert str(web_address.parse(url)) == spelled


@given(st.text(max_size=80))
def test_whatever_is_entered_is_an_address_or_refused(text: str) -> None:
    for url in (text, f"http://{text}", f"https://example.com/{text}"):
        try:
            address = web_address.parse(url)
        except AddressRefused:
            continue
        assert str(address).isascii()
        assert web_address.parse(str(address)) == address


@given(st.text(alphabet=".:@/\\%[]#?0123456789abcdefx-。①", max_size=40))
def test_no_mixture_of_the_characters_that_matter_names_a_private_address(text: str) -> None:
    try:
        address = web_address.parse(f"http://{text}")
    except AddressRefused:
        return
    assert address.literal is None or is_public(address.literal)
    assert address.literal or not address.host.rpartition(".")[2].isdecimal()


@given(st.lists(st.from_regex(r"(0[xX])?[0-9a-fA-FxX]{0,11}", fullmatch=True), min_size=1, max_size=5).map(".".join))
def test_no_name_is_a_number_to_the_system(host: str) -> None:
    try:
        address = web_address.parse(f"http://{host}/")
    except AddressRefused:
        return
    if address.literal is None:
        with pytest.raises(OSError, match="illegal IP address"):
            socket.inet_aton(address.host)


def spellings(address: IPv4Address) -> list[str]:
    number, parts = int(address), address.packed
    return [
        str(address),
        str(number),
        hex(number),
        f"0{number:o}",
        ".".join(map(hex, parts)),
        ".".join(f"0{part:o}" for part in parts),
        ".".join(f"{part:03}" for part in parts),
        f"{parts[0]}.{number & 0xFFFFFF}",
        f"{parts[0]}.{parts[1]}.{number & 0xFFFF}",
        f"{address}.",
        str(address).replace(".", "\u3002"),
        "".join(chr(0xFF10 + int(digit)) if digit.isdecimal() else digit for digit in str(address)),
        f"[::ffff:{address}]",
        f"[::{address}]",
        f"[64:ff9b::{address}]",
        f"[2002:{number >> 16:x}:{number & 0xFFFF:x}::1]",
        f"[2001:0:{number >> 16:x}:{number & 0xFFFF:x}::1]",
        f"[2606:4700::5efe:{address}]",
    ]


@given(V4.filter(lambda address: not address.is_global))
def test_no_spelling_of_a_private_address_is_accepted(address: IPv4Address) -> None:
    for host in spellings(address):
        with pytest.raises(AddressRefused):
            web_address.parse(f"http://{host}/")


@given(V6.filter(lambda address: not address.is_global))
def test_no_spelling_of_a_private_ipv6_address_is_accepted(address: IPv6Address) -> None:
    for host in (address.compressed, address.exploded, address.exploded.upper(), f"{address}%25eth0"):
        with pytest.raises(AddressRefused):
            web_address.parse(f"http://[{host}]/")


@given(V4)
def test_only_four_decimal_numbers_are_an_address(address: IPv4Address) -> None:
    for host in spellings(address)[1:13]:
        if host != str(address):
            with pytest.raises(AddressRefused):
                web_address.parse(f"http://{host}/")


@pytest.mark.parametrize(
    ("reference", "spelled"),
    [
        ("/b", "https://example.com/b"),
        ("c?d", "https://example.com/a/c?d"),
        ("../c", "https://example.com/c"),
        ("//example.org/c", "https://example.org/c"),
        ("http://example.org", "http://example.org/"),
        ("?q", "https://example.com/a/b?q"),
        ("#top", "https://example.com/a/b"),
    ],
)
def test_links_are_joined(reference: str, spelled: str) -> None:
    assert str(web_address.join(web_address.parse("https://example.com/a/b"), reference)) == spelled


@pytest.mark.parametrize(
    "reference",
    ["//127.0.0.1/", "//localhost/", "//u@example.org/", "\\\\127.0.0.1\\", "/\\127.0.0.1", "javascript:x",
     "mailto:a@b.c", "http:127.0.0.1", "//[::1", "//[::1]/", "\t//127.0.0.1/", "//example.org:22/", "http://\u2025/"],
)  # fmt: skip
def test_links_to_elsewhere_are_refused(reference: str) -> None:
    with pytest.raises(AddressRefused):
        web_address.join(web_address.parse("https://example.com/a/b"), reference)


def test_more_ports_are_usable_if_they_are_named() -> None:
    assert web_address.parse("http://example.com:8080/", {8080}).authority == "example.com:8080"
