"""Requests to addresses that customers name.

Each host is resolved once per request, every address of it is checked, and the connection goes to a checked address.
Each request has a connection of its own, so nothing checked earlier is used again. There are no cookies, no proxies
from the environment, and no automatic decompression.
"""

import asyncio
import re
import ssl
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from ipaddress import ip_address

import httpcore
import httpx

from quantum_app.domain.outbound.ports import USER_AGENT, OutboundLimits, OutboundResponse
from quantum_app.errors import AddressRefused, InvalidInput, ResponseRefused, SiteUnavailable
from quantum_app.kit import web_address
from quantum_app.kit.gunzip import Gunzip, TooMuch
from quantum_app.kit.public_address import IPAddress, is_public
from quantum_app.kit.web_address import WEB_PORTS, WebAddress
from quantum_app.providers.outbound_http.connection import PinnedBackend, ReadBudget
from quantum_app.providers.outbound_http.resolver import Resolver, resolve
from quantum_app.settings import VERSION

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# What the client itself decides.
_RESERVED_HEADERS = frozenset(
    "host content-length transfer-encoding connection keep-alive upgrade te trailer expect accept-encoding user-agent"
    " cookie proxy-authorization proxy-connection".split()
)
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([a-z0-9._:-]{1,40})", re.I)
_METHOD = re.compile(r"GET|HEAD|POST|PUT|PATCH|DELETE")
# Each chunk costs as much CPU time as a kilobyte, so many that are tiny on average aren't read.
_FREE_CHUNKS = 4096
_MEAN_CHUNK = 64  # bytes
_TOO_LARGE = "This website's response is too large."


class OutboundHttp:
    """Implements `domain.outbound.ports.OutboundClient`.

    ports: those that may be connected to on public addresses.
    loopback_servers: addresses and ports of servers on this machine that may be reached besides; for tests, and never
        from settings or from what anybody entered.
    """

    def __init__(
        self,
        *,
        limits: OutboundLimits | None = None,
        ports: Set[int] = WEB_PORTS,
        resolver: Resolver = resolve,
        loopback_servers: Iterable[tuple[str, int]] = (),
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._limits = limits or OutboundLimits()
        self._public_ports = ports
        self._resolve = resolver
        self._loopback = frozenset((ip_address(host), port) for host, port in loopback_servers)
        self._ports = frozenset(ports) | {port for _, port in self._loopback}
        # Certificates by certifi; nothing is read from the environment.
        self._tls = tls or httpx.create_ssl_context(trust_env=False)

    @property
    def ports(self) -> Set[int]:
        return self._ports

    async def get(
        self,
        url: str,
        *,
        content_types: Set[str],
        limits: OutboundLimits | None = None,
        headers: Mapping[str, str] | None = None,
        may_follow: Callable[[str], bool] | None = None,
    ) -> OutboundResponse:
        limits = limits or self._limits
        address = web_address.parse(url, self._ports)
        own = _checked(headers or {})
        async with _Deadline(address, limits.total_seconds):
            for _ in range(limits.redirects + 1):
                response = await self._exchange("GET", address, own, b"", content_types, limits)
                if response.status not in _REDIRECTS or "location" not in response.headers:
                    return response
                following = self._redirect(address, response.headers["location"])
                if may_follow is not None and not may_follow(str(following)):
                    raise ResponseRefused(f"This address redirects to {following}. Enter that address instead.")
                if following.origin != address.origin:
                    own = []
                address = following
        raise ResponseRefused("This website redirects too many times. Enter the address that it shows in a browser.")

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
        limits = limits or self._limits
        if not _METHOD.fullmatch(method):
            raise InvalidInput(f"The method {method[:20]} can't be used.")
        address = web_address.parse(url, self._ports)
        own = _checked(headers or {})
        async with _Deadline(address, limits.total_seconds):
            return await self._exchange(method, address, own, content, content_types, limits)

    def _redirect(self, address: WebAddress, location: str) -> WebAddress:
        try:
            following = web_address.join(address, location, self._ports)
        except AddressRefused as error:
            raise AddressRefused(f"This website redirects to an address that can't be used. {error.message}") from None
        if (address.scheme, following.scheme) == ("https", "http"):
            raise AddressRefused("This website redirects from https:// to http://, which isn't secure.")
        return following

    async def _addresses(self, address: WebAddress) -> Sequence[IPAddress]:
        """Where the host is. Raises AddressRefused if any of its addresses isn't public, SiteUnavailable."""
        addresses = [address.literal] if address.literal else await self._resolve(address.host)
        if not addresses:
            raise SiteUnavailable(f"We can't find {address.host}. Check the address.")
        if not all(self._permits(one, address.port) for one in addresses):
            raise web_address.private_network()
        return addresses

    def _permits(self, address: IPAddress, port: int) -> bool:
        return (is_public(address) and port in self._public_ports) or (address, port) in self._loopback

    async def _exchange(
        self,
        method: str,
        address: WebAddress,
        headers: Sequence[tuple[bytes, bytes]],
        content: bytes,
        content_types: Set[str] | None,
        limits: OutboundLimits,
    ) -> OutboundResponse:
        budget = ReadBudget(limits.header_bytes)
        backend = PinnedBackend(await self._addresses(address), budget)
        url = httpcore.URL(
            scheme=address.scheme.encode(),
            host=address.host.encode(),
            port=address.port,
            target=address.target.encode(),
        )
        request = httpcore.Request(
            method,
            url,
            headers=[*_own_headers(address, content_types, method, content), *headers],
            content=content,
            extensions={"timeout": {"connect": limits.connect_seconds}},
        )
        async with httpcore.AsyncHTTPConnection(url.origin, self._tls, network_backend=backend) as connection:
            response = await connection.handle_async_request(request)
            # Chunk sizes and trailers are read besides the body.
            budget.remaining += limits.header_bytes + 2 * limits.body_bytes
            return await _read(address, response, content_types, limits.body_bytes)


class _Deadline:
    """Ends what takes too long, and turns failures of the connection into errors for a person."""

    def __init__(self, address: WebAddress, seconds: float) -> None:
        self._host = address.host
        self._timeout = asyncio.timeout(seconds)

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        try:
            await self._timeout.__aexit__(kind, error, trace)  # type: ignore[arg-type]
        except TimeoutError:
            raise SiteUnavailable(f"{self._host} took too long to respond. Try again later.") from None
        if isinstance(error, httpcore.TimeoutException):
            raise SiteUnavailable(f"{self._host} took too long to respond. Try again later.") from None
        if isinstance(error, httpcore.ConnectError):
            if isinstance(error.__cause__, ssl.SSLError):
                raise SiteUnavailable(f"{self._host} has no valid certificate. Ask its operator to renew it.") from None
            raise SiteUnavailable(f"{self._host} doesn't accept connections. Check the address.") from None
        if isinstance(error, httpcore.LocalProtocolError):
            raise InvalidInput("A header of this request has characters that headers can't have.") from None
        if isinstance(error, httpcore.NetworkError | httpcore.ProtocolError):
            raise SiteUnavailable(f"{self._host} sent no valid response. Try again later.") from None


def _checked(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    result: list[tuple[bytes, bytes]] = []
    for name, value in headers.items():
        if name.lower() in _RESERVED_HEADERS:
            raise InvalidInput(f"The header {name} can't be set.")
        if not (name + value).isascii():
            raise InvalidInput(f"The header {name[:40]} has characters that headers can't have.")
        result.append((name.encode(), value.encode()))
    return result


def _own_headers(
    address: WebAddress, content_types: Set[str] | None, method: str, content: bytes
) -> list[tuple[bytes, bytes]]:
    headers = {
        "Host": address.authority,
        "User-Agent": f"{USER_AGENT}/{VERSION}",
        "Accept": ", ".join(filter(None, sorted(content_types))) if content_types else "*/*",
        "Accept-Encoding": "gzip",
        "Connection": "close",
    }
    if content or method in {"POST", "PUT", "PATCH"}:
        headers["Content-Length"] = str(len(content))
    return [(name.encode(), value.encode()) for name, value in headers.items()]


async def _read(
    address: WebAddress, response: httpcore.Response, content_types: Set[str] | None, limit: int
) -> OutboundResponse:
    headers: dict[str, str] = {}
    for name, value in response.headers:
        # Redirects have UTF-8 in practice; latin-1 takes all the rest.
        headers.setdefault(name.decode("latin-1").lower(), _text(value))
    media_type, _, _ = headers.get("content-type", "").partition(";")
    charset = _CHARSET.search(headers.get("content-type", ""))
    body = b""
    if 200 <= response.status < 300:
        media_type = media_type.strip().lower()
        if content_types is not None and media_type not in content_types:
            sort = media_type[:60] if media_type.isprintable() and media_type else "no type"
            raise ResponseRefused(f"This address has content that can't be used ({sort}).")
        body = await _body(response, headers, limit)
    return OutboundResponse(
        url=str(address),
        status=response.status,
        content_type=media_type.strip().lower(),
        charset=charset[1].lower() if charset else "",
        headers=headers,
        body=body,
    )


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


async def _body(response: httpcore.Response, headers: Mapping[str, str], limit: int) -> bytes:
    """The decompressed body. Raises ResponseRefused."""
    length = headers.get("content-length", "")
    if length.isdecimal() and int(length) > limit:
        raise ResponseRefused(_TOO_LARGE)
    encodings = [value.strip().lower() for name, value in _pairs(response) if name == "content-encoding"]
    match [encoding for encoding in encodings if encoding not in {"", "identity"}]:
        case []:
            gunzip = None
        case ["gzip" | "x-gzip"]:
            gunzip = Gunzip(limit)
        case _:
            raise ResponseRefused("This website compresses its pages in a way that can't be read.")
    body, received, chunks = bytearray(), 0, 0
    async for chunk in response.aiter_stream():
        received += len(chunk)
        chunks += 1
        if received > limit:
            raise ResponseRefused(_TOO_LARGE)
        if chunks > _FREE_CHUNKS and received < chunks * _MEAN_CHUNK:
            raise ResponseRefused("This website sends its response in pieces that are too small.")
        try:
            body += gunzip.feed(chunk) if gunzip else chunk
        except TooMuch:
            raise ResponseRefused(_TOO_LARGE) from None
        except ValueError:
            raise ResponseRefused("This website's response is damaged.") from None
    if gunzip and received and not gunzip.complete:
        raise ResponseRefused("This website's response is damaged.")
    return bytes(body)


def _pairs(response: httpcore.Response) -> Iterable[tuple[str, str]]:
    return ((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in response.headers)
