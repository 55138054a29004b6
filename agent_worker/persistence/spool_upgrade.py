"""Reads records as earlier versions wrote them: a spool may be older than the process that replays it."""

from typing import Any

_KINDS = {
    "joined": "assistant.joined",
    "resumed": "assistant.resumed",
    "interrupted": "assistant.interrupted",
    "caller_left": "participant.left",
    "caller_back": "participant.reconnected",
    "backchannel": "backchannel.detected",
    "filler": "filler.played",
    "fallback": "fallback.used",
    "collected": "slot.filled",
    "scored": "score.changed",
    "handoff_wanted": "handoff.requested",
    "no_audio": "audio.missing",
    "not_understood": "stt.no_transcript",
    "not_listening": "stt.unavailable",
    "voice_failed": "tts.failed",
    "ended": "call.ended",
}
_DATA_KEYS = {
    "filler": {"waiting_for": "component"},
    "fallback": {"segment": "component", "why": "reason"},
}
_END_REASONS = {"ghost": "no_audio"}


def upgrade(record_type: str, record: dict[str, Any]) -> dict[str, Any]:
    """The record in today's names. record_type: its tag in the spool. A record of today comes back as it is."""
    if record_type == "end":
        return record | {"reason": _end_reason(record["reason"])}
    if record_type == "event" and (kind := record["kind"]) in _KINDS:
        keys = _DATA_KEYS.get(kind, {})
        data = {keys.get(key, key): value for key, value in record["data"].items()}
        if "reason" in data:
            data["reason"] = _end_reason(data["reason"])
        return record | {"kind": _KINDS[kind], "data": data}
    return record


def _end_reason(reason: Any) -> Any:
    return _END_REASONS.get(reason, reason)
