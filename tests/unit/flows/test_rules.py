"""What callers' words mean."""

import pytest

from quantum_app.domain.flows import rules


@pytest.mark.parametrize(
    "text",
    [
        "Goodbye.",
        "Bye bye!",
        "Okay, thank you, goodbye.",
        "Thanks, that's all.",
        "That is all, thank you very much.",
        "No, thank you.",
        "Great, thanks a lot. Bye.",
        "Thank you. Goodbye.",
        "See you later!",
        "Have a nice day.",
        "Please hang up.",
        "I have to go now.",
        "Nothing else, thanks.",
        "All right, bye Mira.",
        "Perfect, have a good weekend, bye.",
    ],
)
def test_farewells(text: str) -> None:
    assert rules.intent(text) == "goodbye"


@pytest.mark.parametrize(
    "text",
    [
        "I don't want to say goodbye to my dog.",
        "Is that all I have to pay?",
        "What happens when I say goodbye to the apartment?",
        "Do I have to go to the office?",
        "Is there anything else I need to apply?",
        "Can I see you on Saturday?",
        "No, I meant the two-bedroom apartment.",
        "Do you have a nice view?",
        "Hello, how much is a studio?",
        "Thanks, and what about parking?",
        "",
    ],
)
def test_questions_stay_questions(text: str) -> None:
    assert rules.intent(text) == "question"


@pytest.mark.parametrize(
    ("text", "contains"),
    [
        ("Hello?", "Hello"),
        ("Thank you so much.", "welcome"),
        ("Are you a robot?", "AI assistant"),
        ("Am I talking to a real person?", "AI assistant"),
        ("Okay.", "else"),
    ],
)
def test_courtesies_are_answered_at_once(text: str, contains: str) -> None:
    assert rules.intent(text) == "smalltalk"
    assert contains in (rules.courtesy(text) or "")


def test_asking_again() -> None:
    assert rules.asks_again("Sorry, what was that?")
    assert rules.asks_again("Could you repeat that please?")
    assert not rules.asks_again("What was the price of the studio you said at the beginning of our call?")
