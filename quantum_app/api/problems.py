"""Errors as RFC 9457 problem+json, each with the id of its request."""

import json
import secrets
from http import HTTPStatus
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from quantum_app.api.unprocessable import unusable
from quantum_app.errors import Busy, DependencyUnavailable, InvalidInput, QuantumError, TooManyRequests
from quantum_app.kit.log import logger

MEDIA_TYPE = "application/problem+json"

_HEADERS = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}

_log = logger(__name__)


class TooSlow(QuantumError):
    """The body did not arrive in time, or its sender disconnected."""

    code = "body_timeout"
    status = 408
    retryable = True


def new_request_id() -> str:
    return f"req_{secrets.token_hex(8)}"


def with_headers(response: Response, request_id: str) -> Response:
    """The response with the request id and the security headers."""
    response.headers.update({**_HEADERS, "x-request-id": request_id})
    return response


def respond(error: Exception, request_id: str) -> Response:
    """The response for an error that a handler raised."""
    match error:
        case QuantumError():
            return _of_ours(error, request_id)
        case RequestValidationError():
            return _of_ours(_invalid(error), request_id)
        case ClientDisconnect():
            text = "The request didn't arrive in time. Check your connection and try again."
            return _of_ours(TooSlow(text), request_id)
        case HTTPException():
            return _problem(error.status_code, "http_error", str(error.detail), request_id, {})
        case _:
            _log.exception("request failed", request_id=request_id, error=type(error).__name__)
            text = "Something went wrong on our end. Try again."
            return _problem(500, "internal_error", text, request_id, {})


def answer(error: QuantumError) -> Response:
    """The response to a request that reaches no route."""
    request_id = new_request_id()
    return with_headers(_of_ours(error, request_id), request_id)


async def not_here(request: Request, error: Exception) -> Response:
    """The response for a path or a method that the API does not have."""
    assert isinstance(error, HTTPException)
    request_id = new_request_id()
    text = f"The API has no {request.method} {request.scope['path']}."
    response = _problem(error.status_code, "not_found", text, request_id, {})
    response.headers.update(error.headers or {})
    return with_headers(response, request_id)


def _invalid(error: RequestValidationError) -> InvalidInput:
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"][1:])
    if not field:
        return InvalidInput("The request body isn't a JSON object of the expected form.", code="not_json")
    return unusable(field, first["type"], first["msg"])


def _of_ours(error: QuantumError, request_id: str) -> Response:
    if isinstance(error, DependencyUnavailable):
        _log.error("component down", stage=str(error.component), request_id=request_id, reason=error.message)
    response = _problem(error.status, error.code, error.message, request_id, _extras(error))
    if isinstance(error, TooManyRequests | Busy):
        response.headers["retry-after"] = str(error.retry_after)
    return response


def _extras(error: QuantumError) -> dict[str, Any]:
    extras = dict(error.details)
    if isinstance(error, TooManyRequests | Busy):
        extras["retry_after"] = error.retry_after
    if isinstance(error, InvalidInput) and error.field:
        extras["field"] = error.field
    if isinstance(error, DependencyUnavailable):
        extras["component"] = str(error.component)
    return extras


def _problem(status: int, code: str, detail: str, request_id: str, extras: dict[str, Any]) -> Response:
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    body |= {"code": code, "request_id": request_id, **extras}
    # In ASCII: the detail may quote a lone surrogate from the request, which UTF-8 cannot encode.
    return Response(json.dumps(body), status_code=status, media_type=MEDIA_TYPE)
