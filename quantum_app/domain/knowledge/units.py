"""What a passage is made of: sentences, and rows of tables whose cells have names.

Extraction writes a row as `Plan: Basic; Price: $19` (`extraction.document.row_text`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from quantum_app.domain.knowledge import sentences

_NAMED_CELL = re.compile(r"([^:;]{1,80}): (.*)", re.DOTALL)
_FEWEST_CELLS = 2


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a row. name: of its column; empty if it has none."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence or a row. cells: of a row; empty for a sentence."""

    text: str
    cells: tuple[Cell, ...] = ()

    @property
    def label(self) -> str:
        """What a row is about: its first cell."""
        return self.cells[0].value if self.cells else ""


@lru_cache(maxsize=4096)
def units(passage: str) -> tuple[Unit, ...]:
    return tuple(_units(passage)) or (Unit(passage),)


def _units(passage: str) -> Iterator[Unit]:
    prose: list[str] = []
    for line in passage.split("\n"):
        cells = _cells(line)
        if cells:
            yield from _sentences("\n".join(prose))
            prose = []
            yield Unit(line, cells)
        else:
            prose.append(line)
    yield from _sentences("\n".join(prose))


def _sentences(text: str) -> Iterator[Unit]:
    for start, end in sentences.spans(text):
        yield Unit(text[start:end])


def _cells(line: str) -> tuple[Cell, ...]:
    """The cells of a row; none if the line isn't one. Only the first cell may lack a name."""
    parts = line.split("; ")
    if len(parts) < _FEWEST_CELLS:
        return ()
    cells: list[Cell] = []
    for number, part in enumerate(parts):
        match = _NAMED_CELL.fullmatch(part)
        if match:
            cells.append(Cell(match[1].strip(), match[2].strip()))
        elif number == 0:
            cells.append(Cell("", part.strip()))
        else:
            # A semicolon inside a cell.
            cells[-1] = Cell(cells[-1].name, f"{cells[-1].value}; {part.strip()}")
    names = sum(bool(cell.name) for cell in cells)
    return tuple(cells) if names >= 1 and len(cells) >= _FEWEST_CELLS else ()
