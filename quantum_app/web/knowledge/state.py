"""Knowledge bases: the list and its actions. IDs come from the browser and are looked up in the account."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import reflex as rx

from quantum_app.db.session import account_session
from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.identity.schemas import Identity
from quantum_app.domain.knowledge import service as knowledge
from quantum_app.errors import InvalidInput, NotFound, QuantumError
from quantum_app.kit import ids
from quantum_app.web import connections, guard
from quantum_app.web.knowledge import view
from quantum_app.web.knowledge.view import PATH, BaseRow
from quantum_app.web.ui.forms import text_of
from quantum_app.web.ui.toast import show_success


class KnowledgeState(rx.State):
    """The list. The search is kept in the URL.

    rows: Those whose name has `text`. has_any: Whether there are any at all.
    form_version: Counts searches that didn't come from the form, which has to be filled again then.
    dialog: Name of the open dialog, which is about `selection`. errors: Messages by field.
    """

    rows: list[BaseRow] = []
    has_any: bool = False
    text: str = ""
    form_version: int = 0
    dialog: str = ""
    selection: BaseRow = BaseRow()
    errors: dict[str, str] = {}
    loaded: bool = False
    failure: str = ""

    @guard.page(Permission.KNOWLEDGE_READ)
    async def load(self, identity: Identity):
        """Show the knowledge bases in the URL."""
        query, before = self.router.url.query_parameters, self.text
        if not connections.resumes():
            self._close()
            self.dialog = "new" if "new" in query and identity.may(Permission.KNOWLEDGE_WRITE) else ""
        self._apply(query.get("text", ""))
        self.form_version += self.text != before
        await self._read(identity)

    @guard.event(Permission.KNOWLEDGE_READ)
    async def search(self, identity: Identity, form: dict[str, Any]):
        """Go to the URL of the search."""
        self._apply(text_of(form, "text"))
        return rx.redirect(f"{PATH}?{urlencode({'text': self.text})}" if self.text else PATH)

    @guard.event(Permission.KNOWLEDGE_WRITE)
    async def ask_for_new(self, identity: Identity):
        """Open the dialog for a new knowledge base."""
        self._close()
        self.dialog = "new"

    @guard.event(Permission.KNOWLEDGE_WRITE)
    async def ask_to_rename(self, identity: Identity, base: str):
        await self._ask(identity, "rename", base)

    @guard.event(Permission.KNOWLEDGE_WRITE)
    async def ask_to_delete(self, identity: Identity, base: str):
        await self._ask(identity, "delete", base)

    @guard.event(Permission.KNOWLEDGE_READ)
    async def dismiss(self, identity: Identity):
        self._close()

    @guard.event(Permission.KNOWLEDGE_WRITE)
    async def create(self, identity: Identity, form: dict[str, Any]):
        """Create a knowledge base and open it."""
        self.errors = {}
        try:
            async with account_session(identity.account_id, user_id=identity.user_id) as session:
                base_id = await knowledge.create_base(
                    session, identity.account_id, identity.actor, text_of(form, "name")
                )
        except QuantumError as error:
            self.errors = explain(error)
            return None
        self._close()
        return rx.redirect(f"{PATH}/{ids.encode('kb', base_id)}")

    @guard.event(Permission.KNOWLEDGE_WRITE)
    async def rename(self, identity: Identity, form: dict[str, Any]):
        self.errors = {}
        try:
            async with account_session(identity.account_id, user_id=identity.user_id) as session:
                base_id = base_of(text_of(form, "id"))
                await knowledge.rename_base(
                    session, identity.account_id, identity.actor, base_id, text_of(form, "name")
                )
        except QuantumError as error:
            self.errors = explain(error)
            return
        self._close()
        await self._read(identity)
        await show_success(self, "Renamed.")

    @guard.event(Permission.KNOWLEDGE_WRITE)
    async def delete(self, identity: Identity, base: str):
        """Delete a knowledge base with its documents."""
        async with account_session(identity.account_id, user_id=identity.user_id) as session:
            name = (await knowledge.get_base(session, base_of(base))).name
            await knowledge.delete_base(session, identity.account_id, identity.actor, base_of(base))
        self._close()
        await self._read(identity)
        await show_success(self, f"“{name}” was deleted.")

    async def _ask(self, identity: Identity, dialog: str, base: str) -> None:
        """Open a dialog about a knowledge base. Raises NotFound."""
        self._close()
        async with account_session(identity.account_id) as session:
            self.selection = view.base(await knowledge.get_base(session, base_of(base)))
        self.dialog = dialog

    async def _read(self, identity: Identity) -> None:
        try:
            async with account_session(identity.account_id) as session:
                bases = await knowledge.list_bases(session)
        except QuantumError as error:
            self.failure = error.message
            return
        self.has_any = bool(bases)
        self.rows = [view.base(item) for item in bases if self.text.lower() in item.name.lower()]
        self.failure, self.loaded = "", True

    def _apply(self, text: str) -> None:
        self.text = text.replace("\0", "")[: knowledge.LONGEST_NAME].strip()

    def _close(self) -> None:
        self.dialog, self.errors = "", {}


def explain(error: QuantumError) -> dict[str, str]:
    """The message of an error by its field."""
    field = error.field if isinstance(error, InvalidInput) else None
    return {field or "form": error.message}


def base_of(text: str) -> UUID:
    """Raises NotFound."""
    base_id = ids.decode("kb", text)
    if base_id is None:
        raise NotFound("Knowledge base not found.")
    return base_id


def document_of(text: str) -> UUID:
    """Raises NotFound."""
    document_id = ids.decode("doc", text)
    if document_id is None:
        raise NotFound("Document not found.")
    return document_id
