"""Requests to addresses that customers name: pages for knowledge, webhooks, tools."""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from typing import Protocol

USER_AGENT = "QuantumVoice"
"""The product's name in requests and in robots.txt."""


@dataclass(frozen=True, slots=True)
class OutboundLimits:
    """What one request may take."""

    total_seconds: float = 20.0
    """From resolving the name to the last byte, redirects included."""
    connect_seconds: float = 5.0
    """To connect to one address of the host, and again for TLS."""
    header_bytes: int = 64 * 1024
    """All headers of one response."""
    body_bytes: int = 5_000_000
    """The body, as it is sent and decompressed."""
    redirects: int = 5


@dataclass(frozen=True, slots=True)
class OutboundResponse:
    """A response. The body is empty unless the status is 2xx."""

    url: str
    """The address that responded, after redirects."""
    status: int
    content_type: str
    """The media type in lowercase, without parameters; empty if there is none."""
    charset: str
    """From the content type, in lowercase; empty if there is none."""
    headers: Mapping[str, str] = field(repr=False)
    """By lowercase name; the first of several."""
    body: bytes = field(repr=False)

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


class OutboundClient(Protocol):
    """Reaches public addresses only.

    Both methods raise AddressRefused (nothing was sent to it), ResponseRefused (too large, another type, a redirect
    that isn't followed), and SiteUnavailable. Any status is a response.
    """

    @property
    def ports(self) -> Set[int]:
        """Ports that addresses may have."""
        ...

    async def get(
        self,
        url: str,
        *,
        content_types: Set[str],
        limits: OutboundLimits | None = None,
        headers: Mapping[str, str] | None = None,
        may_follow: Callable[[str], bool] | None = None,
    ) -> OutboundResponse:
        """Fetch a page, following redirects.

        content_types: media types that a successful response may have.
        headers: sent to the first origin only.
        may_follow: whether a redirect to this address is followed; by default every redirect is.
        """
        ...

    async def send(
        self,
        method: str,
        url: str,
        *,
        content: bytes = b"",
        headers: Mapping[str, str] | None = None,
        content_types: Set[str] | None = None,
        limits: OutboundLimits | None = None,
    ) -> OutboundResponse:
        """Send a request of any method. A redirect is a response and isn't followed.

        content_types: media types that a successful response may have; None for any.
        """
        ...
