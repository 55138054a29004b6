"""What every request passes before a page or a route is asked: its host, its address's share, and the clock."""

import asyncio
from collections import Counter

from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from quantum_app.api import client
from quantum_app.api.problems import answer
from quantum_app.errors import QuantumError, TooManyRequests
from quantum_app.settings import settings

# Whoever watches over this process asks here: an answer takes no time and needs no body.
ALIVE = "/api/alive"


class UnknownHost(QuantumError):
    code = "unknown_host"
    status = 421


class Edge:
    """An ASGI app around another one. Refuses, without reading the body:

    - 421 for a host that is none of ours (`Settings.hosts`), WebSockets too;
    - 429 for more requests at once than one address may have.

    A body that is late looks to the app as if its sender had gone away.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._in_progress: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        if client.host(connection) not in settings().hosts:
            error = UnknownHost(f"This server does not have that name. Open {settings().web_url}")
            await _refusal(scope, error)(scope, receive, send)
        elif scope["type"] == "websocket" or scope["path"] == ALIVE:
            await self._app(scope, receive, send)
        else:
            await self._in_turn(client.address(connection), scope, receive, send)

    async def _in_turn(self, whose: str, scope: Scope, receive: Receive, send: Send) -> None:
        if self._in_progress[whose] >= settings().http.requests_per_address:
            error = TooManyRequests(
                "Too many requests from your network at once. Try again in 1 second.", retry_after=1
            )
            await _refusal(scope, error)(scope, receive, send)
            return
        self._in_progress[whose] += 1
        try:
            await self._app(scope, _in_time(receive), send)
        finally:
            self._in_progress[whose] -= 1
            if not self._in_progress[whose]:
                del self._in_progress[whose]


def _in_time(receive: Receive) -> Receive:
    """The messages of a request, until its body is late: http.disconnect then."""
    limits, loop = settings().http, asyncio.get_running_loop()
    deadline, reading = loop.time() + limits.body_timeout, True

    async def receive_in_time() -> Message:
        nonlocal deadline, reading
        if not reading:
            return await receive()
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError:
            return {"type": "http.disconnect"}
        deadline += len(message.get("body", b"")) / limits.body_rate
        reading = message.get("more_body", False)
        return message

    return receive_in_time


def _refusal(scope: Scope, error: QuantumError) -> Response | WebSocketClose:
    if scope["type"] == "websocket":
        return WebSocketClose(code=1008)
    if scope["path"].startswith("/api/"):
        return answer(error)
    headers = {"retry-after": str(error.retry_after)} if isinstance(error, TooManyRequests) else None
    return PlainTextResponse(error.message, error.status, headers)
