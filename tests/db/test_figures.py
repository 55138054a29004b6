"""Figures of the overview, and how far an account has come."""

from dataclasses import asdict
from datetime import timedelta

import pytest

from quantum_app.db.session import account_session
from quantum_app.domain.calls import service as calls
from quantum_app.domain.calls.schemas import CallEnd, CallFigures, CallFilters, CallStatus, EndReason, Origin
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.domain.campaigns.schemas import Progress
from quantum_app.domain.flows import drafts
from quantum_app.kit.clock import now
from quantum_app.kit.ids import first_id, new_id
from tests.db.tenants import Tenant, call, create_tenant, slot_event

pytestmark = pytest.mark.service


async def _figures(tenant: Tenant, time_zone: str = "UTC") -> CallFigures:
    async with account_session(tenant.account_id) as session:
        return await calls.get_figures(session, time_zone)


async def _end_call(tenant: Tenant, *, value: bool, origin: Origin = Origin.CALLER) -> None:
    async with account_session(tenant.account_id) as session:
        new_call = await calls.start(
            session,
            tenant.campaign,
            email="a@example.com",
            name="Sam",
            consent=True,
            consent_version="2026-1",
            origin=origin,
        )
        end = CallEnd(new_call.call_id, CallStatus.COMPLETED, EndReason.GOODBYE, now(), interruptions=0)
        await calls.record(session, tenant.account_id, [*([slot_event(new_call.call_id, 1)] if value else []), end])


async def test_calls_of_callers_alone_count() -> None:
    tenant, other = await create_tenant(), await create_tenant()
    await call(tenant)
    await _end_call(tenant, value=True)
    await _end_call(tenant, value=False)
    for origin in (Origin.TEST, Origin.SAMPLE):
        await _end_call(tenant, value=True, origin=origin)
    await _end_call(other, value=True)
    assert asdict(await _figures(tenant)) == {"active": 1, "today": 3, "yesterday": 0, "waiting": 1}
    async with account_session(tenant.account_id) as session:
        page = await calls.list_calls(session, CallFilters(waiting=True), limit=10, see_values=True)
    assert [item.values[0].variable for item in page.calls] == ["phone"], "the list behind the figure"


async def test_a_result_waits_until_it_is_done_or_gone() -> None:
    tenant = await create_tenant()
    for _ in range(3):
        await _end_call(tenant, value=True)
    async with account_session(tenant.account_id) as session:
        first, second, _ = [item.call_id for item in (await calls.list_calls(session)).calls]
        await calls.mark_handled(session, tenant.account_id, tenant.actor, first)
        await calls.delete(session, tenant.account_id, tenant.actor, second)
    figures = await _figures(tenant)
    assert (figures.waiting, figures.today) == (1, 2)


async def test_the_figure_and_the_list_behind_it_have_the_same_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    tenant = await create_tenant()
    await _end_call(tenant, value=True)
    for days, expected in ((29, 1), (31, 0)):
        later = now() + timedelta(days=days)
        with monkeypatch.context() as then:
            then.setattr("quantum_app.domain.calls.service.now", lambda later=later: later)
            async with account_session(tenant.account_id) as session:
                page = await calls.list_calls(session, CallFilters(waiting=True), see_values=True)
            assert (len(page.calls), (await _figures(tenant)).waiting) == (expected, expected)


async def test_a_day_begins_at_midnight_in_the_time_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fourteen hours after a call, it is another day in some time zones and not in others."""
    tenant = await create_tenant()
    await call(tenant)
    later = now() + timedelta(hours=14)
    monkeypatch.setattr("quantum_app.domain.calls.service.now", lambda: later)
    days = [await _figures(tenant, f"Etc/GMT{offset:+}") for offset in (12, 6, -6, -12)]
    assert all(figures.today + figures.yesterday == 1 for figures in days)
    assert {figures.today for figures in days} == {0, 1}


async def test_progress_to_the_first_campaign() -> None:
    tenant = await create_tenant()
    async with account_session(tenant.account_id) as session:
        assert (await campaigns.get_progress(session)).published
        await campaigns.delete(session, tenant.account_id, tenant.actor, tenant.campaign.campaign_id)
        assert await campaigns.get_progress(session) == Progress(None, published=False)
        created = await campaigns.create(session, tenant.account_id, tenant.actor, "Front desk", drafts.empty())
        progress = await campaigns.get_progress(session)
    assert progress.newest
    assert (progress.newest.campaign_id, progress.published) == (created, False)


def test_no_id_made_since_a_moment_sorts_before_it() -> None:
    moment = now()
    assert first_id(moment) < new_id()
    assert first_id(moment + timedelta(seconds=5)) > new_id()
