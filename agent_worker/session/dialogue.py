"""What the assistant says next: the flow engine decides, the dialogue model words it. No audio, no LiveKit.

A reply may be generated before the turn is over, and several times for one turn. Generating changes nothing; `commit`
makes one reply the one that counts.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing

from agent_worker.turns.metrics import TurnMetrics
from agent_worker.turns.reply import SpeculativeReply
from quantum_app.domain.calls.schemas import EndReason
from quantum_app.domain.flows.engine import engine, exits
from quantum_app.domain.flows.engine.runner import (
    NluResult,
    PassagesUsed,
    ProviderFailed,
    RetrievalResult,
    Runner,
    RunnerEvent,
    SpeechChunk,
    StateChanged,
)
from quantum_app.domain.flows.model.definition import AnswerNode, FlowDefinition, StartNode
from quantum_app.domain.flows.model.runtime import (
    Answer,
    CallerSaid,
    EndCall,
    FlowAction,
    FlowEvent,
    Interrupted,
)
from quantum_app.domain.flows.model.state import FlowState
from quantum_app.domain.flows.ports import DialogueModel
from quantum_app.domain.knowledge.flow_knowledge import Knowledge
from quantum_app.errors import Component
from quantum_app.kit.log import logger
from quantum_app.providers.nlu.local import LocalNlu

# This many are rendered when a call begins.
MAX_FILLERS = 12


class Dialogue:
    """The conversation of one call. dialogue_models: best first; the last one needs nothing from outside."""

    def __init__(
        self,
        definition: FlowDefinition,
        state: FlowState,
        dialogue_models: Sequence[DialogueModel],
        knowledge: Mapping[str, Knowledge],
        *,
        answer_timeout: float,
        elapsed: Callable[[], float] = lambda: 0.0,
        region: str = "US",
    ) -> None:
        """elapsed: Seconds since the call began.
        region: ISO 3166 code, for phone numbers without a country code.
        """
        self.definition = definition
        self.state = state
        self._runner = Runner(definition, dialogue_models, knowledge, answer_timeout=answer_timeout, region=region)
        self._knowledge = knowledge
        self._dialogue_models = dialogue_models
        self._elapsed = elapsed
        self._replies: dict[str, SpeculativeReply] = {}
        self._awaiting_speech: SpeculativeReply | None = None
        self.next_reply: SpeculativeReply | None = None
        """The reply whose words the voice gets next. None for words that answer nothing."""
        self._log = logger(__name__, stage=Component.LLM)

    async def warm_up(self) -> None:
        """Embed knowledge and intents. Until then, both are compared by words."""
        options = exits.classifier_options(self.definition)
        intents = [
            dialogue_model.prepare(options)
            for dialogue_model in self._dialogue_models
            if isinstance(dialogue_model, LocalNlu)
        ]
        await asyncio.gather(*(item.prepare() for item in set(self._knowledge.values())), *intents)

    async def react(self, event: FlowEvent) -> tuple[tuple[str, ...], EndReason | None, tuple[FlowAction, ...]]:
        """Handle an event that isn't the caller's words.

        Returns what to say, why the call ends after it (or None), and the flow's actions.
        """
        words: list[str] = []
        actions: list[FlowAction] = []
        event = event.model_copy(update={"at": self._elapsed()})
        async with aclosing(self._runner.run(self.state, event)) as happenings:
            async for item in happenings:
                match item:
                    case StateChanged():
                        self.state = item.state
                        actions += item.actions
                    case SpeechChunk():
                        words.append(item.text)
                    case ProviderFailed():
                        self._log_failure(item)
                    case _:
                        pass
        return tuple(words), _ending(actions), tuple(actions)

    def interrupt(self) -> None:
        """The caller spoke into the assistant's words: the rest of them is dropped."""
        self.state, _ = engine.step(self.definition, self.state, Interrupted(at=self._elapsed()))

    def cancel_pending(self) -> None:
        """Uncommit the replies that are still being generated: what they bring changes nothing anymore."""
        for reply in self._replies.values():
            reply.committed_at = None

    @property
    def voice(self) -> str:
        """The voice that the flow chooses. Empty if it chooses none."""
        start = self.definition.node(self.definition.start)
        return start.voice if isinstance(start, StartNode) else ""

    @property
    def node_filler(self) -> str:
        """What the current node says while an answer takes long. Empty if it has no words of its own."""
        node = next((node for node in self.definition.nodes if node.id == self.state.node), None)
        return node.searching.strip() if isinstance(node, AnswerNode) else ""

    @property
    def fillers(self) -> tuple[str, ...]:
        """Everything that may bridge a slow answer, the flow's own first."""
        own = (node.searching.strip() for node in self.definition.nodes if isinstance(node, AnswerNode))
        return tuple(dict.fromkeys([*self.definition.fillers, *(words for words in own if words)]))[:MAX_FILLERS]

    def get(self, key: str) -> SpeculativeReply | None:
        return self._replies.get(key)

    def has_words(self, key: str) -> bool:
        """Whether there are words in reply to this message."""
        reply = self._replies.get(key)
        return reply is not None and reply.metrics.text is not None

    def commit(self, key: str) -> SpeculativeReply | None:
        """Make the reply to this message the one that counts. None if there is none."""
        reply = self._awaiting_speech = self._replies.get(key)
        if reply is not None:
            reply.committed_at = time.time()
            if reply.state_after is not None:
                self.state = reply.state_after
        return reply

    @property
    def awaiting_speech(self) -> SpeculativeReply | None:
        """The committed reply that the caller hasn't heard yet."""
        return self._awaiting_speech

    def take_awaiting_speech(self) -> SpeculativeReply | None:
        """The same, once: from now on it has been heard."""
        reply, self._awaiting_speech = self._awaiting_speech, None
        return reply

    async def generate_speculative(
        self, messages: Sequence[tuple[str, str]], history: Sequence[tuple[str, str]]
    ) -> AsyncGenerator[str, None]:
        """Generate the reply to what the caller said, piece by piece. Always yields something.

        messages: (message ID, text) of everything that has no answer yet. A caller who goes on after a pause that was
        taken for the end means one sentence.
        history: (speaker, text) of what came before.
        """
        key = messages[-1][0]
        first = self._replies.get(messages[0][0])
        before = first.state_before if first is not None and len(messages) > 1 else self.state
        reply = SpeculativeReply(key, before, TurnMetrics(began=time.time()))
        self._replies[key] = reply
        event = CallerSaid(text=" ".join(part for _, part in messages), at=self._elapsed())
        spoken = False
        async with aclosing(self._runner.run(before, event, history)) as happenings:
            async for item in happenings:
                self._apply(reply, item)
                if isinstance(item, SpeechChunk):
                    if reply.metrics.text is None:
                        reply.metrics.text = time.time()
                        self.next_reply = reply
                    yield f" {item.text}" if spoken and item.begins else item.text
                    spoken = True
        reply.is_complete = True

    def _apply(self, reply: SpeculativeReply, item: RunnerEvent) -> None:
        waterfall = reply.metrics
        match item:
            case StateChanged():
                waterfall.flow = (waterfall.flow or 0.0) + item.seconds
                reply.state_after = item.state
                reply.actions += item.actions
                reply.end_reason = _ending(reply.actions)
                answer_node = next((action.node for action in item.actions if isinstance(action, Answer)), None)
                reply.node = answer_node or reply.node
                if reply.committed_at is not None:
                    self.state = item.state
            case RetrievalResult():
                waterfall.retrieval = (waterfall.retrieval or 0.0) + item.seconds
                reply.sources = tuple(dict.fromkeys(result.passage.source for result in item.usable))
            case PassagesUsed():
                reply.sources = tuple(dict.fromkeys(result.passage.source for result in item.passages))
            case NluResult():
                waterfall.first_token = (waterfall.first_token or 0.0) + item.seconds
            case ProviderFailed():
                self._log_failure(item)
                reply.failures.append((item.component, item.error))
            case _:
                pass

    def _log_failure(self, item: ProviderFailed) -> None:
        self._log.warning(
            "dialogue_model.failed",
            message="The next dialogue model answers.",
            component=str(item.component),
            error=item.error,
        )


def _ending(actions: Sequence[FlowAction]) -> EndReason | None:
    return next((EndReason(action.reason) for action in actions if isinstance(action, EndCall)), None)
