"""The brain that needs nobody: intents by rules, answers taken word for word from the best passages."""

from collections.abc import AsyncGenerator

from quantum_app.domain.flows import parsing
from quantum_app.domain.flows.definition import Value
from quantum_app.domain.flows.ports import AnswerRequest, Classification, ClassifyRequest, ExtractRequest
from quantum_app.domain.knowledge.lexical import excerpt
from quantum_app.domain.knowledge.ports import Embedder

# A second passage joins the first only when it fits nearly as well.
_CLOSE = 0.88


class RulesBrain:
    """Implements `domain.flows.ports.Brain`, in well under 5 ms."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    async def classify(self, request: ClassifyRequest) -> Classification:
        return Classification(None, 0.0)

    async def extract(self, request: ExtractRequest) -> dict[str, Value]:
        return parsing.extract(request)

    async def answer(self, request: AnswerRequest) -> AsyncGenerator[str, None]:
        """What the knowledge says, one or two sentences; the last answer again when asked for; else the fallback."""
        if (last := request.repeated) is not None:
            yield last
            return
        if not request.usable:
            yield request.fallback
            return
        best = request.usable[0]
        said = excerpt(best.passage.text, request.question, 2)
        yield " ".join(said)
        for other in request.usable[1:2]:
            if len(said) == 1 and other.score >= best.score * _CLOSE and other.passage.source == best.passage.source:
                yield f" {excerpt(other.passage.text, request.question, 1)[0]}"
