"""Jobs, deferred inside the transaction that causes them: they exist when it commits, and not otherwise.

`quantum_app.jobs` runs them. Here a task is known by its name, so that whoever defers it need not import it.
"""

from typing import Any

from procrastinate import PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.manager import JobManager
from procrastinate.tasks import configure_task
from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.errors import Component, DependencyUnavailable

# Never opened: each job goes through the connection of its transaction.
_manager = JobManager(PsycopgConnector())


# A job waits for those of its own queue alone: `quantum_app.jobs` runs each with a concurrency of its own.
DEFAULT, MAIL, EXPORTS = "default", "mail", "exports"


async def defer(
    session: AsyncSession, task: str, *, queue: str = DEFAULT, lock: str | None = None, **arguments: str | None
) -> None:
    """Run a task when the session's transaction has committed.

    queue: one of those above. lock: of jobs with the same one, one runs at a time. arguments: ids and nothing else; the
    tables of jobs belong to no account. Raises DependencyUnavailable(DB).
    """
    pooled = await (await session.connection()).get_raw_connection()
    raw: Any = pooled.driver_connection
    job = configure_task(name=task, job_manager=_manager, queue=queue, lock=lock, connection=raw)
    try:
        await job.defer_async(**arguments)
    except ConnectorException as error:
        raise DependencyUnavailable(
            Component.DB, "That could not be begun just now. Please try again in a moment."
        ) from error
