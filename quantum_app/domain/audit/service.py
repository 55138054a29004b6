"""What was done, by whom, from where: written in the transaction that does it."""

import math
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.domain.audit import repository
from quantum_app.domain.audit.schemas import Actor, Page
from quantum_app.kit.clock import now
from quantum_app.kit.ids import new_id
from quantum_app.kit.request_context import request_context


async def record(
    session: AsyncSession,
    account_id: UUID,
    actor: Actor,
    action: str,
    entity: str,
    entity_id: UUID | str,
    *,
    previous: dict[str, Any] | None = None,
    new: dict[str, Any] | None = None,
) -> None:
    """Write down one thing. action: `members.invited`; previous and new: what changed, no secrets, nothing of a caller.

    The session is one of the account. Where the request came from is known from `kit.request_context`.
    """
    came = request_context.get()
    values = {
        "actor_id": actor.user_id,
        "actor": actor.name,
        "action": action,
        "entity": entity,
        "entity_id": str(entity_id),
        "previous": previous,
        "new": new,
        "request_id": came.request_id or None,
        "address": came.address or None,
    }
    await repository.add(session, new_id(), account_id, values)


async def wait_for(session: AsyncSession, account_id: UUID, action: str, *, a_day: int) -> int:
    """Seconds until the account may do this again, which it may so many times within 24 hours; 0 for now.

    Counted by what was recorded, which nobody can take back. It holds until the transaction ends.
    """
    earliest = await repository.nth_last(session, account_id, action, a_day)
    if earliest is None:
        return 0
    return max(0, math.ceil((earliest + timedelta(days=1) - now()).total_seconds()))


async def search(
    session: AsyncSession,
    *,
    after: UUID | None = None,
    limit: int = 50,
    action: str = "",
    text: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> Page:
    """A page of the account's log, newest first."""
    found = await repository.search(
        session, after=after, limit=limit + 1, action=action, text=text, since=since, until=until
    )
    more = len(found) > limit
    return Page(tuple(found[:limit]), found[limit - 1].id if more else None)
