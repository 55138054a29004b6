"""Saved cases: what they compare, and what they say when it is not so. Words are understood by rules alone here."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from quantum_app.domain.flows.model.definition import FlowDefinition
from quantum_app.domain.flows.testing import test_case
from quantum_app.domain.flows.testing.test_case import Case, CaseResult
from quantum_app.domain.flows.validation import validator
from quantum_app.domain.knowledge import flow_knowledge
from quantum_app.errors import Component, DependencyUnavailable, InvalidInput
from quantum_app.providers.nlu.local import LocalNlu

pytestmark = pytest.mark.unit

FLOW: dict[str, Any] = {
    "schema_version": 3,
    "start": "start",
    "nodes": [
        {"type": "start", "id": "start", "name": "Greeting", "greeting": "Hello, this is Mira."},
        {
            "type": "lead_gate",
            "id": "gate",
            "name": "Who is calling",
            "fields": [{"variable": "name"}, {"variable": "email"}],
            "consent": "May I note your name?",
        },
        {"type": "rag_answer", "id": "answers", "name": "Look it up", "fallback": "I can't tell you that."},
        {"type": "dispatch", "id": "route", "name": "Where to"},
        {"type": "end", "id": "person", "name": "A person", "farewell": "One moment.", "outcome": "handoff"},
        {"type": "end", "id": "end", "name": "Goodbye", "farewell": "Goodbye, {name}.", "next_steps": "We will write."},
    ],
    "edges": [
        {"id": "a", "source": "start", "target": "gate", "condition": {"type": "fallback"}},
        {"id": "b", "source": "gate", "target": "answers", "condition": {"type": "fallback"}},
        {
            "id": "c",
            "source": "answers",
            "target": "route",
            "condition": {"type": "expression", "expression": "here >= 2"},
        },
        {"id": "d", "source": "answers", "target": "end", "condition": {"type": "fallback"}},
        {
            "id": "e",
            "source": "route",
            "target": "person",
            "condition": {"type": "expression", "expression": "open and score >= 20"},
        },
        {"id": "f", "source": "route", "target": "end", "condition": {"type": "fallback"}},
    ],
    "variables": [
        {"name": "name", "type": "name", "ask": "Who am I speaking with?"},
        {"name": "email", "type": "email", "ask": "What is your address?"},
    ],
    "knowledge": [{"id": "prices", "name": "Prices", "texts": ["A studio costs 980 euros a month."]}],
    "rules": {
        "scores": [
            {"id": "price", "when": {"type": "keywords", "keywords": ["cost"]}, "points": 20, "reason": "asked a price"}
        ],
        "hours": [{"day": "mon", "opens": "09:00", "closes": "17:00"}],
    },
}
TURNS = ["Yes, you may.", "My name is Ines Moreau, ines.moreau@example.com", "What does a studio cost?"]


class Away:
    """An embedding server that is not there."""

    async def query(self, text: str) -> Sequence[float]:
        raise DependencyUnavailable(Component.RAG, "The embedding server is away.")

    async def passages(self, texts: Sequence[str]) -> list[Sequence[float]]:
        raise DependencyUnavailable(Component.RAG, "The embedding server is away.")


async def run(case: dict[str, Any], definition: FlowDefinition | None = None) -> CaseResult:
    definition = definition or validator.load(FLOW)
    embedder = Away()
    models = (LocalNlu(embedder),)
    return await test_case.run(
        definition, test_case.read({"name": "One"} | case), models, flow_knowledge.of_flow(definition, embedder)
    )


async def test_a_case_that_is_met() -> None:
    result = await run(
        {
            "turns": TURNS,
            "expected": {
                "path": ["start", "answers"],
                "variables": {"name": "ines moreau", "email": "ines.moreau@example.com"},
                "score": 20,
                "phrases": ["Hello", "980  Euros"],
                "ends": False,
                "hands_off": False,
            },
        }
    )
    assert result.why == ()
    assert result.ok
    assert result.path == ("start", "gate", "answers")
    assert result.values == {"name": "Ines Moreau", "email": "ines.moreau@example.com"}
    assert result.utterances[0].startswith("Hello, this is Mira.")
    assert (result.score, result.ended) == (20, False)


@pytest.mark.parametrize(
    ("expected", "why"),
    [
        ({"path": ["gate", "start"]}, "The call didn't reach “Greeting” after “Who is calling”. Its path: "),
        ({"path": ["end"]}, "The call didn't reach “Goodbye”. Its path: “Greeting” → “Who is calling” → “Look it up”."),
        (
            {"path": ["gate", "gone"]},
            "The call didn't reach a deleted node after “Who is calling”. Its path: “Greeting” → ",
        ),
        ({"variables": {"name": "Ines"}}, "“name” is “Ines Moreau”, expected “Ines”."),
        ({"variables": {"name": None}}, "“name” is “Ines Moreau”, expected unknown."),
        ({"variables": {"plan": "pro"}}, "“plan” is unknown, expected “pro”."),
        ({"score": 5}, "The score is 20, expected 5."),
        ({"phrases": ["a garden"]}, "“a garden” was never said."),
        ({"ends": True}, "The call didn't end."),
        ({"hands_off": True}, "The call wasn't handed off."),
    ],
)
async def test_each_expectation_that_is_not_met_is_told(expected: dict[str, Any], why: str) -> None:
    result = await run({"turns": TURNS, "expected": expected})
    assert not result.ok
    assert len(result.why) == 1
    assert result.why[0].startswith(why)


async def test_what_was_never_said_because_the_call_was_over_is_told() -> None:
    result = await run({"turns": ["Goodbye!", "And one more thing."], "expected": {"ends": False}})
    assert result.why == (
        "The call ended.",
        "The call ended before “And one more thing.”.",
    )


async def test_things_happen_beside_words() -> None:
    result = await run({"turns": [{"happens": "silence"}, {"happens": "gone_silent"}], "expected": {"ends": True}})
    assert result.ok
    assert any("still there" in words for words in result.utterances)


async def test_the_hour_counts() -> None:
    turns = [*TURNS, "What does a studio cost?"]
    open_now = {"turns": turns, "expected": {"path": ["route", "person"], "hands_off": True}}
    assert (await run(open_now)).why == ()
    at_night = {"begins": "2026-01-05T20:00:00Z", "turns": turns, "expected": {"path": ["route", "end"]}}
    assert (await run(at_night)).why == ()
    elsewhere = {"begins": "2026-01-05T20:00:00Z", "time_zone": "America/New_York", "turns": turns}
    assert (await run(elsewhere | {"expected": {"path": ["person"]}})).why == ()


async def test_somebody_may_take_a_handoff() -> None:
    turns: list[Any] = [*TURNS, "What does a studio cost?", {"happens": "operator_joins"}]
    result = await run({"operators": True, "turns": turns, "expected": {"ends": False, "hands_off": True}})
    assert result.why == ()
    given_back = await run(
        {"operators": True, "turns": [*turns, {"happens": "operator_leaves"}], "expected": {"ends": True}}
    )
    assert given_back.why == ()


async def test_what_was_known_before_counts() -> None:
    document = {"collected": {"name": "Ines Moreau", "email": "ines@example.com"}, "consent": True, "turns": []}
    result = await run(document | {"expected": {"path": ["start", "gate", "answers"]}})
    assert result.why == ()
    assert not any("Who am I" in words for words in result.utterances)


async def test_a_case_is_the_same_each_time() -> None:
    case = {"turns": [*TURNS, "tomorrow"]}
    assert await run(case) == await run(case)


def test_a_case_reads_back_as_it_is_stored() -> None:
    case = test_case.read({"name": "One", "turns": ["Hello.", {"happens": "silence", "after": 90}]})
    assert case.begins == datetime(2026, 1, 5, 10, tzinfo=UTC)
    assert [turn.says for turn in case.turns] == ["Hello.", ""]
    assert test_case.read(test_case.plain(case)) == case
    assert isinstance(case, Case)


@pytest.mark.parametrize(
    "broken",
    [
        {"name": ""},
        {"name": "One", "turns": [{"happens": "lightning"}]},
        {"name": "One", "turns": ["x"] * 61},
        {"name": "One", "begins": "2026-01-05T20:00:00"},
        {"name": "One", "begins": "9999-12-31T23:59:59Z"},
        {"name": "One", "collected": {"budget": float("nan")}},
        {"name": "One", "collected": {"note": "x" * 70_000}},
        {"name": "One", "expected": {"phrases": ["\0"]}},
        {"name": "One", "mood": "good"},
        [],
        None,
    ],
)
def test_what_is_no_case_is_refused(broken: Any) -> None:
    with pytest.raises(InvalidInput) as error:
        test_case.read(broken)
    assert error.value.code in {"case_invalid", "invalid_text", "case_too_large"}
