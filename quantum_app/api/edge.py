"""Checks that every request passes before a page or a route: host, concurrency per address, and body timeout."""

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

# The supervisor asks here. The response takes no time and needs no body.
ALIVE = "/api/alive"
# Bytes. A shorter body is read to its end even if no route reads it.
SHORT_BODY = 16 * 1024


class UnknownHost(QuantumError):
    code = "unknown_host"
    status = 421


class Edge:
    """ASGI middleware. Refuses without reading the body:

    - requests and WebSockets for a host that is not ours (`Settings.hosts`), with 421
    - more concurrent requests than an address may have, with 429

    To the app, a late body looks as if its sender had disconnected.
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
            error = UnknownHost(f"This server doesn't have that name. Open {settings().web_url}")
            await _refusal(scope, error)(scope, receive, send)
        elif scope["type"] == "websocket" or scope["path"] == ALIVE:
            await self._app(scope, receive, send)
        else:
            await self._limited(client.address(connection), scope, receive, send)

    async def _limited(self, address: str, scope: Scope, receive: Receive, send: Send) -> None:
        if self._in_progress[address] >= settings().http.requests_per_address:
            error = TooManyRequests(
                "Too many simultaneous requests from your network. Try again in 1 second.", retry_after=1
            )
            await _refusal(scope, error)(scope, receive, send)
            return
        self._in_progress[address] += 1
        body = _Body(scope, receive, send)
        try:
            await self._app(scope, body.receive, body.send)
        finally:
            self._in_progress[address] -= 1
            if not self._in_progress[address]:
                del self._in_progress[address]


class _Body:
    """The body of a request: it arrives in time, and a short one is read to its end before the response is sent.

    The server closes a connection on which it responded before it had read everything, and a client that sends its next
    request at that moment would get no response.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self._limits = settings().http
        self._deadline = asyncio.get_running_loop().time() + self._limits.body_timeout
        self._reading = True
        length = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
        self._short = length.isdigit() and 0 < int(length) <= SHORT_BODY

    async def receive(self) -> Message:
        """The next message of the request, or http.disconnect once the body is late."""
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
