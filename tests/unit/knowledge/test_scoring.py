"""Which passage of several fits a question best."""

import numpy as np
import pytest

from quantum_app.domain.knowledge.scoring import Passages, Text

pytestmark = pytest.mark.unit


def best(question: str, texts: list[Text]) -> Text:
    return texts[int(np.argmax(Passages(texts).score(question, None)))]


def test_the_edition_that_is_asked_for_wins() -> None:
    fees = [Text(f"tuition-{years}.md", f"Tuition and Fees {years} > Fees", "Parking: $72 a year.") for years in
            ("2025-26", "2026-27")]  # fmt: skip
    assert best("What's parking in '26–'27?", fees).document == "tuition-2026-27.md"
    assert best("What was parking in '25–'26?", fees).document == "tuition-2025-26.md"
    weekdays = Text("hours-weekday.md", "Hours on weekdays", "We open at 8 a.m.")
    weekend = Text("hours-weekend.md", "Hours on the weekend", "We open at 10 a.m.")
    assert best("When do you open on the weekend?", [weekdays, weekend]) is weekend


def test_a_row_counts_by_itself() -> None:
    """A long table has a word of every question; the answer has several of them in one place."""
    table = Text("a.md", "Rooms", "Room: Lake; Bed: king; Pets: no\nRoom: Garden; Bed: queen; Balcony: yes")
    sentence = Text("a.md", "Pets", "Pets may stay in a garden room.")
    assert best("Are pets fine in the garden room?", [table, sentence]) is sentence


def test_a_time_is_answered_by_what_states_one() -> None:
    texts = [Text("a.md", "", "The pool is kept warm."), Text("a.md", "", "The pool closes at 9 p.m.")]
    assert best("What time does the pool close?", texts) is texts[1]


def test_words_that_mean_the_same_count() -> None:
    texts = [Text("a.md", "", "Cats and dogs are welcome."), Text("a.md", "", "Cars are welcome.")]
    assert best("Can I bring my pet?", texts) is texts[0]


def test_a_word_is_as_rare_as_it_is_in_the_whole_base() -> None:
    """Candidates have the question's words, so among them a rare word looks common."""
    texts = [Text("a.md", "", "The deposit is due."), Text("b.md", "", "The bonsai is due.")]
    question = "bonsai deposit"
    common = Passages(texts, size=1000, frequencies={"deposit": 900, "bonsai": 2}).score(question, None)
    assert common[1] > common[0]
    rare = Passages(texts, size=1000, frequencies={"deposit": 2, "bonsai": 900}).score(question, None)
    assert rare[0] > rare[1]


@pytest.mark.parametrize("question", ["", "?!", "the of and", "\0", "x" * 300, "a hundred " * 400])
def test_scores_stay_between_0_and_1(question: str) -> None:
    texts = [Text("a.md", "A > B", "Plan: Basic; Price: $19"), Text("", "", "")]
    for meaning in (None, np.asarray([1.0, 1.0], np.float32)):
        scores = Passages(texts).score(question, meaning)
        assert ((scores >= 0) & (scores <= 1)).all()
    assert len(Passages([]).score(question, None)) == 0
