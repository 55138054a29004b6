"""What is extracted from a file: blocks in reading order. Shared by the parent process and the child."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class FileType(StrEnum):
    PDF = "pdf"
    DOCX = "docx"
    HTML = "html"
    MARKDOWN = "markdown"
    CSV = "csv"
    TEXT = "text"


class BlockKind(StrEnum):
    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list_item"
    TABLE = "table"
    QUESTION = "question"
    """A question on the first line, its answer on those below."""


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a document that belongs together.

    text: Without control characters. A table has one line per row, which names the columns: `Plan: Basic; Price: $19`.
    page: From 1; None unless the file has pages.
    path: The headings above, outermost first. A heading's own text is not part of it.
    level: Of a heading or list item, from 1; 0 for others.
    header: The names of a table's columns; empty if it has none.
    rows: The cells of a table below its header, one line of `text` each.
    """

    kind: BlockKind
    text: str
    page: int | None = None
    path: tuple[str, ...] = ()
    level: int = 0
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """The content of a file.

    file_type: What the content is, whatever the file is called.
    title: As the file itself says; empty if it doesn't.
    pages: None unless the file has pages.
    """

    file_type: FileType
    blocks: tuple[Block, ...]
    title: str = ""
    pages: int | None = None

    @property
    def text(self) -> str:
        """The plain text, to which offsets refer."""
        return "\n".join(block.text for block in self.blocks)

    def placed(self) -> Iterator[tuple[Block, int]]:
        """Each block, and where it starts in the plain text."""
        start = 0
        for block in self.blocks:
            yield block, start
            start += len(block.text) + 1


def row_text(header: tuple[str, ...], cells: tuple[str, ...]) -> str:
    """A row on one line that makes sense without the table."""
    if header:
        pairs = zip(header, cells, strict=True)
        return "; ".join(f"{name}: {cell}" if name else cell for name, cell in pairs if cell)
    values = [cell for cell in cells if cell]
    return ": ".join(values) if len(cells) == 2 else "; ".join(values)
