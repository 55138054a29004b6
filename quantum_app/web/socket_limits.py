"""Validates and rate-limits the pages' sockets before Reflex sees them."""

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from quantum_app.kit.client_ip import client_ip
from quantum_app.kit.log import logger
from quantum_app.settings import Sockets, settings
from quantum_app.web import page_session
from quantum_app.web.page_session import SOCKET_PATH

WINDOW = 10.0  # seconds
POLICY_VIOLATION = 1008
_LONGEST_VERSION = 32
_BURST_SECONDS = 1.0
# Refusals logged in each window. The rest are counted.
_LOGGED = 10
_TAB = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# What our pages send: Engine.IO's pong and close; Socket.IO's connect, disconnect and these three events. Socket.IO
# itself would accept any event name, even its own “connect”, and buffer partial binary messages without limit.
_CONNECT = f"40{SOCKET_PATH},"
_FRAME = re.compile(
    rf'3|1|40{SOCKET_PATH},|41{SOCKET_PATH},|42{SOCKET_PATH},\d{{0,9}}\["(event|client_error|ping)"[],]'
)

_log = logger(__name__)


@dataclass
class _AddressUsage:
    """Socket usage of one address within the current window."""

    since: float
    """Start of the window, on the limiter's clock."""
    due: float = 0.0
    """When the messages so far would be done at an even pace, on the limiter's clock."""
    open: int = 0
    connects: int = 0
    messages: int = 0
    size: int = 0


class SocketLimits:
    """Rate limits of sockets per address. In this process, because each message is counted."""

    def __init__(self, allowed: Sockets, clock: Callable[[], float] = time.monotonic) -> None:
        self._allowed = allowed
        self._clock = clock
        self._of: dict[str, _AddressUsage] = {}
        self._swept = clock()

    def opens(self, address: str) -> bool:
        """Count a new socket. Returns False if it's over the limit; otherwise `closes` must follow."""
        usage = self._current(address)
        if usage.open >= self._allowed.open or usage.connects >= self._allowed.connects:
            return False
        usage.open += 1
        usage.connects += 1
        return True

    def closes(self, address: str) -> None:
        """Count a closed socket that `opens` allowed."""
        self._current(address).open -= 1

    def sends(self, address: str, size: int) -> bool:
        """Count a message of this many bytes. Returns False if it's over the limit."""
        usage = self._current(address)
        usage.messages += 1
        usage.size += size
        return usage.messages <= self._allowed.messages and usage.size <= self._allowed.bytes

    def pause(self, address: str) -> float:
        """Seconds to wait before passing on the message just received.

        The first second's worth of a burst passes at once, the rest evenly, so that other clients get their turn.
        """
        usage, pace = self._current(address), WINDOW / self._allowed.messages
        now = self._clock()
        usage.due = max(usage.due, now - _BURST_SECONDS) + pace
        return max(usage.due - now, 0.0)

    def _current(self, address: str) -> _AddressUsage:
        now = self._clock()
        if now - self._swept >= WINDOW:
            self._of = {
                address: usage for address, usage in self._of.items() if usage.open or now - usage.since < WINDOW
            }
            self._swept = now
        usage = self._of.setdefault(address, _AddressUsage(now))
        if now - usage.since >= WINDOW:
            usage.since, usage.connects, usage.messages, usage.size = now, 0, 0, 0
        return usage


class ThrottledLog:
    """Logs a few warnings per window, so that strangers can't flood the log."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since = clock()
        self._count = 0

    def warn(self, event: str, **values: object) -> None:
        """Log a warning, or only count it if there were many."""
        if self._clock() - self._since >= WINDOW:
            if self._count > _LOGGED:
                _log.warning(
                    "socket.refusals_dropped", message="More refusals than were logged", count=self._count - _LOGGED
                )
            self._since, self._count = self._clock(), 0
        self._count += 1
        if self._count <= _LOGGED:
            _log.warning(event, **values)


refusals = ThrottledLog()


def protect(app: ASGIApp) -> ASGIApp:
    """Wrap the app so that sockets need a page session and a tab token, and are rate-limited by address."""
    limits = SocketLimits(settings().sockets)

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await _serve(app, limits, scope, receive, send)
        elif scope["type"] == "http" and scope["path"].startswith(SOCKET_PATH):
            await PlainTextResponse("Open this address as a WebSocket.\n", 404)(scope, receive, send)
        else:
            await app(scope, receive, send)

    return guarded


def address_of(scope: Scope) -> str:
    """The key to rate-limit a connection by."""
    peer = scope["client"][0] if scope.get("client") else ""
    return client_ip(peer, ",".join(_header(scope, b"x-forwarded-for")), settings().proxies)


def cookies_of(scope: Scope) -> str:
    """The `Cookie` header."""
    return "; ".join(_header(scope, b"cookie"))


def user_agent_of(scope: Scope) -> str:
    """The `User-Agent` header."""
    return ", ".join(_header(scope, b"user-agent"))


def _header(scope: Scope, header: bytes) -> list[str]:
    return [value.decode("latin-1") for name, value in scope["headers"] if name == header]


async def _serve(app: ASGIApp, limits: SocketLimits, scope: Scope, receive: Receive, send: Send) -> None:
    address = address_of(scope)
    reason = _refusal_reason(scope) or ("" if limits.opens(address) else "too many sockets")
    if reason:
        refusals.warn("socket.refused", message="Refused a page socket", reason=reason, address=address)
        await receive()
        await send({"type": "websocket.close", "code": POLICY_VIOLATION})
        return
    try:
        channel = _GuardedSocket(limits, address, receive, send)
        await app(scope, channel.receive, channel.send)
    finally:
        limits.closes(address)


def _refusal_reason(scope: Scope) -> str:
    """Why a socket is invalid, or an empty text."""
    if not page_session.is_valid(cookies_of(scope)):
        return "no page session"
    tabs = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])
    if len(tabs) != 1 or not _TAB.fullmatch(tabs[0]):
        return "no name of a tab"
    # The page's Reflex version. Reflex logs it if it differs.
    if any(len(name) > _LONGEST_VERSION for name in scope.get("subprotocols", [])):
        return "no version"
    return ""


class _GuardedSocket:
    """Passes on a socket's messages while they are valid and within the limits."""

    def __init__(self, limits: SocketLimits, address: str, receive: Receive, send: Send) -> None:
        self._limits = limits
        self._address = address
        self._receive = receive
        self._send = send
        self._connects = 0
        self._closed = False

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] != "websocket.receive":
            return message
        reason = self._wrong(message.get("text"))
        if not reason:
            await asyncio.sleep(self._limits.pause(self._address))
            return message
        refusals.warn("socket.closed", message="Closed a page socket", reason=reason, address=self._address)
        await self.send({"type": "websocket.close", "code": POLICY_VIOLATION})
        self._closed = True
        return {"type": "websocket.disconnect", "code": POLICY_VIOLATION}

    async def send(self, message: Message) -> None:
        if not self._closed:
            await self._send(message)

    def _wrong(self, text: str | None) -> str:
        """Why the socket is closed on this message, or an empty text."""
        size = len((text or "").encode("utf-8", "surrogatepass"))
        if not self._limits.sends(self._address, size):
            return "too many messages"
        if size > settings().sockets.message_bytes:
            return "message too large"
        if text is None or not _FRAME.match(text):
            return "unknown message"
        self._connects += text.startswith(_CONNECT)
        return "connected twice" if self._connects > 1 else ""
