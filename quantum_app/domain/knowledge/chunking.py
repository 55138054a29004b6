"""Documents to chunks: passages that are found, shown, and spoken as one."""

import hashlib
import math
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from quantum_app.domain.knowledge import sentences
from quantum_app.domain.knowledge.extraction.document import Block, BlockKind, Document

MAX_WORDS = 180
CHARACTERS_PER_WORD = 8  # at most, on average; languages that write without spaces count by characters
MAX_CHARACTERS = MAX_WORDS * CHARACTERS_PER_WORD
TARGET_WORDS = 140  # besides what is repeated
MAX_OVERLAP_SENTENCES = 2
MAX_OVERLAP_WORDS = 40
PATH_SEPARATOR = " > "

_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage of a document.

    ordinal: Its place among the document's chunks, from 0.
    text: What is shown and spoken: `document.text[start:end]`.
    search_text: What is indexed and embedded: the headings above, then the text.
    path: The headings above, outermost first.
    page: Where it starts, from 1; None unless the file has pages.
    start: Offset of its first character in the document's text.
    end: Offset behind its last character.
    sha256: Of the search text, however it is spaced or composed; an equal one needs no new embedding.
    """

    ordinal: int
    text: str
    search_text: str
    path: tuple[str, ...]
    page: int | None
    start: int
    end: int
    sha256: str


@dataclass(frozen=True, slots=True)
class _Unit:
    """What is never divided further: a sentence, a row, or a piece of one that is too long.

    words: Its length; for text without spaces, in words of average length.
    """

    start: int
    end: int
    words: int
    page: int | None


@dataclass(frozen=True, slots=True)
class _Piece:
    start: int
    end: int
    path: tuple[str, ...]
    page: int | None


def chunks(document: Document) -> list[Chunk]:
    """Divide a document at its headings, then at blocks, then at sentences.

    Each word of the text is in the text or path of at least one chunk. Chunks overlap by a sentence or two within a
    section, never across headings. A question with its answer is one chunk unless that is too long; tables are divided
    between rows.
    """
    text = document.text
    return [_chunk(number, piece, text) for number, piece in enumerate(_pieces(document))]


def _chunk(ordinal: int, piece: _Piece, text: str) -> Chunk:
    passage = text[piece.start : piece.end]
    search_text = f"{PATH_SEPARATOR.join(piece.path)}\n{passage}" if piece.path else passage
    normalized = " ".join(unicodedata.normalize("NFKC", search_text).split())
    digest = hashlib.sha256(normalized.encode("utf-8", "replace")).hexdigest()
    return Chunk(ordinal, passage, search_text, piece.path, piece.page, piece.start, piece.end, digest)


def _pieces(document: Document) -> Iterator[_Piece]:
    for section in _sections(document):
        path = section[0][0].path
        for is_prose, group in groupby(section, key=lambda item: _is_prose(item[0])):
            if is_prose:
                units = [unit for block, start in group for unit in _sentences(block.text, start, block.page)]
                yield from _packed(units, path, overlapping=True)
            else:
                for block, start in group:
                    yield from _whole(block, start)


def _sections(document: Document) -> Iterator[list[tuple[Block, int]]]:
    """The blocks between two headings. A heading with nothing below it, which no path would show, is a section."""
    section: list[tuple[Block, int]] = []
    heading: tuple[Block, int] | None = None
    for block, start in document.placed():
        if section and (block.kind == BlockKind.HEADING or block.path != section[0][0].path):
            yield section
            section = []
        if heading and heading[0].text not in block.path:
            yield [heading]
        heading = (block, start) if block.kind == BlockKind.HEADING else None
        if not heading:
            section.append((block, start))
    yield from filter(None, [section, [heading] if heading else []])


def _is_prose(block: Block) -> bool:
    return block.kind not in (BlockKind.TABLE, BlockKind.QUESTION)


def _whole(block: Block, start: int) -> Iterator[_Piece]:
    """A table between its rows, or a question with its answer. A long answer is divided, below its question."""
    question, _, answer = block.text.partition("\n")
    if block.kind == BlockKind.TABLE:
        units: list[_Unit] = []
        for line in block.text.split("\n"):
            units += _fitting(line, start, block.page)
            start += len(line) + 1
        yield from _packed(units, block.path, overlapping=False)
    elif _is_short(block.text) or not _is_short(question):
        yield from _packed([*_sentences(block.text, start, block.page)], block.path, overlapping=False)
    else:
        units = [*_sentences(answer, start + len(question) + 1, block.page)]
        yield from _packed(units, (*block.path, question), overlapping=True)


def _sentences(passage: str, start: int, page: int | None) -> Iterator[_Unit]:
    for first, last in sentences.spans(passage):
        yield from _fitting(passage[first:last], start + first, page)


def _fitting(passage: str, start: int, page: int | None) -> Iterator[_Unit]:
    """A passage as a unit, or as several where it is too long, divided between words where there are any."""
    if _is_short(passage):
        yield _Unit(start, start + len(passage), _length(passage), page)
        return
    first, count, last = 0, 0, 0
    for word in _words(passage):
        if count and (count == MAX_WORDS or word[1] - first > MAX_CHARACTERS):
            yield _Unit(start + first, start + last, _length(passage[first:last]), page)
            first, count = word[0], 0
        count, last = count + 1, word[1]
    yield _Unit(start + first, start + last, _length(passage[first:last]), page)


def _words(passage: str) -> Iterator[tuple[int, int]]:
    for match in _WORD.finditer(passage):
        for first in range(match.start(), match.end(), MAX_CHARACTERS):
            yield first, min(first + MAX_CHARACTERS, match.end())


def _length(passage: str) -> int:
    """In words; a passage without spaces counts by its characters."""
    return max(len(_WORD.findall(passage)), math.ceil(len(passage) / CHARACTERS_PER_WORD))


def _is_short(passage: str) -> bool:
    return _length(passage) <= MAX_WORDS


def _packed(units: Sequence[_Unit], path: tuple[str, ...], *, overlapping: bool) -> Iterator[_Piece]:
    """Consecutive units together, in pieces of about the same length."""
    total = sum(unit.words for unit in units)
    target = MAX_WORDS if total <= MAX_WORDS else math.ceil(total / math.ceil(total / TARGET_WORDS))
    first, words = 0, 0
    for number, unit in enumerate(units):
        is_full = number > first and not _fits(units[first : number + 1])
        if is_full or words >= target:
            yield _Piece(units[first].start, units[number - 1].end, path, units[first].page)
            first = _overlap_start(units, first, number) if overlapping else number
            words = 0
        words += unit.words
    if units:
        yield _Piece(units[first].start, units[-1].end, path, units[first].page)


def _fits(units: Sequence[_Unit]) -> bool:
    return units[-1].end - units[0].start <= MAX_CHARACTERS and sum(unit.words for unit in units) <= MAX_WORDS


def _overlap_start(units: Sequence[_Unit], first: int, number: int) -> int:
    """The first unit of the piece that begins with unit `number`, with what it repeats of the one before."""
    start = number
    for earlier in range(number - 1, max(first, number - 1 - MAX_OVERLAP_SENTENCES), -1):
        repeated = units[earlier:number]
        if sum(unit.words for unit in repeated) > MAX_OVERLAP_WORDS or not _fits(units[earlier : number + 1]):
            break
        start = earlier
    return start
