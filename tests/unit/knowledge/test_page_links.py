"""Titles and links of pages, as browsers would see them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantum_app.domain.knowledge import page_links
from quantum_app.kit import web_address

pytestmark = pytest.mark.unit

ADDRESS = web_address.parse("https://example.com/a/b")


def links(html: str, most: int = 100) -> list[str]:
    return [str(address) for address in page_links.links(html, ADDRESS, most)]


@pytest.mark.parametrize(
    ("html", "title"),
    [
        ("<TITLE lang=en>Prices &amp;\n times</TITLE>", "Prices & times"),
        ("<title></title>", ""),
        ("<p>nothing", ""),
        (f"<title>{'x' * 500}</title>", "x" * 200),
        (f"<title>&#{'9' * 5000};</title>", "\ufffd"),
    ],
)
def test_title(html: str, title: str) -> None:
    assert page_links.title(html) == title


@pytest.mark.parametrize(
    ("html", "addresses"),
    [
        ('<a href="c">', ["https://example.com/a/c"]),
        ("<A class=x HREF='/d?e=1&amp;f=2#g' data-href='/no'>", ["https://example.com/d?e=1&f=2"]),
        ("<a\nhref=/e>", ["https://example.com/e"]),
        ('<a href=" /f ">', ["https://example.com/f"]),
        ('<a href="/g"><a href="/g#x">', ["https://example.com/g"]),
        ('<base href="/x/"><a href="y">', ["https://example.com/x/y"]),
        ('<base href="//127.0.0.1/"><a href="y">', ["https://example.com/a/y"]),
        ('<a href="javascript:x"><a href="mailto:a@b.c"><a href="http://127.0.0.1/"><a href="">', ["https://example.com/a/b"]),
        ('<a data-href="/no"><link href="/no"><abbr href="/no">', []),
        (f'<a href="/&#{"9" * 5000};"><a href="/a&#99999999999;b">', ["https://example.com/a%EF%BF%BDb"]),
        ('<a href="https://example.org/">', ["https://example.org/"]),
    ],
)  # fmt: skip
def test_links(html: str, addresses: list[str]) -> None:
    assert links(html) == addresses


def test_links_end_at_the_limit() -> None:
    assert len(links("".join(f"<a href=/{number}>" for number in range(50)), most=7)) == 7


@pytest.mark.parametrize(
    ("body", "charset", "text"),
    [
        ("ä".encode(), "", "ä"),
        ("ä".encode("latin-1"), "iso-8859-1", "ä"),
        (b'<meta charset="windows-1252">\xe4', "", '<meta charset="windows-1252">ä'),
        (b"<meta http-equiv=x content='text/html; charset=iso-8859-1'>\xe4", "", None),
        (b"\xe4", "utf-8", "\ufffd"),
        (b"a", "punycode", "a"),
        (b"a", "zlib", "a"),
        (b"a", "iso-8859-99", "a"),
        (b"a", "unicode_escape", "a"),
    ],
)
def test_decoding(body: bytes, charset: str, text: str | None) -> None:
    assert page_links.decode(body, charset) == (text if text is not None else body.decode("latin-1"))


@given(st.text(max_size=300))
def test_whatever_a_page_is_has_usable_links_only(html: str) -> None:
    for address in links(f"<a href='{html}'>{html}<a href={html}>"):
        assert web_address.parse(address)


@pytest.mark.parametrize(
    "piece",
    [
        "<a ",
        "<a href=",
        "<a href='",
        '<a href="',
        "<title>",
        "<!--",
        "<![CDATA[",
        "<base href=",
        "<meta ",
        "&",
        "<a href=a ",
    ],
)
def test_a_page_of_openings_takes_no_time(piece: str) -> None:
    html = piece * (2_000_000 // len(piece))
    assert page_links.title(html) == ""
    assert len(links(html)) <= 100
    assert page_links.decode(html.encode(), "")
