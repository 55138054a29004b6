"""What a caller's page may ask about its call, with the call's own token."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx
import jwt
import psycopg
import pytest
from livekit import api, rtc
from structlog.testing import capture_logs

from quantum_app.api import rate_limits
from quantum_app.api.calls import rooms
from quantum_app.db.session import account_session
from quantum_app.domain.calls import service as calls
from quantum_app.domain.calls.schemas import CallEnd, CallRef, CallStatus, EndReason
from quantum_app.kit import ids
from quantum_app.kit.clock import now
from quantum_app.kit.ids import new_id
from quantum_app.settings import settings
from tests.api.conftest import Lines
from tests.db.tenants import Tenant, call, create_tenant

pytestmark = pytest.mark.api

Authorization = dict[str, str]


async def start_call() -> tuple[Tenant, CallRef]:
    tenant = await create_tenant()
    return tenant, CallRef(tenant.account_id, await call(tenant), tenant.campaign.campaign_id)


def bearer(ref: CallRef, **claims: Any) -> Authorization:
    """The caller's token for this call; claims: to change in it, signed as we sign."""
    secret = settings().livekit.api_secret.get_secret_value()
    token_claims = jwt.decode(rooms().caller_token(ref, None).token, secret, algorithms=["HS256"])
    return {"authorization": f"Bearer {jwt.encode(token_claims | claims, secret, algorithm='HS256')}"}


def seconds(at: datetime) -> int:
    return int(at.timestamp())


async def test_a_rating_is_kept_and_may_change(web: httpx.AsyncClient) -> None:
    tenant, ref = await start_call()
    path = f"/api/public/calls/{ref.public_id}/rating"
    for stars, comment in ((2, "too fast"), (5, None)):
        response = await web.post(path, json={"stars": stars, "comment": comment}, headers=bearer(ref))
        assert response.status_code == 204, response.text
        async with account_session(tenant.account_id) as session:
            detail = await calls.get_detail(session, ref.call_id, see_values=True)
        assert (detail.summary.rating, detail.comment) == (stars, comment)


@pytest.mark.parametrize(
    "body", [{"stars": 0}, {"stars": 6}, {"stars": "many"}, {}, {"stars": 3, "comment": "a" * 501}]
)
async def test_a_rating_that_is_none(web: httpx.AsyncClient, body: dict[str, Any]) -> None:
    tenant, ref = await start_call()
    response = await web.post(f"/api/public/calls/{ref.public_id}/rating", json=body, headers=bearer(ref))
    assert response.status_code == 422
    async with account_session(tenant.account_id) as session:
        assert (await calls.get_detail(session, ref.call_id)).summary.rating is None


async def test_only_the_calls_own_token_opens_it(web: httpx.AsyncClient) -> None:
    _, ref = await start_call()
    _, other = await start_call()
    day = timedelta(days=1)
    forged_token = jwt.encode(
        {"sub": "caller", "exp": seconds(now() + day)}, "another secret, just as long as ours", "HS256"
    )
    unsigned_token = jwt.encode({"sub": "caller", "exp": seconds(now() + day)}, None, "none")
    bad_headers: list[Authorization] = [
        {},
        {"authorization": "Basic abc"},
        {"authorization": "Bearer"},
        {"authorization": f"Bearer {forged_token}"},
        {"authorization": f"Bearer {unsigned_token}"},
        bearer(other),
        bearer(ref, exp=seconds(now() - day - timedelta(minutes=1))),
        bearer(ref, sub="assistant"),
        bearer(ref, roomConfig={}),
        bearer(ref, roomConfig={"agents": [{"metadata": None}]}),
        bearer(ref, roomConfig={"agents": [{"metadata": f'["{ref.account_id}", "{ref.call_id}"]'}]}),
        bearer(ref, video={"room": other.public_id}),
    ]
    for action in ("rating", "assistant"):
        for headers in bad_headers:
            response = await web.post(f"/api/public/calls/{ref.public_id}/{action}", json={"stars": 1}, headers=headers)
            assert (response.status_code, response.json()["code"]) == (401, "not_authenticated"), headers
    old_token_headers = bearer(ref, exp=seconds(now() - timedelta(hours=23)))
    response = await web.post(f"/api/public/calls/{ref.public_id}/rating", json={"stars": 4}, headers=old_token_headers)
    assert response.status_code == 204


async def test_a_token_for_an_account_that_does_not_have_the_call(web: httpx.AsyncClient) -> None:
    _, ref = await start_call()
    foreign_ref = replace(ref, account_id=new_id())
    for action in ("rating", "assistant"):
        path = f"/api/public/calls/{ref.public_id}/{action}"
        response = await web.post(path, json={"stars": 1}, headers=bearer(foreign_ref))
        assert response.status_code == 404


@asynccontextmanager
async def join(ref: CallRef) -> AsyncIterator[None]:
    """The caller is in the room."""
    room = rtc.Room()
    await room.connect(settings().livekit.url, rooms().caller_token(ref, None).token)
    try:
        async with asyncio.timeout(10):
            while not await rooms().caller_present(ref):  # noqa: ASYNC110 (the room is elsewhere)
                await asyncio.sleep(0.05)
        yield
    finally:
        await room.disconnect()


async def test_no_assistant_is_sent_to_a_room_without_its_caller(web: httpx.AsyncClient) -> None:
    _, ref = await start_call()
    response = await web.post(f"/api/public/calls/{ref.public_id}/assistant", headers=bearer(ref))
    assert (response.status_code, response.json()["code"]) == (409, "caller_missing")
    livekit = settings().livekit
    async with api.LiveKitAPI(livekit.url, livekit.api_key, livekit.api_secret.get_secret_value()) as server:
        rooms = await server.room.list_rooms(api.ListRoomsRequest(names=[ref.public_id]))
    assert not rooms.rooms, "no room was made, so nobody is sent there"


async def test_no_assistant_is_sent_while_all_lines_are_busy(web: httpx.AsyncClient, lines: Lines) -> None:
    _, ref = await start_call()
    async with join(ref):
        await lines(0)
        response = await web.post(f"/api/public/calls/{ref.public_id}/assistant", headers=bearer(ref))
        assert (response.status_code, response.json()["code"]) == (503, "busy")
        await lines(1)
        response = await web.post(f"/api/public/calls/{ref.public_id}/assistant", headers=bearer(ref))
        assert response.status_code == 202


@pytest.mark.parametrize("action", ["assistant", "rating"])
async def test_a_deleted_account_campaign_or_call_is_not_there_for_callers(
    web: httpx.AsyncClient, superuser: psycopg.Connection, action: str
) -> None:
    for deletion in (
        "update accounts set deleted_at = now() where account_id = %(account)s",
        "update campaigns set deleted_at = now() where account_id = %(account)s",
        "update call_sessions set deleted_at = now() where account_id = %(account)s",
    ):
        tenant, ref = await start_call()
        superuser.execute(deletion, {"account": tenant.account_id})  # type: ignore[arg-type]
        response = await web.post(f"/api/public/calls/{ref.public_id}/{action}", json={"stars": 5}, headers=bearer(ref))
        assert (response.status_code, response.json()["code"]) == (404, "call_not_found"), deletion


async def test_a_call_is_rated_ten_times_a_day(web: httpx.AsyncClient) -> None:
    _, ref = await start_call()
    path = f"/api/public/calls/{ref.public_id}/rating"
    answers = [await web.post(path, json={"stars": 4}, headers=bearer(ref)) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [204] * 10 + [429]


async def test_an_assistant_is_asked_for_a_limited_number_of_times(web: httpx.AsyncClient) -> None:
    _, ref = await start_call()
    path = f"/api/public/calls/{ref.public_id}/assistant"
    for _ in range(rate_limits.ASSISTANTS_BY_CALL.amount):
        assert (await web.post(path, headers=bearer(ref))).status_code == 409
    assert (await web.post(path, headers=bearer(ref))).status_code == 429


async def test_an_assistant_is_sent_once_at_a_time(web: httpx.AsyncClient) -> None:
    _, ref = await start_call()
    path = f"/api/public/calls/{ref.public_id}/assistant"
    async with join(ref):
        with capture_logs() as log_lines:
            first = await web.post(path, headers=bearer(ref))
        second = await web.post(path, headers=bearer(ref))
    assert (first.status_code, first.json()) == (202, {"status": "dispatched"}), first.text
    assert [(str(line["stage"]), line["call_id"]) for line in log_lines] == [("DISPATCH", str(ref.call_id))], log_lines
    assert (second.status_code, second.json()) == (202, {"status": "pending"})


async def test_no_assistant_comes_to_a_call_that_has_ended(web: httpx.AsyncClient) -> None:
    tenant, ref = await start_call()
    async with account_session(tenant.account_id) as session:
        await calls.record(
            session, tenant.account_id, [CallEnd(ref.call_id, CallStatus.COMPLETED, EndReason.GOODBYE, now())]
        )
    response = await web.post(f"/api/public/calls/{ref.public_id}/assistant", headers=bearer(ref))
    assert (response.status_code, response.json()["code"]) == (409, "call_ended")


async def test_ids_in_the_address_are_of_one_kind(web: httpx.AsyncClient) -> None:
    _, ref = await start_call()
    for bad_id in (str(ref.call_id), ids.encode("lead", ref.call_id), "call_", "x"):
        response = await web.post(f"/api/public/calls/{bad_id}/rating", json={"stars": 1}, headers=bearer(ref))
        assert response.status_code == 401
