"""Whom attempts are counted for, and whose pages may send with cookies."""

import pytest
from starlette.requests import Request

from quantum_app.api import client
from quantum_app.errors import NotAllowed
from quantum_app.settings import settings
from tests.api.conftest import Configure

pytestmark = pytest.mark.api


def request(peer: str | None, **headers: str) -> Request:
    raw_headers = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "headers": raw_headers, "client": (peer, 50_000) if peer else None})


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
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
def test_attempts_are_counted_by(peer: str | None, forwarded: str | None, expected: str) -> None:
    headers = {} if forwarded is None else {"x_forwarded_for": forwarded}
    assert client.address(request(peer, **headers)) == expected


def test_a_chain_of_proxies_is_followed_to_the_last_that_is_trusted(configure: Configure) -> None:
    configure("QUANTUM_TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.7/32")
    chain = "6.6.6.6, 203.0.113.5, 10.1.2.3"
    assert client.address(request("192.0.2.7", x_forwarded_for=chain)) == "203.0.113.5"
    assert client.address(request("192.0.2.8", x_forwarded_for=chain)) == "192.0.2.8"
    assert client.address(request("127.0.0.1", x_forwarded_for=chain)) == "127.0.0.1", "not on the list any more"


@pytest.mark.parametrize(
    ("host", "origin", "public", "is_own"),
    [
        ("localhost:3000", "http://localhost:3000", "", True),
        ("127.0.0.1:3000", "http://127.0.0.1:3000", "", True),
        ("localhost:8080", "http://localhost:8080", "", True),  # by `ssh -L 8080:localhost:3000`
        ("[::1]:8080", "http://[::1]:8080", "", True),
        ("localhost:8080", "http://localhost:5173", "", False),  # another server of this machine
        ("localhost:8080", "https://localhost:8080", "", False),
        ("evil.example:3000", "http://evil.example:3000", "", False),  # a name that was pointed at this machine
        ("voice.example", "https://voice.example", "https://Voice.example/", True),
        ("127.0.0.1:3000", "https://voice.example", "https://voice.example", True),  # a proxy names its upstream
        ("localhost:3000", "http://localhost:3000", "https://voice.example", False),
        ("127.0.0.1:3000", "http://127.0.0.1:3000", "https://voice.example", False),
        ("localhost:8080", "http://localhost:8080", "https://voice.example", False),
        ("localhost:3000", "http://[", "", False),
        ("[", "http://[", "", False),
        ("localhost:3000", "null", "", False),
        ("localhost:3000", "", "", False),
    ],
)
def test_a_page_that_may_send_with_cookies(
    configure: Configure, host: str, origin: str, public: str, is_own: bool
) -> None:
    configure("QUANTUM_PUBLIC_URL", public)
    configure("QUANTUM_PORT", "3000")
    login_request = request("127.0.0.1", host=host, origin=origin)
    login_request.scope.update(method="POST", path="/api/auth/login")
    if is_own:
        client.require_own_origin(login_request)
    else:
        with pytest.raises(NotAllowed):
            client.require_own_origin(login_request)


def test_with_a_public_address_no_origin_of_loopback_is_allowed(configure: Configure) -> None:
    """For cookies, CORS and sockets: all ask this list."""
    configure("QUANTUM_PORT", "3000")
    assert settings().allowed_origins == ["http://localhost:3000", "http://127.0.0.1:3000"]
    configure("QUANTUM_PUBLIC_URL", "https://voice.example/")
    assert settings().allowed_origins == ["https://voice.example"]


def test_without_a_key_none_is_right(configure: Configure) -> None:
    configure("QUANTUM_HTTP_INSTANCE_KEY", "")
    assert not client.is_instance_key("")
    configure("QUANTUM_HTTP_INSTANCE_KEY", "the key")
    assert client.is_instance_key("the key")
    assert not any(client.is_instance_key(text) for text in ("", "the", "the key ", "é"))
