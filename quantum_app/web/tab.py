"""What a browser's tab is shown first.

Reflex keeps a state by the name of a tab, which the browser gives, and sends all of it when the tab connects again. The
name outlives a logout, and stands in addresses that proxies write down: who is there now is asked before, and what one
connection asked for is not sent to the next one.
"""

from typing import cast

import reflex as rx
from reflex.middleware.middleware import Middleware
from reflex.state import BaseState, StateUpdate
from reflex_base.event import Event

from quantum_app.errors import QuantumError
from quantum_app.web import guard

_SHOWING = {"hydrate", "hydrate_and_load"}


class Known(Middleware):
    """Before a tab is sent its state: what somebody else was shown in it is forgotten."""

    async def preprocess(self, app: rx.App, state: BaseState, event: Event) -> StateUpdate | None:
        """Nothing of the event changes. While nobody can be recognised, nobody is shown anything."""
        if event.name.rpartition(".")[2] in _SHOWING:
            tab = cast(rx.State, state)
            try:
                await guard.enter(tab)
            except QuantumError:
                await guard.forget(tab)
        return None


def answer_who_asked(app: rx.App) -> None:
    """Updates go to the connection whose event made them; when the tab has another one by then, to nobody.

    The page that connects is sent everything that it may see, so nothing is missed.
    """
    namespace = app.event_namespace
    if namespace is None:
        return
    emit = namespace.emit_update

    async def emit_to_who_asked(update: StateUpdate, token: str) -> None:
        asked_by = guard.connection.get()
        if not asked_by or namespace.token_to_sid.get(token) == asked_by:
            await emit(update, token)

    namespace.emit_update = emit_to_who_asked
