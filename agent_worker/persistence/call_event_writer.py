"""What happens on a call, as records of its durable log, in the order in which it happens.

Nothing here waits: the log itself writes one record after the other.
"""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from livekit.agents import AgentSession, llm
from livekit.agents.metrics import AgentSessionUsage, STTModelUsage, TTSModelUsage

from agent_worker.persistence.call_log import DurableCallLog
from agent_worker.persistence.checkpoint import encrypt_checkpoint
from agent_worker.turns.reply import SpeculativeReply
from quantum_app.domain.calls import collected, pricing
from quantum_app.domain.calls.endings import status_of
from quantum_app.domain.calls.ports import LiveBus
from quantum_app.domain.calls.schemas import EndReason, EventKind, Latency, Speaker, Turn
from quantum_app.domain.flows.model.definition import FlowDefinition
from quantum_app.domain.flows.model.runtime import (
    Collect,
    Enter,
    FlowAction,
    HandOff,
    Score,
)
from quantum_app.domain.flows.model.state import FlowState
from quantum_app.errors import Component
from quantum_app.providers.nlu.llm import Tokens

USAGE_INTERVAL = 20.0
# Less than this is added to the next record.
_USAGE_RESOLUTION = {
    "seconds": Decimal("0.1"),
    "characters": Decimal(1),
    "tokens_in": Decimal(1),
    "tokens_out": Decimal(1),
}


class CallEventWriter:
    """One call's records. Nothing is written after `end`.

    earlier_turns: what was said before another worker took the call up. local: speech comes from our own engines, which
    cost nothing.
    """

    def __init__(
        self,
        transcript: DurableCallLog,
        bus: LiveBus,
        tokens: Sequence[Tokens],
        earlier_turns: Sequence[Turn],
        *,
        local: bool,
    ) -> None:
        self._log_of_call = transcript
        self._bus = bus
        self._tokens = tokens
        self._local = local
        self._usage_recorded: dict[tuple[str, str, str], Decimal] = {}
        self._usage_recorded_at = time.monotonic()
        self._ended = False
        self._interruptions = 0
        self._is_written = False
        self._caller_turns = sum(turn.speaker is Speaker.CALLER for turn in earlier_turns)
        self._stage = ""
        self._live_update = asyncio.Event()
        self._publishing = asyncio.create_task(self._publish())

    def event(self, kind: str, /, **data: Any) -> None:
        """Something that happened and was not said."""
        if not self._ended:
            self._log_of_call.append_event(kind, **data)

    def caller_turn(self, message: llm.ChatMessage, node: str, on_disk: asyncio.Future[None] | None = None) -> None:
        """What the caller said or wrote. on_disk: done when it is on the disk."""
        if self._ended:
            return
        metrics = message.metrics
        self._caller_turns += 1
        self._is_written = False
        record = self._log_of_call.append_turn(
            Speaker.CALLER,
            message.text_content or "",
            _utc(metrics.get("started_speaking_at", message.created_at)),
            _utc(metrics.get("stopped_speaking_at", message.created_at)),
            typed=bool(message.extra.get("typed")),
            node_id=node,
        )
        if on_disk is not None:
            record.add_done_callback(lambda _: on_disk.done() or on_disk.set_result(None))

    def assistant_turn(
        self, message: llm.ChatMessage, node: str, reply: SpeculativeReply | None, latency: Latency | None
    ) -> None:
        """What the caller heard of the assistant's words. Words that were written to them are recorded already."""
        if self._ended:
            return
        if self._is_written:
            self._is_written = False
            return
        metrics = message.metrics
        self._log_of_call.append_turn(
            Speaker.ASSISTANT,
            message.text_content or "",
            _utc(metrics.get("started_speaking_at", message.created_at)),
            _utc(metrics.get("stopped_speaking_at", time.time())),
            interrupted=message.interrupted,
            node_id=node,
            sources=reply.sources if reply else (),
            latency=latency,
        )
        if message.interrupted:
            self._interruptions += 1
            self._live_update.set()
            self.event(EventKind.ASSISTANT_INTERRUPTED)

    def written_turn(
        self, text: str, began: float, node: str, reply: SpeculativeReply | None, latency: Latency | None
    ) -> None:
        """What the assistant wrote to a caller without a microphone. Nobody interrupts what is read."""
        if self._ended:
            return
        self._is_written = True
        self._log_of_call.append_turn(
            Speaker.ASSISTANT,
            text,
            _utc(began),
            _utc(time.time()),
            node_id=node,
            sources=reply.sources if reply else (),
            latency=latency,
        )

    def flow_actions(self, definition: FlowDefinition, state: FlowState, actions: Sequence[FlowAction]) -> None:
        """What the flow decided, in words for people, and where it stands now, for a process that goes on with it."""
        for action in actions:
            match action:
                case Enter():
                    self.event(EventKind.NODE_ENTERED, node=action.node, edge=action.edge)
                case Collect():
                    self.event(EventKind.SLOT_FILLED, **_slot_data(definition, action))
                case Score():
                    self.event(EventKind.SCORE_CHANGED, points=action.points, reason=action.reason, total=action.total)
                case HandOff():
                    self.event(EventKind.HANDOFF_REQUESTED, reason=action.reason, priority=action.priority)
                case _:
                    pass
        if not self._ended:
            self._log_of_call.append_checkpoint(encrypt_checkpoint(state))

    def set_stage(self, stage: str) -> None:
        """What the call does now; only the latest is told."""
        self._stage = stage
        self._live_update.set()

    def record_usage(self, session: AgentSession[None], *, final: bool = False) -> None:
        """Write what the providers were used for since the last time; often enough that a dead worker loses little."""
        if self._ended:
            return
        if final or time.monotonic() - self._usage_recorded_at >= USAGE_INTERVAL:
            self._usage_recorded_at = time.monotonic()
            self._append_usage(session.usage)

    async def end(self, reason: EndReason, at: datetime) -> None:
        """Write the last record; returns when everything is on the disk. at: when the call was over."""
        status = status_of(reason, self._caller_turns)
        self._ended = True
        await self._log_of_call.append_end(status, reason, at, interruptions=self._interruptions)

    async def aclose(self) -> None:
        self._ended = True
        self._publishing.cancel()
        await asyncio.gather(self._publishing, return_exceptions=True)

    async def _publish(self) -> None:
        """What pages are told of the call beside its records."""
        stage, interruptions = "", 0
        while True:
            await self._live_update.wait()
            self._live_update.clear()
            if stage != self._stage:
                stage = self._stage
                await self._bus.set_stage(self._log_of_call.account_id, self._log_of_call.call_id, stage)
            while interruptions < self._interruptions:
                interruptions += 1
                await self._bus.count_interruption(self._log_of_call.call_id)

    def _append_usage(self, usage: AgentSessionUsage) -> None:
        for (provider, kind, unit), total in self._totals(usage).items():
            increase = total - self._usage_recorded.get((provider, kind, unit), Decimal(0))
            if increase >= _USAGE_RESOLUTION[unit]:
                self._usage_recorded[provider, kind, unit] = total
                cost = pricing.cost(provider, kind, unit, increase)
                self._log_of_call.append_usage(provider, kind, unit, increase, cost)

    def _totals(self, usage: AgentSessionUsage) -> dict[tuple[str, str, str], Decimal]:
        """Running totals by provider, kind and unit."""
        totals: dict[tuple[str, str, str], Decimal] = {}

        def add(provider: str, kind: Component, unit: str, quantity: float) -> None:
            key = (provider, str(kind), unit)
            totals[key] = totals.get(key, Decimal(0)) + Decimal(str(round(quantity, 3)))

        for item in usage.model_usage:
            name = f"{item.provider}/{item.model}".lower()
            name = f"{pricing.LOCAL}/{name}" if self._local else name
            if isinstance(item, STTModelUsage):
                add(name, Component.STT, "seconds", item.audio_duration)
            elif isinstance(item, TTSModelUsage):
                add(name, Component.TTS, "characters", item.characters_count)
        for tokens in self._tokens:
            add(f"openai/{tokens.model}", Component.LLM, "tokens_in", tokens.prompt_tokens)
            add(f"openai/{tokens.model}", Component.LLM, "tokens_out", tokens.completion_tokens)
        return totals


def _slot_data(definition: FlowDefinition, action: Collect) -> dict[str, Any]:
    variable = definition.variable(action.variable)
    if variable is None:  # the consent that the engine asks for itself
        return collected.event_data(action.variable, "", "yes_no", "none", action.value)
    return collected.event_data(variable.name, variable.label, variable.type, variable.sensitivity, action.value)


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
