"""Flows that older versions of the product stored, in the form that this one reads.

Stored flows are never rewritten: each read goes through here, so an export from long ago can still be imported.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from quantum_app.domain.flows.model.definition import SCHEMA_VERSION
from quantum_app.errors import InvalidInput

Document = dict[str, Any]

# Pixels between nodes that lay nowhere before.
_APART = 180


def upgrade(document: Mapping[str, Any]) -> Document:
    """The flow in today's schema; what was given is left as it is. What is wrong with it stays wrong.

    Raises InvalidInput for a flow of a newer schema, and for something that says no usable version.
    """
    version = document.get("schema_version", 1)
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise InvalidInput("This isn't a flow: its schema version isn't a number.", code="flow_invalid")
    if version > SCHEMA_VERSION:
        raise InvalidInput(
            f"This flow was made by a newer version of the product (schema {version}, and this one reads up to "
            f"{SCHEMA_VERSION}). Update the product, or export the flow from an older one.",
            code="flow_too_new",
        )
    definition = dict(document)
    for step in range(version, SCHEMA_VERSION):
        definition = _STEPS[step](definition)
    return definition


def _from_1(document: Document) -> Document:
    """Nodes named the one node after them, answers held their own passages, and nothing had a place."""
    nodes = [_object(node) for node in _list(document.get("nodes"))]
    edges = _list(document.get("edges"))
    sources = _Sources([_object(source) for source in _list(document.get("knowledge"))])
    for place, node in enumerate(nodes):
        target = node.pop("next", None)
        if target is not None:
            edges.append(_fallback(str(node.get("id", "")), target))
        passages = node.pop("passages", None)
        if node.get("type") == "rag_answer":
            # There was no limit: questions were answered until the caller said goodbye.
            node.setdefault("limit", 100)
            if passages is not None:
                node["knowledge"] = sources.of(passages)
        node.setdefault("x", 0)
        node.setdefault("y", place * _APART)
    return {**document, "schema_version": 2, "nodes": nodes, "edges": edges, "knowledge": sources.all}


class _Sources:
    """Passages gathered under the names that they cite. all: sources as they are stored."""

    def __init__(self, sources: list[Document]) -> None:
        self.all = sources

    def of(self, passages: Any) -> list[str]:
        """The ids of the sources that hold a node's passages."""
        texts: dict[str, list[str]] = {}
        for passage in map(_object, _list(passages)):
            texts.setdefault(str(passage.get("source", "")), []).append(str(passage.get("text", "")))
        return [self._id(name, texts_of_name) for name, texts_of_name in texts.items()]

    def _id(self, name: str, texts: list[str]) -> str:
        """Two nodes with the same passages share a source; with others under the same name, each has its own."""
        for source in self.all:
            if (source.get("name"), source.get("texts")) == (name, texts):
                return str(source.get("id"))
        ids = {str(source.get("id")) for source in self.all}
        plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:40] or "source"
        source_id, number = plain, 1
        while source_id in ids:
            number += 1
            source_id = f"{plain}_{number}"
        self.all.append({"id": source_id, "name": name, "texts": texts})
        return source_id


def _fallback(source: str, target: Any) -> Document:
    return {"id": f"{source}_next"[:64], "source": source, "target": target, "condition": {"type": "fallback"}}


def _list(value: Any) -> list[Any]:
    return list(cast("list[Any]", value)) if isinstance(value, list) else []


def _object(value: Any) -> Document:
    return dict(cast("Document", value)) if isinstance(value, dict) else {}


def _from_2(document: Document) -> Document:
    """Exits were not tried in their order: the kind of the condition came first, by a rule of the node's type.

    Each node's exits are put in the order in which they were tried, in the places that they had among all edges.
    """
    upgraded = {**document, "schema_version": 3}
    if not isinstance(document.get("edges"), list):
        return upgraded
    edges = _list(document["edges"])
    types = {str(node.get("id")): node.get("type") for node in map(_object, _list(document.get("nodes")))}
    exits: dict[str, list[Any]] = {}
    for edge in edges:
        exits.setdefault(_source(edge), []).append(edge)
    in_order: dict[str, Iterator[Any]] = {}
    for source, own in exits.items():
        ranks = _INTENTS_FIRST if types.get(source) == "rag_answer" else _EXPRESSIONS_FIRST
        in_order[source] = iter(sorted(own, key=lambda edge, ranks=ranks: ranks.get(_condition_type(edge), 2)))
    return {**upgraded, "edges": [next(in_order[_source(edge)]) for edge in edges]}


_INTENTS_FIRST = {"intent": 0, "expression": 1}
_EXPRESSIONS_FIRST = {"expression": 0, "intent": 1}


def _source(edge: Any) -> str:
    return str(_object(edge).get("source"))


def _condition_type(edge: Any) -> str:
    return str(_object(_object(edge).get("condition")).get("type"))


# From this version to the next.
_STEPS: dict[int, Callable[[Document], Document]] = {1: _from_1, 2: _from_2}
