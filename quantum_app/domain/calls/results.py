"""Emails what a call collected to the members who get the campaign's results.

The outbox holds no values. An email is filled in when it is sent, so a call that is erased by then is not in any email
or table, and who may no longer see values gets none.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.db.session import account_session
from quantum_app.domain.calls import collected, repository
from quantum_app.domain.calls.labels import END_REASONS
from quantum_app.domain.calls.queries import finished_calls
from quantum_app.domain.calls.schemas import CallStatus, FinishedCall, StoredValue
from quantum_app.domain.campaigns import recipients
from quantum_app.domain.outbox import service as outbox
from quantum_app.kit import ids
from quantum_app.kit.clock import now
from quantum_app.kit.log import logger
from quantum_app.kit.phone import format_phone
from quantum_app.settings import settings

TEMPLATE = "call_result"
_NAMELESS = "a caller"

_log = logger(__name__)


async def send(account_id: UUID, call_id: UUID) -> int:
    """Email the result of a call that has ended, once to each recipient. Opens its own session.

    Returns how many emails were written. None for a call without values, a test, or one that is deleted, and none
    beyond the account's quota.
    """
    most = settings().quotas.result_emails_a_day
    async with account_session(account_id) as session:
        call = await finished_calls.get_call(session, call_id)
        if call is None or not await repository.values_of(session, [call_id]):
            return 0
        members = await recipients.list_recipients(session, call.campaign_id)
        count = await outbox.count_since(session, account_id, TEMPLATE, now() - timedelta(days=1))
        new = 0
        for member in members:
            if count + new >= most:
                _log.warning("result.dropped", message="Too many result emails today", account_id=str(account_id))
                break
            new += await outbox.send_email(
                session,
                key=f"{TEMPLATE}:{call_id}:{member.user_id}",
                to=member.email,
                template=TEMPLATE,
                data={"call": str(call_id), "last": count + new + 1 == most},
                account_id=account_id,
            )
    return new


async def content(session: AsyncSession, recipient: str, data: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the email says, or None if there is nothing to tell this recipient anymore.

    recipient: Email address.
    data: As `send` wrote it.
    """
    call_id = UUID(data["call"])
    call = await finished_calls.get_call(session, call_id)
    values = await repository.values_of(session, [call_id])
    if call is None or not values:
        return None
    if recipient not in {member.email for member in await recipients.list_recipients(session, call.campaign_id)}:
        return None
    return {
        "caller": _caller(call, values),
        "campaign": call.campaign_name,
        "began": f"{call.began.astimezone(ZoneInfo(call.time_zone)):%B %-d, %Y at %H:%M} ({call.time_zone})",
        "call": ids.encode("call", call_id),
        "broke_off": "" if call.status is CallStatus.COMPLETED else END_REASONS[call.end_reason].dashboard,
        "values": _rows(call, values),
        "last": bool(data["last"]),
    }


def _caller(call: FinishedCall, values: list[StoredValue]) -> str:
    """Their name, else how to reach them."""
    by_kind = {
        item.kind: collected.in_words(item.kind, item.value)
        for item in reversed(values)
        if _is_visible(item) and item.value
    }
    names = (
        by_kind.get("name"),
        call.caller_name,
        by_kind.get("phone"),
        format_phone(call.caller_phone or ""),
        by_kind.get("email"),
    )
    return next((name for name in names if name), None) or call.caller_email or _NAMELESS


def _rows(call: FinishedCall, values: list[StoredValue]) -> list[dict[str, str | None]]:
    """Labels with values in words; None for a hidden one. First what the caller wrote before the call."""
    before = [("email", "Email", call.caller_email), ("phone", "Phone", call.caller_phone)]
    rows: list[dict[str, str | None]] = [
        {"kind": kind, "label": label, "value": collected.in_words(kind, text)}
        for kind, label, text in before
        if text and all(item.value != text for item in values)
    ]
    return rows + [
        {
            "kind": item.kind,
            "label": item.label or collected.default_label(item.variable),
            "value": collected.in_words(item.kind, item.value) if _is_visible(item) else None,
        }
        for item in values
    ]


def _is_visible(item: StoredValue) -> bool:
    return item.sensitivity == "none" and item.encrypted_value is None
