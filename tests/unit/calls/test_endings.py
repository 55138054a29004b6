"""The status of a call by how it ended, and whether the caller said anything."""

import pytest

from quantum_app.domain.calls.endings import status_of
from quantum_app.domain.calls.schemas import CallStatus, EndReason

pytestmark = pytest.mark.unit

FAILED = {EndReason.ERROR, EndReason.WORKER_LOST}
WITHOUT_CALLER = {EndReason.CONNECTION_LOST, EndReason.NO_AUDIO, EndReason.NEVER_JOINED}


@pytest.mark.parametrize("reason", EndReason)
def test_the_status_of_every_end(reason: EndReason) -> None:
    status = (
        CallStatus.FAILED
        if reason in FAILED
        else CallStatus.ABANDONED
        if reason in WITHOUT_CALLER
        else CallStatus.COMPLETED
    )
    assert status_of(reason, 1) is status
    assert status_of(reason, 0) is (CallStatus.FAILED if reason in FAILED else CallStatus.ABANDONED)
