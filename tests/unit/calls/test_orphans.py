"""When a call counts as orphaned."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantum_app.domain.calls.orphans import JOIN_TIMEOUT, presumed_end
from quantum_app.domain.calls.schemas import CallBriefing, CallStatus, EndReason

pytestmark = pytest.mark.unit

BEGAN = datetime(2026, 11, 21, 12, tzinfo=UTC)
CALL = CallBriefing(
    call_id=UUID(int=1),
    account_id=UUID(int=2),
    account_name="Northquay Living",
    campaign_id=UUID(int=3),
    campaign_name="Homes",
    assistant_name="Mira",
    caller_name=None,
    caller_email=None,
    known_caller=False,
    consent_version="1",
    consented_at=BEGAN,
    created_at=BEGAN,
    flow_version=1,
    flow={},
    checkpoint=None,
    time_zone="UTC",
    max_duration=600,
    status=CallStatus.ACTIVE,
    last_seq=0,
    answered_at=None,
)


@given(st.integers(0, 100_000), st.booleans())
def test_a_call_is_given_up_when_nobody_can_hold_it(seconds: int, answered: bool) -> None:
    call = replace(CALL, answered_at=BEGAN if answered else None)
    at = BEGAN + timedelta(seconds=seconds)
    end = presumed_end(call, at)
    if at <= BEGAN + JOIN_TIMEOUT:
        assert end is None, "the caller may still join"
    elif not answered:
        assert end is not None
        assert (end.status, end.reason) == (CallStatus.ABANDONED, EndReason.NEVER_JOINED)
    elif at <= BEGAN + JOIN_TIMEOUT + timedelta(seconds=call.max_duration):
        assert end is None, "the call may still be going on"
    if end is not None:
        assert (end.call_id, end.ended_at) == (call.call_id, at)


def test_a_lost_call_is_given_up_at_last() -> None:
    end = presumed_end(replace(CALL, answered_at=BEGAN), BEGAN + timedelta(seconds=600) + timedelta(hours=1))
    assert end is not None
    assert (end.status, end.reason) == (CallStatus.FAILED, EndReason.WORKER_LOST)
