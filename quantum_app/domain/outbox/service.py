"""Mail: written in the business transaction, sent by a job afterwards, once.

`deliver` opens its own sessions: the provider is asked between two transactions, not inside one.
"""

from contextlib import AbstractAsyncContextManager
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.db import queue
from quantum_app.db.session import account_session, user_session
from quantum_app.domain.outbox import repository, templates
from quantum_app.domain.outbox.ports import MailDelayed, Mailer, MailRefused
from quantum_app.domain.outbox.schemas import Draft, Links, MessagePage, Owner
from quantum_app.errors import DependencyUnavailable
from quantum_app.kit.clock import now
from quantum_app.kit.ids import new_id
from quantum_app.kit.log import logger

DELIVER = "deliver_outbox"  # the job's name
MOST_ATTEMPTS = 9
LARGEST_PAGE = 100

_log = logger(__name__)


async def send_mail(
    session: AsyncSession,
    *,
    key: str,
    to: str,
    template: str,
    data: dict[str, Any],
    account_id: UUID | None = None,
    user_id: UUID | None = None,
) -> None:
    """Send a mail when the session's transaction has committed; the same key twice sends once.

    It is the account's mail or a person's own: exactly one of the two is given, and the session is of it. data: what
    the template needs and no secret; {"token": {"purpose", "id"}} becomes the link's token when the mail is sent.
    """
    if (account_id is None) == (user_id is None):
        raise ValueError("a mail is an account's or a person's: give one of account_id and user_id")
    if template not in templates.NAMES:
        raise ValueError(f"there is no mail {template}")
    owner, message_id = Owner(account_id, user_id), new_id()
    if await repository.add(session, message_id, owner, key=key, to=to, template=template, data=data):
        await defer(session, owner, message_id)


async def defer(session: AsyncSession, owner: Owner, message_id: UUID) -> None:
    """Let a job deliver the message. Its lock is the message: one job at a time."""
    await queue.defer(
        session,
        DELIVER,
        queue=queue.MAIL,
        lock=str(message_id),
        message_id=str(message_id),
        account_id=_text(owner.account_id),
        user_id=_text(owner.user_id),
    )


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)


async def deliver(mailer: Mailer, links: Links, owner: Owner, message_id: UUID) -> None:
    """Send one message, if it still waits; how it ended is in the outbox.

    Raises MailDelayed when another attempt has to be made; DependencyUnavailable(DB).
    """
    log = _log.bind(message_id=str(message_id))
    async with session_of(owner) as session:
        draft = await repository.begin(session, message_id)
    if draft is None:
        return
    try:
        provider_id = await _send(mailer, links, draft)
    except MailRefused as error:
        async with session_of(owner) as session:
            await repository.failed(session, message_id, error.message)
        log.warning("mail refused", template=draft.template, attempts=draft.attempts)
    except MailDelayed as error:
        last = draft.attempts >= MOST_ATTEMPTS
        async with session_of(owner) as session:
            await (repository.failed if last else repository.delayed)(session, message_id, error.message)
        log.warning("mail given up" if last else "mail delayed", template=draft.template, attempts=draft.attempts)
        if not last:
            raise
    else:
        async with session_of(owner) as session:
            await repository.sent(session, message_id, provider_id, now())
        log.info("mail sent", template=draft.template, attempts=draft.attempts)


async def _send(mailer: Mailer, links: Links, draft: Draft) -> str:
    """Raises MailRefused, MailDelayed; an error of our own may be mended before the last attempt."""
    if draft.attempts > MOST_ATTEMPTS:
        raise MailDelayed("Sending was interrupted each time.")
    try:
        mail = templates.render(draft.template, draft.recipient, draft.data, links)
        return await mailer.send(mail, str(draft.message_id))
    except (MailRefused, MailDelayed, DependencyUnavailable):
        raise
    except Exception as error:
        kind = type(error).__name__
        _log.error("mail could not be made or handed over", message_id=str(draft.message_id), error=kind)
        raise MailDelayed(f"An error on our side ({kind}).") from None


def session_of(owner: Owner) -> AbstractAsyncContextManager[AsyncSession]:
    """A transaction that sees the owner's messages."""
    if owner.account_id is not None:
        return account_session(owner.account_id)
    assert owner.user_id is not None
    return user_session(owner.user_id)


async def list_messages(session: AsyncSession, *, after: UUID | None = None, limit: int = 50) -> MessagePage:
    """The account's mail, newest first, at most 100. after: the previous page's `after`."""
    limit = max(1, min(limit, LARGEST_PAGE))
    found = await repository.messages(session, limit=limit + 1, after=after)
    return MessagePage(tuple(found[:limit]), found[limit - 1].message_id if len(found) > limit else None)
