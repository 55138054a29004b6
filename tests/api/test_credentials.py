"""Passwords, second factors, sessions and tokens, and what somebody can do who has stolen one of them."""

import time
from datetime import timedelta
from http.cookies import SimpleCookie

import httpx
import psycopg
import pytest
from pyotp.totp import TOTP

from quantum_app.db.session import account_session
from quantum_app.domain.accounts import members
from quantum_app.domain.accounts.permissions import Role
from quantum_app.domain.identity import signup
from quantum_app.kit.clock import now
from quantum_app.kit.ids import new_id
from quantum_app.settings import settings
from tests.api.conftest import Mails
from tests.db.tenants import PASSWORD, Tenant, create_tenant, log_in

pytestmark = pytest.mark.api

WORDS = "seven quiet harbours"


@pytest.fixture
def web(live_web: httpx.AsyncClient) -> httpx.AsyncClient:
    """All of this goes to the real server."""
    return live_web


async def login(web: httpx.AsyncClient, tenant: Tenant, password: str = PASSWORD) -> httpx.Response:
    web.cookies.clear()
    return await web.post("/api/auth/login", json={"email": tenant.email, "password": password})


async def status(web: httpx.AsyncClient, **headers: str) -> int:
    return (await web.get("/api/auth/me", headers=headers)).status_code


def cookie(web: httpx.AsyncClient) -> str:
    return f"{settings().cookie_name}={web.cookies[settings().cookie_name]}"


# A new password by mail


async def test_a_forgotten_password(web: httpx.AsyncClient, mails: Mails) -> None:
    tenant = await create_tenant()
    await login(web, tenant)
    old = cookie(web)
    assert (await web.post("/api/auth/forgot", json={"email": f" {tenant.email.upper()}"})).status_code == 202
    token = mails.token(tenant.email, "reset_password")
    refusal = await web.post("/api/auth/reset", json={"token": token, "password": "short"})
    assert (refusal.status_code, refusal.json()["field"]) == (400, "password")
    assert (await web.post("/api/auth/reset", json={"token": token, "password": WORDS})).status_code == 204
    assert await status(web, cookie=old) == 401, "every login ends"
    assert (await login(web, tenant)).status_code == 401
    assert (await login(web, tenant, WORDS)).status_code == 204
    second_use = await web.post("/api/auth/reset", json={"token": token, "password": "other quiet words"})
    assert (second_use.status_code, second_use.json()["code"]) == (404, "link_over")
    assert mails.to(tenant.email) == ["reset_password", "password_changed"]


async def test_a_link_is_good_for_an_hour_and_none_after_one_was_used(
    web: httpx.AsyncClient, mails: Mails, superuser: psycopg.Connection
) -> None:
    tenant = await create_tenant()
    tokens = []
    for _ in range(3):
        await web.post("/api/auth/forgot", json={"email": tenant.email})
        tokens.append(mails.token(tenant.email, "reset_password"))
    assert (await web.post("/api/auth/reset", json={"token": tokens[1], "password": WORDS})).status_code == 204
    for token in tokens:
        answer = await web.post("/api/auth/reset", json={"token": token, "password": "other quiet words"})
        assert answer.status_code == 404
    await web.post("/api/auth/forgot", json={"email": tenant.email})
    link_token = mails.token(tenant.email, "reset_password")
    superuser.execute(
        "update one_time_tokens set expires_at = now() where user_id = %s and used_at is null", [tenant.user_id]
    )
    assert (await web.post("/api/auth/reset", json={"token": link_token, "password": WORDS})).status_code == 404


async def test_who_takes_a_login_back_takes_all_of_it_back(web: httpx.AsyncClient, mails: Mails) -> None:
    """A thief with cookie and password has asked for another address; the new password ends that too."""
    tenant, thief = await create_tenant(), f"{new_id()}@example.com"
    await login(web, tenant)
    assert (await web.post("/api/me/email", json={"password": PASSWORD, "email": thief})).status_code == 202
    await web.post("/api/auth/forgot", json={"email": tenant.email})
    reset = {"token": mails.token(tenant.email, "reset_password"), "password": WORDS}
    assert (await web.post("/api/auth/reset", json=reset)).status_code == 204
    link = {"token": mails.token(thief, "email_confirm")}
    assert (await web.post("/api/auth/confirm-email", json=link)).status_code == 404


async def test_a_link_for_one_thing_is_not_good_for_another(web: httpx.AsyncClient, mails: Mails) -> None:
    tenant = await create_tenant()
    await web.post("/api/auth/forgot", json={"email": tenant.email})
    token = mails.token(tenant.email, "reset_password")
    assert (await web.post("/api/auth/confirm-email", json={"token": token})).status_code == 404
    assert (await web.post("/api/auth/verify", json={"token": token})).status_code == 404
    assert (await web.post("/api/auth/second-factor", json={"challenge": token, "code": "123456"})).status_code == 401


async def test_nothing_tells_whether_somebody_has_an_address(web: httpx.AsyncClient) -> None:
    tenant = await create_tenant()
    for path, body in (
        ("/api/auth/forgot", {}),
        ("/api/auth/login", {"password": "no"}),
    ):
        answers = [
            await web.post(path, json={"email": email, **body}) for email in (tenant.email, f"{new_id()}@example.com")
        ]
        existing, unknown = (
            (answer.status_code, answer.text.replace(answer.headers["x-request-id"], ""), sorted(answer.headers))
            for answer in answers
        )
        assert existing == unknown, path


# What somebody changes who is logged in


async def test_another_password_ends_the_other_logins(web: httpx.AsyncClient, mails: Mails) -> None:
    tenant = await create_tenant()
    await login(web, tenant)
    other = cookie(web)
    await login(web, tenant)
    old_cookie = cookie(web)
    rejection = await web.post("/api/me/password", json={"password": "no", "new_password": WORDS})
    assert (rejection.status_code, rejection.json()["field"]) == (400, "password")
    body = {"password": PASSWORD, "new_password": WORDS}
    assert (await web.post("/api/me/password", json=body)).status_code == 204
    assert await status(web) == 200
    assert await status(web, cookie=other) == 401
    assert await status(web, cookie=old_cookie) == 401, "and a copy of this one's cookie"
    assert mails.to(tenant.email) == ["password_changed"]


async def test_another_address_counts_once_it_is_confirmed(web: httpx.AsyncClient, mails: Mails) -> None:
    tenant, other = await create_tenant(), await create_tenant()
    await login(web, tenant)
    email = f"{new_id()}@example.com"
    body = {"password": PASSWORD, "email": email}
    assert (await web.post("/api/me/email", json=body)).status_code == 202
    assert (await web.get("/api/auth/me")).json()["email"] == tenant.email
    token = mails.token(email, "email_confirm")
    assert (await web.post("/api/auth/confirm-email", json={"token": token})).status_code == 204
    assert (await web.get("/api/auth/me")).json()["email"] == email
    assert mails.to(tenant.email) == ["email_changed"], "the old address is told"
    assert (await web.post("/api/auth/confirm-email", json={"token": token})).status_code == 404
    response = await web.post("/api/me/email", json={"password": PASSWORD, "email": other.email})
    assert response.status_code == 202, "whether somebody has it is not told here"
    answer = await web.post("/api/auth/confirm-email", json={"token": mails.token(other.email, "email_confirm")})
    assert answer.status_code == 409


# The second factor


async def with_second_factor(web: httpx.AsyncClient) -> tuple[Tenant, TOTP, list[str]]:
    tenant = await create_tenant()
    await login(web, tenant)
    enrolment = (await web.post("/api/me/second-factor", json={"password": PASSWORD})).json()
    assert enrolment["qr"].startswith("<svg")
    assert enrolment["secret"] in enrolment["uri"]
    app = TOTP(enrolment["secret"])
    rejection = await web.post("/api/me/second-factor/confirm", json={"code": "000000"})
    assert (rejection.status_code, rejection.json()["field"]) == (400, "code")
    codes = (await web.post("/api/me/second-factor/confirm", json={"code": earlier(app)})).json()["recovery_codes"]
    assert len(set(codes)) == 10
    return tenant, app, codes


def earlier(app: TOTP) -> str:
    """The code of the step before, which is still good, so that the present one is left for the test."""
    return app.at(int(time.time()) - 30)


async def challenge(web: httpx.AsyncClient, tenant: Tenant) -> str:
    answer = await login(web, tenant)
    assert answer.status_code == 200
    assert settings().cookie_name not in web.cookies
    return answer.json()["challenge"]


async def test_a_code_of_the_app_counts_once(web: httpx.AsyncClient) -> None:
    tenant, app, _ = await with_second_factor(web)
    token = await challenge(web, tenant)
    rejection = await web.post("/api/auth/second-factor", json={"challenge": token, "code": "12345"})
    assert (rejection.status_code, rejection.json()["code"]) == (401, "wrong_code")
    code = app.now()
    assert (await web.post("/api/auth/second-factor", json={"challenge": token, "code": code})).status_code == 204
    assert await status(web) == 200
    refusal = await web.post("/api/auth/second-factor", json={"challenge": token, "code": app.now()})
    assert (refusal.status_code, refusal.json()["code"]) == (401, "challenge_over")
    token = await challenge(web, tenant)
    for old_code in (code, earlier(app)):
        second_use = await web.post("/api/auth/second-factor", json={"challenge": token, "code": old_code})
        assert (second_use.status_code, second_use.json()["code"]) == (401, "wrong_code")


async def test_a_recovery_code_counts_once(web: httpx.AsyncClient) -> None:
    tenant, _, codes = await with_second_factor(web)
    loose_code = codes[3].replace("-", " ").lower()
    token = await challenge(web, tenant)
    assert (await web.post("/api/auth/second-factor", json={"challenge": token, "code": loose_code})).status_code == 204
    token = await challenge(web, tenant)
    second_use = await web.post("/api/auth/second-factor", json={"challenge": token, "code": codes[3]})
    assert second_use.json()["code"] == "wrong_code"


@pytest.mark.parametrize("zero", ["٠", "०", "０"])
async def test_digits_of_other_scripts_are_no_code(web: httpx.AsyncClient, zero: str) -> None:
    tenant, app, _ = await with_second_factor(web)
    token = await challenge(web, tenant)
    code = "".join(chr(ord(zero) + int(digit)) for digit in app.now())
    answer = await web.post("/api/auth/second-factor", json={"challenge": token, "code": code})
    assert (answer.status_code, answer.json()["code"]) == (401, "wrong_code")


async def test_codes_cannot_be_guessed(web: httpx.AsyncClient) -> None:
    tenant, app, _ = await with_second_factor(web)
    web.cookies.clear()
    token = await challenge(web, tenant)
    statuses = [
        (await web.post("/api/auth/second-factor", json={"challenge": token, "code": f"{n:06}"})).status_code
        for n in range(8)
    ]
    assert statuses == [401] * 5 + [429] * 3
    body = {"challenge": token, "code": app.now()}
    assert (await web.post("/api/auth/second-factor", json=body)).status_code == 429
    other_address = await web.post("/api/auth/second-factor", json=body, headers={"x-forwarded-for": "192.0.2.77"})
    assert other_address.status_code == 204, "whoever guesses makes themselves wait"


async def test_a_stolen_session_guesses_no_password(web: httpx.AsyncClient) -> None:
    tenant = await create_tenant()
    await login(web, tenant)
    body = {"password": "no", "new_password": WORDS}
    statuses = [(await web.post("/api/me/password", json=body)).status_code for _ in range(7)]
    assert statuses == [400] * 5 + [429] * 2


async def test_turning_it_off_needs_both(web: httpx.AsyncClient, mails: Mails, superuser: psycopg.Connection) -> None:
    tenant, app, codes = await with_second_factor(web)
    for proof in ({"password": PASSWORD}, {"password": "no", "code": codes[0]}, {"code": codes[0]}):
        assert (await web.post("/api/me/second-factor/off", json=proof)).status_code == 400
    body = {"password": PASSWORD, "code": app.now()}
    assert (await web.post("/api/me/second-factor/off", json=body)).status_code == 204
    assert (await login(web, tenant)).status_code == 204
    assert mails.to(tenant.email) == ["second_factor_changed"] * 2
    (row,) = superuser.execute("select totp_secret from users where id = %s", [tenant.user_id])
    assert row == (None,)


async def test_the_secret_is_not_readable_in_the_database(
    web: httpx.AsyncClient, superuser: psycopg.Connection
) -> None:
    tenant, app, codes = await with_second_factor(web)
    (row,) = superuser.execute("select totp_secret from users where id = %s", [tenant.user_id])
    assert app.secret.encode() not in row[0]
    hashes = superuser.execute("select code_hash from recovery_codes where user_id = %s", [tenant.user_id]).fetchall()
    assert not any(codes[0].replace("-", "").encode() in value for (value,) in hashes)


# Sessions


async def test_a_token_from_before_the_login_is_not_the_login(web: httpx.AsyncClient) -> None:
    """Session fixation: whatever cookie is planted, the login is a new one, and so is each next login."""
    tenant = await create_tenant()
    credentials = {"email": tenant.email, "password": PASSWORD}
    session_tokens: list[str] = ["planted"]
    for _ in range(2):
        cookie_header = {"cookie": f"{settings().cookie_name}={session_tokens[-1]}"}
        answer = await web.post("/api/auth/login", json=credentials, headers=cookie_header)
        session_tokens.append(SimpleCookie(answer.headers.get_list("set-cookie")[0])[settings().cookie_name].value)
    assert len(set(session_tokens)) == 3
    web.cookies.clear()
    assert await status(web, cookie=f"{settings().cookie_name}=planted") == 401


async def test_a_stolen_cookie_is_nothing_after_logout(web: httpx.AsyncClient) -> None:
    tenant = await create_tenant()
    await login(web, tenant)
    old_cookie = cookie(web)
    await web.post("/api/auth/logout")
    assert await status(web, cookie=old_cookie) == 401
    answer = await web.post(
        "/api/me/password", json={"password": PASSWORD, "new_password": WORDS}, headers={"cookie": old_cookie}
    )
    assert answer.status_code == 401


async def test_a_login_ends_a_day_after_it_was_last_used(web: httpx.AsyncClient, superuser: psycopg.Connection) -> None:
    tenant = await create_tenant()
    await login(web, tenant)
    superuser.execute(
        "update login_sessions set last_seen_at = now() - interval '23 hours' where user_id = %s", [tenant.user_id]
    )
    assert await status(web) == 200
    (last_seen_at,) = (
        superuser.execute("select last_seen_at from login_sessions where user_id = %s", [tenant.user_id]).fetchone()
        or ()
    )
    assert now() - last_seen_at < timedelta(minutes=1), "being used keeps it"
    superuser.execute(
        "update login_sessions set last_seen_at = now() - interval '25 hours' where user_id = %s", [tenant.user_id]
    )
    assert await status(web) == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
async def test_another_sites_page_changes_nothing(web: httpx.AsyncClient, headers: dict[str, str]) -> None:
    tenant = await create_tenant()
    await login(web, tenant)
    for path, body in (
        ("/api/me/password", {"password": PASSWORD, "new_password": WORDS}),
        ("/api/auth/switch", {"account": "acc_0"}),
        ("/api/auth/logout", {}),
    ):
        answer = await web.post(path, json=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "wrong_origin")
    assert await status(web) == 200


async def test_a_form_of_another_site_is_not_json(web: httpx.AsyncClient) -> None:
    """What a page may send anywhere without asking first: forms and plain text."""
    tenant = await create_tenant()
    await login(web, tenant)
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        body = '{"password": "x", "new_password": "y"}'
        answer = await web.post("/api/me/password", content=body, headers={"content-type": kind})
        assert answer.status_code == 415


async def test_a_login_counts_no_more_once_its_person_is_out(web: httpx.AsyncClient) -> None:
    """Replay after removal, and after a change of role: the token says neither who nor what, it is looked up."""
    tenant, email = await create_tenant(), f"{new_id()}@example.com"
    guest_account, guest = new_id(), new_id()
    async with account_session(guest_account, user_id=guest) as session:
        await signup.create_owner(
            session, guest_account, guest, account="Own", email=email, name="Guest", password=PASSWORD
        )
    owner = await log_in(tenant)
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        await members.invite(session, tenant.account_id, owner.actor, email, Role.ADMIN)
        (invitation,) = await members.list_invitations(session)
    async with account_session(tenant.account_id, user_id=guest) as session:
        await members.accept_invitation(session, invitation, guest)
    await web.post("/api/auth/login", json={"email": email, "password": PASSWORD})
    places = (await web.get("/api/auth/me")).json()["accounts"]
    other = next(place["id"] for place in places if place["name"] == "Homes")
    assert (await web.post("/api/auth/switch", json={"account": other})).status_code == 204
    assert (await web.get("/api/auth/me")).json()["role"] == "admin"
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        await members.change_role(session, tenant.account_id, owner.actor, guest, Role.VIEWER)
    assert (await web.get("/api/auth/me")).json()["role"] == "viewer"
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        await members.remove(session, tenant.account_id, owner.actor, guest)
    assert await status(web) == 401
    response = await web.post("/api/auth/login", json={"email": email, "password": PASSWORD})
    assert response.status_code == 204, "their own account is still theirs"
    refusal = await web.post("/api/auth/switch", json={"account": other})
    assert refusal.status_code == 404
