"""How a call ended that no worker will end anymore. No I/O."""

from datetime import datetime, timedelta

from quantum_app.domain.calls.endings import status_of
from quantum_app.domain.calls.schemas import CallBriefing, CallEnd, EndReason

# Reasons that are concluded from outside. A worker that held the call knows better, even if it reports later.
PRESUMED_REASONS = frozenset({EndReason.WORKER_LOST, EndReason.NEVER_JOINED})

# The caller's LiveKit token is valid for ten minutes.
JOIN_TIMEOUT = timedelta(minutes=11)
# Time a worker may need beyond the longest duration of a call: farewell, restart, replay.
_GRACE = timedelta(minutes=5)


def presumed_end(call: CallBriefing, at: datetime) -> CallEnd | None:
    """How the call must have ended by this time, or None while somebody may still hold it."""
    if call.answered_at is None and at > call.consented_at + JOIN_TIMEOUT:
        return _end(call, EndReason.NEVER_JOINED, at)
    if at > call.consented_at + JOIN_TIMEOUT + timedelta(seconds=call.max_duration) + _GRACE:
        return _end(call, EndReason.WORKER_LOST, at)
    return None


def _end(call: CallBriefing, reason: EndReason, at: datetime) -> CallEnd:
    return CallEnd(call.call_id, status_of(reason, caller_turns=0), reason, at)
