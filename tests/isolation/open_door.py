"""The web process with one guard taken away, to see who notices: for `make mutate` only, and no part of the product.

The file that ISOLATION_DOOR names says which: `route GET /api/…`, `handler package.module.Class.method`, `live`,
`tab`, or nothing.
"""

import os
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any

from fastapi import Request

from quantum_app.api import guard as api_guard
from quantum_app.domain.accounts.permissions import Permission, Role
from quantum_app.domain.identity.schemas import Identity
from quantum_app.kit.ids import new_id
from quantum_app.web import guard as web_guard
from quantum_app.web import stale_tab

_DOOR = Path(os.environ["ISOLATION_DOOR"])
_ask, _guarded = api_guard.Allowed.__call__, web_guard._guarded
_allowed, _preprocess = web_guard.allowed, stale_tab.StaleTabMiddleware.preprocess


def _anybody() -> Identity:
    """An owner of nothing, for somebody who is nobody."""
    ids, at = (new_id(), new_id(), new_id()), datetime.now(UTC)
    return Identity(*ids, "", "", Role.OWNER, "", False, False, None, at, at)


def _open(name: str) -> bool:
    return _DOOR.read_text() == name


async def _let_in(self: api_guard.Allowed, request: Request) -> Identity:
    if _open(f"route {request.method} {request.scope['route'].path}"):
        return await api_guard.identify(request) or _anybody()
    return await _ask(self, request)


def _either(permission: Permission, *, opens: bool) -> Any:
    strict = _guarded(permission, opens=opens)

    def decorate(handler: Any) -> Any:
        closed = strict(handler)

        @wraps(closed)
        async def guarded(self: Any, *arguments: Any, **named: Any) -> Any:
            if _open(f"handler {handler.__module__}.{handler.__qualname__}"):
                return await handler(self, await web_guard.authenticate(self) or _anybody(), *arguments, **named)
            return await closed(self, *arguments, **named)

        return guarded

    return decorate


async def _told(state: Any, permission: Permission) -> Identity | None:
    if _open("live"):
        return await web_guard.authenticate(state, by_person=False) or _anybody()
    return await _allowed(state, permission)


async def _shown(self: stale_tab.StaleTabMiddleware, *arguments: Any, **named: Any) -> Any:
    return None if _open("tab") else await _preprocess(self, *arguments, **named)


api_guard.Allowed.__call__ = _let_in  # type: ignore[method-assign]
web_guard._guarded = _either
web_guard.allowed = _told
stale_tab.StaleTabMiddleware.preprocess = _shown  # type: ignore[method-assign]

from quantum_app.quantum_app import app  # noqa: E402  (its modules take the guards as they are by now)

__all__ = ["app"]
