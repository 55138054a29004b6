"""Ends orphaned calls."""

from quantum_app.domain.calls import sweep
from quantum_app.jobs.app import app


@app.periodic(cron="* * * * *")
@app.task(name="sweep_calls", queueing_lock="sweep_calls")
async def sweep_calls(timestamp: int) -> None:
    await sweep.end_orphaned_calls()
