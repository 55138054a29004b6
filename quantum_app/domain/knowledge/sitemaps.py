"""Sitemaps (sitemaps.org): XML, maybe compressed, without entities."""

from dataclasses import dataclass, field
from xml.parsers import expat

from quantum_app.errors import ResponseRefused
from quantum_app.kit.gunzip import Gunzip
from quantum_app.kit.web_address import LONGEST

_DEEPEST = 16
_GZIP = b"\x1f\x8b"


@dataclass(slots=True)
class Sitemap:
    pages: list[str] = field(default_factory=list[str])
    """Addresses of pages."""
    sitemaps: list[str] = field(default_factory=list[str])
    """Addresses of other sitemaps, if it is an index."""


class _Complete(Exception):
    """As many addresses as are used were read."""


class _Reader:
    def __init__(self, most: int) -> None:
        self.sitemap = Sitemap()
        self._most = most
        self._path: list[str] = []
        self._text = ""
        parser = self.parser = expat.ParserCreate()
        parser.buffer_text = True
        # Without a document type there are no entities but XML's own five.
        parser.StartDoctypeDeclHandler = self._refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._add

    def _refuse(self, *_: object) -> None:
        raise ResponseRefused("This sitemap defines entities, which aren't read.")

    def _start(self, name: str, _: object) -> None:
        self._path.append(name.rpartition(":")[2])
        self._text = ""
        if len(self._path) > _DEEPEST:
            raise ResponseRefused("This sitemap is nested too deeply.")

    def _add(self, text: str) -> None:
        if self._path and self._path[-1] == "loc":
            # Cut where it can't be an address anymore, so that a long text isn't copied again for each piece of it.
            self._text = (self._text + text)[: LONGEST + 1]

    def _end(self, _: str) -> None:
        match self._path[-2:]:
            case ["url", "loc"]:
                self.sitemap.pages.append(self._text.strip())
            case ["sitemap", "loc"]:
                self.sitemap.sitemaps.append(self._text.strip())
            case _:
                pass
        self._path.pop()
        if len(self.sitemap.pages) + len(self.sitemap.sitemaps) >= self._most:
            raise _Complete


def parse(data: bytes, *, most: int, size: int) -> Sitemap:
    """The first addresses of a sitemap or a sitemap index. Raises ResponseRefused.

    most: addresses that are read. size: bytes that it may have, decompressed.
    """
    if data.startswith(_GZIP):
        try:
            data = Gunzip(size).feed(data)
        except ValueError:
            raise ResponseRefused("This sitemap is too large or damaged.") from None
    reader = _Reader(most)
    try:
        reader.parser.Parse(data, True)
    except _Complete:
        pass
    except (expat.ExpatError, ValueError, LookupError):
        raise ResponseRefused("This sitemap isn't valid XML.") from None
    return reader.sitemap
