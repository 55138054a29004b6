"""`python -m quantum_app.jobs`: run jobs until SIGINT or SIGTERM."""

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

# Jobs of each queue that run at once. Of one account, one export runs at a time (its lock).
_CONCURRENCY = {queue.MAIL: 4, queue.EXPORTS: 2, queue.DEFAULT: 2}
_POLL = 1.0  # seconds; a new job is announced, one that is tried again is not
_BEAT = 2.0  # seconds
_LOST = 10.0  # seconds without a beat after which a process is gone, and its jobs are taken up by others
_GRACE = 5.0  # seconds that a stop waits for the jobs that run

_log = log.logger("quantum_app.jobs")


async def _watched(run: Callable[[], Awaitable[Any]], context: JobContext, worker: Worker) -> Any:
    """Logs how a job failed."""
    began = time.monotonic()
    try:
        return await run()
    except Exception as error:
        _log.warning(
            "job failed",
            task=context.job.task_name,
            job_id=context.job.id,
            attempts=context.job.attempts + 1,
            seconds=round(time.monotonic() - began, 2),
            exc_info=error,
        )
        raise


async def _keep(running: App, heartbeat: Path) -> None:
    """Take up the jobs of processes that are gone, and show that this one lives and reaches the database."""
    while True:
        for job in await running.job_manager.get_stalled_jobs(seconds_since_heartbeat=_LOST):
            await running.job_manager.retry_job(job)
            _log.warning("job of a lost process taken up", task=job.task_name, job_id=job.id)
        await asyncio.to_thread(heartbeat.touch)
        await asyncio.sleep(_BEAT)


async def _work(running: App, name: str, concurrency: int) -> None:
    """Run the jobs of one queue, until this is cancelled."""
    await running.run_worker_async(
        queues=[name],
        name=name,
        concurrency=concurrency,
        install_signal_handlers=False,
        fetch_job_polling_interval=_POLL,
        update_heartbeat_interval=_BEAT,
        stalled_worker_timeout=_LOST,
        shutdown_graceful_timeout=_GRACE,
        delete_jobs="successful",
        worker_middleware=[_watched],
    )


async def _stop_signal() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()


async def run() -> None:
    """Raises what makes going on pointless; the supervisor starts this process again."""
    with app.replace_connector(connector()) as running:
        async with running.open_async():
            tasks = [
                asyncio.create_task(_stop_signal()),
                asyncio.create_task(_keep(running, settings().home / "jobs.heartbeat")),
                *(asyncio.create_task(_work(running, name, most)) for name, most in _CONCURRENCY.items()),
            ]
            try:
                # A worker that ends by itself has lost the database; the others end with it.
                ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            for task in ended:
                task.result()
    await dispose()


def main() -> int:
    current = settings()
    log.configure(current.log_format, current.log_level)
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    # How a job ended; `_watched` says it better.
    logging.getLogger("procrastinate.worker").addFilter(
        lambda record: not getattr(record, "action", "").startswith("job_")
    )
    asyncio.run(run())
    return 0


if __name__ == "__main__":
    sys.exit(main())
