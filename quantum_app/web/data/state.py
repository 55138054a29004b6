"""Data of the account and of its callers: to take along, and to erase."""

from typing import Any

import reflex as rx

from quantum_app.db.session import account_session
from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.identity.schemas import Identity
from quantum_app.domain.privacy import service as privacy
from quantum_app.errors import InvalidInput, NotFound, QuantumError
from quantum_app.web import guard
from quantum_app.web.data import view
from quantum_app.web.data.view import ExportRow
from quantum_app.web.ui.forms import text_of
from quantum_app.web.ui.toast import tell


class Data(rx.State):
    """contact: of the caller who is to be erased, in its normal form. calls: how many there are of them.

    question: `who` is to be erased, or whether one is `sure`; empty when nothing is asked. errors: field → message.
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
    async def load(self, who: Identity):
        self._forget()
        await self._read(who)

    @guard.event(Permission.DATA_EXPORT)
    async def look(self, who: Identity):
        """How far the exports are."""
        await self._read(who)

    @guard.event(Permission.DATA_EXPORT)
    async def export_all(self, who: Identity):
        """Have a file made of everything."""
        await self._export(who, None)

    @guard.event(Permission.DATA_EXPORT)
    async def export_caller(self, who: Identity, form: dict[str, Any]):
        """Have a file made of what is known of one caller."""
        self.errors = {}
        try:
            await self._export(who, _contact(form, "contact"))
        except (InvalidInput, NotFound) as error:
            self.errors = {"contact": error.message}

    @guard.event(Permission.DATA_ERASE)
    async def ask(self, who: Identity):
        """Who is to be erased?"""
        self.question, self.errors = "who", {}

    @guard.event(Permission.DATA_ERASE)
    async def find(self, who: Identity, form: dict[str, Any]):
        """How many calls are there of them?"""
        self.errors = {}
        try:
            contact = _contact(form, "whom")
            async with account_session(who.account_id, user_id=who.user_id) as session:
                self.calls = await privacy.count_calls(session, contact)
        except (InvalidInput, NotFound) as error:
            self.errors = {"whom": error.message}
            return
        self.contact, self.question = contact, "sure"

    @guard.event(Permission.DATA_ERASE)
    async def erase(self, who: Identity, form: dict[str, Any]):
        """Take away for good what is known of the caller."""
        try:
            async with account_session(who.account_id, user_id=who.user_id) as session:
                erased = await privacy.erase_caller(session, who.account_id, who.actor, _contact(form, "whom"))
        except (InvalidInput, NotFound) as error:
            self.errors, self.question = {"whom": error.message}, "who"
            return
        self._forget()
        await self._read(who)
        await tell(self, f"{'One call is' if erased == 1 else f'{erased} calls are'} erased for good.")

    @guard.event(Permission.SELF)
    async def dismiss(self, who: Identity):
        self._forget()

    def _forget(self) -> None:
        """Who was to be erased stays in no page's state."""
        self.question, self.contact, self.calls, self.errors = "", "", 0, {}

    async def _export(self, who: Identity, contact: str | None) -> None:
        async with account_session(who.account_id, user_id=who.user_id) as session:
            await privacy.request_export(session, who.account_id, who.actor, contact=contact)
        await self._read(who)
        await tell(self, "The file is being made. You get a mail when it is ready.")

    async def _read(self, who: Identity) -> None:
        try:
            async with account_session(who.account_id, user_id=who.user_id) as session:
                found = await privacy.list_exports(session)
        except QuantumError as error:
            self.failure = error.message
            return
        self.rows = [view.export(item) for item in found]
        self.making = any(item.status == "waiting" for item in found)
        self.failure, self.loaded = "", True


def _contact(form: Any, name: str) -> str:
    """Raises InvalidInput."""
    return privacy.normalize_contact(text_of(form, name)[:320])
