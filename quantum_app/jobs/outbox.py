"""Delivers email."""

from functools import cache
from uuid import UUID

from quantum_app.db import queue
from quantum_app.domain.calls import results
from quantum_app.domain.outbox import service, sweep
from quantum_app.domain.outbox.ports import Mailer, Source
from quantum_app.domain.outbox.schemas import Links, Owner
from quantum_app.jobs.app import BackOff, app
from quantum_app.providers.email import mailer
from quantum_app.settings import settings

# One less than MAX_ATTEMPTS. In total less than a day, which is how long Resend remembers an idempotency key.
WAITS = (2, 10, 60, 300, 1200, 3600, 3 * 3600, 6 * 3600)


# Emails that are filled in when they are sent.
SOURCES: dict[str, Source] = {results.TEMPLATE: results.content}


@cache
def _mailer() -> Mailer:
    return mailer(settings().mail)


@app.task(name=service.DELIVER_TASK, queue=queue.MAIL, retry=BackOff(*WAITS))
async def deliver_outbox(*, message_id: str, account_id: str | None, user_id: str | None) -> None:
    links = Links(settings().web_url, settings().signing_key)
    owner = Owner(UUID(account_id) if account_id else None, UUID(user_id) if user_id else None)
    await service.deliver(_mailer(), links, owner, UUID(message_id), SOURCES)


@app.periodic(cron="* * * * *")
@app.task(name="sweep_outbox", queue=queue.MAIL, queueing_lock="sweep_outbox")
async def sweep_outbox(timestamp: int) -> None:
    await sweep.requeue_stranded()
