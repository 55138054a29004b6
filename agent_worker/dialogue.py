"""What the assistant says next: the flow engine decides, the brain words it. No audio, no LiveKit.

An answer may be prepared before the turn is known to be over, several times for one turn. So preparing changes nothing;
`confirm` makes one prepared answer the truth.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from agent_worker.latency import Waterfall
from quantum_app.domain.calls.schemas import EndReason
from quantum_app.domain.flows import engine
from quantum_app.domain.flows.ports import AnswerRequest, Brain, Intent
from quantum_app.domain.flows.schemas import (
    Answer,
    AnswerNode,
    CallerSaid,
    CallOpened,
    EndCall,
    FlowAction,
    FlowDefinition,
    FlowEvent,
    FlowState,
    Say,
)
from quantum_app.domain.knowledge.service import Knowledge
from quantum_app.errors import Segment, SegmentDown
from quantum_app.kit.log import logger

_FOUND = 3
_HISTORY = 12


@dataclass(slots=True)
class Reply:
    """A prepared answer to one message of the caller.

    before, after: the flow's state without and with it · ends: the call is over once it was heard.
    """

    key: str
    before: FlowState
    waterfall: Waterfall
    after: FlowState | None = None
    node: str | None = None
    sources: tuple[str, ...] = ()
    ends: EndReason | None = None
    confirmed: float | None = None
    problems: list[tuple[Segment, str]] = field(default_factory=list[tuple[Segment, str]])


class Dialogue:
    """The conversation of one call. brains: best first; the last one needs nothing from outside."""

    def __init__(
        self,
        definition: FlowDefinition,
        state: FlowState,
        brains: Sequence[Brain],
        knowledge: dict[str, Knowledge],
        *,
        answer_timeout: float,
    ) -> None:
        self.definition = definition
        self.state = state
        self._brains = tuple(brains)
        self._knowledge = knowledge
        self._answer_timeout = answer_timeout
        self._replies: dict[str, Reply] = {}
        self._log = logger(__name__, stage=Segment.LLM)

    async def prepare_knowledge(self) -> None:
        """Make the knowledge searchable by meaning; until then it is searched by words."""
        await asyncio.gather(*(item.prepare() for item in self._knowledge.values()))

    def react(self, event: FlowEvent) -> tuple[tuple[str, ...], EndReason | None]:
        """Step with an event that needs no brain: what to say, and whether the call ends after it."""
        self.state, actions = engine.step(self.definition, self.state, event)
        return _spoken(actions), _ending(actions)

    def open(self, *, resumed: bool) -> tuple[tuple[str, ...], EndReason | None]:
        """The first words of the call."""
        return self.react(CallOpened(resumed=resumed))

    def known(self, key: str) -> Reply | None:
        return self._replies.get(key)

    def confirm(self, key: str) -> Reply | None:
        """The answer to this message is the one that is spoken. None where none was prepared."""
        reply = self._replies.get(key)
        if reply is not None:
            reply.confirmed = time.time()
            if reply.after is not None:
                self.state = reply.after
        return reply

    async def prepare(
        self, said: Sequence[tuple[str, str]], history: Sequence[tuple[str, str]]
    ) -> AsyncGenerator[str, None]:
        """The answer to what the caller said, piece by piece.

        said: (message id, text) of everything since the assistant was last heard: who goes on after a pause that was
        taken for the end means one sentence. history: (speaker, text) before that. Always yields something.
        """
        key = said[-1][0]
        first = self._replies.get(said[0][0])
        before = first.before if first is not None and len(said) > 1 else self.state
        reply = Reply(key, before, Waterfall(began=time.time()))
        self._replies[key] = reply
        text = " ".join(part for _, part in said)
        intent = await self._classify(text, reply)
        started = time.perf_counter()
        after, actions = engine.step(self.definition, before, CallerSaid(text=text, intent=intent))
        reply.waterfall.flow = time.perf_counter() - started
        reply.after, reply.ends = after, _ending(actions)
        reply.node = next((action.node for action in actions if isinstance(action, Answer)), after.node)
        if reply.confirmed is not None:
            self.state = after
        for action in actions:
            if isinstance(action, Say):
                _mark_text(reply)
                yield action.text
            elif isinstance(action, Answer):
                async with aclosing(self._answer(action, reply, history)) as pieces:
                    async for piece in pieces:
                        _mark_text(reply)
                        yield piece

    async def _classify(self, text: str, reply: Reply) -> Intent:
        started = time.perf_counter()
        for brain in self._brains:
            try:
                async with asyncio.timeout(self._answer_timeout / 2):
                    return await brain.classify(text)
            except (SegmentDown, TimeoutError) as error:
                self._problem(reply, error)
            finally:
                reply.waterfall.first_token = time.perf_counter() - started
        return "question"

    async def _answer(
        self, action: Answer, reply: Reply, history: Sequence[tuple[str, str]]
    ) -> AsyncGenerator[str, None]:
        node = next(node for node in self.definition.nodes if node.id == action.node)
        assert isinstance(node, AnswerNode)
        started = time.perf_counter()
        found = tuple(await self._knowledge[node.id].search(action.question, _FOUND))
        reply.waterfall.retrieval = time.perf_counter() - started
        request = AnswerRequest(
            question=action.question,
            found=found,
            history=tuple(history[-_HISTORY:]),
            persona=self.definition.persona,
            fallback=node.fallback,
            threshold=node.threshold,
        )
        reply.sources = tuple(dict.fromkeys(item.passage.source for item in request.usable))
        classified = reply.waterfall.first_token or 0.0
        for brain in self._brains:
            said = False
            started = time.perf_counter()
            try:
                async with aclosing(_paced(brain.answer(request), self._answer_timeout)) as pieces:
                    async for piece in pieces:
                        if not said:
                            said = True
                            reply.waterfall.first_token = classified + time.perf_counter() - started
                        yield piece
                if said:
                    return
            except (SegmentDown, TimeoutError) as error:
                self._problem(reply, error)
                if said:
                    return
        yield node.fallback

    def _problem(self, reply: Reply, error: Exception) -> None:
        segment = error.segment if isinstance(error, SegmentDown) else Segment.LLM
        reply.problems.append((segment, type(error).__name__))
        self._log.warning("brain failed, the next one answers", segment=str(segment), error=type(error).__name__)


def _mark_text(reply: Reply) -> None:
    if reply.waterfall.text is None:
        reply.waterfall.text = time.time()


async def _paced(pieces: AsyncGenerator[str, None], timeout: float) -> AsyncGenerator[str, None]:
    """The pieces, each within `timeout` seconds of the one before. Raises TimeoutError."""
    async with aclosing(pieces):
        while True:
            try:
                async with asyncio.timeout(timeout):
                    piece = await anext(pieces)
            except StopAsyncIteration:
                return
            yield piece


def _spoken(actions: Sequence[FlowAction]) -> tuple[str, ...]:
    return tuple(action.text for action in actions if isinstance(action, Say))


def _ending(actions: Sequence[FlowAction]) -> EndReason | None:
    return next((EndReason(action.reason) for action in actions if isinstance(action, EndCall)), None)
