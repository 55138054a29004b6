"""The web process with one guard taken away, to see who notices: for `make mutate` only, and no part of the product.

The file that ISOLATION_MUTATION names says which: `route GET /api/…`, `handler package.module.Class.method`, `live`,
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

_MUTATION_FILE = Path(os.environ["ISOLATION_MUTATION"])
_ask, _strict_guard = api_guard.Allowed.__call__, web_guard._guarded
_strict_check, _preprocess = web_guard.allowed, stale_tab.StaleTabMiddleware.preprocess


def _nominal_owner() -> Identity:
    """An owner of nothing, for somebody who is nobody."""
    ids, at = (new_id(), new_id(), new_id()), datetime.now(UTC)
    return Identity(*ids, "", "", Role.OWNER, "", False, False, None, at, at)


def _is_removed(name: str) -> bool:
    return _MUTATION_FILE.read_text() == name


async def _identify_or_anybody(self: api_guard.Allowed, request: Request) -> Identity:
    if _is_removed(f"route {request.method} {request.scope['route'].path}"):
        return await api_guard.identify(request) or _nominal_owner()
    return await _ask(self, request)


def _mutable_guard(permission: Permission, *, opens: bool) -> Any:
    strict = _strict_guard(permission, opens=opens)

    def decorate(handler: Any) -> Any:
        strict_handler = strict(handler)

        @wraps(strict_handler)
        async def mutant(self: Any, *arguments: Any, **keywords: Any) -> Any:
            if _is_removed(f"handler {handler.__module__}.{handler.__qualname__}"):
                return await handler(
                    self, await web_guard.authenticate(self) or _nominal_owner(), *arguments, **keywords
                )
            return await strict_handler(self, *arguments, **keywords)

        return mutant

    return decorate


async def _identity_or_anybody(state: Any, permission: Permission) -> Identity | None:
    if _is_removed("live"):
        return await web_guard.authenticate(state, by_person=False) or _nominal_owner()
    return await _strict_check(state, permission)


async def _preprocess_unguarded(self: stale_tab.StaleTabMiddleware, *arguments: Any, **keywords: Any) -> Any:
    return None if _is_removed("tab") else await _preprocess(self, *arguments, **keywords)


api_guard.Allowed.__call__ = _identify_or_anybody  # type: ignore[method-assign]
web_guard._guarded = _mutable_guard
web_guard.allowed = _identity_or_anybody
stale_tab.StaleTabMiddleware.preprocess = _preprocess_unguarded  # type: ignore[method-assign]

from quantum_app.quantum_app import app  # noqa: E402  (its modules take the guards as they are by now)

__all__ = ["app"]
