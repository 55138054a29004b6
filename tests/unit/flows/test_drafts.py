"""Drafts as data: changes to lists, and whatever somebody sends in the place of a flow."""

import contextlib
import functools
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from quantum_app.domain.flows import drafts
from quantum_app.domain.flows.model.definition import FlowDefinition
from quantum_app.domain.flows.templates import TEMPLATES
from quantum_app.domain.flows.validation import validator
from quantum_app.errors import InvalidInput
from tests.examples import examples

pytestmark = pytest.mark.unit

many = settings(max_examples=examples(60), suppress_health_check=list(HealthCheck))


def small() -> FlowDefinition:
    nodes = [{"type": "start", "id": "start", "greeting": "Hello."}, {"type": "end", "id": "end", "farewell": "Bye."}]
    edges = [{"id": "e", "source": "start", "target": "end", "condition": {"type": "fallback"}}]
    return FlowDefinition.model_validate({"start": "start", "nodes": nodes, "edges": edges})


# Changes


def apply_change(flow: FlowDefinition, document: dict[str, Any]) -> FlowDefinition:
    return drafts.change(flow, drafts.read_change(document))


_NAMES = st.sampled_from("abcdef")
_ITEMS = st.builds(
    lambda put, remove, order: {
        "put": [{"id": name, "text": text} for name, text in put],
        "remove": remove,
        "order": order,
    },
    st.lists(st.tuples(_NAMES, st.sampled_from(["1", "2"])), max_size=4),
    st.lists(_NAMES, max_size=3),
    st.none() | st.lists(_NAMES, max_size=6),
)


@given(first=_ITEMS, second=_ITEMS)
@many
def test_a_change_made_twice_is_the_same_as_made_once(first: dict[str, Any], second: dict[str, Any]) -> None:
    before = apply_change(small(), {"notes": first})
    once = apply_change(before, {"notes": second})
    assert apply_change(once, {"notes": second}) == once
    names = [item.id for item in once.notes]
    assert len(names) == len(set(names))
    put = {item["id"]: item["text"] for item in second["put"]}
    assert {item.id: item.text for item in once.notes}.items() >= put.items()
    assert not (set(second["remove"]) - put.keys()) & set(names)
    untouched = {item.id: item for item in before.notes if item.id not in {*put, *second["remove"]}}
    assert {item.id: item for item in once.notes if item.id in untouched} == untouched
    front = [name for name in dict.fromkeys(second["order"] or []) if name in names]
    assert names[: len(front)] == front


def test_edges_keep_their_order_and_get_another() -> None:
    flow = small()
    ways = [{"id": n, "source": "start", "target": "end", "condition": {"type": "fallback"}} for n in "ab"]
    flow = apply_change(flow, {"edges": {"put": ways}})
    assert [edge.id for edge in flow.edges] == ["e", "a", "b"]
    flow = apply_change(flow, {"edges": {"put": [ways[0] | {"label": "here"}], "order": ["b", "a"]}})
    assert [(edge.id, edge.label) for edge in flow.edges] == [("b", ""), ("a", "here"), ("e", "")]


def test_variables_go_by_name_and_single_values_are_set() -> None:
    flow = apply_change(small(), {"variables": {"put": [{"name": "email", "type": "email"}, {"name": "city"}]}})
    flow = apply_change(flow, {"variables": {"remove": ["city"]}, "set": {"fillers": [], "start": "end"}})
    assert [item.name for item in flow.variables] == ["email"]
    assert (flow.fillers, flow.start) == ((), "end")
    assert apply_change(flow, {}) == flow


# Exports


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.id)
def test_an_export_is_the_same_after_a_round_trip(template: Any) -> None:
    file = drafts.exported(template.definition)
    again = drafts.read(json.loads(file))
    assert again == template.definition
    assert drafts.exported(again) == file


# What is sent in the place of a flow

_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, -1, 2**63, float("nan"), float("inf"), -0.0, 1e308])
    | st.text(st.characters(), max_size=20)
    | st.sampled_from(["\0", "\ud800", "start", "rag_answer", "intent", "(" * 200, "x" * 5000, "a and " * 80 + "b"])
)
_WORDS = st.sampled_from(
    [
        "",
        " ",
        "start",
        "end",
        "answers",
        "text",
        "email",
        "fallback",
        "intent",
        "score > 3",
        "a and",
        "(" * 90,
        "(a|a)*b",
        "{",
        "{name}",
        "x" * 199,
    ]
)
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)
_DOCUMENTS = [drafts.plain(template.definition) for template in TEMPLATES]
_OLD = {
    "start": "start",
    "nodes": [
        {"type": "start", "id": "start", "greeting": "Hello.", "next": "answers"},
        {
            "type": "rag_answer",
            "id": "answers",
            "fallback": "No.",
            "next": "end",
            "passages": [{"source": "a", "text": "b"}],
        },
        {"type": "end", "id": "end", "farewell": "Bye."},
    ],
}


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to everything in a document."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in inside for place in _places(item, (*path, key)))]


def _with(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """A copy with something else at one place."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _with(value[path[0]], path[1:], new)
    return copy


@st.composite
def _broken(draw: st.DrawFn) -> Any:
    """A flow in which up to three things are something else."""
    document = draw(st.sampled_from([*_DOCUMENTS, _OLD]))
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.sampled_from(_places(document)[1:]))
        old = functools.reduce(lambda value, key: value[key], place, document)
        # Mostly of the same kind, so that most are still flows.
        kinds: dict[type, Any] = {
            str: _WORDS,
            int: st.integers(-2, 200),
            float: st.floats(),
            list: st.just(old[:-1] if isinstance(old, list) else []),
        }
        document = _with(document, place, draw(kinds.get(type(old), _VALUES) if draw(st.integers(0, 3)) else _VALUES))
    return document


@given(document=_broken() | st.dictionaries(st.text(max_size=12), _VALUES, max_size=4))
@example(
    document={"schema_version": 1, "knowledge": [1, {"id": []}], "nodes": [{"type": "rag_answer", "passages": [{}]}]}
)
@many
def test_whatever_is_sent_is_read_or_refused(document: dict[str, Any]) -> None:
    try:
        flow = drafts.read(document)
    except InvalidInput:
        return
    for problem in validator.check(flow):
        assert problem.message
    text = drafts.exported(flow)
    assert drafts.read(json.loads(text)) == flow, "and what is read can be stored"
    text.encode()


@given(
    document=st.fixed_dictionaries({}, optional={name: _VALUES for name in ("set", "nodes", "edges", "variables", "x")})
)
@many
def test_whatever_is_sent_as_a_change_is_made_or_refused(document: dict[str, Any]) -> None:
    with contextlib.suppress(InvalidInput):
        drafts.exported(apply_change(small(), document)).encode()
