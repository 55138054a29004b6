"""Enqueues jobs inside the transaction that causes them, so a job exists only if the transaction commits.

`quantum_app.jobs` runs them. Tasks are referenced by name, so that enqueuing one doesn't import it.
"""

from datetime import timedelta
from typing import Any

from procrastinate import PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.manager import JobManager
from procrastinate.tasks import configure_task
from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.errors import Component, DependencyUnavailable

# Never opened: each job is inserted by the connection of its transaction.
_manager = JobManager(PsycopgConnector())


# Each queue has its own concurrency in `quantum_app.jobs`, so email never waits for exports.
DEFAULT, MAIL, EXPORTS, KNOWLEDGE = "default", "mail", "exports", "knowledge"


async def defer(
    session: AsyncSession,
    task: str,
    *,
    queue: str = DEFAULT,
    lock: str | None = None,
    after: timedelta | None = None,
    **arguments: str | None,
) -> None:
    """Enqueue a task. It runs after the session's transaction has committed. Raises DependencyUnavailable(DB).

    after: How long it waits before it runs.
    lock: Jobs with the same lock run one at a time.
    arguments: Only IDs, because row-level security doesn't cover the job tables.
    """
    pooled = await (await session.connection()).get_raw_connection()
    raw: Any = pooled.driver_connection
    job = configure_task(
        name=task,
        job_manager=_manager,
        queue=queue,
        lock=lock,
        schedule_in={"seconds": round(after.total_seconds())} if after else None,
        connection=raw,
    )
    try:
        await job.defer_async(**arguments)
    except ConnectorException as error:
        raise DependencyUnavailable(Component.DB, "We couldn't start that. Try again in a moment.") from error
