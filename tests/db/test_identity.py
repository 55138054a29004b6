"""Logins over the real database."""

import hashlib
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy.exc import IntegrityError

from quantum_app.db.session import account_session
from quantum_app.domain.identity import service as identity
from quantum_app.domain.identity import signup
from quantum_app.errors import NotAllowed, NotAuthenticated, NotFound
from quantum_app.kit.clock import now
from quantum_app.kit.ids import new_id
from tests.db.tenants import PASSWORD, create_tenant
from tests.stack import Stack

pytestmark = pytest.mark.service


async def test_a_login_says_who_it_is() -> None:
    tenant = await create_tenant()
    login = await identity.login(f"  {tenant.email.upper()} ", PASSWORD)
    assert timedelta(days=13, hours=23) < login.expires_at - now() <= timedelta(days=14)
    resolved = await identity.resolve(login.token)
    assert resolved is not None
    assert (resolved.user_id, resolved.account_id, resolved.email) == (tenant.user_id, tenant.account_id, tenant.email)
    assert (resolved.name, resolved.role, resolved.account_name) == ("Robin", "owner", "Homes")


async def test_a_wrong_password_and_an_unknown_address_look_the_same() -> None:
    tenant = await create_tenant()
    refusals: list[NotAuthenticated] = []
    for email, password in (
        (tenant.email, "wrong"),
        (tenant.email, ""),
        (tenant.email, PASSWORD + "x" * 1024),
        (f"{new_id()}@example.com", PASSWORD),
    ):
        with pytest.raises(NotAuthenticated) as error:
            await identity.login(email, password)
        refusals.append(error.value)
    assert len({(refusal.message, refusal.code, refusal.status) for refusal in refusals}) == 1


async def test_only_the_hash_of_a_token_is_stored(superuser: psycopg.Connection) -> None:
    tenant = await create_tenant()
    token = (await identity.login(tenant.email, PASSWORD)).token
    hashes = superuser.execute("select token_hash from login_sessions where user_id = %s", [tenant.user_id]).fetchall()
    assert hashes == [(hashlib.sha256(token.encode()).digest(),)]
    (password_hash,) = superuser.execute(
        "select password_hash from users where id = %s", [tenant.user_id]
    ).fetchone() or ("",)
    assert password_hash.startswith("$argon2id$")


async def test_logout_ends_this_login_and_no_other() -> None:
    tenant = await create_tenant()
    token, other_token = [(await identity.login(tenant.email, PASSWORD)).token for _ in range(2)]
    await identity.logout(token)
    await identity.logout(token)
    await identity.logout("never a token")
    assert await identity.resolve(token) is None
    assert await identity.resolve(other_token) is not None


async def test_an_expired_login_is_nobody_and_is_cleared_away(database: Stack, superuser: psycopg.Connection) -> None:
    tenant = await create_tenant()
    token = (await identity.login(tenant.email, PASSWORD)).token
    with psycopg.connect(database.superuser_url) as connection:
        connection.execute("update login_sessions set expires_at = now() where user_id = %s", [tenant.user_id])
    assert await identity.resolve(token) is None
    await identity.login(tenant.email, PASSWORD)
    query = "select count(*) from login_sessions where user_id = %s"
    assert superuser.execute(query, [tenant.user_id]).fetchone() == (1,)


async def test_somebody_without_an_account_is_told_so(database: Stack) -> None:
    tenant = await create_tenant()
    token = (await identity.login(tenant.email, PASSWORD)).token
    with psycopg.connect(database.superuser_url) as connection:
        connection.execute("delete from memberships where user_id = %s", [tenant.user_id])
    assert await identity.resolve(token) is None
    with pytest.raises(NotAllowed):
        await identity.login(tenant.email, PASSWORD)


async def test_ensure_password() -> None:
    tenant = await create_tenant()
    await signup.ensure_password(tenant.email, PASSWORD)
    await signup.ensure_password(tenant.email, "another one")
    with pytest.raises(NotAuthenticated):
        await identity.login(tenant.email, PASSWORD)
    await identity.login(tenant.email, "another one")
    with pytest.raises(NotFound):
        await signup.ensure_password(f"{new_id()}@example.com", "x")


async def test_an_address_belongs_to_one_person() -> None:
    tenant = await create_tenant()
    account_id, user_id = new_id(), new_id()
    with pytest.raises(IntegrityError, match="uq_users_email"):
        async with account_session(account_id, user_id=user_id) as session:
            await signup.create_owner(
                session, account_id, user_id, account="Other", email=tenant.email.upper(), name="Robin", password="x"
            )
