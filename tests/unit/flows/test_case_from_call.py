"""Calls as cases: what was said, the way it took, and nobody's contact data."""

from datetime import UTC, datetime, timedelta

import pytest

from quantum_app.domain.flows.model.definition import FlowDefinition
from quantum_app.domain.flows.testing import case_from_call, test_case
from quantum_app.domain.flows.testing.case_from_call import PastCall
from quantum_app.domain.flows.testing.test_case import Case
from quantum_app.domain.flows.validation import validator
from quantum_app.domain.knowledge import flow_knowledge
from quantum_app.errors import Conflict
from quantum_app.providers.nlu.local import LocalNlu
from tests.unit.flows.test_cases import FLOW, Away

pytestmark = pytest.mark.unit

BEGAN = datetime(2026, 1, 5, 10, tzinfo=UTC)
DEFINITION = validator.load(FLOW)


def around() -> tuple[tuple[LocalNlu], dict[str, flow_knowledge.Knowledge]]:
    embedder = Away()
    return (LocalNlu(embedder),), flow_knowledge.of_flow(DEFINITION, embedder)


async def case_of(
    *lines: tuple[str, str, str | None],
    name: str | None = None,
    email: str | None = None,
    end_reason: str = "caller_left",
    definition: FlowDefinition = DEFINITION,
) -> Case:
    """lines: (speaker, text, node), four seconds apart."""
    turns = tuple(
        (speaker, text, BEGAN + timedelta(seconds=4 * number), node)
        for number, (speaker, text, node) in enumerate(lines)
    )
    call = PastCall(BEGAN, "Europe/Berlin", name, email, turns, end_reason)
    return await case_from_call.case(definition, call, *around())


async def test_a_call_is_led_again_the_same_way() -> None:
    case = await case_of(
        ("assistant", "Hello, this is Mira.", "start"),
        ("caller", "Is a studio still free?", "gate"),
        ("operator", "Let me help.", "gate"),
        ("assistant", "Who am I speaking with?", "gate"),
        ("caller", "Ines Moreau", "gate"),
        ("caller", "ines.moreau@example.com", "gate"),
        ("assistant", "I can't tell you that.", "answers"),
        ("caller", "Goodbye!", "gone"),
        end_reason="goodbye",
    )
    assert case.name == "Call on January 5, 2026, 11:00", "in the account's time"
    assert (case.begins, case.time_zone, case.consent) == (BEGAN, "Europe/Berlin", True)
    assert [turn.after for turn in case.turns] == [4, 12, 4, 8]
    assert case.expected.path == ("start", "gate", "answers")
    assert case.expected.ends is True
    assert [turn.says for turn in case.turns] == [
        "Is a studio still free?",
        "My name is Alex Sample.",
        "My email address is alex.sample@example.com.",
        "Goodbye!",
    ]
    result = await test_case.run(DEFINITION, case, *around())
    assert result.why == ()
    assert result.values == {"name": "Alex Sample", "email": "alex.sample@example.com"}


async def test_what_was_read_back_is_told_where_it_was_said() -> None:
    variables = tuple(item.model_copy(update={"confirm": item.type == "email"}) for item in DEFINITION.variables)
    definition = DEFINITION.model_copy(update={"variables": variables})
    case = await case_of(
        ("caller", "I am Ines Moreau", "gate"),
        ("caller", "ines dot moreau at example dot com", "gate"),
        ("caller", "Yes, that is right.", "answers"),
        definition=definition,
    )
    assert [turn.says for turn in case.turns] == [
        "My name is Alex Sample.",
        "My email address is alex.sample@example.com.",
        "Yes, that is right.",
    ]
    result = await test_case.run(definition, case, *around())
    assert result.values == {"name": "Alex Sample", "email": "alex.sample@example.com"}


async def test_what_was_cut_off_says_nothing_about_an_end() -> None:
    case = await case_of(("assistant", "Hello.", "start"), ("caller", "Hello?", "gate"))
    assert case.expected.ends is None


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ((), "nothing_said"),
        ((("assistant", "Hello.", "start"), ("caller", " ", "gate")), "nothing_said"),
        ((("assistant", "Hello.", None), ("caller", "Hello?", None)), "way_unknown"),
        ((("assistant", "Hello.", "start of another flow"), ("caller", "Hello?", "gone")), "way_unknown"),
    ],
)
async def test_a_call_that_nothing_can_be_expected_of_is_no_case(
    lines: tuple[tuple[str, str, str | None], ...], code: str
) -> None:
    with pytest.raises(Conflict) as error:
        await case_of(*lines)
    assert error.value.code == code


@pytest.mark.parametrize(
    "words",
    [
        "It is Ines Moreau speaking.",
        "You can write to INES@EXAMPLE.COM, that is me, Ines.",
        "Moreau is my name.",
        "This is ines dot moreau at example dot com",
        "M O R E A U, Moreau.",
    ],
)
async def test_nothing_is_left_of_who_called(words: str) -> None:
    case = await case_of(
        ("caller", "My name is Ines Moreau, ines.moreau@example.com", "gate"),
        ("caller", words, "gate"),
        ("caller", f"And once more: {words}", "answers"),
        name="Ines Moreau",
        email="ines@example.com",
    )
    text = " ".join([case.name, *map(str, case.collected.values()), *(turn.says for turn in case.turns)]).lower()
    assert "moreau" not in text.replace(" ", "")
    assert "ines" not in text
    assert case.collected == {"name": "Alex Sample", "email": "alex.sample@example.com"}
