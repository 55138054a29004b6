"""Pure decisions about calls."""

from datetime import datetime, timedelta
from typing import Any

from quantum_app.domain.calls.schemas import CallBriefing, CallEnd, CallStatus, EndReason

# What a watcher concludes from outside. The worker that held the call knows better, also when it speaks later.
VERDICTS = frozenset({EndReason.WORKER_LOST, EndReason.NEVER_JOINED})


# The token that admits the caller lives ten minutes.
JOINS_WITHIN = timedelta(minutes=11)
# What a worker may take beyond a call's longest duration: farewell, restart, replay.
_GRACE = timedelta(minutes=5)


def verdict(call: CallBriefing, at: datetime) -> CallEnd | None:
    """How a call ended that nobody can hold any more at this time; None while somebody may."""
    if call.answered_at is None and at > call.consented_at + JOINS_WITHIN:
        return CallEnd(call.call_id, CallStatus.ABANDONED, EndReason.NEVER_JOINED, at)
    if at > call.consented_at + JOINS_WITHIN + timedelta(seconds=call.max_duration) + _GRACE:
        return CallEnd(call.call_id, CallStatus.FAILED, EndReason.WORKER_LOST, at)
    return None


def storable(value: Any) -> Any:
    """The same text or JSON without what Postgres cannot store: NUL characters and lone surrogates."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {storable(key): storable(item) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list | tuple):
        return [storable(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    return value
