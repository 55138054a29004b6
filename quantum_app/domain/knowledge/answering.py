"""An answer in a passage's own words: of a table the cell that is asked for, of a text a sentence or two."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from quantum_app.domain.knowledge import question as questions
from quantum_app.domain.knowledge.question import AnswerKind, Question
from quantum_app.domain.knowledge.scoring import Passages, Text, Word, terms, unit_terms
from quantum_app.domain.knowledge.units import Cell, Unit, units
from quantum_app.kit.lexical import stem
from quantum_app.kit.spoken_terms import MONTHS

# Rows and columns that fit nearly as well as the best are named as well: which one is meant is open.
_ROW_TIE, _CELL_TIE = 0.85, 0.8
_MOST_ROWS, _MOST_CELLS = 3, 5
_MOST_SENTENCES, _MOST_WORDS = 3, 45
# What a column's name has to do with the kind of thing asked for.
_COLUMN_WORDS: dict[AnswerKind, str] = {
    AnswerKind.PHONE: "phone telephone number extension call",
    AnswerKind.DURATION: "minutes duration length time period days hours",
    AnswerKind.COUNT: "number count size capacity height",
    AnswerKind.TIME: "time start hours opens closes departs leaves arrives begins",
    AnswerKind.DAY: "day days date when start starts begins from",
    AnswerKind.AMOUNT: "price cost",
    AnswerKind.PERSON: "name contact instructor teacher provider doctor person who responsible manager",
    AnswerKind.PLACE: "location place address room building where stop",
}
# What a word of the kind counts beside one that the question itself has; what a word counts in a cell beside its
# column's name; and what one counts that the heading has, and so all of the passage.
_KIND_WORD, _IN_CELL, _COMMON = 0.3, 0.5, 0.6
_NEGATED = re.compile(
    r"\b(?:no|not|without|isn't|don't (?:have|want|need))\s+(?:(?:the|a|an|any|my)\s+)?([a-z]+)", re.IGNORECASE
)
# What a document says to an assistant rather than to a customer is never said to one.
_INSTRUCTION = re.compile(
    "|".join(
        (
            r"\b(?:ignore|disregard|forget) (?:all|any|your|the|previous)\b.*\b(?:instruction|polic|rule|prompt)",
            r"\bto (?:the|any|an|all) (?:ai|assistants?|chatbots?|language models?)\b",
            r"\b(?:system|manager|developer) (?:note|mode|prompt)\b",
            r"\b(?:tell|give) (?:the|every|each|all|any) (?:caller|customer|guest|user)s?\b",
            r"\bgive them\b.*\bnumber\b",
            r"\bwhen (?:somebody|someone|anybody|anyone|a caller|callers) asks?\b.*\b(?:say|tell|offer)\b",
        )
    ),
    re.IGNORECASE | re.DOTALL,
)
_MONTHS = frozenset(map(stem, MONTHS))
# From so many words on, a cell is a remark.
_FEW = 4
_NAME = re.compile(r"[^\W\d_]{3,}")


def answer(text: str, passage: Text) -> str | None:
    """What a passage says in answer to a question. None if it holds nothing of the kind that is asked for."""
    question = questions.read(text)
    if question.is_beyond_reach:
        return None
    parts = [part for part in units(passage.text) if not _INSTRUCTION.search(part.text) and not part.text.endswith(":")]
    if not parts:
        return None
    common = frozenset(terms(passage.source))
    index = Passages([Text("", "", part.text) for part in parts])
    words = [replace(word, weight=word.weight * (_COMMON if common & word.exact else 1)) for word in index.words(text)]
    best = max(range(len(parts)), key=lambda at: (_fit(question, parts[at], words), -at))
    if parts[best].cells:
        return _from_table(question, _table(parts, best), words)
    return _from_text(question, parts, words)


def addition(text: str, best: str, passage: Text) -> str | None:
    """What another passage adds to an answer: a thing of the kind that is asked for, and little to listen to."""
    question, more = questions.read(text), answer(text, passage)
    is_wanted = question.asks is not AnswerKind.ANYTHING and more is not None and question.is_answered_by(more)
    return more if more and is_wanted and len(f"{best} {more}".split()) <= _MOST_WORDS else None


def _fit(question: Question, unit: Unit, words: Sequence[Word]) -> float:
    return _share(unit_terms(unit), words) * (1.0 if question.is_answered_by(unit.text) else 0.55)


def _share(own: frozenset[str], words: Sequence[Word]) -> float:
    """How much of the question's words a set of terms has."""
    return sum(
        word.weight * max((sure for term, sure in word.candidates.items() if term in own), default=0.0)
        for word in words
    )


def _from_text(question: Question, parts: Sequence[Unit], words: Sequence[Word]) -> str:
    """The neighboring sentences that share most with the question."""
    runs = [list(run) for is_row, run in groupby(parts, key=lambda part: bool(part.cells)) if not is_row]
    windows = [window for run in runs for start in range(len(run)) for window in [_window(run[start:])]]

    def fit(window: Sequence[Unit]) -> tuple[float, float, int]:
        text = " ".join(unit.text for unit in window)
        own = frozenset[str]().union(*map(unit_terms, window))
        kind = 1.0 if question.is_answered_by(text) else 0.55
        return (_share(own, words) * kind, _fit(question, window[0], words), len(window))

    return " ".join(unit.text for unit in max(windows, key=fit))


def _window(parts: Sequence[Unit]) -> list[Unit]:
    """The first sentence, and those behind it that are short enough to be spoken with it."""
    window = list(parts[:1])
    for part in parts[1:_MOST_SENTENCES]:
        if sum(len(unit.text.split()) for unit in [*window, part]) > _MOST_WORDS:
            break
        window.append(part)
    return window


def _table(parts: Sequence[Unit], at: int) -> list[Unit]:
    """The rows around one of them."""
    first = last = at
    while first and parts[first - 1].cells:
        first -= 1
    while last + 1 < len(parts) and parts[last + 1].cells:
        last += 1
    return list(parts[first : last + 1])


def _from_table(question: Question, rows: Sequence[Unit], words: Sequence[Word]) -> str | None:
    """The cells in the rows and columns that the question names."""
    fits = _row_fits(rows, words)
    best = max(fits)
    selected = [row for row, fit in zip(rows, fits, strict=True) if fit >= _ROW_TIE * best] if best else []
    names = dict.fromkeys(cell.name for row in rows for cell in row.cells if cell.name)
    column_words = Passages([Text("", "", name) for name in names]).words(question.text)
    stated = [(row, cells) for row in selected if (cells := _cells(question, row, column_words, words))]
    if not stated:
        return None
    return " ".join(_sentence(row, cells) for row, cells in stated[:_MOST_ROWS])


def _row_fits(rows: Sequence[Unit], words: Sequence[Word]) -> list[float]:
    """What each row shares with the question. “Spring, weekends” has the months of “Spring (Apr 1 - Jun 11)” above."""
    # What is rare among the rows tells them apart.
    rare = [replace(word, weight=word.weight**2) for word in words]
    fits: list[float] = []
    months: dict[str, frozenset[str]] = {}
    for row in rows:
        label = unit_terms(Unit(row.label))
        first = next(iter(terms(row.label)), "")
        own = months.setdefault(first, label & _MONTHS)
        values = frozenset[str]().union(*(unit_terms(Unit(cell.value)) for cell in row.cells))
        fits.append(_share(values | own, rare) + 0.5 * _share(label | own, rare))
    return fits


def _cells(question: Question, row: Unit, names: Sequence[Word], words: Sequence[Word]) -> list[Cell]:
    """The cells that answer: by the name of their column, and by what is in them.

    names: The question's words, weighed by how many columns have them.
    """
    question_terms = frozenset[str]().union(*(word.candidates.keys() for word in words))
    label = _label(row)
    cells = [cell for cell in row.cells if cell is not label and cell.value]
    # What the caller has named is no answer: “15 gal” to the price of the one with fifteen gallons.
    others = [cell for cell in cells if not _echoes(cell, question_terms)] or cells
    kind = frozenset(terms(_COLUMN_WORDS.get(question.asks, "")))
    negated = frozenset(term for match in _NEGATED.finditer(question.text) for term in terms(match[1]))

    def fit(cell: Cell) -> float:
        name = unit_terms(Unit(cell.name))
        excluded = negated & name and not _NEGATED.search(cell.name)
        return (
            _share(name - negated, names)
            + (_IN_CELL * _share(own, words) if len(own := unit_terms(Unit(cell.value))) >= _FEW else 0.0)
            + (_KIND_WORD if name & kind else 0.0)
            - (1.0 if excluded else 0.0)
        )

    fitting = [cell for cell in others if question.is_answered_by(cell.value)]
    candidates = fitting or [cell for cell in others if fit(cell) > _KIND_WORD and _may_answer(question, cell)]
    best = max(map(fit, candidates), default=0.0)
    if question.asks in (AnswerKind.TIME, AnswerKind.DAY):
        related = [cell for cell in candidates if kind & unit_terms(Unit(cell.name))]
        best_cells = [cell for cell in candidates if cell in related or fit(cell) >= _CELL_TIE * best]
    else:
        best_cells = [cell for cell in candidates if fit(cell) >= _CELL_TIE * best]
    return best_cells[:_MOST_CELLS]


def _echoes(cell: Cell, question_terms: frozenset[str]) -> bool:
    own = frozenset(terms(cell.value))
    return bool(own) and own <= question_terms and len(own) < _FEW


def _may_answer(question: Question, cell: Cell) -> bool:
    """Whether a cell may answer that is of another kind than expected: an amount of data is told in figures too."""
    has_figure = any(char.isdigit() for char in cell.value)
    return has_figure or question.asks not in (AnswerKind.AMOUNT, AnswerKind.PHONE)


def _label(row: Unit) -> Cell:
    """What a row is about: its first cell that isn't a number."""
    return next((cell for cell in row.cells if _NAME.search(cell.value)), row.cells[0])


def _sentence(row: Unit, cells: Sequence[Cell]) -> str:
    values = ", ".join(f"{cell.name}: {cell.value}" if cell.name else cell.value for cell in cells)
    return f"{_label(row).value}, {re.sub(r'[.;, ]+$', '', values)}."
