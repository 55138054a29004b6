"""Documents to passages: nothing is lost, and each makes sense alone."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantum_app.domain.knowledge import sentences
from quantum_app.domain.knowledge.chunking import (
    MAX_CHARACTERS,
    MAX_OVERLAP_SENTENCES,
    MAX_WORDS,
    Chunk,
    chunks,
)
from quantum_app.domain.knowledge.extraction.child.builder import Builder
from quantum_app.domain.knowledge.extraction.document import BlockKind, Document, FileType
from quantum_app.domain.knowledge.extraction.limits import Limits
from tests.examples import examples

pytestmark = pytest.mark.unit

WORDS = st.sampled_from(["apartment", "the", "Rent", "is", "Dr.", "3.", "$19.", "why?", "Ünder", "x" * 40, "漢字。"])
TEXTS = st.lists(WORDS, min_size=1, max_size=400).map(" ".join) | st.text(min_size=1, max_size=3_000)
TITLES = st.sampled_from(["Prices", "Rules", "Rules about pets"])
CELLS = st.lists(st.text(max_size=30), min_size=2, max_size=3)
PARTS = st.lists(
    st.one_of(
        st.tuples(st.just("heading"), TITLES, st.integers(1, 3)),
        st.tuples(st.just("paragraph"), TEXTS),
        st.tuples(st.just("list_item"), TEXTS, st.just(1)),
        st.tuples(st.just("question"), TITLES, st.lists(TEXTS, min_size=1, max_size=2)),
        st.tuples(st.just("table"), st.just(["Plan", "Price"]), st.lists(CELLS, min_size=1, max_size=30)),
    ),
    max_size=12,
)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    builder = Builder(Limits())
    for name, *arguments in draw(PARTS):
        getattr(builder, name)(*arguments)
    return Document(FileType.TEXT, builder.blocks())


def prose(words: int, sentence: str = "Heating is included in the rent of every apartment here. ") -> str:
    return (sentence * (words // len(sentence.split()) + 1)).strip()


def build(*parts: tuple[str, object]) -> list[Chunk]:
    builder = Builder(Limits())
    for name, *arguments in parts:
        getattr(builder, name)(*arguments)
    return chunks(Document(FileType.TEXT, builder.blocks()))


@settings(max_examples=examples(60), deadline=None)
@given(documents())
def test_nothing_is_lost_and_offsets_are_right(document: Document) -> None:
    passages = chunks(document)
    text = document.text
    covered = bytearray(len(text))
    for number, passage in enumerate(passages):
        assert passage.ordinal == number
        assert passage.text == text[passage.start : passage.end] == passage.text.strip()
        assert passage.search_text.endswith(passage.text)
        assert all(heading in passage.search_text for heading in passage.path)
        covered[passage.start : passage.end] = b"\1" * (passage.end - passage.start)
    paths = {heading for passage in passages for heading in passage.path}
    for block, start in document.placed():
        end = start + len(block.text)
        if block.kind == BlockKind.HEADING and block.text in paths:
            continue
        if block.kind == BlockKind.QUESTION and block.text.partition("\n")[0] in paths:
            start += block.text.index("\n")
        assert all(covered[at] or text[at].isspace() for at in range(start, end))


@settings(max_examples=examples(60), deadline=None)
@given(documents())
def test_limits_order_and_overlap(document: Document) -> None:
    passages = chunks(document)
    headings = [start for block, start in document.placed() if block.kind == BlockKind.HEADING]
    for passage in passages:
        assert len(passage.text.split()) <= MAX_WORDS
        assert len(passage.text) <= MAX_CHARACTERS
        assert not any(passage.start < heading < passage.end for heading in headings), "never across headings"
    for passage, following in pairwise(passages):
        assert passage.start < following.start
        assert passage.end < following.end
        if following.start < passage.end:
            assert passage.path == following.path, "overlap only within a section"
            overlap = document.text[following.start : passage.end]
            assert len(list(sentences.spans(overlap))) <= MAX_OVERLAP_SENTENCES


@settings(max_examples=examples(30), deadline=None)
@given(documents())
def test_the_same_document_gives_the_same_passages(document: Document) -> None:
    assert chunks(document) == chunks(document)


def test_a_short_section_is_one_passage_with_its_headings() -> None:
    (passage,) = build(
        ("heading", "Rules", 1), ("heading", "Pets", 2), ("paragraph", "Cats."), ("list_item", "No dogs.", 1)
    )
    assert passage.text == "Cats.\nNo dogs."
    assert passage.search_text == "Rules > Pets\nCats.\nNo dogs."
    assert (passage.path, passage.start, passage.end) == (("Rules", "Pets"), 11, 25)


def test_a_long_section_is_divided_evenly_between_sentences() -> None:
    passages = build(("heading", "Rules", 1), ("paragraph", prose(400), 7))
    assert len(passages) == 3
    assert all(120 <= len(passage.text.split()) <= MAX_WORDS for passage in passages)
    assert all(passage.text.endswith("here.") and passage.page == 7 for passage in passages)
    first, second, _ = passages
    assert first.end - second.start == len(prose(1)) * 2 + 1, "two sentences"


def test_sections_of_the_same_name_stay_apart() -> None:
    passages = build(("heading", "A", 1), ("paragraph", "One."), ("heading", "A", 1), ("paragraph", "Two."))
    assert [passage.text for passage in passages] == ["One.", "Two."]


def test_headings_with_nothing_below_are_passages() -> None:
    passages = build(("heading", "A", 1), ("heading", "B", 1), ("heading", "C", 2), ("paragraph", "Text."))
    assert [passage.search_text for passage in passages] == ["A", "B > C\nText."]


def test_rows_make_sense_alone() -> None:
    rows = [[f"Plan {number}", f"${number}"] for number in range(100)]
    passages = build(("paragraph", "Prices:"), ("table", ["Plan", "Price"], rows))
    assert passages[0].text == "Prices:"
    assert len(passages) > 2
    lines = [line for passage in passages[1:] for line in passage.text.split("\n")]
    assert lines == [f"Plan: Plan {number}; Price: ${number}" for number in range(100)]


def test_a_question_keeps_its_answer() -> None:
    passages = build(("question", "Do you ship?", ["Yes."]), ("question", "Why?", [prose(250)]))
    assert passages[0].text == "Do you ship?\nYes."
    assert len(passages) == 3
    assert all(passage.path == ("Why?",) for passage in passages[1:])


def test_the_digest_ignores_spacing_and_composition() -> None:
    (one,) = build(("heading", "A", 1), ("paragraph", "Café  open."))
    (other,) = build(("heading", "A", 1), ("paragraph", "Cafe\u0301\nopen."))
    (another,) = build(("heading", "B", 1), ("paragraph", "Café open."))
    assert one.sha256 == other.sha256 != another.sha256


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("Ask Dr. Smith, e.g. on Monday. Or J. Doe.", ["Ask Dr. Smith, e.g. on Monday.", "Or J. Doe."]),
        ("It costs $19.50. 20 people came.", ["It costs $19.50.", "20 people came."]),
        ('He said "Go." Then he left.', ['He said "Go."', "Then he left."]),
        ("営業中です。明日は休み。", ["営業中です。", "明日は休み。"]),
        ("1. First. Then.", ["1. First.", "Then."]),
        ("no end", ["no end"]),
        ("  ", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in sentences.spans(text)] == expected
