"""Requests to addresses that customers name, against real servers on loopback."""

import asyncio
import gzip
import re
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from threading import current_thread, main_thread
from typing import Any

import httpx
import pytest

from quantum_app.domain.outbound.ports import OutboundLimits
from quantum_app.errors import AddressRefused, Component, InvalidInput, ResponseRefused, SiteUnavailable
from quantum_app.kit.public_address import IPAddress
from quantum_app.providers.outbound_http import OutboundHttp
from quantum_app.providers.outbound_http.resolver import resolve
from tests.providers.web_server import WebServer, certificate, redirect, response, serve
from tests.unit.outbound.targets import HOSTILE_ADDRESSES, HOSTILE_URLS

pytestmark = pytest.mark.provider

HTML = frozenset({"text/html"})
LIMITS = OutboundLimits(total_seconds=30.0, body_bytes=100_000)
# Loading the certificates takes 20 ms, which no test is about.
TLS = httpx.create_ssl_context(trust_env=False)
SHORT = replace(LIMITS, total_seconds=0.3)
_connects: list[Any] | None = None


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    # Threads that watch a stack's servers connect to them at any time.
    if _connects is not None and event == "socket.connect" and current_thread() is main_thread():
        _connects.append(arguments[1])


sys.addaudithook(_note)


@pytest.fixture
def connects() -> Iterator[list[Any]]:
    """Every address that this process connects to, or tries to."""
    global _connects
    _connects = []
    yield _connects
    _connects = None


class Names:
    """A resolver. Each name has answers, the last of which it keeps giving."""

    def __init__(self, **answers: Sequence[str]) -> None:
        self._answers = {name.replace("_", "."): list(answer) for name, answer in answers.items()}
        self.questions: list[str] = []

    async def __call__(self, host: str) -> Sequence[IPAddress]:
        self.questions.append(host)
        answers = self._answers.get(host, ["127.0.0.1"])
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        return [ip_address(address) for address in answer.split()]


@pytest.fixture
async def site() -> AsyncIterator[WebServer]:
    async with serve() as server:
        yield server


def client(
    *servers: WebServer, names: Names | None = None, limits: OutboundLimits = LIMITS, **options: Any
) -> OutboundHttp:
    open_to = [("127.0.0.1", server.port) for server in servers]
    options = {"tls": TLS, "limits": limits, **options}
    return OutboundHttp(resolver=names or Names(), loopback_servers=open_to, **options)


async def test_a_page_is_read(site: WebServer) -> None:
    site.routes["/prices?x=%C3%A4"] = response(b"<p>hi", "Text/HTML; Charset=UTF-8", x_more="1")
    page = await client(site).get(f"http://shop.example.com:{site.port}/prices?x=ä#top", content_types=HTML)
    assert (page.status, page.ok, page.body) == (200, True, b"<p>hi")
    assert (page.content_type, page.charset, page.headers["x-more"]) == ("text/html", "utf-8", "1")
    assert page.url == f"http://shop.example.com:{site.port}/prices?x=%C3%A4"
    [request] = site.requests
    assert f"\r\nHost: shop.example.com:{site.port}\r\n" in request
    assert re.search(r"\r\nUser-Agent: QuantumVoice/[0-9.]+\r\n", request)
    assert "cookie" not in request.lower()


async def test_no_hostile_address_is_resolved_or_connected_to(site: WebServer, connects: list[Any]) -> None:
    names = Names()
    for url in HOSTILE_URLS:
        with pytest.raises(AddressRefused):
            await client(site, names=names).get(url, content_types=HTML)
        with pytest.raises(AddressRefused):
            await client(site, names=names).send("POST", url)
    assert (names.questions, connects) == ([], [])
    await client(site, names=names).get(f"http://example.com:{site.port}/", content_types=HTML)
    assert (names.questions, connects) == (["example.com"], [("127.0.0.1", site.port)])


@pytest.mark.parametrize("address", HOSTILE_ADDRESSES)
async def test_no_name_leads_to_a_private_address(address: str, connects: list[Any]) -> None:
    for answer in (address, f"8.8.8.8 {address}", f"{address} 8.8.8.8", f"2606:4700::1111 8.8.8.8 {address}"):
        for port in (80, 443):
            with pytest.raises(AddressRefused, match="private network"):
                await client(names=Names(example_com=[answer])).get(f"http://example.com:{port}/", content_types=HTML)
    assert connects == []


async def test_loopback_is_open_at_the_allowed_port_only(site: WebServer, connects: list[Any]) -> None:
    names = Names(example_com=["127.0.0.2"], example_org=["8.8.8.8"], example_net=["::1"])
    for host in ("example.com", "example.org", "example.net"):
        with pytest.raises(AddressRefused):
            await client(site, names=names).get(f"http://{host}:{site.port}/", content_types=HTML)
    with pytest.raises(AddressRefused):
        await client(site).get("http://example.com/", content_types=HTML)
    assert connects == []


async def test_a_name_that_changes_its_address_leads_nowhere_else(site: WebServer, connects: list[Any]) -> None:
    site.routes["/"] = response(b"fine")
    names = Names(example_com=["127.0.0.1", "127.0.0.2", "169.254.169.254", "127.0.0.1 10.0.0.1"])
    http, url = client(site, names=names), f"http://example.com:{site.port}/"
    page = await http.get(url, content_types=HTML)
    assert (page.body, names.questions) == (b"fine", ["example.com"])
    for _ in range(3):
        with pytest.raises(AddressRefused):
            await http.get(url, content_types=HTML)
    assert connects == [("127.0.0.1", site.port)]


async def test_a_name_that_changes_between_redirects_leads_nowhere_else(site: WebServer, connects: list[Any]) -> None:
    site.routes["/"] = redirect("/again")
    names = Names(example_com=["127.0.0.1", "127.0.0.2"])
    with pytest.raises(AddressRefused):
        await client(site, names=names).get(f"http://example.com:{site.port}/", content_types=HTML)
    assert (names.questions, connects) == (["example.com"] * 2, [("127.0.0.1", site.port)])


async def test_another_address_is_tried_when_one_refuses(site: WebServer) -> None:
    site.routes["/"] = response(b"fine")
    servers = [("127.0.0.2", site.port), ("127.0.0.1", site.port)]
    http = OutboundHttp(resolver=Names(example_com=["127.0.0.2 127.0.0.1"]), loopback_servers=servers)
    assert (await http.get(f"http://example.com:{site.port}/", content_types=HTML)).body == b"fine"


@pytest.mark.parametrize(
    "url", [url for url in HOSTILE_URLS if url.startswith(("http:", "https:")) and url.isascii() and url.isprintable()]
)
async def test_no_redirect_leads_to_a_hostile_address(site: WebServer, connects: list[Any], url: str) -> None:
    site.routes["/"] = redirect(url)
    with pytest.raises(AddressRefused):
        await client(site).get(f"http://example.com:{site.port}/", content_types=HTML)
    assert connects == [("127.0.0.1", site.port)]


@pytest.mark.parametrize("status", ["301 A", "302 A", "303 A", "307 A", "308 A"])
async def test_redirects_are_followed(site: WebServer, status: str) -> None:
    site.routes |= {"/": redirect("/b", status), "/b": redirect("c?d", status), "/c?d": response(b"end")}
    page = await client(site).get(f"http://example.com:{site.port}/", content_types=HTML)
    assert (page.body, page.url) == (b"end", f"http://example.com:{site.port}/c?d")


async def test_a_circle_of_redirects_ends(site: WebServer) -> None:
    site.routes["/"] = redirect("/")
    with pytest.raises(ResponseRefused, match="redirects too many times"):
        await client(site).get(f"http://example.com:{site.port}/", content_types=HTML)
    assert len(site.requests) == 6


async def test_a_redirect_may_be_declined(site: WebServer) -> None:
    site.routes |= {"/": redirect("/b"), "/b": response(b"end")}
    addresses: list[str] = []
    url = f"http://example.com:{site.port}/"
    with pytest.raises(ResponseRefused, match=f"redirects to {url}b"):
        await client(site).get(url, content_types=HTML, may_follow=lambda address: bool(addresses.append(address)))
    assert (addresses, site.paths) == ([f"{url}b"], ["/"])


async def test_headers_stay_with_the_first_origin(site: WebServer) -> None:
    async with serve() as other:
        site.routes |= {"/": redirect("/b"), "/b": redirect(f"http://other.example.com:{other.port}/c")}
        other.routes["/c"] = redirect(f"http://example.com:{site.port}/d")
        site.routes["/d"] = response(b"end", set_cookie="a=b")
        await client(site, other).get(
            f"http://example.com:{site.port}/", content_types=HTML, headers={"Authorization": "Bearer x", "X-Key": "y"}
        )
        has_secrets = ["Bearer x" in request and "X-Key" in request for request in site.requests]
        assert has_secrets == [True, True, False]
        assert "Bearer" not in other.requests[0]
        assert "X-Key" not in other.requests[0]


@pytest.mark.parametrize(
    "headers",
    [{"Host": "127.0.0.1"}, {"cookie": "a=b"}, {"Transfer-Encoding": "chunked"}, {"X": "a\r\nHost: b"}, {"X\r\nY": "a"},
     {"X": "ä"}, {"": "a"}, {"Content-Length": "3"}, {"X": "a\0b"}],
)  # fmt: skip
async def test_headers_that_would_change_the_request_are_refused(site: WebServer, headers: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        await client(site).send("POST", f"http://example.com:{site.port}/", headers=headers)
    assert site.requests == []


async def test_a_webhook_is_sent_once_and_to_one_place(site: WebServer) -> None:
    site.routes["/hook"] = redirect("/elsewhere", "307 A")
    hook = f"http://example.com:{site.port}/hook"
    reply = await client(site).send("POST", hook, content=b'{"a": 1}', headers={"Content-Type": "application/json"})
    assert (reply.status, reply.ok, site.paths) == (307, False, ["/hook"])
    assert site.requests[0].endswith('\r\n\r\n{"a": 1}')
    with pytest.raises(InvalidInput):
        await client(site).send("CONNECT", hook)


async def test_the_name_is_proven_by_the_certificate(tmp_path: Path) -> None:
    tls, trust = certificate(tmp_path, "shop.example.com")
    async with serve(tls=tls) as site:
        site.routes["/"] = response(b"safe")
        http = client(site, tls=trust)
        page = await http.get(f"https://shop.example.com:{site.port}/", content_types=HTML)
        assert (page.body, site.names) == (b"safe", ["shop.example.com"])
        assert f"Host: shop.example.com:{site.port}" in site.requests[0]
        with pytest.raises(SiteUnavailable, match="no valid certificate"):
            await http.get(f"https://other.example.com:{site.port}/", content_types=HTML)
        with pytest.raises(SiteUnavailable, match="no valid certificate"):
            await client(site).get(f"https://shop.example.com:{site.port}/", content_types=HTML)
        assert len(site.requests) == 1
        assert site.names[1:] == ["other.example.com", "shop.example.com"]


async def test_an_international_name_is_proven_too(tmp_path: Path) -> None:
    tls, trust = certificate(tmp_path, "xn--mnchen-3ya.de")
    async with serve(tls=tls) as site:
        site.routes["/"] = response(b"safe")
        page = await client(site, tls=trust).get(f"https://MÜNCHEN.de:{site.port}/", content_types=HTML)
        assert (page.body, site.names) == (b"safe", ["xn--mnchen-3ya.de"])


async def test_a_redirect_never_leaves_https(tmp_path: Path, site: WebServer) -> None:
    tls, trust = certificate(tmp_path, "shop.example.com")
    async with serve(tls=tls) as secure:
        secure.routes["/"] = redirect(f"http://shop.example.com:{site.port}/")
        site.routes["/"] = redirect(f"https://shop.example.com:{secure.port}/page")
        secure.routes["/page"] = response(b"safe")
        http = client(site, secure, tls=trust)
        with pytest.raises(AddressRefused, match="isn't secure"):
            await http.get(f"https://shop.example.com:{secure.port}/", content_types=HTML)
        assert site.requests == []
        assert (await http.get(f"http://shop.example.com:{site.port}/", content_types=HTML)).body == b"safe"


async def test_proxies_of_the_environment_are_ignored(site: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    async with serve() as proxy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
            monkeypatch.setenv(name.lower(), f"http://127.0.0.1:{proxy.port}")
        site.routes["/"] = response(b"direct")
        assert (await client(site).get(f"http://example.com:{site.port}/", content_types=HTML)).body == b"direct"
        assert proxy.requests == []


async def flood(writer: asyncio.StreamWriter, head: bytes, piece: bytes) -> None:
    """Writes until the client goes away."""
    writer.write(head)
    while True:
        writer.write(piece)
        await writer.drain()


FLOODS = {
    "body": (b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n", b"x" * 4096),
    "chunks": (
        b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ntransfer-encoding: chunked\r\n\r\n",
        b"1\r\nx\r\n" * 500,
    ),
    "one header": (b"HTTP/1.1 200 OK\r\nx: ", b"x" * 4096),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"x: y\r\n" * 500),
    "interim responses": (b"", b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" * 100),
    "trailers": (
        b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ntransfer-encoding: chunked\r\n\r\n0\r\n",
        b"x: y\r\n" * 500,
    ),
    "chunk extension": (
        b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ntransfer-encoding: chunked\r\n\r\n1;",
        b"x" * 4096,
    ),
    "status line": (b"HTTP/1.1 200 ", b"x" * 4096),
    "empty lines": (b"", b"\r\n" * 1000),
}


@pytest.mark.parametrize("kind", FLOODS)
async def test_what_never_ends_is_not_read_to_its_end(site: WebServer, kind: str) -> None:
    head, piece = FLOODS[kind]
    site.routes["/"] = lambda writer: flood(writer, head, piece)
    with pytest.raises((ResponseRefused, SiteUnavailable)) as error:
        await client(site).get(f"http://example.com:{site.port}/", content_types=HTML)
    assert "took too long" not in error.value.message
    await site.departure.wait()


@pytest.mark.parametrize("lines", [b"", b"content-length: 100001\r\n"])
async def test_a_body_larger_than_the_limit_is_refused(site: WebServer, lines: bytes) -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n"
    site.routes |= {"/": head + lines + b"\r\n" + b"x" * 100_001, "/most": response(b"x" * 100_000)}
    with pytest.raises(ResponseRefused, match="too large"):
        await client(site).get(f"http://example.com:{site.port}/", content_types=HTML)
    assert len((await client(site).get(f"http://example.com:{site.port}/most", content_types=HTML)).body) == 100_000


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (gzip.compress(bytes(100_001)), "gzip"),
        (gzip.compress(bytes(50_000_000)), "gzip"),
        (gzip.compress(gzip.compress(bytes(50_000_000))), "gzip, gzip"),
        (b"plain", "gzip"),
        (gzip.compress(b"x" * 1000)[:-8], "gzip"),
        (b"x", "br"),
        (b"x", "zstd"),
        (b"x", "deflate"),
        (b"x", "gzip, br"),
        (b"x", "x" * 100),
    ],
)
async def test_a_bomb_or_an_unknown_compression_is_refused(site: WebServer, body: bytes, encoding: str) -> None:
    site.routes["/"] = response(body, content_encoding=encoding)
    with pytest.raises(ResponseRefused):
        await client(site).get(f"http://example.com:{site.port}/", content_types=HTML)


async def test_two_layers_in_two_headers_are_refused(site: WebServer) -> None:
    body = gzip.compress(gzip.compress(bytes(50_000_000)))
    site.routes["/"] = response(body, content_encoding="gzip", Content_Encoding="gzip")
    with pytest.raises(ResponseRefused):
        await client(site).get(f"http://example.com:{site.port}/", content_types=HTML)


async def test_a_compressed_page_is_read(site: WebServer) -> None:
    site.routes["/"] = response(gzip.compress(b"page" * 1000), content_encoding="GZip")
    assert (await client(site).get(f"http://example.com:{site.port}/", content_types=HTML)).body == b"page" * 1000


@pytest.mark.parametrize(
    "content_type", ["image/png", "text/htmlx", "", "application/x-sh; a=text/html", "text / html", "*/*"]
)
async def test_other_types_are_refused_and_not_read(site: WebServer, content_type: str) -> None:
    head = f"HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\n\r\n".encode()
    site.routes["/"] = lambda writer: flood(writer, head, b"x" * 4096)
    with pytest.raises(ResponseRefused, match="can't be used"):
        await client(site).get(f"http://example.com:{site.port}/", content_types=HTML)
    await site.departure.wait()


async def test_what_an_error_page_says_is_not_read(site: WebServer) -> None:
    head = b"HTTP/1.1 404 Not Found\r\ncontent-type: image/png\r\n\r\n"
    site.routes["/"] = lambda writer: flood(writer, head, b"x" * 4096)
    page = await client(site).get(f"http://example.com:{site.port}/", content_types=HTML)
    assert (page.status, page.ok, page.body) == (404, False, b"")


async def silent(writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def test_silence_ends_in_time(site: WebServer) -> None:
    site.routes["/"] = silent
    with pytest.raises(SiteUnavailable, match="took too long") as error:
        await client(site, limits=SHORT).get(f"http://example.com:{site.port}/", content_types=HTML)
    assert error.value.component is Component.OUTBOUND
    assert error.value.retryable


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 99999\r\n\r\n"])
async def test_a_drip_ends_in_time(site: WebServer, head: bytes) -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.01)

    site.routes["/"] = drip
    with pytest.raises(SiteUnavailable, match="took too long"):
        await client(site, limits=SHORT).get(f"http://example.com:{site.port}/", content_types=HTML)


async def test_all_redirects_together_have_the_time_of_one(site: WebServer) -> None:
    site.routes |= {"/": redirect("/b"), "/b": silent}
    with pytest.raises(SiteUnavailable, match="took too long"):
        await client(site, limits=SHORT).get(f"http://example.com:{site.port}/", content_types=HTML)
    assert site.paths == ["/", "/b"]


async def test_a_silent_handshake_ends_in_time() -> None:
    departure = asyncio.Event()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(1000):
            pass
        writer.close()
        departure.set()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    limits = replace(LIMITS, connect_seconds=0.3)
    http = OutboundHttp(resolver=Names(), loopback_servers=[("127.0.0.1", port)], limits=limits, tls=TLS)
    with pytest.raises(SiteUnavailable, match="took too long"):
        await http.get(f"https://example.com:{port}/", content_types=HTML)
    await departure.wait()
    server.close()


async def test_tiny_chunks_are_not_read_to_the_limit(site: WebServer) -> None:
    site.routes["/"] = lambda writer: flood(writer, *FLOODS["chunks"])
    with pytest.raises(ResponseRefused, match="too small"):
        await client(site).get(f"http://example.com:{site.port}/", content_types=HTML)


async def test_small_chunks_of_a_page_are_read(site: WebServer) -> None:
    chunks = b"".join(b"1\r\nx\r\n" for _ in range(4000)) + b"0\r\n\r\n"
    site.routes["/"] = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ntransfer-encoding: chunked\r\n\r\n" + chunks
    assert (await client(site).get(f"http://example.com:{site.port}/", content_types=HTML)).body == b"x" * 4000


async def test_nothing_is_switched_to_another_protocol(site: WebServer) -> None:
    site.routes["/"] = b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\nanything"
    with pytest.raises(SiteUnavailable, match="no valid response"):
        await client(site).get(f"http://example.com:{site.port}/", content_types=HTML)


async def test_a_slow_name_server_ends_in_time() -> None:
    async def never(_: str) -> Sequence[IPAddress]:
        await asyncio.Event().wait()
        return []

    with pytest.raises(SiteUnavailable, match="took too long"):
        await OutboundHttp(resolver=never, limits=SHORT).get("http://example.com/", content_types=HTML)


async def test_somebody_else_may_give_up(site: WebServer) -> None:
    site.routes["/"] = silent
    reading = asyncio.create_task(client(site).get(f"http://example.com:{site.port}/", content_types=HTML))
    await site.reached.wait()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading


@pytest.mark.parametrize(
    "reply", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 9\r\n\r\nx",
              b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n", b"\x16\x03\x01\x02\x00\x01",
              b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
              b"HTTP/1.1 200 OK\r\ncontent-length: " + b"9" * 5000 + b"\r\n\r\n", b"HTTP/2 200\r\n\r\n"]
)  # fmt: skip
async def test_what_is_no_response_is_said_to_be_none(site: WebServer, reply: bytes) -> None:
    site.routes["/"] = reply
    with pytest.raises(SiteUnavailable, match="no valid response"):
        await client(site).get(f"http://example.com:{site.port}/", content_types=HTML)


async def test_a_closed_port_is_said_to_be_closed(site: WebServer) -> None:
    async with serve() as other:
        pass
    with pytest.raises(SiteUnavailable, match="doesn't accept connections"):
        await client(other).get(f"http://example.com:{other.port}/", content_types=HTML)


async def test_names_are_looked_up_as_they_are() -> None:
    # The guard of this run names what it was asked for: an absolute name, so no search domain is appended.
    with pytest.raises(RuntimeError, match=r"not to shop\.example\.com\.$"):
        await resolve("shop.example.com")
