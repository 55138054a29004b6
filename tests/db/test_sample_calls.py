"""The sample calls of the demo account: marked as such, seeded once, and with all that a call has."""

from collections import Counter
from datetime import timedelta

import pytest

from quantum_app.db.session import account_session
from quantum_app.domain.calls import service as calls
from quantum_app.domain.calls.schemas import CallStatus, Origin, Speaker
from quantum_app.domain.campaigns import demo
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.kit.clock import now
from tests.stack import Stack

pytestmark = pytest.mark.service


async def test_the_demo_has_a_week_of_sample_calls(database: Stack) -> None:
    campaign = await campaigns.get_public(demo.PUBLIC_ID)
    await demo.seed(database.demo_password)
    async with account_session(campaign.account_id) as session:
        page = await calls.list_calls(session, limit=100, see_values=True)
    samples = [call for call in page.calls if call.origin is Origin.SAMPLE]
    assert len(samples) == len(demo.sample_calls())
    assert [call.created_at for call in samples] == sorted((call.created_at for call in samples), reverse=True)
    assert all(call.created_at > now() - timedelta(days=9) for call in samples)
    statuses = Counter(call.status for call in samples)
    assert statuses.keys() == {CallStatus.COMPLETED, CallStatus.ABANDONED}
    assert {value.label for call in samples for value in call.values} >= {"Name", "Phone", "Apartment", "Moving in"}
    assert any(call.rating == 5 for call in samples)

    longest = max(samples, key=lambda call: call.turns)
    async with account_session(campaign.account_id) as session:
        detail = await calls.get_detail(session, longest.call_id, see_values=True)
    speakers = [turn.speaker for turn in detail.turns]
    assert speakers[:3] == [Speaker.ASSISTANT, Speaker.CALLER, Speaker.ASSISTANT]
    answers = [turn for turn in detail.turns[1:] if turn.speaker is Speaker.ASSISTANT]
    assert all(turn.latency and 400 < (turn.latency.total or 0) < 1500 for turn in answers)
    assert {event.kind for event in detail.events} >= {"node.entered", "slot.filled", "score.changed", "call.ended"}
    assert detail.summary.ended_at
    assert all(turn.ended_at <= detail.summary.ended_at for turn in detail.turns)
