"""`POST /v1/embeddings`."""

import base64
from typing import Literal

from aiohttp import web
from pydantic import BaseModel, ValidationError

from local_providers.engines import Engines
from local_providers.faults import Connection
from local_providers.openai import embedder
from local_providers.openai.errors import VendorError, unknown_model

_MAX_INPUTS = 2048


class EmbeddingsRequest(BaseModel):
    """OpenAI's request, and `input_type` (extra body): what the texts are. Passages unless told otherwise."""

    model: str
    input: str | list[str]
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: int | None = None
    input_type: Literal["query", "passage"] = "passage"


async def embeddings(request: web.Request, engines: Engines, request_id: str, _: Connection) -> web.Response:
    """Raises VendorError."""
    try:
        embeddings_request = EmbeddingsRequest.model_validate_json(await request.text())
    except ValidationError as error:
        raise VendorError(400, str(error)) from None
    if embeddings_request.model != embedder.NAME:
        raise unknown_model(embeddings_request.model, embedder.NAME)
    if embeddings_request.dimensions not in (None, embedder.DIMENSIONS):
        raise VendorError(400, f"This model has {embedder.DIMENSIONS} dimensions.")
    texts = [embeddings_request.input] if isinstance(embeddings_request.input, str) else embeddings_request.input
    if not 0 < len(texts) <= _MAX_INPUTS or not all(texts):
        raise VendorError(400, f"`input` must be 1 to {_MAX_INPUTS} texts, none of them empty.")
    vectors = await engines.embedder.embed(
        texts, is_query=embeddings_request.input_type == "query", request_id=request_id
    )
    tokens = sum(engines.embedder.tokens(text) for text in texts)
    data = [
        {
            "object": "embedding",
            "index": index,
            "embedding": vector.tolist()
            if embeddings_request.encoding_format == "float"
            else base64.b64encode(vector.astype("<f4").tobytes()).decode(),
        }
        for index, vector in enumerate(vectors)
    ]
    return web.json_response(
        {
            "object": "list",
            "data": data,
            "model": embedder.NAME,
            "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
        },
        headers={"x-request-id": request_id},
    )
