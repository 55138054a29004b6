"""Counting what an account has, so that a limit holds for requests that come at the same time.

The count and what is written after it happen under a lock that lasts until the transaction ends: of two requests that
want the last one of something, the second counts what the first has written. Every limit of an account counts this way.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, text
from sqlalchemy.ext.asyncio import AsyncSession


async def under_lock(session: AsyncSession, account_id: UUID, resource: str, query: Select[Any]) -> Sequence[Row[Any]]:
    """The query's rows, read while no other transaction counts this resource of the account.

    resource: what is counted. A transaction that counts several takes them in alphabetical order.
    """
    lock = text("select pg_advisory_xact_lock(hashtextextended(:name, 0))")
    await session.execute(lock, {"name": f"quota:{resource}:{account_id}"})
    # A statement of its own: it sees what was committed while this transaction waited.
    return (await session.execute(query)).all()
