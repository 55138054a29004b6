"""Calls over the real database: begun once, recorded in any order, ended once, listed, rated, swept."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from quantum_app.db.session import account_session, dispose
from quantum_app.domain.calls import service as calls
from quantum_app.domain.calls import sweep
from quantum_app.domain.calls.schemas import (
    CallDetail,
    CallEnd,
    CallEvent,
    CallFilters,
    CallStatus,
    CallSummary,
    Checkpoint,
    EndReason,
    Latency,
    Turn,
    Usage,
)
from quantum_app.domain.campaigns import demo
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.errors import Conflict, ConsentRequired, InvalidInput, NotFound
from quantum_app.kit.clock import now
from quantum_app.kit.ids import new_id
from tests.db.tenants import Tenant, call, create_tenant, event, turn, usage
from tests.examples import examples
from tests.stack import Stack

pytestmark = pytest.mark.service

Record = Turn | CallEvent | Usage | Checkpoint | CallEnd


async def _record(tenant: Tenant, records: Sequence[Record]) -> None:
    async with account_session(tenant.account_id) as session:
        await calls.record(session, tenant.account_id, records)


async def _detail(tenant: Tenant, call_id: UUID) -> CallDetail:
    async with account_session(tenant.account_id) as session:
        return await calls.get_detail(session, call_id, see_values=True)


def _end(call_id: UUID, reason: EndReason = EndReason.GOODBYE, *, after: float = 60, interruptions: int = 2) -> CallEnd:
    status = {EndReason.WORKER_LOST: CallStatus.FAILED, EndReason.NEVER_JOINED: CallStatus.ABANDONED}
    return CallEnd(
        call_id, status.get(reason, CallStatus.COMPLETED), reason, now() + timedelta(seconds=after), interruptions
    )


async def test_start_writes_the_ticket_and_the_call(superuser: psycopg.Connection) -> None:
    tenant = await create_tenant()
    before = now()
    call_id = await call(tenant)
    ticket = superuser.execute(
        "select t.email, t.name, t.wording, t.wording_version, t.language, t.consented_at, t.campaign_id"
        " from call_sessions c join consent_tickets t on (t.account_id, t.id) = (c.account_id, c.ticket_id)"
        " where c.id = %s",
        [call_id],
    ).fetchone()
    assert ticket is not None
    assert ticket[:5] == ("caller@example.com", "Sam", "I agree.", "2026-1", "en")
    assert before <= ticket[5] <= now()
    assert ticket[6] == tenant.campaign.campaign_id
    async with account_session(tenant.account_id) as session:
        briefing = await calls.get_briefing(session, call_id)
    assert (briefing.caller_name, briefing.assistant_name, briefing.account_name) == ("Sam", "Mira", "Homes")
    assert (briefing.status, briefing.answered_at, briefing.last_seq) == (CallStatus.ACTIVE, None, 0)
    assert (briefing.flow_version, briefing.flow, briefing.max_duration) == (
        1,
        demo.flow().model_dump(mode="json"),
        300,
    )


async def test_no_start_without_consent_to_the_wording_of_today(superuser: psycopg.Connection) -> None:
    tenant = await create_tenant()
    async with account_session(tenant.account_id) as session:
        await campaigns.pause(session, tenant.account_id, tenant.actor, tenant.campaign.campaign_id)
        paused_campaign = await campaigns.get_snapshot(session, tenant.campaign.campaign_id)
    for campaign, consent, version, refusal in (
        (tenant.campaign, False, "2026-1", ConsentRequired),
        (tenant.campaign, True, "2025-9", Conflict),
        (paused_campaign, True, "2026-1", Conflict),
    ):
        async with account_session(tenant.account_id) as session:
            with pytest.raises(refusal):
                await calls.start(session, campaign, email=None, name=None, consent=consent, consent_version=version)
    for table in ("consent_tickets", "call_sessions"):
        query = f"select count(*) from {table} where account_id = %s"
        assert superuser.execute(query.encode(), [tenant.account_id]).fetchone() == (0,)


async def test_an_earlier_ticket_keeps_the_wording_it_was_given_for(superuser: psycopg.Connection) -> None:
    tenant = await create_tenant()
    call_id = await call(tenant)
    async with account_session(tenant.account_id) as session:
        await campaigns.update_consent_text(session, tenant.campaign.campaign_id, "I agree to more.", "2026-2")
    detail = await _detail(tenant, call_id)
    assert detail.consent_version == "2026-1"
    async with account_session(tenant.account_id) as session:
        assert (await campaigns.get_snapshot(session, tenant.campaign.campaign_id)).consent_version == "2026-2"


async def test_detail_gives_back_what_was_recorded() -> None:
    tenant = await create_tenant()
    call_id = await call(tenant)
    caller_turn = replace(
        turn(call_id, 1, "Zwölf Äpfel 🍏"),
        latency=Latency(end_of_turn=120.5, total=480.25),
        sources=("Price list",),
        node_id="answers",
        interrupted=True,
    )
    records = (caller_turn, event(call_id, 2), usage(call_id, 3), usage(call_id, 4))
    async with account_session(tenant.account_id) as session:
        await calls.mark_answered(session, call_id)
    await _record(tenant, [*records, _end(call_id)])
    detail = await _detail(tenant, call_id)
    assert detail.turns == (caller_turn,)
    assert detail.events == (records[1],)
    assert detail.usage == records[2:]
    assert (detail.interruptions, detail.language, detail.assistant_name) == (2, "en", "Mira")
    summary = detail.summary
    assert (summary.status, summary.end_reason, summary.turns) == (CallStatus.COMPLETED, EndReason.GOODBYE, 1)
    assert str(summary.cost) == "0.500000000"
    assert summary.answered_at is not None


async def test_the_first_answer_counts() -> None:
    tenant = await create_tenant()
    call_id = await call(tenant)
    answer_times: list[datetime | None] = []
    for _ in range(2):
        async with account_session(tenant.account_id) as session:
            await calls.mark_answered(session, call_id)
        answer_times.append((await _detail(tenant, call_id)).summary.answered_at)
    assert answer_times[0] is not None
    assert answer_times[0] == answer_times[1]
    async with account_session(tenant.account_id) as session:
        assert (await calls.get_briefing(session, call_id)).answered_at == answer_times[0]


async def test_what_cannot_be_stored_is_left_out() -> None:
    """A NUL or half a surrogate pair in a transcript must not keep the rest of the call from being stored."""
    tenant = await create_tenant()
    call_id = await call(tenant)
    await _record(tenant, [turn(call_id, 1, "a\x00b\ud800"), replace(event(call_id, 2), data={"\x00k": ["\x00v"]})])
    detail = await _detail(tenant, call_id)
    assert detail.turns[0].text == "ab?"
    assert detail.events[0].data == {"k": ["v"]}


async def test_a_stored_record_stays_as_it_is() -> None:
    tenant = await create_tenant()
    call_id = await call(tenant)
    first = turn(call_id, 1, "first")
    await _record(tenant, [first])
    await _record(tenant, [replace(first, text="second"), turn(call_id, 2, "next")])
    assert [item.text for item in (await _detail(tenant, call_id)).turns] == ["first", "next"]


async def test_one_unknown_call_keeps_everything_out() -> None:
    tenant = await create_tenant()
    call_id = await call(tenant)
    with pytest.raises(NotFound):
        await _record(tenant, [turn(call_id, 1), turn(new_id(), 1)])
    with pytest.raises(IntegrityError):
        await _record(tenant, [turn(call_id, 1), replace(usage(call_id, 2), unit="litres")])
    assert (await _detail(tenant, call_id)).turns == ()


_KINDS = {"turn": turn, "event": event, "usage": usage}


@pytest.fixture(scope="module")
def tenant(database: Stack) -> Tenant:
    """One account for many examples."""

    async def make() -> Tenant:
        try:
            return await create_tenant()
        finally:
            await dispose()

    return asyncio.run(make())


@settings(max_examples=examples(20))
@given(kinds=st.lists(st.sampled_from(sorted(_KINDS)), min_size=1, max_size=8), data=st.data())
def test_any_order_any_repetition_any_split_gives_the_same_rows(
    tenant: Tenant, kinds: list[str], data: st.DataObject
) -> None:
    async def check() -> None:
        call_id = await call(tenant)
        records: list[Record] = [_KINDS[kind](call_id, seq) for seq, kind in enumerate(kinds, 1)]
        end = _end(call_id)
        batch = data.draw(st.permutations([*records, end] * 2))
        while batch:
            size = data.draw(st.integers(1, len(batch)))
            await _record(tenant, batch[:size])
            batch = batch[size:]
        detail = await _detail(tenant, call_id)
        await dispose()
        assert sorted([*detail.turns, *detail.events, *detail.usage], key=lambda item: item.seq) == records
        assert (detail.summary.end_reason, detail.summary.ended_at) == (end.reason, end.ended_at)

    asyncio.run(check())


async def test_of_checkpoints_the_newest_stays_in_any_order() -> None:
    tenant = await create_tenant()
    call_id = await call(tenant)
    async with account_session(tenant.account_id) as session:
        await calls.mark_answered(session, call_id)
    for numbers in ((2, 1), (4,), (3,), (4,)):
        await _record(tenant, [Checkpoint(call_id, seq, f"state {seq}", now()) for seq in numbers])
    async with account_session(tenant.account_id) as session:
        briefing = await calls.get_briefing(session, call_id)
    assert (briefing.checkpoint, briefing.last_seq) == ("state 4", 4)
    assert (await _detail(tenant, call_id)).events == ()


async def test_writers_at_the_same_time_neither_double_nor_block() -> None:
    """Two processes may hold records of the same calls: the one that died and the one that replays."""
    tenant = await create_tenant()
    call_ids = [await call(tenant) for _ in range(3)]
    records: list[Record] = [
        _KINDS[kind](call_id, seq)
        for call_id in call_ids
        for seq, kind in enumerate(("turn", "event", "usage") * 10, 1)
    ]
    records += [_end(call_id) for call_id in call_ids]
    orders = [records, records[::-1], records[1::2] + records[::2], records[7:] + records[:7]]
    await asyncio.gather(*(_record(tenant, order) for order in orders for _ in range(2)))
    for call_id in call_ids:
        detail = await _detail(tenant, call_id)
        assert [item.seq for item in detail.turns] == list(range(1, 31, 3))
        assert [item.seq for item in detail.events] == list(range(2, 31, 3))
        assert [item.seq for item in detail.usage] == list(range(3, 31, 3))


@pytest.mark.parametrize("in_reverse", [False, True])
async def test_the_earliest_end_counts_in_any_order(in_reverse: bool) -> None:
    tenant = await create_tenant()
    call_id = await call(tenant)
    ends = [_end(call_id, EndReason.SILENCE, after=30), _end(call_id, EndReason.GOODBYE, after=31)]
    for end in ends[::-1] if in_reverse else ends:
        await _record(tenant, [end])
    summary = (await _detail(tenant, call_id)).summary
    assert (summary.end_reason, summary.ended_at) == (EndReason.SILENCE, ends[0].ended_at)


@pytest.mark.parametrize("in_reverse", [False, True])
async def test_a_workers_word_counts_more_than_a_verdict(in_reverse: bool) -> None:
    tenant = await create_tenant()
    call_id = await call(tenant)
    ends = [_end(call_id, EndReason.WORKER_LOST, after=1), _end(call_id, EndReason.GOODBYE, after=90)]
    for end in ends[::-1] if in_reverse else ends:
        await _record(tenant, [end])
    summary = (await _detail(tenant, call_id)).summary
    assert (summary.status, summary.end_reason) == (CallStatus.COMPLETED, EndReason.GOODBYE)
    async with account_session(tenant.account_id) as session:
        with pytest.raises(Conflict):
            await calls.get_briefing(session, call_id)


async def test_turns_may_arrive_after_the_end() -> None:
    tenant = await create_tenant()
    call_id = await call(tenant)
    await _record(tenant, [_end(call_id)])
    await _record(tenant, [turn(call_id, 1)])
    assert len((await _detail(tenant, call_id)).turns) == 1


async def _pages(tenant: Tenant, limit: int, filters: CallFilters | None = None) -> list[list[CallSummary]]:
    pages: list[list[CallSummary]] = []
    after = None
    while not pages or after is not None:
        async with account_session(tenant.account_id) as session:
            page = await calls.list_calls(session, filters, after=after, limit=limit)
        pages.append(list(page.calls))
        after = page.after
    return pages


@pytest.mark.parametrize(("limit", "sizes"), [(1, [1] * 7), (3, [3, 3, 1]), (7, [7]), (50, [7])])
async def test_pages_hold_every_call_once_newest_first(limit: int, sizes: list[int]) -> None:
    tenant = await create_tenant()
    call_ids = [await call(tenant) for _ in range(7)]
    pages = await _pages(tenant, limit)
    assert [len(page) for page in pages] == sizes
    assert [item.call_id for page in pages for item in page] == sorted(call_ids, reverse=True)


async def test_a_page_is_the_same_while_new_calls_come() -> None:
    tenant = await create_tenant()
    call_ids = sorted([await call(tenant) for _ in range(4)], reverse=True)
    async with account_session(tenant.account_id) as session:
        first = await calls.list_calls(session, limit=2)
    await call(tenant)
    async with account_session(tenant.account_id) as session:
        second = await calls.list_calls(session, after=first.after, limit=2)
    assert [item.call_id for item in (*first.calls, *second.calls)] == call_ids
    assert second.after is None


async def test_filters() -> None:
    tenant = await create_tenant()
    over, on = await call(tenant), await call(tenant)
    await _record(tenant, [_end(over)])
    for status, expected in ((CallStatus.COMPLETED, over), (CallStatus.ACTIVE, on)):
        assert [[item.call_id for item in page] for page in await _pages(tenant, 10, CallFilters(status=status))] == [
            [expected]
        ]
    campaign_id = tenant.campaign.campaign_id
    assert len((await _pages(tenant, 10, CallFilters(campaign_id=campaign_id)))[0]) == 2
    assert await _pages(tenant, 10, CallFilters(campaign_id=new_id())) == [[]]


async def test_rating() -> None:
    tenant = await create_tenant()
    call_id = await call(tenant)
    for stars, comment, expected in ((2, "  late  ", "late"), (5, "", None), (4, "x" * 3000, "x" * 2000)):
        async with account_session(tenant.account_id) as session:
            await calls.rate(session, call_id, stars, comment)
        detail = await _detail(tenant, call_id)
        assert (detail.summary.rating, detail.comment) == (stars, expected)
    for stars in (0, 6, -1):
        async with account_session(tenant.account_id) as session:
            with pytest.raises(InvalidInput):
                await calls.rate(session, call_id, stars)
    async with account_session(tenant.account_id) as session:
        with pytest.raises(NotFound):
            await calls.rate(session, new_id(), 5)


async def _old_call(tenant: Tenant, superuser_url: str, *, with_answer: bool = False, **ago: float) -> UUID:
    """A call that began so long ago."""
    call_id = await call(tenant)
    if with_answer:
        async with account_session(tenant.account_id) as session:
            await calls.mark_answered(session, call_id)
    with psycopg.connect(superuser_url) as connection:
        connection.execute(
            "update call_sessions set created_at = created_at - %s where id = %s", [timedelta(**ago), call_id]
        )
        connection.execute(
            "update consent_tickets set consented_at = consented_at - %s"
            " where id = (select ticket_id from call_sessions where id = %s)",
            [timedelta(**ago), call_id],
        )
    return call_id


async def _sweep(tenant: Tenant, call_id: UUID) -> CallSummary:
    """The call once a sweep, ours or that of the running product, has ended it."""
    async with asyncio.timeout(20):
        while True:
            await sweep.end_orphaned_calls()
            summary = (await _detail(tenant, call_id)).summary
            if summary.status is not CallStatus.ACTIVE:
                return summary


async def test_a_call_that_nobody_joined_is_abandoned_after_eleven_minutes(database: Stack) -> None:
    tenant, other = await create_tenant(), await create_tenant()
    url = database.superuser_url
    fresh = await _old_call(tenant, url, minutes=10.5)
    for owner, call_id in (
        (tenant, await _old_call(tenant, url, minutes=11.1)),
        (other, await _old_call(other, url, hours=30)),
    ):
        summary = await _sweep(owner, call_id)
        assert (summary.status, summary.end_reason) == (CallStatus.ABANDONED, EndReason.NEVER_JOINED)
    assert (await _detail(tenant, fresh)).summary.status is CallStatus.ACTIVE


async def test_a_call_whose_worker_is_gone_fails_after_its_longest_duration(database: Stack) -> None:
    tenant = await create_tenant()  # calls of five minutes at most; eleven to join, five for the worker to come back
    url = database.superuser_url
    active_id = await _old_call(tenant, url, with_answer=True, minutes=20.5)
    lost_id = await _old_call(tenant, url, with_answer=True, minutes=21.1)
    summary = await _sweep(tenant, lost_id)
    assert (summary.status, summary.end_reason) == (CallStatus.FAILED, EndReason.WORKER_LOST)
    assert (await _detail(tenant, active_id)).summary.status is CallStatus.ACTIVE
    await _record(tenant, [turn(lost_id, 1), _end(lost_id, EndReason.CALLER_LEFT)])
    assert (await _detail(tenant, lost_id)).summary.end_reason is EndReason.CALLER_LEFT


async def test_sweeps_at_the_same_time_leave_an_end_as_it_is(database: Stack) -> None:
    tenant = await create_tenant()
    call_ids = [await _old_call(tenant, database.superuser_url, minutes=12) for _ in range(3)]
    await asyncio.gather(*(sweep.end_orphaned_calls() for _ in range(4)))
    ends = [await _sweep(tenant, call_id) for call_id in call_ids]
    await sweep.end_orphaned_calls()
    assert [(await _detail(tenant, call_id)).summary for call_id in call_ids] == ends
