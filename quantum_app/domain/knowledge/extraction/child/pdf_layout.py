"""From the words of a PDF's pages to headings, paragraphs, and list items, by place and size of the type."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from quantum_app.domain.knowledge.extraction.child.builder import Builder, split_header
from quantum_app.domain.knowledge.extraction.child.plain import BULLET
from quantum_app.domain.knowledge.extraction.child.text import clean

_LARGER = 1.12  # times the size of the text: a heading
_GAP = 0.75  # times the height of a line: the space that starts a paragraph
_MAX_HEADING = 150  # characters
_MARGIN = 0.09  # of the page's height: where running titles are
_GUTTER = 12.0  # points between two columns
_MAX_LEVELS = 4
# What a PDF doesn't map to text; at the start of a line, it is the mark of a list.
_UNMAPPED = re.compile(r"\(cid:\d+\)")
_BOLD = re.compile(r"bold|black|heavy|semibold|demi", re.I)


@dataclass(frozen=True, slots=True)
class Line:
    page: int
    text: str
    top: float
    bottom: float
    left: float
    right: float
    size: float
    is_bold: bool
    in_margin: bool


@dataclass(frozen=True, slots=True)
class Table:
    top: float
    bottom: float
    left: float
    right: float
    rows: list[list[str]]


def key(text: str) -> str:
    """What stays the same between a title and its entry in an outline or on another page."""
    return re.sub(r"[\W\d_]+", "", text).casefold()


class Layout:
    """Collects pages; once all are there, tells headings from text.

    outline: Levels of headings, by the key of their text.
    """

    def __init__(self, outline: dict[str, int]) -> None:
        self._outline = {title: level for title, level in outline.items() if title}
        self._pages: list[tuple[int, list[Line | Table]]] = []

    def add_page(
        self, number: int, words: Sequence[dict[str, Any]], tables: Sequence[Table], width: float, height: float
    ) -> None:
        lines = [_line(number, row, height) for row in _rows(words, width, tables)]
        # A table comes before the first line that starts below it.
        items: list[Line | Table] = []
        waiting = sorted(tables, key=lambda table: table.top)
        for line in lines:
            while waiting and waiting[0].top < line.top:
                items.append(waiting.pop(0))
            items.append(line)
        self._pages.append((number, items + waiting))

    def add_to(self, builder: Builder) -> None:
        lines = [item for _, items in self._pages for item in items if isinstance(item, Line)]
        running = _running_titles(lines, len(self._pages))
        levels = _Levels(lines, self._outline)
        paragraph: list[Line] = []
        header: Sequence[str] = ()
        table: Table | None = None  # what came last, if it was a table
        rows: list[list[str]] = []
        first_page = last_page = 0

        def end_table() -> None:
            nonlocal table
            if table:
                builder.table(header, rows, first_page)
            table = None

        for number, items in self._pages:
            for item in items:
                if isinstance(item, Table):
                    _add_text(builder, paragraph, levels)
                    if table and number > last_page and _continues(table, item):
                        rows += item.rows[1:] if [*header] == item.rows[0] else item.rows
                    else:
                        end_table()
                        found_header, found_rows = split_header(item.rows)
                        header, rows, first_page = found_header, [[*row] for row in found_rows], number
                    table, last_page = item, number
                elif not (item.in_margin and key(item.text) in running):
                    end_table()
                    if paragraph and _starts_new(paragraph[-1], item, levels):
                        _add_text(builder, paragraph, levels)
                    paragraph.append(item)
        _add_text(builder, paragraph, levels)
        end_table()


class _Levels:
    """Which lines are headings, and of which level."""

    def __init__(self, lines: Sequence[Line], outline: dict[str, int]) -> None:
        self._outline = outline
        sizes: Counter[float] = Counter()
        bold = 0
        for line in lines:
            sizes[line.size] += len(line.text)
            bold += len(line.text) * line.is_bold
        self.body = sizes.most_common(1)[0][0] if sizes else 0.0
        # Where most is bold, bold says nothing.
        self._bold_counts = bold < 0.3 * sizes.total()
        larger = sorted((size for size in sizes if size > self.body * _LARGER), reverse=True)
        self._sizes = {size: min(rank, _MAX_LEVELS) for rank, size in enumerate(larger, 1)}
        self._bold_level = min(len(larger) + 1, _MAX_LEVELS + 1)

    def of(self, line: Line) -> int:
        """From 1; 0: no heading."""
        if len(line.text) > _MAX_HEADING or not any(character.isalpha() for character in line.text):
            return 0
        if level := self._outline.get(key(line.text)):
            return level
        if level := self._sizes.get(line.size):
            return level
        is_title = (
            line.is_bold and self._bold_counts and line.size >= self.body and not line.text.endswith((".", ",", ";"))
        )
        return self._bold_level if is_title and len(line.text) < 90 and not BULLET.match(line.text) else 0


def _line(page: int, words: Sequence[dict[str, Any]], height: float) -> Line:
    characters: Counter[tuple[float, bool]] = Counter()
    for word in words:
        characters[round(word["size"] * 2) / 2, bool(_BOLD.search(str(word["fontname"])))] += len(word["text"])
    size, is_bold = characters.most_common(1)[0][0]
    top, bottom = min(word["top"] for word in words), max(word["bottom"] for word in words)
    text = clean(" ".join(word["text"] for word in words))
    return Line(
        page,
        _UNMAPPED.sub("", _UNMAPPED.sub("• ", text, count=1) if text.startswith("(cid:") else text).replace("  ", " "),
        top,
        bottom,
        words[0]["x0"],
        max(word["x1"] for word in words),
        size,
        is_bold,
        in_margin=bottom < height * _MARGIN or top > height * (1 - _MARGIN),
    )


def _rows(words: Sequence[dict[str, Any]], width: float, tables: Sequence[Table]) -> Iterator[list[dict[str, Any]]]:
    """The lines of a page as words, in reading order: where there are two columns, first the left one."""
    lines = _by_line(words)
    gutter = _gutter(lines, width) if not tables else None
    if gutter is None:
        yield from lines
        return
    left: list[list[dict[str, Any]]] = []
    right: list[list[dict[str, Any]]] = []
    for line in lines:
        if any(word["x0"] < gutter < word["x1"] for word in line) or not _is_split(line, gutter):
            yield from [*left, *right, line]
            left, right = [], []
        else:
            left += [side] if (side := [word for word in line if word["x1"] <= gutter]) else []
            right += [side] if (side := [word for word in line if word["x0"] >= gutter]) else []
    yield from [*left, *right]


def _is_split(line: Sequence[dict[str, Any]], gutter: float) -> bool:
    """Whether a line keeps clear of the gutter."""
    ends = max((word["x1"] for word in line if word["x1"] <= gutter), default=0.0)
    starts = min((word["x0"] for word in line if word["x0"] >= gutter), default=float("inf"))
    return starts - ends >= _GUTTER / 2


def _by_line(words: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Words of the same line, by their middle: sizes may differ within a line."""
    lines: list[list[dict[str, Any]]] = []
    middle = 0.0
    for word in sorted(words, key=lambda word: ((word["top"] + word["bottom"]) / 2, word["x0"])):
        at = (word["top"] + word["bottom"]) / 2
        if lines and abs(at - middle) <= 0.4 * (word["bottom"] - word["top"]):
            lines[-1].append(word)
        else:
            lines.append([word])
            middle = at
    return [sorted(line, key=lambda word: word["x0"]) for line in lines]


def _gutter(lines: Sequence[Sequence[dict[str, Any]]], width: float) -> float | None:
    """The x between two columns: a place near the middle that lines on both sides keep clear of."""
    if len(lines) < 8:
        return None
    best: tuple[int, float] | None = None
    for step in range(35, 66):
        x = width * step / 100
        both = sum(
            any(word["x1"] <= x for word in line)
            and any(word["x0"] >= x for word in line)
            and not any(word["x0"] < x < word["x1"] for word in line)
            and _is_split(line, x)
            for line in lines
        )
        if best is None or both > best[0]:
            best = both, x
    # Words on both sides in most lines: two columns, side by side.
    return best[1] if best and best[0] >= 0.6 * len(lines) else None


def _running_titles(lines: Sequence[Line], pages: int) -> set[str]:
    """Keys of what stands in the margin of half of the pages, and of at least three."""
    on_pages = Counter(title for _, title in {(line.page, key(line.text)) for line in lines if line.in_margin})
    return {title for title, count in on_pages.items() if count >= max(3, pages / 2)}


def _continues(table: Table, other: Table) -> bool:
    """Whether a table goes on as this one on the next page."""
    return (
        len(table.rows[0]) == len(other.rows[0])
        and abs(table.left - other.left) < 3
        and abs(table.right - other.right) < 3
    )


def _starts_new(line: Line, following: Line, levels: _Levels) -> bool:
    """Whether a line starts a paragraph of its own."""
    level = levels.of(line)
    if level != levels.of(following) or BULLET.match(following.text) or line.size != following.size:
        return True
    if line.page != following.page or following.top < line.top:  # another page, or column
        return bool(level) or line.text.endswith((".", "!", "?", ":")) or not following.text[:1].islower()
    return following.top - line.bottom > _GAP * (line.bottom - line.top)


def _add_text(builder: Builder, paragraph: list[Line], levels: _Levels) -> None:
    """Add the lines as one block, and forget them."""
    if not paragraph:
        return
    level, page = levels.of(paragraph[0]), paragraph[0].page
    text = _joined([line.text for line in paragraph])
    mark = BULLET.match(text)
    if level:
        builder.heading(text, level, page)
    elif mark:
        builder.list_item(text if mark[0].strip()[0].isalnum() else text[mark.end() :], 1, page)
    else:
        builder.paragraph(text, page)
    paragraph.clear()


def _joined(lines: Sequence[str]) -> str:
    """Lines as one; words that were hyphenated at the end of a line are whole again."""
    text = lines[0] if lines else ""
    for line, following in pairwise(lines):
        if re.search(r"[a-zà-ÿ]-$", line) and following[:1].islower():
            text = text[:-1] + following
        else:
            text = f"{text} {following}"
    return text
