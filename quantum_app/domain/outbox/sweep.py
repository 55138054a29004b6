"""Requeues waiting messages that have no job, because the queue was emptied or restored from a backup."""

from datetime import datetime, timedelta

from quantum_app.db.session import system_session
from quantum_app.domain.outbox import repository, service
from quantum_app.kit.clock import now
from quantum_app.kit.log import logger

MIN_AGE = timedelta(minutes=2)  # younger messages may still be getting their job

_log = logger(__name__)


async def requeue_stranded(created_before: datetime | None = None) -> int:
    """Requeue stranded messages and return how many there were. Raises DependencyUnavailable(DB).

    created_before: By default two minutes ago.
    """
    async with system_session(__name__, "mail that waits without a job") as session:
        messages = await repository.waiting_messages(session, created_before or now() - MIN_AGE)
    for owner, message_id in messages:
        async with service.session_of(owner) as session:
            await service.enqueue(session, owner, message_id)
        _log.warning("outbox.requeued", message="A waiting email had no job", message_id=str(message_id))
    return len(messages)
