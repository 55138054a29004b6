"""API tokens: shown once, kept as a hash, no more than their role and their creator's, and over at once."""

import hashlib
from datetime import timedelta
from typing import Any

import httpx
import psycopg
import pytest
from pyotp.totp import TOTP

from quantum_app.api import rate_limits
from quantum_app.db.session import account_session
from quantum_app.domain.accounts import members
from quantum_app.domain.accounts import service as accounts
from quantum_app.domain.accounts.permissions import Role
from quantum_app.domain.accounts.schemas import AccountSettings
from quantum_app.domain.audit import service as audit
from quantum_app.domain.audit.schemas import AuditLogEntry
from quantum_app.domain.identity import api_tokens, second_factor, signup
from quantum_app.domain.identity import service as identity
from quantum_app.domain.identity.schemas import LoginToken
from quantum_app.kit import ids
from quantum_app.kit.clock import now
from quantum_app.kit.ids import new_id
from quantum_app.settings import settings
from tests.api.conftest import Mails
from tests.db.tenants import PASSWORD, Tenant, as_program, create_tenant, log_in

pytestmark = pytest.mark.api

Headers = dict[str, str]
Json = dict[str, Any]

# What asks for each permission that an API token can have.
CALLS, CAMPAIGNS, MEMBERS, AUDIT = "/api/v1/calls", "/api/v1/campaigns", "/api/v1/members", "/api/v1/audit-log"


async def browser(tenant: Tenant) -> Headers:
    """The owner's cookie."""
    return await _cookie(await identity.login(tenant.email, PASSWORD))


async def _cookie(login: object) -> Headers:
    assert isinstance(login, LoginToken)
    return {"cookie": f"{settings().cookie_name}={login.token}"}


async def colleague(tenant: Tenant, role: Role) -> tuple[Tenant, Headers]:
    """Another person of the account, and their cookie in it."""
    user_id, account_id, email = new_id(), new_id(), f"{new_id()}@example.com"
    async with account_session(account_id, user_id=user_id) as session:
        await signup.create_owner(
            session, account_id, user_id, account="Own", email=email, name="Bo", password=PASSWORD
        )
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        await members.invite(session, tenant.account_id, tenant.actor, email, role)
        invitation = next(item for item in await members.list_invitations(session) if item.email == email)
    async with account_session(tenant.account_id, user_id=user_id) as session:
        await members.accept_invitation(session, invitation, user_id)
    resolved = await identity.resolve((await _login(email)).token)
    assert resolved
    cookie = await _cookie(await identity.switch_account(resolved, tenant.account_id))
    return Tenant(tenant.account_id, user_id, email, tenant.campaign), cookie


async def _login(email: str) -> LoginToken:
    login = await identity.login(email, PASSWORD)
    assert isinstance(login, LoginToken)
    return login


def token_request(**changes: Any) -> Json:
    return {"name": "Nightly report", "role": "viewer", "expires_in_days": 90, "password": PASSWORD, **changes}


async def create(web: httpx.AsyncClient, cookie: Headers, **changes: Any) -> Json:
    answer = await web.post("/api/tokens", json=token_request(**changes), headers=cookie)
    assert answer.status_code == 201, answer.text
    return answer.json()


def bearer(token: Json) -> Headers:
    return {"authorization": f"Bearer {token['token']}"}


async def status(web: httpx.AsyncClient, headers: Headers, path: str = CALLS) -> int:
    return (await web.get(path, headers=headers)).status_code


async def log(tenant: Tenant) -> list[AuditLogEntry]:
    async with account_session(tenant.account_id) as session:
        return list((await audit.search(session, action="api_tokens.")).entries)


async def test_a_token_is_shown_once_and_kept_as_a_hash(
    web: httpx.AsyncClient, mails: Mails, superuser: psycopg.Connection
) -> None:
    tenant = await create_tenant()
    cookie = await browser(tenant)
    token = await create(web, cookie)
    text = token["token"]
    assert api_tokens.is_well_formed(text)
    assert (token["name"], token["role"], token["last_four"]) == ("Nightly report", "viewer", text[-4:])
    assert await status(web, bearer(token)) == 200
    answer = await web.get("/api/tokens", headers=cookie)
    (item,) = answer.json()["data"]
    assert item["id"] == token["id"]
    assert (item["created_by"], item["own"]) == (tenant.email, True)
    assert text not in answer.text
    (row,) = superuser.execute("select x::text from api_tokens x where account_id = %s", [tenant.account_id])
    assert text not in row[0]
    assert hashlib.sha256(text.encode()).hexdigest() in row[0]
    (entry,) = await log(tenant)
    assert (entry.action, entry.actor) == ("api_tokens.created", tenant.email)
    assert text not in str(entry)
    assert mails.to(tenant.email) == ["api_token_created"], "so that nobody else creates one unseen"


async def test_a_token_that_is_revoked_stops_at_once(web: httpx.AsyncClient) -> None:
    tenant = await create_tenant()
    cookie = await browser(tenant)
    token, other = await create(web, cookie), await create(web, cookie, name="Other")
    assert (await web.delete(f"/api/tokens/{token['id']}", headers=cookie)).status_code == 204
    refusal = await web.get(CALLS, headers=bearer(token))
    assert (refusal.status_code, refusal.json()["code"]) == (401, "invalid_token")
    assert await status(web, bearer(other)) == 200
    assert (await web.delete(f"/api/tokens/{token['id']}", headers=cookie)).status_code == 404
    assert [entry.action for entry in await log(tenant)] == ["api_tokens.revoked", *["api_tokens.created"] * 2]


@pytest.mark.parametrize(
    ("days", "seconds"), [(30, -1), (30, 60), (90, 60), (365, 60), (None, None)], ids=lambda value: str(value)
)
async def test_a_token_lasts_as_long_as_was_chosen(
    web: httpx.AsyncClient, superuser: psycopg.Connection, days: int | None, seconds: int | None
) -> None:
    tenant = await create_tenant()
    token = await create(web, await browser(tenant), expires_in_days=days)
    query = "select expires_at - created_at from api_tokens where account_id = %s"
    assert superuser.execute(query, [tenant.account_id]).fetchone() == (timedelta(days=days) if days else None,)
    if seconds is not None:
        expires_at = now() + timedelta(seconds=seconds)
        superuser.execute(
            "update api_tokens set expires_at = %s where account_id = %s", [expires_at, tenant.account_id]
        )
    assert await status(web, bearer(token)) == (401 if seconds == -1 else 200)


async def test_a_token_does_what_its_role_does(web: httpx.AsyncClient) -> None:
    tenant = await create_tenant()
    cookie = await browser(tenant)
    may = {"viewer": [200, 200, 403, 403], "builder": [200, 200, 403, 403], "admin": [200, 200, 200, 200]}
    writes = {"viewer": 403, "builder": 404, "admin": 404}
    for role, expected in may.items():
        headers = bearer(await create(web, cookie, name=role, role=role))
        assert [await status(web, headers, path) for path in (CALLS, CAMPAIGNS, MEMBERS, AUDIT)] == expected, role
        missing = f"/api/v1/campaigns/{ids.encode('cmp', new_id())}"
        assert (await web.delete(missing, headers=headers)).status_code == writes[role]


async def test_a_token_does_no_more_than_its_creator_may_now(web: httpx.AsyncClient) -> None:
    tenant = await create_tenant()
    guest, cookie = await colleague(tenant, Role.ADMIN)
    headers = bearer(await create(web, cookie, role="admin"))
    assert await status(web, headers, MEMBERS) == 200
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        await members.change_role(session, tenant.account_id, tenant.actor, guest.user_id, Role.VIEWER)
    assert (await status(web, headers, MEMBERS), await status(web, headers)) == (403, 200)
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        await members.change_role(session, tenant.account_id, tenant.actor, guest.user_id, Role.OPERATOR)
    assert await status(web, headers) == 403
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        await members.remove(session, tenant.account_id, tenant.actor, guest.user_id)
    assert await status(web, headers) == 401
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        await members.invite(session, tenant.account_id, tenant.actor, guest.email, Role.ADMIN)
        (invitation,) = await members.list_invitations(session)
    async with account_session(tenant.account_id, user_id=guest.user_id) as session:
        await members.accept_invitation(session, invitation, guest.user_id)
    assert await status(web, headers) == 401, "who comes back begins without tokens"


async def test_nobody_gives_a_token_more_than_they_may(web: httpx.AsyncClient) -> None:
    tenant = await create_tenant()
    _, cookie = await colleague(tenant, Role.DEVELOPER)
    for role in ("builder", "admin", "owner", "developer"):
        answer = await web.post("/api/tokens", json=token_request(role=role), headers=cookie)
        assert (answer.status_code, answer.json()["field"]) == (400, "role")
    assert await status(web, bearer(await create(web, cookie))) == 200
    for role in (Role.BUILDER, Role.OPERATOR, Role.VIEWER):
        _, cookie = await colleague(tenant, role)
        assert (await web.post("/api/tokens", json=token_request(), headers=cookie)).status_code == 403
        assert (await web.get("/api/tokens", headers=cookie)).status_code == 403


async def test_a_developer_sees_and_revokes_their_own_and_an_admin_everybodys(web: httpx.AsyncClient) -> None:
    tenant = await create_tenant()
    owner = await browser(tenant)
    owner_token = await create(web, owner, name="Owner's")
    developer, cookie = await colleague(tenant, Role.DEVELOPER)
    own_token = await create(web, cookie)
    assert [token["id"] for token in (await web.get("/api/tokens", headers=cookie)).json()["data"]] == [own_token["id"]]
    assert (await web.delete(f"/api/tokens/{owner_token['id']}", headers=cookie)).status_code == 404
    assert await status(web, bearer(owner_token)) == 200
    all_tokens = (await web.get("/api/tokens", headers=owner)).json()["data"]
    assert [(token["created_by"], token["own"]) for token in all_tokens] == [
        (developer.email, False),
        (tenant.email, True),
    ]
    _, admin = await colleague(tenant, Role.ADMIN)
    assert (await web.delete(f"/api/tokens/{own_token['id']}", headers=admin)).status_code == 204
    assert await status(web, bearer(own_token)) == 401


async def test_another_accounts_tokens_are_out_of_reach(web: httpx.AsyncClient) -> None:
    tenant, other = await create_tenant(), await create_tenant()
    token = await create(web, await browser(tenant))
    cookie = await browser(other)
    assert (await web.get("/api/tokens", headers=cookie)).json()["data"] == []
    assert (await web.delete(f"/api/tokens/{token['id']}", headers=cookie)).status_code == 404
    assert await status(web, bearer(token)) == 200
    foreign_path = f"/api/flows/{ids.encode('cmp', other.campaign.campaign_id)}"
    assert await status(web, bearer(token), foreign_path) == 404


async def test_a_token_needs_the_second_factor_that_the_account_asks_for(web: httpx.AsyncClient) -> None:
    tenant = await create_tenant()
    headers = await as_program(tenant)
    owner = await log_in(tenant)
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        await accounts.update_settings(
            session, tenant.account_id, tenant.actor, AccountSettings("Homes", True, None, "Europe/Berlin")
        )
    refusal = await web.get(CALLS, headers=headers)
    assert (refusal.status_code, refusal.json()["code"]) == (403, "second_factor_required")
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        enrolment = await second_factor.enroll(session, owner)
        await second_factor.confirm(session, owner, TOTP(enrolment.secret).now())
    assert await status(web, headers) == 200


async def test_a_token_of_a_deleted_account_does_nothing(web: httpx.AsyncClient) -> None:
    tenant = await create_tenant()
    headers = await as_program(tenant)
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        await accounts.delete(session, tenant.account_id, tenant.actor, typed_name="Homes")
    assert [await status(web, headers, path) for path in (CALLS, CAMPAIGNS, MEMBERS, AUDIT)] == [403] * 4


async def test_a_token_neither_makes_tokens_nor_looks_after_a_login(web: httpx.AsyncClient) -> None:
    tenant = await create_tenant()
    headers = await as_program(tenant)
    proof = {"password": PASSWORD}
    for method, path, body in (
        ("GET", "/api/tokens", None),
        ("POST", "/api/tokens", token_request()),
        ("DELETE", f"/api/tokens/{ids.encode('tok', new_id())}", None),
        ("GET", "/api/auth/me", None),
        ("POST", "/api/auth/switch", {"account": ids.encode("acc", tenant.account_id)}),
        ("POST", "/api/me/password", proof | {"new_password": f"another {PASSWORD}"}),
        ("POST", "/api/me/email", proof | {"email": "x@example.com"}),
        ("POST", "/api/me/second-factor", proof),
    ):
        answer = await web.request(method, path, json=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_a_browser"), path


async def test_who_creates_a_token_proves_who_they_are(web: httpx.AsyncClient) -> None:
    """A stolen cookie becomes no lasting access."""
    tenant = await create_tenant()
    cookie = await browser(tenant)
    for password in ("", "wrong"):
        answer = await web.post("/api/tokens", json=token_request(password=password), headers=cookie)
        assert (answer.status_code, answer.json()["field"]) == (400, "password")
    assert (await web.get("/api/tokens", headers=cookie)).json()["data"] == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"name": "a\u202eb"}, "name"),
        ({"name": "Nightly  report "}, "name"),
        ({"role": "root"}, "role"),
        ({"expires_in_days": 36500}, "expires_in_days"),
    ],
    ids=str,
)
async def test_what_cannot_be_created(web: httpx.AsyncClient, changes: Json, field: str) -> None:
    tenant = await create_tenant()
    cookie = await browser(tenant)
    await create(web, cookie)
    answer = await web.post("/api/tokens", json=token_request(**changes), headers=cookie)
    assert answer.status_code in {400, 422}
    assert answer.json()["field"].startswith(field)


async def test_an_account_has_so_many_tokens(web: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_tokens, "MAX_TOKENS", 2)
    tenant = await create_tenant()
    cookie, program = await browser(tenant), await as_program(tenant)
    token = await create(web, cookie)
    refusal = await web.post("/api/tokens", json=token_request(name="Third"), headers=cookie)
    assert (refusal.status_code, refusal.json()["code"]) == (409, "too_many_tokens")
    await web.delete(f"/api/tokens/{token['id']}", headers=cookie)
    await create(web, cookie, name="Third")
    assert await status(web, program) == 200


async def test_somebody_creates_so_many_an_hour(web: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "API_TOKENS_BY_PERSON", rate_limits.parse("1/hour"))
    cookie = await browser(await create_tenant())
    await create(web, cookie)
    assert (await web.post("/api/tokens", json=token_request(name="Second"), headers=cookie)).status_code == 429


async def test_when_it_was_last_used_is_known_to_the_minute(
    web: httpx.AsyncClient, superuser: psycopg.Connection
) -> None:
    tenant = await create_tenant()
    cookie = await browser(tenant)
    token = await create(web, cookie)

    async def last_used() -> str | None:
        return (await web.get("/api/tokens", headers=cookie)).json()["data"][0]["last_used_at"]

    assert await last_used() is None
    assert await status(web, bearer(token)) == 200
    first = await last_used()
    assert first is not None
    assert await status(web, bearer(token)) == 200
    assert await last_used() == first, "not written at each request"
    superuser.execute(
        "update api_tokens set last_used_at = last_used_at - interval '2 minutes' where account_id = %s",
        [tenant.account_id],
    )
    assert await status(web, bearer(token)) == 200
    assert (await last_used() or "") >= first


async def test_what_a_program_does_is_written_down_as_its_own(web: httpx.AsyncClient) -> None:
    tenant = await create_tenant()
    headers = bearer(await create(web, await browser(tenant), role="builder"))
    path = f"/api/v1/campaigns/{ids.encode('cmp', tenant.campaign.campaign_id)}"
    assert (await web.delete(path, headers=headers)).status_code == 204
    async with account_session(tenant.account_id) as session:
        (entry,) = (await audit.search(session, action="campaigns.deleted")).entries
    assert entry.actor == f"{tenant.email} (API token “Nightly report”)"


async def test_a_password_gets_no_program_in(web: httpx.AsyncClient) -> None:
    tenant = await create_tenant()
    for path in ("/api/auth/token", "/api/auth/token/refresh", "/api/auth/token/revoke"):
        answer = await web.post(path, json={"email": tenant.email, "password": PASSWORD})
        assert answer.status_code == 404


async def test_made_up_tokens_are_nobodys(web: httpx.AsyncClient) -> None:
    tenant = await create_tenant()
    cookie = await browser(tenant)
    token = await create(web, cookie)
    text = token["token"]
    login = cookie["cookie"].partition("=")[2]
    for bad_token in ("", "x", text[:-1], text.swapcase(), api_tokens.new_text(), login, token["id"], f"{text} {text}"):
        answer = await web.get(CALLS, headers={"authorization": f"Bearer {bad_token}"})
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token"), bad_token
    assert await status(web, {"authorization": f"bearer  {text} "}) == 200
    assert await status(web, {"cookie": f"{settings().cookie_name}={text}"}) == 401
