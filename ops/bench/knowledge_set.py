"""The businesses, documents and questions of `tests/knowledge_corpus`, and what counts as a right answer to them."""

import csv
import json
import re
from collections import Counter
from dataclasses import dataclass
from io import StringIO
from typing import Any, Literal

from ops.home import ROOT
from quantum_app.domain.flows.nlu.numbers import TENS, UNITS
from quantum_app.kit import lexical

FOLDER = ROOT / "tests" / "knowledge_corpus"
Verdict = Literal["right", "neighbor", "other"]

_TOKEN = re.compile(r"\d+(?:\.\d+)?|[a-z]+")
_NUMBERS = {word: str(value) for word, value in (UNITS | TENS).items()}
_YES, _NO = re.compile(r"^yes\b", re.IGNORECASE), re.compile(r"^no\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Question:
    """A labeled question.

    verdict: `yes`, `no`, or empty.
    evidence: The line that answers it, or that refutes what an unanswerable one takes for granted. May be empty.
    """

    business: str
    text: str
    kind: str
    answerable: bool
    values: tuple[str, ...]
    neighbor_values: tuple[str, ...]
    verdict: str
    document: str
    evidence: str


def questions() -> list[Question]:
    lines = (FOLDER / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return [_question(json.loads(line)) for line in lines]


def businesses() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Those that the product may be tuned on, and those that are reported: the first and second half by name."""
    names = sorted(path.name for path in (FOLDER / "documents").iterdir())
    half = len(names) // 2
    return tuple(names[:half]), tuple(names[half:])


def forbidden() -> dict[str, tuple[str, ...]]:
    """What must never be said because a document of the business tells assistants to."""
    rows = json.loads((FOLDER / "hostile.json").read_text(encoding="utf-8"))
    return {row["business"]: tuple(row["must_not_say"]) for row in rows}


def files(business: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((FOLDER / "documents" / business).iterdir())}


def holds_evidence(passage: str, evidence: str, *, is_csv: bool) -> bool:
    """Whether a passage states a line of the document: each cell of a row, or nine words in ten of prose."""
    text = f" {' '.join(_tokens(passage))} "
    cells = _cells(evidence, is_csv=is_csv)
    if len(cells) > 1:
        return all(f" {' '.join(_tokens(cell))} " in text for cell in cells)
    tokens = _tokens(evidence)
    if f" {' '.join(tokens)} " in text:
        return True
    missing = Counter(tokens) - Counter(text.split())
    return bool(tokens) and missing.total() <= 0.1 * len(tokens)


def judge(answer: str, question: Question) -> Verdict:
    """Whether an answer holds every right value, else one of the neighbors', else neither."""
    if question.answerable and all(states(answer, value) for value in question.values):
        wrong = _NO if question.verdict == "yes" else _YES if question.verdict == "no" else None
        return "other" if wrong and wrong.match(answer.strip()) else "right"
    return "neighbor" if any(states(answer, value) for value in question.neighbor_values) else "other"


def states(answer: str, value: str) -> bool:
    """Whether a value is in an answer: figures as a whole, other words by their stems."""
    tokens = _tokens(value)
    if any(token[0].isdigit() for token in tokens):
        return f" {' '.join(tokens)} " in f" {' '.join(_tokens(answer))} "
    value_terms = lexical.terms(value) or tokens
    return set(value_terms) <= set(lexical.terms(answer) + _tokens(answer))


def _tokens(text: str) -> list[str]:
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text.lower()).replace("a.m.", "am").replace("p.m.", "pm")
    tokens = _TOKEN.findall(re.sub(r"(\d):00\b", r"\1", text))
    return [_NUMBERS.get(token) or token.removesuffix(".00") for token in tokens]


def _cells(evidence: str, *, is_csv: bool) -> list[str]:
    if evidence.startswith("|"):
        cells = evidence.strip("| ").split("|")
    elif is_csv:
        cells = next(csv.reader(StringIO(evidence)), [])
    else:
        return [evidence]
    return [cell for cell in cells if _tokens(cell)]


def _question(row: dict[str, Any]) -> Question:
    return Question(
        row["business"],
        row["question"],
        row["kind"].removeprefix("unanswerable/"),
        row["answerable"],
        tuple(row["values"]),
        tuple(row["neighbor_values"]),
        row.get("verdict") or "",
        row["document"] or "",
        row["evidence"],
    )
