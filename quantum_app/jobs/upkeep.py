"""The queue's own housekeeping."""

from procrastinate import JobContext

from quantum_app.jobs.app import app

_KEPT = 30 * 24  # hours that a job which failed stays to be looked at


@app.periodic(cron="17 3 * * *")
@app.task(name="remove_old_jobs", queueing_lock="remove_old_jobs", pass_context=True)
async def remove_old_jobs(context: JobContext, timestamp: int) -> None:
    await context.app.job_manager.delete_old_jobs(
        nb_hours=_KEPT, include_failed=True, include_cancelled=True, include_aborted=True
    )
