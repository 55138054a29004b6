"""Whose socket an event came by, and what of it reaches Reflex.

Reflex keeps what a connection says of itself in the state of the tab, where it is stored, and outlives the connection.
Here it stays with the connection: who somebody is, is asked of the cookie that the socket was opened with, and an
answer goes to the socket that asked, or to nobody.
"""

import asyncio
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import reflex as rx
from limits import parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter
from pydantic import BaseModel, Field, ValidationError, field_validator
from reflex.app import EventNamespace
from reflex.state import FrontendEventExceptionState, OnLoadInternalState, State, StateUpdate
from reflex_base.constants import RouteVar
from reflex_base.event.context import EventContext
from reflex_base.registry import RegistrationContext

from quantum_app.settings import settings
from quantum_app.web.socket_limits import address_of, complaints, cookies_of, user_agent_of

# Reports of pages that failed, of one address and of all.
REPORTS = parse("5/minute"), parse("20/minute")
LONGEST_REPORT = 2000
# Seconds for which events that were sent before a socket was closed may still be answered.
_GRACE = 60
_LONGEST_QUERY = 3000  # characters
# All that a state needs of the headers: the pages' own address.
_KEPT_HEADERS = ("origin", "host")


@dataclass
class Connection:
    """One socket, as it was opened. known: whether somebody is logged in, as of the last event."""

    sid: str
    cookies: str
    address: str
    user_agent: str
    known: bool = False


_connections: dict[str, Connection] = {}


def current() -> Connection | None:
    """The connection whose event is being answered, or that is being told something."""
    try:
        sid = EventContext.get().router_data.get(RouteVar.SESSION_ID, "")
    except LookupError:
        return None
    return _connections.get(sid)


def act_for(sid: str, tab: str) -> None:
    """What this task does from now on, it does for this connection, as if its tab had sent an event."""
    EventContext.set(EventContext.get().fork(token=tab, router_data={RouteVar.SESSION_ID: sid}))


class _Place(BaseModel):
    """Where a page says that it is; Reflex stores it several times over."""

    pathname: str = Field(default="", max_length=1000)
    as_path: str = Field(default="", alias="asPath", max_length=2000)
    query: dict[str, str | list[str]] = Field(default_factory=dict)

    @field_validator("query")
    @classmethod
    def _is_short(cls, query: dict[str, str | list[str]]) -> dict[str, str | list[str]]:
        if len(str(query)) > _LONGEST_QUERY:
            raise ValueError("The query is too long.")
        return query


class _Event(BaseModel):
    name: str = Field(max_length=300)
    payload: dict[str, Any] = Field(default_factory=dict, max_length=50)
    router_data: _Place = Field(default_factory=_Place)


class Connections(EventNamespace):
    """Reflex's end of the sockets, with what it should not do left out."""

    def __init__(self, namespace: str, app: rx.App, on_close: Callable[[str], None]) -> None:
        super().__init__(namespace, app)
        self._on_close = on_close
        self._reports = FixedWindowRateLimiter(MemoryStorage())

    async def on_connect(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        try:
            await super().on_connect(sid, environ, auth)
        except BaseException:
            _connections.pop(sid, None)  # a connection that is refused is never closed
            raise

    async def link_token_to_sid(self, sid: str, token: str, *, update_state: bool = True) -> None:
        """A socket that says nothing makes and changes no state: the first event does."""
        await super().link_token_to_sid(sid, token, update_state=False)

    def _build_static_router_data(self, sid: str, environ: dict[str, Any]) -> dict[str, Any]:
        """What Reflex stores of a connection: nothing that tells who or where somebody is."""
        scope = environ["asgi.scope"]
        _connections[sid] = Connection(sid, cookies_of(scope), address_of(scope), user_agent_of(scope)[:500])
        known = super()._build_static_router_data(sid, environ)
        headers = {name: known[RouteVar.HEADERS].get(name, "")[:300] for name in _KEPT_HEADERS}
        return {RouteVar.SESSION_ID: sid, RouteVar.HEADERS: headers, RouteVar.CLIENT_IP: ""}

    def on_disconnect(self, sid: str) -> asyncio.Task[None] | None:
        self._on_close(sid)
        asyncio.get_running_loop().call_later(_GRACE, _connections.pop, sid, None)
        return super().on_disconnect(sid)

    async def on_event(self, sid: str, data: Any) -> None:
        """Put it into the queue, if it is one that the pages send."""
        try:
            event = _Event.model_validate(data)
        except ValidationError:
            complaints.warn("event refused", reason="not an event")
            return
        handler = self._handlers.get(event.name)
        if handler is None:
            complaints.warn("event refused", reason="no such handler")
            return
        payload = event.payload
        if event.name == _name(State, "hydrate_and_load"):
            payload = {"hashes": _texts(payload.get("hashes"))}
        elif event.name == _name(FrontendEventExceptionState, "handle_frontend_exception"):
            if not await self._may_report(sid):
                return
            payload = {"info": str(payload.get("info"))[:LONGEST_REPORT], "component_stack": ""}
        try:
            handler.bind(None, **payload)
        except TypeError:
            complaints.warn("event refused", reason="other arguments")
            return
        place = event.router_data.model_dump(by_alias=True)
        await super().on_event(sid, {"name": event.name, "payload": payload, "router_data": place})

    async def on_client_error(self, sid: str, data: Any = None) -> None:
        """A page's own complaint about its connection: that there was one, not what it says."""
        if await self._may_report(sid):
            complaints.warn("a page reports a connection error")

    async def emit_update(self, update: StateUpdate, token: str) -> None:
        """To the connection that is being answered; when the tab has another one by now, to nobody.

        The page that connects is sent everything that it may see, so nothing is missed.
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
        """What a browser may ask for, with its arguments: our handlers, and what the pages need of Reflex's own."""
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


def _texts(given: Any) -> list[str] | None:
    return given if isinstance(given, list) and all(isinstance(one, str) for one in given) else None


def _name(state: type[rx.State], handler: str) -> str:
    return f"{state.get_full_name()}.{handler}"


def install(app: rx.App, on_close: Callable[[str], None]) -> None:
    """Take the place of Reflex's own end of the sockets. on_close is told the sid of each socket that is closed."""
    if app.event_namespace is None or app.sio is None:  # while the pages are built
        return
    namespace = Connections(app.event_namespace.namespace, app, on_close)
    app._event_namespace = namespace
    app.sio.register_namespace(namespace)
    app.sio.eio.max_http_buffer_size = settings().sockets.message_bytes
