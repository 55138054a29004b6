"""CSV and its relatives, whatever separates their cells."""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence

from quantum_app.domain.knowledge.extraction.child.builder import Builder, split_header
from quantum_app.domain.knowledge.extraction.limits import Limits
from quantum_app.domain.knowledge.extraction.problems import Problem, UnreadableFile

_DELIMITERS = ",;\t|"
_SAMPLE = 50  # rows
_MAX_CELL = 100_000  # characters
_QUESTION_NAMES = {"q", "question", "questions", "frage", "pregunta"}
_ANSWER_NAMES = {"a", "answer", "answers", "response", "reply", "antwort", "respuesta"}
_QUESTIONS_SHARE = 0.8


def add(builder: Builder, text: str, limits: Limits) -> None:
    """Add the rows as a table, or as questions and answers. Raises UnreadableFile."""
    rows = list(_limited(_rows(text, _delimiter(text)), limits.rows + 1))
    header, body = split_header(rows)
    names = [name.strip().lower() for name in header]
    question = next((index for index, name in enumerate(names) if name in _QUESTION_NAMES), None)
    answer = next((index for index, name in enumerate(names) if name in _ANSWER_NAMES), None)
    if question is not None and answer is not None:
        _add_questions(builder, header, body, question, answer)
    elif not header and _are_questions(rows):
        _add_questions(builder, ("", ""), rows, 0, 1)
    else:
        builder.table(header, body)


def is_table(text: str) -> bool:
    """Whether a text without a name is certainly a table: the same number of short cells in each of its lines."""
    lines = text.splitlines()[:_SAMPLE]
    if len(lines) > 3:
        lines.pop()  # may be cut
    delimiter = _delimiter("\n".join(lines))
    rows = list(_rows("\n".join(lines), delimiter))
    widths = {len(row) for row in rows}
    # In prose, a comma is followed by a space.
    prose = sum(cell.startswith(" ") for row in rows for cell in row[1:])
    return len(rows) >= 3 and len(widths) == 1 and widths.pop() > 1 and prose <= len(rows) // 2 and delimiter != "|"


def _delimiter(text: str) -> str:
    """The delimiter by which most rows have the same number of cells; of several, the one that makes most cells."""
    sample = "\n".join(text.splitlines()[:_SAMPLE])

    def quality(delimiter: str) -> tuple[float, int]:
        widths = Counter(len(row) for row in _rows(sample, delimiter))
        width, count = widths.most_common(1)[0] if widths else (1, 0)
        return (count / widths.total() if width > 1 else 0.0, width)

    return max(_DELIMITERS, key=quality)


def _rows(text: str, delimiter: str) -> Iterator[list[str]]:
    """The rows that aren't empty. Raises UnreadableFile."""
    csv.field_size_limit(_MAX_CELL)
    try:
        for row in csv.reader(text.replace("\x00", "").splitlines(keepends=True), delimiter=delimiter):
            if any(cell.strip() for cell in row):
                yield row
    except csv.Error:
        raise UnreadableFile(Problem.DAMAGED) from None


def _limited(rows: Iterator[list[str]], most: int) -> Iterator[list[str]]:
    for number, row in enumerate(rows, 1):
        if number > most:
            raise UnreadableFile(Problem.TOO_MANY_ROWS, limit=f"{most - 1:,} rows")
        yield row


def _are_questions(rows: Sequence[Sequence[str]]) -> bool:
    if not rows or any(len(row) != 2 for row in rows):
        return False
    return sum(row[0].strip().endswith("?") for row in rows) >= _QUESTIONS_SHARE * len(rows)


def _add_questions(
    builder: Builder, header: Sequence[str], rows: Sequence[Sequence[str]], question_column: int, answer_column: int
) -> None:
    for row in rows:
        others = [
            f"{header[index]}: {cell}" if index < len(header) else cell
            for index, cell in enumerate(row)
            if index not in (question_column, answer_column) and cell.strip()
        ]
        question, reply = (row[index] if index < len(row) else "" for index in (question_column, answer_column))
        if question.strip() and reply.strip():
            builder.question(question, [reply, *others])
        else:
            builder.paragraph(" ".join([question, reply, *others]))
