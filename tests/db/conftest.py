"""The product's own database, and sessions that end with each test's event loop."""

from collections.abc import AsyncIterator, Iterator

import psycopg
import pytest
import pytest_asyncio

from quantum_app.db.session import dispose
from quantum_app.providers.data_folder import DataFolder
from quantum_app.settings import settings
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


@pytest.fixture
def clock(database: Stack) -> Iterator[psycopg.Connection]:
    """A superuser whose changes stay, to let time pass."""
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def files(database: Stack) -> DataFolder:
    return DataFolder(settings().home)


@pytest_asyncio.fixture(autouse=True)
async def _own_connections(database: Stack) -> AsyncIterator[None]:
    yield
    await dispose()
