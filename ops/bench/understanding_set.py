"""The labeled set: what callers say, and what a careful reader takes from it.

`understanding.jsonl` holds the held-out half, one utterance a line; figures are of these. Rules and models are tuned on
the other half, `training/intent_classifier/data/labeled.jsonl`, which has none of the held-out half's flows.
`understanding.json` has the flows and variables of both. `heard` is what our recognizer wrote, where the line was
spoken.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from quantum_app.domain.flows.model.definition import Value, Variable
from quantum_app.domain.flows.model.runtime import Option
from quantum_app.domain.flows.ports import ClassifyRequest, ExtractRequest

LINES = Path(__file__).parent / "understanding.jsonl"
ABOUT = Path(__file__).parent / "understanding.json"


@dataclass(frozen=True, slots=True)
class LabeledUtterance:
    """choice: the option that is meant, none: no option.

    Or values: what the words tell; intended_values: what the caller told.
    """

    id: str
    spoken: bool
    request: ClassifyRequest | ExtractRequest
    choice: str | None
    values: dict[str, Value]
    intended_values: dict[str, Value]


def load(file: Path = LINES) -> list[LabeledUtterance]:
    """All of a half, in the order of its file."""
    about = json.loads(ABOUT.read_text())
    flows = {
        name: tuple(Option.model_validate(option) for option in options) for name, options in about["flows"].items()
    }
    variables = {item["name"]: Variable.model_validate(item) for item in about["variables"]}
    now = datetime.fromisoformat(about["now"])
    return [_parse(json.loads(line), flows, variables, now) for line in file.read_text().splitlines()]


def _parse(
    line: dict[str, Any], flows: dict[str, tuple[Option, ...]], variables: dict[str, Variable], now: datetime
) -> LabeledUtterance:
    text = line.get("heard", line["said"])
    if "flow" in line:
        request = ClassifyRequest(text, flows[line["flow"]])
    else:
        variables_in_question = tuple(variables[name] for name in line["variables"])
        request = ExtractRequest(text, variables_in_question, now, line["asked"], line["region"], line["known"])
    values = line.get("values", {})
    return LabeledUtterance(line["id"], "heard" in line, request, line.get("choice"), values, line.get("meant", values))
