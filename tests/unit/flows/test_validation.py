"""What the validator finds: one sound flow, and one change at a time that breaks it."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantum_app.domain.flows.validation import validator
from quantum_app.errors import InvalidInput
from tests.examples import examples

pytestmark = pytest.mark.unit

Document = dict[str, Any]

EDGES = [
    ("e1", "start", "gate", {"type": "fallback"}),
    ("e2", "gate", "answers", {"type": "expression", "expression": "complete"}),
    ("e3", "gate", "answers", {"type": "fallback"}),
    (
        "e4",
        "answers",
        "plans",
        {"type": "intent", "description": "Wants to choose a plan", "examples": ["Which plan is right for me?"]},
    ),
    ("e5", "answers", "end", {"type": "fallback"}),
    ("e6", "plans", "end", {"type": "expression", "expression": "plan == 'pro' and seats >= 10"}),
    ("e7", "plans", "route", {"type": "fallback"}),
    ("e8", "route", "person", {"type": "expression", "expression": "open and score >= 50"}),
    ("e9", "route", "answers", {"type": "expression", "expression": "here < 3 and minutes < 5"}),
    ("e10", "route", "end", {"type": "fallback"}),
]


def sound() -> Document:
    return {
        "schema_version": 3,
        "start": "start",
        "persona": "You are Mira.",
        "nodes": [
            {"type": "start", "id": "start", "name": "Greeting", "greeting": "Hello."},
            {
                "type": "lead_gate",
                "id": "gate",
                "name": "Who is calling",
                "fields": [{"variable": "name"}, {"variable": "email", "required": False}],
                "consent": "May I keep your name?",
            },
            {"type": "rag_answer", "id": "answers", "name": "Look it up", "fallback": "I don't know."},
            {"type": "clarify", "id": "plans", "fields": [{"variable": "plan"}, {"variable": "seats"}]},
            {"type": "dispatch", "id": "route"},
            {"type": "end", "id": "end", "farewell": "Goodbye.", "next_steps": "We will write to you tomorrow."},
            {"type": "end", "id": "person", "farewell": "One moment.", "outcome": "handoff"},
        ],
        "edges": [
            {"id": name, "source": source, "target": target, "condition": condition}
            for name, source, target, condition in copy.deepcopy(EDGES)
        ],
        "variables": [
            {"name": "name", "type": "name", "ask": "Who am I speaking with?"},
            {"name": "email", "type": "email", "ask": "What is your address?"},
            {"name": "plan", "type": "choice", "ask": "Which plan?", "choices": [{"value": "basic"}, {"value": "pro"}]},
            {"name": "seats", "type": "number", "ask": "How many seats?", "minimum": 1, "maximum": 500},
            {"name": "start_day", "type": "date"},
            {"name": "note"},
        ],
        "knowledge": [{"id": "prices", "name": "Prices", "texts": ["Pro costs ten euros."]}],
        "rules": {
            "handoff": {"keywords": ["lawyer"]},
            "scores": [
                {"id": "big", "when": {"type": "expression", "expression": "seats > 20"}, "points": 30, "reason": "big"}
            ],
            "hours": [{"day": "mon", "opens": "09:00", "closes": "17:00"}],
        },
    }


def node(document: Document, node_id: str) -> Document:
    return next(one for one in document["nodes"] if one["id"] == node_id)


def edge(document: Document, edge_id: str) -> Document:
    return next(one for one in document["edges"] if one["id"] == edge_id)


def variable(document: Document, name: str) -> Document:
    return next(one for one in document["variables"] if one["name"] == name)


def says(expression: str) -> Callable[[Document], Any]:
    """The condition under which the call leaves `plans`."""
    return lambda flow: edge(flow, "e6").update(condition={"type": "expression", "expression": expression})


def drop_edge(*edge_ids: str) -> Callable[[Document], Any]:
    return lambda flow: flow.update(edges=[one for one in flow["edges"] if one["id"] not in edge_ids])


def add_edge(source: str, target: str, condition: Document | None = None) -> Callable[[Document], Any]:
    new = {"id": "new", "source": source, "target": target, "condition": condition or {"type": "fallback"}}
    return lambda flow: flow["edges"].append(new)


def both(*changes: Callable[[Document], Any]) -> Callable[[Document], Any]:
    return lambda flow: [change(flow) for change in changes]


def intent(description: str, *examples: str) -> Document:
    return {"type": "intent", "description": description, "examples": list(examples)}


def score(**changes: Any) -> Callable[[Document], Any]:
    return lambda flow: flow["rules"]["scores"][0].update(changes)


def handoff(**changes: Any) -> Callable[[Document], Any]:
    return lambda flow: flow["rules"]["handoff"].update(changes)


LONG = "word " * 160

# What is changed; then the severity, code, node, edge and field of the one problem that comes of it.
CASES: list[tuple[str, Callable[[Document], Any], tuple[str, str, str | None, str | None, str | None]]] = [
    # shape
    (
        "two nodes with one id",
        lambda flow: flow["nodes"].append({"type": "end", "id": "end", "farewell": "Bye.", "next_steps": "None."}),
        ("error", "duplicate_id", "end", None, None),
    ),
    ("two edges with one id", both(drop_edge("e5"), lambda flow: flow["edges"].append(
        {"id": "e4", "source": "answers", "target": "end", "condition": {"type": "fallback"}})),
     ("error", "duplicate_id", None, "e4", None)),
    ("two variables with one name", lambda flow: flow["variables"].append({"name": "note"}),
     ("error", "duplicate_id", None, None, "variables.note")),
    ("two rules with one id", lambda flow: flow["rules"]["scores"].append(flow["rules"]["scores"][0]),
     ("error", "duplicate_id", None, None, "rules.scores.big")),
    ("no such start", lambda flow: flow.update(start="nowhere"), ("error", "start_missing", None, None, "start")),
    ("a second start", both(lambda flow: flow["nodes"].append(
        {"type": "start", "id": "again", "greeting": "Hello."}), add_edge("again", "end"),
        lambda flow: edge(flow, "e10").update(target="again")), ("error", "start_twice", "again", None, None)),
    ("an edge to nowhere", both(add_edge("answers", "nowhere", intent("Wants out", "Out"))),
     ("error", "unknown_target", "answers", "new", "target")),
    ("an edge from nowhere", add_edge("nowhere", "end"), ("error", "unknown_source", None, "new", "source")),
    ("an edge after the end", add_edge("end", "person"), ("error", "edge_after_end", "end", "new", None)),
    ("no fallback", drop_edge("e3"), ("error", "fallback_missing", "gate", None, None)),
    ("two fallbacks", add_edge("plans", "end"), ("error", "fallback_twice", "plans", "new", None)),
    ("no way on", both(drop_edge("e8", "e9", "e10"), add_edge("answers", "person", intent("Wants a person", "A man"))),
     ("error", "dead_end", "route", None, None)),
    ("no way there", lambda flow: edge(flow, "e8").update(target="end"),
     ("error", "unreachable", "person", None, None)),
    ("no way out", both(drop_edge("e8", "e9", "e10"),
        add_edge("gate", "end", {"type": "expression", "expression": "open"}),
        lambda flow: flow.update(nodes=[one for one in flow["nodes"] if one["id"] not in ("route", "person")]),
        lambda flow: [edge(flow, name).update(target="answers") for name in ("e6", "e7")],
        lambda flow: edge(flow, "e5").update(target="plans")), ("error", "no_way_out", "answers", None, None)),
    ("round and round without listening", both(lambda flow: flow["nodes"].append({"type": "dispatch", "id": "turn"}),
        lambda flow: edge(flow, "e9").update(target="turn"), add_edge("turn", "route")),
     ("error", "endless_loop", "route", None, None)),
    ("round and round once all is known", lambda flow: edge(flow, "e9").update(target="plans"),
     ("warning", "loop_of_questions", "plans", None, None)),
    ("left by the limit only", both(drop_edge("e6", "e8", "e10"), lambda flow: edge(flow, "e9").update(
        condition={"type": "fallback"}), add_edge("gate", "person", {"type": "expression", "expression": "open"})),
     ("warning", "left_by_limit", "answers", None, None)),
    # conditions
    ("an empty expression", says(" "), ("error", "expression_empty", "plans", "e6", "condition")),
    ("no expression", says("plan =="), ("error", "expression_invalid", "plans", "e6", "condition")),
    ("a call in it", says("len(plan) > 2"), ("error", "expression_invalid", "plans", "e6", "condition")),
    ("an unknown name", says("budget > 2"), ("error", "unknown_variable", "plans", "e6", "condition")),
    ("a number that is text", says("seats == 'many'"), ("error", "expression_mismatch", "plans", "e6", "condition")),
    ("a choice that is none", says("plan in ['basic', 'gold']"),
     ("error", "unknown_choice", "plans", "e6", "condition")),
    ("never by its choices", says("plan == 'pro' and plan == 'basic'"),
     ("error", "never_holds", "plans", "e6", "condition")),
    ("never by its bounds", says("seats > 500"), ("error", "never_holds", "plans", "e6", "condition")),
    ("never by its numbers", says("seats > 10 and seats < 5"), ("error", "never_holds", "plans", "e6", "condition")),
    ("never between whole numbers", says("score > 69 and score < 70"),
     ("error", "never_holds", "plans", "e6", "condition")),
    ("never, as a constant", says("1 == 2"), ("error", "never_holds", "plans", "e6", "condition")),
    ("always, as a constant", says("True"), ("error", "always_holds", "plans", "e6", "condition")),
    ("always, whatever is known", says("seats > 5 or not seats > 5"),
     ("error", "always_holds", "plans", "e6", "condition")),
    ("behind the same", add_edge("plans", "end", {"type": "expression", "expression": "plan == 'pro' and seats>=10"}),
     ("warning", "never_first", "plans", "new", "condition")),
    ("behind a wider one", both(says("seats >= 10"),
        add_edge("plans", "end", {"type": "expression", "expression": "seats >= 20"})),
     ("warning", "never_first", "plans", "new", "condition")),
    ("an intent of nothing", add_edge("answers", "end", intent(" ")),
     ("error", "intent_empty", "answers", "new", "condition")),
    ("an intent without examples", add_edge("answers", "end", intent("Wants out")),
     ("warning", "intent_without_examples", "answers", "new", "condition")),
    ("an intent without description", add_edge("answers", "end", intent("", "Bye")),
     ("warning", "intent_undescribed", "answers", "new", "condition")),
    ("one intent twice", add_edge("answers", "end", intent("wants to choose a plan.", "A plan!")),
     ("warning", "intent_twice", "answers", "new", "condition")),
    # content
    ("no greeting", lambda flow: node(flow, "start").update(greeting=" "),
     ("error", "words_missing", "start", None, "greeting")),
    ("no words for no answer", lambda flow: node(flow, "answers").update(fallback=""),
     ("error", "words_missing", "answers", None, "fallback")),
    ("no farewell", lambda flow: node(flow, "end").update(farewell=""),
     ("error", "words_missing", "end", None, "farewell")),
    ("no next step", lambda flow: node(flow, "end").update(next_steps=""),
     ("warning", "no_next_steps", "end", None, "next_steps")),
    ("a voice that nobody has", lambda flow: node(flow, "start").update(voice="aura-2-nobody-en"),
     ("warning", "voice_unknown", "start", None, "voice")),
    ("a speech", lambda flow: node(flow, "start").update(greeting=LONG),
     ("warning", "speech_too_long", "start", None, "greeting")),
    ("a speech for a question", lambda flow: variable(flow, "note").update(ask=LONG),
     ("warning", "speech_too_long", None, None, "variables.note.ask")),
    ("long instructions", lambda flow: node(flow, "answers").update(instructions="x" * 3995),
     ("error", "prompt_too_long", "answers", None, "instructions")),
    ("nothing to ask", lambda flow: node(flow, "gate").update(fields=[]),
     ("error", "nothing_asked", "gate", None, "fields")),
    ("asking for what is not there", lambda flow: node(flow, "plans")["fields"].append({"variable": "budget"}),
     ("error", "unknown_variable", "plans", None, "fields.budget")),
    ("asking without a question", lambda flow: node(flow, "plans")["fields"].append({"variable": "note"}),
     ("warning", "question_missing", "plans", None, "fields.note")),
    ("asking twice", lambda flow: node(flow, "plans")["fields"].append({"variable": "plan"}),
     ("warning", "asked_twice", "plans", None, "fields.plan")),
    ("knowledge that is not there", lambda flow: node(flow, "answers").update(knowledge=["prices", "secrets"]),
     ("error", "unknown_knowledge", "answers", None, "knowledge.secrets")),
    ("no knowledge", lambda flow: flow.update(knowledge=[]),
     ("error", "knowledge_missing", "answers", None, "knowledge")),
    ("empty knowledge", lambda flow: flow["knowledge"][0].update(texts=[" "]),
     ("error", "knowledge_missing", "answers", None, "knowledge")),
    ("a web that is not there", lambda flow: node(flow, "answers").update(web_search=True),
     ("warning", "web_search_missing", "answers", None, "web_search")),
    ("a tool of nobody's", lambda flow: node(flow, "route").update(tool="book_appointment"),
     ("warning", "tool_unavailable", "route", None, "tool")),
    ("tools of nobody's", lambda flow: node(flow, "answers").update(tools=["search_faq", "check_order_status"]),
     ("warning", "tool_unavailable", "answers", None, "tools")),
    ("a name of every flow's", lambda flow: flow["variables"].append({"name": "open", "type": "yes_no"}),
     ("error", "name_taken", None, None, "variables.open.name")),
    ("a name of the language's", lambda flow: flow["variables"].append({"name": "in"}),
     ("error", "name_taken", None, None, "variables.in.name")),
    ("a choice among nothing", lambda flow: variable(flow, "note").update(type="choice"),
     ("error", "choices_missing", None, None, "variables.note.choices")),
    ("one word for two choices", lambda flow: variable(flow, "plan")["choices"][1].update(also=["Basic"]),
     ("error", "choice_twice", None, None, "variables.plan.choices")),
    ("a bad pattern", lambda flow: variable(flow, "note").update(pattern="[a"),
     ("error", "pattern_invalid", None, None, "variables.note.pattern")),
    ("a pattern that looks ahead", lambda flow: variable(flow, "note").update(pattern="(?=a).+"),
     ("warning", "pattern_unsupported", None, None, "variables.note.pattern")),
    ("an empty range", lambda flow: variable(flow, "note").update(type="money", minimum=5, maximum=1),
     ("error", "range_empty", None, None, "variables.note.minimum")),
    # ways
    ("contact data without consent", lambda flow: node(flow, "gate").update(consent=" "),
     ("error", "consent_missing", "gate", None, "consent")),
    ("contact data by the way", both(lambda flow: variable(flow, "note").update(type="phone", ask="Your number?"),
        lambda flow: node(flow, "plans")["fields"].append({"variable": "note"}),
        lambda flow: edge(flow, "e1").update(target="answers"),
        add_edge("start", "gate", {"type": "expression", "expression": "not known_caller"})),
     ("error", "consent_missing", "plans", None, "fields")),
    ("words with a gap", lambda flow: node(flow, "end").update(farewell="Goodbye, {nmae}."),
     ("error", "unknown_variable", "end", None, "farewell")),
    ("words that may have a gap", lambda flow: node(flow, "answers").update(opening="Thank you, { name }."),
     ("warning", "maybe_unknown", "answers", None, "opening")),
    ("words before anything was asked", lambda flow: node(flow, "start").update(greeting="Hello, {name}."),
     ("warning", "maybe_unknown", "start", None, "greeting")),
    ("a question with a gap", lambda flow: variable(flow, "note").update(ask="What of {it}?"),
     ("error", "unknown_variable", None, None, "variables.note.ask")),
    ("an announcement with a gap", handoff(announcement="One moment, {nmae}."),
     ("error", "unknown_variable", None, None, "rules.handoff.announcement")),
    ("a yes that is read back", lambda flow: flow["variables"].append(
        {"name": "pets", "type": "yes_no", "ask": "Any pets?", "confirm": True}),
     ("warning", "confirm_needless", None, None, "variables.pets.confirm")),
    ("a value that is read back and asked for once", lambda flow: (
        variable(flow, "email").update(confirm=True), node(flow, "gate").update(attempts=1)),
     ("warning", "confirm_once", "gate", None, "attempts")),
    # rules
    ("an empty keyword", handoff(keywords=["lawyer", " "]),
     ("error", "keyword_empty", None, None, "rules.handoff.keywords")),
    ("a handoff after the end", handoff(after_minutes=10), ("warning", "handoff_too_late", None, None,
     "rules.handoff.after_minutes")),
    ("nothing said when nobody can come", handoff(unavailable=""),
     ("error", "words_missing", None, None, "rules.handoff.unavailable")),
    ("points for what is not there", score(when={"type": "expression", "expression": "budget > 5"}),
     ("error", "unknown_variable", None, None, "rules.scores.big.when")),
    ("points for no word", score(when={"type": "keywords", "keywords": [" "]}),
     ("error", "keyword_empty", None, None, "rules.scores.big.when")),
    ("points for no intent", score(when=intent("")), ("error", "intent_empty", None, None, "rules.scores.big.when")),
    ("points without a reason", score(reason=""), ("error", "reason_missing", None, None, "rules.scores.big.reason")),
    ("no points", score(points=0), ("warning", "no_points", None, None, "rules.scores.big.points")),
    ("closed before it opens", lambda flow: flow["rules"]["hours"][0].update(closes="08:00"),
     ("error", "hours_empty", None, None, "rules.hours.mon")),
    ("open twice", lambda flow: flow["rules"]["hours"].append({"day": "mon", "opens": "12:00", "closes": "18:00"}),
     ("warning", "hours_overlap", None, None, "rules.hours.mon")),
]  # fmt: skip


def check(document: Document) -> tuple[validator.Problem, ...]:
    return validator.check(validator.parse(document), longest_call=600)


def test_a_sound_flow_has_no_problems() -> None:
    assert check(sound()) == ()


@pytest.mark.parametrize(("change", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_each_fault_is_found_where_it_is_and_nothing_else_is(
    change: Callable[[Document], Any], expected: tuple[str, str, str | None, str | None, str | None]
) -> None:
    document = sound()
    change(document)
    problems = check(document)
    assert [(one.severity, one.code, one.node, one.edge, one.field) for one in problems] == [expected]
    assert problems[0].message.endswith((".", "”"))
    assert problems[0].remedy[0].isupper()
    assert "  " not in problems[0].sentence


@pytest.mark.parametrize(("change", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_errors_keep_a_flow_from_being_loaded_and_warnings_do_not(
    change: Callable[[Document], Any], expected: tuple[str, str, str | None, str | None, str | None]
) -> None:
    document = sound()
    change(document)
    if expected[0] == "warning":
        assert validator.load(document) == validator.parse(document)
        return
    with pytest.raises(InvalidInput) as error:
        validator.load(document)
    assert error.value.code == "flow_invalid"
    assert error.value.message == next(one for one in check(document) if one.severity == "error").sentence


def test_the_way_around_the_consent_is_named() -> None:
    document = sound()
    edge(document, "e1").update(target="answers")
    variable(document, "note").update(type="phone", ask="Your number?")
    node(document, "plans")["fields"].append({"variable": "note"})
    [problem] = [one for one in check(document) if one.code == "consent_missing"]
    assert "“note”" in problem.message
    assert "“Greeting” → “Look it up” → “Ask questions”" in problem.message


def test_words_may_use_what_every_way_there_has_asked_for() -> None:
    document = sound()
    node(document, "answers").update(opening="Thank you, {name}.")
    # Whoever did not tell their name goes elsewhere now.
    edge(document, "e3").update(target="end")
    edge(document, "e9").update(target="end")
    assert check(document) == ()
    node(document, "end").update(farewell="Goodbye, {name}.")
    assert [one.code for one in check(document)] == ["maybe_unknown"]
    edge(document, "e3").update(target="person")
    assert check(document) == ()


@pytest.mark.parametrize(
    ("broken", "place", "reason"),
    [
        ({"nodes": 3}, "nodes", "must be a list"),
        ({"nodes": [{"type": "start", "name": "Hi", "id": "a"}]}, "“Hi”: greeting", "is missing"),
        ({"nodes": [{"type": "oracle", "id": "a"}]}, "“a”", "doesn't exist"),
        ({"nodes": [{"id": "a"}]}, "“a”", "the type is missing"),
        ({"nodes": [{"type": "end", "id": "a", "farewell": "x" * 4001}]}, "“a”: farewell", "4000 characters at most"),
        (
            {"nodes": [{"type": "end", "id": "a", "farewell": "x", "limit": 0}]},
            "“a”: limit",
            "greater than or equal to 1",
        ),
        ({"nodes": [{"type": "end", "id": "a", "farewell": "x", "mood": 1}]}, "“a”: mood", "isn't a field of a flow"),
        (
            {"edges": [{"id": "e", "source": "a", "target": "b", "condition": {"type": "intent"}}]},
            "description",
            "missing",
        ),
        ({"variables": [{"name": "Full Name"}]}, "“Full Name”: name", "wrong format"),
        ({"persona": None}, "persona", "must be text"),
    ],
)
def test_what_cannot_be_read_is_named_in_plain_words(broken: Document, place: str, reason: str) -> None:
    with pytest.raises(InvalidInput) as error:
        validator.parse({"schema_version": 3, "start": "a", "nodes": [], **broken})
    assert error.value.code == "flow_invalid"
    assert place in error.value.message
    assert reason in error.value.message


def test_a_long_flow_may_be_without_a_problem() -> None:
    assert validator.check(validator.parse(long_flow(300))) == ()


def long_flow(nodes: int) -> Document:
    """A line of questions and answers with a way out at each, and a gate before it."""
    document = sound()
    ids = [f"n{place}" for place in range(nodes - 3)]
    document["nodes"] = [node(document, "start"), node(document, "gate"), node(document, "end")]
    edges = [EDGES[0]]
    edges.append(("in", "gate", ids[0], {"type": "fallback"}))
    for place, (one, following) in enumerate(zip(ids, [*ids[1:], "end"], strict=True)):
        if place % 2:
            document["nodes"].append(
                {"type": "clarify", "id": one, "fields": [{"variable": "plan"}, {"variable": "seats"}]}
            )
        else:
            document["nodes"].append({"type": "rag_answer", "id": one, "fallback": "No."})
        edges += [
            (f"{one}a", one, "end", {"type": "expression", "expression": f"plan == 'pro' and score >= {place}"}),
            (f"{one}b", one, "end", {"type": "intent", "description": f"Wants thing {place}", "examples": ["Thing"]}),
            (f"{one}c", one, following, {"type": "fallback"}),
        ]
    document["edges"] = [dict(zip(("id", "source", "target", "condition"), one, strict=True)) for one in edges]
    return document


@settings(max_examples=examples(40))
@given(st.data())
def test_any_flow_that_can_be_read_can_be_checked(data: st.DataObject) -> None:
    """Whatever is taken away from a flow, or connected otherwise, the validator answers."""
    document = sound()
    ids = [one["id"] for one in document["nodes"]] + ["nowhere"]
    for kind in ("nodes", "edges", "variables", "knowledge"):
        document[kind] = [one for one in document[kind] if data.draw(st.booleans())]
    for one in document["edges"]:
        one["target"] = data.draw(st.sampled_from(ids))
        one["source"] = data.draw(st.sampled_from(ids))
    definition = validator.parse(document)
    problems = validator.check(definition)
    assert validator.check(definition) == problems
    node_ids = {one.id for one in definition.nodes}
    assert all(one.node is None or one.node in node_ids for one in problems)
