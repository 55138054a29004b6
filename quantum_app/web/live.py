"""Live events for the clients that watch: one subscriber a process, no polling.

A message changes what a watching page shows; after a reload the page shows the same from Postgres.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import reflex as rx
from reflex.state import State
from reflex_base.event import Event
from reflex_base.event.context import EventContext

from quantum_app.kit.log import logger
from quantum_app.web import connections

# Seconds between two rounds of pushing: what happens meanwhile goes out together.
PAUSE = 0.2

Message = dict[str, Any]

_log = logger(__name__)


@dataclass
class Watch:
    """What one connection looks at. tab: its name. call_id: None for all calls of the account.

    state: has `async _live(messages)`, which authorises by itself, like any handler; the browser cannot call it.
    place: Reflex's router_data of the page that is shown.
    """

    tab: str
    state: type[Any]
    account_id: UUID
    call_id: UUID | None
    place: dict[str, Any]
    pending: list[Message] = field(default_factory=list)


# By sid: whoever connects by the name of a tab later is another connection.
_watches: dict[str, Watch] = {}


def watch(state: rx.State, account_id: UUID, call_id: UUID | None = None) -> None:
    """From now on the page behind `state` gets these live events, on this connection. The caller has authorised it."""
    connection, context = connections.current(), EventContext.get()
    if connection is not None:
        _watches[connection.sid] = Watch(context.token, type(state), account_id, call_id, context.router_data)


def forget(sid: str) -> None:
    """The connection is closed."""
    _watches.pop(sid, None)


async def follow(app: rx.App, subscription: AsyncIterator[tuple[UUID, Message]]) -> None:
    """Push messages to the clients that watch, until the task is cancelled."""
    wake = asyncio.Event()
    pusher = asyncio.create_task(_push(app, wake))
    try:
        async for account_id, message in subscription:
            for seen in _watches.values():
                if seen.account_id == account_id and str(seen.call_id or message["call_id"]) == message["call_id"]:
                    seen.pending.append(message)
                    wake.set()
    finally:
        pusher.cancel()


async def _push(app: rx.App, wake: asyncio.Event) -> None:
    while True:
        await wake.wait()
        wake.clear()
        for sid, seen in list(_watches.items()):
            # A watch may have been asked for by an event that was answered after its connection was closed.
            if app.event_namespace is None or app.event_namespace.token_to_sid.get(seen.tab) != sid:
                forget(sid)
            elif seen.pending:
                messages, seen.pending = seen.pending, []
                try:
                    await _tell(app, sid, seen, messages)
                except Exception as error:
                    # One client's trouble must not silence the others; its page is right again after a reload.
                    _log.warning("live_push_failed", error=type(error).__name__)
        await asyncio.sleep(PAUSE)


async def _tell(app: rx.App, sid: str, seen: Watch, messages: list[Message]) -> None:
    """Authorised by the connection's own cookie, whatever the tab's state holds."""
    with app.set_contexts():
        connections.act_for(sid, seen.tab)
        async with app.modify_state(rx.BaseStateToken(ident=seen.tab, cls=seen.state)) as root:
            dropped = not root.router_data
            if not dropped:
                await (await root.get_state(seen.state))._live(messages)
        if dropped:
            # Redis has let go of what the page shows: it is loaded anew.
            load = Event(name=f"{State.get_full_name()}.hydrate_and_load", router_data=dict(seen.place))
            await app.event_processor.enqueue(seen.tab, load)
