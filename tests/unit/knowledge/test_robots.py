"""What robots.txt allows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantum_app.domain.knowledge import robots

pytestmark = pytest.mark.unit

AGENT = "QuantumVoice"


@pytest.mark.parametrize(
    ("text", "path", "allowed"),
    [
        ("", "/a", True),
        ("User-agent: *\nDisallow: /", "/", False),
        ("User-agent: *\nDisallow: /", "/a?b", False),
        ("User-agent: *\nDisallow:", "/a", True),
        ("user-AGENT: *\r\nDISALLOW: /a", "/ab", False),
        ("User-agent: *\nDisallow: /a # comment", "/a", False),
        ("\ufeffUser-agent: *\nDisallow: /a", "/a", False),
        ("User-agent: *\nDisallow: /a", "/b/a", True),
        ("User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b/c", True),
        ("User-agent: *\nAllow: /a\nDisallow: /a/b", "/a/b/c", False),
        ("User-agent: *\nAllow: /a\nDisallow: /a", "/a", True),
        ("User-agent: *\nDisallow: /*?sort=", "/a?sort=b", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/a.pdf", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/a.pdf?x", True),
        ("User-agent: *\nDisallow: /a$", "/a", False),
        ("User-agent: *\nDisallow: /a$", "/ab", True),
        ("User-agent: *\nDisallow: /a*b*c", "/axbxc", False),
        ("User-agent: *\nDisallow: /a*b*c", "/axcxb", True),
        ("User-agent: *\nDisallow: /aba*ba$", "/aba", True),
        ("User-agent: *\nDisallow: *secret", "/my/secret", False),
        ("User-agent: quantumvoice\nDisallow: /a\n\nUser-agent: *\nDisallow: /", "/b", True),
        ("User-agent: *\nDisallow: /\n\nUser-agent: QuantumVoice/1.0\nDisallow: /a", "/a", False),
        ("User-agent: other\nDisallow: /", "/a", True),
        ("User-agent: QuantumVoiceBot\nDisallow: /", "/a", True),
        ("User-agent: other\nUser-agent: QuantumVoice\nDisallow: /a", "/a", False),
        ("User-agent: QuantumVoice\nDisallow: /a\nUser-agent: QuantumVoice\nDisallow: /b", "/a", False),
        ("User-agent: QuantumVoice\nDisallow: /a\nUser-agent: other\nDisallow: /b", "/b", True),
        ("Disallow: /", "/a", True),
        ("User-agent: *\nDisallow: /ä", "/%C3%A4", False),
        ("User-agent: *\nDisallow: /%c3%a4", "/%C3%A4", False),
        ("User-agent: *\nDisallow: /%61", "/a", False),
        ("User-agent: *\nDisallow: /a%2Fb", "/a/b", True),
        ("<html>User-agent</html>", "/a", True),
    ],
)
def test_rules(text: str, path: str, allowed: bool) -> None:
    assert robots.parse(text, AGENT).allows(path) is allowed


def test_delay_and_sitemaps() -> None:
    site = robots.parse(
        "Sitemap: https://example.com/a.xml\nUser-agent: *\nCrawl-delay: 2.5\nDisallow: /x\nsitemap: /b.xml", AGENT
    )
    assert (site.crawl_delay, site.sitemaps) == (2.5, ("https://example.com/a.xml", "/b.xml"))


@pytest.mark.parametrize("delay", ["-1", "nan", "inf", "1e9", "soon", "9999999", ""])
def test_an_odd_delay_is_none(delay: str) -> None:
    assert robots.parse(f"User-agent: *\nCrawl-delay: {delay}", AGENT).crawl_delay == 0


@given(st.text(max_size=300), st.text(max_size=50))
def test_whatever_a_site_writes_is_read(text: str, path: str) -> None:
    assert robots.parse(f"User-agent: *\nDisallow: {text}\n{text}", AGENT).allows(f"/{path}") in {True, False}


def test_many_rules_and_wildcards_take_no_time() -> None:
    site = robots.parse("User-agent: *\n" + f"Disallow: /{'*a' * 5}b{'*a' * 5}\n" * 30_000, AGENT)
    assert len(site.rules) < 30_000
    for number in range(40):
        assert site.allows(f"/{number}" + "a" * 2000)


def test_a_pattern_of_wildcards_matches_no_less_than_it_says() -> None:
    assert not robots.parse(f"User-agent: *\nDisallow: /{'*a' * 30}", AGENT).allows("/" + "a" * 30)
