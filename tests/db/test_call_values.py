"""What calls collect: kept apart from events, seen by whoever may, found, exported and erased."""

import json
import zipfile
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from quantum_app.db.session import account_session
from quantum_app.domain.accounts import service as accounts
from quantum_app.domain.accounts.schemas import AccountSettings
from quantum_app.domain.calls import service as calls
from quantum_app.domain.calls.collected import HIDDEN
from quantum_app.domain.calls.schemas import CallEvent, CallFilters, CollectedValue, Origin
from quantum_app.domain.privacy import service as privacy
from quantum_app.errors import Conflict, NotFound
from quantum_app.kit import ids
from quantum_app.kit.clock import now
from quantum_app.kit.ids import new_id
from quantum_app.providers.data_folder import DataFolder
from tests.db.personal_data import record_call, request_export
from tests.db.tenants import Tenant, call, create_tenant, slot_event

pytestmark = pytest.mark.service

EMAIL = {"variable": "email", "label": "Email", "kind": "email", "sensitivity": "redact"}
ROOMS = {"variable": "rooms", "label": "", "kind": "number", "sensitivity": "none"}


async def _record(tenant: Tenant, *events: CallEvent) -> None:
    async with account_session(tenant.account_id) as session:
        await calls.record(session, tenant.account_id, events)


async def _values(tenant: Tenant, call_id: UUID, *, see_values: bool = True) -> dict[str, CollectedValue]:
    async with account_session(tenant.account_id) as session:
        detail = await calls.get_detail(session, call_id, see_values=see_values)
    return {value.variable: value for value in detail.summary.values}


async def test_values_are_kept_apart_from_events() -> None:
    tenant = await create_tenant()
    call_id = await call(tenant)
    await _record(
        tenant,
        slot_event(call_id, 1),
        slot_event(call_id, 2, "ana@example.com", **EMAIL),
        slot_event(call_id, 3, 3, **ROOMS),
    )
    values = await _values(tenant, call_id)
    assert {name: (item.label, item.value, item.masked) for name, item in values.items()} == {
        "phone": ("Phone", None, True),
        "email": ("Email", "ana@example.com", False),
        "rooms": ("Rooms", 3, False),
    }
    assert [name for name, item in values.items() if item.can_be_revealed] == ["phone"]
    async with account_session(tenant.account_id) as session:
        events = (await calls.get_detail(session, call_id)).events
    assert [item.data for item in events] == [
        {"variable": name, "value": HIDDEN} for name in ("phone", "email", "rooms")
    ]


async def test_without_the_permission_there_are_masks_alone() -> None:
    tenant = await create_tenant()
    call_id = await call(tenant)
    await _record(
        tenant,
        slot_event(call_id, 1),
        slot_event(call_id, 2, "ana@example.com", **EMAIL),
        slot_event(call_id, 3, 3, **ROOMS),
    )
    values = await _values(tenant, call_id, see_values=False)
    assert [(item.value, item.masked, item.can_be_revealed) for item in values.values()] == [(None, True, False)] * 3


async def test_the_newest_value_stays_in_any_order() -> None:
    tenant = await create_tenant()
    call_id = await call(tenant)
    for numbers in ((2, 1), (4,), (3,), (4,)):
        await _record(tenant, *(slot_event(call_id, seq, seq, **ROOMS) for seq in numbers))
    assert (await _values(tenant, call_id))["rooms"].value == 4
    await _record(tenant, slot_event(call_id, 6, None, **ROOMS))
    assert await _values(tenant, call_id) == {}, "it was taken back"
    await _record(tenant, slot_event(call_id, 5, 5, **ROOMS))
    assert await _values(tenant, call_id) == {}


async def test_events_of_the_version_before_are_taken() -> None:
    tenant = await create_tenant()
    call_id = await call(tenant)
    data: tuple[dict[str, Any], ...] = (
        {"variable": "phone", "value": "•••"},
        {"variable": "move_in", "value": "soon"},
        {"value": 1},
    )
    await _record(
        tenant, *(CallEvent(call_id, seq, "slot.filled", now(), fields) for seq, fields in enumerate(data, 1))
    )
    values = await _values(tenant, call_id)
    assert {name: (item.label, item.value) for name, item in values.items()} == {"move_in": ("Move in", "soon")}


async def test_encrypted_values_cannot_be_read_in_the_database(superuser: psycopg.Connection) -> None:
    tenant = await create_tenant()
    call_id = await call(tenant)
    await _record(tenant, slot_event(call_id, 1, "+14105550142"))
    row = superuser.execute("select v::text, v.value from call_values v where call_id = %s", [call_id]).fetchone()
    assert row is not None
    assert "4105550142" not in row[0]
    assert row[1] is None
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        value = await calls.reveal(session, tenant.account_id, tenant.actor, call_id, "phone")
    assert (value.value, value.masked) == ("+14105550142", False)
    query = "select new from audit_log where account_id = %s and action = 'calls.revealed'"
    superuser.commit()
    assert superuser.execute(query, [tenant.account_id]).fetchall() == [({"variable": "phone"},)]


async def test_nothing_is_revealed_of_other_accounts_and_unknown_variables() -> None:
    tenant, other = await create_tenant(), await create_tenant()
    call_id = await call(tenant)
    await _record(tenant, slot_event(call_id, 1))
    for reader, variable in ((other, "phone"), (tenant, "unknown")):
        async with account_session(reader.account_id, user_id=reader.user_id) as session:
            with pytest.raises(NotFound):
                await calls.reveal(session, reader.account_id, reader.actor, call_id, variable)


@pytest.mark.parametrize("sensitivity", ["none", "redact", "encrypt"])
async def test_a_caller_is_found_by_what_they_gave_on_a_call(sensitivity: str) -> None:
    tenant, other = await create_tenant(), await create_tenant()
    await _set_time_zone(tenant)
    call_id = await call(tenant)
    await _record(
        tenant,
        slot_event(call_id, 1, "+4930123456", sensitivity=sensitivity),
        slot_event(call_id, 2, "ana@example.com", **EMAIL | {"sensitivity": sensitivity}),
    )
    await call(tenant)
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        for spelled in ("+49 30 123456", "030 / 123456", "0049 30 123456", "Ana@Example.com"):
            contact = await privacy.normalize_contact(session, tenant.account_id, spelled)
            assert await calls.ids_of_contact(session, tenant.account_id, contact) == [call_id], spelled
            assert await privacy.count_calls(session, tenant.account_id, contact) == 1
    async with account_session(other.account_id) as session:
        assert await calls.ids_of_contact(session, other.account_id, "+4930123456") == []


async def test_a_corrected_number_finds_no_one() -> None:
    tenant = await create_tenant()
    call_id = await call(tenant)
    await _record(tenant, slot_event(call_id, 1, "+14105550142"), slot_event(call_id, 2, "+14105550177"))
    async with account_session(tenant.account_id) as session:
        assert await calls.ids_of_contact(session, tenant.account_id, "+14105550177") == [call_id]
        assert await calls.ids_of_contact(session, tenant.account_id, "+14105550142") == []


async def test_an_export_has_the_values_in_plain_words_and_erasing_takes_them(
    superuser: psycopg.Connection, files: DataFolder
) -> None:
    tenant = await create_tenant()
    call_id = await call(tenant)
    await _record(tenant, slot_event(call_id, 1, "+14105550142"), slot_event(call_id, 2, 3, **ROOMS))
    for contact in (None, "+14105550142"):
        export_id = await request_export(tenant, contact)
        await privacy.build_export(files, tenant.account_id, export_id)
        with zipfile.ZipFile(files.export_path(tenant.account_id, export_id)) as archive:
            rows = json.loads(archive.read("call_values.json"))
        assert {row["variable"]: row["value"] for row in rows} == {"phone": "+14105550142", "rooms": 3}
        assert not {"encrypted_value", "contact_hash"} & rows[0].keys()
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        assert await privacy.erase_caller(session, tenant.account_id, tenant.actor, "+14105550142") == 1
    superuser.commit()
    query = "select count(*) from call_values where account_id = %s"
    assert superuser.execute(query, [tenant.account_id]).fetchone() == (0,)
    await _record(tenant, slot_event(call_id, 3))
    superuser.commit()
    assert superuser.execute(query, [tenant.account_id]).fetchone() == (0,), "a late record brings nothing back"


async def _set_time_zone(tenant: Tenant) -> None:
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        changes = AccountSettings("Homes", False, None, "Europe/Berlin", False)
        await accounts.update_settings(session, tenant.account_id, tenant.actor, changes)


async def test_a_value_that_no_database_takes_is_left_out() -> None:
    tenant = await create_tenant()
    call_id = await call(tenant)
    await _record(
        tenant, slot_event(call_id, 1, "a\0b", variable="note", label="No\0te", kind="text", sensitivity="none")
    )
    note = (await _values(tenant, call_id))["note"]
    assert (note.label, note.value) == ("Note", "ab")


async def test_another_key_makes_a_value_unreadable_and_nothing_else(superuser: psycopg.Connection) -> None:
    tenant = await create_tenant()
    call_id = await call(tenant)
    await _record(tenant, slot_event(call_id, 1))
    superuser.execute("update call_values set encrypted_value = %s where call_id = %s", [str(new_id()), call_id])
    superuser.commit()
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        with pytest.raises(Conflict):
            await calls.reveal(session, tenant.account_id, tenant.actor, call_id, "phone")
    assert (await _values(tenant, call_id))["phone"].masked


async def _search(tenant: Tenant, text: str, *, see_values: bool = True) -> list[UUID]:
    async with account_session(tenant.account_id) as session:
        page = await calls.list_calls(session, CallFilters(text=text), see_values=see_values)
    return [item.call_id for item in page.calls]


async def test_a_call_is_found_by_what_is_known_of_it() -> None:
    tenant, other = await create_tenant(), await create_tenant()
    call_id, foreign = await record_call(tenant, "ana@example.com", "a 100% purple_walrus"), await call(other)
    await call(tenant)
    await _record(
        tenant,
        slot_event(call_id, 4, "+4930123456", sensitivity="redact"),
        slot_event(call_id, 5, "Quirina", variable="who", label="", kind="name", sensitivity="redact"),
        slot_event(call_id, 6, "+14105550142", variable="other"),
        slot_event(call_id, 7, 4711, **ROOMS),
    )
    for text in ("ANA@example", "name a 100%", "purple_WALRUS", ids.encode("call", call_id)):
        assert await _search(tenant, text) == [call_id], text
    for text in ("quirina", "30-123456", "123456", "+4930123456", "4711", "+1 410 555 0142"):
        assert await _search(tenant, text) == [call_id], text
        assert await _search(tenant, text, see_values=False) == [], f"{text}: found by what is masked"
    for text in ("100_", "nobody", "555 0142", ids.encode("call", foreign), "x" * 100):
        assert await _search(tenant, text) == [], text
    assert await _search(tenant, "%") == [call_id], "it stands for itself"
    assert len(await _search(tenant, "\0")) == 2, "nothing is left of it"


async def test_a_list_has_what_was_collected_as_its_reader_may_see_it() -> None:
    tenant = await create_tenant()
    call_id = await call(tenant)
    name_fields = {"variable": "who", "label": "Name", "kind": "name", "sensitivity": "redact"}
    await _record(tenant, slot_event(call_id, 1, "Quirina", **name_fields), slot_event(call_id, 2))
    for see_values, name, values in ((True, "Quirina", ["Quirina", None]), (False, "Sam", [None, None])):
        async with account_session(tenant.account_id) as session:
            [item] = (await calls.list_calls(session, see_values=see_values)).calls
        assert (item.name, [value.value for value in item.values]) == (name, values)


async def test_the_days_of_a_filter() -> None:
    tenant = await create_tenant()
    call_id = await call(tenant)
    at, day = now(), timedelta(days=1)
    for since, until, expected in ((at - day, None, [call_id]), (at + day, None, []), (None, at - day, [])):
        async with account_session(tenant.account_id) as session:
            page = await calls.list_calls(session, CallFilters(since=since, until=until))
        assert [item.call_id for item in page.calls] == expected


async def test_a_result_is_marked_as_done_and_open_again(superuser: psycopg.Connection) -> None:
    tenant = await create_tenant()
    call_id = await call(tenant)
    for handled in (True, False):
        async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
            await calls.mark_handled(session, tenant.account_id, tenant.actor, call_id, handled=handled)
            assert ((await calls.get_detail(session, call_id)).summary.handled_at is not None) == handled
            with pytest.raises(NotFound):
                await calls.mark_handled(session, tenant.account_id, tenant.actor, call_id, handled=handled)
    query = "select action from audit_log where account_id = %s and action like 'calls.%%' order by id"
    superuser.commit()
    assert superuser.execute(query, [tenant.account_id]).fetchall() == [("calls.handled",), ("calls.reopened",)]


async def test_test_calls_are_left_out_unless_asked_for() -> None:
    tenant = await create_tenant()
    caller_call_id = await call(tenant)
    async with account_session(tenant.account_id) as session:
        test = await calls.start(
            session, tenant.campaign, email=None, name=None, consent=True, consent_version="2026-1", origin=Origin.TEST
        )
        for tests, expected in ((False, [caller_call_id]), (True, [test.call_id, caller_call_id])):
            page = await calls.list_calls(session, CallFilters(tests=tests))
            assert [item.call_id for item in page.calls] == expected
        assert page.calls[0].origin is Origin.TEST
