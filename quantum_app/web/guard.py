"""Authorisation of event handlers. Reflex checks none: each handler asks here, each time it runs."""

from urllib.parse import quote, urlsplit

import reflex as rx

from quantum_app.domain.accounts.schemas import Identity
from quantum_app.web.session import Session, identify


async def enter(state: rx.State) -> Identity | None:
    """Who sent this event, or None. The session is looked up again: the socket's headers are as old as the socket."""
    who = await identify(state.router.headers.cookie)
    if who is not None:
        (await state.get_state(Session)).fill(who)
    return who


def to_login(state: rx.State) -> rx.event.EventSpec:
    """Send the browser to the login page, and back here afterwards."""
    url = urlsplit(str(state.router.url))
    here = f"{url.path}?{url.query}" if url.query else url.path
    return rx.redirect(f"/login?next={quote(here)}")
