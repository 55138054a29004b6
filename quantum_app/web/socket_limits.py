"""What a socket may send, and how much sockets of one address may: asked before Reflex is told of any of it."""

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
_LEAD = 1.0  # seconds
# Refusals that are logged in each window; the rest is counted.
_LOGGED = 10
_TAB = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# What the pages send: Engine.IO's pong and close; Socket.IO's connect, disconnect, and these three events. Socket.IO
# would hand on any name of an event, its own “connect” too, and keep parts of binary messages for as long as it likes.
_CONNECT = f"40{SOCKET_PATH},"
_FRAME = re.compile(
    rf'3|1|40{SOCKET_PATH},|41{SOCKET_PATH},|42{SOCKET_PATH},\d{{0,9}}\["(event|client_error|ping)"[],]'
)

_log = logger(__name__)


@dataclass
class _Usage:
    """Of one address. since: when the window began in which the rest is counted, in seconds of the limits' clock.

    due: when the messages so far would have been sent at an even pace.
    """

    since: float
    due: float = 0.0
    open: int = 0
    connects: int = 0
    messages: int = 0
    size: int = 0


class SocketLimits:
    """Counts what sockets of an address do. In this process: a socket belongs to one, and each message is counted."""

    def __init__(self, allowed: Sockets, clock: Callable[[], float] = time.monotonic) -> None:
        self._allowed = allowed
        self._clock = clock
        self._of: dict[str, _Usage] = {}
        self._swept = clock()

    def opens(self, address: str) -> bool:
        """One more socket, if there may be; `closes` has to follow."""
        usage = self._current(address)
        if usage.open >= self._allowed.open or usage.connects >= self._allowed.connects:
            return False
        usage.open += 1
        usage.connects += 1
        return True

    def closes(self, address: str) -> None:
        """A socket that `opens` allowed is gone."""
        self._current(address).open -= 1

    def sends(self, address: str, size: int) -> bool:
        """A message of this many bytes, if there may be one."""
        usage = self._current(address)
        usage.messages += 1
        usage.size += size
        return usage.messages <= self._allowed.messages and usage.size <= self._allowed.bytes

    def pause(self, address: str) -> float:
        """Seconds to wait before the message just sent is handed on.

        The first second's worth of a burst goes at once, the rest evenly, so that others are answered in between.
        """
        usage, pace = self._current(address), WINDOW / self._allowed.messages
        now = self._clock()
        usage.due = max(usage.due, now - _LEAD) + pace
        return max(usage.due - now, 0.0)

    def _current(self, address: str) -> _Usage:
        now = self._clock()
        if now - self._swept >= WINDOW:
            self._of = {one: kept for one, kept in self._of.items() if kept.open or now - kept.since < WINDOW}
            self._swept = now
        usage = self._of.setdefault(address, _Usage(now))
        if now - usage.since >= WINDOW:
            usage.since, usage.connects, usage.messages, usage.size = now, 0, 0, 0
        return usage


class Complaints:
    """Warnings about what strangers do: a few in each window, so that nobody fills the log."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since = clock()
        self._count = 0

    def warn(self, what: str, **facts: object) -> None:
        """Log it, or count it when there were many."""
        if self._clock() - self._since >= WINDOW:
            if self._count > _LOGGED:
                _log.warning("more refusals than were logged", count=self._count - _LOGGED)
            self._since, self._count = self._clock(), 0
        self._count += 1
        if self._count <= _LOGGED:
            _log.warning(what, **facts)


complaints = Complaints()


def protect(app: ASGIApp) -> ASGIApp:
    """The app, whose sockets need a page session, the name of a tab, and an address that has not too many."""
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
    """What to count a connection by; only trusted proxies may speak for others."""
    peer = scope["client"][0] if scope.get("client") else ""
    return client_ip(peer, ",".join(_header(scope, b"x-forwarded-for")), settings().proxies)


def cookies_of(scope: Scope) -> str:
    """The `Cookie` header."""
    return "; ".join(_header(scope, b"cookie"))


def user_agent_of(scope: Scope) -> str:
    """The `User-Agent` header."""
    return ", ".join(_header(scope, b"user-agent"))


def _header(scope: Scope, wanted: bytes) -> list[str]:
    return [value.decode("latin-1") for name, value in scope["headers"] if name == wanted]


async def _serve(app: ASGIApp, limits: SocketLimits, scope: Scope, receive: Receive, send: Send) -> None:
    address = address_of(scope)
    reason = _flaw(scope) or ("" if limits.opens(address) else "too many sockets")
    if reason:
        complaints.warn("socket refused", reason=reason, address=address)
        await receive()
        await send({"type": "websocket.close", "code": POLICY_VIOLATION})
        return
    try:
        channel = _Channel(limits, address, receive, send)
        await app(scope, channel.receive, channel.send)
    finally:
        limits.closes(address)


def _flaw(scope: Scope) -> str:
    """Why a socket is refused whatever its address did before, or nothing."""
    if not page_session.is_valid(cookies_of(scope)):
        return "no page session"
    tabs = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])
    if len(tabs) != 1 or not _TAB.fullmatch(tabs[0]):
        return "no name of a tab"
    # The page's version of Reflex, which logs it when it is not its own.
    if any(len(name) > _LONGEST_VERSION for name in scope.get("subprotocols", [])):
        return "no version"
    return ""


class _Channel:
    """One socket's messages, as long as they are like those of the pages, and not too many."""

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
        complaints.warn("socket closed", reason=reason, address=self._address)
        await self.send({"type": "websocket.close", "code": POLICY_VIOLATION})
        self._closed = True
        return {"type": "websocket.disconnect", "code": POLICY_VIOLATION}

    async def send(self, message: Message) -> None:
        if not self._closed:
            await self._send(message)

    def _wrong(self, text: str | None) -> str:
        """Why the socket is closed on this message, or nothing."""
        size = len((text or "").encode("utf-8", "surrogatepass"))
        if not self._limits.sends(self._address, size):
            return "too many messages"
        if size > settings().sockets.message_bytes:
            return "message too large"
        if text is None or not _FRAME.match(text):
            return "unknown message"
        self._connects += text.startswith(_CONNECT)
        return "connected twice" if self._connects > 1 else ""
