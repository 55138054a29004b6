"""Puts blocks together: their headings, their limits, and the questions among them."""

import re
from collections.abc import Sequence
from dataclasses import replace

from quantum_app.domain.knowledge.extraction.child.text import clean
from quantum_app.domain.knowledge.extraction.document import Block, BlockKind, row_text
from quantum_app.domain.knowledge.extraction.limits import Limits
from quantum_app.domain.knowledge.extraction.problems import Problem, UnreadableFile

_MAX_HEADING = 200  # characters; what is longer is text in large type
_QUESTION = re.compile(r"^(?:q|question)\s*\d{0,3}\s*[:.)]\s*(?=\S)", re.IGNORECASE)
_ANSWER = re.compile(r"^(?:a|answer)\s*\d{0,3}\s*[:.)]\s*(?=\S)", re.IGNORECASE)
_BOTH = re.compile(r"^(?:q|question)\s*[:.)]\s*(.+?\?)\s+(?:a|answer)\s*[:.)]\s*(.+)$", re.IGNORECASE)
_NUMBER = re.compile(r"\d")


class Builder:
    """Collects the blocks of one document, in reading order. Adding raises UnreadableFile beyond a limit."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._blocks: list[Block] = []
        self._headings: list[tuple[int, str]] = []
        self._characters = 0

    def heading(self, text: str, level: int, page: int | None = None) -> None:
        text = clean(text)
        if len(text) > _MAX_HEADING:
            self.paragraph(text, page)
        elif text:
            self.end_section(level)
            self._add(Block(BlockKind.HEADING, text, page, self._path(), level=level))
            self._headings.append((level, text))

    def end_section(self, level: int) -> None:
        """What follows is no longer below a heading of this level."""
        while self._headings and self._headings[-1][0] >= level:
            self._headings.pop()

    def paragraph(self, text: str, page: int | None = None) -> None:
        if text := clean(text):
            self._add(Block(BlockKind.PARAGRAPH, text, page, self._path()))

    def list_item(self, text: str, level: int, page: int | None = None) -> None:
        if text := clean(text):
            self._add(Block(BlockKind.LIST_ITEM, text, page, self._path(), level=level))

    def question(self, question: str, answer: Sequence[str], page: int | None = None) -> None:
        lines = [clean(question), *filter(None, map(clean, answer))]
        self._add(Block(BlockKind.QUESTION, "\n".join(lines), page, self._path()))

    def table(self, header: Sequence[str], rows: Sequence[Sequence[str]], page: int | None = None) -> None:
        """Add a table; rows shorter than the longest are filled up."""
        width = max((len(row) for row in (header, *rows)), default=0)
        if len(rows) > self._limits.rows:
            raise UnreadableFile(Problem.TOO_MANY_ROWS, limit=f"{self._limits.rows:,} rows")
        if width > self._limits.columns:
            raise UnreadableFile(Problem.TOO_MANY_ROWS, limit=f"{self._limits.columns:,} columns")
        names = _cells(header, width) if any(header) else ()
        body = tuple(cells for row in rows if any(cells := _cells(row, width)))
        if names and not body:
            names, body = (), (names,)
        if body:
            text = "\n".join(row_text(names, cells) for cells in body)
            self._add(Block(BlockKind.TABLE, text, page, self._path(), header=names, rows=body))

    def blocks(self) -> tuple[Block, ...]:
        return tuple(_with_questions(self._blocks))

    def _path(self) -> tuple[str, ...]:
        return tuple(text for _, text in self._headings)

    def _add(self, block: Block) -> None:
        self._characters += len(block.text)
        if self._characters > self._limits.characters:
            raise UnreadableFile(Problem.TOO_MUCH_TEXT, limit=self._limits.characters)
        self._blocks.append(block)


def split_header(rows: Sequence[Sequence[str]]) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
    """The header and the rows of a table that doesn't say which is which."""
    if len(rows) < 2:
        return (), rows
    names = [name.strip() for name in rows[0]]
    is_header = (
        len(names) > 1
        and all(names[1:])  # the first may be empty, above the names of the rows
        and len(set(names)) == len(names)
        and all(len(name) <= 60 and not _NUMBER.match(name) for name in names)
        and not names[0].endswith((":", "?"))
    )
    return (names, rows[1:]) if is_header else ((), rows)


def _cells(row: Sequence[str], width: int) -> tuple[str, ...]:
    return tuple(clean(cell) for cell in row) + ("",) * (width - len(row))


def _with_questions(blocks: Sequence[Block]) -> list[Block]:
    """The same blocks with paragraphs `Q: …` and `A: …` joined."""
    joined: list[Block] = []
    question: Block | None = None
    for block in blocks:
        is_text = block.kind in (BlockKind.PARAGRAPH, BlockKind.LIST_ITEM)
        if is_text and (both := _BOTH.match(block.text)):
            block = replace(block, kind=BlockKind.QUESTION, text=f"{both[1]}\n{both[2]}", level=0)
        elif question and is_text and _ANSWER.match(block.text):
            joined.pop()
            text = f"{_QUESTION.sub('', question.text)}\n{_ANSWER.sub('', block.text)}"
            block = replace(question, kind=BlockKind.QUESTION, text=text, level=0)
        question = block if is_text and _QUESTION.match(block.text) and block.kind != BlockKind.QUESTION else None
        joined.append(block)
    return joined
