"""What the knowledge pages say about documents and passages."""

from dataclasses import replace

import pytest

from quantum_app.domain.flows.engine.runner import THRESHOLD
from quantum_app.domain.knowledge.schemas import Document, DocumentKind, Match, Passage, Version, VersionStatus
from quantum_app.kit.clock import now
from quantum_app.kit.ids import new_id
from quantum_app.web.knowledge import view

pytestmark = pytest.mark.unit

VERSION = Version(
    new_id(), new_id(), "", "0" * 64, 1500, VersionStatus.READY, 100, 1, None, None, None, None, now(), now()
)
DOCUMENT = Document(VERSION.document_id, new_id(), DocumentKind.FILE, "hours.pdf", None, True, True, 3, VERSION, now())
PASSAGE = Passage(
    DOCUMENT.id, VERSION.id, 0, "hours.pdf", DocumentKind.FILE, " Open at nine. \n", "Hours > Weekdays", 2, "0" * 64
)


def row(status: VersionStatus, *, searchable: bool = True, error: str | None = None) -> view.DocumentRow:
    version = replace(VERSION, status=status, error=error)
    return view.document(replace(DOCUMENT, version=version, searchable=searchable))


def test_a_document_says_what_it_is_and_how_far() -> None:
    ready = row(VersionStatus.READY)
    assert (ready.note, ready.status, ready.tone) == ("File · 2 kB · 3 passages", "Ready", "green")
    assert (ready.working, ready.can_retry, ready.stale) == (False, False, False)
    new = row(VersionStatus.INDEXING, searchable=False)
    assert (new.note, new.status, new.working, new.stale) == ("File · 2 kB", "Indexing", True, False)


def test_a_failed_version_says_why_while_the_earlier_one_is_searched() -> None:
    failed = row(VersionStatus.FAILED, error="This file contains no text.")
    assert (failed.problem, failed.can_retry, failed.stale) == ("This file contains no text.", True, True)


def test_every_status_and_kind_has_a_word() -> None:
    assert {*view.STATUSES} == {*VersionStatus}
    assert {*view.KINDS} == {*DocumentKind}


@pytest.mark.parametrize(
    ("similarity", "words", "why"),
    [(0.8, 0.2, "Meaning and words match"), (0.8, None, "Meaning matches"), (None, 0.2, "Words match")],
)
def test_a_passage_says_where_it_stands_and_why_it_fits(
    similarity: float | None, words: float | None, why: str
) -> None:
    match = view.match(Match(PASSAGE, 0.756, similarity, words), "kb_x")
    assert (match.score, match.good, match.why) == ("76%", True, why)
    assert (match.document, match.place, match.text) == ("hours.pdf", "Page 2 · Hours > Weekdays", "Open at nine.")
    assert match.href.startswith("/knowledge/kb_x/doc_")


def test_the_verdict_is_that_of_a_call() -> None:
    below, enough = Match(PASSAGE, THRESHOLD - 0.01, 0.5, None), Match(PASSAGE, THRESHOLD, 0.5, None)
    assert view.verdict([]).startswith("No passage fits.")
    assert view.verdict([below]).startswith("An assistant would say that it doesn't know")
    assert view.verdict([enough, below]).startswith("An assistant would answer")
    assert not view.match(below, "kb_x").good


@pytest.mark.parametrize(
    ("size", "text"), [(10, "10 bytes"), (1500, "2 kB"), (999_499, "999 kB"), (25_000_000, "25.0 MB")]
)
def test_sizes_are_in_words(size: int, text: str) -> None:
    assert view.file_size(size) == text
