import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.bench.sentences import PLAIN
from ops.bench.words import edits, normalize, word_error

pytestmark = pytest.mark.unit

WORDS = st.lists(st.sampled_from("abcd"), max_size=8)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Twenty-five people.", "25 people"),
        ("fifteen hundred euros", "€1,500"),
        ("fifteen hundred euros", "1500 euros"),
        ("two thousand four hundred", "2,400"),
        ("one hundred and twenty", "120"),
        ("My number is five five five zero one four two", "My number is 555-0142."),
        ("anna dot weber at example dot com", "Anna.Weber@example.com."),
        ("the third of March", "the 3rd of March"),
        ("Is Friday the 14th of August possible?", "is friday the fourteenth of august possible"),
        ("half past ten", "half past 10"),
        ("3:30 in the afternoon", "three thirty in the afternoon"),
        ("Are you open at 9 a.m.?", "are you open at nine AM"),
        ("I'd like it, it's fine; we don't mind", "I would like it it is fine we do not mind"),
        ("My e-mail, um, is here", "My email is here."),
        ("the city centre", "the city center"),
        ("Okay, Doctor Evans", "OK Dr. Evans"),
        ("We moved here in 2019.", "We moved here in 2019"),
        ("two dogs and one cat", "2 dogs and 1 cat"),
    ],
)
def test_two_ways_to_write_the_same_words_are_equal(one: str, other: str) -> None:
    assert normalize(one) == normalize(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("twenty five", "twenty six"), ("example dot com", "example dot org"), ("five hundred", "five thousand")],
)
def test_different_words_stay_different(one: str, other: str) -> None:
    assert normalize(one) != normalize(other)


def test_every_sentence_of_the_corpus_has_words_that_survive_being_normalised_again() -> None:
    for text in PLAIN:
        assert normalize(text)
        assert normalize(" ".join(normalize(text))) == normalize(text)


def naive(reference: tuple[str, ...], transcript: tuple[str, ...]) -> int:
    if not reference or not transcript:
        return len(reference) + len(transcript)
    return min(
        naive(reference[1:], transcript) + 1,
        naive(reference, transcript[1:]) + 1,
        naive(reference[1:], transcript[1:]) + (reference[0] != transcript[0]),
    )


@given(reference=st.lists(st.sampled_from("abc"), max_size=5), transcript=st.lists(st.sampled_from("abc"), max_size=5))
def test_edits_are_the_fewest_there_are(reference: list[str], transcript: list[str]) -> None:
    assert edits(reference, transcript) == naive(tuple(reference), tuple(transcript))


@given(reference=WORDS, transcript=WORDS, other=WORDS)
def test_edits_are_a_distance(reference: list[str], transcript: list[str], other: list[str]) -> None:
    assert edits(reference, reference) == 0
    assert edits(reference, transcript) == edits(transcript, reference)
    assert edits(reference, other) <= edits(reference, transcript) + edits(transcript, other)


def test_word_error_counts_words_of_all_sentences_together() -> None:
    assert word_error([("one two", "one two"), ("a b c d", "a b x d")]) == pytest.approx(1 / 6)
    assert word_error([("yes", "yes yes yes")]) == 2.0
