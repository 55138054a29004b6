"""Mail does not wait for exports, and exports of one account leave room for another."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import psycopg
import pytest
import pytest_asyncio

from quantum_app.db import queue
from quantum_app.db.session import account_session, dispose, user_session
from quantum_app.domain.outbox import service as outbox
from quantum_app.domain.privacy import service as privacy
from quantum_app.domain.privacy.ports import Files
from quantum_app.jobs import __main__ as jobs
from quantum_app.kit.ids import new_id
from tests.db.tenants import Tenant, create_tenant
from tests.stack import DisposableStack, Stack

pytestmark = pytest.mark.service

PATIENCE = 30.0  # seconds
EXPORTS_AT_ONCE = jobs._CONCURRENCY[queue.EXPORTS]


class SlowExports:
    """Exports that go on until they may end. running: of which accounts, in the order in which they began."""

    def __init__(self) -> None:
        self.running: list[UUID] = []
        self.release = asyncio.Event()
        self._condition = asyncio.Condition()

    async def build(self, files: Files, account_id: UUID, export_id: UUID) -> None:
        async with self._condition:
            self.running.append(account_id)
            self._condition.notify_all()
        await self.release.wait()
        self.running.remove(account_id)

    async def until(self, count: int) -> None:
        async with asyncio.timeout(PATIENCE), self._condition:
            await self._condition.wait_for(lambda: len(self.running) >= count)


@pytest_asyncio.fixture
async def exports(disposable_stack: DisposableStack, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SlowExports]:
    """The jobs run in this process, so that exports can be held here."""
    disposable_stack.need("postgres", "providers")
    disposable_stack.children["jobs"].stop()
    slow_exports = SlowExports()
    monkeypatch.setattr(privacy, "build_export", slow_exports.build)
    worker = asyncio.create_task(jobs.run())
    yield slow_exports
    slow_exports.release.set()
    await until(disposable_stack, "select count(*) from jobs.procrastinate_jobs where queue_name = 'exports'", 0)
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
    await dispose()


async def until(stack: Stack, query: str, expected: object, *values: object) -> None:
    """The one value that the query asks for is as expected."""
    give_up = asyncio.get_running_loop().time() + PATIENCE
    with psycopg.connect(stack.superuser_url, autocommit=True) as database:
        while True:
            row = database.execute(query, values).fetchone()  # type: ignore[arg-type]
            if row == (expected,):
                return
            assert asyncio.get_running_loop().time() < give_up, f"still {row}"
            await asyncio.sleep(0.05)


async def export(tenant: Tenant) -> None:
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        await privacy.request_export(session, tenant.account_id, tenant.actor, contact=None)


async def test_mail_is_delivered_while_exports_run_and_more_of_them_wait(
    disposable_stack: DisposableStack, exports: SlowExports
) -> None:
    for _ in range(EXPORTS_AT_ONCE + 3):
        await export(await create_tenant())
    await exports.until(EXPORTS_AT_ONCE)
    to, user_id = f"{new_id()}@example.com", (await create_tenant()).user_id
    async with user_session(user_id) as session:
        data = {"name": "Sam"}
        await outbox.send_email(session, key=to, to=to, template="password_changed", data=data, user_id=user_id)
    await until(disposable_stack, "select status from outbox where recipient = %s", "sent", to)
    assert len(exports.running) == EXPORTS_AT_ONCE


async def test_of_one_account_one_export_runs_at_a_time(exports: SlowExports) -> None:
    greedy, other = await create_tenant(), await create_tenant()
    await export(greedy)
    for _ in range(3):
        async with account_session(greedy.account_id) as session:
            await queue.defer(
                session,
                privacy.EXPORT_TASK,
                queue=queue.EXPORTS,
                lock=privacy.export_lock(greedy.account_id),
                account_id=str(greedy.account_id),
                export_id=str(new_id()),
            )
    await export(other)
    await exports.until(2)
    assert exports.running == [greedy.account_id, other.account_id]
