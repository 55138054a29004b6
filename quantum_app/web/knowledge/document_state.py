"""One document: its status, versions and passages."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import reflex as rx
from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.db.session import account_session
from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.audit.schemas import Actor
from quantum_app.domain.identity.schemas import Identity
from quantum_app.domain.knowledge import service as knowledge
from quantum_app.errors import NotFound, QuantumError
from quantum_app.kit import ids
from quantum_app.web import connections, guard, live
from quantum_app.web.knowledge import view
from quantum_app.web.knowledge.state import explain
from quantum_app.web.knowledge.view import PATH, DocumentRow, PassageRow, VersionRow
from quantum_app.web.ui.forms import text_of
from quantum_app.web.ui.toast import show_success

PAGE_SIZE = 20


class DocumentState(rx.State):
    """A document, live while it is processed. The page of passages is kept in the URL (`first`).

    base, base_name: The base that it is in. passage_count: Of the version that is searched.
    newest, older: URLs of other passages, or empty. dialog: The open one. errors: Messages by field.
    """

    document: DocumentRow = DocumentRow()
    base: str = ""
    base_name: str = ""
    versions: list[VersionRow] = []
    passages: list[PassageRow] = []
    passage_count: str = ""
    newest: str = ""
    older: str = ""
    dialog: str = ""
    errors: dict[str, str] = {}
    loaded: bool = False
    missing: bool = False
    failure: str = ""
    _first: int = 0
    _shown_path: str = ""

    @guard.page(Permission.KNOWLEDGE_READ)
    async def load(self, identity: Identity):
        """Show the document in the URL and keep it live."""
        path = self.router.url.path.rstrip("/")
        if path != self._shown_path or not connections.resumes():
            self.dialog, self.errors = "", {}
        if path != self._shown_path:
            self._shown_path, self.loaded = path, False
        self.missing, self.failure = False, ""
        first = self.router.url.query_parameters.get("first", "")
        self._first = int(first) if first.isascii() and first.isdigit() and len(first) < 7 else 0
        live.watch(self, identity.account_id, knowledge=True)
        await self._read(identity)

    @guard.event(Permission.KNOWLEDGE_READ)
    async def refresh(self, identity: Identity):
        """Read the document again, after an upload."""
        await self._read(identity)

    @guard.event(Permission.KNOWLEDGE_WRITE)
    async def ask_to_rename(self, identity: Identity):
        self.dialog, self.errors = "rename", {}

    @guard.event(Permission.KNOWLEDGE_WRITE)
    async def ask_to_delete(self, identity: Identity):
        self.dialog, self.errors = "delete", {}

    @guard.event(Permission.KNOWLEDGE_READ)
    async def dismiss(self, identity: Identity):
        self.dialog, self.errors = "", {}

    @guard.event(Permission.KNOWLEDGE_WRITE)
    async def rename(self, identity: Identity, form: dict[str, Any]):
        self.errors = {}
        try:
            async with account_session(identity.account_id, user_id=identity.user_id) as session:
                await knowledge.rename_document(
                    session, identity.account_id, identity.actor, self._document_id(), text_of(form, "name")
                )
        except QuantumError as error:
            self.errors = explain(error)
            return
        self.dialog = ""
        await self._read(identity)

    @guard.event(Permission.KNOWLEDGE_WRITE)
    async def retry(self, identity: Identity):
        """Process the document again."""
        await self._do(identity, knowledge.retry)

    @guard.event(Permission.KNOWLEDGE_WRITE)
    async def cancel(self, identity: Identity):
        """Stop processing the document."""
        await self._do(identity, knowledge.cancel)

    @guard.event(Permission.KNOWLEDGE_WRITE)
    async def switch_document(self, identity: Identity, enabled: bool):
        """Search the document, or no longer."""
        async with account_session(identity.account_id, user_id=identity.user_id) as session:
            await knowledge.set_document_enabled(
                session, identity.account_id, identity.actor, self._document_id(), enabled
            )
        await self._read(identity)

    @guard.event(Permission.KNOWLEDGE_WRITE)
    async def switch_passage(self, identity: Identity, ordinal: int, enabled: bool):
        """Search a passage, or no longer."""
        async with account_session(identity.account_id, user_id=identity.user_id) as session:
            await knowledge.set_chunk_enabled(
                session, identity.account_id, identity.actor, self._document_id(), ordinal, enabled
            )
        await self._read(identity)

    @guard.event(Permission.KNOWLEDGE_WRITE)
    async def delete(self, identity: Identity):
        """Delete the document and go to its base."""
        document_id = self._document_id()
        async with account_session(identity.account_id, user_id=identity.user_id) as session:
            base_id = (await knowledge.get_document(session, document_id)).base_id
            await knowledge.delete_document(session, identity.account_id, identity.actor, document_id)
        self.dialog = ""
        await show_success(self, "Document deleted.")
        return rx.redirect(f"{PATH}/{ids.encode('kb', base_id)}")

    async def _do(
        self, identity: Identity, action: Callable[[AsyncSession, UUID, Actor, UUID], Awaitable[object]]
    ) -> None:
        async with account_session(identity.account_id, user_id=identity.user_id) as session:
            await action(session, identity.account_id, identity.actor, self._document_id())
        await self._read(identity)

    async def _live(self, messages: list[live.Message]) -> None:
        """Read the document again when one of the account has changed."""
        identity = await guard.allowed(self, Permission.KNOWLEDGE_READ)
        if identity is not None and self.loaded and messages:
            await self._read(identity)

    def _document_id(self) -> UUID:
        """Raises NotFound."""
        document_id = ids.decode("doc", self.router.url.path.rstrip("/").rpartition("/")[2])
        if document_id is None:
            raise NotFound("Document not found.")
        return document_id

    async def _read(self, identity: Identity) -> None:
        try:
            document_id = self._document_id()
            async with account_session(identity.account_id) as session:
                document = await knowledge.get_document(session, document_id)
                base = await knowledge.get_base(session, document.base_id)
                versions = await knowledge.list_versions(session, document_id)
                chunks = await knowledge.list_chunks(session, document_id, first=self._first, limit=PAGE_SIZE + 1)
        except NotFound:
            self.missing, self.loaded = True, False
            return
        except QuantumError as error:
            self.failure = error.message
            return
        self.document = view.document(document)
        self.base, self.base_name = f"{PATH}/{ids.encode('kb', base.id)}", base.name
        self.versions = [view.version(item) for item in versions]
        self.passages = [view.passage(item) for item in chunks[:PAGE_SIZE]]
        self.passage_count = view.count(document.chunks, "passage")
        self.newest = self.document.href if self._first else ""
        self.older = f"{self.document.href}?first={self._first + PAGE_SIZE}" if len(chunks) > PAGE_SIZE else ""
        self.failure, self.loaded, self.missing = "", True, False
