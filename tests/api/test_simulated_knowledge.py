"""The simulator answers from documents, as a call does."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from quantum_app.db.session import account_session
from quantum_app.domain.flows import drafts
from quantum_app.domain.knowledge import indexing, service
from quantum_app.domain.knowledge.schemas import Upload
from quantum_app.kit import ids
from quantum_app.providers.embeddings import Embeddings
from quantum_app.providers.object_storage import ObjectStorage
from quantum_app.settings import settings
from tests.api.test_simulator import CALL_START, FLOW, Conversation
from tests.db.tenants import Tenant, as_program, create_tenant
from tests.stack import Stack

pytestmark = pytest.mark.api

PLANS = b"""# Fencing lessons

| Course | Weekdays | Weekends |
|---|---|---|
| Sabre | $15 | $19 |
| Foil | $45 | $52 |
"""


@pytest.fixture
async def tenant() -> Tenant:
    return await create_tenant()


@pytest_asyncio.fixture
async def owner(quiet_stack: Stack, web: httpx.AsyncClient, tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    quiet_stack.need("providers")
    web.headers.update(await as_program(tenant))
    yield web


async def test_a_document_answers_and_is_cited(owner: httpx.AsyncClient, tenant: Tenant) -> None:
    config = settings()
    storage, embedder = ObjectStorage(config.storage, config.home), Embeddings(config.embeddings)
    async with account_session(tenant.account_id) as session:
        base_id = await service.create_base(session, tenant.account_id, tenant.actor, "Documents")
        upload = Upload("lessons.md", "text/markdown", PLANS)
        document = await service.add_document(session, storage, tenant.account_id, tenant.actor, base_id, upload)
    await indexing.index(storage, embedder, tenant.account_id, document.version.id)
    await embedder.aclose()
    flow = drafts.read(FLOW)
    sources = [{"id": "docs", "name": "Documents", "base": ids.encode("kb", base_id)}]
    body = drafts.plain(flow) | {"knowledge": sources}
    nodes = [node | ({"knowledge": []} if node["type"] == "rag_answer" else {}) for node in body["nodes"]]
    conversation = Conversation(owner, tenant, definition=body | {"nodes": nodes})
    await conversation.event(**CALL_START)
    reply = await conversation.says("How much is a sabre lesson on weekdays?")
    assert "$15" in reply
    assert conversation.last["passages"][0]["source"] == "lessons.md, Fencing lessons"
