"""`python -m quantum_app.jobs`: runs jobs until SIGINT or SIGTERM."""

import asyncio
import logging
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from procrastinate import App, JobContext
from procrastinate.worker import Worker

from quantum_app.db import queue
from quantum_app.db.session import dispose
from quantum_app.jobs.app import app, connector
from quantum_app.kit import log
from quantum_app.settings import settings

# Concurrent jobs per queue. Exports and indexing also have a lock per account.
_CONCURRENCY = {queue.MAIL: 4, queue.EXPORTS: 2, queue.KNOWLEDGE: 2, queue.DEFAULT: 2}
_POLL_INTERVAL = 1.0  # seconds; only retries need polling, new jobs are announced
_HEARTBEAT_INTERVAL = 2.0  # seconds
_STALLED_AFTER = 10.0  # seconds without a heartbeat after which other processes take over the jobs
_SHUTDOWN_GRACE = 5.0  # seconds to let running jobs finish

_log = log.logger("quantum_app.jobs")


async def _log_failure(run: Callable[[], Awaitable[Any]], context: JobContext, worker: Worker) -> Any:
    """Middleware that logs a failed job."""
    began = time.monotonic()
    try:
        return await run()
    except Exception as error:
        _log.warning(
            "job.failed",
            message="Job failed",
            task=context.job.task_name,
            job_id=context.job.id,
            attempts=context.job.attempts + 1,
            seconds=round(time.monotonic() - began, 2),
            exc_info=error,
        )
        raise


async def _maintain(running: App, heartbeat: Path) -> None:
    """Requeue jobs of lost processes, and touch the heartbeat file while the database answers."""
    while True:
        for job in await running.job_manager.get_stalled_jobs(seconds_since_heartbeat=_STALLED_AFTER):
            await running.job_manager.retry_job(job)
            _log.warning("job.requeued", message="Requeued a job of a lost process", task=job.task_name, job_id=job.id)
        await asyncio.to_thread(heartbeat.touch)
        await asyncio.sleep(_HEARTBEAT_INTERVAL)


async def _work(running: App, name: str, concurrency: int) -> None:
    """Run the jobs of one queue until canceled."""
    await running.run_worker_async(
        queues=[name],
        name=name,
        concurrency=concurrency,
        install_signal_handlers=False,
        fetch_job_polling_interval=_POLL_INTERVAL,
        update_heartbeat_interval=_HEARTBEAT_INTERVAL,
        stalled_worker_timeout=_STALLED_AFTER,
        shutdown_graceful_timeout=_SHUTDOWN_GRACE,
        delete_jobs="successful",
        worker_middleware=[_log_failure],
    )


async def _stop_signal() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()


async def run() -> None:
    """Run until stopped. Raises on fatal errors; the supervisor then restarts this process."""
    with app.replace_connector(connector()) as running:
        async with running.open_async():
            tasks = [
                asyncio.create_task(_stop_signal()),
                asyncio.create_task(_maintain(running, settings().home / "jobs.heartbeat")),
                *(asyncio.create_task(_work(running, name, most)) for name, most in _CONCURRENCY.items()),
            ]
            try:
                # A worker that ends by itself has lost the database, so the others are stopped too.
                finished_tasks, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            for task in finished_tasks:
                task.result()
    await dispose()


def main() -> int:
    current = settings()
    log.configure(current.log_format, current.log_level)
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    # `_log_failure` logs how jobs end.
    logging.getLogger("procrastinate.worker").addFilter(
        lambda record: not getattr(record, "action", "").startswith("job_")
    )
    asyncio.run(run())
    return 0


if __name__ == "__main__":
    sys.exit(main())
