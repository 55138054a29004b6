"""Work that is done after a transaction, or by the clock: `python -m quantum_app.jobs`.

One module a subject, named in `app.MODULES`. A task is an async function under `@app.task(name=…, retry=BackOff(…))`;
`quantum_app.db.queue.defer` defers it by that name, inside a transaction. One by the clock has `@app.periodic(cron=…)`
above, and takes `timestamp`. Arguments are ids: the tables of jobs belong to no account. A job may run
twice, when a process dies, so a task looks first whether there is still something to do.
"""
