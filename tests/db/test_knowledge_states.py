"""Whatever is done to documents in whatever order, what is searched is what the ready versions of enabled ones have."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from quantum_app.db.session import account_session, dispose
from quantum_app.domain.knowledge import indexing, service
from quantum_app.domain.knowledge.extraction.document import Block, BlockKind, Document, FileType
from quantum_app.domain.knowledge.extraction.problems import Problem, UnreadableFile
from quantum_app.domain.knowledge.schemas import UNFINISHED, VersionStatus
from quantum_app.domain.knowledge.search import search
from quantum_app.errors import Conflict
from tests.db.test_knowledge import open_shop
from tests.examples import examples

pytestmark = pytest.mark.service

MOST_DOCUMENTS = 8  # whose passages all fit among the candidates of a search
DAMAGED = "damaged"

picks = st.integers(0, MOST_DOCUMENTS - 1)
sizes = st.integers(1, 3)
flags = st.booleans()


async def extract(content: bytes, *, name: str) -> Document:
    """Each line is a question, which becomes a passage of its own."""
    lines = content.decode().splitlines()
    if DAMAGED in lines:
        raise UnreadableFile(Problem.DAMAGED)
    return Document(FileType.TEXT, tuple(Block(BlockKind.QUESTION, line) for line in lines))


@dataclass
class ExpectedVersion:
    id: UUID
    lines: tuple[str, ...]
    status: VersionStatus = VersionStatus.QUEUED
    attempts: int = 0

    @property
    def is_unfinished(self) -> bool:
        return self.status in UNFINISHED


@dataclass
class ExpectedDocument:
    """versions: the newest last."""

    id: UUID
    versions: list[ExpectedVersion]
    enabled: bool = True
    searched: tuple[str, ...] = ()

    @property
    def newest(self) -> ExpectedVersion:
        return self.versions[-1]


class Documents(RuleBasedStateMachine):
    """An account, and what its documents are expected to be."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.shop = self.run(open_shop())
        self.documents: list[ExpectedDocument] = []
        self.deleted: list[UUID] = []
        self.line_count = 0

    def teardown(self) -> None:
        self.run(dispose())
        self.runner.close()

    def run(self, work: Awaitable[Any]) -> Any:
        async def main() -> Any:
            return await work

        return self.runner.run(main())

    async def change(self, operation: Callable[..., Awaitable[Any]], *values: Any) -> Any:
        account_id, actor = self.shop.tenant.account_id, self.shop.tenant.actor
        async with account_session(account_id) as session:
            return await operation(session, account_id, actor, *values)

    def new_lines(self, count: int, damaged: bool) -> tuple[str, ...]:
        """No other version has any of them."""
        self.line_count += count
        lines = [f"Passage {number} is about bicycles." for number in range(self.line_count - count, self.line_count)]
        return (*lines, *([DAMAGED] if damaged else []))

    async def replace_with(self, document: ExpectedDocument, lines: tuple[str, ...]) -> None:
        replacement = await self.shop.replace(document.id, "\n".join(lines))
        if lines == document.newest.lines and document.newest.status in (*UNFINISHED, VersionStatus.READY):
            return
        if document.newest.is_unfinished:
            document.newest.status = VersionStatus.CANCELED
        document.versions.append(ExpectedVersion(replacement.version.id, lines))

    async def delete_document(self, document: ExpectedDocument) -> None:
        await self.change(service.delete_document, document.id)
        self.documents.remove(document)
        self.deleted += [version.id for version in document.versions]

    async def set_enabled(self, document: ExpectedDocument, enabled: bool) -> None:
        await self.change(service.set_document_enabled, document.id, enabled)
        document.enabled = enabled

    async def cancel_newest(self, document: ExpectedDocument) -> None:
        if document.newest.is_unfinished:
            await self.change(service.cancel, document.id)
            document.newest.status = VersionStatus.CANCELED
        else:
            with pytest.raises(Conflict):
                await self.change(service.cancel, document.id)

    async def index(self, document: ExpectedDocument) -> None:
        """A job for the newest version, and what it makes of it unless something happens meanwhile."""
        version = document.newest
        is_attempt = version.is_unfinished
        if is_attempt and version.attempts == indexing.MOST_ATTEMPTS:
            version.status, is_attempt = VersionStatus.FAILED, False
        elif is_attempt:
            version.attempts += 1
            version.status = VersionStatus.FAILED if DAMAGED in version.lines else VersionStatus.INDEXING
        await indexing.index(self.shop.storage, self.shop.embedder, self.shop.tenant.account_id, version.id)
        if is_attempt and version.status is VersionStatus.INDEXING and document in self.documents:
            for earlier in document.versions:
                if earlier.status is VersionStatus.READY:
                    earlier.status = VersionStatus.REPLACED
            version.status, document.searched = VersionStatus.READY, version.lines

    def pick(self, number: int) -> ExpectedDocument:
        return self.documents[number % len(self.documents)]

    @precondition(lambda self: len(self.documents) < MOST_DOCUMENTS)
    @rule(count=sizes, damaged=flags)
    def add(self, count: int, damaged: bool) -> None:
        lines = self.new_lines(count, damaged)
        document = self.run(self.shop.add("\n".join(lines)))
        self.documents.append(ExpectedDocument(document.id, [ExpectedVersion(document.version.id, lines)]))

    @precondition(lambda self: self.documents)
    @rule(number=picks, count=sizes, damaged=flags)
    def replace(self, number: int, count: int, damaged: bool) -> None:
        self.run(self.replace_with(self.pick(number), self.new_lines(count, damaged)))

    @precondition(lambda self: self.documents)
    @rule(number=picks)
    def upload_the_same_again(self, number: int) -> None:
        document = self.pick(number)
        self.run(self.replace_with(document, document.newest.lines))

    @precondition(lambda self: self.documents)
    @rule(number=picks)
    def cancel(self, number: int) -> None:
        self.run(self.cancel_newest(self.pick(number)))

    @precondition(lambda self: self.documents)
    @rule(number=picks)
    def retry(self, number: int) -> None:
        document = self.pick(number)
        version = document.newest
        if version.status in (VersionStatus.FAILED, VersionStatus.CANCELED):
            self.run(self.change(service.retry, document.id))
            version.status, version.attempts = VersionStatus.QUEUED, 0
        else:
            with pytest.raises(Conflict):
                self.run(self.change(service.retry, document.id))

    @precondition(lambda self: self.documents)
    @rule(number=picks)
    def delete(self, number: int) -> None:
        self.run(self.delete_document(self.pick(number)))

    @precondition(lambda self: self.documents)
    @rule(number=picks, enabled=flags)
    def enable(self, number: int, enabled: bool) -> None:
        self.run(self.set_enabled(self.pick(number), enabled))

    @precondition(lambda self: self.documents)
    @rule(number=picks)
    def run_job(self, number: int) -> None:
        self.run(self.index(self.pick(number)))

    @precondition(lambda self: self.documents)
    @rule(number=picks)
    def run_late_jobs(self, number: int) -> None:
        """Those of versions that were replaced, canceled or deleted before they ran."""
        version_ids = [version.id for version in self.pick(number).versions[:-1]] + self.deleted[-2:]
        for version_id in version_ids:
            self.run(indexing.index(self.shop.storage, self.shop.embedder, self.shop.tenant.account_id, version_id))

    @precondition(lambda self: self.documents)
    @rule(number=picks)
    def lose_process(self, number: int) -> None:
        async def end() -> None:
            raise asyncio.CancelledError

        self.run_job_while(self.pick(number), end)

    @precondition(lambda self: self.documents)
    @rule(number=picks, count=sizes, action=st.sampled_from(["cancel", "delete", "replace", "disable"]))
    def run_job_meanwhile(self, number: int, count: int, action: str) -> None:
        document = self.pick(number)
        lines = self.new_lines(count, damaged=False)
        actions: dict[str, Callable[[], Awaitable[None]]] = {
            "cancel": lambda: self.cancel_newest(document),
            "delete": lambda: self.delete_document(document),
            "replace": lambda: self.replace_with(document, lines),
            "disable": lambda: self.set_enabled(document, False),
        }
        self.run_job_while(document, actions[action])

    def run_job_while(self, document: ExpectedDocument, action: Callable[[], Awaitable[None]]) -> None:
        """Index a document, and do this while its passages are embedded."""
        self.shop.embedder.on_passages = action

        async def attempt() -> None:
            # A lost process leaves the status as it is.
            with contextlib.suppress(asyncio.CancelledError):
                await self.index(document)

        self.run(attempt())
        self.shop.embedder.on_passages = None

    @invariant()
    def only_ready_versions_of_enabled_documents_are_searched(self) -> None:
        matches = self.run(
            search(
                self.shop.tenant.account_id,
                [self.shop.base_id],
                "Passage about bicycles",
                self.shop.embedder,
                limit=200,
            )
        )
        expected = [line for document in self.documents if document.enabled for line in document.searched]
        assert sorted(match.passage.text for match in matches) == sorted(expected)

    @invariant()
    def statuses_and_counts_are_right(self) -> None:
        for expected in self.documents:
            document = self.run(self.shop.get(expected.id))
            assert (document.version.id, document.version.status, document.version.attempts) == (
                expected.newest.id,
                expected.newest.status,
                expected.newest.attempts,
            )
            assert (document.chunks, document.searchable) == (len(expected.searched), bool(expected.searched))


def test_what_is_searched_is_what_is_ready_and_enabled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "extract", extract)
    run_state_machine_as_test(
        Documents,
        settings=hypothesis_settings(
            max_examples=examples(10), stateful_step_count=25, suppress_health_check=[HealthCheck.too_slow]
        ),
    )
