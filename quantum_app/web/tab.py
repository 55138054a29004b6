"""What a browser's tab is shown first.

Reflex keeps a state by the name of a tab, which the browser gives, and sends all of it when the tab connects again. The
name outlives a logout, and stands in addresses that proxies write down: who is there now is asked before.
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
        """Nothing of the event changes. While nobody can be recognised, nobody is shown anything.

        Whatever comes first in a tab makes Reflex send all of its state, also when Redis has dropped but a part of it.
        """
        tab = cast(rx.State, state)
        if event.name.rpartition(".")[2] in _SHOWING or not tab.is_hydrated:
            try:
                await guard.enter(tab)
            except QuantumError:
                await guard.forget(tab)
        return None
