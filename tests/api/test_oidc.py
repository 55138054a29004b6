"""Signing in by another provider: a real OIDC server on this machine, and everything that can be bent on the way."""

import base64
import hashlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import jwt
import psycopg
import pytest

from ops.home import free_block
from quantum_app.api import oidc
from quantum_app.db.session import account_session
from quantum_app.domain.accounts import members
from quantum_app.domain.accounts.permissions import Role
from quantum_app.domain.identity import external
from quantum_app.kit.ids import new_id
from quantum_app.settings import settings
from tests.api.conftest import Configure, Mails
from tests.db.tenants import PASSWORD, Tenant, create_tenant, furnish_person, log_in

pytestmark = pytest.mark.api

Person = Callable[..., str]


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    port = free_block()
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "oidc_provider_mock",
        "--port",
        str(port),
        "--require-nonce",
        "true",
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        url = f"http://127.0.0.1:{port}"
        give_up = time.monotonic() + 30
        while True:
            try:
                httpx.get(f"{url}/.well-known/openid-configuration").raise_for_status()
                break
            except httpx.HTTPError:
                assert time.monotonic() < give_up, "the provider does not start"
                time.sleep(0.1)
        yield url
        server.terminate()


@pytest.fixture
def person(issuer: str) -> Person:
    """Somebody whom the provider knows; their subject there."""

    def make(email: object, *, verified: bool = True) -> str:
        subject = uuid4().hex
        claims = {"email": email, "email_verified": verified, "name": "Ada Stone"}
        httpx.put(f"{issuer}/users/{subject}", json=claims).raise_for_status()
        return subject

    return make


@pytest.fixture(autouse=True)
def _known_provider(issuer: str, configure: Configure) -> Iterator[None]:
    provider = f'[{{"id": "here", "name": "Here", "issuer": "{issuer}", "client_id": "quantum", "client_secret": "s"}}]'
    configure("QUANTUM_OIDC", provider)
    oidc._provider.cache_clear()
    yield
    oidc._provider.cache_clear()


async def authorize(web: httpx.AsyncClient, subject: str, query: str = "") -> str:
    """Begin, and say yes at the provider; the address that the browser is sent back to."""
    start = await web.get(f"/api/auth/oidc/here/start{query}")
    assert start.status_code == 302, start.text
    return await consent(start.headers["location"], subject)


async def authorize_connect(web: httpx.AsyncClient, subject: str) -> str:
    """The same, for somebody who is logged in and wants to come by the provider from then on."""
    start = await web.post("/api/auth/oidc/here/connect", json={"password": PASSWORD})
    assert start.status_code == 200, start.text
    return await consent(start.json()["url"], subject)


async def consent(url: str, subject: str) -> str:
    async with httpx.AsyncClient() as provider:
        answer = await provider.post(url, data={"sub": subject})
    assert answer.status_code == 302, answer.text
    callback = urlsplit(answer.headers["location"])
    assert (
        f"{callback.scheme}://{callback.netloc}{callback.path}" == f"{settings().web_url}/api/auth/oidc/here/callback"
    )
    return f"{callback.path}?{callback.query}"


def oidc_cookie(web: httpx.AsyncClient) -> str:
    return next(cookie.value or "" for cookie in web.cookies.jar if cookie.name.endswith("_oidc"))


def cookie_header(cookies: dict[str, str]) -> dict[str, str]:
    return {"cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}


async def get_profile(web: httpx.AsyncClient) -> dict[str, object] | None:
    answer = await web.get("/api/auth/me")
    return answer.json() if answer.status_code == 200 else None


async def test_somebody_new_comes_and_comes_again(web: httpx.AsyncClient, person: Person) -> None:
    email = f"{uuid4().hex}@example.com"
    subject = person(email)
    assert (await web.get("/api/auth/providers")).json() == [{"id": "here", "name": "Here"}]
    for _ in range(2):
        response = await web.get(await authorize(web, subject, "?next=/calls?status=active"))
        assert response.headers["location"] == "/calls?status=active"
        profile = await get_profile(web)
        assert profile
        assert (profile["email"], profile["name"], profile["role"], profile["account"]) == (
            email,
            "Ada Stone",
            "owner",
            "Ada Stone's account",
        )
        assert len(profile["accounts"]) == 1  # type: ignore[arg-type]
        web.cookies.clear()


@pytest.mark.parametrize("path", ["//evil.example", "https://evil.example", "/\\evil.example", "", "/a\nb"])
async def test_the_way_back_is_on_this_site(web: httpx.AsyncClient, person: Person, path: str) -> None:
    url = await authorize(web, person(f"{uuid4().hex}@example.com"), str(httpx.URL("", params={"next": path})))
    assert (await web.get(url)).headers["location"] == "/"


async def test_an_address_that_has_a_login_is_not_taken_over(web: httpx.AsyncClient, person: Person) -> None:
    tenant = await create_tenant()
    response = await web.get(await authorize(web, person(tenant.email)))
    assert response.headers["location"] == "/login#problem=known_address"
    assert await get_profile(web) is None


async def test_an_address_that_the_provider_has_not_verified_is_confirmed_by_our_mail(
    web: httpx.AsyncClient, person: Person, mails: Mails
) -> None:
    email = f"{uuid4().hex}@example.com"
    subject = person(email, verified=False)
    response = await web.get(await authorize(web, subject))
    assert response.headers["location"] == "/signup#confirm"
    assert await get_profile(web) is None
    token, browser = mails.token(email, "signup_verify"), dict(web.cookies)
    web.cookies.clear()
    other_browser = await web.post("/api/auth/verify", json={"token": token, "password": PASSWORD})
    assert (other_browser.status_code, other_browser.json()["code"]) == (401, "other_browser")
    web.cookies.update(browser)
    assert (await web.post("/api/auth/verify", json={"token": token})).status_code == 204
    assert (await get_profile(web) or {}).get("email") == email
    web.cookies.clear()
    assert (await web.get(await authorize(web, subject))).headers["location"] == "/"
    assert (await get_profile(web) or {}).get("email") == email, "the identity is known from now on"


async def test_an_unverified_address_tells_nothing_about_who_has_it(
    web: httpx.AsyncClient, person: Person, mails: Mails
) -> None:
    tenant = await create_tenant()
    response = await web.get(await authorize(web, person(tenant.email, verified=False)))
    assert response.headers["location"] == "/signup#confirm"
    assert mails.to(tenant.email) == ["signup_known"]
    assert await external.connected_issuers(tenant.user_id) == []


@pytest.mark.parametrize(
    "email",
    ["", "foo", "x <demo@northquay.example>", "a@example.com, b@example.com", "a@exam\nple.com", ["a@b.cc"], {}, 7],
)
async def test_an_odd_address_is_none(web: httpx.AsyncClient, person: Person, email: object) -> None:
    response = await web.get(await authorize(web, person(email)))
    assert response.headers["location"] == "/login#problem=no_email"
    assert await get_profile(web) is None


async def invite(tenant: Tenant, email: str, mails: Mails) -> str:
    """The token of the link in the mail."""
    owner = await log_in(tenant)
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        await members.invite(session, tenant.account_id, owner.actor, email, Role.OPERATOR)
    return mails.token(email, "invitation")


async def authorize_join(web: httpx.AsyncClient, token: str, subject: str) -> str:
    start = await web.post("/api/auth/oidc/here/join", json={"token": token})
    assert start.status_code == 200, start.text
    return await consent(start.json()["url"], subject)


@pytest.mark.parametrize("verified", [True, False])
async def test_an_invited_person_joins_the_account_they_were_invited_to(
    web: httpx.AsyncClient, person: Person, mails: Mails, verified: bool
) -> None:
    """The link came to the address that was invited: what the provider says of the address does not matter."""
    tenant, email = await create_tenant(), f"{uuid4().hex}@example.com"
    subject = person(email if verified else f"{uuid4().hex}@example.com", verified=verified)
    token = await invite(tenant, email, mails)
    response = await web.get(await authorize_join(web, token, subject))
    assert response.headers["location"] == "/"
    profile = await get_profile(web)
    assert profile
    assert (profile["email"], profile["name"], profile["role"], profile["account"]) == (
        email,
        "Ada Stone",
        "operator",
        "Homes",
    )
    assert len(profile["accounts"]) == 1, "and has no account of their own"  # type: ignore[arg-type]
    web.cookies.clear()
    await web.get(await authorize(web, subject))
    assert (await get_profile(web) or {}).get("account") == "Homes"
    second_response = await web.post("/api/auth/oidc/here/join", json={"token": token})
    assert (second_response.status_code, second_response.json()["code"]) == (404, "link_over")


async def test_an_invitation_opens_no_login_that_is_there(web: httpx.AsyncClient, person: Person, mails: Mails) -> None:
    tenant, other = await create_tenant(), await create_tenant()
    token = await invite(tenant, other.email, mails)
    response = await web.get(await authorize_join(web, token, person(other.email)))
    assert response.headers["location"] == "/invite?problem=known_address"
    assert await get_profile(web) is None
    assert await external.connected_issuers(other.user_id) == []


async def test_an_identity_with_a_login_decides_on_the_invitation_itself(
    web: httpx.AsyncClient, person: Person, mails: Mails
) -> None:
    tenant, subject = await create_tenant(), person(f"{uuid4().hex}@example.com")
    await web.get(await authorize(web, subject))
    web.cookies.clear()
    token = await invite(tenant, f"{uuid4().hex}@example.com", mails)
    response = await web.get(await authorize_join(web, token, subject))
    assert response.headers["location"] == "/invite"
    assert (await get_profile(web) or {}).get("account") == "Ada Stone's account"


async def test_connecting_and_disconnecting(web: httpx.AsyncClient, person: Person, mails: Mails) -> None:
    tenant = await create_tenant()
    subject = person(f"{uuid4().hex}@example.com")
    assert (await web.post("/api/auth/oidc/here/connect", json={"password": PASSWORD})).status_code == 401
    await web.post("/api/auth/login", json={"email": tenant.email, "password": PASSWORD})
    refusal = await web.post("/api/auth/oidc/here/connect", json={"password": "a stolen cookie knows none"})
    assert (refusal.status_code, refusal.json()["field"]) == (400, "password")
    callback = await web.get(await authorize_connect(web, subject))
    assert callback.headers["location"] == "/settings/security#connected"
    web.cookies.clear()
    await web.get(await authorize(web, subject))
    profile = await get_profile(web)
    assert profile
    assert profile["email"] == tenant.email
    response = await web.post("/api/auth/oidc/here/disconnect", json={"password": PASSWORD})
    assert response.status_code == 204
    second_response = await web.post("/api/auth/oidc/here/disconnect", json={"password": PASSWORD})
    assert second_response.status_code == 404
    assert mails.to(tenant.email) == ["identity_changed"] * 2
    web.cookies.clear()
    await web.get(await authorize(web, subject))
    assert (await get_profile(web) or {}).get("email") != tenant.email


async def test_the_only_way_in_stays(web: httpx.AsyncClient, person: Person, superuser: psycopg.Connection) -> None:
    """And whoever has nothing else proves who they are by having just come."""
    subject = person(f"{uuid4().hex}@example.com")
    await web.get(await authorize(web, subject))
    kept_in = await web.post("/api/auth/oidc/here/disconnect", json={})
    assert kept_in.status_code == 409
    superuser.execute("update login_sessions set created_at = now() - interval '11 minutes'")
    refusal = await web.post("/api/me/email", json={"email": f"{uuid4().hex}@example.com"})
    assert (refusal.status_code, refusal.json()["code"]) == (400, "login_again")


async def test_what_is_connected_for_one_login_is_not_for_another(web: httpx.AsyncClient, person: Person) -> None:
    """Somebody is made to finish a sign-in that an attacker began, while they are logged in themselves."""
    victim, attacker = await create_tenant(), await create_tenant()
    await web.post("/api/auth/login", json={"email": attacker.email, "password": PASSWORD})
    callback = await authorize_connect(web, person(f"{uuid4().hex}@example.com"))
    oidc_cookies = {cookie.name: cookie.value or "" for cookie in web.cookies.jar if cookie.name.endswith("_oidc")}
    web.cookies.clear()
    await web.post("/api/auth/login", json={"email": victim.email, "password": PASSWORD})
    response = await web.get(callback, headers=cookie_header({**dict(web.cookies), **oidc_cookies}))
    assert response.headers["location"] == "/settings/security#problem=oidc_refused"
    assert await external.connected_issuers(victim.user_id) == []


async def test_a_second_factor_is_asked_for_here_too(web: httpx.AsyncClient, person: Person, issuer: str) -> None:
    tenant = await create_tenant()
    subject = person(f"{uuid4().hex}@example.com")
    await external.connect(await log_in(tenant), issuer=issuer, subject=subject, email="x@example.com")
    await furnish_person(tenant)
    response = await web.get(await authorize(web, subject))
    assert response.headers["location"].startswith("/login#challenge=")
    assert await get_profile(web) is None


def forge_cookie(web: httpx.AsyncClient, **claims: object) -> dict[str, str]:
    """The cookie with other contents, signed as only we can, to try the checks behind it."""
    name = f"{settings().cookie_prefix}_oidc"
    key = settings().secret_key.get_secret_value()
    cookie_claims = jwt.decode(oidc_cookie(web), key, algorithms=["HS256"], audience="quantum-oidc")
    return {name: jwt.encode(cookie_claims | claims, key, "HS256")}


@pytest.mark.parametrize("mutation", ["state", "no state", "nonce", "provider", "no cookie", "foreign cookie", "code"])
async def test_what_was_bent_logs_nobody_in(web: httpx.AsyncClient, person: Person, mutation: str) -> None:
    url = await authorize(web, person(f"{uuid4().hex}@example.com"))
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    cookies = {f"{settings().cookie_prefix}_oidc": oidc_cookie(web)}
    match mutation:
        case "state":
            query["state"] = query["state"][::-1]
        case "no state":
            del query["state"]
        case "nonce":
            cookies = forge_cookie(web, nonce="another")
        case "provider":
            cookies = forge_cookie(web, provider="there")
        case "no cookie":
            cookies = {}
        case "foreign cookie":
            cookies = {f"{settings().cookie_prefix}_oidc": jwt.encode({"state": query["state"]}, "x" * 32, "HS256")}
        case "code":
            query["code"] = "made-up"
    web.cookies.clear()
    answer = await web.get("/api/auth/oidc/here/callback", params=query, headers=cookie_header(cookies))
    assert answer.headers["location"] == "/login#problem=oidc_refused"
    assert not any(f"{settings().cookie_name}=" in line for line in answer.headers.get_list("set-cookie"))


async def test_the_code_is_good_for_this_browser_alone(web: httpx.AsyncClient) -> None:
    """The provider gets the challenge (RFC 7636), we keep the verifier; this provider here does not compare them."""
    start = await web.get("/api/auth/oidc/here/start")
    query = parse_qs(urlsplit(start.headers["location"]).query)
    key = settings().secret_key.get_secret_value()
    verifier = jwt.decode(oidc_cookie(web), key, algorithms=["HS256"], audience="quantum-oidc")["verifier"]
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    assert (query["code_challenge"], query["code_challenge_method"]) == ([digest], ["S256"])


async def test_an_answer_counts_once(web: httpx.AsyncClient, person: Person) -> None:
    url = await authorize(web, person(f"{uuid4().hex}@example.com"))
    cookies = {f"{settings().cookie_prefix}_oidc": oidc_cookie(web)}
    assert (await web.get(url)).headers["location"] == "/"
    web.cookies.clear()
    second_response = await web.get(url, headers=cookie_header(cookies))
    assert second_response.headers["location"] == "/login#problem=oidc_refused"


async def test_a_provider_that_is_away_is_named(web: httpx.AsyncClient, configure: Configure) -> None:
    providers = '[{"id": "gone", "name": "Gone", "issuer": "http://127.0.0.1:9", "client_id": "x"}]'
    configure("QUANTUM_OIDC", providers)
    answer = await web.get("/api/auth/oidc/gone/start")
    assert (answer.status_code, answer.json()["code"]) == (502, "provider_down")
    page = await web.get("/api/auth/oidc/gone/start", headers={"accept": "text/html,*/*"})
    assert page.headers["location"] == "/login#problem=provider_down"
    assert "can't reach Gone" in answer.json()["detail"]
    assert (await web.get(f"/api/auth/oidc/{new_id()}/start")).status_code == 404
