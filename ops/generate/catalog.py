"""The catalog: what pages offer and how they word it, from the definitions in Python."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from ops.home import ROOT
from quantum_app.api.simulation_environment import FAULTS
from quantum_app.domain.accounts.permissions import DESCRIPTIONS, Role
from quantum_app.domain.calls import labels
from quantum_app.domain.flows.model import definition as flow
from quantum_app.domain.flows.model import expressions, voices
from quantum_app.domain.flows.model.editor import EXTENSION, NodeInfo
from quantum_app.domain.flows.testing.test_case import EVENTS

_LIMITS = ("minimum", "maximum", "exclusiveMinimum", "minLength", "maxLength", "maxItems", "pattern")
_CONDITIONS: dict[str, tuple[type[flow.Frozen], str]] = {
    "expression": (flow.Expression, "Expression"),
    "intent": (flow.Intent, "Intent"),
    "keywords": (flow.Keywords, "Keywords"),
    "fallback": (flow.Fallback, "Otherwise"),
}


def catalog() -> dict[str, Any]:
    """Everything that pages offer, as JSON."""
    nodes: tuple[type[Any], ...] = get_args(get_args(flow.Node)[0])
    return {
        "nodeTypes": {_tag(node): _info(node.info) | {"fields": _fields(node)} for node in nodes},
        "conditions": {
            kind: {"label": label, "fields": _fields(model)} for kind, (model, label) in _CONDITIONS.items()
        },
        "variable": {"fields": _fields(flow.Variable)},
        "scoreRule": {"fields": _fields(flow.ScoreRule)},
        "handoff": {"fields": _fields(flow.HandoffRules)},
        "lowConfidence": {"fields": _fields(flow.LowConfidence)},
        "flow": {"fields": _fields(flow.FlowDefinition)},
        "knowledgeSource": {"fields": _fields(flow.KnowledgeSource)},
        "variableTypes": dict(flow.VARIABLE_TYPES),
        "tools": dict(flow.TOOLS),
        "weekdays": dict(flow.WEEKDAYS),
        "voices": {voice: voices.label(voice) for voice in voices.VOICES},
        "builtInNames": dict(expressions.BUILT_IN_MEANINGS),
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
        "problemCodes": sorted(set(_problem_codes(ROOT / "quantum_app"))),
    }


def _tag(model: type[Any]) -> str:
    return model.model_fields["type"].default


def _info(info: NodeInfo) -> dict[str, Any]:
    return {"label": info.label, "hint": info.hint, "defaultName": info.default_name, "speaks": info.speaks}


def _fields(model: type[flow.Frozen]) -> dict[str, Any]:
    """The fields that people edit, by name."""
    properties: Mapping[str, Any] = model.model_json_schema(mode="serialization")["properties"]
    return {name: _field(schema) for name, schema in properties.items() if EXTENSION in schema}


def _field(schema: Mapping[str, Any]) -> dict[str, Any]:
    editor = schema[EXTENSION]
    limited = next((item for item in schema.get("anyOf", ()) if item.get("type") != "null"), schema)
    items = limited.get("items", {})
    initial = editor.get("initial", schema.get("default"))
    return {
        "label": schema["title"],
        "hint": schema.get("description", ""),
        "placeholder": editor.get("placeholder", ""),
        "control": editor["control"],
        "advanced": editor.get("advanced", False),
        **{name: limited[name] for name in _LIMITS if name in limited},
        **({"maxItemLength": items["maxLength"]} if "maxLength" in items else {}),
        **({"options": editor["options"]} if "options" in editor else {}),
        **({"initial": initial} if initial is not None or "default" in schema else {}),
    }


def _problem_codes(folder: Path) -> Iterator[str]:
    """The codes of errors: each is written as `code = "…"` in a class, or as `code="…"` where it is raised."""
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
                case _:
                    pass
