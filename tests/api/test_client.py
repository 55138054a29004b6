"""Whom attempts are counted for, and who counts as this machine."""

import pytest
from starlette.requests import Request

from quantum_app.api import client
from tests.api.conftest import Configure


def request(peer: str | None, **headers: str) -> Request:
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "headers": named, "client": (peer, 50_000) if peer else None})


@pytest.mark.parametrize(
    ("peer", "forwarded", "counted"),
    [
        ("203.0.113.5", None, "203.0.113.5"),
        ("203.0.113.5", "198.51.100.1", "203.0.113.5"),  # not a proxy of ours
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "10.9.8.7, 198.51.100.1", "198.51.100.1"),  # the first was the caller's own invention
        ("127.0.0.1", "anything", "127.0.0.1"),
        ("127.0.0.1", "6.6.6.6, 198.51.100.1:4711", "127.0.0.1"),  # what cannot be read ends the chain
        ("127.0.0.1", "6.6.6.6, unknown, 127.0.0.1", "127.0.0.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("::1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", None, "2001:db8:1:2::/64"),
        ("::ffff:127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("::ffff:203.0.113.5", None, "203.0.113.5"),
        ("testclient", None, "testclient"),
        (None, None, ""),
    ],
)
def test_attempts_are_counted_by(peer: str | None, forwarded: str | None, counted: str) -> None:
    headers = {} if forwarded is None else {"x_forwarded_for": forwarded}
    assert client.address(request(peer, **headers)) == counted


def test_a_chain_of_proxies_is_followed_to_the_last_that_is_trusted(configure: Configure) -> None:
    configure("QUANTUM_TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.7/32")
    chain = "6.6.6.6, 203.0.113.5, 10.1.2.3"
    assert client.address(request("192.0.2.7", x_forwarded_for=chain)) == "203.0.113.5"
    assert client.address(request("192.0.2.8", x_forwarded_for=chain)) == "192.0.2.8"
    assert client.address(request("127.0.0.1", x_forwarded_for=chain)) == "127.0.0.1", "not on the list any more"


@pytest.mark.parametrize(
    ("peer", "headers", "local"),
    [
        ("127.0.0.1", {}, True),
        ("127.3.2.1", {}, True),
        ("::1", {}, True),
        ("::ffff:127.0.0.1", {}, True),
        ("203.0.113.5", {}, False),
        (None, {}, False),
        ("127.0.0.1", {"x_real_ip": "203.0.113.5"}, False),
    ],
)
def test_this_machine(peer: str | None, headers: dict[str, str], local: bool) -> None:
    assert client.is_local(request(peer, **headers)) is local
