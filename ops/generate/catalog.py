"""The catalog: what pages offer and how they word it, from the definitions in Python."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, TypeAdapter

from ops.home import ROOT
from quantum_app.api.app import api
from quantum_app.api.simulation_environment import FAULTS
from quantum_app.api.simulation_jobs import SimulateEvent
from quantum_app.domain.accounts.permissions import DESCRIPTIONS, Role
from quantum_app.domain.calls import labels
from quantum_app.domain.flows.model import base, conditions, expressions, rules, voices
from quantum_app.domain.flows.model import definition as flow
from quantum_app.domain.flows.model.editor import Control, Editor, NodeInfo
from quantum_app.domain.flows.testing.test_case import EVENTS, PAUSE, Case, Expected
from quantum_app.domain.flows.validation import problem

_LIMITS = ("minimum", "maximum", "exclusiveMinimum", "minLength", "maxLength", "maxItems", "pattern")
_CONDITIONS: dict[str, tuple[type[base.Frozen], str]] = {
    "expression": (conditions.Expression, "Condition"),
    "intent": (conditions.Intent, "Intent"),
    "keywords": (rules.Keywords, "Keywords"),
    "fallback": (conditions.Fallback, "Otherwise"),
}


def catalog() -> dict[str, Any]:
    """Everything that pages offer, as JSON."""
    nodes: tuple[type[Any], ...] = get_args(get_args(flow.Node)[0])
    return {
        "nodeTypes": {_tag(node): _info(node.info) | {"fields": _fields(node)} for node in nodes},
        "conditions": {
            kind: {"label": label, "fields": _fields(model)} for kind, (model, label) in _CONDITIONS.items()
        },
        "controls": list(get_args(Control)),
        "edge": {"fields": _fields(flow.Edge)},
        "note": {"fields": _fields(flow.Note)},
        "choice": {"fields": _fields(flow.Choice)},
        "variable": {"fields": _fields(flow.Variable)},
        "scoreRule": {"fields": _fields(rules.ScoreRule)},
        "handoff": {"fields": _fields(rules.HandoffRules)},
        "lowConfidence": {"fields": _fields(rules.LowConfidence)},
        "flow": {"fields": _fields(flow.FlowDefinition)},
        "knowledgeSource": {"fields": _fields(flow.KnowledgeSource)},
        "variableTypes": dict(flow.VARIABLE_TYPES),
        "tools": dict(flow.TOOLS),
        "weekdays": dict(rules.WEEKDAYS),
        "voices": {voice: voices.label(voice) for voice in voices.VOICES},
        "builtInNames": dict(expressions.BUILT_IN_MEANINGS),
        "conditionKinds": {
            "builtIn": dict(expressions.BUILT_IN),
            "variables": {kind: expressions.kind_of(kind) for kind in flow.VARIABLE_TYPES},
        },
        "simulatorEvents": {
            name: {
                "label": item.label,
                "event": item.event.model_dump(mode="json", exclude={"at"}),
                "delay": item.delay,
            }
            for name, item in EVENTS.items()
        },
        "faults": dict(FAULTS),
        "endReasons": {
            str(reason): {"dashboard": item.dashboard, "caller": item.caller, "simulator": item.simulator}
            for reason, item in labels.END_REASONS.items()
        },
        "callEvents": {str(kind): label for kind, label in labels.EVENTS.items()},
        "roles": {str(role): DESCRIPTIONS[role] for role in Role},
        "limits": _limits(),
        "maxLength": _max_lengths(),
        "pause": PAUSE,
        "flowProblems": {
            code: {"severity": severity, "title": title}
            for severity, titles in (("error", problem.ERRORS), ("warning", problem.WARNINGS))
            for code, title in titles.items()
        },
        "problemCodes": sorted(set(_problem_codes(ROOT / "quantum_app"))),
    }


def _tag(model: type[Any]) -> str:
    return model.model_fields["type"].default


def _info(info: NodeInfo) -> dict[str, Any]:
    return {
        "label": info.label,
        "hint": info.hint,
        "defaultName": info.default_name,
        "speaks": info.speaks,
        "listens": info.listens,
    }


def _fields(model: type[base.Frozen]) -> dict[str, Any]:
    """The fields that people edit, by name, in the order of their panel: the name first, the limit last."""
    properties: Mapping[str, Any] = model.model_json_schema(mode="serialization")["properties"]
    editors = {
        name: editor
        for name, field in model.model_fields.items()
        for editor in field.metadata
        if isinstance(editor, Editor)
    }
    names = sorted(editors, key=lambda name: {"name": 0, "limit": 2}.get(name, 1))
    return {name: _field(editors[name], properties[name]) for name in names}


def _field(editor: Editor, schema: Mapping[str, Any]) -> dict[str, Any]:
    limited = next((item for item in schema.get("anyOf", ()) if item.get("type") != "null"), schema)
    items = limited.get("items", {})
    initial = schema.get("default") if editor.initial is None else editor.initial
    return {
        "label": editor.label,
        "hint": editor.hint,
        "placeholder": editor.placeholder or "",
        "control": editor.control,
        "advanced": editor.advanced,
        **({"unavailable": True} if editor.unavailable else {}),
        **({"integer": limited["type"] == "integer"} if editor.control == "number" else {}),
        **{name: limited[name] for name in _LIMITS if name in limited},
        **({"maxItemLength": items["maxLength"]} if "maxLength" in items else {}),
        **({"options": editor.options} if editor.options else {}),
        **({"initial": initial} if initial is not None or "default" in schema else {}),
    }


def _limits() -> dict[str, int]:
    """How many things a flow, a simulation, and a test case may have, and how long their texts may be."""
    models: tuple[type[BaseModel], ...] = (flow.FlowDefinition, rules.Rules, SimulateEvent, Case, Expected)
    schemas = [model.model_json_schema()["properties"] for model in models]
    most = {name: schema["maxItems"] for part in schemas for name, schema in part.items() if "maxItems" in schema}
    return most | {
        "caseName": Case.model_json_schema()["properties"]["name"]["maxLength"],
        "line": TypeAdapter(flow.Line).json_schema()["maxLength"],
        "words": TypeAdapter(flow.Words).json_schema()["maxLength"],
    }


def _max_lengths() -> dict[str, dict[str, int]]:
    """How long the texts of a request may be, by the name of its body."""
    document = api.openapi()
    contents = [
        content["schema"]["$ref"].rpartition("/")[2]
        for operations in document["paths"].values()
        for operation in operations.values()
        for content in operation.get("requestBody", {}).get("content", {}).values()
        if "$ref" in content["schema"]
    ]
    lengths: dict[str, dict[str, int]] = {}
    for name in sorted(contents):
        for field, schema in document["components"]["schemas"][name].get("properties", {}).items():
            for part in (schema, *schema.get("anyOf", ())):
                if "maxLength" in part:
                    lengths.setdefault(name, {})[field] = part["maxLength"]
    return lengths


def _problem_codes(folder: Path) -> Iterator[str]:
    """The codes of the API's errors.

    Each is written as `code = "…"` in a class, as `code="…"` where it is raised, or in `api/problems.py`.
    """
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.ClassDef():
                    yield from (
                        item.value.value
                        for item in node.body
                        if isinstance(item, ast.Assign)
                        and [ast.unparse(target) for target in item.targets] == ["code"]
                        and isinstance(item.value, ast.Constant)
                        and isinstance(item.value.value, str)
                    )
                case ast.keyword(arg="code", value=ast.Constant(value=str(code))):
                    yield code
                case ast.Call(func=ast.Name(id="_problem"), args=[_, ast.Constant(value=str(code)), *_]):
                    yield code
                case _:
                    pass
