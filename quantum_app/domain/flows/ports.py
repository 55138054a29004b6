"""What flows need from outside: dialogue models, and speech recognition. The engine decides, never a model."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from quantum_app.domain.flows.model.definition import Passage, Value, Variable
from quantum_app.domain.flows.model.runtime import Option

# A passage further below the best one than this is about something else.
CLOSE = 0.75


@dataclass(frozen=True, slots=True)
class ClassifyRequest:
    """options: of which at most one is meant. signals: of which any number may be there. history: (speaker, text)."""

    text: str
    options: tuple[Option, ...]
    signals: tuple[Option, ...] = ()
    history: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Classification:
    """choice: an option's id, or none of them. candidates: (option or signal, 0..1), best first."""

    choice: str | None
    confidence: float
    candidates: tuple[tuple[str, float], ...] = ()
    signals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExtractRequest:
    """asked_variable: the one that the last question was about. now: aware, in the account's zone.

    region: ISO 3166 country of numbers without a country code. known_values: by variable, for corrections.
    """

    text: str
    variables: tuple[Variable, ...]
    now: datetime
    asked_variable: str | None = None
    region: str = "US"
    known_values: Mapping[str, Value] = field(default_factory=dict[str, Value])
    history: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ScoredPassage:
    """A passage that may hold the answer. score: 0..1."""

    passage: Passage
    score: float


@dataclass(frozen=True, slots=True)
class AnswerRequest:
    """What an answer is made from. passages: best first. history: (speaker, text), oldest first."""

    question: str
    passages: tuple[ScoredPassage, ...]
    history: tuple[tuple[str, str], ...]
    persona: str
    fallback: str
    threshold: float

    @property
    def usable(self) -> tuple[ScoredPassage, ...]:
        """What reaches the threshold, and fits nearly as well as the best."""
        floor = max(self.threshold, CLOSE * max((item.score for item in self.passages), default=0.0))
        return tuple(item for item in self.passages if item.score >= floor)


class DialogueModel(Protocol):
    """Understands and words. All three raise DependencyUnavailable(LLM) when they cannot."""

    async def classify(self, request: ClassifyRequest) -> Classification: ...

    async def extract(self, request: ExtractRequest) -> dict[str, Value]:
        """Values by variable, each of its variable's type; those that the words do not tell are left out."""
        ...

    def answer(self, request: AnswerRequest) -> AsyncGenerator[str, None]:
        """The answer in pieces of text that can be spoken as they come."""
        ...


class Speaking(Protocol):
    """Speaks a sentence to try a voice; on a call it is the worker who does."""

    async def recording(self, text: str, voice: str) -> bytes:
        """The text as a WAV file. voice: empty for the one that calls have. Raises DependencyUnavailable(TTS)."""
        ...


class Hearing(Protocol):
    """Hears what is spoken where a flow is tried; on a call it is the worker who does."""

    async def words(self, recording: bytes) -> str:
        """What is said in a WAV file of some seconds; empty for nothing. Raises DependencyUnavailable(STT)."""
        ...
