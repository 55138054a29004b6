"""A flow that answers from documents in the database."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
import pytest_asyncio

from quantum_app.db.session import account_session
from quantum_app.domain.flows.model.definition import FlowDefinition
from quantum_app.domain.knowledge import flow_knowledge, indexing, repository, search, service
from quantum_app.domain.knowledge.schemas import Upload
from quantum_app.kit import ids
from quantum_app.providers.object_storage import ObjectStorage
from quantum_app.settings import settings
from tests.db.tenants import Tenant, create_tenant
from tests.db.test_knowledge import Embedder

pytestmark = pytest.mark.service

PLANS = "# Phone plans\n\n## Monthly price\n\n| Plan | Online |\n|---|---|\n| Basic | $15 |\n| Family | $45 |\n"
QUESTION = "What does the family plan cost online?"


@pytest_asyncio.fixture
async def tenant(database: object) -> AsyncIterator[Tenant]:
    yield await create_tenant()


async def store(tenant: Tenant, base_id: UUID, name: str, content: str) -> None:
    storage = ObjectStorage(settings().storage, settings().home)
    async with account_session(tenant.account_id) as session:
        upload = Upload(name, "text/markdown", content.encode())
        document = await service.add_document(session, storage, tenant.account_id, tenant.actor, base_id, upload)
    await indexing.index(storage, Embedder(), tenant.account_id, document.version.id)


async def create_base(tenant: Tenant) -> UUID:
    async with account_session(tenant.account_id) as session:
        return await service.create_base(session, tenant.account_id, tenant.actor, "Documents")


def flow(base_id: UUID) -> FlowDefinition:
    return FlowDefinition.model_validate(
        {
            "start": "s",
            "nodes": [
                {"id": "s", "type": "start", "greeting": "Hello"},
                {"id": "answers", "type": "rag_answer", "fallback": "I don't know."},
            ],
            "knowledge": [
                {"id": "own", "name": "Own", "texts": ["We are open on weekdays."]},
                {"id": "docs", "name": "Documents", "base": ids.encode("kb", base_id)},
            ],
        }
    )


async def sources(tenant: Tenant, base_id: UUID, question: str) -> list[str]:
    embedder = Embedder()
    bases = search.of_account(tenant.account_id, embedder)
    knowledge = flow_knowledge.of_flow(flow(base_id), embedder, bases)["answers"]
    await knowledge.prepare()
    return [item.passage.source for item in await knowledge.search(question, 3)]


async def test_a_node_answers_from_a_document_of_its_account(tenant: Tenant) -> None:
    base_id = await create_base(tenant)
    await store(tenant, base_id, "plans.md", PLANS)
    assert (await sources(tenant, base_id, QUESTION))[0] == "plans.md, Monthly price"
    assert (await sources(tenant, base_id, "Are you open on weekdays?"))[0] == "Own"
    assert await sources(await create_tenant(), base_id, QUESTION) == ["Own"]


async def test_words_are_counted_in_the_whole_base(tenant: Tenant) -> None:
    base_id = await create_base(tenant)
    await store(tenant, base_id, "plans.md", PLANS)
    sections = "\n\n".join(f"## Section {number}\n\nThe plan has part {number}." for number in range(90))
    await store(tenant, base_id, "parts.md", f"# Parts\n\n{sections}\n")
    async with account_session(tenant.account_id) as session:
        counts = await repository.word_counts(session, [base_id], ["plan", "family", "zebra"])
    assert counts == {"plan": 91, "family": 1, "zebra": 0}
    assert (await sources(tenant, base_id, QUESTION))[0] == "plans.md, Monthly price"
