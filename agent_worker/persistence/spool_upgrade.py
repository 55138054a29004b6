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


def upgrade(tag: str, record: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The record and its tag in today's names. A record of today comes back as it is."""
    if tag == "end":
        return tag, record | {"reason": _end_reason(record["reason"])}
    if tag != "event":
        return tag, record
    kind, data = record["kind"], record["data"]
    if kind == "flow_state":
        state = {"encrypted_state": data["sealed"]}
        return "checkpoint", {name: record[name] for name in ("call_id", "seq", "at")} | state
    if kind not in _KINDS:
        return tag, record
    keys = _DATA_KEYS.get(kind, {})
    data = {keys.get(key, key): value for key, value in data.items()}
    if "reason" in data:
        data["reason"] = _end_reason(data["reason"])
    return tag, record | {"kind": _KINDS[kind], "data": data}


def _end_reason(reason: Any) -> Any:
    return _END_REASONS.get(reason, reason)
