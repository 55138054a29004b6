"""Logging in by cookie, and what other sites' pages cannot do with it."""

from datetime import timedelta
from email.utils import parsedate_to_datetime
from http.cookies import SimpleCookie

import httpx
import pytest

from quantum_app.api import limits
from quantum_app.kit.clock import now
from quantum_app.settings import settings
from tests.api.conftest import Configure
from tests.db.tenants import PASSWORD, tenant


def cookie(response: httpx.Response) -> SimpleCookie:
    return SimpleCookie(response.headers["set-cookie"])


async def test_in_and_out(web: httpx.AsyncClient) -> None:
    of = await tenant()
    assert (await web.get("/api/auth/me")).status_code == 401
    response = await web.post("/api/auth/login", json={"email": f" {of.email.upper()} ", "password": PASSWORD})
    assert response.status_code == 204, response.text
    set_cookie = cookie(response)[settings().cookie_name]
    assert set_cookie["httponly"]
    assert (set_cookie["samesite"].lower(), set_cookie["path"]) == ("lax", "/")
    assert not set_cookie["secure"]
    assert not set_cookie["domain"]
    me = await web.get("/api/auth/me")
    assert me.json() == {"name": "Robin", "email": of.email, "role": "owner", "account": "Homes"}
    token = web.cookies[settings().cookie_name]
    assert (await web.post("/api/auth/logout")).status_code == 204
    assert settings().cookie_name not in web.cookies
    again = await web.get("/api/auth/me", headers={"cookie": f"{settings().cookie_name}={token}"})
    assert again.status_code == 401, "the token is forgotten here too, not in the browser alone"


async def test_behind_https_the_cookie_is_secure(web: httpx.AsyncClient, configure: Configure) -> None:
    of = await tenant()
    configure("QUANTUM_PUBLIC_URL", "https://calls.example.com")
    response = await web.post("/api/auth/login", json={"email": of.email, "password": PASSWORD})
    assert cookie(response)[settings().cookie_name]["secure"]


async def test_a_wrong_password_and_an_unknown_address_look_the_same(web: httpx.AsyncClient) -> None:
    of = await tenant()
    answers = [
        await web.post("/api/auth/login", json={"email": email, "password": "wrong"})
        for email in (of.email, "nobody@example.com")
    ]
    wrong, unknown = ({**answer.json(), "request_id": ""} for answer in answers)
    assert wrong == unknown
    assert [answer.status_code for answer in answers] == [401, 401]
    assert not any("set-cookie" in answer.headers for answer in answers)


async def test_guessing_is_slowed_down_and_being_right_forgives(web: httpx.AsyncClient) -> None:
    of = await tenant()
    amount = limits.LOGINS_BY_EMAIL.amount
    for _ in range(amount - 1):
        assert (await web.post("/api/auth/login", json={"email": of.email, "password": "no"})).status_code == 401
    right = {"email": of.email, "password": PASSWORD}
    assert (await web.post("/api/auth/login", json=right)).status_code == 204
    for _ in range(amount):
        assert (await web.post("/api/auth/login", json={"email": of.email, "password": "no"})).status_code == 401
    response = await web.post("/api/auth/login", json=right, headers={"x-forwarded-for": "203.0.113.9"})
    assert response.status_code == 429
    assert int(response.headers["retry-after"]) > 0


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost.evil.example"])
async def test_another_sites_page_can_neither_log_in_nor_out(web: httpx.AsyncClient, origin: str) -> None:
    of = await tenant()
    right = {"email": of.email, "password": PASSWORD}
    response = await web.post("/api/auth/login", json=right, headers={"origin": origin})
    assert (response.status_code, response.json()["code"]) == (403, "wrong_origin")
    await web.post("/api/auth/login", json=right, headers={"origin": f"http://localhost:{settings().port}"})
    assert (await web.post("/api/auth/logout", headers={"origin": origin})).status_code == 403
    assert (await web.get("/api/auth/me")).status_code == 200


async def test_a_made_up_token_is_nobodys(web: httpx.AsyncClient) -> None:
    for token in ("", "x", "a" * 4000, "é"):
        cookies = {"cookie": f"{settings().cookie_name}={token}".encode("latin-1").decode("latin-1")}
        headers = httpx.Headers(cookies, encoding="latin-1")
        assert (await web.get("/api/auth/me", headers=headers)).status_code == 401


async def test_a_login_lasts_fourteen_days(web: httpx.AsyncClient) -> None:
    of = await tenant()
    response = await web.post("/api/auth/login", json={"email": of.email, "password": PASSWORD})
    expires_at = parsedate_to_datetime(cookie(response)[settings().cookie_name]["expires"])
    assert timedelta(days=13, hours=23) < expires_at - now() <= timedelta(days=14)
