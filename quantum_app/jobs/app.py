"""The task registry and the retry strategy."""

import asyncio

from procrastinate import App, BaseRetryStrategy, PsycopgConnector, RetryDecision
from procrastinate.exceptions import JobAborted
from procrastinate.jobs import Job

from quantum_app.db.session import OPTIONS
from quantum_app.errors import QuantumError
from quantum_app.settings import settings

MODULES = (
    "quantum_app.jobs.calls",
    "quantum_app.jobs.knowledge",
    "quantum_app.jobs.outbox",
    "quantum_app.jobs.privacy",
    "quantum_app.jobs.upkeep",
)

# Only registers tasks. To run jobs, it gets the database from `connector`.
app = App(connector=PsycopgConnector(), import_paths=MODULES)


def connector() -> PsycopgConnector:
    """A connection pool with the application's role, not opened yet."""
    return PsycopgConnector(
        conninfo=settings().database.url.get_secret_value(),
        kwargs={"connect_timeout": 3, "options": OPTIONS},
        min_size=1,
        max_size=4,
    )


class BackOff(BaseRetryStrategy):
    """Retries after each of these delays in seconds, then gives up.

    Errors that aren't `retryable` aren't retried, and `retry_after` is respected. A job that was interrupted by a
    shutdown is retried at once.
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
