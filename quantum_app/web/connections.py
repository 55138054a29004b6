"""The socket an event came from, and which events reach Reflex.

Reflex stores what a connection says about itself in the tab's state, which outlives the connection. Here it stays with
the connection: the identity comes from the cookie the socket was opened with, and an update goes to the socket that
caused it, or to none.
"""

import asyncio
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from http.cookies import CookieError, SimpleCookie
from secrets import compare_digest
from typing import Any
from urllib.parse import parse_qs

import reflex as rx
from limits import parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter
from pydantic import BaseModel, Field, ValidationError, field_validator
from reflex.app import EventNamespace
from reflex.state import FrontendEventExceptionState, OnLoadInternalState, State, StateUpdate
from reflex_base.constants import CompileVars, RouteVar
from reflex_base.event.context import EventContext
from reflex_base.registry import RegistrationContext

from quantum_app.settings import settings
from quantum_app.web.socket_limits import address_of, cookies_of, refusals, user_agent_of

# Limits of reports about failed pages, per address and in total.
REPORTS = parse("5/minute"), parse("20/minute")
MAX_REPORT_LENGTH = 2000
# Seconds for which events that arrived before a socket closed may still be handled.
_GRACE = 60
_LONGEST_QUERY = 3000  # characters
# The only headers that states need.
_FORWARDED_HEADERS = ("origin", "host")


@dataclass
class Connection:
    """One socket, as it was opened."""

    sid: str
    """Socket ID."""
    cookies: str
    address: str
    user_agent: str
    logged_in: bool = False
    """As of the last event."""
    resumes: bool = False
    """Whether it was opened by a page that lost another, and that has opened no other page since."""


_connections: dict[str, Connection] = {}


def current() -> Connection | None:
    """The connection whose event is being handled, or that an update is pushed to."""
    try:
        sid = EventContext.get().router_data.get(RouteVar.SESSION_ID, "")
    except LookupError:
        return None
    return _connections.get(sid)


def resumes() -> bool:
    """Whether a page is loaded again because it lost its connection. What is open there and typed has to stay."""
    connection = current()
    return connection is not None and connection.resumes


def act_for(sid: str, tab: str) -> None:
    """Make this the current connection of the running task, as if its tab had sent an event."""
    EventContext.set(EventContext.get().fork(token=tab, router_data={RouteVar.SESSION_ID: sid}))


class _Location(BaseModel):
    """The location that a page reports. Bounded, because Reflex stores it several times."""

    pathname: str = Field(default="", max_length=1000)
    as_path: str = Field(default="", alias="asPath", max_length=2000)
    query: dict[str, str | list[str]] = Field(default_factory=dict)

    @field_validator("query")
    @classmethod
    def _is_short(cls, query: dict[str, str | list[str]]) -> dict[str, str | list[str]]:
        if len(str(query)) > _LONGEST_QUERY:
            raise ValueError("The query is too long.")
        return query


class _ClientEvent(BaseModel):
    name: str = Field(max_length=300)
    payload: dict[str, Any] = Field(default_factory=dict, max_length=50)
    router_data: _Location = Field(default_factory=_Location)


class GuardedNamespace(EventNamespace):
    """Reflex's Socket.IO namespace, limited to what the pages need."""

    def __init__(self, namespace: str, app: rx.App, on_close: Callable[[str], None]) -> None:
        super().__init__(namespace, app)
        self._on_close = on_close
        self._reports = FixedWindowRateLimiter(MemoryStorage())

    async def on_connect(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        await self._drop_lost(environ, auth)
        try:
            await super().on_connect(sid, environ, auth)
        except BaseException:
            _connections.pop(sid, None)  # on_disconnect isn't called for a refused connection
            raise

    async def _drop_lost(self, environ: dict[str, Any], auth: Any) -> None:
        """Drop the socket that the connecting page has lost, if the server still takes it for open.

        Reflex would give the tab another token and so another state. It has to do that for a duplicate of a tab, which
        loads for the first time, and for anybody but the login of the lost socket.
        """
        tab = parse_qs(environ.get("QUERY_STRING", "")).get("token", [""])[0]
        record = self._token_manager.token_to_socket.get(tab)
        old = _connections.get(record.sid) if record is not None else None
        event = auth.get(CompileVars.CONNECT_AUTH_EVENT) if isinstance(auth, dict) else None
        if old is None or not _rehydrates(event):
            return
        login, new_login = login_of(old.cookies), login_of(cookies_of(environ["asgi.scope"]))
        if login and new_login and compare_digest(login.encode(), new_login.encode()):
            self._on_close(old.sid)
            await self._token_manager.disconnect_token(tab, old.sid)
            await self.disconnect(old.sid)

    async def link_token_to_sid(self, sid: str, token: str, *, update_state: bool = True) -> None:
        """Don't create state for a socket that has sent no event."""
        await super().link_token_to_sid(sid, token, update_state=False)

    def _build_static_router_data(self, sid: str, environ: dict[str, Any]) -> dict[str, Any]:
        """What Reflex stores about a connection, without cookies or IP address."""
        scope = environ["asgi.scope"]
        _connections[sid] = Connection(sid, cookies_of(scope), address_of(scope), user_agent_of(scope)[:500])
        data = super()._build_static_router_data(sid, environ)
        headers = {name: data[RouteVar.HEADERS].get(name, "")[:300] for name in _FORWARDED_HEADERS}
        return {RouteVar.SESSION_ID: sid, RouteVar.HEADERS: headers, RouteVar.CLIENT_IP: ""}

    def on_disconnect(self, sid: str) -> asyncio.Task[None] | None:
        self._on_close(sid)
        asyncio.get_running_loop().call_later(_GRACE, _connections.pop, sid, None)
        return super().on_disconnect(sid)

    async def on_event(self, sid: str, data: Any) -> None:
        """Queue the event if it's one that our pages send."""
        try:
            event = _ClientEvent.model_validate(data)
        except ValidationError:
            refusals.warn("socket.event_refused", message="Dropped an event of a page", reason="not an event")
            return
        handler = self._handlers.get(event.name)
        if handler is None:
            refusals.warn("socket.event_refused", message="Dropped an event of a page", reason="no such handler")
            return
        payload = event.payload
        if (connection := _connections.get(sid)) is not None and event.name in _LOADS:
            connection.resumes = _rehydrates(data)
        if event.name == _name(State, "hydrate_and_load"):
            payload = {"hashes": _texts(payload.get("hashes"))}
        elif event.name == _name(FrontendEventExceptionState, "handle_frontend_exception"):
            if not await self._may_report(sid):
                return
            payload = {"info": str(payload.get("info"))[:MAX_REPORT_LENGTH], "component_stack": ""}
        try:
            handler.bind(None, **payload)
        except TypeError:
            refusals.warn("socket.event_refused", message="Dropped an event of a page", reason="other arguments")
            return
        place = event.router_data.model_dump(by_alias=True)
        await super().on_event(sid, {"name": event.name, "payload": payload, "router_data": place})

    async def on_client_error(self, sid: str, data: Any = None) -> None:
        """Log that a page reported a connection error, but not its text."""
        if await self._may_report(sid):
            refusals.warn("page.connection_failed", message="A page reported a connection error")

    async def emit_update(self, update: StateUpdate, token: str) -> None:
        """Send to the current connection, or to none if the tab has another one by now.

        A page that reconnects gets its whole state, so nothing is lost.
        """
        connection = current()
        if connection is not None and self.token_to_sid.get(token) == connection.sid:
            await super().emit_update(update, token)

    async def _may_report(self, sid: str) -> bool:
        by_address, by_all = REPORTS
        address = _connections[sid].address if sid in _connections else ""
        return await self._reports.hit(by_address, address) and await self._reports.hit(by_all)

    @cached_property
    def _handlers(self) -> dict[str, inspect.Signature]:
        """Handlers that a browser may call, with their signatures: ours, and those of Reflex that the pages need."""
        frameworks = {
            _name(State, "hydrate_and_load"),
            _name(OnLoadInternalState, "on_load_internal"),
            _name(FrontendEventExceptionState, "handle_frontend_exception"),
        }
        return {
            name: inspect.signature(registered.handler.fn)
            for name, registered in RegistrationContext.get().event_handlers.items()
            if name in frameworks or not registered.handler.fn.__module__.startswith(("reflex.", "reflex_base."))
        }


def login_of(cookies: str) -> str | None:
    """The login's token in a `Cookie` header."""
    try:
        morsel = SimpleCookie(cookies).get(settings().cookie_name)
    except CookieError:
        return None
    return morsel.value if morsel is not None else None


def _rehydrates(event: Any) -> bool:
    """Whether a page asks for its whole state again. On its first load it sends hashes of what it holds."""
    if not isinstance(event, dict) or event.get("name") != _name(State, "hydrate_and_load"):
        return False
    payload = event.get("payload")
    return not isinstance(payload, dict) or payload.get("hashes") is None


def _texts(value: Any) -> list[str] | None:
    return value if isinstance(value, list) and all(isinstance(item, str) for item in value) else None


def _name(state: type[rx.State], handler: str) -> str:
    return f"{state.get_full_name()}.{handler}"


# What pages send when they connect, and when another page opens.
_LOADS = frozenset({_name(State, "hydrate_and_load"), _name(OnLoadInternalState, "on_load_internal")})


def install(app: rx.App, on_close: Callable[[str], None]) -> None:
    """Replace Reflex's own namespace. on_close: Called with the ID of each closed socket."""
    if app.event_namespace is None or app.sio is None:  # while the pages are built
        return
    namespace = GuardedNamespace(app.event_namespace.namespace, app, on_close)
    app._event_namespace = namespace
    app.sio.register_namespace(namespace)
    app.sio.eio.max_http_buffer_size = settings().sockets.message_bytes
