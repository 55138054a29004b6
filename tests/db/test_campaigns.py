"""Campaigns, the demo, and setting up the database again."""

import psycopg
import pytest

from ops import database as setup
from quantum_app.db.session import account_session
from quantum_app.domain.audit import service as audit
from quantum_app.domain.campaigns import demo
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.domain.campaigns.schemas import NewCampaign
from quantum_app.errors import InvalidInput, NotFound
from quantum_app.kit.ids import random_id
from quantum_app.settings import settings
from tests.db.catalog import findings
from tests.db.tenants import tenant
from tests.stack import Stack

pytestmark = pytest.mark.service


async def test_a_public_id_leads_to_its_campaign() -> None:
    made = await tenant()
    assert await campaigns.get_public(made.campaign.public_id) == made.campaign
    assert made.campaign.active
    for unknown in (random_id("cmp"), "", "demo' or true --", made.campaign.public_id.lower(), "%"):
        with pytest.raises(NotFound):
            await campaigns.get_public(unknown)


async def test_pause_and_resume() -> None:
    made = await tenant()
    for change, active in ((campaigns.pause, False), (campaigns.resume, True)):
        async with account_session(made.account_id) as session:
            await change(session, made.account_id, made.actor, made.campaign.campaign_id)
        assert (await campaigns.get_public(made.campaign.public_id)).active is active
    async with account_session(made.account_id) as session:
        names = await campaigns.list_names(session)
    assert [(item.name, item.active) for item in names] == [("Homes", True)]


async def test_what_is_done_with_a_campaign_is_written_down() -> None:
    made = await tenant()
    campaign_id = made.campaign.campaign_id
    async with account_session(made.account_id) as session:
        for name in (" Lofts ", "Lofts"):
            await campaigns.rename(session, made.account_id, made.actor, campaign_id, name)
        await campaigns.pause(session, made.account_id, made.actor, campaign_id)
        for bad in ("", "  ", "x" * 101):
            with pytest.raises(InvalidInput) as refused:
                await campaigns.rename(session, made.account_id, made.actor, campaign_id, bad)
            assert refused.value.field == "name"
        entries = (await audit.search(session, action="campaigns.")).entries
    assert (await campaigns.get_public(made.campaign.public_id)).name == "Lofts"
    assert [(item.action, item.previous, item.new) for item in entries] == [
        ("campaigns.paused", None, None),
        ("campaigns.renamed", {"name": "Homes"}, {"name": "Lofts"}),
    ]


async def test_what_is_deleted_is_not_changed() -> None:
    made = await tenant()
    given = (made.account_id, made.actor, made.campaign.campaign_id)
    async with account_session(made.account_id) as session:
        await campaigns.delete(session, *given)
        assert await campaigns.list_campaigns(session) == []
        for tried in (campaigns.pause(session, *given), campaigns.rename(session, *given, "Lofts")):
            with pytest.raises(NotFound):
                await tried


async def test_a_new_flow_is_a_new_version_and_the_same_one_is_not() -> None:
    made = await tenant()
    first = demo.flow().model_dump(mode="json")
    other = first | {"persona": "You are brief."}
    versions: list[int] = []
    for flow in (first, other, dict(reversed(other.items())), first):
        async with account_session(made.account_id) as session:
            versions.append(await campaigns.publish_flow(session, made.account_id, made.campaign.campaign_id, flow))
    assert versions == [1, 2, 2, 3]
    assert (await campaigns.get_public(made.campaign.public_id)).flow_version == 3


async def test_a_public_id_that_can_be_guessed_is_refused() -> None:
    made = await tenant()
    draft = NewCampaign("test1", "Homes", "Mira", "en", "I agree.", "1", True, 300, demo.flow().model_dump(mode="json"))
    with pytest.raises(InvalidInput, match="guess"):
        async with account_session(made.account_id) as session:
            await campaigns.create_published(session, made.account_id, draft)


async def test_a_flow_that_cannot_run_is_not_published() -> None:
    made = await tenant()
    with pytest.raises(InvalidInput):
        async with account_session(made.account_id) as session:
            await campaigns.publish_flow(session, made.account_id, made.campaign.campaign_id, {"nodes": []})
    assert (await campaigns.get_public(made.campaign.public_id)).flow_version == 1


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
