"""Drafts, versions and cases: what is kept, for whom, and what two people at once make of it."""

import asyncio
from typing import Any
from uuid import UUID

import psycopg
import pytest

from quantum_app.db.session import account_session
from quantum_app.domain.audit import service as audit
from quantum_app.domain.audit.schemas import Actor
from quantum_app.domain.calls import service as calls
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.domain.flows import drafts
from quantum_app.domain.flows import service as flows
from quantum_app.domain.flows.model.definition import FlowDefinition
from quantum_app.domain.flows.schemas import Flow, SaveResult
from quantum_app.domain.flows.service import DraftChanged, NotPublishable, Writer
from quantum_app.domain.flows.validation import validator
from quantum_app.errors import InvalidInput, NotFound
from quantum_app.kit.ids import new_id
from tests.db.tenants import Tenant, call, create_tenant

pytestmark = pytest.mark.service


def small_flow(**changes: Any) -> FlowDefinition:
    """A flow without errors."""
    nodes = [
        {"type": "start", "id": "start", "greeting": "Hello, this is Mira."},
        {"type": "end", "id": "end", "farewell": "Goodbye!"},
    ]
    edges = [{"id": "e", "source": "start", "target": "end", "condition": {"type": "fallback"}}]
    return FlowDefinition.model_validate({"start": "start", "nodes": nodes, "edges": edges} | changes)


async def change(tenant: Tenant, revision: int, client: str = "tab", **fields: Any) -> SaveResult:
    async with account_session(tenant.account_id) as session:
        writer = Writer(tenant.account_id, tenant.actor, client)
        edit = drafts.read_change(fields)
        return await flows.change(session, writer, tenant.campaign.campaign_id, edit, revision=revision)


async def put(tenant: Tenant, definition: FlowDefinition, revision: int | None = None) -> SaveResult:
    async with account_session(tenant.account_id) as session:
        writer = Writer(tenant.account_id, tenant.actor)
        return await flows.replace(session, writer, tenant.campaign.campaign_id, definition, revision=revision)


async def publish(tenant: Tenant, revision: int, note: str = "") -> int:
    async with account_session(tenant.account_id) as session:
        campaign_id = tenant.campaign.campaign_id
        definition, longest_call = await flows.draft_at(session, campaign_id, revision)
        problems = validator.check(drafts.read(definition), longest_call=longest_call)
        writer = Writer(tenant.account_id, tenant.actor)
        return await flows.publish(session, writer, campaign_id, revision=revision, note=note, problems=problems)


async def view(tenant: Tenant) -> Flow:
    async with account_session(tenant.account_id) as session:
        return await flows.view(session, tenant.campaign.campaign_id)


def note(name: str, text: str) -> dict[str, Any]:
    return {"id": name, "text": text}


async def texts(tenant: Tenant) -> list[str]:
    return [item.text for item in (await view(tenant)).draft.definition.notes]


# Drafts


async def test_a_draft_begins_with_what_is_published(superuser: psycopg.Connection) -> None:
    tenant = await create_tenant()
    async with account_session(tenant.account_id) as session:
        definition = await flows.definition_of(session, tenant.campaign.campaign_id, 1)
    flow = await view(tenant)
    assert (flow.draft.definition, flow.draft.revision) == (definition, 0)
    count = superuser.execute("select count(*) from flow_drafts where account_id = %s", [tenant.account_id])
    assert count.fetchone() == (0,), "who only looks, draws nothing"
    draft = await change(tenant, 0, set={"persona": "You are brief."})
    assert draft.definition == definition.model_copy(update={"persona": "You are brief."})


async def test_a_change_sent_again_is_harmless() -> None:
    tenant = await create_tenant()
    first = {"notes": {"put": [note("a", "one")]}}
    assert (await change(tenant, 0, **first)).revision == 1
    assert (await change(tenant, 0, **first)).revision == 1, "no answer was heard, nothing new is in it"
    later_change = {"notes": {"put": [note("a", "one"), note("b", "two")]}}
    assert (await change(tenant, 0, **later_change)).revision == 2, "and with what was drawn meanwhile"
    assert (await change(tenant, 0, **later_change)).revision == 2
    assert await texts(tenant) == ["one", "two"]
    assert (await change(tenant, 2, notes={"remove": ["a"]})).revision == 3
    with pytest.raises(DraftChanged):  # too late: it would bring back what was removed
        await change(tenant, 0, **first)
    with pytest.raises(DraftChanged):
        await change(tenant, 2, "another tab", notes={"remove": ["b"]})
    assert await texts(tenant) == ["two"]


async def test_nobody_may_send_again_what_somebody_else_has_changed_since() -> None:
    tenant = await create_tenant()
    await change(tenant, 0, "mine", notes={"put": [note("a", "mine")]})
    await change(tenant, 1, "theirs", notes={"put": [note("a", "theirs")]})
    with pytest.raises(DraftChanged) as error:
        await change(tenant, 0, "mine", notes={"put": [note("a", "mine")]})
    assert error.value.details["revision"] == 2
    assert error.value.details["updated_by"] == "Robin"
    assert error.value.details["definition"]["notes"][0]["text"] == "theirs"
    with pytest.raises(DraftChanged):  # who names no tab sends nothing again
        await change(tenant, 1, "", notes={"put": [note("a", "nobody")]})
    assert await texts(tenant) == ["theirs"]


@pytest.mark.parametrize("with_draft", [False, True])
async def test_of_two_at_once_one_is_told(with_draft: bool) -> None:
    tenant = await create_tenant()
    revision = (await change(tenant, 0, "before", notes={"put": [note("z", "z")]})).revision if with_draft else 0
    tries = (change(tenant, revision, f"tab {n}", notes={"put": [note(f"n{n}", str(n))]}) for n in range(4))
    results = await asyncio.gather(*tries, return_exceptions=True)
    saves = [item for item in results if isinstance(item, SaveResult)]
    assert [item.revision for item in saves] == [revision + 1]
    assert all(isinstance(item, (SaveResult, DraftChanged)) for item in results), results
    assert (await view(tenant)).draft.definition == saves[0].definition


async def test_a_whole_flow_in_its_place() -> None:
    tenant = await create_tenant()
    assert (await put(tenant, small_flow(), 0)).revision == 1
    assert (await put(tenant, small_flow(), 0)).revision == 1, "the same once more"
    with pytest.raises(DraftChanged):
        await put(tenant, small_flow(persona="Another."), 0)
    assert (await put(tenant, small_flow(persona="Another."))).revision == 2, "taken over"
    assert (await view(tenant)).draft.definition == small_flow(persona="Another.")


async def earlier(tenant: Tenant) -> list[FlowDefinition]:
    """The earlier drafts that are kept, the last one first."""
    async with account_session(tenant.account_id) as session:
        items = await flows.earlier(session, tenant.campaign.campaign_id)
        return [await flows.earlier_definition(session, tenant.campaign.campaign_id, item.id) for item in items]


async def test_what_a_whole_flow_took_the_place_of_is_kept() -> None:
    tenant = await create_tenant()
    await put(tenant, small_flow(), 0)
    assert await earlier(tenant) == [], "what is published was there, and is kept anyway"
    own_definition = (await change(tenant, 1, notes={"put": [note("a", "an hour of work")]})).definition
    assert await earlier(tenant) == [], "a change of a part is none of the whole"
    assert (await put(tenant, small_flow(persona="Imported."), 2)).revision == 3
    await put(tenant, small_flow(persona="Imported."), 2)
    assert await earlier(tenant) == [own_definition]

    async with account_session(tenant.account_id) as session:
        (earlier_draft,) = await flows.earlier(session, tenant.campaign.campaign_id)
        assert earlier_draft.replaced_by == "Robin"
        writer = Writer(tenant.account_id, tenant.actor)
        with pytest.raises(DraftChanged):
            await flows.restore_earlier(session, writer, tenant.campaign.campaign_id, earlier_draft.id, revision=1)
        restored_draft = await flows.restore_earlier(
            session, writer, tenant.campaign.campaign_id, earlier_draft.id, revision=3
        )
    assert restored_draft.definition == (await view(tenant)).draft.definition == own_definition
    assert await earlier(tenant) == [small_flow(persona="Imported."), own_definition], (
        "and what was there is kept in its turn"
    )
    await put(tenant, small_flow(persona="Imported."))
    assert await earlier(tenant) == [own_definition, small_flow(persona="Imported.")], "each once"


async def test_restoring_a_version_keeps_what_was_drawn() -> None:
    tenant = await create_tenant()
    await put(tenant, small_flow())
    async with account_session(tenant.account_id) as session:
        await flows.restore(
            session, Writer(tenant.account_id, tenant.actor), tenant.campaign.campaign_id, 1, revision=1
        )
    assert await earlier(tenant) == [small_flow()]


async def test_the_last_earlier_drafts_are_kept() -> None:
    tenant = await create_tenant()
    for number in range(flows.MAX_EARLIER_DRAFTS + 4):
        await put(tenant, small_flow(persona=f"{number}."))
    personas = [item.persona for item in await earlier(tenant)]
    assert personas == [f"{number}." for number in range(flows.MAX_EARLIER_DRAFTS + 2, 2, -1)]


async def test_what_cannot_be_read_changes_nothing() -> None:
    tenant = await create_tenant()
    for fields in (
        {"nodes": {"put": [{"type": "bomb", "id": "x"}]}},
        {"set": {"persona": "a\0b"}},
        {"notes": {"put": [note(f"n{n}", "x") for n in range(201)]}},
    ):
        with pytest.raises(InvalidInput):
            await change(tenant, 0, **fields)
    assert (await view(tenant)).draft.revision == 0


# Versions


async def test_a_version_has_an_author_and_a_note() -> None:
    tenant = await create_tenant()
    draft = await put(tenant, small_flow())
    assert await publish(tenant, draft.revision, "Shorter") == 2
    flow = await view(tenant)
    assert flow.published_version == 2
    assert [(item.version, item.note, item.author) for item in flow.versions] == [
        (2, "Shorter", "Robin"),
        (1, "", None),
    ]
    async with account_session(tenant.account_id) as session:
        (entry,) = (await audit.search(session, action="campaigns.published")).entries
    assert (entry.actor, entry.new) == (tenant.email, {"name": "Homes", "version": 2, "note": "Shorter"})
    assert await publish(tenant, draft.revision, "Again") == 2, "what is published already is no new version"


async def test_an_author_who_left_is_still_somebody(superuser: psycopg.Connection) -> None:
    tenant = await create_tenant()
    draft = await put(tenant, small_flow())
    async with account_session(tenant.account_id) as session:
        writer = Writer(tenant.account_id, Actor(new_id(), "gone@example.com"))
        await flows.publish(session, writer, tenant.campaign.campaign_id, revision=draft.revision, note="", problems=())
    assert (await view(tenant)).versions[0].author == "Former member"


async def test_errors_block_publishing() -> None:
    tenant = await create_tenant()
    draft = await put(tenant, small_flow(edges=[]))
    with pytest.raises(NotPublishable) as error:
        await publish(tenant, draft.revision)
    assert any(problem.severity == "error" for problem in error.value.problems)
    assert error.value.details["problems"]
    with pytest.raises(DraftChanged):
        await publish(tenant, draft.revision - 1)
    assert (await view(tenant)).published_version == 1


async def test_a_person_who_would_come_after_the_end_of_the_call_is_a_problem() -> None:
    tenant = await create_tenant()
    limit = tenant.campaign.max_duration / 60
    for minutes, problems in ((limit, {"handoff_too_late"}), (limit / 2, set[str]())):
        draft = await put(tenant, small_flow(rules={"handoff": {"after_minutes": minutes}}))
        findings = validator.check(draft.definition, longest_call=draft.longest_call)
        assert {problem.code for problem in findings} & {"handoff_too_late"} == problems


async def test_a_call_keeps_the_version_it_began_with() -> None:
    tenant = await create_tenant()
    call_id = await call(tenant)
    async with account_session(tenant.account_id) as session:
        before = await calls.get_briefing(session, call_id)
    await publish(tenant, (await put(tenant, small_flow())).revision)
    async with account_session(tenant.account_id) as session:
        assert (await calls.get_briefing(session, call_id)).flow == before.flow
        campaign = await campaigns.get_snapshot(session, tenant.campaign.campaign_id)
        later = await calls.start(
            session, campaign, email="a@example.com", name=None, consent=True, consent_version="2026-1"
        )
        assert (await calls.get_briefing(session, later.call_id)).flow == drafts.plain(small_flow())


async def test_two_publish_at_once_and_each_gets_a_version() -> None:
    tenant = await create_tenant()
    flow = drafts.plain(small_flow())

    async def publish_persona(persona: str) -> int:
        async with account_session(tenant.account_id) as session:
            return await campaigns.publish_flow(
                session, tenant.account_id, tenant.campaign.campaign_id, flow | {"persona": persona}
            )

    assert sorted(await asyncio.gather(*(publish_persona(f"{n}") for n in range(4)))) == [2, 3, 4, 5]


async def test_an_earlier_version_is_drawn_on_from() -> None:
    tenant = await create_tenant()
    first = (await view(tenant)).draft.definition
    revision = (await put(tenant, small_flow())).revision
    async with account_session(tenant.account_id) as session:
        writer = Writer(tenant.account_id, tenant.actor)
        with pytest.raises(DraftChanged):
            await flows.restore(session, writer, tenant.campaign.campaign_id, 1, revision=0)
        draft = await flows.restore(session, writer, tenant.campaign.campaign_id, 1, revision=revision)
        for missing in (0, -1, 7, 1 << 40):
            with pytest.raises(NotFound):
                await flows.restore(session, writer, tenant.campaign.campaign_id, missing, revision=draft.revision)
    assert draft.definition == first
    assert (await view(tenant)).published_version == 1, "drawing on publishes nothing"


async def test_a_deleted_campaign_has_no_flow() -> None:
    tenant = await create_tenant()
    await put(tenant, small_flow())
    async with account_session(tenant.account_id) as session:
        await campaigns.delete(session, tenant.account_id, tenant.actor, tenant.campaign.campaign_id)
    for attempt in (view(tenant), change(tenant, 1), publish(tenant, 1)):
        with pytest.raises(NotFound):
            await attempt
    async with account_session(tenant.account_id) as session:
        await campaigns.restore(session, tenant.account_id, tenant.actor, tenant.campaign.campaign_id)
    assert (await view(tenant)).draft.definition == small_flow()


# New campaigns


async def create_campaign(tenant: Tenant, definition: FlowDefinition, facts: dict[str, str] | None = None) -> UUID:
    async with account_session(tenant.account_id) as session:
        return await campaigns.create(session, tenant.account_id, tenant.actor, " Support ", definition, facts=facts)


async def test_a_new_campaign_has_the_name_of_the_business_and_its_facts() -> None:
    tenant = await create_tenant()
    persona = "You answer for [[business name]] at [[address]], open [[opening hours]]."
    unfilled = small_flow().model_copy(update={"persona": persona})
    campaign_id = await create_campaign(tenant, unfilled, {"opening hours": "all day", "address": ""})
    async with account_session(tenant.account_id) as session:
        draft = await flows.draft(session, campaign_id)
    assert draft.definition.persona == "You answer for Homes at [[address]], open all day."
    with pytest.raises(InvalidInput) as refusal:
        await create_campaign(tenant, unfilled, {"address": "x" * 501})
    assert refusal.value.field == "address"


async def test_a_new_campaign_takes_calls_when_its_flow_is_published() -> None:
    tenant = await create_tenant()
    campaign_id = await create_campaign(tenant, small_flow())
    async with account_session(tenant.account_id) as session:
        items = {item.campaign_id: item for item in (await campaigns.list_campaigns(session)).campaigns}
        snapshot = await campaigns.get_snapshot(session, campaign_id)
        draft = await flows.draft(session, campaign_id)
    assert draft.definition == small_flow()
    assert (snapshot.name, snapshot.active, snapshot.email_required, snapshot.max_duration) == (
        "Support",
        False,
        True,
        600,
    )
    assert "Homes" in snapshot.consent_text
    assert (items[campaign_id].published_version, items[campaign_id].published_at) == (None, None)
    async with account_session(tenant.account_id) as session:
        writer = Writer(tenant.account_id, tenant.actor)
        assert await flows.publish(session, writer, campaign_id, revision=draft.revision, note="", problems=()) == 1
        items = {item.campaign_id: item for item in (await campaigns.list_campaigns(session)).campaigns}
        actions = [entry.action for entry in (await audit.search(session, action="campaigns.")).entries]
    assert items[campaign_id].published_version == 1
    assert items[campaign_id].published_at is not None
    assert (actions.count("campaigns.created"), actions.count("campaigns.published")) == (1, 1)
    public = await campaigns.get_public(snapshot.public_id)
    assert (public.campaign_id, public.active) == (campaign_id, True)
