"""Parsers of what strangers write never raise, and what they cost does not grow with what was sent."""

import string
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantum_app.domain.flows import drafts
from quantum_app.domain.flows.engine.engine import opening, step
from quantum_app.domain.flows.engine.prompts import places, render
from quantum_app.domain.flows.model import expressions
from quantum_app.domain.flows.model.definition import Choice, Value, Variable, VariableType
from quantum_app.domain.flows.model.runtime import CallerSaid, CallStarted, Extracted
from quantum_app.domain.flows.nlu import choices, dialogue_acts, patterns, tokens
from quantum_app.domain.flows.nlu.acceptance import accept
from quantum_app.domain.flows.nlu.entity_extraction import extract
from quantum_app.domain.flows.ports import ExtractRequest
from quantum_app.domain.flows.validation import branches, validator
from quantum_app.domain.flows.validation.graph import STEPS
from quantum_app.errors import InvalidInput
from quantum_app.kit import lexical
from tests.unit.flows.nlu.test_entity_extraction import NOW
from tests.unit.flows.test_validation import sound

pytestmark = pytest.mark.unit

# Accents without a letter, digits of other scripts, letters that change their length with their case, halves of
# characters, what turns the direction of a text, and NUL.
ODD = [
    *"\u0301 \u0300\u0301 e\u0301 \u0663\u0664 \u096b \u1369 \u00b2 \u2460 \u00bd \u0130 \u1e9e \ufb01".split(),
    *"\ud800 \udfff \u202e \u200b \ufeff \x00 \x1b[31m \U0001d7d8 \U0001f468\u200d\U0001f469 \u00ad".split(),
    *("9" * 400, "-" + "9" * 20, "0" * 30 + ".", "1e999", "nan", "'" * 5, "(" * 50, "@" * 3, "a" * 300),
]
USUAL = (
    "my name is clara at dot com double triple hundred and a half point thousand euros no sorry not but first of march"
    " next friday in two weeks yes large k W plus oh o'clock from until ten cents dozen couple of spelled 12.3.2027 "
    "what is it ? ! , . - { } {name} and or not in [ ] == < > true"
).split()
TEXTS = st.lists(st.sampled_from(ODD + USUAL) | st.text(max_size=6), max_size=14).map(" ".join) | st.lists(
    st.sampled_from(ODD + USUAL), max_size=8
).map("".join)
VALUES: st.SearchStrategy[Any] = (
    TEXTS | st.integers() | st.floats(allow_nan=True) | st.booleans() | st.none() | st.just(10**400) | st.lists(TEXTS)
)
VARIABLES = tuple(
    Variable(
        name=f"v_{kind}{index}",
        type=kind,
        label="Number of rooms",
        ask="How many?",
        choices=(Choice(value="Large", also=("big", "\u0301")), Choice(value="\u0663")) if kind == "choice" else (),
        pattern="[A-Z][0-9]{5}" if index else "",
    )
    for kind in get_args(VariableType)
    for index in range(2)
)
JUDGMENTS = [
    function
    for name, function in vars(dialogue_acts).items()
    if getattr(function, "__module__", "") == dialogue_acts.__name__ and name[0].islower() and name != "contains_phrase"
]
FLOW = validator.parse(sound())


@given(TEXTS, st.sampled_from([None, *(item.name for item in VARIABLES)]))
def test_anything_may_be_told(text: str, current: str | None) -> None:
    values = extract(ExtractRequest(text, VARIABLES, NOW, current, "DE", {}))
    by_name = {item.name: item for item in VARIABLES}
    assert all(accept(by_name[name], value, "DE") == value for name, value in values.items())


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("kind", get_args(VariableType))
def test_each_odd_text_may_be_the_answer(odd: str, kind: VariableType) -> None:
    for variable in (item for item in VARIABLES if item.type == kind):
        for text in (odd, f"{odd} {odd}", f"five point {odd}", f"double {odd}", f"plus {odd}{odd} at x dot {odd}"):
            extract(ExtractRequest(text, (variable,), NOW, variable.name, "DE", {}))


@given(VALUES)
def test_any_value_may_be_brought_by_a_model(value: Any) -> None:
    for variable in VARIABLES:
        accepted = accept(variable, value, "DE")
        assert accepted is None or isinstance(accepted, Value)
    state = opening(FLOW)
    for event in (CallStarted(), CallerSaid(text="Hello, I am Clara.")):
        state, _ = step(FLOW, state, event)
    if isinstance(value, Value) and state.pending is not None:
        values = dict.fromkeys(("name", "seats", "nothing"), value)
        step(FLOW, state, Extracted(request=state.pending.request, values=values))


@given(TEXTS)
def test_any_condition_may_be_written(text: str) -> None:
    try:
        parsed = expressions.parse(text)
    except expressions.ExpressionError:
        return
    parsed.holds({})
    grounds = {name: branches.Ground("number") for name in parsed.names}
    branches.firsts((text,), tuple(sorted(grounds.items())))
    expressions.check(parsed, expressions.BUILT_IN)


@given(TEXTS, st.sampled_from(VARIABLES))
def test_any_words_may_be_judged(text: str, variable: Variable) -> None:
    for function in vars(dialogue_acts).values():
        if (
            callable(function)
            and getattr(function, "__module__", "") == dialogue_acts.__name__
            and function not in {dialogue_acts.contains_phrase, dialogue_acts.utterance_to_repeat}
        ):
            function(text)
    dialogue_acts.utterance_to_repeat(text, [("assistant", text)])
    dialogue_acts.contains_phrase(text, text)
    tokens.mentions_variable(text, variable)
    patterns.problem(text)
    places(text)
    render(text, {"name": text})
    lexical.terms(text)
    lexical.excerpt(text, text, 3)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(st.data())
def test_any_flow_may_be_sent(data: st.DataObject) -> None:
    """One part of a sound flow is replaced by something else."""
    document: Any = sound()
    at = document
    while isinstance(at, (dict, list)) and at:
        key = data.draw(st.sampled_from(sorted(at) if isinstance(at, dict) else range(len(at))))
        if not isinstance(at[key], (dict, list)) or data.draw(st.booleans()):
            at[key] = data.draw(JSON)
            break
        at = at[key]
    try:
        definition = drafts.read(document)
    except InvalidInput:
        return
    for problem in validator.check(definition):
        assert problem.sentence
    drafts.exported(definition)


# What it costs


def flow(conditions: list[str], *, nodes: int = 1, variables: list[dict[str, Any]] | None = None) -> Any:
    """A line of nodes, each with as many conditions as there are."""
    places = [f"n{number}" for number in range(nodes)]
    edges: list[dict[str, Any]] = [{"source": "start", "target": "n0", "condition": {"type": "fallback"}}]
    for here, after in zip(places, [*places[1:], "end"], strict=True):
        edges += [
            {"source": here, "target": after, "condition": {"type": "expression", "expression": text}}
            for text in conditions
        ]
        edges.append({"source": here, "target": after, "condition": {"type": "fallback"}})
    return validator.parse(
        {
            "schema_version": 3,
            "start": "start",
            "nodes": [
                {"type": "start", "id": "start", "greeting": "Hello."},
                *({"type": "dispatch", "id": place} for place in places),
                {"type": "end", "id": "end", "farewell": "Goodbye.", "next_steps": "We will write."},
            ],
            "edges": [{"id": f"e{number}", **edge} for number, edge in enumerate(edges)],
            "variables": variables or [],
        }
    )


NEVER = "turns > 1 and here > 2 and minutes > 3 and score > 4 and confidence > 2 and open and answered and complete"


@pytest.fixture
def evaluated(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The sizes of conditions that are asked while a flow is checked."""
    sizes: list[int] = []
    holds = expressions.Parsed.holds

    def counted(self: expressions.Parsed, values: Any) -> bool:
        sizes.append(self.size)
        return holds(self, values)

    branches.firsts.cache_clear()
    monkeypatch.setattr(expressions.Parsed, "holds", counted)
    yield sizes
    branches.firsts.cache_clear()


@pytest.mark.parametrize(("count", "nodes"), [(1, 1), (24, 1), (99, 1), (4, 300), (95, 20)])
def test_conditions_that_never_hold_cost_a_bounded_amount(evaluated: list[int], count: int, nodes: int) -> None:
    conditions = [f"{NEVER} and turns > {number} and {NEVER} and {NEVER}" for number in range(count)]
    validator.check(flow(conditions, nodes=nodes))
    assert sum(evaluated) < 2 * STEPS


def test_what_is_too_large_to_judge_is_not_published() -> None:
    conditions = [f"(turns > {number} or here > {number}) and minutes > {number} and score > 9" for number in range(60)]
    codes = {problem.code for problem in validator.check(flow(conditions, nodes=30)) if problem.severity == "error"}
    assert "too_large_to_judge" in codes


def test_a_node_has_a_hundred_conditions_at_most() -> None:
    codes = {problem.code for problem in validator.check(flow([f"turns > {n}" for n in range(101)]))}
    assert "too_many_conditions" in codes


def test_numbers_in_conditions_are_short() -> None:
    with pytest.raises(expressions.ExpressionError, match="15 digits"):
        expressions.parse(f"turns > {'9' * 400} or turns < -{'8' * 40}")


def test_an_answer_stays_small_however_much_is_wrong() -> None:
    """A line of nodes that each ask for an address without consent, with the longest names."""
    nodes: list[dict[str, Any]] = [
        {"type": "clarify", "id": f"n{number}", "name": "N" * 200, "fields": [{"variable": "email"}]}
        for number in range(490)
    ]
    edges = [
        {"id": f"e{number}", "source": f"n{number}", "target": f"n{number + 1}", "condition": {"type": "fallback"}}
        for number in range(489)
    ]
    edges.append({"id": "last", "source": "start", "target": "n0", "condition": {"type": "fallback"}})
    document = {
        "schema_version": 3,
        "start": "start",
        "nodes": [{"type": "start", "id": "start", "greeting": "Hello."}, *nodes],
        "edges": edges,
        "variables": [{"name": "email", "type": "email"}],
    }
    problems = validator.check(validator.parse(document))
    assert len(problems) == validator.MOST_PROBLEMS
    assert sum(len(problem.sentence) for problem in problems) < 250_000
    assert any("and 480 more" in problem.sentence or "…" in problem.sentence for problem in problems)


def test_only_so_many_words_are_compared_by_their_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = 0

    class Counted(SequenceMatcher[str]):
        def ratio(self) -> float:
            nonlocal compared
            compared += 1
            return super().ratio()

    monkeypatch.setattr(choices, "SequenceMatcher", Counted)
    letters = string.ascii_lowercase
    for count in (4, 60):
        variable = Variable(
            name="v",
            type="choice",
            choices=tuple(
                Choice(
                    value=f"{letters[n % 26]}{letters[n // 26]}ment",
                    also=tuple(f"{letters[k % 26]}ment {n} {k}" for k in range(40)),
                )
                for n in range(count)
            ),
        )
        text = " ".join(f"{letters[n % 26]}qment" for n in range(700))
        extract(ExtractRequest(text, (variable,), NOW, "v", "DE", {}))
    assert compared <= choices._MOST_COMPARED


def test_a_choice_has_so_many_words_at_most() -> None:
    many = [{"value": f"c{n}", "also": [f"w{n}x{k}" for k in range(40)]} for n in range(60)]
    document = flow([], variables=[{"name": "v", "type": "choice", "ask": "Which?", "choices": many}])
    assert "choices_too_many" in {problem.code for problem in validator.check(document)}
