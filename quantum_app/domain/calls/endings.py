"""What the end of a call makes of it. No I/O."""

from quantum_app.domain.calls.schemas import CallStatus, EndReason

_FAILED = frozenset({EndReason.ERROR, EndReason.WORKER_LOST})
_ABANDONED = frozenset({EndReason.CONNECTION_LOST, EndReason.NO_AUDIO, EndReason.NEVER_JOINED})


def status_of(reason: EndReason, caller_turns: int) -> CallStatus:
    """The status of a call that ended for this reason, after so many turns of the caller.

    Who said nothing, or didn't get to hang up, abandoned the call, unless it failed by our fault.
    """
    if reason in _FAILED:
        return CallStatus.FAILED
    return CallStatus.ABANDONED if reason in _ABANDONED or caller_turns == 0 else CallStatus.COMPLETED
