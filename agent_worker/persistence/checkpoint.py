"""Where a call's flow stands, kept with the call so that another process can go on with it."""

from quantum_app.domain.calls.schemas import CallBriefing, Speaker, Turn
from quantum_app.domain.flows.engine import engine
from quantum_app.domain.flows.model.definition import FlowDefinition
from quantum_app.domain.flows.model.state import FlowState
from quantum_app.errors import Component
from quantum_app.kit import crypto
from quantum_app.kit.log import logger
from quantum_app.settings import settings

# What the key is derived for; another word here makes stored checkpoints unreadable.
_PURPOSE = "flow_state"


def encrypt_checkpoint(state: FlowState) -> str:
    """The state as it is kept with the call: it holds what callers told, so it is encrypted."""
    return crypto.encrypt(settings().signing_key, _PURPOSE, state.model_dump_json()).decode()


def restore_flow_state(briefing: CallBriefing, definition: FlowDefinition, turns: tuple[Turn, ...]) -> FlowState:
    """Where the flow stands. A state that cannot be read any more is made up for by the node of the last turn."""
    if briefing.checkpoint is not None:
        try:
            sealed = crypto.decrypt(settings().signing_key, _PURPOSE, briefing.checkpoint.encode())
            return FlowState.model_validate_json(sealed)
        except ValueError as error:
            logger(__name__, stage=Component.DB).warning(
                "checkpoint.unreadable",
                message="The call resumes at the node of its last turn.",
                call_id=str(briefing.call_id),
                error=type(error).__name__,
            )
    node_ids = {node.id for node in definition.nodes}
    last = next((turn.node_id for turn in reversed(turns) if turn.node_id in node_ids), None)
    if last is None:
        return engine.opening(definition)
    return FlowState(node=last, started=True, turn=sum(turn.speaker is Speaker.CALLER for turn in turns))
