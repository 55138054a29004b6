"""The state of a call as it is stored, also by versions that kept all fields in one object."""

import json
from pathlib import Path
from typing import Any

import pytest

from quantum_app.domain.flows.engine.engine import step
from quantum_app.domain.flows.model.definition import FlowDefinition
from quantum_app.domain.flows.model.runtime import Ask, Extracted
from quantum_app.domain.flows.model.state import ConfirmationState, FlowState, PendingRequest, SlotState
from quantum_app.domain.flows.validation import validator

pytestmark = pytest.mark.unit

# A caller's e-mail address was read back, and they are correcting it. The classifier has answered.
FLAT = (Path(__file__).parent / "samples" / "state_flat.json").read_text()


def flow() -> FlowDefinition:
    nodes: list[dict[str, Any]] = [
        {"type": "start", "id": "start", "greeting": "Hello."},
        {"type": "clarify", "id": "need", "fields": [{"variable": "email"}, {"variable": "rooms"}]},
        {"type": "end", "id": "bye", "farewell": "Goodbye."},
    ]
    edges = [
        {"id": "a", "source": "start", "target": "need", "condition": {"type": "fallback"}},
        {
            "id": "b",
            "source": "need",
            "target": "bye",
            "condition": {"type": "intent", "description": "wants to leave"},
        },
        {"id": "c", "source": "need", "target": "bye", "condition": {"type": "fallback"}},
    ]
    variables = [
        {"name": "email", "type": "email", "ask": "What is your e-mail?", "confirm": True},
        {"name": "rooms", "type": "number", "ask": "How many rooms?"},
    ]
    return validator.parse(
        {"schema_version": 3, "start": "start", "nodes": nodes, "edges": edges, "variables": variables}
    )


def test_a_flat_state_is_read_into_its_slices() -> None:
    state = FlowState.model_validate_json(FLAT)
    assert (state.node, state.turn, state.started, state.time_zone, state.consent) == (
        "need",
        2,
        True,
        "Europe/Berlin",
        True,
    )
    assert state.slots == SlotState(
        values={"rooms": 3}, set_at_turn={"rooms": 1}, asking="email", attempts={"email": 1}, complete=False
    )
    assert state.confirmation == ConfirmationState(
        unconfirmed_slots={"email": "ines@example.com"}, awaiting_confirmation=True, attempts={"email": 1}
    )
    assert (state.conversation.turns_at_node, state.conversation.response_pending) == (2, True)
    assert (state.scoring.total, state.scoring.applied_rules) == (15, {"big"})
    assert state.pending is not None
    assert (state.pending.awaited, state.pending.intent) == ({"extract"}, "b")
    assert state.last_request == state.pending.request


def test_a_call_goes_on_from_a_flat_state() -> None:
    state = FlowState.model_validate_json(FLAT)
    assert state.pending
    event = Extracted(request=state.pending.request, values={"email": "ines.moreau@example.com"})
    after, actions = step(flow(), state, event)
    assert after.confirmation.unconfirmed_slots == {"email": "ines.moreau@example.com"}
    assert [type(action) for action in actions] == [Ask]


def test_every_field_of_a_flat_state_has_a_place() -> None:
    flat = json.loads(FLAT)
    flat["waiting"] = None
    read = FlowState.model_validate(flat)
    assert FlowState.model_validate_json(read.model_dump_json()) == read
    assert read.pending is None


def test_a_state_of_today_is_read_as_it_is() -> None:
    state = FlowState(node="need", pending=PendingRequest(request=3, awaited=frozenset({"answer"})), last_request=3)
    assert FlowState.model_validate_json(state.model_dump_json()) == state
