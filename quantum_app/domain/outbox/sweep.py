"""Messages that wait and have no job any more: the queue was emptied, or restored from a copy. They get a new one."""

from datetime import datetime, timedelta

from quantum_app.db.session import system_session
from quantum_app.domain.outbox import repository, service
from quantum_app.kit.clock import now
from quantum_app.kit.log import logger

AFTER = timedelta(minutes=2)  # no job takes so long to appear

_log = logger(__name__)


async def sweep(created_before: datetime | None = None) -> int:
    """How many there were, of those written before then (two minutes ago). Raises DependencyUnavailable(DB)."""
    async with system_session(__name__, "mail that waits without a job") as session:
        waiting = await repository.waiting(session, created_before or now() - AFTER)
    for owner, message_id in waiting:
        async with service.session_of(owner) as session:
            await service.defer(session, owner, message_id)
        _log.warning("mail without a job", message_id=str(message_id))
    return len(waiting)
