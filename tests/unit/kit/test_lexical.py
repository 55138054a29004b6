"""What one question may cost, and which words count as misspelled."""

import random
import string
from collections.abc import Callable, Iterator

import pytest

from quantum_app.kit import lexical
from quantum_app.kit.lexical import Index

pytestmark = pytest.mark.unit

RANDOM = random.Random(7)
ALPHABET = string.ascii_lowercase + string.digits + "'"


def random_words(count: int, letters: int) -> list[str]:
    return ["".join(RANDOM.choices("bcdfghjklmnopqrtuvwxyz", k=letters)) for _ in range(count)]


@pytest.fixture
def comparisons(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every comparison with a term, and every spelling that is looked up."""
    attempts: list[str] = []
    spellings: Callable[[str], Iterator[str]] = vars(lexical)["_spellings"]
    one_letter_apart: Callable[[str, str], bool] = vars(lexical)["_one_letter_apart"]

    def count_spellings(word: str) -> Iterator[str]:
        for spelling in spellings(word):
            attempts.append(spelling)
            yield spelling

    def count_comparison(word: str, other: str) -> bool:
        attempts.append(other)
        return one_letter_apart(word, other)

    monkeypatch.setattr(lexical, "_spellings", count_spellings)
    monkeypatch.setattr(lexical, "_one_letter_apart", count_comparison)
    return attempts


@pytest.mark.parametrize("letters", [4, 6, 8, 24])
def test_the_worst_question_costs_little_whatever_is_known(comparisons: list[str], letters: int) -> None:
    terms = random_words(15_000, letters)
    index = Index([" ".join(terms[start::100]) for start in range(100)])
    question = " ".join(random_words(2_000 // (letters + 1), letters))
    query = index.query(question)
    index.scores(query)
    index.fits(query)
    # 40 words, of each at most two spellings per letter of the alphabet and place.
    assert 0 < len(comparisons) <= 40 * 2 * len(ALPHABET) * (letters + 1)


def test_few_terms_are_compared_one_by_one(comparisons: list[str]) -> None:
    index = Index(["parking harbor visa", "whitening rent"])
    index.query("harbxr")
    assert sorted(comparisons) == ["harbor", "whiten"]


def test_a_question_is_read_up_to_its_fortieth_word() -> None:
    words = [f"w{number:03}" for number in range(100, 200)]
    query = Index(["parking"]).query(" ".join([*words[:40], *words]))
    assert list(query.terms) == words[:40]


def test_a_repeated_word_is_compared_once(comparisons: list[str]) -> None:
    index = Index(["parking"])
    index.query("parkyng")
    once = len(comparisons)
    index.query(" ".join(["parkyng"] * 200))
    assert len(comparisons) == 2 * once


@pytest.mark.parametrize("crowd", [0, 10_000], ids=["few terms", "many terms"])
@pytest.mark.parametrize(
    ("word", "term"),
    [
        ("harbxr", "harbor"),
        ("xarbor", "harbor"),
        ("harbox", "harbor"),
        ("harbo", "harbor"),
        ("arbor", "harbor"),
        ("haarbor", "harbor"),
        ("harboru", "harbor"),
        ("harb0r", "harbor"),
        ("vista", "visa"),
        ("viza", "visa"),
        ("via", None),  # too short to tell
        ("harxxr", None),
        ("harobr", None),
    ],
)
def test_one_letter_is_forgiven(word: str, term: str | None, crowd: int) -> None:
    # Digits in front: no other word comes near.
    others = [f"{number:05}q{number % 7}"[:length] for number in range(crowd) for length in (6, 7)]
    index = Index(["harbor", "visa", " ".join(others)])
    (candidates,) = index.query(word).terms.values()
    assert list(candidates) == ([] if term is None else [term])


@pytest.mark.parametrize("letters", [4, 5, 7])
def test_both_ways_to_look_for_a_spelling_agree(letters: int) -> None:
    spellings: Callable[[str], Iterator[str]] = vars(lexical)["_spellings"]
    one_letter_apart: Callable[[str, str], bool] = vars(lexical)["_one_letter_apart"]
    for word in random_words(20, letters):
        near = set(spellings(word)) - {word}
        assert all(one_letter_apart(word, spelling) for spelling in near)
        # Every letter changed, every letter put anywhere, every letter left out.
        substitutions = {word[:at] + letter + word[at + 1 :] for at in range(letters) for letter in ALPHABET} - {word}
        longer = {word[:at] + letter + word[at:] for at in range(letters + 1) for letter in ALPHABET}
        shorter = {word[:at] + word[at + 1 :] for at in range(letters)} if letters > 4 else set[str]()
        assert near == substitutions | longer | shorter


def test_texts_without_words_score_nothing() -> None:
    index = Index(["", "?!"])
    assert index.scores(index.query("parking")) == [0.0, 0.0]
    assert Index([]).scores(Index([]).query("parking")) == []
