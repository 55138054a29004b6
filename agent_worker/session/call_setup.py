"""Everything a call needs before its first word: whose it is, what to say, whether it goes on after a lost worker."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from agent_worker.persistence.call_log import DurableCallLog
from agent_worker.persistence.checkpoint import restore_flow_state
from agent_worker.session.call_timers import CallLimits
from agent_worker.session.dialogue import Dialogue
from quantum_app.db.session import account_session
from quantum_app.domain.calls import service as calls
from quantum_app.domain.calls.ports import LiveBus
from quantum_app.domain.calls.schemas import CallBriefing, CallRef, Turn
from quantum_app.domain.flows.model.definition import FlowDefinition, Value
from quantum_app.domain.flows.model.runtime import CallStarted
from quantum_app.domain.flows.ports import DialogueModel
from quantum_app.domain.flows.validation import validator
from quantum_app.domain.knowledge import flow_knowledge, search
from quantum_app.domain.knowledge.ports import Embedder
from quantum_app.errors import Component, DependencyUnavailable
from quantum_app.kit.clock import now
from quantum_app.kit.log import logger
from quantum_app.kit.phone import region_of_time_zone
from quantum_app.kit.retry import DATABASE_READ
from quantum_app.providers.livekit import Rooms
from quantum_app.providers.nlu.llm import Tokens
from quantum_app.settings import Settings, Worker

# How long an assistant waits in vain for the caller's media to pass, and how often it looks, in seconds. Whose network
# takes longer asks for another one.
_CALLER_WITHIN, _CALLER_AGAIN = 5.0, 0.1


async def wait_for_caller(rooms: Rooms, call: CallRef) -> bool:
    """Whether the caller is in the room, now or a few seconds later. Raises DependencyUnavailable(LIVEKIT)."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_CALLER_WITHIN):
            while not await rooms.caller_present(call):  # noqa: ASYNC110 (the room is elsewhere)
                await asyncio.sleep(_CALLER_AGAIN)
            return True
    return False


async def load_call(request: CallRef) -> tuple[CallBriefing, tuple[Turn, ...]]:
    """The briefing, and what was said before on a call that goes on.

    Raises NotFound, Conflict when the call has ended, DependencyUnavailable(DB) when the database stays away.
    """

    def is_away(error: Exception) -> bool:
        away = isinstance(error, (DependencyUnavailable, OSError))
        if away:
            logger(__name__, stage=Component.DB).warning(
                "call_setup.retried",
                message="The database doesn't respond; trying again.",
                call_id=str(request.call_id),
            )
        return away

    try:
        return await DATABASE_READ.call(is_away, _read_call, request)
    except (DependencyUnavailable, OSError) as error:
        raise DependencyUnavailable(Component.DB, "The database doesn't respond, so the call can't start.") from error


async def _read_call(request: CallRef) -> tuple[CallBriefing, tuple[Turn, ...]]:
    async with account_session(request.account_id) as session:
        briefing = await calls.get_briefing(session, request.call_id)
        is_resumed = briefing.answered_at is not None
        turns = (await calls.get_detail(session, request.call_id, see_values=True)).turns if is_resumed else ()
    return briefing, turns


async def mark_answered(request: CallRef) -> None:
    """Note that the assistant is there. Raises DependencyUnavailable(DB)."""
    async with account_session(request.account_id) as session:
        await calls.mark_answered(session, request.call_id)


def build_dialogue(
    briefing: CallBriefing,
    turns: tuple[Turn, ...],
    dialogue_models: tuple[DialogueModel, ...],
    embedder: Embedder,
    config: Settings,
) -> Dialogue:
    """The conversation, where it stood. Raises InvalidInput for a flow that cannot run."""
    definition = validator.load(briefing.flow)
    return Dialogue(
        definition,
        restore_flow_state(briefing, definition, turns),
        dialogue_models,
        flow_knowledge.of_flow(definition, embedder, search.of_account(briefing.account_id, embedder)),
        answer_timeout=config.worker.answer_timeout,
        elapsed=lambda: (now() - (briefing.answered_at or briefing.created_at)).total_seconds(),
        region=region_of_time_zone(briefing.time_zone),
    )


def build_start_event(briefing: CallBriefing, definition: FlowDefinition, *, resumed: bool) -> CallStarted:
    """What the flow is told first: when, and what the call page was told about the caller."""
    contact_details = {"name": briefing.caller_name, "email": briefing.caller_email}
    values: dict[str, Value] = {}
    for variable in definition.variables:
        if value := contact_details.pop(variable.type, None):
            values[variable.name] = value
    return CallStarted(
        started_at=briefing.answered_at or now(),
        time_zone=briefing.time_zone,
        values=values,
        consent=True,
        known_caller=briefing.known_caller,
        resumed=resumed,
    )


@dataclass(slots=True)
class CallContext:
    """A call that may begin."""

    call: CallRef
    briefing: CallBriefing
    earlier_turns: tuple[Turn, ...]
    call_log: DurableCallLog
    dialogue: Dialogue
    start_event: CallStarted
    bus: LiveBus
    tokens: tuple[Tokens, ...]


def call_limits(context: CallContext, worker: Worker) -> CallLimits:
    """When the call acts by itself: as its campaign, its flow and the settings say."""
    max_duration = context.briefing.max_duration
    handoff_minutes = context.dialogue.definition.rules.handoff.after_minutes
    return CallLimits(
        max_duration=max_duration,
        silence_prompt_after=worker.silence_prompt_after,
        silence_end_after=worker.silence_end_after,
        typing_prompt_after=worker.typing_prompt_after,
        typing_end_after=worker.typing_end_after,
        no_words_after=worker.no_words_after,
        no_audio_after=worker.no_audio_after,
        answer_timeout=worker.answer_timeout + 2.0,
        warn_before=min(30.0, max_duration / 4),
        handoff_after=None if handoff_minutes is None else handoff_minutes * 60,
    )


def seconds_since_answer(context: CallContext) -> float:
    """Seconds since the call was first answered, by whatever worker."""
    answered_at = context.briefing.answered_at
    return (now() - answered_at).total_seconds() if answered_at else 0.0
