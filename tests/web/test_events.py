"""Each event handler authorises by itself: the events of strangers, sent by hand, get nothing."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from uuid import UUID, uuid4

import psycopg
import pytest
import socketio.exceptions

from quantum_app.db.session import account_session, dispose
from quantum_app.domain.calls import service as calls
from quantum_app.domain.calls.schemas import Speaker, Turn
from quantum_app.domain.campaigns import demo
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.domain.identity import service as identity
from quantum_app.domain.identity import signup
from quantum_app.kit import ids
from quantum_app.kit.clock import now
from quantum_app.providers.redis_bus import RedisBus
from quantum_app.settings import settings
from quantum_app.web.calls.state import CallsState, CallState
from quantum_app.web.data.state import DataState
from quantum_app.web.session import Session
from quantum_app.web.ui.toast import Toast
from tests.db import tenants
from tests.stack import Stack
from tests.web.socket import connect

pytestmark = pytest.mark.api

SECRET = "The spare key lies under the third flower pot."
LOGIN_PAGE = '"path": "/login?next='


@dataclass
class Scenario:
    """A call of the demo account, its user's cookie, and the cookie of somebody from another account."""

    url: str
    account_id: UUID
    campaign: str
    call_id: UUID
    email: str
    cookie: str
    token: str
    other_cookie: str

    @property
    def path(self) -> str:
        return f"/calls/{ids.encode('call', self.call_id)}"


def caller_turn(call_id: UUID, seq: int, text: str) -> Turn:
    return Turn(call_id, seq, Speaker.CALLER, text, now(), now())


@pytest.fixture
async def scenario(quiet_stack: Stack) -> AsyncIterator[Scenario]:
    quiet_stack.need("web")
    campaign = await campaigns.get_public(demo.PUBLIC_ID)
    email = f"{uuid4().hex[:12]}@caller.example"
    async with account_session(campaign.account_id) as session:
        ticket = await calls.start(
            session,
            campaign,
            email=email,
            name=None,
            consent=True,
            consent_version=campaign.consent_version,
        )
        await calls.record(session, campaign.account_id, [caller_turn(ticket.call_id, 1, SECRET)])
    stranger, account_id, user_id = f"{uuid4().hex[:12]}@elsewhere.example", ids.new_id(), ids.new_id()
    async with account_session(account_id, user_id=user_id) as session:
        await signup.create_owner(
            session, account_id, user_id, account="Elsewhere", email=stranger, name="Stranger", password="elsewhere"
        )
    owner_login = await identity.login(demo.EMAIL, quiet_stack.demo_password)
    other_login = await identity.login(stranger, "elsewhere")
    name = settings().cookie_name
    yield Scenario(
        quiet_stack.url, campaign.account_id, ids.encode("cmp", campaign.campaign_id), ticket.call_id, email,
        f"{name}={owner_login.token}", owner_login.token, f"{name}={other_login.token}",
    )  # fmt: skip
    await identity.logout(owner_login.token)
    await identity.logout(other_login.token)
    await dispose()


async def test_the_account_sees_its_call(scenario: Scenario) -> None:
    async with connect(scenario.url, scenario.cookie) as socket:
        await socket.send(CallState, "load", scenario.path)
        await socket.wait_for(SECRET)
        await socket.wait_for(f"/flows/designer/{scenario.campaign}")
        await socket.send(CallsState, "load", "/calls")
        await socket.wait_for(scenario.email)


async def test_another_account_finds_nothing(scenario: Scenario) -> None:
    async with connect(scenario.url, scenario.other_cookie) as socket:
        await socket.send(CallState, "load", scenario.path)
        await socket.wait_for('"missing_rx_state_": true')
        await socket.send(CallState, "select", scenario.path, seq=1)
        await socket.send(CallsState, "load", "/calls")
        await socket.wait_for('"loaded_rx_state_": true')
        assert SECRET not in socket.updates
        assert scenario.email not in socket.updates
        assert scenario.campaign not in socket.updates
        assert "Northquay" not in socket.updates


@pytest.mark.parametrize("cookie", ["", "{name}=", "{name}=made-up", "{name}=a; {name}=b", "other=1", "\x7f;;=;"])
async def test_nobody_gets_to_the_login_page(scenario: Scenario, cookie: str) -> None:
    async with connect(scenario.url, cookie.format(name=settings().cookie_name)) as socket:
        events = ((CallsState, "load", {}), (CallState, "load", {}), (CallState, "select", {"seq": 1}))
        for count, (state, handler, payload) in enumerate(events, start=1):
            await socket.send(state, handler, scenario.path, **payload)
            await socket.wait_for(LOGIN_PAGE, times=count)
        assert SECRET not in socket.updates
        assert scenario.email not in socket.updates


async def test_claims_of_the_client_count_for_nothing(scenario: Scenario) -> None:
    """Headers in the event, and variables set by the framework's own handlers."""
    async with connect(scenario.url) as socket:
        event = {
            "name": f"{CallState.get_full_name()}.load",
            "payload": {},
            "router_data": {"pathname": scenario.path, "asPath": scenario.path, "headers": {"cookie": scenario.cookie}},
        }
        await socket.send_raw(event)
        await socket.wait_for(LOGIN_PAGE)
        update = "reflex___state____state.reflex___state____update_vars_internal_state.update_vars_internal"
        claims = {
            f"{Session.get_full_name()}.account": "Northquay Living",
            f"{CallState.get_full_name()}.loaded": True,
            f"{CallsState.get_full_name()}.loaded": True,
        }
        await socket.send_raw({"name": update, "payload": {"vars": claims}, "router_data": {"pathname": scenario.path}})
        await socket.send(CallState, "load", scenario.path)
        message = {"type": "usage.recorded", "call_id": str(scenario.call_id)}
        await socket.send(CallState, "live", scenario.path, messages=[message])
        await socket.send(
            CallState, "_read", scenario.path, account_id=str(scenario.account_id), call_id=str(scenario.call_id)
        )
        await socket.send(CallsState, "load", "/calls")
        await socket.wait_for('/login?next=/calls"')
        assert SECRET not in socket.updates
        assert scenario.email not in socket.updates


async def test_a_session_that_ended_counts_at_once(scenario: Scenario) -> None:
    """The cookie in the socket's headers is as old as the socket."""
    async with connect(scenario.url, scenario.cookie) as socket:
        await socket.send(CallsState, "load", "/calls")
        await socket.wait_for(scenario.email)
        await identity.logout(scenario.token)
        await socket.send(CallState, "load", scenario.path)
        await socket.wait_for(LOGIN_PAGE)
        assert SECRET not in socket.updates


async def test_live_events_reach_the_account_that_watches_and_no_other(scenario: Scenario) -> None:
    bus = RedisBus(settings().redis.url.get_secret_value())
    async with (
        connect(scenario.url, scenario.cookie) as owner,
        connect(scenario.url, scenario.other_cookie) as stranger,
        connect(scenario.url) as anonymous,
    ):
        await owner.send(CallState, "load", scenario.path)
        await owner.wait_for(SECRET)
        await stranger.send(CallState, "load", scenario.path)
        await stranger.wait_for('"missing_rx_state_": true')
        await stranger.send(CallsState, "load", "/calls")
        await stranger.wait_for('"loaded_rx_state_": true')
        await anonymous.send(CallsState, "load", "/calls")
        await anonymous.wait_for(LOGIN_PAGE)
        turn = {"speaker": "assistant", "text": "I will not tell anybody.", "interrupted": False, "latency": None}
        times = {"started_at": now().isoformat(), "ended_at": now().isoformat()}
        envelope = {"type": "turn.recorded", "call_id": str(scenario.call_id), "at": now().isoformat(), "seq": 2}
        message = {**envelope, **turn, **times}
        await bus.publish(scenario.account_id, message)
        await owner.wait_for("I will not tell anybody.")
        await stranger.send(CallsState, "load", "/calls?status=active")
        await stranger.wait_for("active")
        for other in (stranger, anonymous):
            assert "I will not tell" not in other.updates
            assert SECRET not in other.updates
    await bus.aclose()


ACCESS_CHANGES = {
    "removed": "delete from memberships where user_id = %s and account_id = %s",
    "logged out": "delete from login_sessions where user_id = %s and account_id = %s",
    "an operator": "update memberships set role = 'operator' where user_id = %s and account_id = %s",
}


@pytest.fixture
async def member(quiet_stack: Stack) -> AsyncIterator[tuple[tenants.Tenant, str]]:
    """Somebody in an account of their own, and their cookie."""
    quiet_stack.need("web")
    tenant = await tenants.create_tenant()
    yield tenant, f"{settings().cookie_name}={(await identity.login(tenant.email, tenants.PASSWORD)).token}"
    await dispose()


async def colleague(stack: Stack, tenant: tenants.Tenant) -> str:
    """The cookie of somebody else in the account."""
    other = await tenants.create_tenant()
    with psycopg.connect(stack.superuser_url, autocommit=True) as connection:
        connection.execute(
            "insert into memberships (account_id, user_id, role) values (%s, %s, 'builder')",
            [tenant.account_id, other.user_id],
        )
    login = await identity.switch_account(await tenants.log_in(other), tenant.account_id)
    return f"{settings().cookie_name}={login.token}"


@pytest.mark.parametrize("page", [CallsState, CallState])
@pytest.mark.parametrize("change", ACCESS_CHANGES.values(), ids=ACCESS_CHANGES)
async def test_an_open_page_is_told_nothing_more_when_its_person_may_not_see_it(
    quiet_stack: Stack, member: tuple[tenants.Tenant, str], page: type, change: str
) -> None:
    tenant, cookie = member
    call_id = await tenants.call(tenant)
    path = f"/calls/{ids.encode('call', call_id)}" if page is CallState else "/calls"

    async def add_turn(bus: RedisBus, words: str, seq: int) -> None:
        """Said on this call, and the name of who calls meanwhile."""
        async with account_session(tenant.account_id) as session:
            await calls.record(session, tenant.account_id, [caller_turn(call_id, seq, words)])
            await calls.start(
                session,
                tenant.campaign,
                email=f"{words}@caller.example",
                name=None,
                consent=True,
                consent_version="2026-1",
            )
        turn = {"speaker": "caller", "text": words, "interrupted": False, "latency": None, "seq": seq}
        times = {"at": now().isoformat(), "started_at": now().isoformat(), "ended_at": now().isoformat()}
        for kind in ("turn.recorded", "usage.recorded"):
            await bus.publish(tenant.account_id, {"type": kind, "call_id": str(call_id), **turn, **times})

    redis = settings().redis.url.get_secret_value()
    async with (
        aclosing(RedisBus(redis)) as bus,
        connect(quiet_stack.url, cookie) as socket,
        connect(quiet_stack.url, await colleague(quiet_stack, tenant)) as watcher,
    ):
        for page_socket in (socket, watcher):
            await page_socket.send(page, "load", path)
            await page_socket.wait_for('"loaded_rx_state_": true')
        await add_turn(bus, "first-words", 1)
        await socket.wait_for("first-words")
        with psycopg.connect(quiet_stack.superuser_url, autocommit=True) as connection:
            connection.execute(change, [tenant.user_id, tenant.account_id])
        # Pages are told one after the other: who is shown the last words comes after all who were told of the others.
        for seq, words in enumerate(("other-words", "last-words"), start=2):
            await add_turn(bus, words, seq)
            await watcher.wait_for(words)
        await socket.send(Toast, "show", "/", text="everything has come")
        await socket.wait_for("everything has come")
        assert "other-words" not in socket.updates


@pytest.mark.parametrize("last", ["dismiss", "erase"])
async def test_who_is_erased_stays_in_no_page(
    quiet_stack: Stack, member: tuple[tenants.Tenant, str], last: str
) -> None:
    tenant, cookie = member
    await tenants.call(tenant)
    form = {"whom": "caller@example.com"}
    async with connect(quiet_stack.url, cookie) as socket:
        await socket.send(DataState, "find", "/settings/data", form=form)
        await socket.wait_for('"contact_rx_state_": "caller@example.com"')
        before = [socket.updates.count(empty) for empty in ('"contact_rx_state_": ""', '"calls_rx_state_": 0')]
        await socket.send(DataState, last, "/settings/data", **({"form": form} if last == "erase" else {}))
        await socket.wait_for('"contact_rx_state_": ""', times=before[0] + 1)
        await socket.wait_for('"calls_rx_state_": 0', times=before[1] + 1)


async def test_another_site_cannot_open_the_socket(scenario: Scenario) -> None:
    with pytest.raises(socketio.exceptions.ConnectionError):
        async with connect(scenario.url, scenario.cookie, Origin="https://elsewhere.example"):
            pass
