"""Pure decisions about calls."""

from typing import Any

from quantum_app.domain.calls.schemas import CallStatus, EndReason

# What a watcher concludes from outside. The worker that held the call knows better, also when it speaks later.
VERDICTS = frozenset({EndReason.WORKER_LOST, EndReason.NEVER_JOINED})


def verdict(answered: bool) -> tuple[CallStatus, EndReason]:
    """How a call ended that nobody holds any more."""
    if answered:
        return CallStatus.FAILED, EndReason.WORKER_LOST
    return CallStatus.ABANDONED, EndReason.NEVER_JOINED


def storable(value: Any) -> Any:
    """The same text or JSON without what Postgres cannot store: NUL characters and lone surrogates."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {storable(key): storable(item) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list | tuple):
        return [storable(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    return value
