"""Campaigns, the demo, and setting up the database again."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from ops import database as setup
from quantum_app.db.session import account_session
from quantum_app.domain.audit import service as audit
from quantum_app.domain.calls import service as calls
from quantum_app.domain.campaigns import demo
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.domain.campaigns.schemas import CampaignStatus, NewCampaign
from quantum_app.domain.flows import drafts
from quantum_app.domain.flows import service as flows
from quantum_app.errors import InvalidInput, NotFound
from quantum_app.kit.clock import now
from quantum_app.kit.ids import new_id, random_id
from quantum_app.settings import settings
from tests.db.catalog import findings
from tests.db.tenants import call, create_tenant
from tests.stack import Stack

pytestmark = pytest.mark.service


async def test_a_public_id_leads_to_its_campaign() -> None:
    tenant = await create_tenant()
    assert await campaigns.get_public(tenant.campaign.public_id) == tenant.campaign
    assert tenant.campaign.active
    for unknown in (random_id("cmp"), "", "demo' or true --", tenant.campaign.public_id.lower(), "%"):
        with pytest.raises(NotFound):
            await campaigns.get_public(unknown)


async def test_pause_and_resume() -> None:
    tenant = await create_tenant()
    for change, active in ((campaigns.pause, False), (campaigns.resume, True)):
        async with account_session(tenant.account_id) as session:
            await change(session, tenant.account_id, tenant.actor, tenant.campaign.campaign_id)
        assert (await campaigns.get_public(tenant.campaign.public_id)).active is active
    async with account_session(tenant.account_id) as session:
        names = await campaigns.list_names(session)
    assert [(item.name, item.active) for item in names] == [("Homes", True)]


async def test_what_is_done_with_a_campaign_is_written_down_with_its_name() -> None:
    tenant = await create_tenant()
    target = (tenant.account_id, tenant.actor, tenant.campaign.campaign_id)
    async with account_session(tenant.account_id) as session:
        for name in (" Lofts ", "Lofts"):
            await campaigns.update(session, *target, name=name, assistant_name="Bea")
        for change in (campaigns.pause, campaigns.archive, campaigns.unarchive, campaigns.delete, campaigns.restore):
            await change(session, *target)
        for bad_name in ("", "  ", "x" * 101):
            for field in ("name", "assistant_name"):
                with pytest.raises(InvalidInput) as error:
                    await campaigns.update(
                        session, *target, **{"name": "Lofts", "assistant_name": "Bea", field: bad_name}
                    )
                assert error.value.field == field
        entries = (await audit.search(session, action="campaigns.")).entries
    public_campaign = await campaigns.get_public(tenant.campaign.public_id)
    assert (public_campaign.name, public_campaign.assistant_name) == ("Lofts", "Bea")
    changes = [(item.action.removeprefix("campaigns."), item.new) for item in entries]
    assert changes == [
        *((name, {"name": "Lofts"}) for name in ("restored", "deleted", "unarchived", "archived", "paused")),
        ("changed", {"name": "Lofts", "assistant_name": "Bea"}),
    ]
    assert entries[-1].previous == {"name": "Homes", "assistant_name": "Mira"}


async def test_an_archived_campaign_takes_no_calls_and_is_off_the_list() -> None:
    tenant = await create_tenant()
    target = (tenant.account_id, tenant.actor, tenant.campaign.campaign_id)
    call_id = await call(tenant)
    async with account_session(tenant.account_id) as session:
        await campaigns.archive(session, *target)
        with pytest.raises(NotFound):
            await campaigns.archive(session, *target)
        assert (await campaigns.list_campaigns(session)).campaigns == ()
        (item,) = (await campaigns.list_campaigns(session, archived=True)).campaigns
        assert (item.name, item.archived_at is not None) == ("Homes", True)
        assert [item.active for item in await campaigns.list_names(session)] == [False]
        assert (await calls.get_briefing(session, call_id)).call_id == call_id, "calls in progress continue"
    assert not (await campaigns.get_public(tenant.campaign.public_id)).active
    async with account_session(tenant.account_id) as session:
        await campaigns.unarchive(session, *target)
        with pytest.raises(NotFound):
            await campaigns.unarchive(session, *target)
        assert [item.name for item in (await campaigns.list_campaigns(session)).campaigns] == ["Homes"]
    assert (await campaigns.get_public(tenant.campaign.public_id)).active


async def test_a_list_is_searched_filtered_and_read_in_pages() -> None:
    tenant = await create_tenant()
    author = (tenant.account_id, tenant.actor)
    async with account_session(tenant.account_id) as session:
        for name in ("Support line", "50% off_peak"):
            await campaigns.create(session, *author, name, drafts.empty())
        await campaigns.pause(session, *author, tenant.campaign.campaign_id)

        async def names(**options: Any) -> list[str]:
            return [item.name for item in (await campaigns.list_campaigns(session, **options)).campaigns]

        assert await names(name="LINE") == ["Support line"]
        assert await names(name="% o") == ["50% off_peak"]
        assert await names(name="_") == ["50% off_peak"]
        assert await names(status=CampaignStatus.PAUSED) == ["Homes"]
        assert await names(status=CampaignStatus.LIVE) == []
        assert await names(status=CampaignStatus.UNPUBLISHED) == ["50% off_peak", "Support line"]
        first = await campaigns.list_campaigns(session, limit=2)
        assert [item.name for item in first.campaigns] == ["50% off_peak", "Support line"]
        last = await campaigns.list_campaigns(session, limit=2, after=first.after)
        assert ([item.name for item in last.campaigns], last.after) == (["Homes"], None)


async def test_a_copy_has_the_same_settings_and_draft_and_is_not_published() -> None:
    tenant = await create_tenant()
    author = (tenant.account_id, tenant.actor)
    async with account_session(tenant.account_id) as session:
        await campaigns.update(session, *author, tenant.campaign.campaign_id, name="x" * 100, assistant_name="Bea")
        copy_id = await campaigns.duplicate(session, *author, tenant.campaign.campaign_id)
        source = await campaigns.get_snapshot(session, tenant.campaign.campaign_id)
        copy = await campaigns.get_snapshot(session, copy_id)
        documents = [(await flows.draft(session, campaign.campaign_id)).document for campaign in (source, copy)]
        entry = (await audit.search(session, action="campaigns.created")).entries[0]
        with pytest.raises(NotFound):
            await campaigns.duplicate(session, *author, new_id())
    differences = {"campaign_id": copy_id, "public_id": copy.public_id, "name": "x" * 93 + " (copy)"}
    assert copy == replace(source, **differences, active=False, flow_version=None)
    assert copy.public_id != source.public_id
    assert documents[0] == documents[1]
    assert entry.new == {"name": copy.name, "copy_of": source.name}


async def test_what_is_deleted_is_not_changed_and_listed_for_a_month(clock: psycopg.Connection) -> None:
    tenant = await create_tenant()
    target = (tenant.account_id, tenant.actor, tenant.campaign.campaign_id)
    async with account_session(tenant.account_id) as session:
        await campaigns.delete(session, *target)
        assert (await campaigns.list_campaigns(session)).campaigns == ()
        for change in (campaigns.pause, campaigns.archive, campaigns.unarchive, campaigns.delete, campaigns.duplicate):
            with pytest.raises(NotFound):
                await change(session, *target)
        with pytest.raises(NotFound):
            await campaigns.update(session, *target, name="Lofts", assistant_name="Bea")
        assert [item.name for item in await campaigns.list_deleted(session)] == ["Homes"]
    month = now() - timedelta(days=30, minutes=1)
    clock.execute("update campaigns set deleted_at = %s where id = %s", [month, tenant.campaign.campaign_id])
    async with account_session(tenant.account_id) as session:
        assert await campaigns.list_deleted(session) == []


async def test_a_new_flow_is_a_new_version_and_the_same_one_is_not() -> None:
    tenant = await create_tenant()
    first = demo.flow().model_dump(mode="json")
    other = first | {"persona": "You are brief."}
    versions: list[int] = []
    for flow in (first, other, dict(reversed(other.items())), first):
        async with account_session(tenant.account_id) as session:
            versions.append(await campaigns.publish_flow(session, tenant.account_id, tenant.campaign.campaign_id, flow))
    assert versions == [1, 2, 2, 3]
    assert (await campaigns.get_public(tenant.campaign.public_id)).flow_version == 3


async def test_a_public_id_that_can_be_guessed_is_refused() -> None:
    tenant = await create_tenant()
    draft = NewCampaign("test1", "Homes", "Mira", "en", "I agree.", "1", True, 300, demo.flow().model_dump(mode="json"))
    with pytest.raises(InvalidInput, match="guess"):
        async with account_session(tenant.account_id) as session:
            await campaigns.create_published(session, tenant.account_id, draft)


async def test_a_flow_that_cannot_run_is_not_published() -> None:
    tenant = await create_tenant()
    with pytest.raises(InvalidInput):
        async with account_session(tenant.account_id) as session:
            await campaigns.publish_flow(session, tenant.account_id, tenant.campaign.campaign_id, {"nodes": []})
    assert (await campaigns.get_public(tenant.campaign.public_id)).flow_version == 1


async def test_the_demo_may_be_seeded_again(database: Stack, superuser: psycopg.Connection) -> None:
    before = await campaigns.get_public(demo.PUBLIC_ID)
    await demo.seed(database.demo_password)
    assert await campaigns.get_public(demo.PUBLIC_ID) == before
    query = "select count(*) from campaigns where account_id = %s"
    assert superuser.execute(query, [before.account_id]).fetchone() == (1,)


def test_the_database_may_be_set_up_again(database: Stack, superuser: psycopg.Connection) -> None:
    secrets = database.instance.secrets
    passwords = {
        setup.OWNER: secrets.quantum_owner,
        setup.APP: secrets.quantum_app,
        setup.SWEEPER: secrets.quantum_sweeper,
    }
    setup.prepare(database.superuser_url, passwords)
    setup.migrate(settings().database.owner_url.get_secret_value())
    assert findings(superuser) == []
