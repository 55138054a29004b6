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
# Bytes of a body that is read to its end although nobody asks for it.
SHORT = 16 * 1024


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
        body = _Body(scope, receive, send)
        try:
            await self._app(scope, body.receive, body.send)
        finally:
            self._in_progress[whose] -= 1
            if not self._in_progress[whose]:
                del self._in_progress[whose]


class _Body:
    """What a request sends: in time, and to its end before a short one is answered.

    The server closes a connection on which it has answered before it has read all, and whoever sends the next request
    on it at that moment would get no answer.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self._limits = settings().http
        self._deadline = asyncio.get_running_loop().time() + self._limits.body_timeout
        self._reading = True
        length = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
        self._short = length.isdigit() and 0 < int(length) <= SHORT

    async def receive(self) -> Message:
        """The request's messages, until its body is late: http.disconnect then."""
        if not self._reading:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            self._short = False
            return {"type": "http.disconnect"}
        self._deadline += len(message.get("body", b"")) / self._limits.body_rate
        self._reading = message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        while self._short and self._reading:
            await self.receive()
        await self._send(message)


def _refusal(scope: Scope, error: QuantumError) -> Response | WebSocketClose:
    if scope["type"] == "websocket":
        return WebSocketClose(code=1008)
    if scope["path"].startswith("/api/"):
        return answer(error)
    headers = {"retry-after": str(error.retry_after)} if isinstance(error, TooManyRequests) else None
    return PlainTextResponse(error.message, error.status, headers)
