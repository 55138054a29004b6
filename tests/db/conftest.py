"""The product's own database, and sessions that end with each test's event loop."""

from collections.abc import AsyncIterator, Iterator

import psycopg
import pytest
import pytest_asyncio

from quantum_app.db.session import dispose
from tests.stack import Stack


@pytest.fixture(scope="session")
def database(quiet_stack: Stack) -> Stack:
    quiet_stack.need("postgres")
    return quiet_stack


@pytest.fixture
def superuser(database: Stack) -> Iterator[psycopg.Connection]:
    """Sees everything; what a test changes is rolled back."""
    with psycopg.connect(database.superuser_url) as connection:
        yield connection
        connection.rollback()


@pytest_asyncio.fixture(autouse=True)
async def _own_connections(database: Stack) -> AsyncIterator[None]:
    yield
    await dispose()
