"""The REST API in this process, on real Postgres, Valkey and LiveKit; each test calls from an address of its own.

Each response is compared with the API's description.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from itertools import count
from uuid import UUID

import httpx
import psycopg
import pytest
import pytest_asyncio
from psycopg import sql

from quantum_app.api import admission, flow_work, rate_limits
from quantum_app.api.app import api
from quantum_app.db.session import dispose
from quantum_app.kit import tokens
from quantum_app.settings import Capacity, settings
from tests.api.contract import verify
from tests.stack import Stack

_addresses = count(1)
Rows = Callable[[], dict[str, int]]
Configure = Callable[[str, str], None]
Lines = Callable[[int], Awaitable[None]]


@pytest.fixture(scope="session")
def product(quiet_stack: Stack) -> Iterator[Stack]:
    quiet_stack.need("postgres", "valkey", "livekit")
    yield quiet_stack
    flow_work.close()


@pytest_asyncio.fixture
async def web(product: Stack) -> AsyncIterator[httpx.AsyncClient]:
    """A client behind a proxy on this machine."""
    number = next(_addresses)
    transport = httpx.ASGITransport(api, client=("127.0.0.1", 50_000))
    headers = {"x-forwarded-for": f"198.51.{number >> 8}.{number & 255}"}
    await admission.capacity().publish("tests", 1000, seconds=120)
    hooks = {"response": [verify]}
    async with httpx.AsyncClient(
        transport=transport, base_url=product.url, headers=headers, event_hooks=hooks
    ) as client:
        yield client
    await rate_limits.close()
    await dispose()


@pytest_asyncio.fixture
async def live_web(quiet_stack: Stack) -> AsyncIterator[httpx.AsyncClient]:
    """The same, of the real web server."""
    quiet_stack.need("web")
    number = next(_addresses)
    headers = {"x-forwarded-for": f"198.51.{number >> 8}.{number & 255}"}
    async with httpx.AsyncClient(base_url=quiet_stack.url, headers=headers, trust_env=False) as client:
        yield client
    await rate_limits.close()
    await dispose()


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch) -> Iterator[Configure]:
    """Changes a setting for the rest of the test."""

    def change(name: str, value: str) -> None:
        monkeypatch.setenv(name, value)
        settings.cache_clear()

    yield change
    monkeypatch.undo()
    settings.cache_clear()


@pytest_asyncio.fixture
async def lines(web: httpx.AsyncClient, configure: Configure) -> Lines:
    """Says how many calls can be taken at once, by the shares of the product, while nobody else calls."""
    await rate_limits.close()
    for name in ("ADDRESS_SHARE", "CAMPAIGN_SHARE", "ACCOUNT_SHARE"):
        default = Capacity.model_fields[name.lower()].default
        configure(f"QUANTUM_CAPACITY_{name}", str(default))
    configure("REDIS_URL", settings().redis.url.get_secret_value().removesuffix("/0") + "/8")
    await rate_limits.redis().flushdb()

    async def publish(count: int) -> None:
        await admission.capacity().publish("tests", count, seconds=120)

    return publish


@pytest.fixture
def rows(product: Stack) -> Iterator[Rows]:
    """Counts the rows of every table there is."""
    with psycopg.connect(product.superuser_url, autocommit=True) as connection:

        def count_rows() -> dict[str, int]:
            names = connection.execute("select relname from pg_stat_user_tables where schemaname = 'public'").fetchall()
            query = sql.SQL("select count(*) from {}")
            return {
                name: connection.execute(query.format(sql.Identifier(name))).fetchone()[0]  # type: ignore[index]
                for (name,) in names
            }

        yield count_rows


class Mails:
    """What was written to people, as the outbox has it, and the links in it."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def to(self, recipient: str) -> list[str]:
        """The templates, the oldest first."""
        query = "select template from outbox where recipient = %s order by id"
        return [name for (name,) in self._connection.execute(query, [recipient])]

    def token(self, recipient: str, template: str) -> str:
        """The token of the newest link."""
        query = "select data->'token' from outbox where recipient = %s and template = %s order by id desc limit 1"
        row = self._connection.execute(query, [recipient, template]).fetchone()
        assert row, f"no {template} to {recipient}"
        key = settings().secret_key.get_secret_value()
        return tokens.sign(key, row[0]["purpose"], UUID(row[0]["id"]))


@pytest.fixture
def mails(product: Stack) -> Iterator[Mails]:
    with psycopg.connect(product.superuser_url, autocommit=True) as connection:
        yield Mails(connection)


@pytest.fixture
def superuser(product: Stack) -> Iterator[psycopg.Connection]:
    """Sees and changes everything, at once."""
    with psycopg.connect(product.superuser_url, autocommit=True) as connection:
        yield connection
