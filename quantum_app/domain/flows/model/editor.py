"""What an editor needs to know of a flow beyond its types: labels, hints, controls. They stand in the JSON Schema."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from pydantic import GetJsonSchemaHandler
from pydantic_core import CoreSchema

EXTENSION = "x-editor"

Control = Literal[
    "text",
    "multiline",
    "number",
    "slider",
    "switch",
    "select",
    "segments",
    "words",
    "choices",
    "expression",
    "knowledge_base",
    "low_confidence",
    "passages",
    "pattern",
    "sources",
    "tools",
    "variable_name",
    "variables",
    "voice",
]


@dataclass(frozen=True, slots=True)
class Editor:
    """How a field is edited, as an annotation of its type."""

    label: str
    control: Control
    hint: str = ""
    """A sentence below the field."""
    placeholder: str | None = None
    """An example in the empty field."""
    initial: Any = None
    """What a new item has, where that differs from the field's default."""
    options: dict[str, str] | None = None
    """The labels of the values to select from."""
    advanced: bool = False
    """Whether the field is seldom changed, and shown apart from the others."""
    unavailable: bool = False
    """Whether nothing can be connected to it yet. It's shown where a flow has it already, and nowhere else."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        json_schema = handler(schema)
        json_schema["title"] = self.label
        if self.hint:
            json_schema["description"] = self.hint
        json_schema[EXTENSION] = {
            name: value
            for name, value in asdict(self).items()
            if name not in {"label", "hint"} and value not in (None, False)
        }
        return json_schema


@dataclass(frozen=True, slots=True)
class NodeInfo:
    """How a node type is presented."""

    label: str
    hint: str
    """What it does, in a few words."""
    default_name: str
    """What a new node is called."""
    speaks: bool = False
    """Whether what it says is the point of it."""
    listens: bool = False
    """Whether it hears the caller. Only then does its limit of turns count."""
