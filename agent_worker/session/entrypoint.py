"""What runs in a call's own process."""

import asyncio
from contextlib import AsyncExitStack
from multiprocessing.synchronize import Event

from livekit.agents import AutoSubscribe, JobContext, JobProcess

from agent_worker.audio import session_factory
from agent_worker.dispatch import slots
from agent_worker.dispatch.job_metadata import parse_metadata
from agent_worker.logging_config import configure_logging
from agent_worker.persistence.call_log import DurableCallLog
from agent_worker.persistence.spool import SpoolLocked
from agent_worker.session import call_setup
from agent_worker.session.call_session import CallSession
from agent_worker.session.call_setup import CallContext
from quantum_app.domain.flows.ports import DialogueModel
from quantum_app.errors import Component, QuantumError
from quantum_app.kit.log import logger
from quantum_app.providers import nlu
from quantum_app.providers.embeddings import Embeddings
from quantum_app.providers.livekit import Rooms
from quantum_app.providers.nlu.budget import Budget
from quantum_app.providers.nlu.llm import LlmNlu
from quantum_app.providers.redis_bus import RedisBus
from quantum_app.providers.redis_capacity import RedisCapacity
from quantum_app.settings import settings


def prewarm(process: JobProcess, *, draining: Event) -> None:
    """Once a process, before it has a call."""
    config = settings()
    configure_logging(config)
    process.userdata["draining"] = draining
    # What follows would otherwise happen while a caller waits.
    embeddings = process.userdata["embeddings"] = Embeddings(config.embeddings)
    process.userdata["dialogue_models"] = nlu.dialogue_models(config.openai, embeddings, config.model_limits)


async def handle(ctx: JobContext) -> None:
    """One dispatch. Calls that cannot be opened are left at once; the page notices and says so."""
    config = settings()
    url = config.redis.url.get_secret_value()
    async with AsyncExitStack() as stack:
        bus = RedisBus(url)
        stack.push_async_callback(bus.aclose)
        log = logger(__name__, stage=Component.DISPATCH)
        try:
            request = parse_metadata(ctx.job.metadata)
            log = log.bind(
                call_id=str(request.call_id), campaign_id=str(request.campaign_id), account_id=str(request.account_id)
            )
            rooms = Rooms(config.livekit, config.worker.agent_name)
            loading = call_setup.load_call(request)
            (briefing, turns), there = await asyncio.gather(loading, call_setup.wait_for_caller(rooms, request))
            if not there:
                log.warning("job.abandoned", message="The caller isn't in the room.")
                ctx.shutdown(reason="caller_missing")
                return
            dialogue_models: tuple[DialogueModel, ...] = ctx.proc.userdata["dialogue_models"]
            embeddings: Embeddings = ctx.proc.userdata["embeddings"]
            # Before the call is taken: a flow that this version cannot run is nobody's call to hold.
            dialogue = call_setup.build_dialogue(briefing, turns, dialogue_models, embeddings, config)
            transcript = await DurableCallLog.open(config.home / "spool", briefing, bus)
        except SpoolLocked:
            log.info("job.duplicate", message="Another process holds this call.")
            ctx.shutdown(reason="duplicate")
            return
        except QuantumError as error:
            log.error("call.rejected", message="The call can't be opened.", code=error.code)
            ctx.shutdown(reason=error.code)
            return
        budget = Budget(config.model_limits, request.account_id, url)
        stack.push_async_callback(budget.aclose)
        models = tuple(item for item in dialogue_models if isinstance(item, LlmNlu))
        for model in models:
            model.budget = budget
        tokens = tuple(model.tokens for model in models)
        start_event = call_setup.build_start_event(briefing, dialogue.definition, resumed=transcript.is_resumed)
        await ctx.connect(auto_subscribe=AutoSubscribe.AUDIO_ONLY)
        context = CallContext(request, briefing, turns, transcript, dialogue, start_event, bus, tokens)
        draining: Event = ctx.proc.userdata["draining"]
        speech = session_factory.create_speech_providers(config.deepgram, dialogue.voice)
        call = CallSession(ctx, context, speech, config, draining.is_set)
        capacity = RedisCapacity.at(url, config.capacity)
        stack.push_async_callback(capacity.aclose)
        async with slots.hold_slot(capacity, request):
            await call.run()
