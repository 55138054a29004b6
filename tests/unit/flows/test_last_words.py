"""The last words of a call: what happens next, then the goodbye."""

import pytest

from quantum_app.domain.campaigns import demo
from quantum_app.domain.flows.engine import engine
from quantum_app.domain.flows.model.definition import EndNode, FlowDefinition, StartNode
from quantum_app.domain.flows.model.runtime import CallerSaid, CallStarted, Say
from quantum_app.domain.flows.nlu import dialogue_acts
from quantum_app.domain.flows.templates import TEMPLATES
from tests.filled import filled

pytestmark = pytest.mark.unit

FLOWS = {"demo": demo.flow(), **{template.id: filled(template) for template in TEMPLATES}}
CLOSINGS = ("Goodbye.", "Goodbye!", "See you there!")


def test_the_next_steps_come_before_the_goodbye() -> None:
    end = EndNode(id="end", farewell="Thank you for calling. Goodbye.", next_steps="We'll email you tomorrow.")
    nodes = (StartNode(id="start", greeting="Hello."), end)
    flow = FlowDefinition.model_validate(
        {
            "start": "start",
            "nodes": [node.model_dump() for node in nodes],
            "edges": [{"id": "e", "source": "start", "target": "end", "condition": {"type": "fallback"}}],
        }
    )
    state, actions = engine.step(flow, engine.opening(flow), CallStarted())
    texts = [action.text for action in actions if isinstance(action, Say)]
    assert texts == ["Hello.", "We'll email you tomorrow. Thank you for calling. Goodbye."]
    assert state.ended
    assert engine.step(flow, state, CallerSaid(text="Hello?"))[1] == ()


@pytest.mark.parametrize("name", FLOWS)
def test_no_template_says_goodbye_in_the_middle(name: str) -> None:
    ends = [node for node in FLOWS[name].nodes if isinstance(node, EndNode) and node.outcome == "hang_up"]
    assert ends
    for end in ends:
        assert end.farewell.endswith(CLOSINGS), end.farewell
        assert not any(dialogue_acts.is_farewell(part) for part in end.next_steps.split(". ")), end.next_steps
