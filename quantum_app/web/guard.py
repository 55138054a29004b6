"""Authorisation of event handlers. Reflex checks none: each handler asks here, each time it runs.

    class Members(rx.State):
        failure: str = ""

        @guard.page(Permission.MEMBERS_READ)
        async def load(self, who: Identity): ...

        @guard.event(Permission.MEMBERS_MANAGE)
        async def invite(self, who: Identity, email: str): ...

`who` comes from here and never from the browser: the handler's signature, as Reflex sees it, does not have it.
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
from quantum_app.web.page_states import below
from quantum_app.web.session import Session, identify, show, show_nobody, shows
from quantum_app.web.ui.toast import turn_page

SECURITY_PAGE = "/settings/security"
RESTORE_PAGE = "/settings/restore"

# Handlers that anybody may call: they show or hide something in the caller's own page, and read nothing.
PUBLIC = frozenset({"toast.show", "toast.close"})

Handler = Callable[..., Awaitable[Any]]


def page(permission: Permission) -> Callable[[Handler], Handler]:
    """What a page does when it is opened: its state has `failure`, which says that we are not reached just now.

    Nobody goes to the login page. Somebody who may not is told so in the page's place, and nothing runs.
    """
    return _guarded(permission, opens=True)


def event(permission: Permission) -> Callable[[Handler], Handler]:
    """What somebody does on a page. Nobody goes to the login page; somebody who may not is told so in a toast."""
    return _guarded(permission, opens=False)


def _guarded(permission: Permission, *, opens: bool) -> Callable[[Handler], Handler]:
    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        async def guarded(self: Any, *arguments: Any, **named: Any) -> Any:
            try:
                who = await enter(self)
            except QuantumError as error:
                if not opens:
                    raise
                self.failure = error.message
                return None
            if who is None:
                return to_login(self)
            if who.lacks_second_factor and permission is not Permission.SELF:
                return rx.redirect(SECURITY_PAGE)
            may = who.may(permission)
            if opens:
                (await self.get_state(Session)).refused = not may
                await turn_page(self)
            elif not may:
                raise NotAllowed("Your role does not include this. Ask an administrator of the account.")
            return await handler(self, who, *arguments, **named) if may else None

        signature = inspect.signature(handler)
        own, _, *rest = signature.parameters.values()
        guarded.__signature__ = signature.replace(parameters=[own, *rest])  # type: ignore[attr-defined]
        guarded.__annotations__ = {name: kind for name, kind in handler.__annotations__.items() if name != "who"}
        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded

    return decorate


async def allowed(state: rx.State, permission: Permission) -> Identity | None:
    """For what is pushed to a page: who is behind it, if they still may see it."""
    who = await enter(state, by_person=False)
    return who if who is not None and who.may(permission) and not who.lacks_second_factor else None


async def enter(state: rx.State, *, by_person: bool = True) -> Identity | None:
    """Who is behind the connection that is being answered, or None. The session is looked up again, each time.

    When it is another login, account or role than the tab shows, or nobody, all that the pages knew is forgotten first.
    Raises DependencyUnavailable(DB).
    """
    connection = connections.current()
    who = None
    if connection is not None:
        request_context.set(RequestContext(random_id("evt"), connection.address, connection.user_agent))
        who = await identify(connection.cookies, by_person=by_person)
        connection.known = who is not None
    session = await state.get_state(Session)
    if not shows(session, who):
        await forget(state)
        if who is not None:
            await show(session, who)
        else:
            show_nobody(session)
    return who


async def forget(state: rx.State) -> None:
    """Nothing is known in this tab any more."""
    for known in below(rx.State):
        (await state.get_state(known)).reset()


def to_login(state: rx.State) -> rx.event.EventSpec:
    """Send the browser to the login page, and back here afterwards."""
    url = urlsplit(str(state.router.url))
    here = f"{url.path}?{url.query}" if url.query else url.path
    return rx.redirect(f"/login?next={quote(here)}")
