"""The results of calls by email: to whom, once, with which words, and never more than may be."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import psycopg
import pytest

from quantum_app.db.session import account_session
from quantum_app.domain.accounts import members
from quantum_app.domain.accounts import service as accounts
from quantum_app.domain.accounts.permissions import Role
from quantum_app.domain.calls import orphans, results, sweep
from quantum_app.domain.calls import service as calls
from quantum_app.domain.calls.schemas import CallEnd, CallEvent, CallStatus, EndReason, Origin
from quantum_app.domain.campaigns import recipients
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.domain.flows import drafts
from quantum_app.errors import InvalidInput, NotFound
from quantum_app.jobs.outbox import SOURCES
from quantum_app.kit import ids
from quantum_app.kit.clock import now
from quantum_app.kit.ids import new_id
from quantum_app.settings import settings
from tests.api.test_tokens import colleague
from tests.db.tenants import Tenant, call, create_tenant, slot_event

pytestmark = pytest.mark.service

ROOMS = {"variable": "rooms", "label": "", "kind": "number", "sensitivity": "none"}
PHONE = {"variable": "phone", "label": "Phone", "kind": "phone", "sensitivity": "none"}
NAME = {"variable": "who", "label": "Name", "kind": "name", "sensitivity": "none"}


def _end(call_id: UUID, reason: EndReason = EndReason.GOODBYE) -> CallEnd:
    return CallEnd(call_id, CallStatus.COMPLETED, reason, now())


async def _record(of: Tenant, *records: CallEvent | CallEnd) -> None:
    async with account_session(of.account_id) as session:
        await calls.record(session, of.account_id, records)


async def _finished(of: Tenant, *values: CallEvent, call_id: UUID | None = None) -> UUID:
    """A call that is over, with what it collected."""
    call_id = call_id or await call(of)
    await _record(of, *(values or (slot_event(call_id, 1, 3, **ROOMS),)), _end(call_id))
    return call_id


def _jobs(superuser: psycopg.Connection, call_id: UUID) -> int:
    query = "select count(*) from jobs.procrastinate_jobs where task_name = %s and args ->> 'call_id' = %s"
    [(count,)] = superuser.execute(query, [calls.RESULT_TASK, str(call_id)]).fetchall()
    superuser.commit()
    return count


def _mails(superuser: psycopg.Connection, of: Tenant) -> list[tuple[str, dict[str, Any]]]:
    query = "select recipient, data from outbox where account_id = %s and template = %s order by id"
    rows = superuser.execute(query, [of.account_id, results.TEMPLATE]).fetchall()
    superuser.commit()
    return rows


async def _content(of: Tenant, call_id: UUID, recipient: str | None = None) -> dict[str, Any] | None:
    async with account_session(of.account_id) as session:
        return await SOURCES[results.TEMPLATE](session, recipient or of.email, {"call": str(call_id), "last": False})


async def test_each_recipient_gets_one_email_whatever_is_repeated(superuser: psycopg.Connection) -> None:
    of = await create_tenant()
    call_id = await _finished(of)
    assert _jobs(superuser, call_id) == 1
    assert await results.send(of.account_id, call_id) == 1
    await _record(of, slot_event(call_id, 5, 4, **ROOMS), _end(call_id, EndReason.WORKER_LOST))
    assert _jobs(superuser, call_id) == 2, "what came late may be the first result"
    assert await results.send(of.account_id, call_id) == 0
    assert [recipient for recipient, _ in _mails(superuser, of)] == [of.email]


async def test_values_are_not_kept_with_the_email(superuser: psycopg.Connection) -> None:
    of = await create_tenant()
    call_id = await _finished(of)
    await results.send(of.account_id, call_id)
    assert [data for _, data in _mails(superuser, of)] == [{"call": str(call_id), "last": False}]


async def test_the_email_says_what_may_be_seen() -> None:
    of = await create_tenant()
    call_id = await call(of)
    await _finished(
        of,
        slot_event(call_id, 1, "Quirina", **NAME),
        slot_event(call_id, 2),
        slot_event(call_id, 3, "secret", variable="note", label="Note", kind="text", sensitivity="redact"),
        slot_event(call_id, 4, 3, **ROOMS),
        call_id=call_id,
    )
    content = await _content(of, call_id)
    assert content is not None
    assert (content["caller"], content["campaign"], content["call"]) == (
        "Quirina",
        "Homes",
        ids.encode("call", call_id),
    )
    assert [(item["label"], item["value"]) for item in content["values"]] == [
        ("Email", "caller@example.com"),
        ("Name", "Quirina"),
        ("Phone", None),
        ("Note", None),
        ("Rooms", "3"),
    ]


async def test_a_hidden_name_is_not_in_the_subject() -> None:
    of = await create_tenant()
    call_id = await call(of)
    await _finished(of, slot_event(call_id, 1, "Quirina", **NAME | {"sensitivity": "redact"}), call_id=call_id)
    content = await _content(of, call_id)
    assert content is not None
    assert content["caller"] == "Sam", "what they wrote before the call"


async def test_the_email_says_that_a_call_broke_off() -> None:
    of = await create_tenant()
    lost_id, whole_id = await call(of), await _finished(of)
    await _record(
        of,
        slot_event(lost_id, 1, "+4930123456", **PHONE),
        CallEnd(lost_id, CallStatus.ABANDONED, EndReason.CONNECTION_LOST, now()),
    )
    broken_off, whole = await _content(of, lost_id), await _content(of, whole_id)
    assert broken_off is not None
    assert whole is not None
    assert (broken_off["broke_off"], whole["broke_off"]) == ("Caller disconnected", "")
    assert broken_off["values"][1] == {"kind": "phone", "label": "Phone", "value": "+49 30 123456"}


@pytest.mark.parametrize("origin", [Origin.TEST, Origin.SAMPLE])
async def test_tests_and_samples_tell_nobody(superuser: psycopg.Connection, origin: Origin) -> None:
    of = await create_tenant()
    async with account_session(of.account_id) as session:
        new_call = await calls.start(
            session, of.campaign, email=None, name=None, consent=True, consent_version="2026-1", origin=origin
        )
    call_id = await _finished(of, slot_event(new_call.call_id, 1, 3, **ROOMS), call_id=new_call.call_id)
    assert _jobs(superuser, call_id) == 0
    assert await results.send(of.account_id, call_id) == 0


async def test_a_call_that_collected_nothing_or_goes_on_tells_nobody(superuser: psycopg.Connection) -> None:
    of = await create_tenant()
    empty, empty_again, running = await call(of), await call(of), await call(of)
    await _record(of, _end(empty))
    await _record(
        of, slot_event(empty_again, 1, 3, **ROOMS), slot_event(empty_again, 2, None, **ROOMS), _end(empty_again)
    )
    await _record(of, slot_event(running, 1, 3, **ROOMS))
    assert [_jobs(superuser, item) for item in (empty, running)] == [0, 0]
    for call_id in (empty, empty_again, running):
        assert await results.send(of.account_id, call_id) == 0


async def test_the_sweep_tells_too(superuser: psycopg.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    of = await create_tenant()
    call_id = await call(of)
    await _record(of, slot_event(call_id, 1, 3, **ROOMS))
    later = now() + orphans.JOIN_TIMEOUT + timedelta(hours=5)
    monkeypatch.setattr(sweep, "now", lambda: later)
    await sweep.end_orphaned_calls()
    assert _jobs(superuser, call_id) == 1
    assert await results.send(of.account_id, call_id) == 1


async def test_nothing_is_told_once_it_is_gone_or_not_for_the_recipient() -> None:
    of = await create_tenant()
    deleted_id, erased_id, other_id = [await _finished(of) for _ in range(3)]
    for call_id in (deleted_id, erased_id, other_id):
        assert await _content(of, call_id) is not None
    async with account_session(of.account_id, user_id=of.user_id) as session:
        await calls.delete(session, of.account_id, of.actor, deleted_id)
        await calls.erase(session, [erased_id])
    assert await _content(of, deleted_id) is None
    assert await _content(of, erased_id) is None
    assert await _content(of, other_id, "somebody@example.com") is None
    async with account_session(of.account_id, user_id=of.user_id) as session:
        await campaigns.delete(session, of.account_id, of.actor, of.campaign.campaign_id)
    assert await _content(of, other_id) is None
    assert await results.send(of.account_id, other_id) == 0


async def test_a_flood_ends_with_a_last_email(superuser: psycopg.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    of, other = await create_tenant(), await create_tenant()
    quotas = settings().quotas.model_copy(update={"result_emails_a_day": 2})
    monkeypatch.setattr(results, "settings", lambda: SimpleNamespace(quotas=quotas))
    for _ in range(3):
        await results.send(of.account_id, await _finished(of))
    assert [data["last"] for _, data in _mails(superuser, of)] == [False, True]
    assert await results.send(other.account_id, await _finished(other)) == 1


async def _choose(of: Tenant, *user_ids: UUID, only: UUID | None = None) -> None:
    async with account_session(of.account_id, user_id=of.user_id) as session:
        await recipients.choose(session, of.account_id, of.actor, of.campaign.campaign_id, set(user_ids), only=only)


async def _recipients(of: Tenant, campaign_id: UUID | None = None) -> set[str]:
    async with account_session(of.account_id) as session:
        people = await recipients.list_recipients(session, campaign_id or of.campaign.campaign_id)
    return {member.email for member in people}


async def test_recipients_are_members_who_may_see_values(superuser: psycopg.Connection) -> None:
    of, other = await create_tenant(), await create_tenant()
    builder, viewer = (await colleague(of, Role.BUILDER))[0], (await colleague(of, Role.VIEWER))[0]
    assert await _recipients(of) == {of.email}, "the owner, unless somebody chooses otherwise"
    await _choose(of, builder.user_id, viewer.user_id, other.user_id, new_id())
    assert await _recipients(of) == {builder.email}
    call_id = await _finished(of)
    assert await results.send(of.account_id, call_id) == 1
    assert [recipient for recipient, _ in _mails(superuser, of)] == [builder.email]
    assert await _content(of, call_id) is None, "not the owner's anymore"

    async with account_session(of.account_id, user_id=of.user_id) as session:
        await members.change_role(session, of.account_id, of.actor, builder.user_id, Role.VIEWER)
    assert await _recipients(of) == set()
    assert await _content(of, call_id, builder.email) is None
    async with account_session(of.account_id, user_id=of.user_id) as session:
        await members.change_role(session, of.account_id, of.actor, builder.user_id, Role.BUILDER)
        await members.remove(session, of.account_id, of.actor, builder.user_id)
    rows = superuser.execute("select from campaign_recipients where account_id = %s", [of.account_id]).fetchall()
    assert rows == []


async def test_who_has_to_set_up_a_second_factor_gets_nothing() -> None:
    of = await create_tenant()
    async with account_session(of.account_id, user_id=of.user_id) as session:
        changes = replace(await accounts.get_settings(session, of.account_id), second_factor_required=True)
        await accounts.update_settings(session, of.account_id, of.actor, changes)
    call_id = await _finished(of)
    assert await _recipients(of) == set()
    assert await results.send(of.account_id, call_id) == 0


async def test_who_does_not_see_members_chooses_for_themselves() -> None:
    of = await create_tenant()
    builder = (await colleague(of, Role.BUILDER))[0]
    await _choose(of, builder.user_id, only=builder.user_id)
    assert await _recipients(of) == {of.email, builder.email}
    await _choose(of, of.user_id, only=builder.user_id)
    assert await _recipients(of) == {of.email}
    async with account_session(of.account_id) as session:
        choices = await recipients.list_choices(session, of.campaign.campaign_id, only=builder.user_id)
    assert [(item.email, item.active) for item in choices] == [(builder.email, False)]


async def test_choosing_is_limited_and_audited(superuser: psycopg.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    of, other = await create_tenant(), await create_tenant()
    builder = (await colleague(of, Role.BUILDER))[0]
    monkeypatch.setattr(recipients, "MOST", 1)
    with pytest.raises(InvalidInput):
        await _choose(of, of.user_id, builder.user_id)
    await _choose(of, of.user_id)
    await _choose(of)
    audited = "select previous, new from audit_log where account_id = %s and action = 'campaigns.changed'"
    assert superuser.execute(audited, [of.account_id]).fetchall() == [
        ({"recipients": of.email}, {"name": "Homes", "recipients": None})
    ]
    async with account_session(other.account_id, user_id=other.user_id) as session:
        with pytest.raises(NotFound):
            await recipients.choose(session, other.account_id, other.actor, of.campaign.campaign_id, {other.user_id})


async def test_a_copy_has_the_recipients_of_its_source() -> None:
    of = await create_tenant()
    await _choose(of)
    async with account_session(of.account_id, user_id=of.user_id) as session:
        copy_id = await campaigns.duplicate(session, of.account_id, of.actor, of.campaign.campaign_id)
        new = await campaigns.create(session, of.account_id, of.actor, "New", drafts.empty())
    assert await _recipients(of, copy_id) == set()
    assert await _recipients(of, new) == {of.email}


async def test_a_deleted_account_tells_nobody() -> None:
    of = await create_tenant()
    call_id = await _finished(of)
    async with account_session(of.account_id, user_id=of.user_id) as session:
        await accounts.delete(session, of.account_id, of.actor, typed_name="Homes")
    assert await results.send(of.account_id, call_id) == 0
