"""Who is logged in, as pages show it, and how a socket tells."""

from http.cookies import CookieError, SimpleCookie
from typing import Any

import reflex as rx

from quantum_app.db.session import user_session
from quantum_app.domain.accounts import service as accounts
from quantum_app.domain.accounts.permissions import PERMISSIONS, Role
from quantum_app.domain.identity import service as identity
from quantum_app.domain.identity.schemas import Identity
from quantum_app.kit import ids
from quantum_app.settings import settings
from quantum_app.web import connections

_NOBODY = "nobody"


async def identify(cookie_header: str, *, by_person: bool = True) -> Identity | None:
    """The person behind a `Cookie` header. by_person: they did something. Raises DependencyUnavailable(DB)."""
    try:
        morsel = SimpleCookie(cookie_header).get(settings().cookie_name)
    except CookieError:
        return None
    return await identity.resolve(morsel.value, by_person=by_person) if morsel is not None else None


class Session(rx.State):
    """What the frame shows of the person. Display only: no handler trusts it.

    refused: the page that is open is not for this role. places: the accounts one can switch to.
    """

    account: str = ""
    account_id: str = ""
    person: str = ""
    email: str = ""
    role: str = ""
    permissions: list[str] = []
    places: list[dict[str, str]] = []
    deleted: bool = False
    refused: bool = False
    _shown: str = ""


async def show(session: Session, who: Identity) -> None:
    """Put into the frame who is logged in, and where."""
    async with user_session(who.user_id) as database:
        places = await accounts.list_for_user(database)
    session.account, session.account_id = who.account_name, ids.encode("acc", who.account_id)
    session.person, session.email, session.role = who.name, who.email, who.role
    session.permissions = sorted(PERMISSIONS[Role(who.role)])
    session.places = [{"id": ids.encode("acc", place.account_id), "name": place.name} for place in places]
    session.deleted = who.account_deleted_at is not None
    session._shown = _key(who)


def show_nobody(session: Session) -> None:
    """Nobody is logged in, and the frame shows nobody."""
    session._shown = _NOBODY


async def refresh(state: rx.State) -> None:
    """Show what has just changed of person or account, so that it is no news that the pages have to forget for."""
    connection = connections.current()
    who = await identify(connection.cookies) if connection is not None else None
    if who is not None:
        await show(await state.get_state(Session), who)


def shows(session: Session, who: Identity | None) -> bool:
    """Whether the frame shows this login, account and role, or nobody, already: a new one shows neither.

    Redis may have dropped it alone, so that what else is there belongs to nobody knows whom.
    """
    return session._shown == (_key(who) if who else _NOBODY)


def _key(who: Identity) -> str:
    facts: tuple[Any, ...] = (who.session_id, who.account_id, who.role, who.name, who.email, who.account_name)
    return ":".join(map(str, (*facts, who.account_deleted_at)))
