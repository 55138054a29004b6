"""Everything a call needs before its first word: whose it is, what to say, whether it goes on after a lost worker."""

import asyncio
import json
from dataclasses import dataclass
from uuid import UUID

from agent_worker.dialogue import Dialogue
from agent_worker.transcript import Transcript
from quantum_app.db.session import account_session
from quantum_app.domain.calls import service as calls
from quantum_app.domain.calls.ports import LiveBus
from quantum_app.domain.calls.schemas import CallBriefing, Speaker, Turn
from quantum_app.domain.flows import engine, validation
from quantum_app.domain.flows.ports import Brain
from quantum_app.domain.flows.schemas import AnswerNode, FlowState
from quantum_app.domain.knowledge.ports import Embedder
from quantum_app.domain.knowledge.service import Knowledge
from quantum_app.errors import InvalidInput, Segment, SegmentDown
from quantum_app.kit.log import logger
from quantum_app.providers.brain.llm import Tokens
from quantum_app.settings import Settings

# How often and how long apart a database that does not answer is asked again before the call is given up.
_ATTEMPTS = (0.2, 0.5, 1.0, 2.0)


@dataclass(frozen=True, slots=True)
class CallRequest:
    """The dispatch's metadata."""

    account_id: UUID
    call_id: UUID
    campaign_id: UUID


def parse_metadata(text: str) -> CallRequest:
    """Raises InvalidInput when the metadata are not a call's."""
    try:
        found = json.loads(text)
        return CallRequest(UUID(found["account_id"]), UUID(found["call_id"]), UUID(found["campaign_id"]))
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidInput("The job's metadata do not name a call.") from error


async def load(request: CallRequest) -> tuple[CallBriefing, tuple[Turn, ...]]:
    """The briefing, and what was said before on a call that goes on.

    Raises NotFound, Conflict when the call has ended, SegmentDown(DB) when the database stays away.
    """
    for delay in (*_ATTEMPTS, None):
        try:
            async with account_session(request.account_id) as session:
                briefing = await calls.brief(session, request.call_id)
                turns = (await calls.detail(session, request.call_id)).turns if briefing.answered_at else ()
            return briefing, turns
        except (SegmentDown, OSError) as error:
            if delay is None:
                raise SegmentDown(Segment.DB, "The database does not answer, so the call cannot begin.") from error
            logger(__name__, stage=Segment.DB).warning("database does not answer", call_id=str(request.call_id))
            await asyncio.sleep(delay)
    raise AssertionError("unreachable")


async def mark_answered(request: CallRequest) -> None:
    """Note that the assistant is there. Raises SegmentDown(DB)."""
    async with account_session(request.account_id) as session:
        await calls.answered(session, request.call_id)


def dialogue(
    briefing: CallBriefing, turns: tuple[Turn, ...], brains: tuple[Brain, ...], embedder: Embedder, settings: Settings
) -> Dialogue:
    """The conversation, where it stood. Raises InvalidInput for a flow that cannot run."""
    definition = validation.load(briefing.flow)
    knowledge = {
        node.id: Knowledge(node.passages, embedder) for node in definition.nodes if isinstance(node, AnswerNode)
    }
    state = engine.opening(definition)
    known = {node.id for node in definition.nodes}
    if last := next((turn.node_id for turn in reversed(turns) if turn.node_id in known), None):
        state = FlowState(node=last, turn=sum(turn.speaker is Speaker.CALLER for turn in turns))
    return Dialogue(definition, state, brains, knowledge, answer_timeout=settings.worker.answer_timeout)


@dataclass(slots=True)
class Opened:
    """A call that may begin."""

    request: CallRequest
    briefing: CallBriefing
    turns: tuple[Turn, ...]
    transcript: Transcript
    dialogue: Dialogue
    bus: LiveBus
    tokens: tuple[Tokens, ...]
