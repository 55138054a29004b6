"""Becoming a user: by signing up, by an invitation; and what one who has the link only cannot do."""

import base64
from uuid import uuid4

import httpx
import psycopg
import pytest

from quantum_app.db.session import account_session
from quantum_app.domain.accounts import members
from quantum_app.domain.accounts.permissions import Role
from quantum_app.kit import tokens
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


def address() -> str:
    return f"{uuid4().hex[:16]}@example.com"


async def sign_up(web: httpx.AsyncClient, email: str, password: str = WORDS) -> httpx.Response:
    body = {"account": "Harbour Homes", "name": "Ada Stone", "email": email, "password": password}
    return await web.post("/api/auth/signup", json=body)


async def get_profile(web: httpx.AsyncClient) -> dict[str, object] | None:
    answer = await web.get("/api/auth/me")
    return answer.json() if answer.status_code == 200 else None


async def test_the_link_opens_the_account_in_the_browser_that_signed_up(web: httpx.AsyncClient, mails: Mails) -> None:
    email = address()
    assert (await sign_up(web, email.upper())).status_code == 202
    assert await get_profile(web) is None
    token = mails.token(email, "signup_verify")
    answer = await web.post("/api/auth/verify", json={"token": token})
    assert answer.status_code == 204, answer.text
    profile = await get_profile(web)
    assert profile
    assert (profile["email"], profile["account"], profile["role"]) == (email, "Harbour Homes", "owner")
    second_use = await web.post("/api/auth/verify", json={"token": token})
    assert (second_use.status_code, second_use.json()["code"]) == (404, "link_over")


async def test_another_browser_needs_the_password_too(web: httpx.AsyncClient, mails: Mails) -> None:
    """Or somebody could sign up with another's address, and have it confirmed by them."""
    email = address()
    await sign_up(web, email)
    web.cookies.clear()
    token = mails.token(email, "signup_verify")
    for password, code in (("", "password_required"), ("not this one", "wrong_credentials")):
        answer = await web.post("/api/auth/verify", json={"token": token, "password": password})
        assert (answer.status_code, answer.json()["code"]) == (401, code)
    assert (await web.post("/api/auth/verify", json={"token": token, "password": WORDS})).status_code == 204
    assert (await get_profile(web) or {})["email"] == email


async def test_only_the_sign_up_whose_link_is_opened_counts(web: httpx.AsyncClient, mails: Mails) -> None:
    """Somebody signs up with a victim's address before; the victim's own sign-up and password are what counts."""
    email = address()
    await sign_up(web, email, "the attackers own words")
    web.cookies.clear()
    await sign_up(web, email)
    assert (await web.post("/api/auth/verify", json={"token": mails.token(email, "signup_verify")})).status_code == 204
    web.cookies.clear()
    credentials = {"email": email, "password": "the attackers own words"}
    assert (await web.post("/api/auth/login", json=credentials)).status_code == 401
    assert (await web.post("/api/auth/login", json={"email": email, "password": WORDS})).status_code == 204


async def test_a_known_address_is_told_by_mail_alone(web: httpx.AsyncClient, mails: Mails) -> None:
    tenant = await create_tenant()
    answers = [await sign_up(web, email) for email in (tenant.email, address())]
    existing, unknown = ((answer.status_code, answer.text, sorted(answer.headers)) for answer in answers)
    assert existing == unknown
    assert mails.to(tenant.email) == ["signup_known"]


async def test_the_link_is_sent_again_to_who_signed_up(web: httpx.AsyncClient, mails: Mails) -> None:
    email = address()
    await sign_up(web, email)
    assert (await web.post("/api/auth/signup/resend")).status_code == 202
    assert mails.to(email) == ["signup_verify"] * 2
    web.cookies.clear()
    assert (await web.post("/api/auth/signup/resend")).status_code == 202
    assert mails.to(email) == ["signup_verify"] * 2


async def test_sending_again_tells_nothing_about_the_address(web: httpx.AsyncClient) -> None:
    """The whole sequence of answers, until the limit and past it."""
    tenant, answers = await create_tenant(), {}
    for number, email in enumerate((tenant.email, address())):
        web.cookies.clear()
        web.headers["x-forwarded-for"] = f"198.51.98.{number}"
        responses = [await sign_up(web, email), *[await web.post("/api/auth/signup/resend") for _ in range(8)]]
        answers[email] = [
            (answer.status_code, answer.json()["code"] if answer.content else "", sorted(answer.headers))
            for answer in responses
        ]
    existing, unknown = answers.values()
    assert existing == unknown
    assert [status for status, _, _ in existing] == [202] * 5 + [429] * 4


async def test_the_cookie_of_a_sign_up_does_not_show_the_address(web: httpx.AsyncClient) -> None:
    tenant, email = await create_tenant(), address()
    cookies = [
        (await sign_up(web, recipient)).cookies[f"{settings().cookie_prefix}_signup"]
        for recipient in (tenant.email, email)
    ]
    assert not any("example.com" in base64.urlsafe_b64decode(cookie.strip('"')).decode("latin-1") for cookie in cookies)


async def test_old_and_made_up_links(web: httpx.AsyncClient, mails: Mails, superuser: psycopg.Connection) -> None:
    email = address()
    await sign_up(web, email)
    token = mails.token(email, "signup_verify")
    superuser.execute("update signups set expires_at = now() where email = %s", [email])
    other = tokens.sign("another key", "signup_verify", new_id())
    for text in (token, token[:-1], "x", "é", other, token.swapcase()):
        answer = await web.post("/api/auth/verify", json={"token": text, "password": WORDS})
        assert (answer.status_code, answer.json()["code"]) == (404, "link_over")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "nobody"),
        ("email", ""),
        ("password", "short"),
        ("password", "password1234"),
        ("password", "Ada Stone 1"),
        ("password", "1234567890"),
        ("password", ""),
        ("name", ""),
        ("account", "x" * 101),
    ],
)
async def test_what_cannot_be_used_is_said_at_its_field(web: httpx.AsyncClient, field: str, value: str) -> None:
    body = {"account": "Harbour Homes", "name": "Ada Stone", "email": address(), "password": WORDS, field: value}
    answer = await web.post("/api/auth/signup", json=body)
    assert 400 <= answer.status_code < 500
    assert answer.json()["field"] == field
    assert answer.json()["detail"].endswith(".")


async def invite(tenant: Tenant, email: str, role: Role = Role.VIEWER) -> None:
    owner = await log_in(tenant)
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        await members.invite(session, tenant.account_id, owner.actor, email, role)


async def test_a_newcomer_joins_by_an_invitation(web: httpx.AsyncClient, mails: Mails) -> None:
    tenant, email = await create_tenant(), address()
    await invite(tenant, email, Role.BUILDER)
    token = mails.token(email, "invitation")
    invitation = (await web.post("/api/auth/invitation", json={"token": token})).json()
    assert invitation == {
        "account": "Homes",
        "email": email,
        "role": "builder",
        "invited_by": "Robin",
        "inviter_email": tenant.email,
        "has_login": False,
        "logged_in_as": "",
    }
    body = {"token": token, "name": "Bo", "password": WORDS}
    assert (await web.post("/api/auth/invitation/join", json=body)).status_code == 204
    profile = await get_profile(web)
    assert profile
    assert (profile["email"], profile["account"], profile["role"]) == (email, "Homes", "builder")
    second_use = await web.post("/api/auth/invitation/join", json=body)
    assert (second_use.status_code, second_use.json()["code"]) == (404, "link_over")


async def test_somebody_with_a_login_joins_and_may_go_back(web: httpx.AsyncClient, mails: Mails) -> None:
    tenant, guest = await create_tenant(), await create_tenant()
    await invite(tenant, guest.email)
    token = mails.token(guest.email, "invitation")
    assert (await web.post("/api/auth/invitation/accept", json={"token": token})).status_code == 401
    body = {"token": token, "name": "Somebody", "password": WORDS}
    refusal = await web.post("/api/auth/invitation/join", json=body)
    assert (refusal.status_code, refusal.json()["code"]) == (409, "known_address")
    await web.post("/api/auth/login", json={"email": guest.email, "password": PASSWORD})
    before = web.cookies[settings().cookie_name]
    assert (await web.post("/api/auth/invitation/accept", json={"token": token})).status_code == 204
    profile = await get_profile(web)
    assert profile
    assert (profile["role"], len(profile["accounts"])) == ("viewer", 2)  # type: ignore[arg-type]
    old = {"cookie": f"{settings().cookie_name}={before}"}
    assert (await web.get("/api/auth/me", headers=old)).status_code == 401, "another account, another token"


async def test_an_invitation_is_for_one_address(web: httpx.AsyncClient, mails: Mails) -> None:
    tenant, thief, email = await create_tenant(), await create_tenant(), address()
    await invite(tenant, email)
    await web.post("/api/auth/login", json={"email": thief.email, "password": PASSWORD})
    answer = await web.post("/api/auth/invitation/accept", json={"token": mails.token(email, "invitation")})
    assert (answer.status_code, answer.json()["code"]) == (400, "other_address")


async def test_revoked_and_replaced_invitations(web: httpx.AsyncClient, mails: Mails) -> None:
    tenant, email = await create_tenant(), address()
    await invite(tenant, email)
    first = mails.token(email, "invitation")
    await invite(tenant, email)
    assert (await web.post("/api/auth/invitation", json={"token": first})).status_code == 404
    second = mails.token(email, "invitation")
    owner = await log_in(tenant)
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        (invitation,) = await members.list_invitations(session)
        await members.revoke_invitation(session, tenant.account_id, owner.actor, invitation.id)
    assert (await web.post("/api/auth/invitation", json={"token": second})).status_code == 404
