"""Exporting and erasing data of the account and its callers."""

from typing import Any

import reflex as rx
from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.db.session import account_session
from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.identity.schemas import Identity
from quantum_app.domain.privacy import service as privacy
from quantum_app.errors import InvalidInput, NotFound, QuantumError
from quantum_app.web import connections, guard
from quantum_app.web.data import view
from quantum_app.web.data.view import ExportRow
from quantum_app.web.ui.forms import text_of
from quantum_app.web.ui.toast import hide_success, show_success

_EXPORT_STARTED_TEXT = "Export started. We'll email you when it's ready."


class DataState(rx.State):
    """The page.

    making: Whether an export is being prepared.
    question: Step of the erase dialog: `who` asks for the caller, `sure` for confirmation. Empty if it's closed.
    contact: Normalized email address or phone number of the caller to erase.
    calls: How many calls they have.
    errors: Messages by field.
    """

    rows: list[ExportRow] = []
    making: bool = False
    question: str = ""
    contact: str = ""
    calls: int = 0
    errors: dict[str, str] = {}
    loaded: bool = False
    failure: str = ""

    @guard.page(Permission.DATA_EXPORT)
    async def load(self, identity: Identity):
        if not connections.resumes():
            self._forget()
        await self._read(identity)

    @guard.event(Permission.DATA_EXPORT)
    async def look(self, identity: Identity):
        """Refresh the exports."""
        await self._read(identity)
        if not self.making:
            await hide_success(self, _EXPORT_STARTED_TEXT)

    @guard.event(Permission.DATA_EXPORT)
    async def export_all(self, identity: Identity):
        """Request an export of everything."""
        await self._export(identity, None)

    @guard.event(Permission.DATA_EXPORT)
    async def export_caller(self, identity: Identity, form: dict[str, Any]):
        """Request an export of one caller."""
        self.errors = {}
        try:
            async with account_session(identity.account_id) as session:
                contact = await _contact(session, identity, form, "contact")
            await self._export(identity, contact)
        except (InvalidInput, NotFound) as error:
            self.errors = {"contact": error.message}

    @guard.event(Permission.DATA_ERASE)
    async def ask(self, identity: Identity):
        """Open the erase dialog."""
        self.question, self.errors = "who", {}

    @guard.event(Permission.DATA_ERASE)
    async def find(self, identity: Identity, form: dict[str, Any]):
        """Count the caller's calls and ask for confirmation."""
        self.errors = {}
        try:
            async with account_session(identity.account_id, user_id=identity.user_id) as session:
                contact = await _contact(session, identity, form, "whom")
                self.calls = await privacy.count_calls(session, identity.account_id, contact)
        except (InvalidInput, NotFound) as error:
            self.errors = {"whom": error.message}
            return
        self.contact, self.question = contact, "sure"

    @guard.event(Permission.DATA_ERASE)
    async def erase(self, identity: Identity, form: dict[str, Any]):
        """Permanently erase the caller."""
        try:
            async with account_session(identity.account_id, user_id=identity.user_id) as session:
                contact = await _contact(session, identity, form, "whom")
                count = await privacy.erase_caller(session, identity.account_id, identity.actor, contact)
        except (InvalidInput, NotFound) as error:
            self.errors, self.question = {"whom": error.message}, "who"
            return
        self._forget()
        await self._read(identity)
        await show_success(self, f"{'1 call was' if count == 1 else f'{count} calls were'} permanently erased.")

    @guard.event(Permission.SELF)
    async def dismiss(self, identity: Identity):
        self._forget()

    def _forget(self) -> None:
        """Don't keep the caller's contact details in the page's state."""
        self.question, self.contact, self.calls, self.errors = "", "", 0, {}

    async def _export(self, identity: Identity, contact: str | None) -> None:
        async with account_session(identity.account_id, user_id=identity.user_id) as session:
            await privacy.request_export(session, identity.account_id, identity.actor, contact=contact)
        await self._read(identity)
        await show_success(self, _EXPORT_STARTED_TEXT)

    async def _read(self, identity: Identity) -> None:
        try:
            async with account_session(identity.account_id, user_id=identity.user_id) as session:
                exports = await privacy.list_exports(session)
        except QuantumError as error:
            self.failure = error.message
            return
        self.rows = [view.export(item) for item in exports]
        self.making = any(item.status == "waiting" for item in exports)
        self.failure, self.loaded = "", True


async def _contact(session: AsyncSession, identity: Identity, form: Any, name: str) -> str:
    """Raises InvalidInput."""
    return await privacy.normalize_contact(session, identity.account_id, text_of(form, name)[:320])
