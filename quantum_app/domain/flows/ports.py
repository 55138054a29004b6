"""What flows need from outside: somebody who understands and words. The engine decides; a brain never does."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol

from quantum_app.domain.flows import rules
from quantum_app.domain.flows.schemas import Intent, Passage

# A passage further below the best one than this is about something else.
CLOSE = 0.75

__all__ = ["AnswerRequest", "Brain", "Found", "Intent"]


@dataclass(frozen=True, slots=True)
class Found:
    """A passage that may hold the answer. score: 0..1."""

    passage: Passage
    score: float


@dataclass(frozen=True, slots=True)
class AnswerRequest:
    """What an answer is made from. found: best first. history: (speaker, text), oldest first."""

    question: str
    found: tuple[Found, ...]
    history: tuple[tuple[str, str], ...]
    persona: str
    fallback: str
    threshold: float

    @property
    def usable(self) -> tuple[Found, ...]:
        """What reaches the threshold, and fits nearly as well as the best."""
        floor = max(self.threshold, CLOSE * max((item.score for item in self.found), default=0.0))
        return tuple(item for item in self.found if item.score >= floor)

    @property
    def repeated(self) -> str | None:
        """What was said last, when that is all the caller asks for."""
        if not rules.asks_again(self.question):
            return None
        return next((text for speaker, text in reversed(self.history) if speaker == "assistant"), None)


class Brain(Protocol):
    """Understands and words. Both raise SegmentDown(LLM) when they cannot."""

    async def classify(self, text: str) -> Intent: ...

    def answer(self, request: AnswerRequest) -> AsyncGenerator[str, None]:
        """The answer in pieces of text that can be spoken as they come."""
        ...
