"""What pages tell somebody whose role may not see what calls collected: no value, in whatever words it was said."""

from contextlib import aclosing

import psycopg
import pytest

from quantum_app.db.session import account_session, dispose
from quantum_app.domain.calls import service as calls
from quantum_app.domain.calls.schemas import CallEnd, CallStatus, EndReason
from quantum_app.domain.identity import service as identity
from quantum_app.kit import ids
from quantum_app.kit.clock import now
from quantum_app.providers.redis_bus import RedisBus
from quantum_app.settings import settings
from quantum_app.web.calls.state import CallsState, CallState
from quantum_app.web.home.state import HomeState
from tests.db import tenants
from tests.db.tenants import slot_event, turn
from tests.stack import Stack
from tests.web.socket import connect

pytestmark = pytest.mark.api

NAME = {"variable": "who", "label": "Name", "kind": "name", "sensitivity": "redact"}
WORDS = "I'm Quirina, call me at 410 555 0142."
SECRETS = ("Quirina", "0142")


async def cookie_of(stack: Stack, tenant: tenants.Tenant, role: str) -> str:
    """The cookie of another member of the account."""
    other = await tenants.create_tenant()
    with psycopg.connect(stack.superuser_url, autocommit=True) as connection:
        connection.execute(
            "insert into memberships (account_id, user_id, role) values (%s, %s, %s)",
            [tenant.account_id, other.user_id, role],
        )
    login = await identity.switch_account(await tenants.log_in(other), tenant.account_id)
    return f"{settings().cookie_name}={login.token}"


@pytest.mark.parametrize(("role", "sees"), [("builder", True), ("viewer", False), ("developer", False)])
async def test_a_page_shows_no_value_to_who_may_not_see_it(quiet_stack: Stack, role: str, *, sees: bool) -> None:
    quiet_stack.need("web")
    tenant = await tenants.create_tenant()
    ended_id, running_id = await tenants.call(tenant), await tenants.call(tenant)
    records = [turn(ended_id, 1, WORDS), slot_event(ended_id, 2, "Quirina", **NAME), slot_event(ended_id, 3)]
    end = CallEnd(ended_id, CallStatus.COMPLETED, EndReason.GOODBYE, now())
    async with account_session(tenant.account_id) as session:
        await calls.record(session, tenant.account_id, [*records, end, turn(running_id, 1, WORDS)])
    pages = [
        (CallState, f"/calls/{ids.encode('call', ended_id)}"),
        (CallsState, "/calls"),
        (HomeState, "/"),
        (CallState, f"/calls/{ids.encode('call', running_id)}"),
    ]
    cookie = await cookie_of(quiet_stack, tenant, role)
    async with (
        aclosing(RedisBus(settings().redis.url.get_secret_value())) as bus,
        connect(quiet_stack.url, cookie) as socket,
    ):
        for count, (state, path) in enumerate(pages, 1):
            await socket.send(state, "load", path)
            await socket.wait_for('"loaded_rx_state_": true', times=count)
        message = {"speaker": "caller", "text": WORDS, "interrupted": False, "latency": None, "seq": 2}
        times = {"at": now().isoformat(), "started_at": now().isoformat(), "ended_at": now().isoformat()}
        await bus.publish(tenant.account_id, {"type": "turn.recorded", "call_id": str(running_id), **message, **times})
        await socket.wait_for('"seq": 2')
        assert [secret in socket.updates for secret in SECRETS] == [sees] * len(SECRETS)
    await dispose()
