"""PDF: lines and tables of each page, in reading order. Scripts, attachments, actions and images are never read."""

import io
from collections.abc import Iterator, Sequence
from typing import Any

import pdfplumber
from pdfminer.pdfdocument import PDFEncryptionError
from pdfminer.pdfexceptions import PDFException
from pdfminer.psexceptions import PSException
from pdfplumber.utils.exceptions import PdfminerException

from quantum_app.domain.knowledge.extraction.child import pdf_layout
from quantum_app.domain.knowledge.extraction.child.builder import Builder
from quantum_app.domain.knowledge.extraction.child.pdf_layout import Table
from quantum_app.domain.knowledge.extraction.child.text import clean
from quantum_app.domain.knowledge.extraction.limits import Limits
from quantum_app.domain.knowledge.extraction.problems import Problem, UnreadableFile

_MAX_OBJECTS = 40_000  # of a page: characters, lines, and curves
_MAX_LINES = 3_000  # of a page that tables are looked for in
_MAX_BOXES = 4_000
_MIN_TEXT = 20  # characters of a page with an image; fewer are a stamp or a page number


def add(builder: Builder, content: bytes, limits: Limits) -> tuple[str, int]:
    """Add all pages, and return title and number of pages. Raises UnreadableFile."""
    try:
        document: Any
        with pdfplumber.open(io.BytesIO(content)) as document:
            pages = document.pages
            if len(pages) > limits.pages:
                raise UnreadableFile(Problem.TOO_MANY_PAGES, limit=limits.pages)
            layout = pdf_layout.Layout(dict(_outline(document)))
            scanned = 0
            for number, page in enumerate(pages, 1):
                scanned += _add_page(layout, page, number)
                page.close()
            title = document.metadata.get("Title")
    except UnreadableFile:
        raise
    except MemoryError:
        raise
    except Exception as error:
        raise UnreadableFile(_problem(error)) from None
    if scanned and scanned * 2 >= len(pages):
        raise UnreadableFile(Problem.SCANNED)
    layout.add_to(builder)
    return clean(title) if isinstance(title, str) else "", len(pages)


def _problem(error: BaseException) -> Problem:
    """pdfplumber wraps what the parser raises, and the parser raises anything for broken files."""
    causes = {type(cause) for cause in (error, error.__context__, *error.args) if isinstance(cause, BaseException)}
    is_encrypted = any(issubclass(cause, PDFEncryptionError) for cause in causes)
    return Problem.ENCRYPTED if is_encrypted else Problem.DAMAGED


def _add_page(layout: pdf_layout.Layout, page: Any, number: int) -> bool:
    """Add a page to the layout, and say whether it is a scan. Raises UnreadableFile."""
    objects = page.objects
    if sum(map(len, objects.values())) > _MAX_OBJECTS:
        raise UnreadableFile(Problem.UNSAFE, what=f"a page ({number}) with too many parts")
    tables = list(_tables(page, objects))
    words = page.extract_words(extra_attrs=["size", "fontname"], x_tolerance_ratio=0.15, keep_blank_chars=False)
    words = [word for word in words if not any(_is_inside(word, table) for table in tables)]
    layout.add_page(number, words, tables, float(page.width), float(page.height))
    characters = objects.get("char", [])
    unmapped = sum(character["text"].startswith("(cid:") for character in characters)
    is_unreadable = len(characters) >= _MIN_TEXT and unmapped > len(characters) / 2
    return is_unreadable or (len(characters) < _MIN_TEXT and bool(objects.get("image")))


def _tables(page: Any, objects: dict[str, list[Any]]) -> Iterator[Table]:
    """The tables that are drawn with lines or boxes."""
    strokes = sum(len(objects.get(kind, ())) for kind in ("line", "rect", "curve"))
    if not 4 <= strokes <= _MAX_LINES:
        return
    for table in page.find_tables():
        if len(table.cells) > _MAX_BOXES:
            raise UnreadableFile(Problem.TOO_MANY_ROWS, limit=f"{_MAX_BOXES:,} cells on a page")
        rows = [[clean(cell or "") for cell in row] for row in table.extract(x_tolerance_ratio=0.15)]
        rows = _without_empty_columns([row for row in rows if any(row)])
        if len(rows) > 1 and len(rows[0]) > 1:
            left, top, right, bottom = table.bbox
            yield Table(top, bottom, left, right, rows)


def _without_empty_columns(rows: Sequence[list[str]]) -> list[list[str]]:
    columns = [column for column in zip(*rows, strict=True) if any(column)]
    return [list(row) for row in zip(*columns, strict=True)]


def _is_inside(word: dict[str, Any], table: Table) -> bool:
    x, y = (word["x0"] + word["x1"]) / 2, (word["top"] + word["bottom"]) / 2
    return table.left <= x <= table.right and table.top <= y <= table.bottom


def _outline(document: Any) -> Iterator[tuple[str, int]]:
    """The titles in the document's own outline, with their levels."""
    try:
        for number, (level, title, *_) in enumerate(document.doc.get_outlines()):
            if number > 2_000:
                return
            yield pdf_layout.key(clean(str(title))), min(int(level), 6)
    except (PSException, PDFException, PdfminerException, ValueError, TypeError, KeyError, AttributeError):
        return
