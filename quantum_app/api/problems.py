"""Errors as RFC 9457 problem+json, each with the request's id; and what every answer of the API carries."""

import secrets
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from quantum_app.errors import InvalidInput, QuantumError, SegmentDown, TooManyRequests
from quantum_app.kit.log import logger

LARGEST_BODY = 16 * 1024  # bytes
_HEADERS = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}

_log = logger(__name__)
_Body = TypeVar("_Body", bound=BaseModel)
Endpoint = Callable[[Request], Awaitable[Response]]


def endpoint(handler: Endpoint) -> Endpoint:
    """An endpoint whose errors are problems, and whose answers carry the request's id and the safe headers."""

    async def handled(request: Request) -> Response:
        request_id = f"req_{secrets.token_hex(8)}"
        try:
            response = await handler(request)
        except QuantumError as error:
            if isinstance(error, SegmentDown):
                _log.error("segment down", stage=str(error.segment), request_id=request_id, reason=error.message)
            response = _problem(error.status, error.code, error.message, request_id, _extras(error))
            if isinstance(error, TooManyRequests):
                response.headers["retry-after"] = str(error.retry_after)
        except HTTPException as error:
            response = _problem(error.status_code, "http_error", str(error.detail), request_id, {})
        except Exception as error:
            _log.exception("request failed", request_id=request_id, error=type(error).__name__)
            text = "Something went wrong on our side. Please try again."
            response = _problem(500, "internal_error", text, request_id, {})
        response.headers.update({**_HEADERS, "x-request-id": request_id})
        return response

    handled.__name__ = handler.__name__
    return handled


def _extras(error: QuantumError) -> dict[str, Any]:
    if isinstance(error, TooManyRequests):
        return {"retry_after": error.retry_after}
    return {"segment": str(error.segment)} if isinstance(error, SegmentDown) else {}


def _problem(status: int, code: str, detail: str, request_id: str, extras: dict[str, Any]) -> JSONResponse:
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    body |= {"code": code, "request_id": request_id, **extras}
    return JSONResponse(body, status_code=status, media_type="application/problem+json")


class TooLarge(InvalidInput):
    code = "too_large"
    status = 413


class NotJson(InvalidInput):
    code = "not_json"
    status = 415


class Unprocessable(InvalidInput):
    """The body was understood, and something in it cannot be used."""

    status = 422


async def body_of(request: Request, shape: type[_Body]) -> _Body:
    """The JSON body as `shape`. Raises TooLarge, NotJson, InvalidInput, Unprocessable naming the field."""
    if request.headers.get("content-type", "").split(";")[0].strip() != "application/json":
        raise NotJson("Send JSON, with the content type application/json.")
    received = bytearray()
    async for piece in request.stream():
        received += piece
        if len(received) > LARGEST_BODY:
            raise TooLarge(f"The request is too large: {LARGEST_BODY} bytes at most.")
    if b"\\u0000" in received:
        raise Unprocessable("Text cannot contain NUL characters.", code="invalid_text")
    try:
        return shape.model_validate_json(bytes(received))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        if not field:
            raise InvalidInput("The request is not valid JSON.", code="not_json") from None
        raise Unprocessable(f"{field}: {first['msg']}.", code=f"invalid_{field}") from None
