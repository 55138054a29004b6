"""Mail on the real parts: written in Postgres, deferred, sent by the jobs process, received by the local Resend."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
import pytest_asyncio
from psycopg.rows import dict_row
from sqlalchemy import text

from quantum_app.db.session import account_session, dispose, user_session
from quantum_app.domain.outbox import service, sweep
from quantum_app.domain.outbox.schemas import Owner, Status
from quantum_app.kit import tokens
from quantum_app.kit.clock import now
from quantum_app.kit.ids import new_id
from quantum_app.settings import settings
from tests.db.tenants import Tenant, create_tenant
from tests.stack import DisposableStack

pytestmark = pytest.mark.service

PATIENCE = 20.0  # seconds
Row = dict[str, Any]


@pytest.fixture(scope="module")
def product(disposable_stack: DisposableStack) -> DisposableStack:
    disposable_stack.need("postgres", "providers", "jobs")
    return disposable_stack


@pytest_asyncio.fixture(autouse=True)
async def _own_connections(product: DisposableStack) -> AsyncIterator[None]:
    yield
    await dispose()
    async with providers() as client:
        await client.delete("/admin/faults/emails")


@pytest.fixture
def database(product: DisposableStack) -> Iterator[psycopg.Connection]:
    with psycopg.connect(product.superuser_url, autocommit=True) as connection:
        yield connection


def providers() -> httpx.AsyncClient:
    config = settings().local_providers
    key = config.key.get_secret_value()
    return httpx.AsyncClient(base_url=f"http://127.0.0.1:{config.port}", headers={"authorization": f"Bearer {key}"})


async def fault(**options: Any) -> None:
    async with providers() as client:
        (await client.put("/admin/faults/emails", json=options)).raise_for_status()


async def mails_to(address: str) -> list[Row]:
    async with providers() as client:
        mails = (await client.get("/mailbox")).json()["data"]
    return [mail for mail in mails if mail["to"] == [address]]


def address() -> str:
    return f"{new_id()}@example.com"


async def create_person() -> UUID:
    """Somebody with a login. The nightly upkeep, which may run at any moment, takes away the mail of nobody."""
    user_id = new_id()
    async with user_session(user_id) as session:
        await session.execute(
            text("insert into users (id, email, name) values (:id, :email, 'Sam')"),
            {"id": user_id, "email": f"{user_id}@example.com"},
        )
    return user_id


async def write(to: str, *, user_id: UUID | None = None, key: str | None = None) -> None:
    """A person's mail."""
    user_id = user_id or await create_person()
    async with user_session(user_id) as session:
        await service.send_email(
            session,
            key=key or str(new_id()),
            to=to,
            template="password_changed",
            data={"name": "Sam"},
            user_id=user_id,
        )


async def until(database: psycopg.Connection, to: str, status: str, *, attempts: int = 0) -> Row:
    """The message's row, once it is so."""
    give_up = asyncio.get_running_loop().time() + PATIENCE
    while True:
        query = "select * from outbox where recipient = %s"
        row = database.cursor(row_factory=dict_row).execute(query, [to]).fetchone()
        if row and row["status"] == status and row["attempts"] >= attempts:
            return row
        assert asyncio.get_running_loop().time() < give_up, f"still {row}"
        await asyncio.sleep(0.05)


def jobs_of(database: psycopg.Connection, message_id: UUID) -> int:
    row = database.execute(
        "select count(*) from jobs.procrastinate_jobs where args ->> 'message_id' = %s", [str(message_id)]
    ).fetchone()
    return row[0] if row else 0


async def until_no_job(database: psycopg.Connection, message_id: UUID) -> None:
    give_up = asyncio.get_running_loop().time() + PATIENCE
    while jobs_of(database, message_id):
        assert asyncio.get_running_loop().time() < give_up
        await asyncio.sleep(0.05)


async def test_a_mail_is_sent_with_a_link_made_at_delivery(database: psycopg.Connection) -> None:
    to, token_id, user_id = address(), new_id(), await create_person()
    data = {"name": "Sam <b>", "token": {"purpose": "reset", "id": str(token_id)}}
    async with user_session(user_id) as session:
        await service.send_email(session, key=to, to=to, template="reset_password", data=data, user_id=user_id)
    row = await until(database, to, "sent")
    (mail,) = await mails_to(to)
    link = mail["text"].split("/reset#")[1].split()[0]
    assert tokens.verify(settings().secret_key.get_secret_value(), "reset", link) == token_id
    assert f"{settings().web_url}/reset#{link}" in mail["html"]
    assert link not in str(row), "nothing that opens anything is stored"
    assert "Hi Sam &lt;b&gt;," in mail["html"]
    assert (row["attempts"], row["provider_id"], row["last_error"]) == (1, mail["id"], None)
    await until_no_job(database, row["id"])


async def _fail_after_writing(to: str) -> None:
    user_id = await create_person()
    async with user_session(user_id) as session:
        data = {"name": "Sam"}
        await service.send_email(session, key=to, to=to, template="password_changed", data=data, user_id=user_id)
        raise ZeroDivisionError


async def test_nothing_is_sent_when_the_transaction_rolls_back(database: psycopg.Connection) -> None:
    to = address()
    with pytest.raises(ZeroDivisionError):
        await _fail_after_writing(to)
    other = address()
    await write(other)
    await until(database, other, "sent")
    assert await mails_to(to) == []
    assert database.execute("select count(*) from outbox where recipient = %s", [to]).fetchone() == (0,)


async def test_the_same_key_sends_once(database: psycopg.Connection) -> None:
    to, user_id = address(), await create_person()
    for _ in range(2):
        await write(to, user_id=user_id, key=f"once/{user_id}")
    await write(to, key=f"once/{user_id}")  # somebody else's words cannot be told apart, and do not go out either
    row = await until(database, to, "sent")
    await until_no_job(database, row["id"])
    assert len(await mails_to(to)) == 1


async def test_a_job_that_runs_twice_sends_once(database: psycopg.Connection) -> None:
    to, user_id = address(), await create_person()
    await write(to, user_id=user_id)
    row = await until(database, to, "sent")
    async with user_session(user_id) as session:
        await service.enqueue(session, Owner(None, user_id), row["id"])
    await until_no_job(database, row["id"])
    assert len(await mails_to(to)) == 1
    assert (await until(database, to, "sent"))["attempts"] == 1


async def test_an_outage_passes(database: psycopg.Connection) -> None:
    to = address()
    await fault(status=500, count=1)
    await write(to)
    row = await until(database, to, "waiting", attempts=1)
    assert row["last_error"] in {None, "Resend didn't accept it (500, application_error)."}
    assert (await until(database, to, "sent"))["attempts"] == 2
    assert len(await mails_to(to)) == 1


async def test_a_refusal_is_final_and_says_why(database: psycopg.Connection) -> None:
    to = f"nobody-{new_id()}"
    await write(to)
    row = await until(database, to, "failed")
    assert row["attempts"] == 1
    assert "Invalid `to` field" in row["last_error"]
    await until_no_job(database, row["id"])


async def test_after_the_last_attempt_it_is_given_up(database: psycopg.Connection) -> None:
    to = address()
    await fault(status=500, delay_ms=300)
    await write(to)
    database.execute("update outbox set attempts = %s where recipient = %s", [service.MAX_ATTEMPTS - 1, to])
    row = await until(database, to, "failed")
    assert row["attempts"] in {service.MAX_ATTEMPTS, service.MAX_ATTEMPTS + 1}
    assert "500" in row["last_error"] or "interrupted" in row["last_error"]


async def test_a_killed_process_loses_nothing(product: DisposableStack, database: psycopg.Connection) -> None:
    to = address()
    await fault(delay_ms=3000)
    await write(to)
    row = await until(database, to, "waiting", attempts=1)
    product.children["jobs"].kill()
    await fault(delay_ms=0)
    row = await until(database, to, "sent")
    assert row["attempts"] == 2
    assert len(await mails_to(to)) == 1, "what the first process sent was known by its key"
    await until_no_job(database, row["id"])


async def test_a_database_that_was_away_is_found_again(product: DisposableStack, database: psycopg.Connection) -> None:
    product.children["postgres"].kill()
    product.children["postgres"].wait()
    await dispose()
    to = address()
    await write(to)
    with psycopg.connect(product.superuser_url, autocommit=True) as connection:
        await until(connection, to, "sent")


async def test_a_message_without_a_job_gets_one(database: psycopg.Connection) -> None:
    to, stranded = address(), address()
    await fault(status=500, count=1)
    await write(to)
    await until(database, to, "waiting", attempts=1)
    database.execute(
        "insert into outbox (id, user_id, template, recipient, data, idempotency_key)"
        " values (%s, %s, 'password_changed', %s, '{\"name\": \"Sam\"}', %s)",
        [new_id(), await create_person(), stranded, stranded],
    )
    assert await sweep.requeue_stranded(now()) == 1, "the other one has a job, which tries again"
    await until(database, stranded, "sent")
    await until(database, to, "sent")
    assert await sweep.requeue_stranded(now()) == 0


async def test_the_account_sees_its_own_mail(database: psycopg.Connection) -> None:
    tenant, other = await create_tenant(), await create_tenant()
    addresses = [address() for _ in range(3)]
    for to in addresses:
        await _ownership(tenant, to)
    await _ownership(other, address())
    for to in addresses:
        await until(database, to, "sent")
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        first = await service.list_messages(session, limit=2)
        second = await service.list_messages(session, limit=2, after=first.after)
    assert [message.recipient for message in first.messages] == [addresses[2], addresses[1]]
    assert [message.recipient for message in second.messages] == [addresses[0]]
    assert second.after is None
    assert {message.status for message in first.messages} == {Status.SENT}


async def _ownership(tenant: Tenant, to: str) -> None:
    async with account_session(tenant.account_id) as session:
        await service.send_email(
            session,
            key=to,
            to=to,
            template="ownership",
            data={"account": "Homes", "by": "Robin"},
            account_id=tenant.account_id,
        )


@pytest.mark.parametrize("owner", [{}, {"account_id": new_id(), "user_id": new_id()}])
async def test_a_mail_has_one_owner(owner: dict[str, UUID]) -> None:
    async with user_session(new_id()) as session:
        with pytest.raises(ValueError, match="one of account_id and user_id"):
            await service.send_email(session, key="k", to="a@example.com", template="removed", data={}, **owner)
        with pytest.raises(ValueError, match="unknown template"):
            await service.send_email(session, key="k", to="a@example.com", template="spam", data={}, user_id=new_id())
