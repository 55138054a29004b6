"""What is written in the dashboard instead of uploaded, as the file that it is stored as."""

import csv
import io
from collections.abc import Iterable

from quantum_app.domain.knowledge.schemas import Document, DocumentKind, Upload
from quantum_app.errors import InvalidInput
from quantum_app.kit.sanitize import sanitize_for_postgres

LONGEST_NOTE = 50_000
LONGEST_QUESTION, LONGEST_ANSWER = 300, 2_000
MOST_QUESTIONS = 100
_EXTENSIONS = {DocumentKind.NOTE: ".md", DocumentKind.QA: ".csv"}


def note(name: str, text: str) -> Upload:
    """A text. Raises InvalidInput with the field `text`."""
    text = sanitize_for_postgres(text).strip()
    if not text:
        raise InvalidInput("Write something.", field="text")
    if len(text) > LONGEST_NOTE:
        raise InvalidInput(f"Use up to {LONGEST_NOTE:,} characters.", field="text")
    return Upload(name, "text/markdown", text.encode(), DocumentKind.NOTE)


def questions(name: str, pairs: Iterable[tuple[str, str]]) -> Upload:
    """Questions with their answers. Empty pairs are left out.

    Raises InvalidInput with the field `question-{n}` or `answer-{n}`, n from 0.
    """
    rows: list[tuple[str, str]] = []
    for number, (question, answer) in enumerate(pairs):
        question, answer = (" ".join(sanitize_for_postgres(text).split()) for text in (question, answer))
        if not question and not answer:
            continue
        if not question:
            raise InvalidInput("Enter a question.", field=f"question-{number}")
        if not answer:
            raise InvalidInput("Enter an answer.", field=f"answer-{number}")
        if len(question) > LONGEST_QUESTION:
            raise InvalidInput(f"Use up to {LONGEST_QUESTION} characters.", field=f"question-{number}")
        if len(answer) > LONGEST_ANSWER:
            raise InvalidInput(f"Use up to {LONGEST_ANSWER:,} characters.", field=f"answer-{number}")
        rows.append((question, answer))
    if not rows:
        raise InvalidInput("Enter a question.", field="question-0")
    file = io.StringIO()
    csv.writer(file).writerows([("question", "answer"), *rows])
    return Upload(name, "text/csv", file.getvalue().encode(), DocumentKind.QA)


def file_name(document: Document) -> str:
    """What the document's content is called as a file."""
    return document.name + _EXTENSIONS.get(document.kind, "")
