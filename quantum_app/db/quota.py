"""Counting for quotas, safe against concurrent requests.

Counting takes a lock that lasts until the transaction ends. Of two requests for the last free item, the second counts
what the first has written.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, text
from sqlalchemy.ext.asyncio import AsyncSession


async def under_lock(
    session: AsyncSession, account_id: UUID, resource: str, query: Select[*tuple[Any, ...]]
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Run the query while no other transaction counts this resource of the account.

    resource: Name of what is counted. A transaction that counts several must go in alphabetical order, or it may
        deadlock.
    """
    lock = text("select pg_advisory_xact_lock(hashtextextended(:name, 0))")
    await session.execute(lock, {"name": f"quota:{resource}:{account_id}"})
    # A separate statement, so that it sees what was committed while this transaction waited for the lock.
    return (await session.execute(query)).all()
