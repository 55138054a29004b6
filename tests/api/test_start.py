"""`POST /api/public/campaigns/{public_id}/calls`: the way into a call, and every way it is refused without a trace."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx
import jwt
import psycopg
import pytest
from psycopg.rows import dict_row
from pydantic import SecretStr

from quantum_app.api import calls as api_calls
from quantum_app.api import rate_limits
from quantum_app.db import session
from quantum_app.db.session import account_session
from quantum_app.domain.accounts import service as accounts
from quantum_app.domain.accounts.permissions import Role
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.kit import ids
from quantum_app.kit.clock import now
from quantum_app.kit.ids import new_id
from quantum_app.providers.livekit import Rooms
from quantum_app.settings import settings
from tests.api.conftest import Configure, Lines, Rows
from tests.api.test_tokens import browser, colleague
from tests.db.tenants import Tenant, create_tenant
from tests.stack import Stack

pytestmark = pytest.mark.api

PROBLEM = "application/problem+json"


def call_request(tenant: Tenant, **changes: Any) -> dict[str, Any]:
    defaults = {
        "email": "Ines@Example.com",
        "name": "Ines",
        "consent": True,
        "consent_version": tenant.campaign.consent_version,
    }
    return {key: value for key, value in (defaults | changes).items() if value is not ...}


def path(tenant: Tenant) -> str:
    return f"/api/public/campaigns/{tenant.campaign.public_id}/calls"


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR, None])
async def test_a_test_call_is_one_of_somebody_who_may_see_the_calls(
    web: httpx.AsyncClient, product: Stack, role: Role | None
) -> None:
    tenant = await create_tenant()
    cookie = await browser(await create_tenant()) if role is None else (await colleague(tenant, role))[1]
    for as_test, headers, origin in (
        (True, cookie, "test" if role is Role.VIEWER else "caller"),
        (False, await browser(tenant), "caller"),
        (True, {}, "caller"),
    ):
        answer = await web.post(path(tenant), json=call_request(tenant, test=as_test), headers=headers)
        assert answer.status_code == 201, answer.text
        with psycopg.connect(product.superuser_url) as connection:
            query = "select origin from call_sessions where id = %s"
            row = connection.execute(query, [ids.decode("call", answer.json()["call_id"])]).fetchone()
        assert row == (origin,)


async def test_a_call_starts(web: httpx.AsyncClient, rows: Rows, product: Stack) -> None:
    tenant = await create_tenant()
    before = rows()
    response = await web.post(path(tenant), json=call_request(tenant))
    assert response.status_code == 201, response.text
    answer = response.json()
    assert answer.keys() == {"call_id", "server_url", "token", "expires_at", "test"}
    assert answer["server_url"] == settings().livekit.browser_url
    expires_at = datetime.fromisoformat(answer["expires_at"])
    assert timedelta(minutes=9, seconds=50) < expires_at - now() <= timedelta(minutes=10)
    assert rows() == before | {name: before[name] + 1 for name in ("consent_tickets", "call_sessions")}

    claims = jwt.decode(answer["token"], settings().livekit.api_secret.get_secret_value(), algorithms=["HS256"])
    assert abs(claims["exp"] - expires_at.timestamp()) <= 1
    assert claims["video"]["room"] == answer["call_id"]
    assert claims["video"]["roomJoin"] is True
    assert claims["video"]["canPublishSources"] == ["microphone"]
    assert not claims["video"].keys() & {"roomAdmin", "roomCreate", "roomList", "roomRecord", "canUpdateOwnMetadata"}
    (agent,) = claims["roomConfig"]["agents"]
    assert agent["agentName"] == settings().worker.agent_name

    call_id = ids.decode("call", answer["call_id"])
    with psycopg.connect(product.superuser_url, row_factory=dict_row) as connection:
        row = connection.execute(
            "select * from call_sessions c join consent_tickets t on t.id = ticket_id and t.account_id = c.account_id"
            " where c.id = %s",
            [call_id],
        ).fetchone()
    assert row is not None
    assert (row["email"], row["name"], row["status"]) == ("ines@example.com", "Ines", "active")
    assert (row["wording"], row["wording_version"]) == (
        tenant.campaign.consent_text,
        tenant.campaign.consent_version,
    )
    assert row["language"] == "en"
    assert now() - row["consented_at"] < timedelta(seconds=30)


REFUSALS = {
    "no consent": (422, "consent_required", {"consent": False}),
    "no word about consent": (422, "consent_required", {"consent": ...}),
    "consent as a word": (422, "invalid_consent", {"consent": "yes"}),
    "consent as a number": (422, "invalid_consent", {"consent": 1}),
    "an older wording": (409, "consent_outdated", {"consent_version": "2019-1"}),
    "no wording": (409, "consent_outdated", {"consent_version": ...}),
    "no address": (422, "email_required", {"email": ...}),
    "an empty address": (422, "email_required", {"email": "  "}),
    "half an address": (422, "invalid_email", {"email": "ines@"}),
    "two addresses": (422, "invalid_email", {"email": "a@example.com, b@example.com"}),
    "an address with a line break": (422, "invalid_email", {"email": "a@example.com\r\nBcc: b@example.com"}),
    "a long address": (422, "invalid_email", {"email": "a" * 400 + "@example.com"}),
    "a name with a NUL": (422, "invalid_text", {"name": "Ines\0"}),
    "a long name": (422, "invalid_name", {"name": "a" * 101}),
    "a name that is a list": (422, "invalid_name", {"name": ["Ines"]}),
}


@pytest.mark.parametrize("case", REFUSALS)
async def test_a_refused_call_leaves_no_row(web: httpx.AsyncClient, rows: Rows, case: str) -> None:
    status, code, changes = REFUSALS[case]
    tenant = await create_tenant()
    before = rows()
    response = await web.post(path(tenant), json=call_request(tenant, **changes))
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert rows() == before
    assert_problem(response)


def assert_problem(response: httpx.Response) -> None:
    assert response.headers["content-type"] == PROBLEM
    assert response.headers["cache-control"] == "no-store"
    body = response.json()
    assert {"type", "title", "status", "detail", "code", "request_id"} <= body.keys()
    assert body["status"] == response.status_code
    assert body["request_id"] == response.headers["x-request-id"]


async def test_an_unknown_campaign(web: httpx.AsyncClient, rows: Rows) -> None:
    tenant = await create_tenant()
    before = rows()
    for public_id in (
        "nobody",
        "cmp_" + "0" * 26,
        str(tenant.campaign.campaign_id),
        "demo%00",
        "'; drop table users --",
    ):
        response = await web.post(f"/api/public/campaigns/{public_id}/calls", json=call_request(tenant))
        assert response.status_code == 404, public_id
        assert_problem(response)
    assert rows() == before


async def test_a_paused_campaign(web: httpx.AsyncClient, rows: Rows) -> None:
    tenant = await create_tenant()
    async with account_session(tenant.account_id) as session:
        await campaigns.pause(session, tenant.account_id, tenant.actor, tenant.campaign.campaign_id)
    before = rows()
    response = await web.post(path(tenant), json=call_request(tenant))
    assert (response.status_code, response.json()["code"]) == (409, "campaign_paused")
    assert_problem(response)
    campaign = await web.get(f"/api/public/campaigns/{tenant.campaign.public_id}")
    assert (campaign.status_code, campaign.json()["status"]) == (200, "paused")
    assert rows() == before
    async with account_session(tenant.account_id) as session:
        await campaigns.resume(session, tenant.account_id, tenant.actor, tenant.campaign.campaign_id)
    assert (await web.post(path(tenant), json=call_request(tenant))).status_code == 201


@pytest.mark.parametrize(
    ("status", "content", "kind"),
    [
        (415, b"email=a", "application/x-www-form-urlencoded"),
        (415, b"{}", "text/plain"),
        (400, b"{", "application/json"),
        (400, b"[]", "application/json"),
        (400, b"\xff\xfe", "application/json"),
        (400, '{"name": "Ines\\u0000"}'.encode("utf-16"), "application/json"),
        (400, '{"name": "Ines\\u0000"}'.encode("utf-32-le"), "application/json; charset=utf-32"),
        (400, '{"name": "Ines"}'.encode("utf-8-sig"), "application/json"),
        (400, b'{"name": "\\ud800"}', "application/json"),
        (422, b'{"name": {"Ines\\u0000": 1}}', "application/json"),
        (422, b'{"name": 1e999}', "application/json"),
        (413, b'{"name": "' + b"a" * 20_000 + b'"}', "application/json"),
    ],
)
async def test_a_body_that_cannot_be_used(
    web: httpx.AsyncClient, rows: Rows, status: int, content: bytes, kind: str
) -> None:
    tenant = await create_tenant()
    before = rows()
    response = await web.post(path(tenant), content=content, headers={"content-type": kind})
    assert response.status_code == status, response.text
    assert_problem(response)
    assert rows() == before


async def test_too_many_attempts_with_an_address(web: httpx.AsyncClient, rows: Rows) -> None:
    tenant = await create_tenant()
    for _ in range(rate_limits.CALLS_BY_EMAIL.amount):
        assert (await web.post(path(tenant), json=call_request(tenant))).status_code == 201
    before = rows()
    response = await web.post(path(tenant), json=call_request(tenant, email=" I.NES+again@example.com"))
    assert (response.status_code, response.json()["code"]) == (429, "too_many_requests")
    assert_problem(response)
    assert 1 <= int(response.headers["retry-after"]) <= 600
    assert response.json()["retry_after"] == int(response.headers["retry-after"])
    assert rows() == before
    assert (await web.post(path(tenant), json=call_request(tenant, email="other@example.com"))).status_code == 201


async def test_too_many_attempts_from_one_place(web: httpx.AsyncClient, rows: Rows) -> None:
    tenant = await create_tenant()
    before = rows()
    for _ in range(settings().capacity.starts_per_minute):
        assert (await web.post(path(tenant), json=call_request(tenant, consent=False))).status_code == 422
    response = await web.post(path(tenant), json=call_request(tenant))
    assert response.status_code == 429
    assert rows() == before
    other_address = {"x-forwarded-for": "203.0.113.7"}
    assert (await web.post(path(tenant), json=call_request(tenant), headers=other_address)).status_code == 201


async def test_without_redis_calls_start_and_are_still_limited(
    web: httpx.AsyncClient,
    configure: Configure,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    tenant = await create_tenant()
    await rate_limits.close()
    configure("REDIS_URL", "redis://127.0.0.1:9/0")
    count = 0
    while (
        answer := await web.post(path(tenant), json=call_request(tenant), headers=from_address(count))
    ).status_code == 201:
        count += 1
    assert_busy(answer)
    assert count == settings().worker.max_calls - 1, "the share of one account, by what this process knows"
    assert "REDIS" in caplog.text + "".join(capsys.readouterr())


@pytest.mark.parametrize("config", [{"url": "ws://127.0.0.1:9"}, {"api_secret": SecretStr("not the secret" * 4)}])
async def test_without_livekit_the_caller_is_told_and_no_row_is_left(
    web: httpx.AsyncClient, rows: Rows, monkeypatch: pytest.MonkeyPatch, config: dict[str, Any]
) -> None:
    tenant = await create_tenant()
    rooms = Rooms(settings().livekit.model_copy(update=config), "quantum")
    monkeypatch.setattr(api_calls, "rooms", lambda: rooms)
    before = rows()
    response = await web.post(path(tenant), json=call_request(tenant))
    assert (response.status_code, response.json()["component"]) == (503, "LIVEKIT")
    assert_problem(response)
    assert "Try again" in response.json()["detail"]
    assert rows() == before


async def test_without_the_database_the_caller_is_told(web: httpx.AsyncClient, configure: Configure) -> None:
    tenant = await create_tenant()
    await session.dispose()
    configure("DATABASE_URL", "postgresql://quantum_app@127.0.0.1:9/quantum")
    response = await web.post(path(tenant), json=call_request(tenant))
    assert (response.status_code, response.json()["component"]) == (503, "DB")
    assert_problem(response)


async def test_the_call_page_learns_what_it_shows(web: httpx.AsyncClient) -> None:
    tenant = await create_tenant()
    response = await web.get(f"/api/public/campaigns/{tenant.campaign.public_id}")
    assert response.json() == {
        "public_id": tenant.campaign.public_id,
        "account_name": tenant.campaign.account_name,
        "verified_domain": None,
        "name": tenant.campaign.name,
        "assistant_name": "Mira",
        "language": "en",
        "status": "active",
        "email_required": True,
        "consent": {"version": tenant.campaign.consent_version, "text": tenant.campaign.consent_text},
    }
    demo = (await web.get("/api/public/campaigns/demo")).json()
    assert (demo["account_name"], demo["assistant_name"]) == ("Northquay Living", "Mira")
    assert demo["verified_domain"] == "northquay.example"


@pytest.mark.parametrize(
    ("email", "expected"),
    [
        ("owner@northquay.example", "northquay.example"),
        ("owner@gmail.com", None),
        ("owner@mailbox.org", None),
        ("owner@аpple.example", "xn--pple-43d.example"),  # with a Cyrillic а
    ],
)
async def test_callers_see_the_domain_of_whoever_owns_the_account(
    web: httpx.AsyncClient, superuser: psycopg.Connection, email: str, expected: str | None
) -> None:
    """Not what they call themselves: it follows the owner's confirmed address, and only when the account shows it."""
    tenant = await create_tenant()
    superuser.execute("update users set email = %s where id = %s", [f"{new_id()}.{email}", tenant.user_id])

    async def verified_domain() -> str | None:
        return (await web.get(f"/api/public/campaigns/{tenant.campaign.public_id}")).json()["verified_domain"]

    assert await verified_domain() is None
    async with account_session(tenant.account_id) as session:
        account_settings = await accounts.get_settings(session, tenant.account_id)
        await accounts.update_settings(
            session, tenant.account_id, tenant.actor, replace(account_settings, show_domain=True)
        )
    assert await verified_domain() == expected
    superuser.execute("update users set email = %s where id = %s", [f"{new_id()}@elsewhere.example", tenant.user_id])
    assert await verified_domain() == "elsewhere.example"


async def test_an_unknown_address_of_the_api(web: httpx.AsyncClient) -> None:
    for method, address in (("GET", "/api/nothing"), ("POST", "/api/"), ("GET", "/api/auth")):
        response = await web.request(method, address)
        assert response.status_code == 404
        assert_problem(response)
        assert response.headers["x-content-type-options"] == "nosniff"


def from_address(number: int) -> dict[str, str]:
    """Another address each time."""
    return {"x-forwarded-for": f"203.0.113.{number}"}


def assert_busy(response: httpx.Response) -> None:
    assert_problem(response)
    body = response.json()
    assert (response.status_code, body["code"]) == (503, "busy")
    assert body["detail"] == f"All lines are busy. Try again in {body['retry_after']} seconds."
    assert response.headers["retry-after"] == str(body["retry_after"])
    assert body["callback"] is False


async def test_when_nobody_can_take_a_call_nothing_is_written(web: httpx.AsyncClient, lines: Lines, rows: Rows) -> None:
    tenant = await create_tenant()
    await lines(0)
    before = rows()
    assert_busy(await web.post(path(tenant), json=call_request(tenant)))
    assert rows() == before
    await lines(1)
    assert (await web.post(path(tenant), json=call_request(tenant))).status_code == 201
    before = rows()
    assert_busy(await web.post(path(tenant), json=call_request(tenant), headers=from_address(1)))
    assert rows() == before


async def test_one_address_takes_two_lines_of_eight(web: httpx.AsyncClient, lines: Lines, rows: Rows) -> None:
    await lines(8)
    tenant, other = await create_tenant(), await create_tenant()
    for campaign in (tenant, other):
        assert (await web.post(path(campaign), json=call_request(campaign))).status_code == 201
    before = rows()
    response = await web.post(path(tenant), json=call_request(tenant))
    assert (response.status_code, response.json()["code"]) == (429, "too_many_calls")
    assert_problem(response)
    assert "Too many calls from your network" in response.json()["detail"]
    assert response.headers["retry-after"] == str(response.json()["retry_after"])
    assert rows() == before
    assert (await web.post(path(tenant), json=call_request(tenant), headers=from_address(1))).status_code == 201


async def test_one_ipv6_network_is_one_address(web: httpx.AsyncClient, lines: Lines) -> None:
    await lines(8)
    tenant = await create_tenant()
    answers = [
        await web.post(path(tenant), json=call_request(tenant), headers={"x-forwarded-for": f"2001:db8:7:7::{number}"})
        for number in (1, 2, 3)
    ]
    assert [answer.status_code for answer in answers] == [201, 201, 429]


async def test_a_busy_campaign_leaves_lines_to_others(web: httpx.AsyncClient, lines: Lines, rows: Rows) -> None:
    await lines(8)
    tenant, other = await create_tenant(), await create_tenant()
    count = 0
    while (
        answer := await web.post(path(tenant), json=call_request(tenant), headers=from_address(count))
    ).status_code == 201:
        count += 1
    assert_busy(answer)
    assert count == 5
    assert (await web.post(path(other), json=call_request(other), headers=from_address(100))).status_code == 201


async def test_a_call_that_could_not_be_written_takes_no_line(
    web: httpx.AsyncClient, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lines(1)
    tenant = await create_tenant()
    with monkeypatch.context() as patch:
        patch.setattr(api_calls, "account_session", lambda _: (_ for _ in ()).throw(RuntimeError("no database")))
        assert (await web.post(path(tenant), json=call_request(tenant))).status_code == 500
    assert (await web.post(path(tenant), json=call_request(tenant))).status_code == 201


async def test_the_token_tells_the_caller_no_id_but_the_calls_own(web: httpx.AsyncClient) -> None:
    tenant = await create_tenant()
    answer = (await web.post(path(tenant), json=call_request(tenant))).json()
    claims = str(jwt.decode(answer["token"], options={"verify_signature": False}))
    call_id = ids.decode("call", answer["call_id"])
    for internal_id in (tenant.account_id, tenant.campaign.campaign_id, call_id):
        assert str(internal_id) not in claims
        assert internal_id.hex not in claims
    assert tenant.campaign.public_id not in claims
