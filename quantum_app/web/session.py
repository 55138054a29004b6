"""The logged-in user: finding them by cookie, and showing them in the app frame."""

from typing import Any

import reflex as rx

from quantum_app.db.session import user_session
from quantum_app.domain.accounts import service as accounts
from quantum_app.domain.accounts.permissions import PERMISSIONS, Permission, Role, roles_with
from quantum_app.domain.identity import service as identity_service
from quantum_app.domain.identity.schemas import Identity
from quantum_app.kit import ids
from quantum_app.web import connections

_NOBODY = "nobody"


async def identify(cookie_header: str, *, by_person: bool = True) -> Identity | None:
    """The identity behind a `Cookie` header, or None. Raises DependencyUnavailable(DB).

    by_person: Whether the user did something, which keeps the login from expiring when idle.
    """
    token = connections.login_of(cookie_header)
    return await identity_service.resolve(token, by_person=by_person) if token is not None else None


class Session(rx.State):
    """What the app frame shows. Display only: no handler trusts it.

    access_denied: Whether the role has no access to the open page.
    allowed_roles: Whose role has access, such as `owners and admins`.
    places: Accounts the user can switch to.
    """

    account: str = ""
    account_id: str = ""
    person: str = ""
    email: str = ""
    role: str = ""
    permissions: list[str] = []
    places: list[dict[str, str]] = []
    deleted: bool = False
    access_denied: bool = False
    allowed_roles: str = ""
    _display_key: str = ""


async def show(session: Session, identity: Identity) -> None:
    """Show an identity in the app frame."""
    async with user_session(identity.user_id) as database:
        places = await accounts.list_for_user(database)
    session.account, session.account_id = identity.account_name, ids.encode("acc", identity.account_id)
    session.person, session.email, session.role = identity.name, identity.email, identity.role
    session.permissions = sorted(PERMISSIONS[Role(identity.role)])
    session.places = [{"id": ids.encode("acc", place.account_id), "name": place.name} for place in places]
    session.deleted = identity.account_deleted_at is not None
    session._display_key = _display_key(identity)


def show_access(session: Session, identity: Identity, permission: Permission) -> None:
    """Show whether the identity may see a page, and who may."""
    session.access_denied = not identity.may(permission)
    *others, last = (f"{role.value}s" for role in roles_with(permission))
    session.allowed_roles = f"{', '.join(others)} and {last}" if others else last


def show_nobody(session: Session) -> None:
    """Note that nobody is logged in."""
    session._display_key = _NOBODY


async def refresh(state: rx.State) -> None:
    """Show a change of the user or account at once, so that the next event doesn't take it for another identity."""
    connection = connections.current()
    identity = await identify(connection.cookies) if connection is not None else None
    if identity is not None:
        await show(await state.get_state(Session), identity)


def is_current(session: Session, identity: Identity | None) -> bool:
    """Whether the frame already shows this identity, or nobody. A new session shows neither.

    Redis may have dropped only the session. The rest of the tab's state may then belong to anybody.
    """
    return session._display_key == (_display_key(identity) if identity else _NOBODY)


def _display_key(identity: Identity) -> str:
    facts: tuple[Any, ...] = (
        identity.session_id,
        identity.account_id,
        identity.role,
        identity.name,
        identity.email,
        identity.account_name,
    )
    return ":".join(map(str, (*facts, identity.account_deleted_at)))
