"""What calls collected, as programs get it: by the role of their token."""

import httpx
import pytest

from quantum_app.db.session import account_session
from quantum_app.domain.accounts.permissions import Role
from quantum_app.domain.calls import service as calls
from quantum_app.domain.calls.schemas import CallEnd, CallStatus, EndReason
from quantum_app.kit import ids
from quantum_app.kit.clock import now
from tests.db.tenants import as_program, call, create_tenant, slot_event, turn

pytestmark = pytest.mark.api

EMAIL = {"variable": "email", "label": "Email", "kind": "email", "sensitivity": "redact"}


@pytest.mark.parametrize("role", [Role.BUILDER, Role.VIEWER])
async def test_values_are_for_roles_that_may_see_them(web: httpx.AsyncClient, role: Role) -> None:
    tenant = await create_tenant()
    call_id = await call(tenant)
    async with account_session(tenant.account_id) as session:
        events = [slot_event(call_id, 1, "ana@example.com", **EMAIL), slot_event(call_id, 2, "+14105550142")]
        await calls.record(session, tenant.account_id, events)
    sees = role is Role.BUILDER
    public, headers = ids.encode("call", call_id), await as_program(tenant, role)
    detail = (await web.get(f"/api/v1/calls/{public}", headers=headers)).json()
    items = (await web.get("/api/v1/calls", params={"text": "ana@example.com"}, headers=headers)).json()["data"]
    values = [(value["variable"], value["type"], value["value"], value["masked"]) for value in detail["values"]]
    assert values == [
        ("email", "email", "ana@example.com" if sees else None, not sees),
        ("phone", "phone", None, True),
    ]
    assert [item["id"] for item in items] == ([public] if sees else [])
    assert (detail["origin"], detail["handled_at"]) == ("caller", None)


WORDS = "My email is Ana@example.com, and my number is four one oh, 555 01 42. The pin is 4711 Zephyr."
PIN = {"variable": "pin", "label": "PIN", "kind": "text", "sensitivity": "none"}
SECRETS = ("ana@example.com", "555 01 42", "four one oh", "Zephyr", "+14105550142", "caller@example.com")


async def test_words_hold_no_value_for_roles_that_may_not_see_it(web: httpx.AsyncClient) -> None:
    tenant = await create_tenant()
    call_id, campaign = await call(tenant), ids.encode("cmp", tenant.campaign.campaign_id)
    records = [
        turn(call_id, 1, WORDS),
        slot_event(call_id, 2, "ana@example.com", **EMAIL),
        slot_event(call_id, 3, "+14105550142"),
        slot_event(call_id, 4, "4711 Zephyr", **PIN),
        slot_event(call_id, 5, "caller@example.com", **EMAIL | {"variable": "other_email"}),
    ]
    async with account_session(tenant.account_id) as session:
        await calls.record(session, tenant.account_id, records)
        end = CallEnd(call_id, CallStatus.COMPLETED, EndReason.GOODBYE, now())
        await calls.record(session, tenant.account_id, [end])
        await calls.rate(session, call_id, 5, WORDS)
    public = ids.encode("call", call_id)
    paths = ["/api/v1/calls", f"/api/v1/calls/{public}", "/api/v1/campaigns", f"/api/flows/{campaign}/calls"]
    for role, sees in ((Role.BUILDER, True), (Role.VIEWER, False)):
        headers = await as_program(tenant, role)
        answers = [await web.get(path, headers=headers) for path in paths]
        assert [answer.status_code for answer in answers] == [200] * len(paths)
        text = " ".join(answer.text for answer in answers)
        assert {secret for secret in SECRETS if secret.lower() in text.lower()} == (
            set(SECRETS) - {"+14105550142"} if sees else set()
        ), "encrypted values are revealed one by one"
        for secret in (*SECRETS[:4], "my number", "caller@"):
            matches = (await web.get("/api/v1/calls", params={"text": secret}, headers=headers)).json()["data"]
            assert [item["id"] for item in matches] == ([public] if sees else []), f"{role}: {secret}"
        assert len((await web.get("/api/v1/calls", params={"text": "sam"}, headers=headers)).json()["data"]) == 1
