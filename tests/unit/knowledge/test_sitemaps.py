"""Sitemaps: addresses of pages, and nothing that XML can do besides."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantum_app.domain.knowledge import sitemaps
from quantum_app.errors import ResponseRefused

pytestmark = pytest.mark.unit

PAGES = """<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
  <url><loc> https://example.com/a?b=1&amp;c=2
  </loc><lastmod>2026-01-01</lastmod><image:image><image:loc>https://example.com/a.png</image:loc></image:image></url>
  <url><loc><![CDATA[https://example.com/ä]]></loc></url>
</urlset>"""
INDEX = "<s:sitemapindex xmlns:s='x'><s:sitemap><s:loc>/b.xml</s:loc></s:sitemap></s:sitemapindex>"
LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]>'
    "<urlset><url><loc>&c;</loc></url></urlset>"
)


def parse(data: str | bytes, most: int = 100, size: int = 10_000) -> sitemaps.Sitemap:
    return sitemaps.parse(data.encode() if isinstance(data, str) else data, most=most, size=size)


@pytest.mark.parametrize("encoded", [PAGES.encode(), gzip.compress(PAGES.encode())])
def test_pages(encoded: bytes) -> None:
    assert parse(encoded) == sitemaps.Sitemap(["https://example.com/a?b=1&c=2", "https://example.com/ä"], [])


def test_an_index() -> None:
    assert parse(INDEX) == sitemaps.Sitemap([], ["/b.xml"])


def test_reading_ends_at_the_limit() -> None:
    assert parse("<urlset>" + "<url><loc>/a</loc></url>" * 1000 + "<broken", most=3).pages == ["/a"] * 3


@pytest.mark.parametrize(
    "data",
    [
        LAUGHS,
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><urlset><url><loc>&a;</loc></url></urlset>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd"><urlset/>',
        '<!DOCTYPE x [<!ENTITY % a SYSTEM "http://127.0.0.1/"> %a;]><urlset/>',
        "<urlset><url><loc>&undefined;</loc></url></urlset>",
        "<a>" * 100_000,
        "<urlset><url>",
        "",
        "<html><p>Not found",
        b"\xff\xfe\x00",
        b'<?xml version="1.0" encoding="punycode"?><urlset/>',
        b'<?xml version="1.0" encoding="zlib"?><urlset/>',
        gzip.compress(b"<urlset>" + b" " * 20_000_000 + b"</urlset>"),
        b"\x1f\x8b damaged",
    ],
)
def test_hostile_xml_is_refused(data: str | bytes) -> None:
    with pytest.raises(ResponseRefused):
        parse(data)


def test_a_long_text_is_no_address() -> None:
    long = "<urlset><url><loc>" + "x<b/>" * 500_000 + "x" * 5_000_000 + "</loc></url></urlset>"
    assert len(parse(long).pages[0]) < 3000


def test_what_is_included_is_no_address() -> None:
    included = '<urlset xmlns:xi="http://www.w3.org/2001/XInclude"><url><loc><xi:include href="file:///x"/></loc></url></urlset>'
    assert parse(included).pages == [""]


@given(st.binary(max_size=300))
def test_whatever_a_site_sends_is_a_sitemap_or_refused(data: bytes) -> None:
    try:
        assert parse(data, most=3).pages is not None
    except ResponseRefused:
        return
