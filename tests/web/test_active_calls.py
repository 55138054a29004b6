"""The count of calls in progress, which every page shows and keeps live."""

from uuid import UUID

import pytest

from quantum_app.db.session import account_session
from quantum_app.domain.calls import service as calls
from quantum_app.domain.calls.schemas import CallEnd, CallStatus, EndReason, LiveEventType, Origin
from quantum_app.domain.identity import service as identity
from quantum_app.kit.clock import now
from quantum_app.providers.redis_bus import RedisBus
from quantum_app.settings import settings
from quantum_app.web.campaigns.state import CampaignsState
from tests.db.tenants import PASSWORD, Tenant, call, create_tenant
from tests.stack import Stack
from tests.web.socket import connect

pytestmark = pytest.mark.api


async def count_active(tenant: Tenant) -> int:
    async with account_session(tenant.account_id) as session:
        return await calls.count_active(session)


async def end_call(tenant: Tenant, call_id: UUID) -> None:
    async with account_session(tenant.account_id) as session:
        await calls.record(
            session, tenant.account_id, [CallEnd(call_id, CallStatus.COMPLETED, EndReason.GOODBYE, now(), 0)]
        )


async def test_calls_of_callers_count_until_they_end(quiet_stack: Stack) -> None:
    quiet_stack.need("web")
    tenant, other = await create_tenant(), await create_tenant()
    call_id = await call(tenant)
    await call(tenant)
    await call(other)
    async with account_session(tenant.account_id) as session:
        await calls.start(
            session,
            tenant.campaign,
            email="a@example.com",
            name=None,
            consent=True,
            consent_version="2026-1",
            origin=Origin.TEST,
        )
    assert await count_active(tenant) == 2
    await end_call(tenant, call_id)
    assert await count_active(tenant) == 1


async def test_a_page_without_calls_shows_them_start_and_end(quiet_stack: Stack) -> None:
    quiet_stack.need("web")
    tenant = await create_tenant()
    cookie = f"{settings().cookie_name}={(await identity.login(tenant.email, PASSWORD)).token}"
    bus = RedisBus(settings().redis.url.get_secret_value())
    async with connect(quiet_stack.url, cookie) as socket:
        await socket.send(CampaignsState, "load", "/campaigns")
        await socket.wait_for('"loaded_rx_state_": true')
        call_id = await call(tenant)
        event = {"call_id": str(call_id), "at": now().isoformat()}
        await bus.publish(tenant.account_id, {"type": LiveEventType.CALL_STARTED, **event})
        await socket.wait_for('"count_rx_state_": 1')
        await end_call(tenant, call_id)
        await bus.publish(tenant.account_id, {"type": LiveEventType.CALL_ENDED, **event})
        await socket.wait_for('active_calls_state": {"count_rx_state_": 0')
    await bus.aclose()
