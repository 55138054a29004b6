"""Cases and states that were stored under names of before are read under those of today."""

import json
from pathlib import Path
from typing import Any

import pytest

from quantum_app.domain.flows.model.state import FlowState
from quantum_app.domain.flows.testing import test_case as cases
from quantum_app.errors import InvalidInput

pytestmark = pytest.mark.unit


def sample(name: str) -> dict[str, Any]:
    return json.loads((Path(__file__).parent / "samples" / f"{name}.json").read_text())


def test_a_stored_case_keeps_what_it_expects() -> None:
    document = sample("case_known_said")
    case = cases.read(document)
    assert case.start_event.values == document["known"]
    assert case.expected.phrases == tuple(document["expected"]["said"])
    today = cases.plain(case)
    assert today.keys() == document.keys() - {"known"} | {"collected"}
    assert today["expected"].keys() == document["expected"].keys() - {"said"} | {"phrases"}
    assert cases.read(today) == case


@pytest.mark.parametrize("case", [{"known": {}, "collected": {}}, {"expected": {"said": [], "phrases": []}}])
def test_a_case_says_a_thing_once(case: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match="can't be read"):
        cases.read({"name": "Both", **case})


@pytest.mark.parametrize(("status_then", "status"), [("asked", "requested"), ("held", "active"), (None, None)])
def test_a_call_that_waits_for_a_person_goes_on_waiting(status_then: str | None, status: str | None) -> None:
    document = sample("state_handoff")
    document["handoff"]["status"] = status_then
    state = FlowState.model_validate(document)
    assert (state.handoff.status, state.handoff.fired_rules) == (status, {"wish"})
    assert FlowState.model_validate_json(state.model_dump_json()) == state
