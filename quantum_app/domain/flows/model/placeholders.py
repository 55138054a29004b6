"""Facts that only the owner knows, as `[[opening hours]]` in any text of a flow.

Creating a flow from a template fills what is known. A flow with a placeholder left in it can't be published, so no
caller hears one.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from pydantic import BaseModel

from quantum_app.domain.flows.model.definition import FlowDefinition

# Labels that templates share.
BUSINESS_NAME = "business name"
FACTS = ("opening hours", "address", "what you offer")
LONGEST_FACT = 500  # characters

_PLACEHOLDER = re.compile(r"\[\[\s*([^\[\]\s][^\[\]\n]{0,79}?)\s*\]\]")


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A placeholder and where it is. node, edge, field: as in a `Problem`."""

    label: str
    node: str | None = None
    edge: str | None = None
    field: str | None = None


def find(definition: FlowDefinition) -> Iterator[Placeholder]:
    """Every placeholder that has to be filled, once for each field. Notes and example knowledge don't count."""
    for node in definition.nodes:
        for name, value in node:
            yield from (Placeholder(label, node=node.id, field=name) for label in _labels(value))
    for edge in definition.edges:
        for name, value in edge:
            yield from (Placeholder(label, node=edge.source, edge=edge.id, field=name) for label in _labels(value))
    for variable in definition.variables:
        yield from _in_fields(f"variables.{variable.name}", variable)
    for source in definition.knowledge:
        if not source.example:
            yield from _in_fields(f"knowledge.{source.id}", source)
    yield from _in_fields("rules.handoff", definition.rules.handoff)
    for rule in definition.rules.scores:
        yield from _in_fields(f"rules.scores.{rule.id}", rule)
    for name in ("persona", "fillers"):
        yield from (Placeholder(label, field=name) for label in _labels(getattr(definition, name)))


def labels(definition: FlowDefinition) -> tuple[str, ...]:
    """What has to be filled in, in the order of the flow."""
    unique: dict[str, str] = {}
    for item in find(definition):
        unique.setdefault(_key(item.label), item.label)
    return tuple(unique.values())


def fill(definition: FlowDefinition, facts: Mapping[str, str]) -> FlowDefinition:
    """The flow with facts in place of the placeholders that they belong to.

    facts: by label; an empty one leaves its placeholders as they are.
    """
    texts = {_key(label): text.strip() for label, text in facts.items() if text.strip()}
    return FlowDefinition.model_validate(_filled(definition.model_dump(), texts)) if texts else definition


def _filled(value: Any, texts: Mapping[str, str]) -> Any:
    match value:
        case str():
            return _PLACEHOLDER.sub(lambda match: texts.get(_key(match[1]), match[0]), value)
        case dict():
            return {key: _filled(item, texts) for key, item in cast("dict[str, Any]", value).items()}
        case tuple() | list():
            return [_filled(item, texts) for item in cast("tuple[Any, ...]", value)]
        case _:
            return value


def _in_fields(path: str, fields: BaseModel) -> Iterator[Placeholder]:
    for name, value in fields:
        yield from (Placeholder(label, field=f"{path}.{name}") for label in _labels(value))


def _labels(value: Any) -> tuple[str, ...]:
    """The placeholders in a value of a field, each once."""
    unique: dict[str, str] = {}
    for text in _texts(value):
        for label in _PLACEHOLDER.findall(text):
            unique.setdefault(_key(label), label)
    return tuple(unique.values())


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case BaseModel():
            for _, item in value:
                yield from _texts(item)
        case tuple():
            for item in cast("tuple[Any, ...]", value):
                yield from _texts(item)
        case _:
            pass


def _key(label: str) -> str:
    return " ".join(label.split()).casefold()
