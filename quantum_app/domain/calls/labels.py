"""What people read about calls, in one place for the dashboard, the call page, and the simulator."""

from dataclasses import dataclass

from quantum_app.domain.calls.schemas import EndReason


@dataclass(frozen=True, slots=True)
class EndReasonLabels:
    """Why a call ended, in the words of those who read it."""

    dashboard: str
    caller: str = ""
    """What the caller reads. Empty for a call that ended as they expect."""
    simulator: str = ""
    """Completes “The call ends …”. Empty for what does not happen in the simulator."""


END_REASONS: dict[EndReason, EndReasonLabels] = {
    EndReason.GOODBYE: EndReasonLabels("Said goodbye", simulator="with a good-bye"),
    EndReason.FLOW: EndReasonLabels("The flow ended it", simulator="where the flow ends"),
    EndReason.CALLER_LEFT: EndReasonLabels(
        "The caller hung up", caller="You left the call.", simulator="because the caller left"
    ),
    EndReason.SILENCE: EndReasonLabels(
        "Nobody spoke any more",
        caller="Nobody had spoken for a while, so the call was ended.",
        simulator="because nobody spoke",
    ),
    EndReason.NO_AUDIO: EndReasonLabels(
        "No sound arrived",
        caller="No sound reached us, so the call was ended. Check your microphone and try again.",
    ),
    EndReason.MAX_DURATION: EndReasonLabels(
        "Longest duration reached",
        caller="The longest time for a call was reached.",
        simulator="because the time is up",
    ),
    EndReason.WORKER_LOST: EndReasonLabels("The assistant's process was lost"),
    EndReason.ERROR: EndReasonLabels(
        "Something failed",
        caller="Something went wrong on our side, and the call had to end. We are sorry.",
    ),
    EndReason.NEVER_JOINED: EndReasonLabels("The caller never joined"),
}
