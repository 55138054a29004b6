"""The user's name and active sessions. Passwords and codes go from the page to the API, never through here."""

from typing import Any

import reflex as rx

from quantum_app.db.session import account_session
from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.identity import credentials, external
from quantum_app.domain.identity import service as identity_service
from quantum_app.domain.identity.schemas import Identity
from quantum_app.errors import InvalidInput, NotFound, QuantumError
from quantum_app.kit import ids
from quantum_app.settings import settings
from quantum_app.web import connections, guard
from quantum_app.web.security import view
from quantum_app.web.security.view import LoginRow, Provider
from quantum_app.web.session import refresh
from quantum_app.web.ui.forms import text_of
from quantum_app.web.ui.toast import show_success


class SecurityState(rx.State):
    """The page.

    lacks_second_factor: Whether the account requires a second factor and the user has none.
    renaming: Whether the name is being edited.
    """

    name: str = ""
    email: str = ""
    second_factor: bool = False
    has_password: bool = True
    lacks_second_factor: bool = False
    logins: list[LoginRow] = []
    providers: list[Provider] = []
    renaming: bool = False
    error: str = ""
    loaded: bool = False
    failure: str = ""

    @guard.page(Permission.SELF)
    async def load(self, identity: Identity):
        if not connections.resumes():
            self.renaming, self.error = False, ""
        await self._read(identity)

    @guard.event(Permission.SELF)
    async def reload(self, identity: Identity):
        """Refresh after the API changed something."""
        await refresh(self)
        await self._read(identity)

    @guard.event(Permission.SELF)
    async def rename(self, identity: Identity):
        self.renaming, self.error = True, ""

    @guard.event(Permission.SELF)
    async def keep_name(self, identity: Identity):
        self.renaming, self.error = False, ""

    @guard.event(Permission.SELF)
    async def save_name(self, identity: Identity, form: dict[str, Any]):
        """Save the name."""
        self.error = ""
        try:
            async with account_session(identity.account_id, user_id=identity.user_id) as session:
                await credentials.rename(session, identity, text_of(form, "person"))
        except InvalidInput as error:
            self.error = error.message
            return
        await refresh(self)
        await self._read(identity)
        self.name, self.renaming = text_of(form, "person"), False
        await show_success(self, "Name changed.")

    @guard.event(Permission.SELF)
    async def end(self, identity: Identity, login: str):
        """Log out another session."""
        login_id = ids.decode("ses", login) if isinstance(login, str) else None
        if login_id is None:
            raise NotFound("This session has already ended.")
        async with account_session(identity.account_id, user_id=identity.user_id) as session:
            await identity_service.end_login(session, identity, login_id)
        await self._read(identity)
        await show_success(self, "Session logged out.")

    @guard.event(Permission.SELF)
    async def end_others(self, identity: Identity):
        """Log out all other sessions."""
        async with account_session(identity.account_id, user_id=identity.user_id) as session:
            await identity_service.end_other_logins(session, identity)
        await self._read(identity)
        await show_success(self, "All other sessions were logged out.")

    async def _read(self, identity: Identity) -> None:
        try:
            async with account_session(identity.account_id, user_id=identity.user_id) as session:
                logins = await identity_service.list_logins(session, identity)
                has_password = await credentials.has_password(session, identity)
            issuers = await external.connected_issuers(identity.user_id) if settings().oidc else []
        except QuantumError as error:
            self.failure = error.message
            return
        self.name, self.email = identity.name, identity.email
        self.has_password = has_password
        self.second_factor, self.lacks_second_factor = identity.second_factor, identity.lacks_second_factor
        self.logins = sorted(
            (view.login(item, identity.session_id) for item in logins), key=lambda row: not row.current
        )
        self.providers = [
            Provider(
                provider.id, provider.name, provider.issuer.rstrip("/") in {issuer.rstrip("/") for issuer in issuers}
            )
            for provider in settings().oidc
        ]
        self.failure, self.loaded = "", True
