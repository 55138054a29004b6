"""Calls of a person, and the exports and the erasure of what they left."""

from uuid import UUID

import psycopg

from quantum_app.db.session import account_session
from quantum_app.domain.audit.schemas import Actor
from quantum_app.domain.calls import service as calls
from quantum_app.domain.calls.schemas import CallEnd, CallStatus, EndReason
from quantum_app.domain.privacy import service as privacy
from quantum_app.kit.clock import now
from tests.db.tenants import Tenant, event, turn, usage


async def record_call(tenant: Tenant, email: str, text: str, *, phone: str | None = None) -> UUID:
    """A call of this person, in which they said the text, over."""
    async with account_session(tenant.account_id) as session:
        ticket = await calls.start(
            session,
            tenant.campaign,
            email=email,
            name=f"Name {text}",
            phone=phone,
            consent=True,
            consent_version="2026-1",
        )
        call_id = ticket.call_id
        end = CallEnd(call_id, CallStatus.COMPLETED, EndReason.GOODBYE, now(), 0)
        records = [turn(call_id, 1, text), event(call_id, 2), usage(call_id, 3), end]
        await calls.record(session, tenant.account_id, records)
        await calls.rate(session, call_id, 5, f"Comment {text}")
    return call_id


def forget_jobs(superuser: psycopg.Connection, account_id: UUID) -> list[list[UUID]]:
    """The calls of each job."""
    query = "select args->>'call_ids' from jobs.procrastinate_jobs where task_name = %s and args->>'account_id' = %s"
    rows = superuser.execute(query, [privacy.FORGET_TASK, str(account_id)]).fetchall()
    return [[UUID(call_id) for call_id in call_ids.split(",")] for (call_ids,) in rows]


async def request_export(tenant: Tenant, contact: str | None = None) -> UUID:
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        return await privacy.request_export(
            session, tenant.account_id, Actor(tenant.user_id, tenant.email), contact=contact
        )


async def export_status(tenant: Tenant) -> list[str]:
    async with account_session(tenant.account_id) as session:
        return [item.status for item in await privacy.list_exports(session)]
