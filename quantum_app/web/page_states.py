"""How long Redis keeps what a tab shows."""

from functools import cache
from typing import Any

import reflex as rx
from reflex.istate.manager.redis import StateManagerRedis
from reflex.istate.manager.token import BaseStateToken
from reflex.state import BaseState, State

from quantum_app.settings import settings
from quantum_app.web import connections


class PageStates(StateManagerRedis):
    """States in Redis, of which all parts of a tab's expire together: soon, where nobody is logged in."""

    async def set_state(self, token: Any, state: Any, **context: Any) -> None:
        await super().set_state(token, state, **context)
        if not isinstance(token, BaseStateToken):
            return
        connection, allowed = connections.current(), settings().sockets
        seconds = allowed.state if connection is not None and connection.known else allowed.anonymous_state
        pipeline = self.redis.pipeline(transaction=False)
        for kind in below(State):
            pipeline.expire(token._state_key(kind), seconds)
        pipeline.expire(token._state_key(State), seconds)
        await pipeline.execute()


@cache
def below(state: type[BaseState]) -> tuple[type[BaseState], ...]:
    """All states under this one."""
    return tuple(found for known in state.get_substates() for found in (known, *below(known)))


def install(app: rx.App) -> None:
    """Take the place of Reflex's own, where there is Redis."""
    if isinstance(app._state_manager, StateManagerRedis):
        redis = app._state_manager.redis
        app._state_manager = PageStates(redis=redis, token_expiration=settings().sockets.anonymous_state)
