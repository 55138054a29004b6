"""The tasks' registry, and how they are tried again."""

import asyncio

from procrastinate import App, BaseRetryStrategy, PsycopgConnector, RetryDecision
from procrastinate.exceptions import JobAborted
from procrastinate.jobs import Job

from quantum_app.db.session import OPTIONS
from quantum_app.errors import QuantumError
from quantum_app.settings import settings

MODULES = (
    "quantum_app.jobs.calls",
    "quantum_app.jobs.outbox",
    "quantum_app.jobs.privacy",
    "quantum_app.jobs.upkeep",
)

# Knows the tasks; `connector` gives it the database when jobs are run.
app = App(connector=PsycopgConnector(), import_paths=MODULES)


def connector() -> PsycopgConnector:
    """Connections of the application's role, not opened yet."""
    return PsycopgConnector(
        conninfo=settings().database.url.get_secret_value(),
        kwargs={"connect_timeout": 3, "options": OPTIONS},
        min_size=1,
        max_size=4,
    )


class BackOff(BaseRetryStrategy):
    """Try again after each of these seconds, and then no more.

    An error that will not pass (not `retryable`) is not tried again; one with `retry_after` waits at least so long. A
    job that a stopping process cut off is taken up at once, by the next one.
    """

    def __init__(self, *seconds: float) -> None:
        self._seconds = seconds

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, (asyncio.CancelledError, JobAborted)):
            return RetryDecision()
        if job.attempts >= len(self._seconds) or (isinstance(exception, QuantumError) and not exception.retryable):
            return None
        wait = max(self._seconds[job.attempts], getattr(exception, "retry_after", 0))
        return RetryDecision(retry_in={"seconds": round(wait)})
