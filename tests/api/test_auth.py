"""Logging in by cookie, and what other sites' pages cannot do with it."""

import asyncio
import hashlib
from datetime import timedelta
from email.utils import parsedate_to_datetime
from http.cookies import SimpleCookie

import httpx
import jwt
import pytest

from quantum_app.api import auth, rate_limits
from quantum_app.domain.accounts.permissions import Permission
from quantum_app.errors import TooManyRequests
from quantum_app.kit.clock import now
from quantum_app.settings import settings
from tests.api.conftest import Configure
from tests.api.test_credentials import with_second_factor
from tests.db.tenants import PASSWORD, create_tenant

pytestmark = pytest.mark.api


def cookie(response: httpx.Response) -> SimpleCookie:
    """All that the answer sets."""
    return SimpleCookie("\r\n".join(response.headers.get_list("set-cookie")))


async def test_in_and_out(web: httpx.AsyncClient) -> None:
    tenant = await create_tenant()
    assert (await web.get("/api/auth/me")).status_code == 401
    response = await web.post("/api/auth/login", json={"email": f" {tenant.email.upper()} ", "password": PASSWORD})
    assert response.status_code == 204, response.text
    set_cookie = cookie(response)[settings().cookie_name]
    assert set_cookie["httponly"]
    assert (set_cookie["samesite"].lower(), set_cookie["path"]) == ("lax", "/")
    assert not set_cookie["secure"]
    assert not set_cookie["domain"]
    me = await web.get("/api/auth/me")
    profile = me.json()
    assert {"name": "Robin", "email": tenant.email, "role": "owner", "account": "Homes"}.items() <= profile.items()
    assert [place["name"] for place in profile["accounts"]] == ["Homes"]
    assert set(profile["permissions"]) == set(Permission)
    token = web.cookies[settings().cookie_name]
    assert (await web.post("/api/auth/logout")).status_code == 204
    assert settings().cookie_name not in web.cookies
    second_response = await web.get("/api/auth/me", headers={"cookie": f"{settings().cookie_name}={token}"})
    assert second_response.status_code == 401, "the token is forgotten here too, not in the browser alone"


async def test_a_browser_that_is_known_does_not_show_whose_it_is(web: httpx.AsyncClient) -> None:
    """Nor can addresses be tried on its cookie: what is in it takes our key to make."""
    tenant = await create_tenant()
    response = await web.post("/api/auth/login", json={"email": tenant.email, "password": PASSWORD})
    claims = jwt.decode(
        cookie(response)[f"{settings().cookie_prefix}_device"].value, options={"verify_signature": False}
    )
    assert len(claims["who"]) == 1
    assert tenant.email not in str(claims)
    hashes = {hashlib.new(name, tenant.email.encode()).hexdigest() for name in ("md5", "sha1", "sha256", "sha512")}
    assert not hashes & set(claims["who"])


async def test_behind_https_the_cookie_is_secure(web: httpx.AsyncClient, configure: Configure) -> None:
    tenant = await create_tenant()
    configure("QUANTUM_PUBLIC_URL", "https://calls.example.com")
    response = await web.post("/api/auth/login", json={"email": tenant.email, "password": PASSWORD})
    assert cookie(response)[settings().cookie_name]["secure"]


async def test_a_wrong_password_and_an_unknown_address_look_the_same(web: httpx.AsyncClient) -> None:
    tenant = await create_tenant()
    answers = [
        await web.post("/api/auth/login", json={"email": email, "password": "wrong"})
        for email in (tenant.email, "nobody@example.com")
    ]
    wrong_password, unknown_address = ({**answer.json(), "request_id": ""} for answer in answers)
    assert wrong_password == unknown_address
    assert [answer.status_code for answer in answers] == [401, 401]
    assert not any("set-cookie" in answer.headers for answer in answers)


async def guess(web: httpx.AsyncClient, email: str, password: str = "no", address: str = "203.0.113.9") -> int:
    """The status of a login from a browser that nobody knows."""
    web.cookies.clear()
    credentials = {"email": email, "password": password}
    return (await web.post("/api/auth/login", json=credentials, headers={"x-forwarded-for": address})).status_code


async def test_guessing_is_slowed_down_and_being_right_forgives(web: httpx.AsyncClient) -> None:
    tenant = await create_tenant()
    free = rate_limits.FREE_GUESSES["pair"]
    for _ in range(free - 1):
        assert await guess(web, tenant.email) == 401
    assert await guess(web, tenant.email, PASSWORD) == 204
    assert [await guess(web, tenant.email) for _ in range(free)] == [401] * free
    response = await web.post(
        "/api/auth/login",
        json={"email": tenant.email, "password": PASSWORD},
        headers={"x-forwarded-for": "203.0.113.9"},
    )
    assert response.status_code == 429
    assert 0 < int(response.headers["retry-after"]) <= rate_limits.FIRST_PAUSE
    assert "Too many attempts" in response.json()["detail"]


async def test_many_guesses_at_once_are_not_judged_for_one(web: httpx.AsyncClient) -> None:
    tenant = await create_tenant()
    statuses = await asyncio.gather(*(guess(web, tenant.email) for _ in range(20)))
    assert statuses.count(401) <= rate_limits.FREE_GUESSES["pair"] + 1
    assert set(statuses) == {401, 429}


async def drop_counters() -> None:
    """Redis drops what it counted, as a full one may."""
    async for key in rate_limits.redis().scan_iter(count=1000):
        if key.startswith((b"LIMITS", b"qv:guess")):
            await rate_limits.redis().delete(key)


async def test_guesses_that_redis_dropped_still_count(web: httpx.AsyncClient) -> None:
    tenant = await create_tenant()
    amount = rate_limits.GUESSES_BY_ONE.amount

    async def guesses(count: int) -> list[int]:
        statuses = []
        for _ in range(count):
            await drop_counters()
            statuses.append(await guess(web, tenant.email))
        return statuses

    assert await guesses(amount - 1) == [401] * (amount - 1)
    assert await guess(web, tenant.email, PASSWORD) == 204, "being right forgives"
    assert await guesses(amount + 1) == [401] * amount + [429]
    await drop_counters()
    assert await guess(web, tenant.email, PASSWORD) == 429
    assert await guess(web, tenant.email, PASSWORD, "203.0.113.10") == 204, "nobody else waits"
    assert await guess(web, tenant.email, PASSWORD) == 429, "and they forgive themselves alone"
    await drop_counters()
    await rate_limits.forget_guesses("login", tenant.email)
    assert await guess(web, tenant.email, PASSWORD) == 204


async def test_attempts_that_redis_dropped_still_count(web: httpx.AsyncClient) -> None:
    limit = rate_limits.parse("3/hour")
    for _ in range(limit.amount):
        await rate_limits.count(limit, "tests", "somebody")
        await drop_counters()
    with pytest.raises(TooManyRequests) as error:
        await rate_limits.count(limit, "tests", "somebody")
    assert 0 < (error.value.retry_after or 0) <= 3600
    await rate_limits.count(limit, "tests", "somebody else")


async def test_guesses_of_others_lock_nobody_out(web: httpx.AsyncClient) -> None:
    """Not from one address, and not from a thousand: somebody's own browser, and a new password, still get in."""
    tenant = await create_tenant()
    body = {"email": tenant.email, "password": PASSWORD}
    assert (await web.post("/api/auth/login", json=body)).status_code == 204
    own_cookies = dict(web.cookies)
    limit = rate_limits.FREE_GUESSES["everybody"] + 1
    for number in range(limit):
        await guess(web, tenant.email, address=f"192.0.2.{number}")
    assert await guess(web, tenant.email, PASSWORD, "192.0.2.250") == 429, "browsers that nobody knows wait"
    web.cookies.update(own_cookies)
    assert (await web.post("/api/auth/login", json=body)).status_code == 204, "the known one does not"
    await rate_limits.forget_guesses("login", tenant.email)  # as a new password by mail does
    assert await guess(web, tenant.email, PASSWORD, "192.0.2.251") == 204


async def test_password_and_code_together_pass_a_lock_out(web: httpx.AsyncClient) -> None:
    """Whatever others guessed. Which of the two is wrong is not told, and an address that guesses waits here too."""
    tenant, app, codes = await with_second_factor(web)
    web.cookies.clear()
    for number in range(rate_limits.FREE_GUESSES["everybody"] + 1):
        guess = {"email": tenant.email, "password": "no"}
        await web.post("/api/auth/login", json=guess, headers={"x-forwarded-for": f"192.0.2.{number}"})

    async def attempt(
        password: str, code: str, address: str = "192.0.2.240", email: str = tenant.email
    ) -> httpx.Response:
        web.cookies.clear()
        body = {"email": email, "password": password, "code": code}
        return await web.post("/api/auth/login", json=body, headers={"x-forwarded-for": address})

    assert (await attempt(PASSWORD, "")).status_code == 429, "a password alone does not pass"
    rejections = [
        await attempt("no", codes[0]),
        await attempt(PASSWORD, "000000"),
        await attempt("no", "000000", email="x@y.zz"),
    ]
    assert {answer.status_code for answer in rejections} == {401}
    assert len({(answer.json()["code"], answer.json()["detail"]) for answer in rejections}) == 1
    assert min(answer.elapsed for answer in rejections).total_seconds() >= auth._BOTH_FACTORS_TIME
    assert settings().cookie_name not in web.cookies
    assert (await attempt(PASSWORD, app.now())).status_code == 204
    assert (await web.get("/api/auth/me")).status_code == 200
    assert (await attempt(PASSWORD, codes[0])).status_code == 204, "a recovery code of a right password was not spent"
    statuses = [(await attempt("no", "000000", "192.0.2.241")).status_code for _ in range(8)]
    assert statuses == [401] * 5 + [429] * 3
    assert (await attempt(PASSWORD, codes[1], "192.0.2.241")).status_code == 429


async def test_a_code_does_not_pass_for_somebody_without_a_second_factor(web: httpx.AsyncClient) -> None:
    tenant = await create_tenant()
    body = {"email": tenant.email, "password": PASSWORD, "code": "000000"}
    answer = await web.post("/api/auth/login", json=body)
    assert (answer.status_code, answer.json()["code"]) == (401, "wrong_credentials")


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost.evil.example"])
async def test_another_sites_page_can_neither_log_in_nor_out(web: httpx.AsyncClient, origin: str) -> None:
    tenant = await create_tenant()
    body = {"email": tenant.email, "password": PASSWORD}
    response = await web.post("/api/auth/login", json=body, headers={"origin": origin})
    assert (response.status_code, response.json()["code"]) == (403, "wrong_origin")
    await web.post("/api/auth/login", json=body, headers={"origin": f"http://localhost:{settings().port}"})
    assert (await web.post("/api/auth/logout", headers={"origin": origin})).status_code == 403
    assert (await web.get("/api/auth/me")).status_code == 200


async def test_a_made_up_token_is_nobodys(web: httpx.AsyncClient) -> None:
    for token in ("", "x", "a" * 4000, "é"):
        cookies = {"cookie": f"{settings().cookie_name}={token}".encode("latin-1").decode("latin-1")}
        headers = httpx.Headers(cookies, encoding="latin-1")
        assert (await web.get("/api/auth/me", headers=headers)).status_code == 401


async def test_a_login_lasts_fourteen_days(web: httpx.AsyncClient) -> None:
    tenant = await create_tenant()
    response = await web.post("/api/auth/login", json={"email": tenant.email, "password": PASSWORD})
    expires_at = parsedate_to_datetime(cookie(response)[settings().cookie_name]["expires"])
    assert timedelta(days=13, hours=23) < expires_at - now() <= timedelta(days=14)
