"""Live updates: pushes events from Redis to the pages that watch them. One subscriber per process, no polling.

After a reload, a page shows the same from Postgres.
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

from quantum_app.domain.knowledge.schemas import CHANGE_EVENT
from quantum_app.kit.log import logger
from quantum_app.web import connections

# Seconds between two pushes. Messages in between are sent together.
PAUSE = 0.2

Message = dict[str, Any]

_log = logger(__name__)


@dataclass
class Watch:
    """What a part of one connection's page watches."""

    tab: str
    """The tab's token."""
    state: type[Any]
    """Has `async _live(messages)`, which authorizes itself like any handler and can't be called by the browser."""
    account_id: UUID
    call_id: UUID | None
    """None for all calls of the account."""
    knowledge: bool
    """Whether it watches the account's documents instead of calls."""
    router_data: dict[str, Any]
    """Reflex's router data of the page that is open."""
    pending: list[Message] = field(default_factory=list)

    def wants(self, message: Message) -> bool:
        if self.knowledge or message["type"] == CHANGE_EVENT:
            return self.knowledge and message["type"] == CHANGE_EVENT
        return str(self.call_id or message["call_id"]) == message["call_id"]


# By socket ID and part. Not by tab: a later connection with the same tab token may be somebody else.
_watches: dict[str, dict[str, Watch]] = {}


def watch(
    state: rx.State, account_id: UUID, call_id: UUID | None = None, *, knowledge: bool = False, part: str = "page"
) -> None:
    """Push these live events to `state` on the current connection. The caller has authorized it.

    knowledge: Those of the account's documents instead of calls.
    part: Of the page, whose earlier watch this replaces.
    """
    connection = connections.current()
    if connection is not None:
        context = EventContext.get()
        parts = _watches.setdefault(connection.sid, {})
        parts[part] = Watch(context.token, type(state), account_id, call_id, knowledge, context.router_data)


def unwatch(sid: str) -> None:
    """Stop pushing to a closed connection."""
    _watches.pop(sid, None)


async def follow(app: rx.App, subscription: AsyncIterator[tuple[UUID, Message]]) -> None:
    """Push messages to the watching clients until the task is canceled."""
    wake = asyncio.Event()
    pusher = asyncio.create_task(_push(app, wake))
    try:
        async for account_id, message in subscription:
            for client in (client for parts in _watches.values() for client in parts.values()):
                if client.account_id == account_id and client.wants(message):
                    client.pending.append(message)
                    wake.set()
    finally:
        pusher.cancel()


async def _push(app: rx.App, wake: asyncio.Event) -> None:
    while True:
        await wake.wait()
        wake.clear()
        for sid, parts in list(_watches.items()):
            clients = [client for client in parts.values() if client.pending]
            # An event that was handled after its connection closed may have left a watch behind.
            tabs = {client.tab for client in parts.values()}
            if app.event_namespace is None or any(app.event_namespace.token_to_sid.get(tab) != sid for tab in tabs):
                unwatch(sid)
            elif clients:
                try:
                    await _deliver(app, sid, clients)
                except Exception as error:
                    # One client's error must not stop the others. Its page is right again after a reload.
                    _log.warning(
                        "live.push_failed", message="Pushing live events to a page failed", error=type(error).__name__
                    )
        await asyncio.sleep(PAUSE)


async def _deliver(app: rx.App, sid: str, clients: list[Watch]) -> None:
    """Authorized by the connection's own cookie, whatever the tab's state holds. clients: the parts of one page."""
    first, pending = clients[0], [(client.state, client.pending) for client in clients]
    for client in clients:
        client.pending = []
    with app.set_contexts():
        connections.act_for(sid, first.tab)
        async with app.modify_state(rx.BaseStateToken(ident=first.tab, cls=first.state)) as root:
            dropped = not root.router_data
            for state, messages in [] if dropped else pending:
                await (await root.get_state(state))._live(messages)
        if dropped:
            # Redis has dropped the tab's state, so the page loads again.
            load = Event(name=f"{State.get_full_name()}.hydrate_and_load", router_data=dict(first.router_data))
            await app.event_processor.enqueue(first.tab, load)
