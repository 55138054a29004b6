"""The route class of the API: it reads bodies, checks where requests come from, and turns errors into problems."""

import math
import re
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic_core import from_json

from quantum_app.api import client, problems
from quantum_app.api.unprocessable import Unprocessable
from quantum_app.errors import InvalidInput, NotFound
from quantum_app.kit.request_context import RequestContext, request_context

_JSON = "application/json"

# For a route that answers without a body.
NO_CONTENT: dict[str, Any] = {"status_code": 204, "response_class": Response}

# Bytes without any of these contain neither a NUL character nor a number beyond the range of a double.
_SUSPICIOUS = re.compile(rb"\\u0000|[0-9]{200}|[eE]\+?[0-9]{3}")


class TooLarge(InvalidInput):
    code = "too_large"
    status = 413


class NotJson(InvalidInput):
    code = "not_json"
    status = 415


class NotAudio(InvalidInput):
    code = "not_audio"
    status = 415


class Endpoint(APIRoute):
    """A route that reports errors as problems and adds the request id and security headers to each response.

    A request with our cookie that changes something must come from one of our own pages.
    """

    max_body = 16 * 1024  # bytes
    content_type = _JSON

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        handle = super().get_route_handler()
        takes_body = self.body_field is not None

        async def handled(request: Request) -> Response:
            request_id = problems.new_request_id()
            user_agent = request.headers.get("user-agent", "")
            request_context.set(RequestContext(request_id, client.address(request), user_agent))
            try:
                client.require_own_origin(request)
                _check_address(request)
                if takes_body:
                    await self._read(request)
                response = await handle(request)
            except Exception as error:
                response = problems.respond(error, request_id)
            return problems.with_headers(response, request_id)

        return handled

    async def _read(self, request: Request) -> None:
        """Read the body and store it where the framework looks for it.

        Raises NotJson, NotAudio, TooLarge, InvalidInput for invalid JSON, Unprocessable, ClientDisconnect.
        """
        expects_json = self.content_type == _JSON
        if request.headers.get("content-type", "").split(";")[0].strip() != self.content_type:
            if expects_json:
                raise NotJson("Send JSON with the content type application/json.")
            raise NotAudio(f"Send a recording with the content type {self.content_type}.")
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > self.max_body:
                raise TooLarge(f"The request body is too large. The limit is {self.max_body} bytes.")
        request._body = bytes(body)  # pyright: ignore[reportPrivateUsage]
        if expects_json:
            request._json = parse_json(request._body)  # pyright: ignore[reportPrivateUsage]


def parse_json(body: bytes) -> Any:
    """The value of a JSON text (RFC 8259) in UTF-8, without lone surrogates, NaN, or more than 200 levels.

    Raises InvalidInput for invalid JSON, Unprocessable for a NUL character or a number beyond the range of a double.
    """
    try:
        value = from_json(body, allow_inf_nan=False)
    except ValueError:
        raise InvalidInput("The request body isn't valid JSON.", code="not_json") from None
    if _SUSPICIOUS.search(body):
        _check_values(value)
    return value


def _check_values(value: Any) -> None:
    values = [value]
    while values:
        match values.pop():
            case str(text):
                _check_text(text)
            case dict(members):
                values += members.keys()
                values += members.values()
            case list(items):
                values += items
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
    """Reject NUL characters in the path and the query. Raises NotFound, Unprocessable."""
    if any("\0" in str(value) for value in request.path_params.values()):
        raise NotFound("There's nothing at this address.")
    for _, text in request.query_params.multi_items():
        _check_text(text)


def _check_text(text: str) -> None:
    if "\0" in text:
        raise Unprocessable("Text can't contain NUL characters.", code="invalid_text")
