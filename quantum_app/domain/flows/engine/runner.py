"""The engine with models and knowledge: events in, words and what became of the call out. No audio, no page.

The worker speaks what comes out, the simulator shows it, saved test cases compare it: all three run this.
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
from quantum_app.domain.flows.model.definition import AnswerNode, FlowDefinition, Value
from quantum_app.domain.flows.model.runtime import (
    Answer,
    AnswerFound,
    AnswerNotFound,
    Ask,
    Classified,
    Classify,
    Event,
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
from quantum_app.domain.flows.nlu.attribution import passages_used
from quantum_app.domain.flows.ports import (
    AnswerRequest,
    Classification,
    ClassifyRequest,
    DialogueModel,
    ExtractRequest,
    ScoredPassage,
)
from quantum_app.errors import Component, DependencyUnavailable

# Passages that a search returns.
PASSAGES = 3
# Turns of the conversation that a model reads.
HISTORY = 12
# Characters that are spoken at one event, whoever wrote them: some five minutes.
MAX_SPEECH = 4000
# Score from which a passage answers a question where no node sets a threshold.
THRESHOLD = 0.35

History = Sequence[tuple[str, str]]


class Searcher(Protocol):
    """Knowledge that can be searched."""

    async def search(self, question: str, limit: int) -> Sequence[ScoredPassage]: ...


@dataclass(frozen=True, slots=True)
class StateChanged:
    """The engine has stepped. seconds: how long it took."""

    event: FlowEvent
    state: FlowState
    actions: tuple[FlowAction, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class SpeechChunk:
    """Words for the caller. begins: a sentence of its own; otherwise the text continues the chunk before."""

    text: str
    begins: bool = True


@dataclass(frozen=True, slots=True)
class RetrievalResult:
    """Knowledge was searched. usable: the passages that reach the threshold."""

    passages: tuple[ScoredPassage, ...]
    usable: tuple[ScoredPassage, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class PassagesUsed:
    """The passages that an answer was made from, once it is worded."""

    passages: tuple[ScoredPassage, ...]


@dataclass(frozen=True, slots=True)
class NluResult:
    """A model said what words mean, or began an answer (then without classification and values)."""

    seconds: float
    classification: Classification | None = None
    values: dict[str, Value] = field(default_factory=dict[str, Value])


@dataclass(frozen=True, slots=True)
class ProviderFailed:
    """A provider did not work. The next model, or nothing, takes its place."""

    component: Component
    error: str


RunnerEvent = StateChanged | SpeechChunk | RetrievalResult | PassagesUsed | NluResult | ProviderFailed


@dataclass(frozen=True, slots=True)
class _Retrieval:
    """A search of a node's knowledge. error: why it failed, if it did."""

    passages: tuple[ScoredPassage, ...]
    seconds: float
    error: str = ""

    @property
    def best_score(self) -> float:
        return min(1.0, max((item.score for item in self.passages), default=0.0))


@dataclass(slots=True)
class _Turn:
    """One event from outside, until the engine waits for the next.

    letters: characters that may still be spoken.
    unavailable: models that have failed; they are not waited for a second time before the caller has an answer.
    retrievals: searches by node and question, so that each utterance is searched once.
    """

    history: History
    letters: int = MAX_SPEECH
    unavailable: set[DialogueModel] = field(default_factory=set[DialogueModel])
    retrievals: dict[tuple[str, str], _Retrieval] = field(default_factory=dict[tuple[str, str], _Retrieval])

    def speakable(self, text: str) -> str:
        """As much of the text as may still be spoken."""
        text = shortened(text, self.letters)
        self.letters -= len(text)
        return text


class Runner:
    """One flow, ready to be run.

    models: best first; the last one needs nothing from outside.
    knowledge: by node id.
    operators: whether handoffs are answered from outside. Otherwise nobody is free.
    region: ISO 3166 country of phone numbers without a country code.
    """

    def __init__(
        self,
        definition: FlowDefinition,
        models: Sequence[DialogueModel],
        knowledge: Mapping[str, Searcher],
        *,
        answer_timeout: float = 4.0,
        operators: bool = False,
        region: str = "US",
    ) -> None:
        self.definition = definition
        self._models = tuple(models)
        self._knowledge = knowledge
        self._answer_timeout = answer_timeout
        self._operators = operators
        self._region = region
        self._variables = {item.name: item for item in definition.variables}

    async def run(self, state: FlowState, event: FlowEvent, history: History = ()) -> AsyncGenerator[RunnerEvent, None]:
        """What an event makes of the call, until the engine waits for the next one. history: (speaker, text)."""
        events = deque([event])
        turn = _Turn(history)
        while events:
            event = events.popleft()
            began = time.perf_counter()
            state, actions = engine.step(self.definition, state, event)
            yield StateChanged(event, state, actions, time.perf_counter() - began)
            async with aclosing(self._perform(actions, state, turn)) as results:
                async for item in results:
                    if isinstance(item, Event):
                        events.append(item)
                    else:
                        yield item

    async def _perform(
        self, actions: Sequence[FlowAction], state: FlowState, turn: _Turn
    ) -> AsyncGenerator[RunnerEvent | FlowEvent, None]:
        """What comes of the engine's actions: in their order, and last the models' understanding, all at once."""
        understanding: list[Classify | Extract] = []
        for action in actions:
            match action:
                case Say() | Ask():
                    if text := turn.speakable(action.text):
                        yield SpeechChunk(text)
                case Classify() | Extract():
                    understanding.append(action)
                case Answer():
                    async with aclosing(self._answer(action, turn)) as items:
                        async for item in items:
                            yield item
                case _:
                    if (event := await self._result(action, state, turn)) is not None:
                        yield event
        for items in await asyncio.gather(*(self._understand(action, state, turn) for action in understanding)):
            for item in items:
                yield item

    async def _result(self, action: FlowAction, state: FlowState, turn: _Turn) -> FlowEvent | None:
        """The result of an action that says nothing by itself."""
        match action:
            case WebSearch():
                # No search provider is connected: what the web knows is not known here.
                return AnswerNotFound(request=action.request)
            case UseTool():
                return await self._use(action, state.node, turn)
            case HandOff() if not self._operators:
                return OperatorAvailable(available=False)
            case _:
                return None

    async def _use(self, action: UseTool, node: str, turn: _Turn) -> ToolResult:
        """The one tool that needs nothing connected looks into the knowledge; the others are not connected."""
        if action.tool != "search_faq" or not action.question:
            return ToolResult(request=action.request, ok=False)
        retrieval = await self._retrieve(node, action.question, turn)
        usable = [item for item in retrieval.passages if item.score >= THRESHOLD]
        return ToolResult(request=action.request, ok=bool(usable), text=usable[0].passage.text if usable else "")

    async def _retrieve(self, node: str, question: str, turn: _Turn) -> _Retrieval:
        """The best passages of a node's knowledge, searched once for each question."""
        if (cached := turn.retrievals.get((node, question))) is not None:
            return cached
        knowledge = self._knowledge.get(node)
        began = time.perf_counter()
        passages, error = tuple[ScoredPassage, ...](), ""
        try:
            async with asyncio.timeout(self._answer_timeout):
                passages = tuple(await knowledge.search(question, PASSAGES)) if knowledge is not None else ()
        except (DependencyUnavailable, TimeoutError) as failure:
            error = type(failure).__name__
        retrieval = _Retrieval(passages, time.perf_counter() - began, error)
        turn.retrievals[node, question] = retrieval
        return retrieval

    # Understanding

    def _available(self, turn: _Turn) -> Iterator[DialogueModel]:
        """The models to be asked, best first. The last one always is."""
        return (model for model in self._models if model not in turn.unavailable or model is self._models[-1])

    async def _understand(
        self, action: Classify | Extract, state: FlowState, turn: _Turn
    ) -> list[RunnerEvent | FlowEvent]:
        items: list[RunnerEvent | FlowEvent] = []
        for model in self._available(turn):
            try:
                async with asyncio.timeout(self._answer_timeout / 2):
                    if isinstance(action, Classify):
                        return [*items, *await self._classify(model, action, state, turn)]
                    return [*items, *await self._extract(model, action, state, turn)]
            except (DependencyUnavailable, TimeoutError) as error:
                turn.unavailable.add(model)
                items.append(_failed(error))
        nothing = Classified if isinstance(action, Classify) else Extracted
        return [*items, nothing(request=action.request)]

    async def _classify(
        self, model: DialogueModel, action: Classify, state: FlowState, turn: _Turn
    ) -> tuple[NluResult, Classified]:
        began = time.perf_counter()
        request = ClassifyRequest(action.text, action.options, action.signals, tuple(turn.history[-HISTORY:]))
        result = await model.classify(request)
        seconds = time.perf_counter() - began
        # What the knowledge answers is rather a question than an intent.
        has_choice = result.choice is not None
        best_score = (await self._retrieve(state.node, action.text, turn)).best_score if has_choice else 0.0
        return NluResult(seconds, classification=result), Classified(
            request=action.request,
            choice=result.choice,
            confidence=result.confidence,
            candidates=result.candidates,
            signals=result.signals,
            answer_score=best_score,
        )

    async def _extract(
        self, model: DialogueModel, action: Extract, state: FlowState, turn: _Turn
    ) -> tuple[NluResult, Extracted]:
        began = time.perf_counter()
        known_values = state.slots.values | state.confirmation.unconfirmed_slots
        request = ExtractRequest(
            text=action.text,
            variables=tuple(self._variables[name] for name in action.variables),
            now=action.now or datetime.now(UTC),
            asked_variable=action.asked_variable,
            region=self._region,
            known_values={name: value for name, value in known_values.items() if name in action.variables},
            history=tuple(turn.history[-HISTORY:]),
        )
        values = await model.extract(request)
        return NluResult(time.perf_counter() - began, values=values), Extracted(request=action.request, values=values)

    # Answering

    async def _answer(self, action: Answer, turn: _Turn) -> AsyncGenerator[RunnerEvent | FlowEvent, None]:
        """The words as they come, and last the result for the engine."""
        retrieval = await self._retrieve(action.node, action.question, turn)
        if retrieval.error:
            yield ProviderFailed(Component.RAG, retrieval.error)
            yield AnswerNotFound(request=action.request)
            return
        request = self._answer_request(action, retrieval, turn)
        usable = request.usable
        yield RetrievalResult(retrieval.passages, usable, retrieval.seconds)
        text = ""
        repeats = dialogue_acts.utterance_to_repeat(action.question, turn.history) is not None
        if usable or repeats:
            for model in self._available(turn):
                text = ""
                async with aclosing(self._generate(model, request, turn)) as items:
                    async for item in items:
                        text += item.text if isinstance(item, SpeechChunk) else ""
                        yield item
                if text.strip():
                    break
        result = _answer_result(action, request, text, retrieval.best_score)
        if isinstance(result, AnswerFound) and usable and not repeats:
            used = passages_used(text, usable)
            yield PassagesUsed(used)
            result = result.model_copy(update={"sources": tuple(dict.fromkeys(item.passage.source for item in used))})
        yield result

    def _answer_request(self, action: Answer, retrieval: _Retrieval, turn: _Turn) -> AnswerRequest:
        node = self.definition.node(action.node)
        answers = node if isinstance(node, AnswerNode) else None
        instructions = answers.instructions if answers else ""
        return AnswerRequest(
            question=action.question,
            passages=retrieval.passages,
            history=tuple(turn.history[-HISTORY:]),
            persona="\n".join(part for part in (self.definition.persona, instructions) if part.strip()),
            fallback=answers.fallback if answers else "",
            threshold=answers.threshold if answers else THRESHOLD,
        )

    async def _generate(
        self, model: DialogueModel, request: AnswerRequest, turn: _Turn
    ) -> AsyncGenerator[NluResult | SpeechChunk | ProviderFailed, None]:
        """A model's answer in chunks, as long as it may be."""
        began = time.perf_counter()
        has_text = False
        try:
            async with aclosing(paced(model.answer(request), self._answer_timeout)) as pieces:
                async for whole in pieces:
                    piece = turn.speakable(whole)
                    if not has_text:
                        yield NluResult(time.perf_counter() - began)
                    if piece:
                        yield SpeechChunk(piece, begins=not has_text)
                        has_text = True
                    if piece != whole:
                        break
        except (DependencyUnavailable, TimeoutError) as error:
            turn.unavailable.add(model)
            yield _failed(error)


def _answer_result(
    action: Answer, request: AnswerRequest, text: str, confidence: float
) -> AnswerFound | AnswerNotFound:
    """What the engine is told of an answer. text: what was spoken."""
    if not text.strip():
        return AnswerNotFound(request=action.request, confidence=confidence)
    if request.fallback and text.strip() == request.fallback.strip():
        return AnswerNotFound(request=action.request, confidence=confidence, was_spoken=True)
    return AnswerFound(request=action.request, confidence=confidence if request.usable else 1.0, text=text)


def _failed(error: Exception) -> ProviderFailed:
    component = error.component if isinstance(error, DependencyUnavailable) else Component.LLM
    return ProviderFailed(component, type(error).__name__)


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
