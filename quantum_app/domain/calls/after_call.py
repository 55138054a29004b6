"""What callers get of their own call once it is over: what they told, and the transcript by email.

The email holds only a link. The link names account and call, encrypted, and says until when it works. It shows what is
stored then: nothing of a call that was deleted or erased meanwhile.
"""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.db.session import account_session
from quantum_app.domain.accounts import service as accounts
from quantum_app.domain.calls import collected, repository, service
from quantum_app.domain.calls.schemas import (
    CallerResult,
    CallerTranscript,
    CallRef,
    CollectedValue,
    Speaker,
)
from quantum_app.domain.outbox import service as outbox
from quantum_app.errors import CallNotFound, Conflict, NotFound
from quantum_app.kit import crypto
from quantum_app.kit.clock import now
from quantum_app.settings import settings

TEMPLATE = "call_transcript"
LINK_LIFETIME = timedelta(days=7)
# What the flow asks by itself, and is no news to the caller.
_OWN_QUESTION = "consent"
# What the key of links is derived for.
_PURPOSE = "call transcript"


async def get_result(session: AsyncSession, call_id: UUID) -> CallerResult:
    """What the call came to, as its caller may see it. Raises NotFound."""
    if not await repository.is_open_to_caller(session, call_id):
        raise CallNotFound()
    call = await service.get_detail(session, call_id, see_values=True)
    summary = call.summary
    return CallerResult(
        started_at=summary.answered_at or summary.created_at,
        ended_at=summary.ended_at,
        values=tuple(_readable(item) for item in summary.values if item.variable != _OWN_QUESTION),
        turns=call.turns,
    )


def _readable(item: CollectedValue) -> CollectedValue:
    """Days and numbers are written by the page, in the caller's language; a phone number is the same in all."""
    if item.kind != "phone" or item.value is None:
        return item
    return replace(item, value=collected.in_words(item.kind, item.value))


async def require_transcript(session: AsyncSession, call: CallRef) -> None:
    """Lock the call, so that it isn't erased before its transcript is sent.

    Raises NotFound; Conflict if the caller said nothing, so that nobody is sent an empty page.
    """
    await repository.lock_calls(session, {call.call_id})
    if not await repository.is_open_to_caller(session, call.call_id):
        raise CallNotFound()
    turns = (await service.get_detail(session, call.call_id, see_values=True)).turns
    if not any(turn.speaker is Speaker.CALLER for turn in turns):
        raise Conflict("There is no transcript: nothing was said on this call.", code="transcript_empty")


async def send_transcript(session: AsyncSession, call: CallRef, recipient: str) -> None:
    """Email a link to the call's transcript, after `require_transcript`. Of the same call, an address gets one email.

    recipient: Normalized.
    """
    # Of this call only, so that the keys of two calls don't tell that they were of the same person.
    recipient_key = crypto.keyed_hash(settings().signing_key, _PURPOSE, f"{call.call_id} {recipient}").hex()
    expires_at = now() + LINK_LIFETIME
    await outbox.send_email(
        session,
        key=f"{TEMPLATE}:{call.call_id}:{recipient_key}",
        to=recipient,
        template=TEMPLATE,
        data={
            "call_id": str(call.call_id),
            "sealed": {
                "purpose": _PURPOSE,
                "content": [str(call.account_id), str(call.call_id), expires_at.isoformat()],
            },
        },
        account_id=call.account_id,
    )


async def open_link(token: str) -> CallerTranscript:
    """The transcript behind an email's link. Opens its own session. Raises NotFound: `call_erased`, or `link_over`
    for any other link that doesn't work.
    """
    try:
        content = json.loads(crypto.decrypt(settings().signing_key, _PURPOSE, token.encode()))
    except ValueError:
        raise _link_over() from None
    account_id, call_id, expires_at = UUID(content[0]), UUID(content[1]), datetime.fromisoformat(content[2])
    if expires_at < now():
        raise _link_over()
    async with account_session(account_id) as session:
        if await repository.is_erased(session, call_id):
            raise NotFound("This call was erased, and its transcript with it.", code="call_erased")
        if not await repository.is_open_to_caller(session, call_id):
            raise _link_over()
        call = await service.get_detail(session, call_id, see_values=True)
        return CallerTranscript(
            account_name=await accounts.account_name(session, account_id),
            verified_domain=await accounts.displayed_domain(session, account_id),
            assistant_name=call.assistant_name,
            language=call.language,
            started_at=call.summary.answered_at or call.summary.created_at,
            ended_at=call.summary.ended_at,
            expires_at=expires_at,
            turns=call.turns,
        )


def _link_over() -> NotFound:
    return NotFound("This link is no longer valid. It may have expired.", code="link_over")
