"""The engine with a brain and knowledge: events in, words and what became of the call out. No audio, no page.

The worker speaks what comes out, the simulator shows it, saved cases compare it: all three run this.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from quantum_app.domain.flows.engine import engine
from quantum_app.domain.flows.engine.speech_limits import shortened
from quantum_app.domain.flows.model.definition import AnswerNode, FlowDefinition, Value, Variable
from quantum_app.domain.flows.model.runtime import (
    Answer,
    AnswerFound,
    AnswerNotFound,
    Ask,
    Classified,
    Classify,
    Extract,
    Extracted,
    FlowAction,
    FlowEvent,
    HandOff,
    OperatorAvailable,
    Say,
    ToolResult,
    UseTool,
    WebSearch,
)
from quantum_app.domain.flows.model.state import FlowState
from quantum_app.domain.flows.nlu import dialogue_acts
from quantum_app.domain.flows.ports import (
    AnswerRequest,
    Brain,
    Classification,
    ClassifyRequest,
    ExtractRequest,
    Found,
)
from quantum_app.errors import Component, DependencyUnavailable

FOUND = 3
HISTORY = 12
# Characters that are spoken at one event, whoever wrote them: some five minutes.
SPOKEN = 4000
# Above this an answer counts as found where no node says from when on.
THRESHOLD = 0.35


class Searcher(Protocol):
    """Knowledge that can be searched."""

    async def search(self, question: str, limit: int) -> Sequence[Found]: ...


@dataclass(frozen=True, slots=True)
class Moved:
    """The engine has stepped. seconds: how long it took."""

    event: FlowEvent
    state: FlowState
    actions: tuple[FlowAction, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Spoke:
    """Words for the caller. begins: a sentence of its own; otherwise the text goes on where the last one stopped."""

    text: str
    begins: bool = True


@dataclass(frozen=True, slots=True)
class Searched:
    """Knowledge was searched. usable: what reached the threshold."""

    found: tuple[Found, ...]
    usable: tuple[Found, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Understood:
    """The brain was asked what the words mean, or for the first words of an answer (no classification, no values)."""

    seconds: float
    classification: Classification | None = None
    values: dict[str, Value] = field(default_factory=dict[str, Value])


@dataclass(frozen=True, slots=True)
class Failed:
    """Something outside did not work; the next brain, or nothing, takes its place."""

    component: Component
    error: str


Happening = Moved | Spoke | Searched | Understood | Failed


class Runner:
    """One flow, ready to be run.

    brains: best first; the last one needs nothing from outside. knowledge: by node id. operators: whether handoffs are
    answered from outside; otherwise nobody is free. region: ISO 3166, of phone numbers without a country code.
    """

    def __init__(
        self,
        definition: FlowDefinition,
        brains: Sequence[Brain],
        knowledge: Mapping[str, Searcher],
        *,
        answer_timeout: float = 4.0,
        operators: bool = False,
        region: str = "US",
    ) -> None:
        self.definition = definition
        self._brains = tuple(brains)
        self._knowledge = knowledge
        self._answer_timeout = answer_timeout
        self._operators = operators
        self._region = region
        self._variables = {item.name: item for item in definition.variables}

    async def run(
        self, state: FlowState, event: FlowEvent, history: Sequence[tuple[str, str]] = ()
    ) -> AsyncGenerator[Happening, None]:
        """What an event makes of the call, until the engine waits for the next one. history: (speaker, text)."""
        events = deque([event])
        left = SPOKEN
        # A brain that has failed is not waited for a second time before the caller has an answer.
        away: set[Brain] = set()
        while events:
            event = events.popleft()
            began = time.perf_counter()
            state, actions = engine.step(self.definition, state, event)
            yield Moved(event, state, actions, time.perf_counter() - began)
            asked: list[Classify | Extract] = []
            for action in actions:
                match action:
                    case Say() | Ask():
                        if text := shortened(action.text, left):
                            left -= len(text)
                            yield Spoke(text)
                    case Classify() | Extract():
                        asked.append(action)
                    case Answer():
                        async with aclosing(self._answer(action, history, away, left)) as happenings:
                            async for item in happenings:
                                if isinstance(item, (AnswerFound, AnswerNotFound)):
                                    events.append(item)
                                else:
                                    left -= len(item.text) if isinstance(item, Spoke) else 0
                                    yield item
                    case WebSearch():
                        # No search provider is connected: what the web knows is not known here.
                        events.append(AnswerNotFound(request=action.request))
                    case UseTool():
                        events.append(await self._use(action, state.node))
                    case HandOff() if not self._operators:
                        events.append(OperatorAvailable(available=False))
                    case _:
                        pass
            for happenings, result in await asyncio.gather(
                *(self._understand(action, state, history, away) for action in asked)
            ):
                for item in happenings:
                    yield item
                events.append(result)

    async def _use(self, action: UseTool, node: str) -> ToolResult:
        """The one tool that needs nothing connected looks into the knowledge; the others are not connected."""
        if action.tool != "search_faq" or not action.question:
            return ToolResult(request=action.request, ok=False)
        found = await self._search(node, action.question)
        usable = [item for item in found if item.score >= THRESHOLD]
        return ToolResult(request=action.request, ok=bool(usable), text=usable[0].passage.text if usable else "")

    async def _search(self, node: str, question: str) -> tuple[Found, ...]:
        """The best passages of a node's knowledge; none when the search fails."""
        knowledge = self._knowledge.get(node)
        try:
            async with asyncio.timeout(self._answer_timeout):
                return tuple(await knowledge.search(question, FOUND)) if knowledge is not None else ()
        except (DependencyUnavailable, TimeoutError):
            return ()

    # Understanding

    def _present(self, away: set[Brain]) -> Iterator[Brain]:
        """The brains to be asked, best first. The last one is always there."""
        return (brain for brain in self._brains if brain not in away or brain is self._brains[-1])

    async def _understand(
        self, action: Classify | Extract, state: FlowState, history: Sequence[tuple[str, str]], away: set[Brain]
    ) -> tuple[list[Happening], FlowEvent]:
        happenings: list[Happening] = []
        began = time.perf_counter()
        for brain in self._present(away):
            try:
                async with asyncio.timeout(self._answer_timeout / 2):
                    if isinstance(action, Classify):
                        found = await brain.classify(
                            ClassifyRequest(action.text, action.options, action.signals, tuple(history[-HISTORY:]))
                        )
                        happenings.append(Understood(time.perf_counter() - began, classification=found))
                        known = await self._known(state.node, action.text) if found.choice is not None else 0.0
                        return happenings, Classified(
                            request=action.request,
                            choice=found.choice,
                            confidence=found.confidence,
                            considered=found.considered,
                            signals=found.signals,
                            known=known,
                        )
                    values = await brain.extract(self._extract_request(action, state, history))
                    happenings.append(Understood(time.perf_counter() - began, values=values))
                    return happenings, Extracted(request=action.request, values=values)
            except (DependencyUnavailable, TimeoutError) as error:
                away.add(brain)
                happenings.append(_failed(error))
        if isinstance(action, Classify):
            return happenings, Classified(request=action.request)
        return happenings, Extracted(request=action.request)

    async def _known(self, node: str, text: str) -> float:
        """How well the knowledge of a node fits the words, 0..1."""
        return min(1.0, max((item.score for item in await self._search(node, text)), default=0.0))

    def _extract_request(self, action: Extract, state: FlowState, history: Sequence[tuple[str, str]]) -> ExtractRequest:
        wanted: tuple[Variable, ...] = tuple(self._variables[name] for name in action.variables)
        known = state.slots.values | state.confirmation.unconfirmed_slots
        return ExtractRequest(
            text=action.text,
            variables=wanted,
            now=action.now or datetime.now(UTC),
            asked=action.asked,
            region=self._region,
            known={name: value for name, value in known.items() if name in action.variables},
            history=tuple(history[-HISTORY:]),
        )

    # Answering

    async def _answer(
        self, action: Answer, history: Sequence[tuple[str, str]], away: set[Brain], letters: int
    ) -> AsyncGenerator[Happening | AnswerFound | AnswerNotFound, None]:
        """The words as they come, at most so many characters, and last what the engine is told."""
        node = self.definition.node(action.node)
        began = time.perf_counter()
        knowledge = self._knowledge.get(action.node)
        try:
            async with asyncio.timeout(self._answer_timeout):
                found = tuple(await knowledge.search(action.question, FOUND)) if knowledge is not None else ()
        except (DependencyUnavailable, TimeoutError) as error:
            yield Failed(Component.RAG, type(error).__name__)
            yield AnswerNotFound(request=action.request)
            return
        fallback = node.fallback if isinstance(node, AnswerNode) else ""
        instructions = node.instructions if isinstance(node, AnswerNode) else ""
        request = AnswerRequest(
            question=action.question,
            found=found,
            history=tuple(history[-HISTORY:]),
            persona="\n".join(part for part in (self.definition.persona, instructions) if part.strip()),
            fallback=fallback,
            threshold=node.threshold if isinstance(node, AnswerNode) else THRESHOLD,
        )
        usable = request.usable
        yield Searched(found, usable, time.perf_counter() - began)
        confidence = min(1.0, max((item.score for item in found), default=0.0))
        if not usable and dialogue_acts.utterance_to_repeat(action.question, history) is None:
            yield AnswerNotFound(request=action.request, confidence=confidence)
            return
        for brain in self._present(away):
            said = ""
            began = time.perf_counter()
            try:
                async with aclosing(paced(brain.answer(request), self._answer_timeout)) as pieces:
                    async for whole in pieces:
                        piece = shortened(whole, letters - len(said))
                        if not said:
                            yield Understood(time.perf_counter() - began)
                        if piece:
                            yield Spoke(piece, begins=not said)
                            said += piece
                        if piece != whole:
                            break
            except (DependencyUnavailable, TimeoutError) as error:
                away.add(brain)
                yield _failed(error)
            if said.strip():
                if fallback and said.strip() == fallback.strip():
                    yield AnswerNotFound(request=action.request, confidence=confidence, said=True)
                else:
                    sources = tuple(dict.fromkeys(item.passage.source for item in usable))
                    yield AnswerFound(
                        request=action.request, confidence=confidence if usable else 1.0, sources=sources, text=said
                    )
                return
        yield AnswerNotFound(request=action.request, confidence=confidence)


def _failed(error: Exception) -> Failed:
    return Failed(error.component if isinstance(error, DependencyUnavailable) else Component.LLM, type(error).__name__)


async def paced(pieces: AsyncGenerator[str, None], timeout: float) -> AsyncGenerator[str, None]:
    """The pieces, each within `timeout` seconds of the one before. Raises TimeoutError."""
    async with aclosing(pieces):
        while True:
            try:
                async with asyncio.timeout(timeout):
                    piece = await anext(pieces)
            except StopAsyncIteration:
                return
            yield piece
