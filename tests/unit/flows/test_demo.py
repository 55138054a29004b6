"""The demo: a flow that uses everything a flow can have, and calls that it really led."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from quantum_app.domain.calls.schemas import EndReason
from quantum_app.domain.campaigns import demo
from quantum_app.domain.flows.model.definition import EndNode
from quantum_app.domain.flows.validation import validator

pytestmark = pytest.mark.unit

NOW = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)


def test_its_flow_uses_every_node_type_and_has_no_problems() -> None:
    definition = demo.campaign_flow()
    types = {node.type for node in definition.nodes}
    assert types == {"start", "lead_gate", "rag_answer", "clarify", "dispatch", "end"}
    assert {edge.condition.type for edge in definition.edges} == {"intent", "expression", "fallback"}
    assert definition.rules.scores
    assert definition.rules.hours
    assert validator.check(definition) == ()
    assert not any(isinstance(node, EndNode) and node.outcome == "handoff" for node in definition.nodes)


def test_its_calls_fill_the_week_before() -> None:
    began = [sample.began(NOW) for sample in demo.sample_calls()]
    assert len(began) >= 20
    assert all(timedelta(hours=1) <= NOW - at < timedelta(days=8) for at in began)
    assert len({at.date() for at in began}) >= 7


def test_its_calls_end_in_different_ways() -> None:
    reasons = Counter(EndReason(sample.end_reason) for sample in demo.sample_calls())
    assert reasons.keys() >= {
        EndReason.GOODBYE,
        EndReason.FLOW,
        EndReason.CALLER_LEFT,
        EndReason.CONNECTION_LOST,
        EndReason.SILENCE,
    }


def test_its_calls_know_every_node_and_every_variable() -> None:
    """So each is of the flow as it is today."""
    definition = demo.campaign_flow()
    records = [record for sample in demo.sample_calls() for record in sample.records]
    node_ids = {(record.data or {})["node"] for record in records if record.kind == "node.entered"}
    assert node_ids == {node.id for node in definition.nodes}
    filled = {(record.data or {})["variable"] for record in records if record.kind == "slot.filled"}
    assert filled - {"consent"} == {variable.name for variable in definition.variables}
    sources = {source for record in records for source in record.sources}
    assert sources <= {source.name for source in definition.knowledge}
    assert len(sources) >= 6
    unknown = [record for record in records if record.text.startswith("I don't have that in front of me.")]
    assert unknown
