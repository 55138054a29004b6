"""What words say about the end of a sentence."""

import pytest

from agent_worker.turn_detection.backchannel import is_backchannel
from agent_worker.turn_detection.syntactic_completeness import Completeness, classify_completeness

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "text",
    [
        "I would like to",
        "What are the opening hours of the",
        "I want to know if.",
        "Do you deliver to",
        "The reason I am calling is that",
        "My number is five five five",
        "My email is anna at",
        "My email is anna at example dot",
        "Well,",
        "Um",
        "I was looking for...",
        "So I",
        "",
    ],
)
def test_unfinished(text: str) -> None:
    assert classify_completeness(text) is Completeness.INCOMPLETE


@pytest.mark.parametrize(
    "text",
    [
        "Yes.",
        "No, thanks.",
        "Goodbye.",
        "Thank you very much, that is all.",
        "My email is anna at example dot com.",
        "My email is anna@example.com.",
    ],
)
def test_finished(text: str) -> None:
    assert classify_completeness(text) is Completeness.COMPLETE


@pytest.mark.parametrize(
    "text",
    [
        "I would like to book a tour.",
        "Do you allow pets?",
        "Okay, and how much is a parking space?",
        "Where are you from?",
        "How much?",
        "When can I move in?",
        "My phone number is five five five one two three four.",
        "Tell me about the deposit.",
    ],
)
def test_not_unfinished(text: str) -> None:
    assert classify_completeness(text) is not Completeness.INCOMPLETE


@pytest.mark.parametrize(
    "text", ["Mm-hmm.", "Yeah.", "Okay.", "Uh-huh.", "I see.", "Right, right.", "Oh, okay.", "Mama", "Hmm?"]
)
def test_backchannels(text: str) -> None:
    assert is_backchannel(text)


@pytest.mark.parametrize(
    "text", ["No.", "Stop.", "Wait.", "Yes, but how much is it?", "How much?", "", "Okay and the deposit?"]
)
def test_words_that_want_the_floor(text: str) -> None:
    assert not is_backchannel(text)


@pytest.mark.parametrize(("text", "confidence"), [("It's her.", 0.25), ("moment", 0.16)])
def test_a_hum_that_was_taken_for_words_is_a_backchannel(text: str, confidence: float) -> None:
    assert is_backchannel(text, confidence)
    assert not is_backchannel(text, 0.6)
