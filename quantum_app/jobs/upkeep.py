"""Removes old jobs."""

from procrastinate import JobContext

from quantum_app.jobs.app import app

_RETENTION = 30 * 24  # hours to keep failed jobs for inspection


@app.periodic(cron="17 3 * * *")
@app.task(name="remove_old_jobs", queueing_lock="remove_old_jobs", pass_context=True)
async def remove_old_jobs(context: JobContext, timestamp: int) -> None:
    await context.app.job_manager.delete_old_jobs(
        nb_hours=_RETENTION, include_failed=True, include_cancelled=True, include_aborted=True
    )
