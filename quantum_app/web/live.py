"""Live events for the clients that watch: one subscriber a process, no polling.

A message changes what a watching page shows; after a reload the page shows the same from Postgres.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import reflex as rx

from quantum_app.kit.log import logger

# Seconds between two rounds of pushing: what happens meanwhile goes out together.
PAUSE = 0.2

Message = dict[str, Any]

_log = logger(__name__)


@dataclass
class Watch:
    """What one client looks at. call_id: None for all calls of the account.

    state: has `async _live(messages)`, which authorises by itself, like any handler; the browser cannot call it.
    """

    state: type[Any]
    account_id: UUID
    call_id: UUID | None
    pending: list[Message] = field(default_factory=list)


_watches: dict[str, Watch] = {}


def watch(state: rx.State, account_id: UUID, call_id: UUID | None = None) -> None:
    """From now on the page behind `state` gets these live events. The caller has authorised it."""
    _watches[state.router.session.client_token] = Watch(type(state), account_id, call_id)


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
        for token, seen in list(_watches.items()):
            if app.event_namespace is None or token not in app.event_namespace.token_to_sid:
                _watches.pop(token, None)
            elif seen.pending:
                messages, seen.pending = seen.pending, []
                try:
                    async with app.modify_state(rx.BaseStateToken(ident=token, cls=seen.state)) as root:
                        # A tab that has connected and said nothing yet may be another browser, with the same name.
                        if root.router.session.session_id == app.event_namespace.token_to_sid.get(token):
                            await (await root.get_state(seen.state))._live(messages)
                except Exception as error:
                    # One client's trouble must not silence the others; its page is right again after a reload.
                    _log.warning("live_push_failed", error=repr(error))
        await asyncio.sleep(PAUSE)
