"""One answer to the caller, while it is prepared and spoken."""

from dataclasses import dataclass, field

from agent_worker.turns.metrics import TurnMetrics
from quantum_app.domain.calls.schemas import EndReason
from quantum_app.domain.flows.model.runtime import FlowAction
from quantum_app.domain.flows.model.state import FlowState
from quantum_app.errors import Component


@dataclass(slots=True)
class SpeculativeReply:
    """A reply to one message of the caller. It changes nothing until it is committed."""

    key: str
    """ID of the message."""
    state_before: FlowState
    metrics: TurnMetrics
    state_after: FlowState | None = None
    node: str | None = None
    """ID of the node that answered."""
    sources: tuple[str, ...] = ()
    """Knowledge that the answer was taken from."""
    actions: list[FlowAction] = field(default_factory=list[FlowAction])
    end_reason: EndReason | None = None
    """Set if the call is over once the reply has been heard."""
    filler_played: bool = False
    is_complete: bool = False
    """Whether all of its words are there."""
    committed_at: float | None = None
    """Unix time when the turn was over and this became its reply."""
    failures: list[tuple[Component, str]] = field(default_factory=list[tuple[Component, str]])
