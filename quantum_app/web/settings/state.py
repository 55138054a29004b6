"""The account: its name, what it asks of its members, how long it keeps calls, its end."""

from typing import Any

import reflex as rx

from quantum_app.db.session import account_session
from quantum_app.domain.accounts import service as accounts
from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.accounts.schemas import AccountSettings
from quantum_app.domain.identity.schemas import Identity
from quantum_app.errors import InvalidInput, QuantumError
from quantum_app.web import guard
from quantum_app.web.session import refresh
from quantum_app.web.ui.forms import text_of
from quantum_app.web.ui.toast import tell


class Account(rx.State):
    """errors: field → what is wrong with it. domain: one that can be shown to callers, or nothing; shown: it is.

    proven: the person has a second factor. deleting: the question is open.
    """

    name: str = ""
    required: bool = False
    days: str = ""
    zone: str = ""
    domain: str = ""
    shown: bool = False
    proven: bool = False
    errors: dict[str, str] = {}
    deleting: bool = False
    loaded: bool = False
    failure: str = ""

    @guard.page(Permission.ACCOUNT_MANAGE)
    async def load(self, who: Identity):
        self.errors, self.deleting = {}, False
        await self._read(who)

    @guard.event(Permission.ACCOUNT_MANAGE)
    async def save(self, who: Identity, form: dict[str, Any]):
        """Save all settings; what was typed stays when something is wrong."""
        self.errors = {}
        try:
            wanted = AccountSettings(
                text_of(form, "name"),
                bool(text_of(form, "required")),
                _days(text_of(form, "days")),
                text_of(form, "zone"),
                bool(text_of(form, "shown")),
            )
            async with account_session(who.account_id, user_id=who.user_id) as session:
                await accounts.update_settings(session, who.account_id, who.actor, wanted)
        except InvalidInput as error:
            self.errors = {_FIELDS.get(error.field or "", "form"): error.message}
            self.loaded = True
            return
        await refresh(self)
        await self._read(who)
        await tell(self, "The settings are saved.")

    @guard.event(Permission.OWNERSHIP)
    async def ask(self, who: Identity):
        """Is it to be deleted?"""
        self.errors, self.deleting = {}, True
        await self._read(who)

    @guard.event(Permission.SELF)
    async def dismiss(self, who: Identity):
        self.errors, self.deleting = {}, False

    @guard.event(Permission.OWNERSHIP)
    async def delete(self, who: Identity, form: dict[str, Any]):
        """Close the account, when its name was typed."""
        self.errors = {}
        try:
            async with account_session(who.account_id, user_id=who.user_id) as session:
                await accounts.delete(session, who.account_id, who.actor, typed_name=text_of(form, "typed_name"))
        except InvalidInput as error:
            self.errors = {"typed_name": error.message}
            return None
        self.deleting = False
        await refresh(self)
        return rx.redirect(guard.RESTORE_PAGE)

    async def _read(self, who: Identity) -> None:
        try:
            async with account_session(who.account_id, user_id=who.user_id) as session:
                found = await accounts.get_settings(session, who.account_id)
                self.domain = await accounts.owner_domain(session) or ""
        except QuantumError as error:
            self.failure = error.message
            return
        self.name, self.required = found.name, found.second_factor_required
        self.days, self.zone = str(found.retention_days or ""), found.time_zone
        self.shown = found.show_domain
        self.proven = who.second_factor
        self.failure, self.loaded = "", True


class Restore(rx.State):
    """A deleted account, for its owner."""

    deleted: bool = False
    name: str = ""
    loaded: bool = False
    failure: str = ""

    @guard.page(Permission.OWNERSHIP)
    async def load(self, who: Identity):
        self.deleted, self.name = who.account_deleted_at is not None, who.account_name
        self.failure, self.loaded = "", True

    @guard.event(Permission.OWNERSHIP)
    async def restore(self, who: Identity):
        """Open the account again."""
        async with account_session(who.account_id, user_id=who.user_id) as session:
            await accounts.restore(session, who.account_id, who.actor)
        await refresh(self)
        await tell(self, f"{who.account_name} is open again.")
        return rx.redirect("/settings")


_FIELDS = {"name": "name", "retention_days": "days", "time_zone": "zone"}


def _days(text: str) -> int | None:
    """Raises InvalidInput at `retention_days`."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit()):
        raise InvalidInput("Write a whole number of days, or leave it empty.", field="retention_days")
    return int(text[:9])
