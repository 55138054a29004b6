"""Figures of the overview, and how far an account has come."""

from dataclasses import asdict
from datetime import timedelta

import pytest
from sqlalchemy import text

from quantum_app.db.session import account_session
from quantum_app.domain.calls import service as calls
from quantum_app.domain.calls.schemas import CallEnd, CallFigures, CallStatus, EndReason, Origin
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.domain.campaigns.schemas import Progress
from quantum_app.domain.flows import drafts
from quantum_app.kit.clock import now
from quantum_app.kit.ids import first_id, new_id
from tests.db.tenants import Tenant, call, create_tenant, slot_event

pytestmark = pytest.mark.service


async def _figures(of: Tenant, time_zone: str = "UTC") -> CallFigures:
    async with account_session(of.account_id) as session:
        return await calls.get_figures(session, time_zone)


async def _ended(of: Tenant, *, value: bool, origin: Origin = Origin.CALLER) -> None:
    async with account_session(of.account_id) as session:
        started = await calls.start(
            session,
            of.campaign,
            email="a@example.com",
            name="Sam",
            consent=True,
            consent_version="2026-1",
            origin=origin,
        )
        end = CallEnd(started.call_id, CallStatus.COMPLETED, EndReason.GOODBYE, now(), interruptions=0)
        await calls.record(session, of.account_id, [*([slot_event(started.call_id, 1)] if value else []), end])


async def test_calls_of_callers_alone_count() -> None:
    of, other = await create_tenant(), await create_tenant()
    await call(of)
    await _ended(of, value=True)
    await _ended(of, value=False)
    for origin in (Origin.TEST, Origin.SAMPLE):
        await _ended(of, value=True, origin=origin)
    await _ended(other, value=True)
    assert asdict(await _figures(of)) == {"active": 1, "today": 3, "yesterday": 0, "waiting": 1}


async def test_a_result_waits_until_it_is_done_or_gone() -> None:
    of = await create_tenant()
    for _ in range(3):
        await _ended(of, value=True)
    async with account_session(of.account_id) as session:
        first, second, _ = [item.call_id for item in (await calls.list_calls(session)).calls]
        await calls.mark_handled(session, of.account_id, of.actor, first)
        await calls.delete(session, of.account_id, of.actor, second)
    figures = await _figures(of)
    assert (figures.waiting, figures.today) == (1, 2)


async def test_a_day_begins_at_midnight_in_the_time_zone() -> None:
    """A call is moved to a moment of which the time zones disagree about the day."""
    of = await create_tenant()
    call_id = await call(of)
    moment = now() - timedelta(hours=15)
    async with account_session(of.account_id) as session:
        moved = {"at": moment, "new": first_id(moment), "old": call_id}
        await session.execute(text("update call_sessions set created_at = :at, id = :new where id = :old"), moved)
    days = set()
    for zone in ("Etc/GMT+12", "UTC", "Etc/GMT-14"):
        figures = await _figures(of, zone)
        assert figures.today + figures.yesterday == 1
        days.add(figures.today)
    assert days == {0, 1}


async def test_progress_to_the_first_campaign() -> None:
    of = await create_tenant()
    async with account_session(of.account_id) as session:
        assert (await campaigns.get_progress(session)).published
        await campaigns.delete(session, of.account_id, of.actor, of.campaign.campaign_id)
        assert await campaigns.get_progress(session) == Progress(None, published=False)
        created = await campaigns.create(session, of.account_id, of.actor, "Front desk", drafts.empty())
        progress = await campaigns.get_progress(session)
    assert progress.newest
    assert (progress.newest.campaign_id, progress.published) == (created, False)


def test_no_id_made_since_a_moment_sorts_before_it() -> None:
    moment = now()
    assert first_id(moment) < new_id()
    assert first_id(moment + timedelta(seconds=5)) > new_id()
