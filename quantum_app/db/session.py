"""Database sessions, scoped to an account, a user, the public, or the system.

A session is one transaction: it commits when the block ends and rolls back when it raises. Row-level security reads
settings that live exactly as long as the transaction (`set_config(…, true)`).

All sessions raise DependencyUnavailable(DB) when the database can't be reached.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import cache
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from quantum_app.errors import Component, DependencyUnavailable
from quantum_app.kit.log import logger
from quantum_app.settings import settings

_log = logger(__name__, stage=Component.DB)

# Modules that may open a system session.
SYSTEM_MODULES = frozenset(
    {"quantum_app.domain.calls.sweep", "quantum_app.domain.outbox.sweep", "quantum_app.domain.privacy.upkeep"}
)

# For every connection. Only the database owner can create anything in either schema.
OPTIONS = "-c timezone=UTC -c search_path=public,jobs"


def sqlalchemy_url(url: str) -> str:
    """The URL in SQLAlchemy's form, which names the psycopg 3 driver."""
    scheme, rest = url.split("://", 1)
    return f"postgresql+psycopg://{rest}" if scheme in {"postgres", "postgresql"} else url


_engines: list[AsyncEngine] = []
_urls: dict[str, str] = {}


def use_app_url(url: str) -> None:
    """Log in as the application by this URL rather than by the settings', in a process that doesn't have them."""
    _urls["app"] = url


@cache
def _engine(kind: str) -> AsyncEngine:
    database = settings().database
    configured = database.system_url if kind == "system" else database.url
    engine = create_async_engine(
        sqlalchemy_url(_urls.get(kind) or configured.get_secret_value()),
        hide_parameters=True,  # errors are logged, and parameters are user data
        pool_size=4,
        max_overflow=4,
        pool_pre_ping=True,
        pool_timeout=5,
        connect_args={"connect_timeout": 3, "options": OPTIONS},
    )
    _engines.append(engine)
    return engine


async def dispose() -> None:
    """Close this process's connections (shutdown, tests)."""
    while _engines:
        await _engines.pop().dispose()
    _engine.cache_clear()


@asynccontextmanager
async def _transaction(kind: str, **claims: str) -> AsyncGenerator[AsyncSession]:
    try:
        async with AsyncSession(_engine(kind), expire_on_commit=False) as session, session.begin():
            for name, value in claims.items():
                await session.execute(
                    text("select set_config(:name, :value, true)"), {"name": f"app.{name}", "value": value}
                )
            yield session
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        _log.error(
            "db.unavailable", message="Can't reach the database", error=type(error).__name__, reason=_first_line(error)
        )
        raise DependencyUnavailable(
            Component.DB, "We can't reach the database right now. Try again in a moment."
        ) from error


def _first_line(error: Exception) -> str:
    """The driver's message, without the statement and its parameters."""
    return str(getattr(error, "orig", None) or error).split("\n", 1)[0]


@asynccontextmanager
async def account_session(account_id: UUID, *, user_id: UUID | None = None) -> AsyncGenerator[AsyncSession]:
    """A session that sees one account, and optionally one user's own rows."""
    claims = {"account_id": str(account_id)} | ({"user_id": str(user_id)} if user_id else {})
    async with _transaction("app", **claims) as session:
        yield session


@asynccontextmanager
async def user_session(user_id: UUID) -> AsyncGenerator[AsyncSession]:
    """A session that sees one user's rows in the global tables."""
    async with _transaction("app", user_id=str(user_id)) as session:
        yield session


@asynccontextmanager
async def public_session() -> AsyncGenerator[AsyncSession]:
    """A session that sees no table and may only call the functions of schema `api`."""
    async with _transaction("app") as session:
        yield session


@asynccontextmanager
async def system_session(module: str, reason: str) -> AsyncGenerator[AsyncSession]:
    """A session across accounts. Raises PermissionError for modules that aren't in `SYSTEM_MODULES`.

    module: The caller's `__name__`.
    reason: For the database server's log.
    """
    if module not in SYSTEM_MODULES:
        raise PermissionError(f"{module} may not open a system session")
    async with _transaction("system", reason=reason) as session:
        yield session
