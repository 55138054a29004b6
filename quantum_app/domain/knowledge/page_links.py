"""Title and links of an HTML page, in time linear in its size, whatever it contains."""

import re
from collections.abc import Iterator
from html import unescape
from itertools import islice
from typing import Any

# The package has no types of its own.
import re2  # pyright: ignore[reportMissingTypeStubs]

from quantum_app.errors import AddressRefused
from quantum_app.kit import web_address
from quantum_app.kit.web_address import WebAddress

_re2: Any = re2
_LONGEST_TITLE = 200
_MOST_LINKS = 10_000  # that are looked at on one page, usable or not
_SPACE = re.compile(r"\s+")
_TITLE = _re2.compile(r"(?i)<title(?:\s[^<>]*)?>([^<]*)</title")
_ATTRIBUTE = r"""\s*=\s*(?:"([^"<>]*)"|'([^'<>]*)'|([^\s"'<>]+))"""
_LINK = _re2.compile(rf"(?i)<a\s(?:[^<>]*?\s)?href{_ATTRIBUTE}")
_BASE = _re2.compile(rf"(?i)<base\s(?:[^<>]*?\s)?href{_ATTRIBUTE}")
_DECLARED = _re2.compile(r"""(?i)<meta\s[^<>]*?charset\s*=\s*["']?([a-z0-9_-]+)""")
_HEAD = 4096  # characters in which a page declares its encoding
# Others, such as punycode, take long or aren't encodings of text.
_CHARSETS = re.compile(
    r"utf-8|utf-16|utf-16le|utf-16be|us-ascii|iso-8859-[0-9]{1,2}|windows-125[0-8]|shift_jis|euc-jp|iso-2022-jp"
    r"|euc-kr|gb2312|gbk|gb18030|big5|koi8-[ru]"
)


def decode(body: bytes, charset: str) -> str:
    """The text of a page. charset: from its content type; empty if that names none."""
    declaration = None if charset else _DECLARED.search(body[:_HEAD].decode("latin-1"))
    name = (charset or (declaration.group(1) if declaration else "")).lower()
    try:
        return body.decode(name if _CHARSETS.fullmatch(name) else "utf-8", errors="replace")
    except LookupError:
        return body.decode(errors="replace")


def title(html: str) -> str:
    """The page's title on one line; empty if there is none."""
    match = _TITLE.search(html)
    # Cut before and after: `unescape` refuses numbers of thousands of digits.
    text = unescape(match.group(1)[: 10 * _LONGEST_TITLE]) if match else ""
    return _SPACE.sub(" ", text).strip()[:_LONGEST_TITLE]


def links(html: str, address: WebAddress, most: int) -> list[WebAddress]:
    """Where the page's first links lead, without those that can't be used, in order, each once."""
    base = address
    if (declaration := _BASE.search(html)) and (target := _joined(address, _reference(declaration))):
        base = target
    addresses: dict[WebAddress, None] = {}
    matches: Iterator[Any] = islice(_LINK.finditer(html), _MOST_LINKS)
    for reference in dict.fromkeys(map(_reference, matches)):
        if target := _joined(base, reference):
            addresses[target] = None
        if len(addresses) >= most:
            break
    return list(addresses)


def _reference(match: Any) -> str:
    groups: tuple[str | None, ...] = match.groups()
    return "".join(group or "" for group in groups)


def _joined(base: WebAddress, reference: str) -> WebAddress | None:
    if len(reference) > web_address.LONGEST:
        return None
    try:
        return web_address.join(base, unescape(reference).strip(), {base.port, *web_address.WEB_PORTS})
    except AddressRefused:
        return None
