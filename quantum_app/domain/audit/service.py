"""The audit log: who did what, and from where. Entries are written in the transaction of the action."""

import math
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.domain.audit import repository
from quantum_app.domain.audit.schemas import Actor, AuditLogPage
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
    """Write an entry. The session must be of the account; request ID and address come from `kit.request_context`.

    action: Feature and past tense, like `members.invited`.
    previous, new: Values that changed. Never secrets or a caller's personal data.
    """
    context = request_context.get()
    values = {
        "actor_id": actor.user_id,
        "actor": actor.name,
        "action": action,
        "entity": entity,
        "entity_id": str(entity_id),
        "previous": previous,
        "new": new,
        "request_id": context.request_id or None,
        "address": context.address or None,
    }
    await repository.add(session, new_id(), account_id, values)


async def seconds_until_allowed(session: AsyncSession, account_id: UUID, action: str, *, a_day: int) -> int:
    """Seconds until the account may do this again, or 0 if it may now.

    Counts audit entries, which can't be undone. The answer holds until the transaction ends.

    a_day: Times allowed within 24 hours.
    """
    earliest = await repository.time_of_nth_latest(session, account_id, action, a_day)
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
) -> AuditLogPage:
    """A page of the account's log, newest first."""
    entries = await repository.search(
        session, after=after, limit=limit + 1, action=action, text=text, since=since, until=until
    )
    more = len(entries) > limit
    return AuditLogPage(tuple(entries[:limit]), entries[limit - 1].id if more else None)
