"""`POST /v1/chat/completions` and `GET /v1/models`."""

import asyncio
import json
import time
from collections.abc import Sequence
from itertools import chain, cycle
from typing import Any, Literal

from aiohttp import web
from pydantic import BaseModel, Field, ValidationError

from local_providers.engines import Engines
from local_providers.faults import Connection
from local_providers.openai import embedder, writer
from local_providers.openai.errors import VendorError, unknown_model

Chunk = dict[str, Any]
_PACE = 0.002  # seconds between the pieces of an answer that does not end


class Part(BaseModel):
    type: str
    text: str = ""


class ChatMessage(BaseModel):
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[Part] | None = None

    @property
    def text(self) -> str:
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content)
        return self.content or ""


class StreamOptions(BaseModel):
    include_usage: bool = False


class ChatRequest(BaseModel):
    """What this server reads of OpenAI's request; temperature, tools and the like have no effect."""

    model: str
    messages: list[ChatMessage]
    stream: bool = False
    stream_options: StreamOptions | None = None
    response_format: dict[str, Any] | None = None
    max_completion_tokens: int | None = Field(default=None, ge=1)


async def models(request: web.Request, engines: Engines, request_id: str, _: Connection) -> web.Response:
    names = (writer.NAME, embedder.NAME)
    data = [{"id": name, "object": "model", "created": 0, "owned_by": "local"} for name in names]
    return web.json_response({"object": "list", "data": data}, headers={"x-request-id": request_id})


async def completions(
    request: web.Request, engines: Engines, request_id: str, connection: Connection
) -> web.StreamResponse:
    """Raises VendorError."""
    try:
        chat_request = ChatRequest.model_validate_json(await request.text())
    except ValidationError as error:
        raise VendorError(400, str(error)) from None
    if chat_request.model != writer.NAME:
        raise unknown_model(chat_request.model, writer.NAME)
    texts = [message.text for message in chat_request.messages if message.text.strip()]
    if not texts:
        raise VendorError(400, "`messages` must not be empty.")
    whole = await _write(chat_request, writer.Writer(engines.embedder, request_id, texts))
    text = _within_tokens(engines, whole, chat_request.max_completion_tokens)
    finish = "stop" if text == whole else "length"
    usage = _usage(engines, texts, text)
    if chat_request.stream:
        return await _stream(request, chat_request, request_id, text, finish, usage, connection)
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish, "logprobs": None}
    answer = {**_head("chat.completion", request_id), "choices": [choice], "usage": usage}
    return web.json_response(answer, headers={"x-request-id": request_id})


async def _write(chat_request: ChatRequest, author: writer.Writer) -> str:
    response_format = chat_request.response_format or {}
    if response_format.get("type") == "json_schema":
        return json.dumps(await author.fill(response_format.get("json_schema", {}).get("schema", {})))
    if response_format.get("type") == "json_object":
        return json.dumps({"answer": await author.answer()})
    return await author.answer()


async def _stream(
    request: web.Request,
    chat_request: ChatRequest,
    request_id: str,
    text: str,
    finish: str,
    usage: Chunk,
    connection: Connection,
) -> web.StreamResponse:
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache", "x-request-id": request_id}
    )
    await response.prepare(request)
    with_usage = chat_request.stream_options is not None and chat_request.stream_options.include_usage
    # A model that does not stop keeps to no limit of tokens either.
    pieces = cycle([*_pieces(text), " "]) if connection.fault.endless else _pieces(text)
    for delta in chain([{"role": "assistant", "content": ""}], ({"content": piece} for piece in pieces), [{}]):
        if connection.fault.endless:
            await asyncio.sleep(_PACE)
        choice = {"index": 0, "delta": delta, "finish_reason": None if delta else finish, "logprobs": None}
        await _event(response, {**_head("chat.completion.chunk", request_id), "choices": [choice]}, with_usage)
    if with_usage:
        await _event(response, {**_head("chat.completion.chunk", request_id), "choices": [], "usage": usage}, False)
    await response.write(b"data: [DONE]\n\n")
    await response.write_eof()
    return response


async def _event(response: web.StreamResponse, chunk: Chunk, empty_usage: bool) -> None:
    if empty_usage:
        chunk["usage"] = None
    await response.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")


def _within_tokens(engines: Engines, text: str, most: int | None) -> str:
    """Words of the text, in at most so many tokens."""
    if most is None or engines.embedder.tokens(text) <= most:
        return text
    words = text.split(" ")
    while words and engines.embedder.tokens(" ".join(words)) > most:
        words.pop()
    return " ".join(words)


def _pieces(text: str) -> list[str]:
    words = text.split(" ")
    return [word if index == 0 else f" {word}" for index, word in enumerate(words)]


def _head(kind: str, request_id: str) -> Chunk:
    return {"id": f"chatcmpl-{request_id}", "object": kind, "created": int(time.time()), "model": writer.NAME}


def _usage(engines: Engines, texts: Sequence[str], answer: str) -> Chunk:
    prompt = sum(engines.embedder.tokens(text) for text in texts)
    completion = engines.embedder.tokens(answer)
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
