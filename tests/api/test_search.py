"""`/api/search`: campaigns and calls of the account, as far as the role may see them."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from quantum_app.api import rate_limits
from quantum_app.db.session import account_session
from quantum_app.domain.accounts.permissions import Role
from quantum_app.domain.calls import service as calls
from quantum_app.domain.calls.schemas import Speaker
from quantum_app.kit import ids
from tests.db.tenants import Tenant, as_program, create_tenant, record_dialogue, slot_event

pytestmark = pytest.mark.api


@pytest.fixture
async def tenant() -> Tenant:
    return await create_tenant()


@pytest_asyncio.fixture
async def owner(web: httpx.AsyncClient, tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    web.headers.update(await as_program(tenant))
    yield web


async def search(client: httpx.AsyncClient, text: str = "") -> dict[str, Any]:
    response = await client.get("/api/search", params={"text": text})
    assert response.status_code == 200, response.text
    return response.json()


async def test_without_a_text_it_has_the_newest(owner: httpx.AsyncClient, tenant: Tenant) -> None:
    call_ids = [await record_dialogue(tenant) for _ in range(6)]
    results = await search(owner)
    assert [item["name"] for item in results["campaigns"]] == ["Homes"]
    assert [item["id"] for item in results["calls"]] == [ids.encode("call", item) for item in call_ids[:0:-1]]
    assert results["calls"][0]["caller"] == "Ines Moreau"
    assert results["calls"][0]["campaign"] == "Homes"


async def test_campaigns_are_found_by_name_and_calls_by_caller_and_words(
    owner: httpx.AsyncClient, tenant: Tenant
) -> None:
    call_id = ids.encode("call", await record_dialogue(tenant, (Speaker.CALLER, "How much is a loft?", "start")))
    for text, campaigns, call_ids in (
        ("home", ["Homes"], []),
        (" moreau ", [], [call_id]),
        ("a loft", [], [call_id]),
        ("100%", [], []),
    ):
        results = await search(owner, text)
        assert [item["name"] for item in results["campaigns"]] == campaigns, text
        assert [item["id"] for item in results["calls"]] == call_ids, text


async def test_another_account_finds_nothing_of_it(owner: httpx.AsyncClient, tenant: Tenant) -> None:
    await record_dialogue(await create_tenant())
    assert len((await search(owner))["campaigns"]) == 1
    assert (await search(owner, "Moreau"))["calls"] == []


async def test_who_may_not_see_values_does_not_find_by_them(owner: httpx.AsyncClient, tenant: Tenant) -> None:
    await record_dialogue(tenant)
    call_id = await record_dialogue(tenant)
    async with account_session(tenant.account_id) as session:
        fields = {"variable": "name", "label": "Name", "kind": "name", "sensitivity": "none"}
        await calls.record(session, tenant.account_id, [slot_event(call_id, 9, "Quirina Vane", **fields)])
    assert [item["caller"] for item in (await search(owner, "Quirina"))["calls"]] == ["Quirina Vane"]
    owner.headers.update(await as_program(tenant, Role.VIEWER))
    assert (await search(owner, "Quirina"))["calls"] == []
    assert [item["caller"] for item in (await search(owner, "Moreau"))["calls"]] == ["Ines Moreau"]


async def test_it_is_limited(owner: httpx.AsyncClient, tenant: Tenant) -> None:
    for _ in range(rate_limits.SEARCHES_BY_PERSON.amount):
        await rate_limits.count(rate_limits.SEARCHES_BY_PERSON, "search", str(tenant.user_id))
    assert (await owner.get("/api/search")).status_code == 429
