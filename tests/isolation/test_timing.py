"""How long an answer takes tells nothing: what takes time is done for whoever exists and for whoever does not.

Counted in this process, so that it is the same on every machine; test_timing_long.py measures the time.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from itertools import count
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import Engine, event

from quantum_app.api import auth, rate_limits
from quantum_app.api.app import api
from quantum_app.db.session import dispose
from quantum_app.domain.accounts.permissions import Role
from quantum_app.domain.identity import passwords
from quantum_app.kit import ids
from quantum_app.kit.ids import new_id
from tests.db.tenants import PASSWORD
from tests.isolation.tenant_pair import TenantPair
from tests.stack import Stack

pytestmark = pytest.mark.isolation

_addresses = count(1)
_WRONG_PASSWORD = f"not {PASSWORD}"


@dataclass
class Effort:
    """What was done since it was last looked at: passwords hashed, pauses taken, statements sent to the database."""

    hashes: int = 0
    pauses: int = 0
    statements: int = 0

    def take(self) -> "Effort":
        effort = Effort(self.hashes, self.pauses, self.statements)
        self.hashes = self.pauses = self.statements = 0
        return effort


@pytest.fixture
def effort(monkeypatch: pytest.MonkeyPatch) -> Iterator[Effort]:
    counters, hasher = Effort(), passwords._hasher
    passwords._dummy_hash()  # is hashed once

    class CountingHasher:
        def __getattr__(self, name: str) -> Any:
            counters.hashes += 1
            return getattr(hasher, name)

    async def pause(seconds: float) -> None:
        counters.pauses += 1

    def count_statement(*_: Any) -> None:
        counters.statements += 1

    monkeypatch.setattr(passwords, "_hasher", CountingHasher())
    monkeypatch.setattr(auth, "asyncio", SimpleNamespace(gather=asyncio.gather, sleep=pause))
    event.listen(Engine, "before_cursor_execute", count_statement)
    yield counters
    event.remove(Engine, "before_cursor_execute", count_statement)


@pytest.fixture
async def client(quiet_stack: Stack) -> AsyncIterator[httpx.AsyncClient]:
    quiet_stack.need("postgres", "valkey")
    transport = httpx.ASGITransport(api, client=("127.0.0.1", 50_000))
    async with httpx.AsyncClient(transport=transport, base_url=quiet_stack.url) as http_client:
        yield http_client
    await rate_limits.close()
    await dispose()


async def _measure_both(
    client: httpx.AsyncClient, effort: Effort, path: str, bodies: list[dict[str, str]], cookie: str = ""
) -> tuple[Effort, Effort]:
    """What is done for somebody or something that exists, and for what does not."""
    efforts, statuses = [], set()
    for body in bodies:
        effort.take()
        headers = {"x-forwarded-for": f"203.0.113.{next(_addresses)}", "cookie": cookie}
        statuses.add((await client.post(f"/api/auth/{path}", json=body, headers=headers)).status_code)
        efforts.append(effort.take())
    assert len(statuses) == 1, f"told apart by their status: {statuses}"
    return efforts[0], efforts[1]


async def test_login_hashes_a_password_for_everybody(
    tenants: TenantPair, client: httpx.AsyncClient, effort: Effort
) -> None:
    bodies = [
        {"email": email, "password": _WRONG_PASSWORD} for email in (tenants.a.tenant.email, f"{uuid4()}@a.example")
    ]
    real, unknown = await _measure_both(client, effort, "login", bodies)
    assert real == unknown
    assert real.hashes == 1


async def test_a_code_is_refused_after_the_same_pause(
    tenants: TenantPair, client: httpx.AsyncClient, effort: Effort
) -> None:
    emails = (tenants.a.tenant.email, f"{uuid4()}@a.example")
    bodies = [{"email": email, "password": _WRONG_PASSWORD, "code": "123456"} for email in emails]
    real, unknown = await _measure_both(client, effort, "login", bodies)
    assert real == unknown
    assert (real.hashes, real.pauses) == (1, 1)


async def test_sign_up_hashes_a_password_for_everybody(
    tenants: TenantPair, client: httpx.AsyncClient, effort: Effort
) -> None:
    words = {"password": _WRONG_PASSWORD, "account": "Homes", "name": "Robin"}
    bodies = [words | {"email": email} for email in (tenants.a.tenant.email, f"{uuid4()}@a.example")]
    real, unknown = await _measure_both(client, effort, "signup", bodies)
    assert real.hashes == unknown.hashes == 1


async def test_a_forgotten_password_takes_as_long_for_everybody(
    tenants: TenantPair, client: httpx.AsyncClient, effort: Effort
) -> None:
    bodies = [{"email": email} for email in (tenants.a.tenant.email, f"{uuid4()}@a.example")]
    real, unknown = await _measure_both(client, effort, "forgot", bodies)
    assert real.statements > unknown.statements  # a mail is kept, in the time that both wait
    assert real.pauses == unknown.pauses == 1


async def test_an_id_of_another_account(tenants: TenantPair, client: httpx.AsyncClient, effort: Effort) -> None:
    """Going to B, which is not one's own, and to an account that there is not."""
    tenants.mend()
    cookie = tenants.logins[Role.VIEWER].cookie
    await client.get("/api/auth/me", headers={"cookie": cookie})  # notes when the login was seen, from time to time
    bodies = [{"account": ids.encode("acc", account)} for account in (tenants.b.account_id, new_id())]
    real, unknown = await _measure_both(client, effort, "switch", bodies, cookie)
    assert real == unknown
    assert real.statements


async def test_a_link_of_somebody_else(tenants: TenantPair, client: httpx.AsyncClient, effort: Effort) -> None:
    """A made-up signature with an id that exists, and with one that does not."""
    tokens = [f"{token_id.hex}.{'A' * 43}" for token_id in (tenants.entities["one_time_tokens"], new_id())]
    bodies = [{"token": token, "password": _WRONG_PASSWORD} for token in tokens]
    real, unknown = await _measure_both(client, effort, "reset", bodies)
    assert real == unknown
