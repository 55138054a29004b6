"""How long an answer takes tells nothing: medians of interleaved tries, with room for a busy machine.

That the same is done in both cases is in test_timing.py.
"""

import itertools
import statistics
import time
from collections.abc import Callable
from uuid import uuid4

import httpx
import pytest
import redis

from quantum_app.domain.accounts.permissions import Role
from quantum_app.kit import ids
from quantum_app.kit.ids import new_id
from tests.db.tenants import PASSWORD
from tests.isolation.tenant_pair import TenantPair

pytestmark = pytest.mark.long

TRIES = 15
# A password that is not hashed answers ten times as fast; a busy machine makes one median half as long again.
FACTOR, SLACK = 1.6, 0.003

_addresses = itertools.count(1)


def _assert_alike(send: Callable[[bool], httpx.Response]) -> None:
    """Raises AssertionError when what exists answers faster or slower than what does not."""
    seconds: dict[bool, list[float]] = {True: [], False: []}
    statuses = set()
    for exists in (True, False):
        send(exists)
    for turn in range(TRIES):
        for exists in (True, False) if turn % 2 else (False, True):
            start = time.perf_counter()
            statuses.add(send(exists).status_code)
            seconds[exists].append(time.perf_counter() - start)
    assert len(statuses) == 1, f"told apart by their status: {statuses}"
    exists, unknown = (statistics.median(seconds[exists]) for exists in (True, False))
    assert exists < unknown * FACTOR + SLACK, f"known {exists * 1000:.1f} ms, unknown {unknown * 1000:.1f} ms"
    assert unknown < exists * FACTOR + SLACK, f"known {exists * 1000:.1f} ms, unknown {unknown * 1000:.1f} ms"


def _from_anywhere() -> dict[str, str]:
    number = next(_addresses)
    return {"x-forwarded-for": f"203.0.{number >> 8}.{number & 255}"}


@pytest.mark.parametrize("path", ["login", "forgot", "signup"])
def test_an_address_that_is_known(
    tenants: TenantPair, client: httpx.Client, rate_limit_store: redis.Redis, path: str
) -> None:
    email = tenants.a.tenant.email

    def send(exists: bool) -> httpx.Response:
        for key in rate_limit_store.scan_iter("*", count=1000):
            if key.startswith((b"LIMITS", b"qv:guess")):
                rate_limit_store.delete(key)
        client.cookies.clear()
        body = {"email": email if exists else f"{uuid4()}@a.example"}
        if path == "login":
            body |= {"password": f"not {PASSWORD}"}
        if path == "signup":
            body |= {"password": "several words of nobody", "account": "Homes", "name": "Robin"}
        return client.post(f"/api/auth/{path}", json=body, headers=_from_anywhere())

    _assert_alike(send)


def test_an_id_of_another_account(tenants: TenantPair, client: httpx.Client) -> None:
    """Going to B, which is not one's own, and to an account that there is not."""
    tenants.mend()
    login = tenants.logins[Role.VIEWER]

    def send(exists: bool) -> httpx.Response:
        account = ids.encode("acc", tenants.b.account_id if exists else new_id())
        headers = {"cookie": login.cookie} | _from_anywhere()
        client.cookies.clear()
        return client.post("/api/auth/switch", json={"account": account}, headers=headers)

    _assert_alike(send)


def test_a_link_of_somebody_else(tenants: TenantPair, client: httpx.Client) -> None:
    """A made-up signature with an id that exists, and with one that does not."""
    token = tenants.entities["one_time_tokens"]

    def send(exists: bool) -> httpx.Response:
        text = f"{(token if exists else new_id()).hex}.{'A' * 43}"
        body = {"token": text, "password": "several words of nobody"}
        return client.post("/api/auth/reset", json=body, headers=_from_anywhere())

    _assert_alike(send)
