"""Errors as RFC 9457 problem+json, each with the request's id; and what every answer of the API carries."""

import json
import math
import re
import secrets
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic_core import from_json
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from quantum_app.api import client
from quantum_app.api.unprocessable import Unprocessable, unusable
from quantum_app.errors import Busy, DependencyUnavailable, InvalidInput, NotFound, QuantumError, TooManyRequests
from quantum_app.kit.log import logger
from quantum_app.kit.request_context import RequestContext, request_context

_JSON = "application/json"
_HEADERS = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}

# Bytes without any of these hold neither a NUL character nor a number that no double can be.
_ODD = re.compile(rb"\\u0000|[0-9]{200}|[eE]\+?[0-9]{3}")

_log = logger(__name__)


class TooLarge(InvalidInput):
    code = "too_large"
    status = 413


class NotJson(InvalidInput):
    code = "not_json"
    status = 415


class NotAudio(InvalidInput):
    code = "not_audio"
    status = 415


class TooSlow(QuantumError):
    """The body did not arrive in time, or its sender went away."""

    code = "body_timeout"
    status = 408
    retryable = True


class Endpoint(APIRoute):
    """A route whose errors are problems, whose answers carry the request's id and the safe headers.

    What a browser sends with our cookie to change something has to come from one of our own pages.
    """

    largest_body = 16 * 1024  # bytes
    takes = _JSON

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        handle = super().get_route_handler()
        takes_body = self.body_field is not None

        async def handled(request: Request) -> Response:
            request_id = f"req_{secrets.token_hex(8)}"
            request_context.set(
                RequestContext(request_id, client.address(request), request.headers.get("user-agent", ""))
            )
            try:
                client.require_own_origin(request)
                _check_address(request)
                if takes_body:
                    await self._read(request)
                response = await handle(request)
            except QuantumError as error:
                response = _of_ours(error, request_id)
            except RequestValidationError as error:
                response = _of_ours(_invalid(error), request_id)
            except ClientDisconnect:
                text = "The request did not arrive in time. Check your connection and send it again."
                response = _of_ours(TooSlow(text), request_id)
            except HTTPException as error:
                response = _problem(error.status_code, "http_error", str(error.detail), request_id, {})
            except Exception as error:
                _log.exception("request failed", request_id=request_id, error=type(error).__name__)
                text = "Something went wrong on our side. Please try again."
                response = _problem(500, "internal_error", text, request_id, {})
            response.headers.update({**_HEADERS, "x-request-id": request_id})
            return response

        return handled

    async def _read(self, request: Request) -> None:
        """Take the body in, as the framework expects it.

        Raises NotJson, NotAudio, TooLarge, InvalidInput for what is not JSON, Unprocessable, ClientDisconnect.
        """
        json_wanted = self.takes == _JSON
        if request.headers.get("content-type", "").split(";")[0].strip() != self.takes:
            if json_wanted:
                raise NotJson("Send JSON, with the content type application/json.")
            raise NotAudio(f"Send a recording, with the content type {self.takes}.")
        received = bytearray()
        async for piece in request.stream():
            received += piece
            if len(received) > self.largest_body:
                raise TooLarge(f"The request is too large: {self.largest_body} bytes at most.")
        # Where Starlette keeps what was read and parsed.
        request._body = bytes(received)  # pyright: ignore[reportPrivateUsage]
        if json_wanted:
            request._json = parsed(request._body)  # pyright: ignore[reportPrivateUsage]


def parsed(body: bytes) -> Any:
    """The value of a JSON text (RFC 8259): in UTF-8, without half characters, NaN, and more than 200 levels.

    Raises InvalidInput for what is not JSON, Unprocessable for a NUL character or a number that no double can be.
    """
    try:
        value = from_json(body, allow_inf_nan=False)
    except ValueError:
        raise InvalidInput("The request is not valid JSON.", code="not_json") from None
    if _ODD.search(body):
        _check_values(value)
    return value


def _check_values(value: Any) -> None:
    left = [value]
    while left:
        match left.pop():
            case str(text):
                _check_text(text)
            case dict(members):
                left += members.keys()
                left += members.values()
            case list(items):
                left += items
            case int() | float() as number:
                try:
                    finite = math.isfinite(number)
                except OverflowError:
                    finite = False
                if not finite:
                    raise Unprocessable("A number is too large.", code="invalid_number")
            case _:
                pass


def _check_address(request: Request) -> None:
    """What path and query say besides where to go. Raises NotFound, Unprocessable."""
    if any("\0" in str(value) for value in request.path_params.values()):
        raise NotFound("There is nothing at this address.")
    for _, text in request.query_params.multi_items():
        _check_text(text)


def _check_text(text: str) -> None:
    if "\0" in text:
        raise Unprocessable("Text cannot contain NUL characters.", code="invalid_text")


def answer(error: QuantumError) -> Response:
    """The answer to a request that reaches no route."""
    request_id = f"req_{secrets.token_hex(8)}"
    response = _of_ours(error, request_id)
    response.headers.update({**_HEADERS, "x-request-id": request_id})
    return response


async def not_here(request: Request, error: Exception) -> Response:
    """The answer for a path or a method that the API does not have."""
    assert isinstance(error, HTTPException)
    request_id = f"req_{secrets.token_hex(8)}"
    text = f"The API has no {request.method} {request.scope['path']}."
    response = _problem(error.status_code, "not_found", text, request_id, {})
    response.headers.update({**_HEADERS, **(error.headers or {}), "x-request-id": request_id})
    return response


def _invalid(error: RequestValidationError) -> InvalidInput:
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"][1:])
    if not field:
        return InvalidInput("The request is not a JSON object of the expected form.", code="not_json")
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
    # In ASCII: what is quoted of a request may be half of a character, which UTF-8 has not.
    return Response(json.dumps(body), status_code=status, media_type="application/problem+json")
