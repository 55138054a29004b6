"""What is generated from the code."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from ops import generate
from ops.generate.catalog import catalog
from ops.generate.typescript import constant, interfaces
from quantum_app.api.app import api
from quantum_app.api.schemas.simulator import SimulatedAction
from quantum_app.domain.flows.model import expressions
from quantum_app.domain.flows.model.definition import FlowDefinition, Node, StartNode, Tool, Variable, VariableType
from quantum_app.domain.flows.model.rules import Weekday
from quantum_app.domain.flows.model.runtime import FlowAction
from quantum_app.domain.flows.model.voices import VOICES
from quantum_app.domain.flows.testing.test_case import EVENTS, Happening
from quantum_app.domain.flows.validation.problem import ProblemCode
from quantum_app.errors import QuantumError

pytestmark = pytest.mark.unit

NODES: tuple[type[Any], ...] = get_args(get_args(Node)[0])


def test_types() -> None:
    schemas = {
        "Color": {"enum": ["red", "blue"], "description": "A color."},
        "Shape": {
            "type": "object",
            "properties": {
                "color": {"$ref": "#/components/schemas/Color"},
                "kind": {"const": "round"},
                "sizes": {"type": "array", "items": {"anyOf": [{"type": "integer"}, {"type": "null"}]}},
                "pair": {"type": "array", "prefixItems": [{"type": "string"}, {"type": "number"}]},
                "by-name": {"type": "object", "additionalProperties": {"type": "boolean"}, "description": "By name."},
                "named": {"type": "object", "patternProperties": {"^[a-z]+$": {"type": "string"}}},
                "other": {},
            },
            "required": ["color", "kind", "sizes"],
            "additionalProperties": True,
        },
    }
    assert interfaces(schemas).split("\n\n", 1)[1] == (
        "/** A color. */\n"
        'export type Color = "red" | "blue";\n'
        "\n"
        "export interface Shape {\n"
        "  color: Color;\n"
        '  kind: "round";\n'
        "  sizes: (number | null)[];\n"
        "  pair?: [string, number];\n"
        "  /** By name. */\n"
        '  "by-name"?: Record<string, boolean>;\n'
        "  named?: Record<string, string>;\n"
        "  other?: unknown;\n"
        "  [name: string]: unknown;\n"
        "}\n"
    )


def test_a_constant() -> None:
    assert constant("empty", {"a": []}).endswith('export const empty = {\n  "a": []\n} as const;\n')


def test_the_catalog_has_everything_there_is() -> None:
    contents = catalog()
    assert list(contents["nodeTypes"]) == [node.model_fields["type"].default for node in NODES]
    assert tuple(contents["variableTypes"]) == get_args(VariableType)
    assert tuple(contents["tools"]) == get_args(Tool)
    assert tuple(contents["weekdays"]) == get_args(Weekday)
    assert tuple(contents["voices"]) == VOICES
    assert contents["builtInNames"].keys() == expressions.BUILT_IN.keys()
    assert set(contents["simulatorEvents"]) == EVENTS.keys() == set(get_args(Happening))
    assert {"draft_changed", "campaign_not_found", "internal_error", QuantumError.code} <= set(contents["problemCodes"])
    assert contents["flowProblems"].keys() == set(get_args(ProblemCode))
    assert contents["flowProblems"]["dead_end"] == {"severity": "error", "title": "Dead end"}
    assert contents["flowProblems"]["no_next_steps"]["severity"] == "warning"


@pytest.mark.parametrize("model", [*NODES, Variable], ids=lambda model: model.__name__)
def test_a_new_item_is_valid(model: type[Any]) -> None:
    contents = catalog()
    fields = contents["variable"]["fields"] if model is Variable else contents["nodeTypes"][_tag(model)]["fields"]
    required = {"name": "variable_1"} if model is Variable else {"id": "n1"}
    initial = {name: field["initial"] for name, field in fields.items() if "initial" in field}
    item = model.model_validate(initial | required)
    assert set(model.model_fields) - {"type", "id", "x", "y"} <= fields.keys(), "each field has an editor"
    for name, field in fields.items():
        if "options" in field and field["control"] != "tools":
            assert (getattr(item, name) or "") in field["options"], name


def _tag(model: type[Any]) -> str:
    return model.model_fields["type"].default


def test_a_field_has_the_limits_of_its_type() -> None:
    contents = catalog()
    greeting = contents["nodeTypes"][_tag(StartNode)]["fields"]["greeting"]
    assert (greeting["label"], greeting["maxLength"], greeting["control"]) == ("Greeting", 4000, "multiline")
    assert FlowDefinition.model_json_schema()["$defs"]["StartNode"]["properties"]["greeting"]["title"] == "Greeting"
    assert {field["control"] for field in _all_fields(contents)} == set(contents["controls"]), "each control is used"
    handoff = contents["handoff"]["fields"]
    assert list(handoff["priority"]["options"]) == ["low", "normal", "high", "urgent"]
    minutes = handoff["after_minutes"]
    assert (minutes["integer"], minutes["exclusiveMinimum"], minutes["initial"]) == (False, 0, None)
    first, *_, last = contents["nodeTypes"]["clarify"]["fields"]
    assert (first, last) == ("name", "limit")
    assert (contents["limits"]["scores"], contents["limits"]["turns"], contents["limits"]["line"]) == (100, 60, 200)
    assert contents["maxLength"]["Publish"] == {"note": 500}


def _all_fields(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        yield from [part] if "control" in part else (field for value in part.values() for field in _all_fields(value))


def test_the_description_is_complete() -> None:
    document = api.openapi()
    operations = [item for path in document["paths"].values() for item in path.values()]
    assert len({item["operationId"] for item in operations}) == len(operations) > 60
    for operation in operations:
        name = operation["operationId"]
        assert operation["summary"][0].isupper(), name
        assert operation["description"].endswith("."), name
        assert len(operation["tags"]) == 1, name
        assert ("x-permission" in operation) == ("security" in operation), name
        for response in operation["responses"].values():
            assert all(content["schema"] for content in response.get("content", {}).values()), name


def test_bodies_of_requests_are_described_to_the_last_field() -> None:
    document = api.openapi()
    for operations in document["paths"].values():
        for operation in operations.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                assert list(_free_forms(content["schema"], document)) == [], operation["operationId"]


def _free_forms(part: dict[str, Any], document: dict[str, Any], visited: frozenset[str] = frozenset()) -> Iterator[Any]:
    """The schemas in a schema that say nothing about what an object or a list contains."""
    if reference := part.get("$ref"):
        if reference not in visited:
            target = document["components"]["schemas"][reference.rpartition("/")[2]]
            yield from _free_forms(target, document, visited | {reference})
        return
    if choices := part.get("anyOf", part.get("oneOf")):
        members = choices
    else:
        values = part.get("additionalProperties")
        members = [*part.get("properties", {}).values(), *part.get("patternProperties", {}).values()]
        members += part.get("prefixItems", [])
        members += [item for item in (values, part.get("items")) if isinstance(item, dict)]
        if part.get("type") in {"object", "array", None} and not members and {"const", "enum"}.isdisjoint(part):
            yield part
    for member in members:
        yield from _free_forms(member, document, visited)


def test_models_that_are_sent_and_received_are_told_apart() -> None:
    schemas = api.openapi()["components"]["schemas"]
    assert "greeting" in schemas["StartNodeInput"]["required"]
    assert "voice" not in schemas["StartNodeInput"]["required"], "it has a default"
    assert {"greeting", "voice"} <= set(schemas["StartNode"]["required"])
    assert all("type" in schemas[name]["required"] for name in ("StartNodeInput", "Timer")), "tags of unions"
    assert not any("-" in name for name in schemas)


def test_a_simulated_action_has_the_fields_of_all_actions() -> None:
    actions: tuple[type[Any], ...] = get_args(get_args(FlowAction)[0])
    fields = {name for action in actions for name in action.model_fields}
    assert SimulatedAction.model_fields.keys() == fields | {"to", "speech"}
    assert get_args(SimulatedAction.model_fields["type"].annotation) == tuple(_tag(action) for action in actions)


def test_a_stale_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generate, "files", lambda: {"one.json": "1", "two.json": "2", "new.json": "3"})
    (tmp_path / "one.json").write_text("1")
    (tmp_path / "two.json").write_text("old")
    assert [line.partition(":")[0] for line in generate.stale(tmp_path)] == ["two.json", "new.json"]
