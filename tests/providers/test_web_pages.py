"""Whole sites are read from a real server, through the client that production uses."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from ipaddress import ip_address

import pytest

from quantum_app.domain.knowledge.web_pages import SiteLimits, SiteReader, Visit
from quantum_app.errors import AddressRefused, ResponseRefused, SiteUnavailable
from quantum_app.providers.outbound_http import OutboundHttp
from tests.providers.web_server import WebServer, redirect, response, serve

pytestmark = pytest.mark.provider

LIMITS = SiteLimits(delay=0.0, longest_delay=0.0)


def text(body: str, content_type: str = "text/plain") -> bytes:
    return response(body.encode(), content_type)


def sitemap(*locations: str) -> str:
    return "<urlset>" + "".join(f"<url><loc>{location}</loc></url>" for location in locations) + "</urlset>"


def index(*locations: str) -> str:
    return (
        "<sitemapindex>"
        + "".join(f"<sitemap><loc>{location}</loc></sitemap>" for location in locations)
        + "</sitemapindex>"
    )


@pytest.fixture
async def site() -> AsyncIterator[WebServer]:
    async with serve() as server:
        yield server


class Reading:
    """Reads a site on a server. Every name is on it, but one that starts with private."""

    def __init__(self, server: WebServer, limits: SiteLimits = LIMITS) -> None:
        self._port = server.port
        client = OutboundHttp(resolver=self._resolve, loopback_servers=[("127.0.0.1", server.port)])
        self.reader = SiteReader(client, limits)

    @staticmethod
    async def _resolve(host: str) -> list[object]:
        return [ip_address("10.0.0.1" if host.startswith("private") else "127.0.0.1")]

    def url(self, path: str, host: str = "example.com") -> str:
        return f"http://{host}:{self._port}{path}"

    async def visits(self, path: str = "/", host: str = "example.com") -> list[Visit]:
        return [visit async for visit in self.reader.read(self.url(path, host))]

    async def pages(self, path: str = "/") -> list[str]:
        return [visit.url.removeprefix(self.url("")) for visit in await self.visits(path) if visit.page]


async def test_a_site_is_read_by_its_links(site: WebServer) -> None:
    site.routes |= {
        "/": text(
            "<title>Home</title><a href=/b><a href='c#x'><a href=http://example.org/><a href=/gone>", "text/html"
        ),
        "/b": text("<title>B</title><a href=/>", "text/html; charset=utf-8"),
        "/c": text("words <a href=/no>"),
    }
    reading = Reading(site)
    visits = await reading.visits()
    assert [(visit.url, visit.page and visit.page.title, visit.problem) for visit in visits] == [
        (reading.url("/"), "Home", ""),
        (reading.url("/b"), "B", ""),
        (reading.url("/c"), "", ""),
        (reading.url("/gone"), None, "The website responded with status 404."),
    ]
    assert [(visit.progress.visited, visit.progress.waiting) for visit in visits] == [(1, 3), (2, 2), (3, 1), (4, 0)]
    page = visits[1].page
    assert page is not None
    assert (page.content_type, page.charset, page.body) == ("text/html", "utf-8", b"<title>B</title><a href=/>")
    assert visits[-1].progress.size == sum(len(visit.page.body) for visit in visits if visit.page)


async def test_sitemaps_are_read(site: WebServer) -> None:
    site.routes |= {
        "/robots.txt": text(
            "Sitemap: /index.xml\nSitemap: http://example.org/other.xml\nSitemap: //private.example.com/x.xml"
        ),
        "/index.xml": text(index("/a.xml", "/b.xml.gz", "/broken.xml", "/index.xml", "/missing.xml"), "text/xml"),
        "/a.xml": text(sitemap("/1", "http://example.org/2", "http://127.0.0.1/", "/1"), "application/xml"),
        "/b.xml.gz": response(gzip.compress(sitemap("/3").encode()), "application/gzip"),
        "/broken.xml": text("<!DOCTYPE x [<!ENTITY a 'b'>]><urlset/>", "text/xml"),
    }
    site.routes |= dict.fromkeys(["/", "/1", "/3"], text("words"))
    assert await Reading(site).pages() == ["/", "/1", "/3"]
    assert site.paths.count("/index.xml") == 1


async def test_a_sitemap_may_be_what_is_read(site: WebServer) -> None:
    site.routes |= {
        "/pages.xml": text(sitemap("/gone", "/0", "/1"), "text/xml"),
        "/none.xml": text(sitemap("http://example.org/"), "text/xml"),
        "/1": text("<a href=/2>", "text/html"),
        "/2": text("words"),
    }
    site.routes["/0"] = text("words")
    assert await Reading(site).pages("/pages.xml") == ["/0", "/1", "/2"]
    assert site.paths.count("/pages.xml") == 1
    for path in ("/none.xml", "/missing.xml"):
        with pytest.raises(ResponseRefused, match="sitemap"):
            await Reading(site).pages(path)


async def test_robots_txt_is_obeyed(site: WebServer) -> None:
    site.routes |= {
        "/robots.txt": text("User-agent: QuantumVoice\nDisallow: /secret\n\nUser-agent: *\nDisallow: /"),
        "/": text("<a href=/secret/a><a href=/moved><a href=/open>", "text/html"),
        "/moved": redirect("/secret/b"),
        "/open": text("words"),
        "/sitemap.xml": text(sitemap("/secret/c"), "text/xml"),
    }
    assert await Reading(site).pages() == ["/", "/open"]
    assert not [path for path in site.paths if path.startswith("/secret")]
    assert site.paths[0] == "/robots.txt"
    with pytest.raises(ResponseRefused, match=r"robots\.txt"):
        await Reading(site).pages("/secret/a")


@pytest.mark.parametrize("status", ["500 A", "503 A", "429 A"])
async def test_a_site_whose_robots_txt_fails_is_not_read(site: WebServer, status: str) -> None:
    site.routes |= {"/robots.txt": response(status=status), "/": text("words")}
    with pytest.raises(SiteUnavailable):
        await Reading(site).pages()
    assert site.paths == ["/robots.txt"]


async def test_the_first_page_has_to_be_readable(site: WebServer) -> None:
    site.routes |= {"/image": response(b"x", "image/png"), "/away": redirect("http://example.org/")}
    for path in ("/missing", "/image", "/away"):
        with pytest.raises(ResponseRefused):
            await Reading(site).pages(path)
    with pytest.raises(AddressRefused, match="private network"):
        await Reading(site).visits(host="private.example.com")


async def test_a_page_may_move_within_its_site_only(site: WebServer) -> None:
    reading = Reading(site)
    site.routes |= {
        "/": text("<a href=/old><a href=/new><a href=/away><a href=/inside>", "text/html"),
        "/old": redirect("/new"),
        "/new": text("words"),
        "/away": redirect(reading.url("/x", "other.example.com")),
        "/inside": redirect(reading.url("/x", "private.example.com")),
        "/x": text("elsewhere"),
    }
    visits = await reading.visits()
    assert [visit.url.removeprefix(reading.url("")) for visit in visits if visit.page] == ["/", "/new"]
    assert ["redirects to" in visit.problem for visit in visits if visit.problem] == [True, True]
    assert "/x" not in site.paths


async def test_www_is_the_same_site(site: WebServer) -> None:
    reading = Reading(site)
    site.routes |= {"/": text(f"<a href={reading.url('/a', 'www.example.com')}>", "text/html"), "/a": text("words")}
    assert [visit.url for visit in await reading.visits()] == [reading.url("/"), reading.url("/a", "www.example.com")]


async def test_limits_hold(site: WebServer) -> None:
    def endless(path: str, size: int = 100) -> bytes:
        return text(f"<a href={path}x><a href={path}y>{'w' * size}", "text/html")

    site.routes |= {path: endless(path) for path in ("/", "/x", "/y", "/xx", "/xy", "/yx", "/yy", "/xxx")}
    assert await Reading(site, SiteLimits(delay=0, pages=1)).pages() == ["/"]
    assert "/sitemap.xml" not in site.paths
    assert await Reading(site, SiteLimits(delay=0, pages=3)).pages() == ["/", "/x", "/y"]
    assert await Reading(site, SiteLimits(delay=0, depth=0)).pages() == ["/"]
    assert await Reading(site, SiteLimits(delay=0, depth=1)).pages() == ["/", "/x", "/y"]
    assert await Reading(site, SiteLimits(delay=0, total_bytes=150)).pages() == ["/", "/x"]
    assert await Reading(site, SiteLimits(delay=0, seconds=0)).pages() == []
    with pytest.raises(ResponseRefused, match="too large"):
        await Reading(site, SiteLimits(delay=0, page_bytes=99)).pages()


async def test_two_readings_of_one_site_take_turns(site: WebServer) -> None:
    busy = 0
    most = 0

    async def page(writer: asyncio.StreamWriter) -> None:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(0)
        writer.write(text("<a href=/a><a href=/b><a href=/c>", "text/html"))
        await writer.drain()
        busy -= 1

    site.routes |= dict.fromkeys(["/", "/a", "/b", "/c"], page)
    reading = Reading(site)
    both = await asyncio.gather(reading.pages(), reading.pages())
    assert [len(pages) for pages in both] == [4, 4]
    assert most == 1


async def test_the_delay_that_a_site_asks_for_is_limited(site: WebServer) -> None:
    site.routes |= {"/robots.txt": text("User-agent: *\nCrawl-delay: 100000"), "/": text("words")}
    async with asyncio.timeout(30):
        assert await Reading(site).pages() == ["/"]


async def test_a_reader_may_stop_early(site: WebServer) -> None:
    site.routes |= {"/": text("<a href=/a>", "text/html"), "/a": text("words")}
    reading = Reading(site)
    async for visit in reading.reader.read(reading.url("/")):
        assert visit.page
        break
    assert "/a" not in site.paths
