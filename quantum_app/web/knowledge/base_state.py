"""One knowledge base: its documents, what is written into it, and a search to try it out."""

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import reflex as rx
from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.db.session import account_session
from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.audit.schemas import Actor
from quantum_app.domain.identity.schemas import Identity
from quantum_app.domain.knowledge import search as finder
from quantum_app.domain.knowledge import service as knowledge
from quantum_app.domain.knowledge import writing
from quantum_app.domain.knowledge.schemas import Upload
from quantum_app.errors import NotFound, QuantumError
from quantum_app.kit import ids
from quantum_app.providers.embeddings import Embeddings
from quantum_app.providers.object_storage import ObjectStorage
from quantum_app.settings import settings
from quantum_app.web import connections, guard, live
from quantum_app.web.knowledge import view
from quantum_app.web.knowledge.state import document_of, explain
from quantum_app.web.knowledge.view import FILTERS, PATH, DocumentRow, MatchRow
from quantum_app.web.ui.forms import text_of
from quantum_app.web.ui.toast import show_success

PAGE_SIZE = 25
_MATCHES = 5
LONGEST_QUESTION = 500


class BaseState(rx.State):
    """The documents of a base. Filters and page are kept in the URL.

    base: Public ID. searched: Whether any filter is set. statuses: The filters, as word, URL and whether it is on.
    newest, older: URLs of other pages, or empty. dialog: The open one, about `selection`. errors: Messages by field.
    pairs: Numbers of the questions in the dialog.
    question: The one that was asked last. matches: What it has found. verdict: Whether that is enough to answer.
    """

    base: str = ""
    name: str = ""
    rows: list[DocumentRow] = []
    text: str = ""
    status: str = ""
    searched: bool = False
    statuses: list[dict[str, str]] = []
    newest: str = ""
    older: str = ""
    form_version: int = 0
    dialog: str = ""
    selection: DocumentRow = DocumentRow()
    errors: dict[str, str] = {}
    pairs: list[int] = [0]
    question: str = ""
    matches: list[MatchRow] = []
    verdict: str = ""
    answered: bool = False
    question_error: str = ""
    loaded: bool = False
    missing: bool = False
    failure: str = ""
    _after: str = ""

    @guard.page(Permission.KNOWLEDGE_READ)
    async def load(self, identity: Identity):
        """Show the base in the URL and keep it live."""
        query, before = self.router.url.query_parameters, self._url()
        base = self.router.url.path.rstrip("/").rpartition("/")[2]
        if base != self.base or not connections.resumes():
            self._close()
        if base != self.base:
            self.base, self.loaded, self.rows = base, False, []
            self.question, self.matches, self.verdict, self.question_error = "", [], "", ""
        self.missing, self.failure = False, ""
        self._apply(query.get("text", ""), query.get("status", ""))
        self.form_version += self._url() != before
        self._after = query.get("after", "")
        live.watch(self, identity.account_id, knowledge=True)
        await self._read(identity)

    @guard.event(Permission.KNOWLEDGE_READ)
    async def refresh(self, identity: Identity):
        """Read the documents again, after an upload."""
        await self._read(identity)

    @guard.event(Permission.KNOWLEDGE_READ)
    async def search(self, identity: Identity, form: dict[str, Any]):
        """Go to the URL of the search."""
        self._apply(text_of(form, "text"), self.status)
        return rx.redirect(self._url())

    @guard.event(Permission.KNOWLEDGE_READ)
    async def ask(self, identity: Identity, form: dict[str, Any]):
        """Show what a question finds."""
        self.question = text_of(form, "question")[:LONGEST_QUESTION]
        self.matches, self.verdict, self.question_error = [], "", ""
        base_id = self._base_id()
        if not self.question:
            self.question_error = "Enter a question."
        elif base_id is not None:
            try:
                async with aclosing(Embeddings(settings().embeddings)) as embedder:
                    matches = await finder.search(
                        identity.account_id, [base_id], self.question, embedder, limit=_MATCHES
                    )
            except QuantumError as error:
                self.question_error = error.message
                return
            self.matches = [view.match(item, self.base) for item in matches]
            self.verdict, self.answered = view.verdict(matches), any(row.good for row in self.matches)

    @guard.event(Permission.KNOWLEDGE_WRITE)
    async def ask_for_note(self, identity: Identity):
        self._close()
        self.dialog = "note"

    @guard.event(Permission.KNOWLEDGE_WRITE)
    async def ask_for_questions(self, identity: Identity):
        self._close()
        self.pairs, self.dialog = [0], "questions"

    @guard.event(Permission.KNOWLEDGE_WRITE)
    async def add_pair(self, identity: Identity):
        """Show fields for another question and answer."""
        if len(self.pairs) < writing.MOST_QUESTIONS:
            self.pairs = [*self.pairs, len(self.pairs)]

    @guard.event(Permission.KNOWLEDGE_WRITE)
    async def ask_to_delete(self, identity: Identity, document: str):
        """Ask before deleting a document."""
        self._close()
        async with account_session(identity.account_id) as session:
            self.selection = view.document(await knowledge.get_document(session, document_of(document)))
        self.dialog = "delete"

    @guard.event(Permission.KNOWLEDGE_READ)
    async def dismiss(self, identity: Identity):
        self._close()

    @guard.event(Permission.KNOWLEDGE_WRITE)
    async def add_note(self, identity: Identity, form: dict[str, Any]):
        """Store a note as a document."""
        await self._add(identity, lambda: writing.note(text_of(form, "name"), text_of(form, "text")))

    @guard.event(Permission.KNOWLEDGE_WRITE)
    async def add_questions(self, identity: Identity, form: dict[str, Any]):
        """Store questions and answers as a document."""
        pairs = [(text_of(form, f"question-{number}"), text_of(form, f"answer-{number}")) for number in self.pairs]
        await self._add(identity, lambda: writing.questions(text_of(form, "name"), pairs))

    @guard.event(Permission.KNOWLEDGE_WRITE)
    async def retry(self, identity: Identity, document: str):
        """Process a document again."""
        await self._do(identity, knowledge.retry, document)

    @guard.event(Permission.KNOWLEDGE_WRITE)
    async def cancel(self, identity: Identity, document: str):
        """Stop processing a document."""
        await self._do(identity, knowledge.cancel, document)

    @guard.event(Permission.KNOWLEDGE_WRITE)
    async def switch_document(self, identity: Identity, document: str, enabled: bool):
        """Search a document, or no longer."""
        async with account_session(identity.account_id, user_id=identity.user_id) as session:
            await knowledge.set_document_enabled(
                session, identity.account_id, identity.actor, document_of(document), enabled
            )
        await self._read(identity)

    @guard.event(Permission.KNOWLEDGE_WRITE)
    async def delete(self, identity: Identity, document: str):
        """Delete a document."""
        await self._do(identity, knowledge.delete_document, document)
        self._close()
        await show_success(self, "Document deleted.")

    async def _do(
        self, identity: Identity, action: Callable[[AsyncSession, UUID, Actor, UUID], Awaitable[object]], document: str
    ) -> None:
        """Run an action on a document, then read the list again. Raises NotFound."""
        async with account_session(identity.account_id, user_id=identity.user_id) as session:
            await action(session, identity.account_id, identity.actor, document_of(document))
        await self._read(identity)

    async def _add(self, identity: Identity, write: Callable[[], Upload]) -> None:
        """Store what was written, and show errors at its fields."""
        self.errors = {}
        base_id = self._base_id()
        try:
            if base_id is None:
                raise NotFound("Knowledge base not found.")
            storage = ObjectStorage(settings().storage, settings().home)
            async with account_session(identity.account_id, user_id=identity.user_id) as session:
                document = await knowledge.add_document(
                    session, storage, identity.account_id, identity.actor, base_id, write()
                )
        except QuantumError as error:
            self.errors = explain(error)
            return
        self._close()
        await self._read(identity)
        await show_success(self, f"“{document.name}” was added.")

    async def _live(self, messages: list[live.Message]) -> None:
        """Read the documents again when one has changed."""
        identity = await guard.allowed(self, Permission.KNOWLEDGE_READ)
        if identity is not None and self.loaded and messages:
            await self._read(identity)

    def _base_id(self) -> UUID | None:
        return ids.decode("kb", self.base)

    async def _read(self, identity: Identity) -> None:
        base_id = self._base_id()
        if base_id is None:
            self.missing, self.loaded = True, False
            return
        try:
            async with account_session(identity.account_id) as session:
                self.name = (await knowledge.get_base(session, base_id)).name
                page = await knowledge.list_documents(
                    session,
                    base_id,
                    name=self.text,
                    status=FILTERS[self.status][1] if self.status else (),
                    after=ids.decode("doc", self._after),
                    limit=PAGE_SIZE,
                )
        except NotFound:
            self.missing, self.loaded = True, False
            return
        except QuantumError as error:
            self.failure = error.message
            return
        self.rows = [view.document(item) for item in page.documents]
        self.statuses = [
            {"word": word, "href": self._url(status=status), "on": "1" if status == self.status else ""}
            for status, word in (("", "All"), *((status, word) for status, (word, _) in FILTERS.items()))
        ]
        self.newest = self._url() if self._after else ""
        self.older = self._url(after=ids.encode("doc", page.next)) if page.next else ""
        self.failure, self.loaded, self.missing = "", True, False

    def _apply(self, text: str, status: str) -> None:
        """Apply the filters that are valid."""
        self.text = text.replace("\0", "")[: knowledge.LONGEST_NAME].strip()
        self.status = status if status in FILTERS else ""
        self.searched = bool(self.text or self.status)

    def _url(self, **changes: str) -> str:
        params = {"text": self.text, "status": self.status} | changes
        query = urlencode({name: value for name, value in params.items() if value})
        return f"{PATH}/{self.base}?{query}" if query else f"{PATH}/{self.base}"

    def _close(self) -> None:
        self.dialog, self.errors = "", {}
