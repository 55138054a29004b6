"""One answer to the caller, while it is prepared and spoken."""

from dataclasses import dataclass, field

from agent_worker.turns.metrics import Waterfall
from quantum_app.domain.calls.schemas import EndReason
from quantum_app.domain.flows.model.runtime import FlowAction
from quantum_app.domain.flows.model.state import FlowState
from quantum_app.errors import Component


@dataclass(slots=True)
class Reply:
    """A prepared answer to one message of the caller.

    before, after: the flow's state without and with it · node: where it was answered · actions: what the flow decided ·
    ends: the call is over once it was heard · bridged: a filler was said before it · complete: all its words are there.
    """

    key: str
    before: FlowState
    waterfall: Waterfall
    after: FlowState | None = None
    node: str | None = None
    sources: tuple[str, ...] = ()
    actions: list[FlowAction] = field(default_factory=list[FlowAction])
    ends: EndReason | None = None
    bridged: bool = False
    complete: bool = False
    confirmed: float | None = None
    problems: list[tuple[Component, str]] = field(default_factory=list[tuple[Component, str]])
