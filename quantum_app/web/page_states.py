"""How long Redis keeps the state of a tab."""

from functools import cache
from typing import Any

import reflex as rx
from reflex.istate.manager.redis import StateManagerRedis
from reflex.istate.manager.token import BaseStateToken
from reflex.state import BaseState, State

from quantum_app.settings import settings
from quantum_app.web import connections


class ExpiringStateManager(StateManagerRedis):
    """Reflex's Redis state manager, with all states of a tab expiring together, and sooner without a login."""

    async def set_state(self, token: Any, state: Any, **context: Any) -> None:
        await super().set_state(token, state, **context)
        if not isinstance(token, BaseStateToken):
            return
        connection, limits = connections.current(), settings().sockets
        seconds = limits.state if connection is not None and connection.logged_in else limits.anonymous_state
        pipeline = self.redis.pipeline(transaction=False)
        for kind in all_substates(State):
            pipeline.expire(token._state_key(kind), seconds)
        pipeline.expire(token._state_key(State), seconds)
        await pipeline.execute()


@cache
def all_substates(state: type[BaseState]) -> tuple[type[BaseState], ...]:
    """All descendants of a state class."""
    return tuple(descendant for child in state.get_substates() for descendant in (child, *all_substates(child)))


def install(app: rx.App) -> None:
    """Replace Reflex's own state manager if it uses Redis."""
    if isinstance(app._state_manager, StateManagerRedis):
        redis = app._state_manager.redis
        app._state_manager = ExpiringStateManager(redis=redis, token_expiration=settings().sockets.anonymous_state)
