"""The brain with a language model: answers worded by any OpenAI-compatible server, by the official plugin.

The rules classify first, at no cost; what they call a question stays one. So the model is asked once a turn.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from livekit.agents import APIConnectOptions, APIError, llm
from livekit.plugins import openai

from quantum_app.domain.flows.definition import Value
from quantum_app.domain.flows.ports import AnswerRequest, Classification, ClassifyRequest, ExtractRequest
from quantum_app.errors import Segment, SegmentDown
from quantum_app.settings import OpenAI

_CONNECT = APIConnectOptions(max_retry=0, timeout=5.0)
# Of English in one token, as a rule of thumb (https://platform.openai.com/tokenizer).
_LETTERS = 4
_RULES = (
    "You are an AI assistant and say so when asked. You speak with a caller on the phone. Answer in one or two short "
    "spoken sentences, without lists, headings or symbols. Use only the knowledge below. When it does not hold the "
    "answer, say exactly: {fallback}"
    "\n\nKnowledge:\n{knowledge}"
)


@dataclass(slots=True)
class Tokens:
    """What the model has read and written so far on this call."""

    model: str
    read: int = 0
    written: int = 0


class LlmBrain:
    """Implements `domain.flows.ports.Brain`. tokens: the running total, for the bill."""

    def __init__(self, settings: OpenAI) -> None:
        self.tokens = Tokens(settings.model)
        self._model = openai.LLM(
            model=settings.model,
            api_key=settings.api_key.get_secret_value() or "none",
            base_url=settings.base_url or "https://api.openai.com/v1",
            max_retries=0,
        )

    async def classify(self, request: ClassifyRequest) -> Classification:
        raise SegmentDown(Segment.LLM, "The language model is not asked what words mean.")

    async def extract(self, request: ExtractRequest) -> dict[str, Value]:
        raise SegmentDown(Segment.LLM, "The language model is not asked for values.")

    async def answer(self, request: AnswerRequest) -> AsyncGenerator[str, None]:
        """The model's words as they come. Raises SegmentDown(LLM).

        Stopping early closes the connection; the tokens, which the server tells at the end, are estimated then.

        Without knowledge to answer from the fallback is said, and the model is not asked: it could only make things up.
        """
        if (words := request.repeated or (None if request.usable else request.fallback)) is not None:
            yield words
            return
        messages = _messages(request)
        said = 0
        used: llm.CompletionUsage | None = None
        try:
            async with self._model.chat(chat_ctx=messages, conn_options=_CONNECT) as stream:
                async for chunk in stream:
                    used = chunk.usage or used
                    if chunk.delta is not None and chunk.delta.content:
                        said += len(chunk.delta.content)
                        yield chunk.delta.content
        except (APIError, OSError) as error:
            raise SegmentDown(Segment.LLM, f"The language model does not answer: {type(error).__name__}.") from error
        finally:
            if used is not None:
                self.tokens.read += used.prompt_tokens
                self.tokens.written += used.completion_tokens
            elif said:
                self.tokens.read += sum(len(message.text_content or "") for message in messages.messages()) // _LETTERS
                self.tokens.written += -(-said // _LETTERS)
        if not said:
            raise SegmentDown(Segment.LLM, "The language model answered nothing.")

    async def aclose(self) -> None:
        """Close its connections."""
        await self._model.aclose()


def _messages(request: AnswerRequest) -> llm.ChatContext:
    knowledge = "\n".join(f"- {item.passage.text} ({item.passage.source})" for item in request.usable)
    context = llm.ChatContext.empty()
    system = f"{request.persona}\n{_RULES.format(fallback=request.fallback, knowledge=knowledge)}"
    context.add_message(role="system", content=system)
    for speaker, text in request.history:
        context.add_message(role="assistant" if speaker == "assistant" else "user", content=text)
    context.add_message(role="user", content=request.question)
    return context
