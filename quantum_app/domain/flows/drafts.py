"""Drafts as data: reading what was stored or sent, and making changes to it. Pure.

A draft may be wrong as a flow, but it is always one that can be read.
"""

import json
from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from quantum_app.domain.flows.model.base import Frozen, Line, NodeId, Words
from quantum_app.domain.flows.model.definition import Edge, FlowDefinition, KnowledgeSource, Node, Note, Variable
from quantum_app.domain.flows.model.rules import Rules
from quantum_app.domain.flows.validation import validator
from quantum_app.errors import InvalidInput

LARGEST = 1_000_000  # bytes of a flow as JSON

_Item = TypeVar("_Item")


class TooLarge(InvalidInput):
    code = "flow_too_large"
    status = 413


class Items(Frozen, Generic[_Item]):
    """A change of a list. put: added, or in place of what has the same id. order: the ids in front, in this order.

    What is both put and removed stays.
    """

    put: tuple[_Item, ...] = ()
    remove: tuple[str, ...] = ()
    order: tuple[str, ...] | None = None


# Of names, so that a change can be sent to another process.
class NodeItems(Items[Node]): ...


class EdgeItems(Items[Edge]): ...


class VariableItems(Items[Variable]): ...


class KnowledgeSourceItems(Items[KnowledgeSource]): ...


class NoteItems(Items[Note]): ...


class Values(Frozen):
    """What a flow has once. null leaves it as it is."""

    start: NodeId | None = None
    persona: Words | None = None
    fillers: tuple[Line, ...] | None = None
    rules: Rules | None = None


class Change(BaseModel):
    """What was changed in a flow. Made twice, it is the same as made once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    values: Values = Field(Values(), alias="set")
    nodes: NodeItems = NodeItems()
    edges: EdgeItems = EdgeItems()
    variables: VariableItems = VariableItems()
    knowledge: KnowledgeSourceItems = KnowledgeSourceItems()
    notes: NoteItems = NoteItems()


def empty() -> FlowDefinition:
    """What a new flow begins with."""
    start = {"type": "start", "id": "start", "name": "Start", "greeting": ""}
    return FlowDefinition.model_validate({"start": "start", "nodes": [start]})


def read(document: Mapping[str, Any]) -> FlowDefinition:
    """A flow of any schema version. Raises InvalidInput for what is none, TooLarge."""
    return _sized(validator.parse(document))


def read_change(document: Mapping[str, Any]) -> Change:
    """Raises InvalidInput for what is no change."""
    try:
        return Change.model_validate(document)
    except ValidationError as error:
        raise _unreadable(error) from None


def change(definition: FlowDefinition, edit: Change) -> FlowDefinition:
    """The flow after a change. Raises InvalidInput for what is no flow any more, TooLarge."""
    try:
        values = {name: value for name, value in edit.values if value is not None}
        lists = {
            "nodes": _apply_edits(definition.nodes, edit.nodes, "id"),
            "edges": _apply_edits(definition.edges, edit.edges, "id"),
            "variables": _apply_edits(definition.variables, edit.variables, "name"),
            "knowledge": _apply_edits(definition.knowledge, edit.knowledge, "id"),
            "notes": _apply_edits(definition.notes, edit.notes, "id"),
        }
        return _sized(FlowDefinition.model_validate(dict(definition) | values | lists))
    except ValidationError as error:
        raise _unreadable(error) from None


def plain(definition: FlowDefinition) -> dict[str, Any]:
    """As it is stored and sent."""
    return definition.model_dump(mode="json")


def size(document: Mapping[str, Any]) -> int:
    """Bytes of a flow or a case as JSON."""
    return len(json.dumps(document, ensure_ascii=False).encode())


def exported(definition: FlowDefinition) -> str:
    """A file of its own. The same flow is the same text, so that versions of it can be compared."""
    return json.dumps(plain(definition), ensure_ascii=False, indent=2) + "\n"


def _apply_edits(items: tuple[_Item, ...], edits: Items[_Item], key: str) -> tuple[_Item, ...]:
    replacements = {getattr(item, key): item for item in edits.put}
    removed_keys = set(edits.remove) - replacements.keys()
    by_key = {getattr(item, key): item for item in items if getattr(item, key) not in removed_keys} | replacements
    if edits.order is not None:
        by_key = {name: by_key[name] for name in edits.order if name in by_key} | by_key
    return tuple(by_key.values())


def _unreadable(error: ValidationError) -> InvalidInput:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = " → ".join(str(part)[:60] for part in first["loc"]) or "it"
    return InvalidInput(f"The change can't be read: {where}: {first['msg']}.", code="change_invalid")


def _sized(definition: FlowDefinition) -> FlowDefinition:
    try:
        text = json.dumps(plain(definition), ensure_ascii=False, allow_nan=False)
    except ValueError:  # not a number, or infinite
        raise InvalidInput("The flow contains an invalid number.", code="flow_invalid") from None
    if "\\u0000" in text:
        raise InvalidInput("Text can't contain NUL characters.", code="invalid_text")
    if len(text.encode()) > LARGEST:
        raise TooLarge("The flow is larger than 1 MB. Shorten its texts or its knowledge.")
    return definition
