"""Quotas hold for requests that come at the same time, and say what to do."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.db.session import account_session
from quantum_app.domain.accounts import members
from quantum_app.domain.accounts.permissions import Role
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.domain.flows import drafts
from quantum_app.domain.flows import service as flows
from quantum_app.domain.flows.service import Writer
from quantum_app.domain.flows.testing import service as case_service
from quantum_app.domain.flows.testing import test_case
from quantum_app.domain.privacy import service as privacy
from quantum_app.domain.privacy import upkeep
from quantum_app.errors import Conflict, NotFound, QuantumError, QuotaExceeded, TooManyRequests
from quantum_app.kit.clock import now
from quantum_app.kit.ids import new_id
from quantum_app.providers.data_folder import DataFolder
from quantum_app.settings import settings
from tests.db.tenants import Tenant, call, create_tenant

pytestmark = pytest.mark.service

Set = Callable[..., None]
AT_ONCE = 6


@pytest.fixture
def quotas(monkeypatch: pytest.MonkeyPatch) -> Iterator[Set]:
    """`quotas(campaigns=2)` until the test ends."""

    def change(**values: int) -> None:
        for name, value in values.items():
            monkeypatch.setenv(f"QUANTUM_QUOTA_{name.upper()}", str(value))
        settings.cache_clear()

    yield change
    monkeypatch.undo()
    settings.cache_clear()


async def at_once(tenant: Tenant, action: Callable[[AsyncSession, int], Awaitable[Any]]) -> list[Any]:
    """Requests that have all begun before the first of them counts: what each gave, or how it was refused."""
    barrier = asyncio.Barrier(AT_ONCE)

    async def attempt(number: int) -> Any:
        try:
            async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
                await barrier.wait()
                return await action(session, number)
        except QuantumError as error:
            return error

    return await asyncio.gather(*(attempt(number) for number in range(AT_ONCE)))


def errors_of(results: list[Any]) -> list[QuantumError]:
    return [result for result in results if isinstance(result, QuantumError)]


async def start(tenant: Tenant, session: AsyncSession, name: str = "Another") -> UUID:
    return await campaigns.create(session, tenant.account_id, tenant.actor, name, drafts.empty())


def flow(size: int) -> dict[str, Any]:
    """A flow of about so many bytes, like no other."""
    texts = [{"id": f"s{place}", "name": "S", "texts": ["x" * 4000] * 25} for place in range(size // 100_000)]
    return drafts.plain(drafts.empty()) | {"knowledge": texts, "persona": f"{new_id()}"}


async def put(tenant: Tenant, size: int) -> None:
    """Put a flow of about so many bytes in place of the draft."""
    async with account_session(tenant.account_id) as session:
        writer = Writer(tenant.account_id, tenant.actor)
        await flows.replace(session, writer, tenant.campaign.campaign_id, drafts.read(flow(size)), revision=None)


# Campaigns


async def test_campaigns_stay_within_their_quota_when_made_at_once(quotas: Set) -> None:
    tenant = await create_tenant()
    quotas(campaigns=3)
    results = await at_once(tenant, lambda session, number: start(tenant, session))
    assert [type(error) for error in errors_of(results)] == [QuotaExceeded] * 4
    async with account_session(tenant.account_id) as session:
        assert len((await campaigns.list_campaigns(session)).campaigns) == 3


async def test_a_campaign_is_brought_back_only_where_there_is_room(quotas: Set) -> None:
    tenant = await create_tenant()
    quotas(campaigns=3)
    campaign_ids: list[UUID] = []
    for _ in range(3):
        async with account_session(tenant.account_id) as session:
            campaign_ids.append(await start(tenant, session))
            await campaigns.delete(session, tenant.account_id, tenant.actor, campaign_ids[-1])
    results = await at_once(
        tenant,
        lambda session, number: campaigns.restore(session, tenant.account_id, tenant.actor, campaign_ids[number % 3]),
    )
    assert sum(isinstance(error, QuotaExceeded) for error in errors_of(results)) >= 1
    async with account_session(tenant.account_id) as session:
        assert len((await campaigns.list_campaigns(session)).campaigns) == 3


async def test_deleting_campaigns_makes_no_room_for_ever_more(quotas: Set) -> None:
    tenant = await create_tenant()
    quotas(campaigns_a_day=4)

    async def create_and_delete(session: AsyncSession, number: int) -> None:
        campaign_id = await start(tenant, session)
        await campaigns.delete(session, tenant.account_id, tenant.actor, campaign_id)

    errors = errors_of(await at_once(tenant, create_and_delete))
    assert [type(error) for error in errors] == [TooManyRequests] * 2
    assert all(0 < error.retry_after <= 86_400 for error in errors if isinstance(error, TooManyRequests))


# Cases


async def test_cases_stay_within_their_number_when_kept_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    tenant = await create_tenant()
    monkeypatch.setattr(case_service, "MOST", 2)
    case = test_case.read({"name": "A greeting", "turns": ["Hello"]})
    results = await at_once(
        tenant, lambda session, number: case_service.add(session, tenant.account_id, tenant.campaign.campaign_id, case)
    )
    assert [error.code for error in errors_of(results)] == ["too_many_cases"] * 4
    async with account_session(tenant.account_id) as session:
        assert len(await case_service.list_cases(session, tenant.campaign.campaign_id)) == 2


# People


async def test_invitations_stay_within_a_day_when_sent_at_once(quotas: Set) -> None:
    tenant = await create_tenant()
    quotas(invitations_a_day=2)
    results = await at_once(
        tenant,
        lambda session, number: members.invite(
            session, tenant.account_id, tenant.actor, f"{new_id()}@example.com", Role.VIEWER
        ),
    )
    assert [type(error) for error in errors_of(results)] == [TooManyRequests] * 4
    async with account_session(tenant.account_id) as session:
        assert len(await members.list_invitations(session)) == 2


async def test_members_and_invitations_stay_within_their_quota(quotas: Set) -> None:
    tenant = await create_tenant()
    quotas(members=3)
    results = await at_once(
        tenant,
        lambda session, number: members.invite(
            session, tenant.account_id, tenant.actor, f"{new_id()}@example.com", Role.VIEWER
        ),
    )
    assert [type(error) for error in errors_of(results)] == [QuotaExceeded] * 4
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        (invitation, _) = await members.list_invitations(session)
        await members.resend_invitation(session, tenant.account_id, tenant.actor, invitation.id)
        assert len(await members.list_invitations(session)) == 2, "the same person again takes no more room"


# Versions and storage


async def test_old_versions_go_but_those_that_calls_began_with(quotas: Set, clock: psycopg.Connection) -> None:
    tenant = await create_tenant()
    campaign_id, call_id = tenant.campaign.campaign_id, await call(tenant)
    quotas(versions=3)
    for number in range(2, 8):
        async with account_session(tenant.account_id) as session:
            first = drafts.plain(await flows.definition_of(session, campaign_id, 1))
            version = await campaigns.publish_flow(
                session, tenant.account_id, campaign_id, first | {"persona": f"{number}"}
            )
        assert version == number
    query = "select version from flow_versions where campaign_id = %s order by 1"
    assert clock.execute(query, [campaign_id]).fetchall() == [(1,), (5,), (6,), (7,)]
    row = clock.execute("select flow_version from call_sessions where id = %s", [call_id]).fetchone()
    assert row == (1,)


async def test_storage_holds_for_everything_that_is_kept_at_once(quotas: Set, clock: psycopg.Connection) -> None:
    tenant = await create_tenant()
    async with account_session(tenant.account_id) as session:
        places = [tenant.campaign.campaign_id, *[await start(tenant, session) for _ in range(AT_ONCE - 1)]]
    quotas(flow_storage=1_000_000)

    writer = Writer(tenant.account_id, tenant.actor)
    results = await at_once(
        tenant,
        lambda session, number: flows.replace(
            session, writer, places[number], drafts.read(flow(400_000)), revision=None
        ),
    )
    errors = errors_of(results)
    assert [(type(error), error.code) for error in errors] == [(QuotaExceeded, "storage_full")] * 4
    assert "1 MB" in errors[0].message
    tables = ("flow_drafts", "flow_earlier_drafts", "flow_versions", "flow_cases")
    query = " + ".join(f"(select coalesce(sum(size), 0) from {name} where account_id = %(of)s)" for name in tables)
    row = clock.execute(f"select {query}", {"of": tenant.account_id}).fetchone()  # type: ignore[arg-type]
    assert row
    assert 800_000 < row[0] <= 1_000_000


async def test_who_has_no_storage_left_may_still_shorten(quotas: Set) -> None:
    tenant = await create_tenant()
    campaign_id, writer = tenant.campaign.campaign_id, Writer(tenant.account_id, tenant.actor, "tab")
    await put(tenant, 500_000)
    await put(tenant, 400_000)
    quotas(flow_storage=1_000_000)

    async def change(**fields: Any) -> int:
        async with account_session(tenant.account_id) as session:
            return (await flows.change(session, writer, campaign_id, drafts.read_change(fields), revision=2)).revision

    with pytest.raises(QuotaExceeded):
        await put(tenant, 300_000)  # what was there would be kept besides
    with pytest.raises(QuotaExceeded):
        await change(knowledge={"put": [{"id": "more", "name": "M", "texts": ["x" * 4000] * 25}]})
    assert await change(knowledge={"remove": ["s0"]}) == 3
    case = {"name": "A greeting", "turns": ["Hello " * 600] * 15}
    async with account_session(tenant.account_id) as session:
        item = await case_service.add(
            session, tenant.account_id, campaign_id, test_case.read(case | {"turns": ["Hello"]})
        )
    quotas(flow_storage=840_000)
    async with account_session(tenant.account_id) as session:
        with pytest.raises(QuotaExceeded):
            await case_service.change(session, tenant.account_id, campaign_id, item.id, test_case.read(case))


async def test_deleted_campaigns_free_their_storage_in_time(clock: psycopg.Connection) -> None:
    tenant, files = await create_tenant(), DataFolder(settings().home)
    campaign_id = tenant.campaign.campaign_id
    await put(tenant, 300_000)
    await call(tenant)
    async with account_session(tenant.account_id) as session:
        first = drafts.plain(await flows.definition_of(session, campaign_id, 1))
        await campaigns.publish_flow(session, tenant.account_id, campaign_id, first | {"persona": "You are brief."})
        await campaigns.delete(session, tenant.account_id, tenant.actor, campaign_id)
    query = (
        "select (select count(*) from flow_drafts where campaign_id = %(id)s),"
        " (select array_agg(version) from flow_versions where campaign_id = %(id)s)"
    )
    await upkeep.run(files)
    assert clock.execute(query, {"id": campaign_id}).fetchone() == (1, [1, 2])
    month = now() - timedelta(days=31)
    clock.execute("update campaigns set deleted_at = %s where id = %s", [month, campaign_id])
    await upkeep.run(files)
    assert clock.execute(query, {"id": campaign_id}).fetchone() == (0, [1]), "a call began with the first"
    async with account_session(tenant.account_id) as session:
        with pytest.raises(NotFound):
            await campaigns.restore(session, tenant.account_id, tenant.actor, campaign_id)


# Exports


async def export(tenant: Tenant, session: AsyncSession) -> UUID:
    return await privacy.request_export(session, tenant.account_id, tenant.actor, contact=None)


async def test_one_export_is_made_at_a_time_however_many_are_asked_for() -> None:
    tenant = await create_tenant()
    errors = errors_of(await at_once(tenant, lambda session, number: export(tenant, session)))
    assert [(type(error), error.code) for error in errors] == [(Conflict, "export_in_progress")] * 5
    async with account_session(tenant.account_id) as session:
        assert len(await privacy.list_exports(session)) == 1


async def test_exports_are_five_a_day_also_when_they_are_erased(clock: psycopg.Connection) -> None:
    tenant, files = await create_tenant(), DataFolder(settings().home)
    for _ in range(5):
        async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
            export_id = await export(tenant, session)
        await privacy.build_export(files, tenant.account_id, export_id)
        clock.execute("delete from exports where account_id = %s", [tenant.account_id])  # as erasing a caller does
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        with pytest.raises(TooManyRequests, match="limit of 5 exports") as refusal:
            await export(tenant, session)
    assert "in 24 hours" in refusal.value.message
    assert 86_000 < refusal.value.retry_after <= 86_400
    clock.execute("update audit_log set at = at - interval '1 day' where account_id = %s", [tenant.account_id])
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        await export(tenant, session)


async def test_the_newest_exports_are_kept(quotas: Set) -> None:
    tenant, files = await create_tenant(), DataFolder(settings().home)
    quotas(stored_exports=2)
    export_ids: list[UUID] = []
    for _ in range(3):
        async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
            export_ids.append(await export(tenant, session))
        await privacy.build_export(files, tenant.account_id, export_ids[-1])
    assert [files.export_path(tenant.account_id, export_id).exists() for export_id in export_ids] == [False, True, True]
    async with account_session(tenant.account_id) as session:
        assert [item.id for item in await privacy.list_exports(session)] == export_ids[:0:-1]


async def test_an_export_that_is_too_large_is_given_up_and_leaves_no_file(quotas: Set) -> None:
    tenant, files = await create_tenant(), DataFolder(settings().home)
    await put(tenant, 900_000)
    await put(tenant, 900_000)
    quotas(export_size=1_000_000)
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        export_id = await export(tenant, session)
    with pytest.raises(privacy.ExportTooLarge) as refusal:
        await privacy.build_export(files, tenant.account_id, export_id)
    assert not refusal.value.retryable
    assert list(files.export_path(tenant.account_id, export_id).parent.iterdir()) == []


async def test_an_export_whose_job_is_lost_blocks_no_other_for_long(clock: psycopg.Connection) -> None:
    tenant, files = await create_tenant(), DataFolder(settings().home)
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        export_id = await export(tenant, session)
    clock.execute("update exports set created_at = created_at - interval '25 hours' where id = %s", [export_id])
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        await export(tenant, session)
    await upkeep.run(files)
    async with account_session(tenant.account_id) as session:
        assert [item.status for item in await privacy.list_exports(session)] == ["waiting", "failed"]
