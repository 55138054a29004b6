"""The person: name, and where they are logged in. What protects the login goes from the page to the API alone."""

from typing import Any

import reflex as rx

from quantum_app.db.session import account_session
from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.identity import credentials, external
from quantum_app.domain.identity import service as identity
from quantum_app.domain.identity.schemas import Identity
from quantum_app.errors import InvalidInput, NotFound, QuantumError
from quantum_app.kit import ids
from quantum_app.settings import settings
from quantum_app.web import guard
from quantum_app.web.security import view
from quantum_app.web.security.view import LoginRow, Provider
from quantum_app.web.session import refresh
from quantum_app.web.ui.forms import text_of
from quantum_app.web.ui.toast import tell


class Security(rx.State):
    """asked: the account wants a second factor, and the person has none. renaming: the name is being written anew."""

    name: str = ""
    email: str = ""
    second_factor: bool = False
    has_password: bool = True
    asked: bool = False
    logins: list[LoginRow] = []
    providers: list[Provider] = []
    renaming: bool = False
    error: str = ""
    loaded: bool = False
    failure: str = ""

    @guard.page(Permission.SELF)
    async def load(self, who: Identity):
        self.renaming, self.error = False, ""
        await self._read(who)

    @guard.event(Permission.SELF)
    async def changed(self, who: Identity):
        """The API changed something: show it."""
        await refresh(self)
        await self._read(who)

    @guard.event(Permission.SELF)
    async def rename(self, who: Identity):
        self.renaming, self.error = True, ""

    @guard.event(Permission.SELF)
    async def keep_name(self, who: Identity):
        self.renaming, self.error = False, ""

    @guard.event(Permission.SELF)
    async def save_name(self, who: Identity, form: dict[str, Any]):
        """Take another name."""
        self.error = ""
        try:
            async with account_session(who.account_id, user_id=who.user_id) as session:
                await credentials.rename(session, who, text_of(form, "person"))
        except InvalidInput as error:
            self.error = error.message
            return
        await refresh(self)
        await self._read(who)
        self.name, self.renaming = text_of(form, "person"), False
        await tell(self, "Your name is changed.")

    @guard.event(Permission.SELF)
    async def end(self, who: Identity, login: str):
        """End another login, at once."""
        login_id = ids.decode("ses", login) if isinstance(login, str) else None
        if login_id is None:
            raise NotFound("This login has ended already.")
        async with account_session(who.account_id, user_id=who.user_id) as session:
            await identity.end_login(session, who, login_id)
        await self._read(who)
        await tell(self, "That login has ended.")

    @guard.event(Permission.SELF)
    async def end_others(self, who: Identity):
        """End all logins but this one."""
        async with account_session(who.account_id, user_id=who.user_id) as session:
            await identity.end_other_logins(session, who)
        await self._read(who)
        await tell(self, "You are logged in here alone now.")

    async def _read(self, who: Identity) -> None:
        try:
            async with account_session(who.account_id, user_id=who.user_id) as session:
                found = await identity.list_logins(session, who)
                has_password = await credentials.has_password(session, who)
            issuers = await external.connected_issuers(who.user_id) if settings().oidc else []
        except QuantumError as error:
            self.failure = error.message
            return
        self.name, self.email = who.name, who.email
        self.has_password = has_password
        self.second_factor, self.asked = who.second_factor, who.lacks_second_factor
        self.logins = sorted((view.login(item, who.session_id) for item in found), key=lambda row: not row.own)
        self.providers = [
            Provider(given.id, given.name, given.issuer.rstrip("/") in {issuer.rstrip("/") for issuer in issuers})
            for given in settings().oidc
        ]
        self.failure, self.loaded = "", True
