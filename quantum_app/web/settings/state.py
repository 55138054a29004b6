"""Account settings, and deleting and restoring the account."""

from typing import Any

import reflex as rx

from quantum_app.db.session import account_session
from quantum_app.domain.accounts import service as accounts
from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.accounts.schemas import AccountSettings
from quantum_app.domain.identity.schemas import Identity
from quantum_app.errors import InvalidInput, QuantumError
from quantum_app.web import connections, guard
from quantum_app.web.session import refresh
from quantum_app.web.ui.forms import text_of
from quantum_app.web.ui.toast import show_success


class SettingsState(rx.State):
    """The page.

    domain: Domain that can be shown to callers, or empty.
    show_domain: Whether it is shown.
    proven: Whether the user has a second factor.
    errors: Messages by field.
    deleting: Whether the delete dialog is open.
    """

    name: str = ""
    required: bool = False
    days: str = ""
    zone: str = ""
    domain: str = ""
    show_domain: bool = False
    proven: bool = False
    errors: dict[str, str] = {}
    deleting: bool = False
    loaded: bool = False
    failure: str = ""

    @guard.page(Permission.ACCOUNT_MANAGE)
    async def load(self, identity: Identity):
        if not connections.resumes():
            self.errors, self.deleting = {}, False
        await self._read(identity)

    @guard.event(Permission.ACCOUNT_MANAGE)
    async def save(self, identity: Identity, form: dict[str, Any]):
        """Save all settings. If one is invalid, the form keeps what was typed."""
        self.errors = {}
        try:
            changes = AccountSettings(
                text_of(form, "name"),
                bool(text_of(form, "required")),
                _days(text_of(form, "days")),
                text_of(form, "zone"),
                bool(text_of(form, "shown")),
            )
            async with account_session(identity.account_id, user_id=identity.user_id) as session:
                await accounts.update_settings(session, identity.account_id, identity.actor, changes)
        except InvalidInput as error:
            self.errors = {_FIELDS.get(error.field or "", "form"): error.message}
            self.loaded = True
            return
        await refresh(self)
        await self._read(identity)
        await show_success(self, "Settings saved.")

    @guard.event(Permission.OWNERSHIP)
    async def ask(self, identity: Identity):
        """Open the delete dialog."""
        self.errors, self.deleting = {}, True
        await self._read(identity)

    @guard.event(Permission.SELF)
    async def dismiss(self, identity: Identity):
        self.errors, self.deleting = {}, False

    @guard.event(Permission.OWNERSHIP)
    async def delete(self, identity: Identity, form: dict[str, Any]):
        """Delete the account if its name was typed."""
        self.errors = {}
        try:
            async with account_session(identity.account_id, user_id=identity.user_id) as session:
                await accounts.delete(
                    session, identity.account_id, identity.actor, typed_name=text_of(form, "typed_name")
                )
        except InvalidInput as error:
            self.errors = {"typed_name": error.message}
            return None
        self.deleting = False
        await refresh(self)
        return rx.redirect(guard.RESTORE_PAGE)

    async def _read(self, identity: Identity) -> None:
        try:
            async with account_session(identity.account_id, user_id=identity.user_id) as session:
                account_settings = await accounts.get_settings(session, identity.account_id)
                self.domain = await accounts.owner_domain(session) or ""
        except QuantumError as error:
            self.failure = error.message
            return
        self.name, self.required = account_settings.name, account_settings.second_factor_required
        self.days, self.zone = str(account_settings.retention_days or ""), account_settings.time_zone
        self.show_domain = account_settings.show_domain
        self.proven = identity.second_factor
        self.failure, self.loaded = "", True


class RestoreState(rx.State):
    """A deleted account, for its owner."""

    deleted: bool = False
    name: str = ""
    loaded: bool = False
    failure: str = ""

    @guard.page(Permission.OWNERSHIP)
    async def load(self, identity: Identity):
        self.deleted, self.name = identity.account_deleted_at is not None, identity.account_name
        self.failure, self.loaded = "", True

    @guard.event(Permission.OWNERSHIP)
    async def restore(self, identity: Identity):
        """Restore the account."""
        async with account_session(identity.account_id, user_id=identity.user_id) as session:
            await accounts.restore(session, identity.account_id, identity.actor)
        await refresh(self)
        await show_success(self, f"{identity.account_name} was restored.")
        return rx.redirect("/settings")


_FIELDS = {"name": "name", "retention_days": "days", "time_zone": "zone"}


def _days(text: str) -> int | None:
    """Raises InvalidInput at `retention_days`."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit()):
        raise InvalidInput("Enter a whole number of days, or leave it empty.", field="retention_days")
    return int(text[:9])
