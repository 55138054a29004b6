"""One answer to the caller, while it is prepared and spoken."""

from dataclasses import dataclass, field

from agent_worker.turns.metrics import TurnMetrics
from quantum_app.domain.calls.schemas import EndReason
from quantum_app.domain.flows.model.runtime import FlowAction
from quantum_app.domain.flows.model.state import FlowState
from quantum_app.errors import Component


@dataclass(slots=True)
class SpeculativeReply:
    """A prepared answer to one message of the caller.

    before, after: the flow's state without and with it · node: where it was answered · actions: what the flow decided ·
    ends: the call is over once it was heard · bridged: a filler was said before it · complete: all its words are there.
    """

    key: str
    state_before: FlowState
    metrics: TurnMetrics
    state_after: FlowState | None = None
    node: str | None = None
    sources: tuple[str, ...] = ()
    actions: list[FlowAction] = field(default_factory=list[FlowAction])
    end_reason: EndReason | None = None
    filler_played: bool = False
    is_complete: bool = False
    committed_at: float | None = None
    failures: list[tuple[Component, str]] = field(default_factory=list[tuple[Component, str]])
