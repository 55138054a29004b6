"""The world of two accounts, once a run, and the product that is asked about it."""

from collections.abc import Iterator

import pytest
import redis

from tests.isolation.world import World, make
from tests.stack import Stack


@pytest.fixture(scope="session")
def database(stack: Stack) -> Stack:
    stack.need("postgres")
    return stack


@pytest.fixture(scope="session")
def world(database: Stack) -> Iterator[World]:
    made = make(database.superuser_url)
    yield made
    made.connection.close()


@pytest.fixture(scope="session")
def web(stack: Stack) -> Stack:
    stack.need("web")
    return stack


@pytest.fixture
def forgiven(stack: Stack) -> Iterator[redis.Redis]:
    """Redis, in which nobody has tried anything yet."""
    with redis.Redis.from_url(stack.settings.redis.url.get_secret_value()) as client:
        for family in ("LIMITS*", "limits*", "qv:guess:*"):
            for key in client.scan_iter(family, count=1000):
                client.delete(key)
        yield client
