"""What calls collected, as programs get it: by the role of their token."""

import httpx
import pytest

from quantum_app.db.session import account_session
from quantum_app.domain.accounts.permissions import Role
from quantum_app.domain.calls import service as calls
from quantum_app.kit import ids
from tests.db.tenants import as_program, call, create_tenant, slot_event

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
