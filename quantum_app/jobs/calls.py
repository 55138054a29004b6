"""Ends orphaned calls, and emails the results of calls."""

from uuid import UUID

from quantum_app.db import queue
from quantum_app.domain.calls import results, service, sweep
from quantum_app.jobs.app import BackOff, app


@app.periodic(cron="* * * * *")
@app.task(name="sweep_calls", queueing_lock="sweep_calls")
async def sweep_calls(timestamp: int) -> None:
    await sweep.end_orphaned_calls()


@app.task(name=service.RESULT_TASK, queue=queue.MAIL, retry=BackOff(2, 10, 60, 300, 1200, 3600))
async def send_call_result(*, account_id: str, call_id: str) -> None:
    await results.send(UUID(account_id), UUID(call_id))
