"""Transactional outbox for email: a message is written in the business transaction, and a job sends it once.

`deliver` opens its own sessions, so that no transaction is open while the provider is called.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.db import queue
from quantum_app.db.session import account_session, user_session
from quantum_app.domain.outbox import repository, templates
from quantum_app.domain.outbox.ports import MailDelayed, Mailer, MailRefused, Source
from quantum_app.domain.outbox.schemas import Links, MessagePage, Owner, PendingMessage
from quantum_app.errors import DependencyUnavailable
from quantum_app.kit.clock import now
from quantum_app.kit.ids import new_id
from quantum_app.kit.log import logger

DELIVER_TASK = "deliver_outbox"  # the job's name
MAX_ATTEMPTS = 9
MAX_PAGE_SIZE = 100

_log = logger(__name__)


async def send_email(
    session: AsyncSession,
    *,
    key: str,
    to: str,
    template: str,
    data: dict[str, Any],
    account_id: UUID | None = None,
    user_id: UUID | None = None,
) -> bool:
    """Send an email when the session's transaction has committed. Returns False if its key was used before.

    key: Idempotency key. The same key twice sends one email.
    data: Values for the template, without secrets. `{"token": {"purpose", "id"}}` becomes the link's token on sending.
    account_id, user_id: The owner. Exactly one is set, and the session must be of it.
    """
    if (account_id is None) == (user_id is None):
        raise ValueError("pass exactly one of account_id and user_id")
    if template not in templates.NAMES:
        raise ValueError(f"unknown template: {template}")
    owner, message_id = Owner(account_id, user_id), new_id()
    if not await repository.add(session, message_id, owner, key=key, to=to, template=template, data=data):
        return False
    await enqueue(session, owner, message_id)
    return True


async def count_since(session: AsyncSession, account_id: UUID, template: str, since: datetime) -> int:
    """How many emails by this template the account has written since then.

    The answer holds until the transaction ends.
    """
    return await repository.count_since(session, account_id, template, since)


async def enqueue(session: AsyncSession, owner: Owner, message_id: UUID) -> None:
    """Queue the message for delivery. The job's lock is the message's ID, so one job runs at a time."""
    await queue.defer(
        session,
        DELIVER_TASK,
        queue=queue.MAIL,
        lock=str(message_id),
        message_id=str(message_id),
        account_id=_text(owner.account_id),
        user_id=_text(owner.user_id),
    )


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)


async def call_ids_of_recipient(session: AsyncSession, recipient: str) -> list[UUID]:
    """IDs of the calls that an email to this address is about."""
    return [UUID(call_id) for call_id in await repository.call_ids_of_recipient(session, recipient)]


async def forget_recipients(session: AsyncSession, call_ids: Sequence[UUID]) -> None:
    """Remove the addresses of emails about these calls, and don't send those that are waiting."""
    await repository.forget_recipients(session, [str(call_id) for call_id in call_ids])


async def deliver(
    mailer: Mailer, links: Links, owner: Owner, message_id: UUID, sources: Mapping[str, Source] | None = None
) -> None:
    """Send one message if it's still waiting, and save the outcome.

    sources: By template, for those that are filled in now.

    Raises MailDelayed if it should be retried, DependencyUnavailable(DB).
    """
    log = _log.bind(message_id=str(message_id))
    async with session_of(owner) as session:
        message = await repository.begin_attempt(session, message_id)
    if message is None:
        return
    try:
        source = (sources or {}).get(message.template)
        provider_id = await _send(mailer, links, owner, message, source)
    except MailRefused as error:
        async with session_of(owner) as session:
            await repository.mark_failed(session, message_id, error.message)
        log.warning(
            "outbox.refused",
            message="The provider refused the email",
            template=message.template,
            attempts=message.attempts,
        )
    except MailDelayed as error:
        is_last_attempt = message.attempts >= MAX_ATTEMPTS
        async with session_of(owner) as session:
            await (repository.mark_failed if is_last_attempt else repository.mark_delayed)(
                session, message_id, error.message
            )
        event, sentence = (
            ("outbox.failed", "Gave up sending the email")
            if is_last_attempt
            else ("outbox.delayed", "Will retry sending")
        )
        log.warning(event, message=sentence, template=message.template, attempts=message.attempts)
        if not is_last_attempt:
            raise
    else:
        async with session_of(owner) as session:
            await repository.mark_sent(session, message_id, provider_id, now())
        log.info("outbox.sent", message="Email sent", template=message.template, attempts=message.attempts)


async def _send(mailer: Mailer, links: Links, owner: Owner, message: PendingMessage, source: Source | None) -> str:
    """Raises MailRefused, MailDelayed. A bug of ours counts as a delay: it may be fixed before the last attempt."""
    if message.attempts > MAX_ATTEMPTS:
        raise MailDelayed("Each attempt was interrupted.")
    try:
        data = message.data
        if source is not None:
            async with session_of(owner) as session:
                content = await source(session, message.recipient, data)
            if content is None:
                raise MailRefused("What it was about is gone, or isn't for this recipient anymore.")
            data = content
        email = templates.render(message.template, message.recipient, data, links)
        return await mailer.send(email, str(message.message_id))
    except (MailRefused, MailDelayed, DependencyUnavailable):
        raise
    except Exception as error:
        kind = type(error).__name__
        _log.error(
            "outbox.error",
            message="Rendering or sending the email failed",
            message_id=str(message.message_id),
            error=kind,
        )
        raise MailDelayed(f"An error on our side ({kind}).") from None


def session_of(owner: Owner) -> AbstractAsyncContextManager[AsyncSession]:
    """A session that sees the owner's messages."""
    if owner.account_id is not None:
        return account_session(owner.account_id)
    assert owner.user_id is not None
    return user_session(owner.user_id)


async def list_messages(session: AsyncSession, *, after: UUID | None = None, limit: int = 50) -> MessagePage:
    """A page of the account's emails, newest first.

    after: Cursor from the previous page.
    limit: At most 100.
    """
    limit = max(1, min(limit, MAX_PAGE_SIZE))
    messages = await repository.list_messages(session, limit=limit + 1, after=after)
    return MessagePage(tuple(messages[:limit]), messages[limit - 1].message_id if len(messages) > limit else None)
