"""`python -m ops.flow_tests`: a flow's cases from the command line."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.flows.test_cases import FLOW, TURNS

pytestmark = pytest.mark.service


def program(*arguments: str | Path) -> tuple[int, str]:
    """How the program ends, and what it says."""
    done = subprocess.run(
        [sys.executable, "-m", "ops.flow_tests", *map(str, arguments)], capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr


def test_the_program_says_which_cases_are_met(tmp_path: Path) -> None:
    passing = {"name": "Asks a price", "turns": TURNS, "expected": {"score": 20}}
    together = tmp_path / "flow.json"
    together.write_text(json.dumps({"definition": FLOW, "cases": [passing]}))
    assert program(together) == (0, "ok    Asks a price\n1 of 1 test cases passed.\n")
    alone = tmp_path / "alone.json"
    alone.write_text(json.dumps(FLOW))
    assert program(alone) == (1, "There are no test cases to run.\n")
    missed = {"name": "Is dear", "turns": TURNS, "expected": {"score": 21}}
    (tmp_path / "alone.cases.json").write_text(json.dumps([passing, missed]))
    status, output = program(alone)
    assert status == 1
    assert output.splitlines() == [
        "ok    Asks a price",
        "FAIL  Is dear",
        "      The score is 20, expected 21.",
        "1 of 2 test cases passed.",
    ]


@pytest.mark.parametrize(
    ("content", "explanation"),
    [
        ("{", "can't be read"),
        ("[]", "a flow file"),
        ('{"definition": {"schema_version": 9}}', "newer version"),
        ('{"schema_version": 2, "start": "a", "nodes": []}', "has no start"),
        (json.dumps({"definition": FLOW, "cases": [{}]}), "The test case can't be read: name"),
        (json.dumps({"definition": FLOW, "cases": {}}), "must be a list"),
    ],
)
def test_the_program_says_what_it_cannot_use(content: str, explanation: str, tmp_path: Path) -> None:
    file = tmp_path / "flow.json"
    file.write_text(content)
    status, output = program(file)
    assert status == 2
    assert explanation in output
    assert "Traceback" not in output
