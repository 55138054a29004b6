"""What the designer's condition builder writes means to the engine what its rows say: its own modules, run by Node."""

import json
import operator
import random
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ops.home import BIN, ROOT
from quantum_app.domain.flows.model import expressions

pytestmark = pytest.mark.browser

MODEL = ROOT / "frontend" / "src" / "designer" / "model"
SCRIPT = Path(__file__).with_name("condition_rows.mjs")
VALUES: dict[str, list[Any]] = {
    "yes_no": [True, False],
    "number": [0, 1, -1, 2.5, 70, 999_999_999_999_999],
    "date": ["2026-01-31", "2026-12-24"],
    "text": ["Kiel", 'it\'s "quoted"', "back\\slash", "Größe 你好", "True", "a and b", "{x}"],
}
NAMES: dict[str, str] = {
    "urgent": "yes_no",
    "bedrooms": "number",
    "day": "date",
    "city": "text",
    **expressions.BUILT_IN,
}
COMPARE = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def conditions(count: int, seed: int) -> list[dict[str, Any]]:
    request = {"folder": str(MODEL), "count": count, "seed": seed, "values": VALUES}
    command = [str(BIN / "node"), "--no-warnings", str(SCRIPT)]
    done = subprocess.run(command, input=json.dumps(request), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def is_true(row: dict[str, Any], values: dict[str, Any]) -> bool:
    actual, operand = values.get(row["name"]), row["value"]
    match row["operator"]:
        case "known":
            return bool(actual)
        case "unknown":
            return not actual
        case "no":
            return actual is False
        case _ if actual is None:
            return False
        case "in":
            return actual in operand
        case "not in":
            return actual not in operand
        case sign:
            return COMPARE[sign](actual, operand)


def test_a_condition_means_what_its_rows_say() -> None:
    chance = random.Random(1)
    outcomes: set[bool] = set()
    for entry in conditions(400, seed=7):
        parsed = expressions.parse(entry["text"])
        assert entry["kept"]
        for _ in range(10):
            values = {name: chance.choice(VALUES[kind]) for name, kind in NAMES.items() if chance.random() < 0.8}
            each = [is_true(row, values) for row in entry["rows"]]
            expected = all(each) if entry["join"] == "and" else any(each)
            assert parsed.holds(values) == expected, (entry["text"], values)
            outcomes.add(expected)
    assert outcomes == {True, False}
