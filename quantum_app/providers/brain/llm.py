"""The brain with a language model: any OpenAI-compatible server, by the official plugin.

It words answers, and says what a caller means and tells; the last two by structured output, of which only what was
asked for counts (`structured`).
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from livekit.agents import APIConnectOptions, APIError, llm
from livekit.plugins import openai

from quantum_app.domain.flows.definition import Value
from quantum_app.domain.flows.ports import AnswerRequest, Classification, ClassifyRequest, ExtractRequest
from quantum_app.errors import Segment, SegmentDown
from quantum_app.providers.brain import structured
from quantum_app.settings import OpenAI

_CONNECT = APIConnectOptions(max_retry=0, timeout=5.0)
# Seconds until a structured answer is complete; after that the rules understand.
_UNDERSTAND = 1.8
_QUICK = APIConnectOptions(max_retry=0, timeout=_UNDERSTAND)
_CHOICE_TOKENS = 120
_VALUE_TOKENS, _EACH_VALUE = 120, 40
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
        """Raises SegmentDown(LLM), also for an answer that does not fit."""
        system, user, schema = structured.classify_prompt(request)
        written = await self._filled(system, user, schema, _CHOICE_TOKENS)
        try:
            return structured.classification(request, written)
        except structured.Unusable as error:
            raise SegmentDown(Segment.LLM, f"The language model gave {error}.") from error

    async def extract(self, request: ExtractRequest) -> dict[str, Value]:
        """Raises SegmentDown(LLM), also for an answer that does not fit."""
        system, user, schema = structured.extract_prompt(request)
        most = _VALUE_TOKENS + _EACH_VALUE * len(request.variables)
        written = await self._filled(system, user, schema, most)
        try:
            return structured.values(request, written)
        except structured.Unusable as error:
            raise SegmentDown(Segment.LLM, f"The language model gave {error}.") from error

    async def _filled(self, system: str, user: str, schema: dict[str, Any], most: int) -> str:
        """The text of one structured answer. Raises SegmentDown(LLM): no answer in time, or more than any takes."""
        context = llm.ChatContext.empty()
        context.add_message(role="system", content=system)
        context.add_message(role="user", content=user)
        extra = {"response_format": schema, "max_completion_tokens": most}
        written = ""
        try:
            async with asyncio.timeout(_UNDERSTAND), aclosing(self._pieces(context, _QUICK, extra)) as pieces:
                async for piece in pieces:
                    written += piece
                    if len(written) > structured.LONGEST:
                        raise SegmentDown(Segment.LLM, "The language model does not stop writing.")
        except TimeoutError as error:
            raise SegmentDown(Segment.LLM, "The language model is too slow.") from error
        return written

    async def answer(self, request: AnswerRequest) -> AsyncGenerator[str, None]:
        """The model's words as they come. Raises SegmentDown(LLM).

        Stopping early closes the connection; the tokens, which the server tells at the end, are estimated then.

        Without knowledge to answer from the fallback is said, and the model is not asked: it could only make things up.
        """
        if (words := request.repeated or (None if request.usable else request.fallback)) is not None:
            yield words
            return
        said = False
        async with aclosing(self._pieces(_messages(request), _CONNECT, {})) as pieces:
            async for piece in pieces:
                said = True
                yield piece
        if not said:
            raise SegmentDown(Segment.LLM, "The language model answered nothing.")

    async def _pieces(
        self, context: llm.ChatContext, connect: APIConnectOptions, extra: dict[str, Any]
    ) -> AsyncGenerator[str, None]:
        """Text as it comes, and tokens counted, also where nobody waits for the end. Raises SegmentDown(LLM)."""
        said = 0
        used: llm.CompletionUsage | None = None
        try:
            async with self._model.chat(chat_ctx=context, conn_options=connect, extra_kwargs=extra) as stream:
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
                self.tokens.read += sum(len(message.text_content or "") for message in context.messages()) // _LETTERS
                self.tokens.written += -(-said // _LETTERS)

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
