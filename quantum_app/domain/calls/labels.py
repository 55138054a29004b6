"""Texts about calls, shared by the dashboard, the call page and the simulator."""

from dataclasses import dataclass

from quantum_app.domain.calls.schemas import EndReason, EventKind


@dataclass(frozen=True, slots=True)
class EndReasonLabels:
    """Why a call ended, for each audience."""

    dashboard: str
    caller: str = ""
    """Shown to the caller. Empty if they expect the end."""
    simulator: str = ""
    """Completes “The call ends …”. Empty if it can't happen in the simulator."""


END_REASONS: dict[EndReason, EndReasonLabels] = {
    EndReason.GOODBYE: EndReasonLabels("Goodbye", simulator="with a goodbye"),
    EndReason.FLOW: EndReasonLabels("Ended by flow", simulator="where the flow ends"),
    EndReason.CALLER_LEFT: EndReasonLabels(
        "Caller hung up", caller="You left the call.", simulator="because the caller hung up"
    ),
    EndReason.CONNECTION_LOST: EndReasonLabels("Caller disconnected"),
    EndReason.SILENCE: EndReasonLabels(
        "Caller stopped responding",
        caller="We ended the call because we didn't hear from you for a while.",
        simulator="because the caller stopped responding",
    ),
    EndReason.NO_AUDIO: EndReasonLabels(
        "No audio",
        caller="We ended the call because we couldn't hear you. Check your microphone and try again.",
    ),
    EndReason.MAX_DURATION: EndReasonLabels(
        "Maximum duration reached",
        caller="The call reached its maximum duration.",
        simulator="because it reached the maximum duration",
    ),
    EndReason.WORKER_LOST: EndReasonLabels("Connection to the assistant lost"),
    EndReason.ERROR: EndReasonLabels(
        "Error",
        caller="Sorry, something went wrong on our end, and the call had to end.",
    ),
    EndReason.NEVER_JOINED: EndReasonLabels("Caller never joined"),
}

EVENTS: dict[EventKind, str] = {
    EventKind.ASSISTANT_JOINED: "Assistant joined",
    EventKind.ASSISTANT_RESUMED: "Assistant rejoined",
    EventKind.ASSISTANT_INTERRUPTED: "Interrupted",
    EventKind.FILLER_PLAYED: "Filler played",
    EventKind.FALLBACK_USED: "Fallback answer",
    EventKind.PARTICIPANT_LEFT: "Caller disconnected",
    EventKind.PARTICIPANT_RECONNECTED: "Caller reconnected",
    EventKind.CALL_ENDED: "Call ended",
    EventKind.HANDOFF_REQUESTED: "Handoff requested",
    EventKind.AUDIO_MISSING: "No audio",
    EventKind.STT_NO_TRANSCRIPT: "Not understood, asked again",
    EventKind.STT_UNAVAILABLE: "Speech recognition unavailable",
    EventKind.TTS_FAILED: "Text to speech failed",
    EventKind.BACKCHANNEL_DETECTED: "Backchannel (“mhm”), assistant continued",
    EventKind.NODE_ENTERED: "Node entered",
    EventKind.SLOT_FILLED: "Variable filled",
    EventKind.SCORE_CHANGED: "Score changed",
}
