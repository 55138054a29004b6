"""Passages that sound like an answer, and speak of something else."""

import pytest

from quantum_app.kit.lexical import Index

pytestmark = pytest.mark.unit

PASSAGES = (
    "Prices. Whitening costs 320 euros, and a ceramic crown starts at 650 euros.",
    "Insurance. Please bring your insurance card.",
    "Cleaning. A professional cleaning takes forty-five minutes.",
)
INDEX = Index(PASSAGES)


@pytest.mark.parametrize(
    ("question", "fits"),
    [
        ("How much is whitening?", (1.0, 0.5, 0.5)),
        ("what do you charge for a crown", (1.0, 0.5, 0.5)),
        ("how much is a croun", (1.0, 0.5, 0.5)),
        ("How much is an implant?", (0.4, 0.4, 0.4)),
        ("What does it cost?", (1.0, 1.0, 1.0)),
        ("Do you take Aetna insurance?", (13 / 15, 13 / 15, 13 / 15)),
        ("Is the museum open?", (0.8, 0.8, 0.8)),
        ("Where are you?", (1.0, 1.0, 1.0)),
        ("", (1.0, 1.0, 1.0)),
    ],
)
def test_doubt_grows_with_what_is_unknown(question: str, fits: tuple[float, ...]) -> None:
    assert INDEX.fits(INDEX.query(question)) == pytest.approx(fits)


def test_a_price_is_answered_by_what_states_one() -> None:
    texts = ("We offer check-ups and cleanings.", "The deposit is two months' rent.", "A cleaning is 80 pounds.")
    index = Index(texts)
    assert index.amounts(index.query("How much is a cleaning?")) == [0.3, 1.0, 1.0]
    assert index.amounts(index.query("Do you offer cleanings?")) == [1.0, 1.0, 1.0]
