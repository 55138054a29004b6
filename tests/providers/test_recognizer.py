"""What the decoder is not believed."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from local_providers.deepgram.recognizer import Decoding, is_invented, without_repetition

pytestmark = pytest.mark.provider


@pytest.mark.parametrize(
    ("tokens", "seconds", "prefix"),
    [
        ([1, 2, 1, 2, 1, 2], 0.5, [1, 2]),
        ([1, 2, 1, 2], 1.0, [1, 2, 1, 2]),
        ([7, 1, 2, 3, 4, 1, 2, 3, 4], 1.0, [7, 1, 2, 3, 4]),
        ([7, 1, 2, 3, 4, 1, 2, 3, 4], 3.0, [7, 1, 2, 3, 4, 1, 2, 3, 4]),
        ([7, 1, 2, 3, 4, 1, 2, 3], 1.0, [7, 1, 2, 3, 4, 1, 2, 3]),
        ([9, 5, 5, 5, 0, 1], 0.5, [9, 5, 5, 5, 0, 1]),
        ([9, 5, 5, 5, 5, 5, 0, 1], 10.0, [9, 5]),
        ([], 1.0, []),
    ],
)
def test_a_loop_is_cut(tokens: list[int], seconds: float, prefix: list[int]) -> None:
    assert without_repetition(tokens, seconds) == prefix


@given(tokens=some.lists(some.integers(0, 5), max_size=40), seconds=some.floats(0.1, 20))
def test_what_is_kept_is_the_beginning_and_has_no_loop(tokens: list[int], seconds: float) -> None:
    prefix = without_repetition(tokens, seconds)
    assert prefix == tokens[: len(prefix)]
    assert not tokens or prefix
    assert without_repetition(prefix, 1000) == prefix


@pytest.mark.parametrize(
    ("text", "log_probability", "no_speech", "invented"),
    [
        ("Yes.", -0.6, 0.1, False),
        ("Thank you.", -0.4, 0.05, False),
        ("Thank you.", -0.4, 0.5, True),
        ("You", -1.2, 0.1, True),
        ("What are your opening hours?", -0.9, 0.7, True),
        ("What are your opening hours?", -0.2, 0.7, False),
        (" ...", -0.1, 0.0, True),
    ],
)
def test_what_is_invented(text: str, log_probability: float, no_speech: float, invented: bool) -> None:
    assert is_invented(text, Decoding(log_probability, no_speech)) is invented
