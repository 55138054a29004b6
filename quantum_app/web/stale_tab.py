"""Keeps a tab from showing what somebody else saw in it.

Reflex stores state by a tab token that the browser chooses, and sends all of it when the tab reconnects. The token
outlives a logout and appears in URLs that proxies log, so the identity is checked before any state is sent.
"""

from typing import cast

import reflex as rx
from reflex.middleware.middleware import Middleware
from reflex.state import BaseState, StateUpdate
from reflex_base.event import Event

from quantum_app.errors import QuantumError
from quantum_app.web import guard

_HYDRATION_EVENTS = {"hydrate", "hydrate_and_load"}


class StaleTabMiddleware(Middleware):
    """Resets a tab's state if it belongs to another identity, before Reflex sends it."""

    async def preprocess(self, app: rx.App, state: BaseState, event: Event) -> StateUpdate | None:
        """Check the identity before the events that make Reflex send the whole state. Never changes the event.

        That is the first event of a tab, also when Redis has dropped only part of its state. While the identity can't
        be checked, the state is reset.
        """
        tab = cast(rx.State, state)
        if event.name.rpartition(".")[2] in _HYDRATION_EVENTS or not tab.is_hydrated:
            try:
                await guard.authenticate(tab)
            except QuantumError:
                await guard.forget_tab(tab)
        return None
