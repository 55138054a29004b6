"""Reads the pages of a website for knowledge: as its robots.txt allows, politely, and within limits."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence, Set
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from quantum_app.domain.knowledge import page_links, robots, sitemaps
from quantum_app.domain.knowledge.robots import Robots
from quantum_app.domain.outbound.ports import USER_AGENT, OutboundClient, OutboundLimits, OutboundResponse
from quantum_app.errors import AddressRefused, QuantumError, ResponseRefused, SiteUnavailable
from quantum_app.kit import web_address
from quantum_app.kit.web_address import WebAddress

HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
PAGE_TYPES = HTML_TYPES | {"text/plain", "text/markdown", "application/pdf"}
_ROBOTS_TYPES = frozenset({"text/plain", "text/html", "application/octet-stream", ""})
_SITEMAP_TYPES = frozenset(
    {"application/xml", "text/xml", "text/plain", "application/gzip", "application/x-gzip", "application/octet-stream"}
)
_SITEMAP_ENDINGS = (".xml", ".xml.gz")
_ROBOTS_BYTES = 512_000
_NOTHING = Robots((("/", False),))
# For each page that is read, so many addresses are remembered at most.
_ADDRESSES_PER_PAGE = 20


@dataclass(frozen=True, slots=True)
class SiteLimits:
    """How much of a site is read. With `pages=1`, only the page itself."""

    pages: int = 200
    """Pages that are requested, readable or not."""
    depth: int = 3
    """Links from the first page, or from one that a sitemap lists, to the last."""
    page_bytes: int = 5_000_000
    total_bytes: int = 100_000_000
    sitemaps: int = 20
    """Sitemaps that are requested."""
    sitemap_bytes: int = 10_000_000
    seconds: float = 900.0
    """After this time, no further page is requested."""
    delay: float = 0.2
    """Seconds between two requests to a site that asks for no delay."""
    longest_delay: float = 5.0
    """Seconds between two requests to a site, whatever it asks for."""


@dataclass(frozen=True, slots=True)
class Progress:
    visited: int
    """Pages requested so far."""
    waiting: int
    """Pages that are known and not requested yet; more may be discovered."""
    size: int
    """Bytes of the pages read so far."""


@dataclass(frozen=True, slots=True)
class WebPage:
    url: str
    """After redirects."""
    title: str
    """Empty if the page has none."""
    content_type: str
    charset: str
    """From the content type; empty if that names none."""
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Visit:
    """One page that was requested."""

    url: str
    page: WebPage | None
    problem: str
    """For a person, why the page can't be read; empty if it was read."""
    progress: Progress


class _Turns:
    """One request at a time to one site, and a pause after each."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.ready_at = 0.0

    async def pause(self) -> None:
        await asyncio.sleep(max(0.0, self.ready_at - asyncio.get_running_loop().time()))


class SiteReader:
    """Reads sites. Readings of the same site by one reader take turns with their requests."""

    def __init__(self, client: OutboundClient, limits: SiteLimits | None = None) -> None:
        self._client = client
        self._limits = limits or SiteLimits()
        self._turns: WeakValueDictionary[str, _Turns] = WeakValueDictionary()

    async def read(self, url: str, content_types: Set[str] = PAGE_TYPES) -> AsyncIterator[Visit]:
        """The page at an address, then the pages of its site that sitemaps list and links lead to.

        The address may be that of a sitemap (`.xml`, `.xml.gz`): then only the pages that it lists, and their links.

        Raises AddressRefused, ResponseRefused, or SiteUnavailable if the first page can't be read.
        """
        start = web_address.parse(url.strip(), self._client.ports)
        turns = self._turns.setdefault(_site(start), _Turns())
        reading = _Reading(self._client, self._limits, turns, start, content_types)
        async for visit in reading.visits():
            yield visit


class _Reading:
    def __init__(
        self, client: OutboundClient, limits: SiteLimits, turns: _Turns, start: WebAddress, content_types: Set[str]
    ) -> None:
        self._client = client
        self._limits = limits
        self._turns = turns
        self._start = start
        self._content_types = content_types
        self._robots: dict[tuple[str, str, int], Robots] = {}
        self._queue: deque[tuple[WebAddress, int]] = deque()
        self._addresses: set[str] = set()
        self._visited = 0
        self._size = 0
        self._ends_at = asyncio.get_running_loop().time() + limits.seconds

    async def visits(self) -> AsyncIterator[Visit]:
        if self._start.path.endswith(_SITEMAP_ENDINGS):
            await self._read_sitemaps(self._start, [str(self._start)])
            if not self._queue:
                raise ResponseRefused("This sitemap can't be read, or lists no pages of its own website.")
        else:
            self._enqueue(self._start, 0)
        while self._queue and not self._is_used_up():
            address, depth = self._queue.popleft()
            is_first = address == self._start
            if not is_first and not await self._allowed(address):
                continue
            self._visited += 1
            page, problem = None, ""
            try:
                page = await self._visit(address, depth)
            except QuantumError as error:
                if is_first:
                    raise
                problem = error.message
            if is_first and self._limits.pages > 1:
                await self._read_sitemaps(address, self._robots[address.origin].sitemaps or ["/sitemap.xml"])
            if page is not None or problem:
                yield Visit(page.url if page else str(address), page, problem, self._progress())

    def _is_used_up(self) -> bool:
        limits = self._limits
        is_late = asyncio.get_running_loop().time() >= self._ends_at
        return is_late or self._visited >= limits.pages or self._size >= limits.total_bytes

    def _progress(self) -> Progress:
        return Progress(self._visited, min(len(self._queue), self._limits.pages - self._visited), self._size)

    def _enqueue(self, address: WebAddress, depth: int) -> None:
        has_room = len(self._addresses) < self._limits.pages * _ADDRESSES_PER_PAGE
        if has_room and str(address) not in self._addresses and _site(address) == _site(self._start):
            self._addresses.add(str(address))
            self._queue.append((address, depth))

    async def _visit(self, address: WebAddress, depth: int) -> WebPage | None:
        """The page, whose links are queued. None if it redirects to one that was visited."""
        if not await self._allowed(address):
            raise ResponseRefused("This website's robots.txt doesn't allow reading this page.")
        response = await self._get(address, self._content_types, self._limits.page_bytes, self._may_follow)
        final = web_address.parse(response.url, self._client.ports)
        if final != address and (str(final) in self._addresses or not await self._allowed(final)):
            return None
        self._addresses.add(str(final))
        if not response.ok:
            raise ResponseRefused(f"The website responded with status {response.status}.")
        self._size += len(response.body)
        title = ""
        if response.content_type in HTML_TYPES:
            most = self._limits.pages * _ADDRESSES_PER_PAGE if depth < self._limits.depth else 0
            title, addresses = await asyncio.to_thread(_outline, response, final, most)
            for link in addresses:
                self._enqueue(link, depth + 1)
        return WebPage(response.url, title, response.content_type, response.charset, response.body)

    async def _get(
        self, address: WebAddress, content_types: Set[str], size: int, may_follow: Callable[[str], bool] | None
    ) -> OutboundResponse:
        asks_for = max((site.crawl_delay for site in self._robots.values()), default=0.0)
        delay = min(max(asks_for, self._limits.delay), self._limits.longest_delay)
        async with self._turns.lock:
            await self._turns.pause()
            try:
                return await self._client.get(
                    str(address),
                    content_types=content_types,
                    limits=OutboundLimits(body_bytes=size),
                    may_follow=may_follow,
                )
            finally:
                self._turns.ready_at = asyncio.get_running_loop().time() + delay

    def _may_follow(self, url: str) -> bool:
        address = web_address.parse(url, self._client.ports)
        site_robots = self._robots.get(address.origin)
        return _site(address) == _site(self._start) and (site_robots is None or site_robots.allows(address.target))

    async def _allowed(self, address: WebAddress) -> bool:
        """Whether robots.txt allows it. Raises what `get` raises if that of the first page can't be read."""
        if address.origin not in self._robots:
            try:
                self._robots[address.origin] = await self._read_robots(address)
            except QuantumError:
                if not self._robots:
                    raise
                self._robots[address.origin] = _NOTHING
        return self._robots[address.origin].allows(address.target)

    async def _read_robots(self, address: WebAddress) -> Robots:
        location = web_address.join(address, "/robots.txt", self._client.ports)
        response = await self._get(location, _ROBOTS_TYPES, _ROBOTS_BYTES, None)
        if response.status == 429 or response.status >= 500:
            raise SiteUnavailable(f"{address.host} can't be read right now. Try again later.")
        return robots.parse(response.body.decode(errors="replace"), USER_AGENT) if response.ok else Robots()

    async def _read_sitemaps(self, address: WebAddress, locations: Sequence[str]) -> None:
        """Queues the pages that sitemaps of the site list. One that can't be read is left out."""
        waiting = deque(locations)
        requested: set[str] = set()
        while waiting and len(requested) < self._limits.sitemaps and not self._is_used_up():
            try:
                location = web_address.join(address, waiting.popleft(), self._client.ports)
                if str(location) in requested or _site(location) != _site(self._start):
                    continue
                requested.add(str(location))
                content = await self._sitemap(location)
            except (AddressRefused, ResponseRefused, SiteUnavailable):
                continue
            waiting.extend(content.sitemaps[: self._limits.sitemaps])
            for page in content.pages:
                self._enqueue_listed(address, page)

    async def _sitemap(self, location: WebAddress) -> sitemaps.Sitemap:
        if not await self._allowed(location):
            return sitemaps.Sitemap()
        response = await self._get(location, _SITEMAP_TYPES, self._limits.sitemap_bytes, self._may_follow)
        if not response.ok:
            return sitemaps.Sitemap()
        most = self._limits.pages * _ADDRESSES_PER_PAGE
        return await asyncio.to_thread(sitemaps.parse, response.body, most=most, size=self._limits.sitemap_bytes)

    def _enqueue_listed(self, base: WebAddress, page: str) -> None:
        try:
            self._enqueue(web_address.join(base, page, self._client.ports), 0)
        except AddressRefused:
            return


def _site(address: WebAddress) -> str:
    """What the addresses of one site have in common: http, https, and www are the same."""
    host = address.host.removeprefix("www.")
    return host if address.port in web_address.WEB_PORTS else f"{host}:{address.port}"


def _outline(response: OutboundResponse, address: WebAddress, most: int) -> tuple[str, list[WebAddress]]:
    html = page_links.decode(response.body, response.charset)
    return page_links.title(html), page_links.links(html, address, most) if most else []
