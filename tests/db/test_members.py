"""Who belongs to an account: roles are given and taken by those who may, and each change is written down."""

import asyncio
from dataclasses import replace
from uuid import UUID

import psycopg
import pytest
from sqlalchemy.exc import ProgrammingError

from quantum_app.db.session import account_session, user_session
from quantum_app.domain.accounts import members
from quantum_app.domain.accounts import service as accounts
from quantum_app.domain.accounts.permissions import Permission, Role
from quantum_app.domain.accounts.schemas import AccountSettings
from quantum_app.domain.audit import service as audit
from quantum_app.domain.audit.schemas import AuditLogEntry
from quantum_app.domain.identity import service as identity
from quantum_app.domain.identity import signup
from quantum_app.domain.identity.schemas import Identity, LoginToken
from quantum_app.errors import Conflict, InvalidInput, NotAllowed, NotFound, TooManyRequests
from quantum_app.kit.ids import new_id
from quantum_app.settings import settings
from tests.db.tenants import PASSWORD, Tenant, create_tenant, log_in

pytestmark = pytest.mark.service


async def member(tenant: Tenant, role: Role) -> Identity:
    """Somebody new in the account, logged in."""
    user_id, email, owner = new_id(), f"{new_id()}@example.com", await log_in(tenant)
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        await members.invite(session, tenant.account_id, owner.actor, email, role)
        invitation = next(item for item in await members.list_invitations(session) if item.email == email)
    account_id = new_id()
    async with account_session(account_id, user_id=user_id) as session:
        await signup.create_owner(
            session, account_id, user_id, account="Own", email=email, name="Bo", password=PASSWORD
        )
    async with account_session(tenant.account_id, user_id=user_id) as session:
        await members.accept_invitation(session, invitation, user_id)
    login = await identity.login(email, PASSWORD)
    assert isinstance(login, LoginToken)
    account_login = await identity.switch_account(await _resolve(login.token), tenant.account_id)
    return await _resolve(account_login.token)


async def _resolve(token: str) -> Identity:
    resolved = await identity.resolve(token)
    assert resolved is not None
    return resolved


async def roles(tenant: Tenant) -> dict[UUID, Role]:
    async with account_session(tenant.account_id) as session:
        return {item.user_id: item.role for item in await members.list_members(session)}


async def log(tenant: Tenant, action: str = "") -> list[AuditLogEntry]:
    async with account_session(tenant.account_id) as session:
        return list((await audit.search(session, action=action)).entries)


async def test_roles_change_and_logins_end_at_once() -> None:
    tenant = await create_tenant()
    owner, guest = await log_in(tenant), await member(tenant, Role.VIEWER)
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        await members.change_role(session, tenant.account_id, owner.actor, guest.user_id, Role.BUILDER)
    assert (await roles(tenant))[guest.user_id] is Role.BUILDER
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        await members.remove(session, tenant.account_id, owner.actor, guest.user_id)
    assert guest.user_id not in await roles(tenant)
    async with user_session(guest.user_id) as session:
        assert guest.session_id not in {login.id for login in await identity.list_logins(session, guest)}
    (removal, role_change, join, invitation) = await log(tenant, "members.")
    assert [item.action for item in (invitation, join, role_change, removal)] == [
        "members.invited",
        "members.joined",
        "members.role_changed",
        "members.removed",
    ]
    assert (role_change.previous, role_change.new) == ({"role": "viewer"}, {"role": "builder"})
    assert role_change.actor == owner.email


async def test_whoever_may_not_invite_any_more_leaves_no_way_back() -> None:
    tenant = await create_tenant()
    owner, admin, other = await log_in(tenant), await member(tenant, Role.ADMIN), await member(tenant, Role.ADMIN)
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        await members.invite(session, tenant.account_id, admin.actor, "second-self@example.com", Role.ADMIN)
        await members.invite(session, tenant.account_id, other.actor, "friend@example.com", Role.ADMIN)
        await members.invite(session, tenant.account_id, owner.actor, "colleague@example.com", Role.VIEWER)
        await members.remove(session, tenant.account_id, owner.actor, admin.user_id)
        await members.change_role(session, tenant.account_id, owner.actor, other.user_id, Role.VIEWER)
        assert [item.email for item in await members.list_invitations(session)] == ["colleague@example.com"]
        with pytest.raises(NotFound):
            await members.invite(session, tenant.account_id, admin.actor, "third-self@example.com", Role.ADMIN)
        with pytest.raises(NotAllowed):
            await members.invite(session, tenant.account_id, other.actor, "friend@example.com", Role.VIEWER)


async def test_two_who_remove_each_other_do_not_both_succeed() -> None:
    tenant = await create_tenant()
    first, second = await member(tenant, Role.ADMIN), await member(tenant, Role.ADMIN)

    async def remove(actor: Identity, target: Identity) -> bool:
        try:
            async with account_session(tenant.account_id, user_id=actor.user_id) as session:
                await members.remove(session, tenant.account_id, actor.actor, target.user_id)
        except NotFound:
            return False
        return True

    assert sorted(await asyncio.gather(remove(first, second), remove(second, first))) == [False, True]


async def test_who_may_not_change_whom() -> None:
    tenant = await create_tenant()
    owner, admin = await log_in(tenant), await member(tenant, Role.ADMIN)
    async with account_session(tenant.account_id, user_id=admin.user_id) as session:
        for target, role in ((owner.user_id, Role.VIEWER), (admin.user_id, Role.VIEWER), (new_id(), Role.VIEWER)):
            with pytest.raises((NotAllowed, NotFound)):
                await members.change_role(session, tenant.account_id, admin.actor, target, role)
        with pytest.raises(NotAllowed):
            await members.remove(session, tenant.account_id, admin.actor, owner.user_id)
        with pytest.raises(NotAllowed):
            await members.invite(session, tenant.account_id, admin.actor, "x@example.com", Role.OWNER)
        with pytest.raises(NotAllowed):
            await members.transfer_ownership(session, tenant.account_id, admin.actor, admin.user_id)
    async with account_session(tenant.account_id, user_id=owner.user_id) as session:
        with pytest.raises(NotAllowed):
            await members.remove(session, tenant.account_id, owner.actor, owner.user_id)
        with pytest.raises(InvalidInput):
            await members.transfer_ownership(session, tenant.account_id, owner.actor, owner.user_id)
    assert await roles(tenant) == {owner.user_id: Role.OWNER, admin.user_id: Role.ADMIN}


async def test_the_account_is_handed_over() -> None:
    tenant = await create_tenant()
    owner, heir = await log_in(tenant), await member(tenant, Role.VIEWER)
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        await members.transfer_ownership(session, tenant.account_id, owner.actor, heir.user_id)
    assert await roles(tenant) == {owner.user_id: Role.ADMIN, heir.user_id: Role.OWNER}


async def test_somebody_leaves() -> None:
    tenant = await create_tenant()
    guest = await member(tenant, Role.OPERATOR)
    async with account_session(tenant.account_id, user_id=guest.user_id) as session:
        await members.remove(session, tenant.account_id, guest.actor, guest.user_id)
    assert guest.user_id not in await roles(tenant)
    assert (await log(tenant, "members."))[0].action == "members.left"


async def test_nobody_is_invited_twice_or_without_end(superuser: psycopg.Connection) -> None:
    tenant = await create_tenant()
    owner = await log_in(tenant)
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        with pytest.raises(Conflict):
            await members.invite(session, tenant.account_id, owner.actor, tenant.email, Role.VIEWER)
        for _ in range(settings().quotas.invitations_a_day):
            await members.invite(session, tenant.account_id, owner.actor, "one@example.com", Role.VIEWER)
        assert len(await members.list_invitations(session)) == 1
        with pytest.raises(TooManyRequests):
            await members.invite(session, tenant.account_id, owner.actor, "two@example.com", Role.VIEWER)


async def test_settings_and_what_they_were() -> None:
    tenant = await create_tenant()
    owner = await log_in(tenant)
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        for new_settings in (
            AccountSettings(" ", False, None),
            AccountSettings("Homes", False, 0),
            AccountSettings("Homes", False, None, "Atlantis/Capital"),
        ):
            with pytest.raises(InvalidInput):
                await accounts.update_settings(session, tenant.account_id, owner.actor, new_settings)
        new_settings = AccountSettings(" Better Homes ", True, 90, "Europe/Berlin")
        await accounts.update_settings(session, tenant.account_id, owner.actor, new_settings)
        assert await accounts.get_settings(session, tenant.account_id) == replace(new_settings, name="Better Homes")
    (entry,) = await log(tenant, "account.changed")
    assert entry.previous == {
        "name": "Homes",
        "second_factor_required": False,
        "retention_days": None,
        "time_zone": "UTC",
    }
    assert entry.new == {
        "name": "Better Homes",
        "second_factor_required": True,
        "retention_days": 90,
        "time_zone": "Europe/Berlin",
    }
    assert (await _resolve((await _login(tenant)).token)).lacks_second_factor


async def _login(tenant: Tenant) -> LoginToken:
    login = await identity.login(tenant.email, PASSWORD)
    assert isinstance(login, LoginToken)
    return login


async def test_a_deleted_account_is_closed_until_its_owner_opens_it() -> None:
    tenant = await create_tenant()
    owner, guest = await log_in(tenant), await member(tenant, Role.ADMIN)
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        with pytest.raises(InvalidInput):
            await accounts.delete(session, tenant.account_id, owner.actor, typed_name="homes")
        await accounts.delete(session, tenant.account_id, owner.actor, typed_name="Homes")
    owner, guest = await _rotate(owner), await _rotate(guest)
    assert {permission for permission in Permission if owner.may(permission)} == {"ownership", "self"}
    assert {permission for permission in Permission if guest.may(permission)} == {"self"}
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        await accounts.restore(session, tenant.account_id, owner.actor)
        with pytest.raises(Conflict):
            await accounts.restore(session, tenant.account_id, owner.actor)
    assert (await _rotate(guest)).may(Permission.MEMBERS_MANAGE)


async def _rotate(login: Identity) -> Identity:
    return await _resolve((await identity.rotate_token(login)).token)


async def test_nobody_changes_what_the_log_says(superuser: psycopg.Connection) -> None:
    tenant = await create_tenant()
    await log_in(tenant)
    assert [entry.action for entry in await log(tenant)] == ["login.began"]
    superuser.execute("set local role quantum_app")
    superuser.execute("select set_config('app.account_id', %s, true)", [str(tenant.account_id)])
    for statement in ("update audit_log set actor = 'nobody'", "delete from audit_log", "truncate audit_log"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), superuser.transaction():
            superuser.execute(statement.encode())


async def test_the_log_is_searched() -> None:
    tenant = await create_tenant()
    owner = await log_in(tenant)
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        for number in range(5):
            await audit.record(session, tenant.account_id, owner.actor, "test.done", "thing", f"thing_{number}")
        page = await audit.search(session, action="test.", limit=2)
        assert [entry.entity_id for entry in page.entries] == ["thing_4", "thing_3"]
        second_page = await audit.search(session, action="test.", after=page.after, limit=10)
        assert [entry.entity_id for entry in second_page.entries] == ["thing_2", "thing_1", "thing_0"]
        assert second_page.after is None
        assert len((await audit.search(session, text="THING_3")).entries) == 1
        assert (await audit.search(session, text="100%")).entries == ()
        assert (await audit.search(session, action="test.", until=page.entries[0].at)).entries == ()


async def test_a_person_names_no_account_that_is_not_theirs() -> None:
    tenant, other = await create_tenant(), await create_tenant()
    owner = await log_in(tenant)
    with pytest.raises(NotFound):
        await identity.switch_account(owner, other.account_id)
    async with user_session(tenant.user_id) as session:
        assert [place.account_id for place in await accounts.list_for_user(session)] == [tenant.account_id]
    with pytest.raises(ProgrammingError, match="row-level security"):
        async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
            await accounts.create(session, other.account_id, name="Mine now", owner=tenant.user_id)
