"""Two accounts, once a run, and the product that is asked about it."""

import os
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
import redis

from tests.isolation.tenant_pair import TenantPair, changes, create_pair
from tests.stack import Stack


@pytest.fixture(scope="session")
def database(quiet_stack: Stack) -> Stack:
    quiet_stack.need("postgres")
    return quiet_stack


@pytest.fixture(scope="session")
def tenants(database: Stack) -> Iterator[TenantPair]:
    pair = create_pair(database.superuser_url)
    yield pair
    pair.connection.close()


@pytest.fixture(scope="session")
def web(quiet_stack: Stack) -> Stack:
    """The pages and the API; for `make mutate`, with a guard that can be removed."""
    if "ISOLATION_MUTATION" in os.environ:
        child = quiet_stack.before_start("web")
        child.part = replace(child.part, command=[*child.part.command[:-1], "tests.isolation.guard_mutations:app"])
        child.environment["ISOLATION_MUTATION"] = os.environ["ISOLATION_MUTATION"]
    quiet_stack.need("web")
    return quiet_stack


@pytest.fixture(scope="module")
def client(web: Stack) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=web.url, timeout=20, trust_env=False) as http_client:
        yield http_client


@pytest.fixture(scope="module")
def no_writes_to_b(tenants: TenantPair) -> Iterator[None]:
    """Every row that B had before the module is the same after it. Which test wrote one, its own mark tells."""
    before = tenants.digest()
    yield
    lost_rows, _ = changes(before, tenants.digest())
    assert lost_rows == set(), "rows of B were changed"


@pytest.fixture
def rate_limit_store(quiet_stack: Stack) -> Iterator[redis.Redis]:
    """Redis, in which nobody has tried anything yet."""
    with redis.Redis.from_url(quiet_stack.settings.redis.url.get_secret_value()) as client:
        for family in ("LIMITS*", "limits*", "qv:guess:*"):
            for key in client.scan_iter(family, count=1000):
                client.delete(key)
        yield client
