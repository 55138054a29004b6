"""Data is kept no longer than the account wants, and what was deleted comes back until it is purged."""

from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from quantum_app.db.session import account_session
from quantum_app.domain.accounts import service as accounts
from quantum_app.domain.calls import service as calls
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.domain.privacy import service as privacy
from quantum_app.domain.privacy import upkeep
from quantum_app.errors import NotFound
from quantum_app.kit.clock import now
from quantum_app.kit.ids import new_id
from quantum_app.providers.data_folder import DataFolder
from tests.db.catalog import account_tables
from tests.db.personal_data import export_status, forget_jobs, record_call, request_export
from tests.db.tenants import Tenant, call, create_tenant, draw, furnish_person, log_in, mail

pytestmark = pytest.mark.service


async def test_calls_are_kept_as_long_as_the_account_wants(clock: psycopg.Connection, files: DataFolder) -> None:
    short_tenant, unlimited_tenant = await create_tenant(), await create_tenant()
    old_id, recent_id, unlimited_id = [
        await record_call(tenant, f"{new_id()}@caller.example", "hello")
        for tenant in (short_tenant, short_tenant, unlimited_tenant)
    ]
    clock.execute("update accounts set retention_days = 30 where account_id = %s", [short_tenant.account_id])
    clock.execute(
        "update call_sessions set ended_at = %s where id = any(%s)",
        [now() - timedelta(days=31), [old_id, unlimited_id]],
    )
    exports = {tenant: await request_export(tenant) for tenant in (short_tenant, unlimited_tenant)}
    for tenant, export_id in exports.items():
        await privacy.build_export(files, tenant.account_id, export_id)
    counts = await upkeep.run(files)
    assert counts["erased"] >= 1
    existence = [files.export_path(tenant.account_id, export_id).exists() for tenant, export_id in exports.items()]
    assert existence == [False, True], "what is erased is in no export either"
    assert [await export_status(tenant) for tenant in exports] == [[], ["ready"]]
    for tenant, expected in ((short_tenant, [recent_id]), (unlimited_tenant, [unlimited_id])):
        async with account_session(tenant.account_id) as session:
            assert [item.call_id for item in (await calls.list_calls(session)).calls] == expected


async def test_a_deleted_call_comes_back_for_thirty_days(clock: psycopg.Connection, files: DataFolder) -> None:
    tenant = await create_tenant()
    owner = await log_in(tenant)
    call_id = await record_call(tenant, f"{new_id()}@caller.example", "hello")
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        await calls.delete(session, tenant.account_id, owner.actor, call_id)
        with pytest.raises(NotFound):
            await calls.get_detail(session, call_id)
        with pytest.raises(NotFound):
            await calls.delete(session, tenant.account_id, owner.actor, call_id)
        await calls.restore(session, tenant.account_id, owner.actor, call_id)
        assert (await calls.get_detail(session, call_id)).turns
        await calls.delete(session, tenant.account_id, owner.actor, call_id)
    clock.execute("update call_sessions set deleted_at = %s where id = %s", [now() - timedelta(days=31), call_id])
    await upkeep.run(files)
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        with pytest.raises(NotFound):
            await calls.restore(session, tenant.account_id, owner.actor, call_id)


async def test_the_calls_of_a_campaign_are_counted_and_deleted_ones_listed(clock: psycopg.Connection) -> None:
    tenant = await create_tenant()
    await record_call(tenant, f"{new_id()}@caller.example", "hello")
    await call(tenant)
    deleted_id, expired_id, erased_id = [
        await record_call(tenant, f"{new_id()}@caller.example", "hello") for _ in range(3)
    ]
    async with account_session(tenant.account_id) as session:
        for call_id in (deleted_id, expired_id, erased_id):
            await calls.delete(session, tenant.account_id, tenant.actor, call_id)
        await calls.erase(session, [erased_id])
    clock.execute("update call_sessions set deleted_at = %s where id = %s", [now() - timedelta(days=31), expired_id])
    async with account_session(tenant.account_id) as session:
        counts = await calls.count_of_campaign(session, tenant.campaign.campaign_id)
        (unlimited_row,) = await calls.list_deleted(session, None, limit=10)
        (limited_row,) = await calls.list_deleted(session, 7, limit=10)
        assert await calls.list_deleted(session, None, limit=0) == []
    assert (counts.active, counts.past) == (1, 1)
    assert (unlimited_row.call_id, unlimited_row.campaign_name) == (deleted_id, "Homes")
    assert unlimited_row.kept_until == unlimited_row.deleted_at + timedelta(days=30)
    assert limited_row.kept_until < limited_row.created_at + timedelta(days=8)


async def test_a_deleted_campaign_takes_no_calls_and_comes_back(clock: psycopg.Connection, files: DataFolder) -> None:
    tenant = await create_tenant()
    owner = await log_in(tenant)
    call_id = await record_call(tenant, f"{new_id()}@caller.example", "hello")
    campaign_id = tenant.campaign.campaign_id
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        await campaigns.delete(session, tenant.account_id, owner.actor, campaign_id)
        assert await campaigns.list_names(session) == []
        assert (await calls.get_detail(session, call_id)).turns, "its calls are still there"
    with pytest.raises(NotFound):
        await campaigns.get_public(tenant.campaign.public_id)
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        await campaigns.restore(session, tenant.account_id, owner.actor, campaign_id)
        with pytest.raises(NotFound):
            await campaigns.restore(session, tenant.account_id, owner.actor, campaign_id)
    assert (await campaigns.get_public(tenant.campaign.public_id)).active
    clock.execute("update campaigns set deleted_at = %s where id = %s", [now() - timedelta(days=31), campaign_id])
    await upkeep.run(files)
    async with account_session(tenant.account_id) as session:
        with pytest.raises(NotFound):
            await calls.get_detail(session, call_id)


async def test_a_deleted_account_is_purged_whole_and_no_other(
    clock: psycopg.Connection, files: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    deleted_tenant, other = await create_tenant(), await create_tenant()
    call_ids = [await record_call(deleted_tenant, f"{new_id()}@caller.example", "hello") for _ in range(3)]
    await record_call(other, f"{new_id()}@caller.example", "hello")
    monkeypatch.setattr(privacy, "_CALLS_PER_JOB", 2)
    for tenant in (deleted_tenant, other):
        await mail(tenant)
        await furnish_person(tenant)
        await draw(tenant)
    tables = [name for name in [*account_tables(clock), "outbox", "login_sessions"]]
    count_query = "select count(*) from {} where account_id = %s"

    def rows(tenant: Tenant) -> dict[str, int]:
        return {
            name: clock.execute(sql.SQL(count_query).format(sql.Identifier(name)), [tenant.account_id]).fetchone()[0]  # type: ignore[index]
            for name in tables
        }

    before = rows(other)
    clock.execute(
        "update accounts set deleted_at = %s where account_id = %s",
        [now() - timedelta(days=29), deleted_tenant.account_id],
    )
    assert (await upkeep.run(files))["purged"] == 0
    clock.execute(
        "update accounts set deleted_at = %s where account_id = %s",
        [now() - timedelta(days=31), deleted_tenant.account_id],
    )
    assert (await upkeep.run(files))["purged"] == 1
    assert set(rows(deleted_tenant).values()) == {0}
    assert sorted(forget_jobs(clock, deleted_tenant.account_id)) == sorted([call_ids[:2], call_ids[2:]]), (
        "files and pages go too"
    )
    assert forget_jobs(clock, other.account_id) == []
    for name in ("users", "one_time_tokens", "recovery_codes", "user_identities", "outbox"):
        column = "id" if name == "users" else "user_id"
        query = sql.SQL("select count(*) from {} where {} = %s").format(sql.Identifier(name), sql.Identifier(column))
        assert clock.execute(query, [deleted_tenant.user_id]).fetchone() == (0,), name
        assert clock.execute(query, [other.user_id]).fetchone() != (0,), name
    assert rows(other) == before


async def test_a_restored_account_is_not_purged(clock: psycopg.Connection, files: DataFolder) -> None:
    tenant = await create_tenant()
    owner = await log_in(tenant)
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        await accounts.delete(session, tenant.account_id, owner.actor, typed_name="Homes")
        await accounts.restore(session, tenant.account_id, owner.actor)
    await upkeep.run(files)
    assert await log_in(tenant)


async def test_an_account_that_fails_stops_no_other(
    clock: psycopg.Connection, files: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing_tenant, deleted_tenant = await create_tenant(), await create_tenant()
    clock.execute(
        "update accounts set deleted_at = %s where account_id = %s",
        [now() - timedelta(days=31), deleted_tenant.account_id],
    )
    apply = privacy.apply_retention

    async def apply_retention(account_id: UUID, retention_days: int | None) -> int:
        if account_id == failing_tenant.account_id:
            raise OSError("broken")
        return await apply(account_id, retention_days)

    monkeypatch.setattr(privacy, "apply_retention", apply_retention)
    with pytest.raises(ExceptionGroup) as error:
        await upkeep.run(files)
    assert [str(error) for error in error.value.exceptions] == ["broken"]
    row = clock.execute("select count(*) from accounts where account_id = %s", [deleted_tenant.account_id]).fetchone()
    assert row == (0,), "it came after, and is purged all the same"


async def test_mail_of_persons_and_of_sign_ups_goes_in_time(clock: psycopg.Connection, files: DataFolder) -> None:
    tenant = await create_tenant()
    person, open_signup, expired_signup = tenant.user_id, new_id(), new_id()
    month, day = now() - timedelta(days=31), now() - timedelta(days=29)
    for signup_id, expires in ((open_signup, now() + timedelta(hours=1)), (expired_signup, now() - timedelta(hours=1))):
        clock.execute(
            "insert into signups (id, account_name, name, email, password_hash, browser_hash, expires_at)"
            " values (%s, 'A', 'N', %s, 'x', 'x', %s)",
            [signup_id, f"{signup_id}@new.example", expires],
        )
    expectations = {
        (person, "sent", month): False,
        (person, "failed", month): False,
        (person, "waiting", month): True,
        (person, "sent", day): True,
        (open_signup, "sent", now()): True,
        (expired_signup, "sent", now()): False,
        (expired_signup, "waiting", now()): False,
    }
    messages = {new_id(): is_kept for is_kept in expectations.values()}
    for message_id, (user_id, status, at) in zip(messages, expectations, strict=True):
        clock.execute(
            "insert into outbox (id, user_id, template, recipient, data, idempotency_key, status, created_at, sent_at)"
            " values (%s, %s, 'signup_known', 'x@x.example', '{}', %s, %s, %s, %s)",
            [message_id, user_id, str(message_id), status, at, at if status == "sent" else None],
        )
    await upkeep.run(files)
    rows = clock.execute("select id from outbox where id = any(%s)", [list(messages)]).fetchall()
    assert {message_id for (message_id,) in rows} == {message_id for message_id, is_kept in messages.items() if is_kept}
    clock.execute("update outbox set status = 'failed', sent_at = null where id = any(%s)", [list(messages)])


async def test_who_belongs_nowhere_for_long_is_nobody(clock: psycopg.Connection, files: DataFolder) -> None:
    tenant = await create_tenant()
    month = now() - timedelta(days=31)
    old_user, new_user, invitee, late_invitee = (new_id() for _ in range(4))
    for user_id, at in ((old_user, month), (new_user, now()), (invitee, month), (late_invitee, month)):
        clock.execute(
            "insert into users (id, email, name, created_at) values (%s, %s, 'N', %s)",
            [user_id, f"{user_id}@nowhere.example", at],
        )
    for user_id, revoked_at in ((invitee, None), (late_invitee, now())):
        clock.execute(
            "insert into invitations (account_id, id, email, role, invited_by, invited_by_id, expires_at, revoked_at)"
            " values (%s, %s, %s, 'viewer', 'x', %s, %s, %s)",
            [
                tenant.account_id,
                new_id(),
                f"{user_id}@nowhere.example",
                tenant.user_id,
                now() + timedelta(days=1),
                revoked_at,
            ],
        )
    clock.execute("update users set created_at = %s where id = %s", [month, tenant.user_id])
    await upkeep.run(files)
    people = [old_user, new_user, invitee, late_invitee, tenant.user_id]
    rows = clock.execute("select id from users where id = any(%s)", [people]).fetchall()
    assert {user_id for (user_id,) in rows} == {new_user, invitee, tenant.user_id}
