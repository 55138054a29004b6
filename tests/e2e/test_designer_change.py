"""What the designer sends makes on the server exactly what stands in the browser: its own modules, run by Node."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ops.home import BIN, ROOT
from quantum_app.domain.flows import drafts
from quantum_app.domain.flows.model.definition import FlowDefinition
from quantum_app.domain.flows.templates import TEMPLATES

pytestmark = pytest.mark.browser

MODEL = ROOT / "frontend" / "src" / "designer" / "model"
SCRIPT = Path(__file__).with_name("random_edits.mjs")


def random_edits(template: dict[str, Any], *, seed: int, rounds: int) -> list[dict[str, Any]]:
    job = {"folder": str(MODEL), "template": template, "rounds": rounds, "seed": seed}
    command = [str(BIN / "node"), "--no-warnings", str(SCRIPT)]
    process = subprocess.run(command, input=json.dumps(job), capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout)


def check_changes(template: dict[str, Any], *, seed: int, rounds: int) -> None:
    entries = random_edits(template, seed=seed, rounds=rounds)
    assert sum(entry["change"] is not None for entry in entries) > rounds * 0.8
    for entry in entries:
        before, after = (FlowDefinition.model_validate(entry[name]) for name in ("before", "after"))
        assert drafts.change(before, drafts.read_change(entry["change"] or {})) == after


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.id)
def test_the_change_makes_what_is_drawn(template: Any) -> None:
    check_changes(drafts.plain(template.definition), seed=len(template.id), rounds=40)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.id)
def test_the_change_is_smaller_than_the_flow(template: Any) -> None:
    """One name of one node: what is sent does not grow with the flow."""
    plain = drafts.plain(template.definition)
    entry = next(entry for entry in random_edits(plain, seed=7, rounds=40) if set(entry["change"] or {}) == {"nodes"})
    put = entry["change"]["nodes"]["put"]
    assert len(put) < len(entry["after"]["nodes"])
