"""Authorization of event handlers. Reflex has none, so each handler checks here each time it runs.

    class Members(rx.State):
        failure: str = ""

        @guard.page(Permission.MEMBERS_READ)
        async def load(self, identity: Identity): ...

        @guard.event(Permission.MEMBERS_MANAGE)
        async def invite(self, identity: Identity, email: str): ...

`identity` comes from here and never from the browser: the signature that Reflex sees doesn't have it.
"""

import inspect
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any
from urllib.parse import quote, urlsplit

import reflex as rx

from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.identity.schemas import Identity
from quantum_app.errors import NotAllowed, QuantumError
from quantum_app.kit.ids import random_id
from quantum_app.kit.request_context import RequestContext, request_context
from quantum_app.web import connections
from quantum_app.web.page_states import all_substates
from quantum_app.web.session import Session, identify, is_current, show, show_access, show_nobody
from quantum_app.web.ui.toast import clear_on_navigation
from quantum_app.web.ui.undo import clear_expired

SECURITY_PAGE = "/settings/security"
RESTORE_PAGE = "/settings/restore"

# Handlers without a login: they only show or hide something on the caller's own page.
PUBLIC = frozenset({"toast.show", "toast.close", "undo.close"})

Handler = Callable[..., Awaitable[Any]]
# Fills what surrounds a page, with the identity that opens it.
FrameLoader = Callable[[rx.State, Identity], Awaitable[None]]
_frame_loaders: list[FrameLoader] = []


def loads_frame(loader: FrameLoader) -> FrameLoader:
    """Run this each time a page opens."""
    _frame_loaders.append(loader)
    return loader


def page(permission: Permission) -> Callable[[Handler], Handler]:
    """Guard for a page's load handler. The state must have `failure`, which gets the message when the database is down.

    Redirects to the login page without a login. Without the permission, the page shows "no access" and nothing runs.
    """
    return _guarded(permission, opens=True)


def event(permission: Permission) -> Callable[[Handler], Handler]:
    """Guard for other handlers. Redirects to the login page without a login; shows a toast without the permission."""
    return _guarded(permission, opens=False)


def _guarded(permission: Permission, *, opens: bool) -> Callable[[Handler], Handler]:
    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        async def guarded(self: Any, *arguments: Any, **keywords: Any) -> Any:
            try:
                identity = await authenticate(self)
            except QuantumError as error:
                if not opens:
                    raise
                self.failure = error.message
                return None
            if identity is None:
                return redirect_to_login(self)
            if identity.lacks_second_factor and permission is not Permission.SELF:
                return rx.redirect(SECURITY_PAGE)
            may = identity.may(permission)
            if opens:
                show_access(await self.get_state(Session), identity, permission)
                await clear_on_navigation(self)
                await clear_expired(self)
                for load_frame in _frame_loaders:
                    await load_frame(self, identity)
            elif not may:
                raise NotAllowed("You don't have permission to do this. Ask an admin of the account.")
            return await handler(self, identity, *arguments, **keywords) if may else None

        signature = inspect.signature(handler)
        first, _, *rest = signature.parameters.values()
        guarded.__signature__ = signature.replace(parameters=[first, *rest])  # type: ignore[attr-defined]
        guarded.__annotations__ = {name: kind for name, kind in handler.__annotations__.items() if name != "identity"}
        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded

    return decorate


async def allowed(state: rx.State, permission: Permission) -> Identity | None:
    """The identity to push updates to, or None if it no longer has the permission."""
    identity = await authenticate(state, by_person=False)
    return identity if identity is not None and identity.may(permission) and not identity.lacks_second_factor else None


async def authenticate(state: rx.State, *, by_person: bool = True) -> Identity | None:
    """The identity behind the current connection, or None. Looks the login up again each time.

    If the tab shows another login, account or role, its whole state is reset first. Raises DependencyUnavailable(DB).

    by_person: Whether the user did something, which keeps the login from expiring when idle.
    """
    connection = connections.current()
    identity = None
    if connection is not None:
        request_context.set(RequestContext(random_id("evt"), connection.address, connection.user_agent))
        identity = await identify(connection.cookies, by_person=by_person)
        connection.logged_in = identity is not None
    session = await state.get_state(Session)
    if not is_current(session, identity):
        await forget_tab(state)
        if identity is not None:
            await show(session, identity)
        else:
            show_nobody(session)
    return identity


async def forget_tab(state: rx.State) -> None:
    """Reset all state of the tab."""
    for substate in all_substates(rx.State):
        (await state.get_state(substate)).reset()


def redirect_to_login(state: rx.State) -> rx.event.EventSpec:
    """Redirect to the login page, and back here afterwards."""
    url = urlsplit(str(state.router.url))
    here = f"{url.path}?{url.query}" if url.query else url.path
    return rx.redirect(f"/login?next={quote(here)}")
