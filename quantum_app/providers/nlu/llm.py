"""Understanding and answers by a language model: any OpenAI-compatible server, by the official plugin.

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

from quantum_app.domain.flows.engine import speech_limits
from quantum_app.domain.flows.model.definition import Value
from quantum_app.domain.flows.nlu import dialogue_acts
from quantum_app.domain.flows.ports import AnswerRequest, Classification, ClassifyRequest, ExtractRequest
from quantum_app.errors import Component, DependencyUnavailable
from quantum_app.providers.nlu import structured
from quantum_app.providers.nlu.budget import Budget
from quantum_app.settings import ModelLimits, OpenAI

_CONNECT = APIConnectOptions(max_retry=0, timeout=5.0)
# Seconds until a structured answer is complete; after that the rules understand.
_UNDERSTAND = 1.8
_QUICK = APIConnectOptions(max_retry=0, timeout=_UNDERSTAND)
_CHOICE_TOKENS = 120
_VALUE_TOKENS, _EACH_VALUE = 120, 40
# Characters of what was said before that are read, each time.
_REMEMBERED = 2000
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
    prompt_tokens: int = 0
    completion_tokens: int = 0


class LlmNlu:
    """Implements `domain.flows.ports.DialogueModel`.

    tokens: the running total, for the bill. budget: whose tokens they are; none where nobody pays.
    """

    def __init__(self, settings: OpenAI, limits: ModelLimits | None = None) -> None:
        self.tokens = Tokens(settings.model)
        self.budget: Budget | None = None
        self._limits = limits or ModelLimits()
        self._model = openai.LLM(
            model=settings.model,
            api_key=settings.api_key.get_secret_value() or "none",
            base_url=settings.base_url or "https://api.openai.com/v1",
            max_retries=0,
        )

    async def classify(self, request: ClassifyRequest) -> Classification:
        """Raises DependencyUnavailable(LLM), also for an answer that does not fit."""
        system, user, schema = structured.classify_prompt(request)
        text = await self._filled(system, user, schema, _CHOICE_TOKENS)
        try:
            return structured.classification(request, text)
        except structured.Unusable as error:
            raise DependencyUnavailable(Component.LLM, f"The language model gave {error}.") from error

    async def extract(self, request: ExtractRequest) -> dict[str, Value]:
        """Raises DependencyUnavailable(LLM), also for an answer that does not fit."""
        system, user, schema = structured.extract_prompt(request)
        most = _VALUE_TOKENS + _EACH_VALUE * len(request.variables)
        text = await self._filled(system, user, schema, most)
        try:
            return structured.values(request, text)
        except structured.Unusable as error:
            raise DependencyUnavailable(Component.LLM, f"The language model gave {error}.") from error

    async def _filled(self, system: str, user: str, schema: dict[str, Any], most: int) -> str:
        """The text of one structured answer. Raises DependencyUnavailable(LLM): no answer in time, or one too long."""
        context = llm.ChatContext.empty()
        context.add_message(role="system", content=system)
        context.add_message(role="user", content=user)
        most = min(most, self._limits.structured_tokens)
        stream = self._pieces(context, _QUICK, most, {"response_format": schema})
        text = ""
        try:
            async with asyncio.timeout(_UNDERSTAND), aclosing(stream) as pieces:
                async for piece in pieces:
                    text += piece
                    if len(text) > structured.LONGEST:
                        raise DependencyUnavailable(Component.LLM, "The language model doesn't stop writing.")
        except TimeoutError as error:
            raise DependencyUnavailable(Component.LLM, "The language model is too slow.") from error
        except speech_limits.Unfinished as error:
            raise DependencyUnavailable(Component.LLM, "The language model doesn't stop writing.") from error
        return text

    async def answer(self, request: AnswerRequest) -> AsyncGenerator[str, None]:
        """The model's words as they come, within its limits. Raises DependencyUnavailable(LLM).

        Stopping early closes the connection; the tokens, which the server tells at the end, are estimated then.

        Without knowledge to answer from the fallback is said, and the model is not asked: it could only make things up.
        """
        repetition = dialogue_acts.utterance_to_repeat(request.question, request.history)
        if (words := repetition or (None if request.usable else request.fallback)) is not None:
            yield words
            return
        has_text, limits = False, self._limits
        stream = self._pieces(_messages(request), _CONNECT, limits.tokens, {})
        try:
            async with aclosing(
                speech_limits.limited(stream, letters=limits.letters, seconds=limits.seconds)
            ) as pieces:
                async for piece in pieces:
                    has_text = True
                    yield piece
        except (TimeoutError, speech_limits.Unfinished) as error:
            raise DependencyUnavailable(Component.LLM, "The language model is too slow.") from error
        if not has_text:
            raise DependencyUnavailable(Component.LLM, "The language model sent an empty response.")

    async def _pieces(
        self, context: llm.ChatContext, connect: APIConnectOptions, most: int, extra: dict[str, Any]
    ) -> AsyncGenerator[str, None]:
        """Text as it comes, and tokens counted, also where nobody waits for the end.

        most: tokens. Raises DependencyUnavailable(LLM), BudgetSpent, and Unfinished after a text that `most` has cut.
        """
        length = sum(len(message.text_content or "") for message in context.messages())
        if length > self._limits.prompt_letters:
            raise DependencyUnavailable(Component.LLM, "The prompt is too long for the language model.")
        if self.budget is not None:
            await self.budget.check()
        extra = extra | {"max_completion_tokens": most}
        written_length, has_connected = 0, False
        usage: llm.CompletionUsage | None = None
        try:
            async with self._model.chat(chat_ctx=context, conn_options=connect, extra_kwargs=extra) as stream:
                has_connected = True
                async for chunk in stream:
                    usage = chunk.usage or usage
                    if chunk.delta is not None and chunk.delta.content:
                        written_length += len(chunk.delta.content)
                        yield chunk.delta.content
        except (APIError, OSError) as error:
            raise DependencyUnavailable(
                Component.LLM, f"The language model doesn't respond: {type(error).__name__}."
            ) from error
        finally:
            if usage is not None:
                self._count(usage.prompt_tokens, usage.completion_tokens)
            elif has_connected:
                # Whoever stops waiting pays for the prompt all the same.
                self._count(length // _LETTERS, -(-written_length // _LETTERS))
        if usage is not None and usage.completion_tokens >= most:
            raise speech_limits.Unfinished

    def _count(self, prompt_tokens: int, completion_tokens: int) -> None:
        self.tokens.prompt_tokens += prompt_tokens
        self.tokens.completion_tokens += completion_tokens
        if self.budget is not None:
            self.budget.spend(prompt_tokens + completion_tokens)

    async def aclose(self) -> None:
        """Close its connections."""
        await self._model.aclose()
        if self.budget is not None:
            await self.budget.aclose()


def _messages(request: AnswerRequest) -> llm.ChatContext:
    knowledge = "\n".join(f"- {item.passage.text} ({item.passage.source})" for item in request.usable)
    context = llm.ChatContext.empty()
    system = f"{request.persona}\n{_RULES.format(fallback=request.fallback, knowledge=knowledge)}"
    context.add_message(role="system", content=system)
    for speaker, text in request.history:
        role = "assistant" if speaker == "assistant" else "user"
        context.add_message(role=role, content=text[:_REMEMBERED])
    context.add_message(role="user", content=request.question[:_REMEMBERED])
    return context
