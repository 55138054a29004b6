"""Who the guards of routes and event handlers let in, asked of the guards themselves in this process.

Only who somebody is, which is looked up in the database, is given. The guards are those that the app and Reflex have.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import CellType, SimpleNamespace
from typing import Any

import pytest
from fastapi import Request

from quantum_app.domain.accounts.permissions import BROWSER_ONLY, PERMISSIONS, TOKEN_ROLES, Permission, Role
from quantum_app.domain.identity import api_tokens
from quantum_app.domain.identity import service as identity
from quantum_app.domain.identity.schemas import Identity
from quantum_app.errors import NotAllowed, NotAuthenticated
from quantum_app.kit.ids import new_id
from quantum_app.settings import settings
from quantum_app.web import guard as web_guard
from tests.isolation.handlers import Handler
from tests.isolation.routes import Route

_NOW = datetime.now(UTC)
OWNER = Identity(
    new_id(), new_id(), new_id(), "Robin", "robin@a.example", Role.OWNER, "Homes", False, False, None, _NOW, _NOW
)


@dataclass(frozen=True)
class Visitor:
    """Somebody who tries.

    credential: how they come in. identity: None for somebody whose cookie or token is not known.
    """

    credential: str
    identity: Identity | None

    def __str__(self) -> str:
        role = self.identity.role if self.identity else "nobody"
        return f"{role} by {self.credential}" + (
            f" of {self.identity.token_role}" if self.identity and self.identity.token_role else ""
        )

    def may(self, permission: Permission) -> bool:
        """What the table of permissions says."""
        if self.identity is None:
            return False
        permissions = PERMISSIONS[Role(self.identity.role)]
        if self.identity.token_role is not None:
            permissions = (permissions & PERMISSIONS[Role(self.identity.token_role)]) - BROWSER_ONLY
        return permission in permissions


BROWSERS = [Visitor("cookie", None), *(Visitor("cookie", replace(OWNER, role=role)) for role in Role)]
VISITORS = [
    Visitor("nothing", None),
    *BROWSERS,
    Visitor("token", None),
    *(
        Visitor("token", replace(OWNER, role=role, token_role=token_role))
        for role in Role
        for token_role in TOKEN_ROLES
    ),
]


async def wrongs_of_route(route: Route) -> list[str]:
    """Whom the route's guard lets in who may not, or does not let in who may, or refuses for another reason."""
    assert route.guard is not None
    permission = route.guard.permission
    wrongs = []
    for visitor in VISITORS:
        with _identified_as(visitor):
            try:
                outcome = (
                    "let in" if await route.guard(_request(route, visitor)) == visitor.identity else "somebody else"
                )
            except (NotAuthenticated, NotAllowed) as error:
                outcome = error.code
        if visitor.may(permission):
            expected = "let in"
        elif visitor.identity is None:
            expected = "invalid_token" if visitor.credential == "token" else "not_authenticated"
        else:
            by_browser = visitor.credential == "token" and permission in BROWSER_ONLY
            expected = "not_a_browser" if by_browser else "not_allowed"
        if outcome != expected:
            wrongs.append(f"{visitor}: {outcome} instead of {expected}")
    return wrongs


async def wrongs_of_handler(handler: Handler) -> list[str]:
    """The same of an event handler, whose own lines do not run."""
    assert handler.permission is not None
    wrongs = []
    for visitor in BROWSERS:
        page, identities = _Page(), []

        async def own_lines(self: Any, caller: Identity, identities: list[Identity] = identities) -> None:
            identities.append(caller)

        with _identified_as(visitor), _replace_handler(handler, own_lines):
            try:
                answer = str(await handler.function(page))
            except NotAllowed:
                answer, page.frame.access_denied = "", True
        outcomes = [
            *(["let in"] if identities == [visitor.identity] else ["somebody else"] if identities else []),
            *(["refused"] if page.frame.access_denied else []),
            *(["to log in"] if "/login?next=" in answer else []),
        ]
        expected = "let in" if visitor.may(handler.permission) else "refused" if visitor.identity else "to log in"
        if outcomes != [expected]:
            wrongs.append(f"{visitor}: {outcomes} instead of {expected}")
    return wrongs


class _Frame:
    """What a guard reads and writes of the frame, the toast and the offer to undo."""

    access_denied = False
    good = False
    text = ""
    count = 0

    async def _read(self, identity: Identity) -> None:
        pass


class _Page:
    """As much of a page's state as a guard asks for."""

    failure = ""
    router = SimpleNamespace(url="/calls?status=failed")

    def __init__(self) -> None:
        self.frame = _Frame()

    async def get_state(self, kind: Any) -> _Frame:
        return self.frame


@contextmanager
def _identified_as(visitor: Visitor) -> Iterator[None]:
    """Whatever is asked of the database says that this is who comes."""

    async def resolve(*arguments: Any, **keywords: Any) -> Identity | None:
        return visitor.identity

    with pytest.MonkeyPatch.context() as patch:
        for module, name in ((identity, "resolve"), (api_tokens, "resolve"), (web_guard, "authenticate")):
            patch.setattr(module, name, resolve)
        yield


def _request(route: Route, visitor: Visitor) -> Request:
    headers = {
        "cookie": {"cookie": f"{settings().cookie_name}=of-somebody"},
        "token": {"authorization": "Bearer of-a-program"},
    }.get(visitor.credential, {})
    scope = {"type": "http", "method": route.method, "path": route.path}
    return Request(scope | {"headers": [(name.encode(), value.encode()) for name, value in headers.items()]})


@contextmanager
def _replace_handler(handler: Handler, function: Any) -> Iterator[None]:
    """The guard stays, and what it guards is this: the guard's closure has it by the name `handler`."""
    cell = _cell(handler.function)
    handler_function = cell.cell_contents
    cell.cell_contents = function
    try:
        yield
    finally:
        cell.cell_contents = handler_function


def _cell(function: Any) -> CellType:
    return function.__closure__[function.__code__.co_freevars.index("handler")]
