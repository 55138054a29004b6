"""Understanding without a language model: intents by embeddings, values by rules, answers from the best passages."""

from collections.abc import AsyncGenerator, Iterable

from quantum_app.domain.flows.model.definition import Value
from quantum_app.domain.flows.model.runtime import Option
from quantum_app.domain.flows.nlu import dialogue_acts, entity_extraction
from quantum_app.domain.flows.ports import AnswerRequest, Classification, ClassifyRequest, ExtractRequest
from quantum_app.domain.knowledge import answering
from quantum_app.domain.knowledge.ports import Embedder
from quantum_app.domain.knowledge.scoring import Text
from quantum_app.providers.nlu.intent_classifier import Intents

# A second passage joins the first only when it fits nearly as well.
_CLOSE = 0.88


class LocalNlu:
    """Implements `domain.flows.ports.DialogueModel`; without an embedding server it understands by words alone."""

    def __init__(self, embedder: Embedder) -> None:
        self._intents = Intents(embedder)

    async def prepare(self, options: Iterable[Option]) -> None:
        """Embed a flow's options ahead, so that the first turn need not wait for them."""
        await self._intents.prepare(options)

    async def classify(self, request: ClassifyRequest) -> Classification:
        return await self._intents.classify(request)

    async def extract(self, request: ExtractRequest) -> dict[str, Value]:
        return entity_extraction.extract(request)

    async def answer(self, request: AnswerRequest) -> AsyncGenerator[str, None]:
        """What the knowledge says, one or two sentences; the last answer again when asked for; else the fallback."""
        if (last := dialogue_acts.utterance_to_repeat(request.question, request.history)) is not None:
            yield last
            return
        if not request.usable:
            yield request.fallback
            return
        passages = [Text(item.passage.source, "", item.passage.text) for item in request.usable]
        best = answering.answer(request.question, passages[0])
        yield best or request.fallback
        is_close = len(passages) > 1 and request.usable[1].score >= _CLOSE * request.usable[0].score
        if best and is_close and (more := answering.addition(request.question, best, passages[1])):
            yield f" {more}"
